import Attributions
import AudioFiles
import Basics
import Figures
import Foundation
import Models
import Reports

/// What is asked about a prediction, checked before it reaches the models.
struct ExplainQuestion: Sendable {
  private let model: ServedModel
  /// What the sound is called.
  private let name: String
  private let method: String
  private let options: MethodOptions
  private let target, versus: Int?
  private let spaces: [InputSpace]
  private let hasArrays: Bool

  init(_ parameters: RequestParameters, of model: ServedModel) throws(RequestFault) {
    self.model = model
    method = try ServedMethod.named(parameters.text("method"))
    var options = MethodOptions()
    options.seed = UInt64(try parameters.whole("seed", in: 0...Int.max) ?? 0)
    options[.steps] = try parameters.whole("steps", in: 1...500)
    options[.draws] = try parameters.whole("draws", in: 1...2000)
    self.options = options
    name = try parameters.soundName("name")
    (target, versus) = (try parameters.output("target", of: model), try parameters.output("versus", of: model))
    if let target, target == versus { throw .wrong("versus", "is the target itself") }
    guard let text = parameters.text("input") else {
      spaces = model.inputs.filter { [.waveform, .mel].contains($0) }
      hasArrays = try parameters.flag("arrays")
      return
    }
    var spaces: [InputSpace] = []
    for name in text.split(separator: ",") {
      guard let space = InputSpace(rawValue: String(name)), model.inputs.contains(space) else {
        throw .wrong(
          "input", "\(model.name) can be explained on \(model.inputs.map(\.rawValue).joined(separator: ", "))")
      }
      guard !spaces.contains(space) else { throw .wrong("input", "names \(space.rawValue) twice") }
      spaces.append(space)
    }
    guard !spaces.isEmpty else { throw .wrong("input", "names no input") }
    (self.spaces, hasArrays) = (spaces, try parameters.flag("arrays"))
  }

  /// An explanation as JSON.
  struct Answer: Sendable, Encodable {
    struct Input: Sendable, Encodable {
      /// Rows and columns of the attribution.
      let shape: [Int]
      let unit: String
      let sum: Double
      /// Row by row; nil where it was not asked for.
      let attribution: [Float]?
    }
    let model, method: String
    let parameters: [String: String]
    let predicted: String?
    let probabilities: [String: Double]
    let values: [String: Double]
    let target: String
    let versus: String?
    /// Seconds of the sound that the model uses, and between two columns that are frames.
    let start, end, hop: Double
    let inputs: [String: Input]
    /// Where the attributions are strongest, in words.
    let words: String
    let trainingData: Resemblance?
  }

  /// Throws where the answer would take the models for too long.
  func check(_ speech: AudioClip) throws(RequestFault) {
    let passes = PassLimit.passes(of: method, options)
    try PassLimit.check(
      passes * spaces.count, speech, field: "method", "steps or draws (\(passes)) × inputs (\(spaces.count))")
  }

  private func report(_ speech: AudioClip, by shelf: ModelShelf) throws -> ExplanationReport {
    let model = try shelf.model(self.model)
    let explainer = Explainer(model: model, method: try AttributionMethods.make(method, options), spaces: spaces)
    let explanation = try explainer.explain(
      speech, path: UploadedSound.name,
      target: { predicted in
        let target = target ?? predicted
        return Target(target, versus: target == versus ? nil : versus)
      }, progress: { _, _ throws(MethodError) in try shelf.pause() })
    // What is made of it takes a while too.
    try shelf.pause()
    return ExplanationReport(explanation, model: model, file: name)
  }

  func answer(_ speech: AudioClip, by shelf: ModelShelf) throws -> Answer {
    let report = try report(speech, by: shelf)
    let found = report.explanation
    let inputs = found.inputs.map { input in
      (
        input.space.rawValue,
        Answer.Input(
          shape: input.attribution.shape, unit: found.unit(at: input.space),
          sum: Double(input.attribution.sum().scalar), attribution: hasArrays ? input.attribution.floats : nil)
      )
    }
    return Answer(
      model: model.name, method: found.method, parameters: found.parameters,
      predicted: found.classes.isEmpty ? nil : found.classes[found.predicted],
      probabilities: Dictionary(uniqueKeysWithValues: zip(found.classes, found.probabilities)),
      values: Dictionary(uniqueKeysWithValues: zip(found.dimensions, found.values)),
      target: found.outputs[found.target.emotion], versus: found.target.versus.map { found.outputs[$0] },
      start: found.used.lowerBound, end: found.used.upperBound, hop: found.hop,
      inputs: Dictionary(uniqueKeysWithValues: inputs), words: report.words, trainingData: found.resemblance)
  }

  func figure(_ speech: AudioClip, as format: FigureFormat, by shelf: ModelShelf) throws -> [UInt8] {
    let report = try report(speech, by: shelf)
    return try report.figure.encoded(as: format, provenance: report.provenance)
  }

  /// The explanation as the script of a page reads it, in JSON.
  func view(_ speech: AudioClip, by shelf: ModelShelf) throws -> String {
    let report = try report(speech, by: shelf)
    let explained = PageClip.Explained(report.model.name, report.explanation)
    return try Page.data(of: [PageClip(name: name, samples: speech.samples, explanations: [explained])])
  }

  /// The page of the explanation in one file.
  func page(_ speech: AudioClip, by shelf: ModelShelf) throws -> String {
    let report = try report(speech, by: shelf)
    var page = ExplanationPage(model: report.model, source: name)
    try page.add([(report, nil, nil)], samples: speech.samples) { [] }
    var whole = try page.page
    // It would be the service's own, with what is where on this machine.
    whole.provenance["Command"] = nil
    return try whole.html
  }
}
