import Attributions
import AudioFeatures
import AudioFiles
import Basics
import Corpora
import Foundation
import Hummingbird
import Reports

/// What is to be said of a sound that is changed as little as can be.
struct CounterfactualQuestion: Sendable {
  static let parameters = ["model", "target", "seed", "format"]
  /// Kinds of edits at once, and edits that are tried before the search among those of several kinds ends.
  private static let search = CounterfactualSearch(most: 2, budget: 150)
  /// Seconds of speech, and of the sound around it.
  private static let mostSpeech = 10.0, mostSound = 20.0

  struct Answer: Sendable, Encodable {
    let model: String
    /// What the model was to say; nil for anything else.
    let target: String?
    /// Whether an edit was found after which the model says it; else the edit is the one that came nearest.
    let found: Bool
    /// The change in words, and what there is to know before they are believed.
    let sentence: String
    let remarks: [String]
    /// The amounts of the edits, and how many just-noticeable steps each is.
    let edits, steps: [String: Double]
    /// The sum of the steps' sizes.
    let size: Double
    /// How many edits were tried.
    let tried: Int
    let before, after: EditReport.Answer
    let back: EditReport.Answer?
    let random: CounterfactualReport.RandomReach?
    /// The changed sound; nil where none was found.
    let sound: PageSound?
  }

  let model: ServedModel
  private let target: Int?
  private let seed: UInt64

  init(_ parameters: RequestParameters, of model: ServedModel) throws(RequestFault) {
    self.model = model
    guard !model.classes.isEmpty else {
      throw RequestFault(.unprocessableContent, "model", "\(model.name) has no emotions to tell apart, only numbers")
    }
    target = try parameters.place("target", among: model.classes, "emotion", of: model)
    seed = UInt64(try parameters.whole("seed", in: 0...Int.max) ?? 0)
  }

  /// The sound at the model's rate, not trimmed.
  func clip(_ sound: UploadedSound) throws -> AudioClip {
    let clip = try sound.decoded(sampleRate: model.sampleRate)
    let speech = try UploadedSound.speech(of: clip, for: model)
    guard speech.duration <= Self.mostSpeech, clip.duration <= Self.mostSound else {
      func words(_ seconds: Double) -> String { seconds.formatted(.number.precision(.fractionLength(0...1))) }
      throw RequestFault(
        .unprocessableContent, UploadedSound.field,
        "has \(words(speech.duration)) s of speech in \(words(clip.duration)) s; \(words(Self.mostSpeech)) s in "
          + "\(words(Self.mostSound)) s are searched at most")
    }
    return clip
  }

  /// The answer, and the changed sound.
  func answer(_ clip: AudioClip, by shelf: ModelShelf) throws -> (Answer, AudioClip) {
    let edited = try EditedClip(clip.samples, path: UploadedSound.name, model: shelf.model(model), seed: seed)
    edited.progress = { try shelf.pause() }
    let report = try CounterfactualReport(
      edited, file: UploadedSound.name, to: target, search: Self.search, seed: seed)
    let (found, sound) = (report.found, report.sound)
    func named(_ values: [SoundEdits.Kind: Double]) -> [String: Double] {
      Dictionary(uniqueKeysWithValues: values.map { ($0.key.rawValue, $0.value) })
    }
    let answer = Answer(
      model: model.name, target: target.map { model.classes[$0] }, found: found.isFound, sentence: report.sentence,
      remarks: report.remarks, edits: named(found.edits.amounts), steps: named(found.steps), size: found.size,
      tried: found.tried, before: report.before, after: report.after, back: report.back, random: report.randomReach,
      sound: found.isFound ? try PageSound(sound.samples, sampleRate: sound.sampleRate) : nil)
    return (answer, sound)
  }
}

extension SoundRoutes {
  @Sendable func counterfactual(_ request: Request, _ context: ServiceContext) async throws -> Response {
    try await answer(request, CounterfactualQuestion.parameters) { sound, parameters in
      let question = try CounterfactualQuestion(parameters, of: model(parameters))
      let format: ChangeFormat = try parameters.choice("format") ?? .json
      let clip = try await uploads.decoded { try question.clip(sound) }
      let (found, bytes) = try await compute.run { shelf in
        let (answer, sound) = try question.answer(clip, by: shelf)
        return (answer, format == .wav && answer.found ? sound.encoded(as: .float32) : [])
      }
      switch format {
      case .json: return try Answer.json(found, on: context.channel)
      case .wav:
        guard found.found else { throw RequestFault(.unprocessableContent, "target", found.sentence) }
        return Answer.data(bytes, type: "audio/wav", on: context.channel)
      }
    }
  }
}
