import Attributions
import AudioFeatures
import AudioFiles
import Basics
import Corpora
import Foundation
import Models

/// A clip that is edited, and what a model makes of it before and after.
public struct EditReport: Sendable {
  /// A model's answer, by the names of its outputs.
  public struct Answer: Encodable, Sendable {
    let predicted: String?
    let probabilities: [String: Double]
    let values: [String: Double]
    /// "angry (p = 0.98)", or "arousal 0.71, valence 0.22".
    let words: String

    init(_ answer: EditedClip.Answer, of model: TrainedModel) {
      predicted = answer.predicted.map { model.classes[$0] }
      probabilities = Dictionary(uniqueKeysWithValues: zip(model.classes, answer.probabilities))
      values = Dictionary(uniqueKeysWithValues: zip(model.dimensions, answer.values))
      words =
        if let place = answer.predicted {
          "\(model.classes[place]) (p = \(String(format: "%.2f", answer.probabilities[place])))"
        } else {
          zip(model.dimensions, answer.values).map { "\($0) \(String(format: "%.2f", $1))" }.joined(separator: ", ")
        }
    }

    /// The answer to one of an edit's sounds; nil where it is silent.
    /// - Parameter path: The clip's, for errors.
    /// - Throws: `ExplanationError`.
    public init?(to sound: AudioClip, path: String, by model: TrainedModel) throws {
      guard let answer = try EditedClip.answer(to: sound.samples, path: path, model: model) else { return nil }
      self.init(answer, of: model)
    }

    private enum CodingKeys: CodingKey { case predicted, probabilities, values }
  }

  public let sounds: EditedSounds
  /// The model's name.
  private let model: String
  /// To the clip as it is, and edited.
  public let before, after: Answer
  /// To the clip changed in pitch, tempo and formants and changed back; nil where these stay, and of a region.
  public let back: Answer?

  /// - Throws: `EditError.silent` or `ExplanationError`.
  public init(_ sounds: EditedSounds, model: TrainedModel) throws {
    let answers = try sounds.all.map { try Answer(to: $0, path: sounds.path, by: model) }
    try self.init(sounds, answers: answers, model: model.name)
  }

  /// A report of answers that are known.
  /// - Parameters:
  ///   - answers: To ``EditedSounds/all``; nil where one is silent.
  ///   - model: The model's name.
  /// - Throws: `EditError.silent`.
  public init(_ sounds: EditedSounds, answers: [Answer?], model: String) throws(EditError) {
    guard let before = answers[0], let after = answers[1] else { throw .silent(path: sounds.path) }
    (self.sounds, self.model, self.before, self.after) = (sounds, model, before, after)
    back = sounds.back == nil ? nil : answers[2]
  }

  // MARK: Words

  /// "angry (p = 0.98) → happy (p = 0.55)", and what of the first is left after it.
  public var change: String {
    let left = before.predicted.flatMap { name in
      name == after.predicted ? nil : ", \(name) \(String(format: "%.2f", after.probabilities[name] ?? 0))"
    }
    return "\(before.words) → \(after.words)\(left ?? "")"
  }

  /// What putting the voice together costs; nil where it is not.
  public var remark: String? {
    back.map { back in
      "changed and changed back: \(back.words); what differs from the clip itself is the resynthesis's own"
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
      file: sounds.path, model: model,
      edits: Dictionary(uniqueKeysWithValues: sounds.edits.amounts.map { ($0.key.name, $0.value) }),
      telephone: sounds.edits.isTelephoned, seed: sounds.seed, before: before, after: after, back: back, sound: path,
      command: commandLine
    ).line
  }
}

extension SoundEdits.Kind {
  /// As keys of JSON and columns of tables are written.
  var name: String { rawValue.replacing("-", with: "_") }
}
