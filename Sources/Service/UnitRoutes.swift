import Attributions
import AudioFeatures
import AudioFiles
import Basics
import Corpora
import Hummingbird
import Models
import Reports

/// What is asked about the units of a sound.
struct UnitsAsked: Sendable {
  static let parameters = ["model", "units", "target", "filling", "seed"]

  /// The fillings that need no other sound.
  private enum Filling: String, CaseIterable { case silence, floor, neighbours }

  struct Answer: Sendable, Encodable {
    let model: String
    let kind: UnitKind
    /// What stands where a unit is taken out.
    let filling: String
    let target: String
    /// The target's score and probability of the whole sound; of a dimension both are its value.
    let score, whole: Double
    let units: [UnitEffects.Row]
  }

  let model: ServedModel
  private let kind: UnitKind
  private let filling: UnitFilling
  private let target: Int?
  private let seed: UInt64

  init(_ parameters: RequestParameters, of model: ServedModel) throws(RequestFault) {
    self.model = model
    kind = try parameters.choice("units") ?? .syllables
    let filling: Filling = try parameters.choice("filling") ?? .floor
    self.filling = UnitFilling(filling.rawValue)!
    target = try parameters.output("target", of: model)
    seed = UInt64(try parameters.whole("seed", in: 0...Int.max) ?? 0)
  }

  /// The units, found off the models' thread.
  func units(of speech: AudioClip) throws -> [SpeechUnit] {
    let found = try UnitsQuestion.units(of: speech, kind, path: UploadedSound.name)
    try PassLimit.check(found.count + 1, speech, field: "units", "the sound and \(found.count) units")
    return found
  }

  func answer(_ speech: AudioClip, _ units: [SpeechUnit], by shelf: ModelShelf) throws -> Answer {
    let (model, name) = (try shelf.model(model), UploadedSound.name)
    let clip = Clip(speech, model: model)
    clip.progress = { _, _ throws(MethodError) in try shelf.pause() }
    let probabilities = try clip.probabilities(path: name)
    let target = target ?? (probabilities.isEmpty ? 0 : probabilities.likeliestClass)
    let found = try UnitEffects(
      clip, units: units, kind: kind, filling: filling, target: Target(target), path: name, seed: seed)
    return Answer(
      model: self.model.name, kind: kind, filling: filling.name, target: model.outputs[target], score: found.score,
      whole: found.whole, units: found.units)
  }
}

extension SoundRoutes {
  @Sendable func units(_ request: Request, _ context: ServiceContext) async throws -> Response {
    try await answer(request, UnitsAsked.parameters) { sound, parameters in
      let question = try UnitsAsked(parameters, of: model(parameters))
      let (speech, units) = try await uploads.decoded {
        let speech = try sound.speech(for: question.model)
        return (speech, try question.units(of: speech))
      }
      return try Answer.json(await compute.run { try question.answer(speech, units, by: $0) }, on: context.channel)
    }
  }
}
