import Encoders
import Layers
import Tensors

/// The parts between an encoder's states and the logits, by the checkpoints that have them.
public struct SpeechHead: Codable, Equatable, Sendable {
  public enum Kind: String, Codable, Sendable {
    /// A linear map of each step, their mean, and a linear map: Hugging Face's sequence classification (and SUPERB's).
    case projected
    /// The mean over steps, a linear map, tanh, and a linear map: `classifier.dense` and `classifier.out_proj` or
    /// `classifier.output` of published checkpoints.
    case dense
    /// The mean over steps and a linear map.
    case linear
    /// The last state at mean 0 and variance 1 over all of a clip's steps and features, the mean over steps, and a linear map:
    /// SpeechBrain's `output_norm`.
    case standardized
    /// Three linear maps of each step with ReLU between them, the mean over steps, and for each branch two linear maps with a
    /// ReLU between: Vox-Profile's. Several branches have one output each, through a sigmoid.
    case pointwise
  }

  public var kind: Kind
  /// Outputs of the map in the middle; nil without one.
  public var width: Int?
  /// Whether the steps are a weighted sum of all states, the softmax of learned weights, instead of the last state.
  public var usesAllStates = false
  /// The name of the last map in the checkpoint.
  public var output: String
  /// The names of the branches of a pointwise head; nil of others.
  public var branches: [String]?

  public init(
    _ kind: Kind, width: Int? = nil, usesAllStates: Bool = false, output: String = "classifier",
    branches: [String]? = nil
  ) {
    (self.kind, self.width, self.usesAllStates, self.output) = (kind, width, usesAllStates, output)
    self.branches = branches
  }

  enum CodingKeys: String, CodingKey {
    case kind, width, output, branches
    case usesAllStates = "use_weighted_layer_sum"
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    kind = try container.decode(Kind.self, forKey: .kind)
    width = try container.decodeIfPresent(Int.self, forKey: .width)
    usesAllStates = try container.decodeIfPresent(Bool.self, forKey: .usesAllStates) ?? false
    output = try container.decodeIfPresent(String.self, forKey: .output) ?? "classifier"
    branches = try container.decodeIfPresent([String].self, forKey: .branches)
  }

  /// The reason why no head can have this form; nil where one can.
  var problem: String? {
    guard [.linear, .standardized].contains(kind) == (width == nil) else {
      return "a \(kind.rawValue) head and a width do not fit"
    }
    guard width.map((1...65_536).contains) ?? true else { return "a head's width lies between 1 and 65536" }
    guard (kind == .pointwise) == (branches?.isEmpty == false) else {
      return "a pointwise head has branches, others none"
    }
    return output.isEmpty ? "a head's output has no name" : nil
  }

  /// One line on how the head works.
  var summary: String {
    let states = usesAllStates ? "weighted sum of all states" : "last state"
    return switch kind {
    case .projected: "\(states), projection to \(width ?? 0), mean over steps, linear"
    case .dense: "\(states), mean over steps, dense \(width ?? 0), tanh, linear"
    case .linear: "\(states), mean over steps, linear"
    case .standardized: "\(states) at mean 0 and variance 1 over all steps and features, mean over steps, linear"
    case .pointwise:
      "\(states), three linear maps to \(width ?? 0) with ReLU, mean over steps, dense \(width ?? 0), ReLU, linear"
        + ((branches?.count ?? 0) > 1 ? ", sigmoid" : "")
    }
  }
}

/// A head with its weights.
final class SpeechHeadLayers: Layer {
  private let head: SpeechHead
  private let stateWeights: Parameter?
  /// The maps of each step before the mean over them; only a pointwise head's are not in another place by linearity.
  private let perStep: [Linear]
  /// The maps after the mean, one list a branch.
  private let branches: [[Linear]]
  let parameters: [Parameter]

  init(
    _ head: SpeechHead, states: Int, features: Int, outputs: Int, from source: ParameterSource
  ) throws(ParameterError) {
    self.head = head
    let name = head.kind == .pointwise ? "weights" : "layer_weights"
    stateWeights =
      head.usesAllStates
      ? try source.parameter(name, [states], .values(Array(repeating: 1 / Float(states), count: states))) : nil
    func linear(_ name: String, _ inputs: Int, _ outputs: Int) throws(ParameterError) -> Linear {
      try Linear(from: inputs, to: outputs, from: name.split(separator: ".").reduce(source) { $0.part(String($1)) })
    }
    let width = head.width ?? features
    switch head.kind {
    case .projected:
      perStep = []
      branches = [[try linear("projector", features, width), try linear(head.output, width, outputs)]]
    case .dense:
      perStep = []
      branches = [[try linear("classifier.dense", features, width), try linear(head.output, width, outputs)]]
    case .linear, .standardized:
      perStep = []
      branches = [[try linear(head.output, features, outputs)]]
    case .pointwise:
      let names = head.branches ?? []
      perStep = [
        try linear("model_seq.0", features, width), try linear("model_seq.3", width, width),
        try linear("model_seq.6", width, width),
      ]
      branches = try names.map { (name) throws(ParameterError) in
        [try linear("\(name).0", width, width), try linear("\(name).2", width, names.count > 1 ? 1 : outputs)]
      }
    }
    parameters = [stateWeights].compactMap(\.self) + (perStep + branches.joined()).flatMap(\.parameters)
  }

  /// Whether the states' means over steps are all that it reads.
  var readsMeansOnly: Bool { ![.standardized, .pointwise].contains(head.kind) }

  /// An encoder's states → logits, or values, [batch, outputs].
  func callAsFunction(_ states: SpeechEncoder.States, _ pass: ForwardPass) -> Tensor {
    func chain(_ layers: [Linear], _ x: Tensor, _ activation: (Tensor) -> Tensor = { $0 }) -> Tensor {
      layers.dropFirst().reduce(layers[0](x, pass)) { $1(activation($0), pass) }
    }
    switch head.kind {
    // The mean of projections is the projection of the mean: one row instead of one a step.
    case .projected, .linear: return chain(branches[0], mean(states, pass))
    case .dense: return chain(branches[0], mean(states, pass)) { $0.hyperbolicTangent() }
    case .standardized: return chain(branches[0], standardizedMean(states))
    case .pointwise:
      let steps = sum(of: states.all, pass)
      let pooled = chain(perStep, steps) { $0.relu() }.meanOverSteps(states.mask)
      let logits = branches.map { chain($0, pooled) { $0.relu() } }
      return logits.count == 1 ? logits[0] : Tensor.concatenated(logits.map { $0.sigmoid() }, axis: 1)
    }
  }

  /// The mean over steps of the last state, or of the weighted sum of all: [batch, features].
  private func mean(_ states: SpeechEncoder.States, _ pass: ForwardPass) -> Tensor {
    guard head.usesAllStates else { return states.last.meanOverSteps(states.mask) }
    return sum(of: states.all.map { $0.meanOverSteps(states.mask) }, pass)
  }

  /// Values of all states, weighted by the softmax of the learned weights.
  private func sum(of states: [Tensor], _ pass: ForwardPass) -> Tensor {
    guard let stateWeights else { return states.last! }
    let weights = pass(stateWeights).softmax()
    return states.enumerated().reduce(nil as Tensor?) { sum, state in
      let part = state.element * weights.slice(axis: 0, state.offset..<(state.offset + 1))
      return sum.map { $0 + part } ?? part
    }!
  }

  /// The mean over steps of (x − μ) / √(σ² + ε), μ and σ² over all of a clip's steps and features: [batch, features].
  private func standardizedMean(_ states: SpeechEncoder.States) -> Tensor {
    let mean = states.last.meanOverSteps(states.mask)
    let batch = mean.shape[0]
    let center = mean.mean(axes: [1]).reshaped([batch, 1])
    let squares = (states.last - center.reshaped([batch, 1, 1])).squared().meanOverSteps(states.mask)
    let variance = squares.mean(axes: [1]).reshaped([batch, 1])
    // PyTorch's layer_norm.
    return (mean - center) / (variance + 1e-5).squareRoot()
  }
}
