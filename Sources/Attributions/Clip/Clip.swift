import AudioFeatures
import AudioFiles
import Basics
import Layers
import Models
import Tensors

/// One clip and the model that is explained on it: the input of each space, and the model from there on. Inputs, layers
/// and logits are computed when first needed, and kept; so one value serves several methods and targets.
public final class Clip {
  public let model: TrainedModel
  public let path: SignalPath
  /// The number of samples before the clip was fitted to the model's length.
  public let sampleCount: Int
  /// Where the clip stands in its file.
  public let place: ClipPlace
  /// Of this clip and of those made from it.
  let normals: DrawnNormals
  private var keptLogits: Tensor?
  /// Whether the pass that finds ``logits`` is recorded, for a method that asks for the gradient of them.
  var recordsLogits = false
  /// The network's own inputs as variables, and the logits recorded from them, until a gradient uses them up.
  private var recorded: (inputs: [Tensor], logits: Tensor)?
  private var keptSlopes: [Target: [Tensor]] = [:]
  /// Is called before each input space that is explained, with the spaces done and all of them, and before each batch of a
  /// method that runs many, with the inputs done and all of them; what it throws ends the method.
  public var progress: ((_ done: Int, _ total: Int) throws(MethodError) -> Void)?
  private var keptLayers: [(name: String, geometry: Geometry, shape: [Int])]?

  /// - Parameter samples: Samples at the front-end's sample rate, trimmed; the length is fitted to the model here.
  public convenience init(_ samples: [Float], model: TrainedModel) {
    self.init(AudioClip(samples: samples, sampleRate: model.configuration.frontEnd.sampleRate), model: model)
  }

  /// - Parameter speech: Trimmed, at the front-end's sample rate; the length is fitted to the model here.
  public convenience init(_ speech: AudioClip, model: TrainedModel) {
    self.init(
      path: model.path(of: speech.samples), sampleCount: speech.samples.count, place: speech.place, model: model)
  }

  private init(
    path: SignalPath, sampleCount: Int, place: ClipPlace, model: TrainedModel, normals: DrawnNormals = DrawnNormals()
  ) {
    (self.path, self.sampleCount, self.place, self.model) = (path, sampleCount, place, model)
    self.normals = normals
  }

  /// The clip with another model of the same front-end and the same clip length.
  func through(_ model: TrainedModel) -> Clip {
    Clip(path: path, sampleCount: sampleCount, place: place, model: model, normals: normals)
  }

  /// The clip with other values at one input space: downstream inputs follow, upstream inputs stay as they were.
  public func with(_ values: Tensor, at space: InputSpace) -> Clip {
    Clip(
      path: path.with(values, at: space), sampleCount: sampleCount, place: place, model: model, normals: normals)
  }

  /// The input at one space, from the waveform to the MFCC.
  public subscript(space: InputSpace) -> Tensor { path[space] }

  /// The shape of the input at one space, known without computing the input.
  public func shape(at space: InputSpace) -> [Int] { path.shape(at: space) }

  /// [1, samples], as the model sees the clip.
  public var waveform: Tensor { path.waveform }
  /// [1, 1, mels, frames].
  public var mel: Tensor { path[.mel] }
  /// The number of feature frames, padding included.
  public var frames: Int { path.shape(at: .mel)[3] }

  /// Seconds of speech; the rest of the inputs is padding.
  public var duration: Double {
    Double(min(sampleCount, waveform.count)) / Double(model.configuration.frontEnd.sampleRate)
  }

  /// The part of the file that the model uses, in seconds.
  public var used: Range<Double> { place.first(duration) }

  /// Where the clip lies by the sound of those that the model was trained on; nil where these are not known.
  public private(set) lazy var resemblance = model.domain?.resemblance(of: path.statistics(samples: sampleCount))

  /// The input of silence at one space: zeros; on the mel the floor that padding has; the MFCC of that floor.
  func silence(at space: InputSpace) -> Tensor { path.silence(at: space) }

  /// The logits [batch, outputs] of inputs [batch, …] at one space, of this clip's shape there: see
  /// ``SignalPath/input(_:at:for:through:scale:)``.
  /// - Parameters:
  ///   - pass: An inference pass; it may also record layers or replace backward rules.
  ///   - normalization: How a waveform is normalised, in a model that does so.
  public func logits(
    _ input: Tensor, at space: InputSpace, pass: ForwardPass? = nil, normalization: Normalization = .held
  ) -> Tensor {
    let scale = normalization == .held ? path.scale : nil
    return model.network(path.input(input, at: space, for: model.kind.inputs, scale: scale), pass ?? model.pass())
  }

  /// Whether the model's answer depends on the input at a space: what it reads is the input itself, or comes after it.
  /// A model of the waveform has no mel on its way.
  func isOnPath(_ space: InputSpace) -> Bool {
    switch space {
    case .waveform, .spectrogram: true
    case .mel, .mfcc: model.kind.inputs.contains { [.mel, .mfcc].contains($0) }
    }
  }

  /// The logits of the clip itself, computed from the network's own inputs.
  func logits(pass: ForwardPass) -> Tensor { model.network(path.input(model.kind.inputs), pass) }

  /// The logits [1, outputs] of the clip itself.
  public var logits: Tensor {
    if let keptLogits { return keptLogits }
    if recordsLogits { recorded = record() }
    let made = recorded?.logits.detached ?? logits(pass: model.pass())
    keptLogits = made
    return made
  }

  /// Predicts clips of one model and one length in as few passes as it takes, after which their ``logits`` are known.
  public static func predictTogether(_ clips: [Clip]) {
    guard clips.count > 1 else { return }
    let (model, size) = (clips[0].model, clips[0].batch)
    demand(
      clips.allSatisfy { $0.model === model && $0.waveform.shape == clips[0].waveform.shape },
      "clips of several models or lengths in one pass")
    for first in stride(from: 0, to: clips.count, by: size) {
      let some = clips[first..<min(first + size, clips.count)]
      let inputs = some.map { $0.path.input(model.kind.inputs) }
      let spaces = model.kind.inputs.map { space in (space, Tensor.concatenated(inputs.map { $0[space] }, axis: 0)) }
      let logits = model.network(NetworkInput(Dictionary(uniqueKeysWithValues: spaces)), model.pass())
      for (row, clip) in some.enumerated() { clip.keptLogits = logits.slice(axis: 0, row..<(row + 1)) }
    }
  }

  private func record() -> (inputs: [Tensor], logits: Tensor) {
    let inputs = model.kind.inputs.map { self[$0].variable() }
    let input = NetworkInput(Dictionary(uniqueKeysWithValues: zip(model.kind.inputs, inputs)))
    return (inputs, model.network(input, model.pass()))
  }

  /// The model's named layers in their order, with the shapes of their outputs for this clip.
  var layers: [(name: String, geometry: Geometry, shape: [Int])] {
    if let keptLayers { return keptLayers }
    var found: [(name: String, geometry: Geometry, shape: [Int])] = []
    _ = logits(
      pass: model.pass { observed in
        found.append((observed.layer, observed.geometry, observed.output.shape))
        return observed.output
      })
    keptLayers = found
    return found
  }

  /// ∂ target / ∂ the clip's input at one space, of its shape, normalised by its ``Normalization/own``. There is one pass
  /// through the network for all spaces: from its own inputs to a space before them leads the chain rule.
  public func gradient(at space: InputSpace, target: Target) -> Tensor {
    let slopes = slopes(of: target)
    let values = self[space].variable()
    let input = path.input(values, at: space, for: model.kind.inputs)
    let terms = zip(model.kind.inputs, slopes).map { (input[$0] * $1).sum() }
    return gradients(of: terms.dropFirst().reduce(terms[0], +), at: [values])[0]
  }

  /// ∂ target / ∂ each of the network's own inputs.
  private func slopes(of target: Target) -> [Tensor] {
    if let kept = keptSlopes[target] { return kept }
    let (inputs, logits) = recorded ?? record()
    recorded = nil
    let found = gradients(of: target.score(logits).sum(), at: inputs)
    keptSlopes[target] = found
    return found
  }

  /// ∂ target / ∂ input for each of a batch of inputs at one space, of the inputs' shape.
  public func gradient(
    _ inputs: Tensor, at space: InputSpace, target: Target, normalization: Normalization = .own
  ) -> Tensor {
    gradient(inputs, at: space, target: target, normalization, model.pass())
  }

  /// ``gradient(_:at:target:normalization:)`` with a backward rule instead of the derivative; and of relevance the part of the
  /// score that stays with constants.
  /// - Parameter method: The method's name for errors. A rule that applies to no operation of the network is an error:
  ///   its result would be the gradient itself.
  func gradient(
    _ inputs: Tensor, at space: InputSpace, target: Target, normalization: Normalization, rule: BackwardRule,
    for method: String
  ) throws(MethodError) -> (gradient: Tensor, constants: Double) {
    let pass = model.pass(rule)
    let found = gradient(inputs, at: space, target: target, normalization, pass)
    guard pass.ruledOperations > 0 else {
      throw .inapplicable(
        method: method, model: model.name,
        reason: "its rule applies to no layer of \(model.kind.title), so that it would be the gradient itself")
    }
    return (found, pass.constants)
  }

  private func gradient(
    _ inputs: Tensor, at space: InputSpace, target: Target, _ normalization: Normalization, _ pass: ForwardPass
  ) -> Tensor {
    let inputs = inputs.variable()
    let logits = logits(inputs, at: space, pass: pass, normalization: normalization)
    return pass.gradients(of: target.score(logits).sum(), at: [inputs])[0]
  }

  /// The target's score of one input.
  func score(_ input: Tensor, at space: InputSpace, target: Target) -> Double {
    Double(target.score(logits(input, at: space)).scalar)
  }

  /// Σ weight · tensor over the tensors that `find` returns for these indices [indices, …], a batch at a time.
  func mean(_ weights: [Double], find: (Range<Int>) -> Tensor) throws(MethodError) -> Tensor {
    var sum: Tensor?
    try inBatches(weights.count) { numbers in
      let found = find(numbers)
      let shares = Tensor(weights[numbers].map(Float.init), shape: [1, numbers.count])
      let part = shares.matrixProduct(found.reshaped([numbers.count, -1])).reshaped([1] + found.shape.dropFirst())
      sum = sum.map { $0 + part } ?? part
    }
    return sum!
  }

  /// The completeness check of attributions that should sum to f(x) − f(baseline).
  func completeness(
    of values: Tensor, baseline: Tensor, at space: InputSpace, target: Target
  ) -> Completeness {
    Completeness(
      sum: Double(values.sum().scalar), score: score(self[space], at: space, target: target),
      baselineScore: score(baseline, at: space, target: target))
  }

  /// The number of inputs that a method runs at once: `clipsAtOnce` of the model for clips of five seconds, and fewer
  /// for longer clips, so that a long clip takes no more memory.
  public var batch: Int {
    let most = model.kind.clipsAtOnce
    return max(1, min(most, most * 5 * model.configuration.frontEnd.sampleRate / waveform.shape[1]))
  }

  /// The target's score of each of `count` inputs, made a batch at a time.
  /// - Parameter make: Returns the inputs with these indices, [indices, …].
  public func scores(
    _ count: Int, at space: InputSpace, target: Target, make: (Range<Int>) -> Tensor
  ) throws(MethodError) -> [Float] {
    var scores: [Float] = []
    try inBatches(count) { scores += target.score(logits(make($0), at: space)).floats }
    return scores
  }

  /// The indices of `count` inputs, by batches.
  func batches(_ count: Int) -> [Range<Int>] {
    stride(from: 0, to: count, by: batch).map { $0..<min($0 + batch, count) }
  }

  /// Runs a function on the indices of `count` inputs, a batch at a time; ``progress`` is called before each batch.
  func inBatches(_ count: Int, _ run: (Range<Int>) -> Void) throws(MethodError) {
    for range in batches(count) {
      try progress?(range.lowerBound, count)
      run(range)
    }
  }

  /// The clip's probabilities by class, summing to one; empty for a model without classes.
  /// - Parameter path: The file's path, for errors.
  public func probabilities(path: String) throws(ExplanationError) -> [Double] {
    guard logits.isFinite else { throw .noPrediction(path: path, model: model.name) }
    let probabilities = logits.slice(axis: 1, 0..<model.classes.count).softmax()
    guard probabilities.isFinite else { throw .noPrediction(path: path, model: model.name) }
    return probabilities.floats.map(Double.init)
  }

  /// The clip's values by dimension; empty for a model without dimensions.
  public var values: [Double] {
    logits.slice(axis: 1, model.classes.count..<logits.shape[1]).floats.map(Double.init)
  }
}
