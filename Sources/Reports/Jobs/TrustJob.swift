import Attributions
import AudioFiles
import Basics
import Corpora
import Models

/// Examines attribution methods on clips of a manifest, until so many are examined; a run that was stopped resumes.
public struct TrustJob {
  public enum Event {
    /// Clips that an interrupted run had examined.
    case resumed(clips: Int)
    /// A method that the model cannot have.
    case leftOut(MethodError)
    /// Clips examined, the share of the next one that is done, and the method at work.
    case progress(Int, share: Double, method: String)
    /// Only the beginning of a clip, which lasts so long, is used.
    case cut(path: String, seconds: Double)
    case failed(any Error)
  }

  public struct Result {
    /// Nil where no clip could be examined.
    public let report: TrustReport?
    /// The exit statuses of the clips that failed, and how many clips were tried.
    public let failures: [Int32]
    public let tried: Int
    public let isFinished: Bool
  }

  private struct State: Codable {
    var next = 0
    var examined: [ClipTrust] = []
    var failures: [Int32] = []
    /// Names of the methods that the model can have; nil before the first clip.
    var methods: [String]?
  }

  private var examiner: TrustExaminer
  private let manifest: Manifest
  private let path: String
  private let clips: Int

  /// - Parameters:
  ///   - path: The manifest's, as given by the user.
  ///   - clips: How many are examined.
  public init(_ examiner: TrustExaminer, manifest: Manifest, path: String, clips: Int) {
    (self.examiner, self.manifest, self.path) = (examiner, manifest, path)
    self.clips = min(clips, manifest.entries.count)
  }

  /// The number of clips that are examined.
  public var count: Int { clips }

  /// - Parameters:
  ///   - folder: Where the state is kept until the end.
  ///   - status: The exit status of an error.
  ///   - shouldStop: Asked before each clip.
  /// - Throws: ``TrustJobError/noMethod`` where the model can have none of the methods.
  public mutating func run(
    in folder: String, status: (any Error) -> Int32, shouldStop: () -> Bool = { false }, _ report: (Event) -> Void
  ) throws -> Result {
    let model = examiner.model
    let asked =
      model.provenance(source: path, manifest: manifest).sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
      + examiner.methods.map(\.nameWithParameters)
      + ["\(examiner.space.rawValue), \(examiner.settings), \(clips) clips, intervals by speaker"]
      + (examiner.target.map { ["target \(model.outputs[$0])"] } ?? [])
      + examiner.siblings.map { "beside \($0.name) \($0.digest)" }
      + (examiner.fineTuned.map { ["fine-tuned \($0.digest)"] } ?? [])
    let entries = sampled()
    var progress = try RunProgress(in: folder, asked: asked, new: State()) { isPossible($0, of: entries) }
    if progress.state.next > 0 { report(.resumed(clips: progress.state.examined.count)) }
    if let kept = progress.state.methods { examiner.keep(kept) }
    while progress.state.examined.count < clips, progress.state.next < entries.count {
      if shouldStop() {
        try progress.save(atOnce: true)
        return Result(report: nil, failures: [], tried: progress.state.next, isFinished: false)
      }
      try examine(entries[progress.state.next], &progress.state, status, report)
      try progress.save(atOnce: false)
    }
    progress.remove()
    let examined = progress.state.examined
    return Result(
      report: examined.isEmpty ? nil : TrustReport(examined, by: examiner, manifest: manifest, path: path),
      failures: progress.state.failures, tried: examined.count + progress.state.failures.count, isFinished: true)
  }

  /// Whether a run can have reached a state that was read.
  private func isPossible(_ state: State, of entries: [Manifest.Entry]) -> Bool {
    var examiner = examiner
    if let kept = state.methods {
      guard kept.count > 2, kept == examiner.methods.map(\.name).filter(kept.contains) else { return false }
      examiner.keep(kept)
    }
    return (0...entries.count).contains(state.next) && state.examined.count <= clips
      && state.next == state.examined.count + state.failures.count && areStatuses(state.failures)
      && (state.methods != nil || state.examined.isEmpty)
      && state.examined.allSatisfy { $0.isPossible(by: examiner) }
  }

  private mutating func examine(
    _ entry: Manifest.Entry, _ state: inout State, _ status: (any Error) -> Int32, _ report: (Event) -> Void
  ) throws {
    state.next += 1
    do {
      let path = manifest.fullPath(of: entry)
      let speech = try examiner.model.configuration.speech(of: path)
      if speech.isCut { report(.cut(path: path, seconds: speech.sourceDuration)) }
      if state.methods == nil {
        examiner.leaveOutInapplicable(on: speech.samples).forEach { report(.leftOut($0)) }
        state.methods = examiner.methods.map(\.name)
        guard examiner.methods.count > 2 else { throw TrustJobError.noMethod }
      }
      let cue = CueRegion(entry).map { region in
        CueRegion(
          seconds: (region.seconds.lowerBound - speech.place.start)...(region.seconds.upperBound - speech.place.start),
          hertz: region.hertz)
      }
      let done = state.examined.count
      state.examined.append(
        try examiner.examine(
          speech.samples, path: path, label: entry.emotion, speaker: entry.speaker, cue: cue
        ) { share, name in
          report(.progress(done, share: share, method: name))
        })
    } catch let error as TrustJobError {
      throw error
    } catch {
      report(.failed(error))
      state.failures.append(status(error))
    }
  }

  /// The entries in random order; where some have a planted cue, one with and one without in turn.
  private func sampled() -> [Manifest.Entry] {
    var generator = SeededGenerator(seed: examiner.settings.seed)
    let entries = generator.shuffled(manifest.entries)
    let planted = entries.filter { CueRegion($0) != nil }
    let others = entries.filter { CueRegion($0) == nil }
    let pairs = zip(planted, others).flatMap { [$0, $1] }
    return pairs + planted.dropFirst(others.count) + others.dropFirst(planted.count)
  }
}

public enum TrustJobError: Error, Equatable, CustomStringConvertible {
  case noMethod

  public var description: String { "there is no method left to examine" }
}
