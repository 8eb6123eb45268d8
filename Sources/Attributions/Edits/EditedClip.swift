import AudioFeatures
import AudioFiles
import Basics
import Foundation
import Models
import Tensors

/// A clip and what a model makes of it after edits. An edit that was asked about once is not made again.
public final class EditedClip {
  /// A model's answer to a sound.
  public struct Answer: Sendable, Codable, Equatable {
    /// By class, summing to one; empty for a model without classes.
    public let probabilities: [Double]
    /// By dimension.
    public let values: [Double]
    /// The logits of the classes.
    public let logits: [Double]

    public init(probabilities: [Double], values: [Double], logits: [Double]) {
      (self.probabilities, self.values, self.logits) = (probabilities, values, logits)
    }

    /// The likeliest class; nil for a model without classes.
    public var predicted: Int? { probabilities.isEmpty ? nil : probabilities.likeliestClass }

    /// The probabilities, then the values: what a model says of a sound, by output.
    public var outputs: [Double] { probabilities + values }
  }

  public let samples: [Float]
  public let model: TrainedModel
  /// The clip as it is.
  public let own: Answer
  /// Is called before the model is asked about each sound; what it throws ends the work.
  public var progress: (() throws -> Void)?
  private let path: String
  private let seed: UInt64
  private lazy var voice = Resynthesis(samples, sampleRate: sampleRate)
  private var answers: [SoundEdits: Answer?] = [:]

  private var sampleRate: Int { model.configuration.frontEnd.sampleRate }

  /// - Parameters:
  ///   - samples: The whole sound at the model's rate, not trimmed.
  ///   - path: The file's path, for errors.
  ///   - seed: Of noise, breath, rooms and roughness; each edit starts from it.
  /// - Throws: ``EditError/silent(path:)`` or `ExplanationError`.
  public init(_ samples: [Float], path: String, model: TrainedModel, seed: UInt64) throws {
    (self.samples, self.path, self.model, self.seed) = (samples, path, model, seed)
    guard let own = try Self.answer(to: samples, path: path, model: model) else { throw EditError.silent(path: path) }
    self.own = own
  }

  /// Whether pitch, its range, formants, breath and roughness can be changed.
  public var hasVoice: Bool { voice.hasVoice }

  /// How many edits the model has been asked about.
  var asked: Int { answers.count }

  /// The sound after edits.
  public func sound(_ edits: SoundEdits) -> [Float] {
    var generator = SeededGenerator(seed: seed)
    return edits.applied(to: samples, voice: voice, sampleRate: sampleRate, using: &generator)
  }

  /// The answers to edits; nil where nothing is left to hear.
  public func answers(_ edits: [SoundEdits]) throws -> [Answer?] {
    var new: [SoundEdits] = []
    for edit in edits where !edit.isEmpty && answers[edit] == nil && !new.contains(edit) { new.append(edit) }
    let (samples, voice, rate, seed) = (samples, voice, sampleRate, seed)
    // Sounds are long: a few at a time.
    for first in stride(from: 0, to: new.count, by: 16) {
      let some = new[first..<min(first + 16, new.count)]
      let sounds = concurrentMap(count: some.count) { index in
        var generator = SeededGenerator(seed: seed)
        return some[first + index].applied(to: samples, voice: voice, sampleRate: rate, using: &generator)
      }
      for (edit, sound) in zip(some, sounds) { answers[edit] = .some(try answer(to: sound)) }
    }
    return edits.map { $0.isEmpty ? own : answers[$0]! }
  }

  /// The answer to another sound of this clip; nil where it is silent.
  public func answer(to sound: [Float]) throws -> Answer? {
    try progress?()
    return try Self.answer(to: sound, path: path, model: model)
  }

  /// The answer of a model to a sound as to a file of it; nil where it is silent.
  /// - Parameter sound: At the model's rate, not trimmed.
  /// - Throws: `ExplanationError`.
  public static func answer(to sound: [Float], path: String, model: TrainedModel) throws -> Answer? {
    let sound = AudioClip(samples: sound, sampleRate: model.configuration.frontEnd.sampleRate)
    guard let speech = sound.used(model.configuration.trimming) else { return nil }
    let clip = Clip(speech, model: model)
    let probabilities = try clip.probabilities(path: path)
    return Answer(
      probabilities: probabilities, values: clip.values,
      logits: clip.logits.floats.prefix(probabilities.count).map(Double.init))
  }

  /// The answer to the clip changed in pitch, tempo and formants and changed back; nil where these stay.
  public func thereAndBack(_ edits: SoundEdits) throws -> Answer? {
    var generator = SeededGenerator(seed: seed)
    return try edits.thereAndBack(voice, sampleRate: sampleRate, using: &generator).flatMap { try answer(to: $0) }
  }
}

extension AudioClip {
  /// What a model reads of a sound as of a file of it; nil where that is silent.
  func used(_ trimming: Trimming) -> AudioClip? {
    let heard = samples.prefix(Int(Self.longestSpeech) * sampleRate)
    return AudioClip(samples: Array(heard), sampleRate: sampleRate).trimmed(trimming)
  }
}

public enum EditError: Error, Equatable, CustomStringConvertible {
  case silent(path: String)
  case noVoice(path: String, edits: SoundEdits)
  /// The model says that of the clip as it is.
  case alreadyPredicted(path: String, emotion: String)
  case noClasses(model: String)

  public var description: String {
    switch self {
    case .silent(let path): "\(path): is silent, or becomes it"
    case .noVoice(let path, let edits):
      "\(path): no period of a voice is found in it, so that \(edits.words) cannot be made"
    case .alreadyPredicted(let path, let emotion): "\(path): is predicted \(emotion) as it is"
    case .noClasses(let model): "\(model) has no emotions to tell apart, only numbers; see `undertone response`"
    }
  }
}
