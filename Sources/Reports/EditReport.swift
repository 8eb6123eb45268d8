import Attributions
import AudioFeatures
import AudioFiles
import Basics
import Corpora
import Foundation
import Models

/// A clip that is edited, and what a model makes of it before and after.
public struct EditReport {
  /// A model's answer.
  struct Answer: Encodable {
    let predicted: String?
    let probabilities: [String: Double]
    let values: [String: Double]
  }

  public let file: String
  public let edits: SoundEdits
  public let sound: AudioClip
  private let model: TrainedModel
  private let seed: UInt64
  private let before, after: Answer
  /// To the clip changed in pitch, tempo and formants and changed back; nil where these stay.
  private let back: Answer?

  /// - Parameters:
  ///   - clip: The file's sound at the model's rate, not trimmed.
  ///   - file: Its path as given by the user.
  /// - Throws: ``EditError``, `AudioFileError` or `ExplanationError`.
  public init(_ clip: AudioClip, file: String, edits: SoundEdits, model: TrainedModel, seed: UInt64) throws {
    (self.file, self.edits, self.model, self.seed) = (file, edits, model, seed)
    func answer(_ samples: [Float]) throws -> Answer {
      // As much as would be used of the file.
      let heard = samples.prefix(Int(AudioClip.longestSpeech) * clip.sampleRate)
      let whole = AudioClip(samples: Array(heard), sampleRate: clip.sampleRate)
      guard let speech = whole.trimmed(model.configuration.trimming) else { throw EditError.silent(path: file) }
      let asked = Clip(speech, model: model)
      let probabilities = try asked.probabilities(path: file)
      return Answer(
        predicted: probabilities.isEmpty ? nil : model.classes[probabilities.likeliestClass],
        probabilities: Dictionary(uniqueKeysWithValues: zip(model.classes, probabilities)),
        values: Dictionary(uniqueKeysWithValues: zip(model.dimensions, asked.values)))
    }
    before = try answer(clip.samples)
    let voiced = SoundEdits(edits.amounts.filter { $0.key.needsVoice })
    if !voiced.isEmpty, !Resynthesis(clip.samples, sampleRate: clip.sampleRate).hasVoice {
      throw EditError.noVoice(path: file, edits: voiced)
    }
    var generator = SeededGenerator(seed: seed)
    let edited = edits.applied(to: clip.samples, sampleRate: clip.sampleRate, using: &generator)
    sound = AudioClip(samples: edited, sampleRate: clip.sampleRate)
    after = try answer(edited)
    guard let there = edits.resynthesis?.reversible, there != .init() else {
      back = nil
      return
    }
    let once = Resynthesis(clip.samples, sampleRate: clip.sampleRate).samples(there, using: &generator)
    back = try answer(Resynthesis(once, sampleRate: clip.sampleRate).samples(there.inverse, using: &generator))
  }

  // MARK: Words

  private func words(_ answer: Answer) -> String {
    guard let predicted = answer.predicted else {
      return model.dimensions.map { "\($0) \(String(format: "%.2f", answer.values[$0] ?? 0))" }.joined(separator: ", ")
    }
    return "\(predicted) (p = \(String(format: "%.2f", answer.probabilities[predicted] ?? 0)))"
  }

  /// "angry (p = 0.98) → happy (p = 0.55)", and what of the first is left after it.
  public var change: String {
    let left = before.predicted.flatMap { name in
      name == after.predicted ? nil : ", \(name) \(String(format: "%.2f", after.probabilities[name] ?? 0))"
    }
    return "\(words(before)) → \(words(after))\(left ?? "")"
  }

  /// What putting the voice together costs; nil where it is not.
  public var remark: String? {
    back.map { back in
      "changed and changed back: \(words(back)); what differs from the clip itself is the resynthesis's own"
    }
  }

  private struct JSON: Encodable {
    let file, model: String
    let edits: [String: Double]
    let telephone: Bool
    let seed: UInt64
    let before, after: Answer
    let back: Answer?
    let sound: String
    let command: String
  }

  /// One line of `--json`.
  /// - Parameter path: The sound written.
  public func json(sound path: String) throws -> String {
    try JSON(
      file: file, model: model.name,
      edits: Dictionary(uniqueKeysWithValues: edits.amounts.map { ($0.key.name, $0.value) }),
      telephone: edits.isTelephoned, seed: seed, before: before, after: after, back: back, sound: path,
      command: commandLine
    ).line
  }
}

extension SoundEdits.Kind {
  /// As keys of JSON are written.
  fileprivate var name: String { rawValue.replacing("-", with: "_") }
}

public enum EditError: Error, Equatable, CustomStringConvertible {
  case silent(path: String)
  case noVoice(path: String, edits: SoundEdits)

  public var description: String {
    switch self {
    case .silent(let path): "\(path): is silent, or becomes it"
    case .noVoice(let path, let edits): "\(path): no frame of it is voiced, so that \(edits.words) cannot be made"
    }
  }
}
