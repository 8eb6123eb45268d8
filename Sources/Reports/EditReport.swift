import Attributions
import AudioFeatures
import AudioFiles
import Basics
import Corpora
import Foundation
import Models

/// A clip that is edited, and what a model makes of it before and after.
public struct EditReport {
  /// A model's answer, by the names of its outputs.
  public struct Answer: Encodable, Sendable {
    let predicted: String?
    let probabilities: [String: Double]
    let values: [String: Double]

    init(_ answer: EditedClip.Answer, of model: TrainedModel) {
      predicted = answer.predicted.map { model.classes[$0] }
      probabilities = Dictionary(uniqueKeysWithValues: zip(model.classes, answer.probabilities))
      values = Dictionary(uniqueKeysWithValues: zip(model.dimensions, answer.values))
    }

    /// "angry (p = 0.98)", or "arousal 0.71, valence 0.22".
    func words(_ model: TrainedModel) -> String {
      guard let predicted else {
        return model.dimensions.map { "\($0) \(String(format: "%.2f", values[$0] ?? 0))" }.joined(separator: ", ")
      }
      return "\(predicted) (p = \(String(format: "%.2f", probabilities[predicted] ?? 0)))"
    }
  }

  public let file: String
  public let edits: SoundEdits
  public let sound: AudioClip
  private let model: TrainedModel
  private let seed: UInt64
  /// To the clip as it is, and to ``sound``.
  public let before, after: Answer
  /// To the clip changed in pitch, tempo and formants and changed back; nil where these stay, and of a region.
  public let back: Answer?

  /// - Parameters:
  ///   - clip: The file's sound at the model's rate, not trimmed.
  ///   - file: Its path as given by the user.
  ///   - seed: Of what is drawn at random.
  ///   - progress: `EditedClip.progress`.
  /// - Throws: ``EditError``, `AudioFileError` or `ExplanationError`.
  public init(
    _ clip: AudioClip, file: String, edits: SoundEdits, model: TrainedModel, seed: UInt64,
    progress: (() throws -> Void)? = nil
  ) throws {
    (self.file, self.edits, self.model, self.seed) = (file, edits, model, seed)
    let edited = try EditedClip(clip.samples, path: file, model: model, seed: seed)
    edited.progress = progress
    try edited.checkVoice(for: edits)
    sound = AudioClip(samples: edited.sound(edits), sampleRate: clip.sampleRate)
    guard let changed = try edited.answer(to: sound.samples) else { throw EditError.silent(path: file) }
    (before, after) = (Answer(edited.own, of: model), Answer(changed, of: model))
    back = try edited.thereAndBack(edits).map { Answer($0, of: model) }
  }

  /// A clip of which a region is changed.
  /// - Parameters:
  ///   - clip: The file's sound at the model's rate, not trimmed.
  ///   - file: Its path as given by the user.
  ///   - seed: Of what is drawn at random.
  ///   - progress: `EditedClip.progress`.
  /// - Throws: `RegionError`, ``EditError``, `AudioFileError` or `ExplanationError`.
  public init(
    _ clip: AudioClip, file: String, region: RegionEdit, model: TrainedModel, seed: UInt64,
    progress: (() throws -> Void)? = nil
  ) throws {
    (self.file, edits, self.model, self.seed) = (file, region.edits, model, seed)
    let edited = try EditedClip(clip.samples, path: file, model: model, seed: seed)
    edited.progress = progress
    var generator = SeededGenerator(seed: seed)
    sound = AudioClip(
      samples: try region.applied(to: clip.samples, sampleRate: clip.sampleRate, using: &generator),
      sampleRate: clip.sampleRate)
    guard let changed = try edited.answer(to: sound.samples) else { throw EditError.silent(path: file) }
    (before, after) = (Answer(edited.own, of: model), Answer(changed, of: model))
    back = nil
  }

  // MARK: Words

  /// "angry (p = 0.98) → happy (p = 0.55)", and what of the first is left after it.
  public var change: String {
    let left = before.predicted.flatMap { name in
      name == after.predicted ? nil : ", \(name) \(String(format: "%.2f", after.probabilities[name] ?? 0))"
    }
    return "\(before.words(model)) → \(after.words(model))\(left ?? "")"
  }

  /// What putting the voice together costs; nil where it is not.
  public var remark: String? {
    back.map { back in
      "changed and changed back: \(back.words(model)); what differs from the clip itself is the resynthesis's own"
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
  /// As keys of JSON and columns of tables are written.
  var name: String { rawValue.replacing("-", with: "_") }
}
