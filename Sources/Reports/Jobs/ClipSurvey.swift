import Attributions
import AudioFeatures
import AudioFiles
import Basics
import Corpora
import Foundation
import Models

/// Goes through the clips of a selection, a few at a time: read and measured on all cores, explained one after the other,
/// each of which takes all cores itself. What is kept of a clip is small, but for those that sheets show.
final class ClipSurvey {
  struct Shown {
    let entry: Manifest.Entry
    let samples: [Float]
    let explanation: Explanation
  }

  private let selection: ClipSelection
  /// `onSheets` explains the clips that sheets show, at every input; `other` explains the rest on the mel only.
  private let onSheets, other: Explainer
  private let tracker: PitchTracker
  private let clips, drawn: Int
  private var found: [Emotion: [Int: Shown]] = [:]

  private static let chunk = 8

  /// - Parameters:
  ///   - spaces: What sheets show.
  ///   - clips: Of each emotion.
  ///   - drawn: Of those, how many sheets show.
  init(_ selection: ClipSelection, spaces: [InputSpace], clips: Int, drawn: Int) {
    (self.selection, self.clips, self.drawn) = (selection, clips, drawn)
    onSheets = Explainer(model: selection.model, method: selection.method, spaces: spaces + [.mel])
    let frontEnd = selection.model.configuration.frontEnd
    tracker = PitchTracker(sampleRate: frontEnd.sampleRate, hopSamples: frontEnd.hopSamples)
    other = Explainer(model: selection.model, method: selection.method, spaces: [.mel])
  }

  /// Whether there are clips left, and too few found.
  func isWanted(_ state: FigureProgress.OfEmotion, of candidates: [Manifest.Entry]) -> Bool {
    state.count < clips && state.looked < candidates.count
  }

  /// Looks at the next few clips of an emotion. One that fails is reported, and the rest go on; returns why they failed.
  /// - Throws: What no other clip would do better: a method that the model cannot have.
  func go(
    on state: inout FigureProgress.OfEmotion, through candidates: [Manifest.Entry],
    _ report: (FiguresEvent) throws -> Void
  ) throws -> [any Error] {
    var failures: [any Error] = []
    let end = min(candidates.count, state.looked + min(Self.chunk, clips - state.count))
    let places = state.looked..<end
    var explained: [(samples: [Float], explanation: Explanation)] = []
    var speakers: [String?] = []
    for (place, read) in zip(places, read(candidates[places])) {
      if case .success(let clip) = read { try reportCut(clip, candidates[place], report) }
      do {
        let clip = try read.get()
        let isShown = state.shown.count < drawn
        guard
          let explanation = try explanation(of: clip, candidates[place], by: isShown ? onSheets : other)
        else { continue }
        state.count += 1
        state.census.add(explanation.resemblance)
        state.rows.append(selection.row(candidates[place], explanation))
        explained.append((clip.samples, explanation))
        speakers.append(candidates[place].speaker)
        if isShown {
          state.shown.append(place)
          found[state.emotion, default: [:]][place] = Shown(
            entry: candidates[place], samples: clip.samples, explanation: explanation)
        }
      } catch let error as ExplanationError where error.isOfTheMethod {
        throw error
      } catch {
        try report(.failed(error))
        failures.append(error)
      }
    }
    state.looked = end
    for (profile, speaker) in zip(profiles(explained), speakers) {
      guard var profile else { continue }
      profile.speaker = speaker
      state.profiles.add(profile)
    }
    return failures
  }

  /// The clips that an emotion's sheets show; those of an interrupted run are explained once more. They are kept no longer.
  func shown(
    _ state: FigureProgress.OfEmotion, of candidates: [Manifest.Entry], _ report: (FiguresEvent) throws -> Void
  ) throws -> [Shown] {
    let own = found.removeValue(forKey: state.emotion) ?? [:]
    return try state.shown.compactMap { place in
      if let clip = own[place] { return clip }
      let clip = try selection.model.configuration.speech(
        of: selection.manifest.fullPath(of: candidates[place]))
      try reportCut(clip, candidates[place], report)
      return try explanation(of: clip, candidates[place], by: onSheets).map {
        Shown(entry: candidates[place], samples: clip.samples, explanation: $0)
      }
    }
  }

  private func reportCut(
    _ clip: AudioClip, _ entry: Manifest.Entry, _ report: (FiguresEvent) throws -> Void
  ) rethrows {
    guard clip.isCut else { return }
    try report(.cut(path: selection.manifest.fullPath(of: entry), seconds: clip.sourceDuration))
  }

  private func read(_ entries: ArraySlice<Manifest.Entry>) -> [Result<AudioClip, AudioFileError>] {
    let paths = entries.map(selection.manifest.fullPath)
    let configuration = selection.model.configuration
    return concurrentMap(count: paths.count) { index in
      Result { () throws(AudioFileError) in try configuration.speech(of: paths[index]) }
    }
  }

  /// Nil of a clip whose attribution is zero.
  private func profiles(_ explained: [(samples: [Float], explanation: Explanation)]) -> [RelevanceProfile?] {
    // Tensors are not changed once made.
    nonisolated(unsafe) let (explained, tracker) = (explained, tracker)
    let frontEnd = selection.model.configuration.frontEnd
    return concurrentMap(count: explained.count) { index in
      explained[index].explanation.profile(
        samples: explained[index].samples, tracker: tracker, frontEnd: frontEnd)
    }
  }

  /// Nil where the clip is not of the kind asked for.
  private func explanation(
    of speech: AudioClip, _ entry: Manifest.Entry, by explainer: Explainer
  ) throws -> Explanation? {
    let truth = selection.model.configuration.classIndex(of: entry.emotion)
    let explanation = try explainer.explain(speech, path: selection.manifest.fullPath(of: entry)) { predicted in
      self.selection.target(for: entry, predicted: predicted)
    }
    switch selection.choice {
    case .correct where explanation.predicted != truth: return nil
    case .errors where explanation.predicted == truth: return nil
    default: return explanation
    }
  }
}
