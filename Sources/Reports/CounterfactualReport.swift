import Attributions
import AudioFeatures
import AudioFiles
import Basics
import Corpora
import Figures
import Foundation
import Models

/// The smallest edit of a clip after which a model says another emotion, beside what other edits as large do.
public struct CounterfactualReport {
  public let file: String
  public let model: TrainedModel
  public let found: Counterfactual
  private let clip: EditedClip
  /// What the model was to say; nil for anything else.
  private let target: Int?
  private let seed: UInt64
  /// To the clip as it is, and to what was found.
  public let before, after: EditReport.Answer
  /// To the clip changed in pitch, tempo and formants and changed back; nil where these stay.
  public let back: EditReport.Answer?
  /// Of random edits as large, how many the model says the same of.
  public let randomReach: RandomReach?

  /// Random edits beside an edit that was searched for.
  public struct RandomReach: Codable, Sendable, Equatable {
    public let count, reached: Int

    /// How many are tried.
    static let tried = 20

    /// - Parameter found: What flips the prediction.
    init?(like found: Counterfactual, in clip: EditedClip, _ search: CounterfactualSearch, seed: UInt64) throws {
      var generator = SeededGenerator(seed: seed)
      var edits: [SoundEdits] = []
      for _ in 0..<Self.tried {
        guard let edit = search.random(like: found.steps, in: clip, using: &generator) else { return nil }
        edits.append(edit)
      }
      let answers = try clip.answers(edits)
      (count, reached) = (answers.count, answers.count { $0?.predicted == found.to })
    }
  }

  /// - Parameter file: The clip's path as given by the user.
  public init(
    _ clip: EditedClip, file: String, to target: Int?, search: CounterfactualSearch, seed: UInt64,
    progress: @escaping (Int) -> Void = { _ in }
  ) throws {
    (self.clip, self.file, self.target, self.seed, model) = (clip, file, target, seed, clip.model)
    let predicted = clip.own.predicted!
    guard predicted != target else {
      throw EditError.alreadyPredicted(path: file, emotion: clip.model.classes[predicted])
    }
    found = try search.run(clip, to: target, progress: progress)
    (before, after) = (.init(clip.own, of: model), .init(found.answer, of: model))
    back = try clip.thereAndBack(found.edits).map { [model] in .init($0, of: model) }
    randomReach = found.isFound ? try RandomReach(like: found, in: clip, search, seed: seed) : nil
  }

  /// "happy", or "another emotion".
  private var wanted: String { target.map { model.classes[$0] } ?? "another emotion" }

  public var sound: AudioClip {
    AudioClip(samples: clip.sound(found.edits), sampleRate: model.configuration.frontEnd.sampleRate)
  }

  // MARK: Words

  /// "sadness (p = 0.62) → happy (p = 0.41): pitch +2.1 semitones, tempo +8.0 %".
  public var sentence: String {
    guard !found.isFound else {
      return "\(before.words) → \(after.words): \(found.edits.words)"
    }
    let first = "\(before.words): none of the edits tried makes it \(wanted)"
    guard let target, !found.steps.isEmpty else { return first }
    let probability = String(format: "%.2f", found.answer.probabilities[target])
    return first + "; nearest: \(wanted) \(probability) after \(found.edits.words)"
  }

  /// What there is to know before the sentence is believed, a line each.
  public var remarks: [String] {
    guard found.isFound else { return ["\(found.tried) edits tried"] }
    var lines = [
      "\(Self.steps(found.size)) in all, the smallest of \(found.tried) edits tried"
    ]
    if let back {
      lines.append("changed and changed back: \(back.words); what differs is the resynthesis's own")
    }
    if let randomReach {
      lines.append(
        "of \(randomReach.count) random edits as large \(randomReach.reached == 0 ? "none is" : "\(randomReach.reached) \(randomReach.reached == 1 ? "is" : "are")") called \(model.classes[found.to])"
      )
    }
    return lines
  }

  /// "2.5 just-noticeable steps".
  public static func steps(_ size: Double) -> String {
    "\(size.formatted(.number.precision(.fractionLength(0...2)))) just-noticeable step\(size == 1 ? "" : "s")"
  }

  // MARK: Figure

  /// Both clips with the attribution of what the model says of each; nil of nothing found.
  public func figure(by explainer: Explainer) throws -> ContactSheet? {
    guard found.isFound else { return nil }
    let rate = model.configuration.frontEnd.sampleRate
    let sounds = [("as it is", clip.samples), ("edited", sound.samples)]
    let clips = try sounds.map { name, samples in
      guard let speech = AudioClip(samples: samples, sampleRate: rate).trimmed(model.configuration.trimming) else {
        throw EditError.silent(path: file)
      }
      let explanation = try explainer.explain(speech, path: file)
      return ContactSheet.Clip(
        name: name, input: explanation.shown(explanation.inputs[0]), duration: explanation.duration,
        prediction: .emotion(
          explanation.classes[explanation.predicted], probability: explanation.probabilities[explanation.predicted],
          truth: nil))
    }
    return ContactSheet(
      title: [
        "\(shownName(file)): \(before.predicted ?? "") → \(after.predicted ?? "") after \(found.edits.words)",
        "\(explainer.method.name) for what is predicted of each · \(model.title) \(model.name) · "
          + Self.steps(found.size),
      ], clips: clips)
  }

  public func provenance(_ explainer: Explainer) -> [String: String] {
    model.provenance(source: file).merging([
      "Method": explainer.method.nameWithParameters, "Edits": found.edits.words, "Seed": "\(seed)",
    ]) { $1 }
  }

  // MARK: JSON

  private struct JSON: Encodable {
    let file, model: String
    let target: String?
    let isFound: Bool
    let edits, steps: [String: Double]
    let size: Double
    let tried: Int
    let sentence: String
    let before, after: EditReport.Answer
    let back: EditReport.Answer?
    let random: RandomReach?
    let seed: UInt64
    let sound: String?
    let figures: [String]
    let command: String

    enum CodingKeys: String, CodingKey {
      case file, model, target, edits, steps, size, tried, sentence, before, after, back, random, seed, sound, figures
      case command
      case isFound = "found"
    }
  }

  /// One line of `--json`.
  /// - Parameter path: The sound written, if any.
  public func json(sound path: String?, figures: [String]) throws -> String {
    func named(_ values: [SoundEdits.Kind: Double]) -> [String: Double] {
      Dictionary(uniqueKeysWithValues: values.map { ($0.key.name, $0.value) })
    }
    return try JSON(
      file: file, model: model.name, target: target.map { model.classes[$0] }, isFound: found.isFound,
      edits: named(found.edits.amounts), steps: named(found.steps), size: found.size, tried: found.tried,
      sentence: sentence, before: before, after: after, back: back, random: randomReach, seed: seed, sound: path,
      figures: figures, command: commandLine
    ).line
  }
}
