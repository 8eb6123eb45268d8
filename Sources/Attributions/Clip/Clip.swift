import AudioFeatures
import Layers
import Models
import Tensors

/// One clip and a model that explains it: what stands at each place on the way, and how to go on from there. Places, layers
/// and logits are computed when they are first asked for, and kept; so one value serves several methods and targets.
public final class Clip {
  public let model: TrainedModel
  public let path: SignalPath
  /// Samples that the clip had before it was fitted to the model.
  public let sampleCount: Int
  private var keptLogits: Tensor?
  private var keptLayers: [(name: String, geometry: Geometry, shape: [Int])]?

  /// - Parameter samples: At the front-end's sample rate, trimmed; the length is fitted to the model here.
  public convenience init(_ samples: [Float], model: TrainedModel) {
    self.init(path: model.path(of: samples), sampleCount: samples.count, model: model)
  }

  private init(path: SignalPath, sampleCount: Int, model: TrainedModel) {
    (self.path, self.sampleCount, self.model) = (path, sampleCount, model)
  }

  /// The same clip with another model of the same front-end that takes clips of the same length.
  func through(_ model: TrainedModel) -> Clip { Clip(path: path, sampleCount: sampleCount, model: model) }

  /// The clip with other values at a place: what is downstream follows, what is upstream stays as it was.
  func with(_ values: Tensor, at space: InputSpace) -> Clip {
    Clip(path: path.with(values, at: space), sampleCount: sampleCount, model: model)
  }

  /// What stands at a place.
  public subscript(space: InputSpace) -> Tensor { path[space] }

  /// The shape of what stands at a place, which is not computed for it.
  public func shape(at space: InputSpace) -> [Int] { path.shape(at: space) }

  /// [1, samples], as the model sees the clip.
  public var waveform: Tensor { path.waveform }
  /// [1, 1, mels, frames].
  public var mel: Tensor { path[.mel] }
  /// Frames of the features, the padding's too.
  public var frames: Int { path.shape(at: .mel)[3] }

  /// Seconds of speech; what follows in the inputs is padding.
  public var duration: Double {
    Double(min(sampleCount, waveform.count)) / Double(model.configuration.frontEnd.sampleRate)
  }

  /// What stands at a place where this clip is silent: zeros; in the mel its floor, as in its padding; that floor's MFCC.
  func silence(at space: InputSpace) -> Tensor { path.silence(at: space) }

  /// The logits [batch, outputs] of inputs at a place on the path, [batch, …] of this clip's shape there: see
  /// ``SignalPath/input(_:at:for:through:)``.
  /// - Parameter pass: An inference; another one than usual records layers or replaces rules.
  public func logits(_ input: Tensor, at space: InputSpace, pass: ForwardPass = .inference) -> Tensor {
    model.network(path.input(input, at: space, for: model.kind.inputs), pass)
  }

  /// The logits of the clip itself, as the network reads it.
  func logits(pass: ForwardPass) -> Tensor { model.network(path.input(model.kind.inputs), pass) }

  /// The logits [1, outputs] of the clip itself.
  public var logits: Tensor {
    if let keptLogits { return keptLogits }
    let made = logits(pass: .inference)
    keptLogits = made
    return made
  }

  /// The layers that the model names, with the shapes of their outputs for this clip, in their order.
  var layers: [(name: String, geometry: Geometry, shape: [Int])] {
    if let keptLayers { return keptLayers }
    var found: [(name: String, geometry: Geometry, shape: [Int])] = []
    _ = logits(
      pass: ForwardPass(.inference) { observed in
        found.append((observed.layer, observed.geometry, observed.output.shape))
        return observed.output
      })
    keptLayers = found
    return found
  }

  /// ∂ target / ∂ input for each of a batch of inputs at a place on the path, of the inputs' shape.
  public func gradient(_ inputs: Tensor, at space: InputSpace, target: Target) -> Tensor {
    gradient(inputs, at: space, target: target, ForwardPass.inference)
  }

  /// As ``gradient(_:at:target:)`` with a rule in the place of the derivative.
  /// - Parameter method: The method that asks, for the error where the rule applies to no operation of the network: its result
  ///   would be the gradient itself.
  func gradient(
    _ inputs: Tensor, at space: InputSpace, target: Target, rule: BackwardRule, for method: String
  ) throws(MethodError) -> Tensor {
    let pass = ForwardPass(.inference, rule: rule)
    let found = gradient(inputs, at: space, target: target, pass)
    guard pass.ruledOperations > 0 else {
      throw .inapplicable(
        method: method, model: model.name,
        reason: "its rule applies to no layer of \(model.kind.title), so that it would be the gradient itself")
    }
    return found
  }

  private func gradient(_ inputs: Tensor, at space: InputSpace, target: Target, _ pass: ForwardPass) -> Tensor {
    let inputs = inputs.variable()
    return pass.gradients(of: target.score(logits(inputs, at: space, pass: pass)).sum(), at: [inputs])[0]
  }

  /// The target's score of one input.
  func score(_ input: Tensor, at space: InputSpace, target: Target) -> Double {
    Double(target.score(logits(input, at: space)).scalar)
  }

  /// Σ weight · ∂ target / ∂ input over inputs made a batch at a time, of one input's shape.
  /// - Parameter make: The inputs of these numbers, [numbers, …].
  func meanGradient(
    _ weights: [Double], at space: InputSpace, target: Target, make: (Range<Int>) -> Tensor
  ) -> Tensor {
    mean(weights, at: space) { gradient(make($0), at: space, target: target) }
  }

  /// Σ weight · found over what is found for these numbers, a batch at a time, of one input's shape.
  func mean(_ weights: [Double], at space: InputSpace, find: (Range<Int>) -> Tensor) -> Tensor {
    var sum = Tensor.zeros(shape(at: space))
    for first in stride(from: 0, to: weights.count, by: batch) {
      let numbers = first..<min(first + batch, weights.count)
      let found = find(numbers)
      let shares = Tensor(weights[numbers].map(Float.init), shape: [1, numbers.count])
      sum = sum + shares.matrixProduct(found.reshaped([numbers.count, -1])).reshaped(sum.shape)
    }
    return sum
  }

  /// How near attributions of the clip come to their promise to sum to f(x) − f(baseline).
  func completeness(
    of values: Tensor, baseline: Tensor, at space: InputSpace, target: Target
  ) -> Completeness {
    Completeness(
      sum: Double(values.sum().scalar), score: score(self[space], at: space, target: target),
      baselineScore: score(baseline, at: space, target: target))
  }

  /// How many inputs a method runs at once: as many as the model says for clips of five seconds, and fewer longer ones, so
  /// that a long clip takes no more memory.
  public var batch: Int {
    let most = model.kind.clipsAtOnce
    return max(1, min(most, most * 5 * model.configuration.frontEnd.sampleRate / waveform.shape[1]))
  }

  /// The target's score of each of `count` inputs, made a batch at a time.
  /// - Parameter make: The inputs of these numbers, [numbers, …].
  public func scores(
    _ count: Int, at space: InputSpace, target: Target, make: (Range<Int>) -> Tensor
  ) -> [Float] {
    stride(from: 0, to: count, by: batch).flatMap { first in
      target.score(logits(make(first..<min(first + batch, count)), at: space)).floats
    }
  }

  /// The clip's probabilities by class, summing to one; empty of a model without classes.
  /// - Parameter path: The file's, for errors.
  public func probabilities(path: String) throws(ExplanationError) -> [Double] {
    guard logits.isFinite else { throw .noPrediction(path: path, model: model.name) }
    let probabilities = logits.slice(axis: 1, 0..<model.classes.count).softmax()
    guard probabilities.isFinite else { throw .noPrediction(path: path, model: model.name) }
    return probabilities.floats.map(Double.init)
  }

  /// The clip's values by dimension; empty of a model without dimensions.
  public var values: [Double] {
    logits.slice(axis: 1, model.classes.count..<logits.shape[1]).floats.map(Double.init)
  }
}
