import Basics
import Ranks
import Tensors

/// The purpose and state of one pass through a network, given to every layer, so that no layer has a mode to forget.
public final class ForwardPass {
  public enum Purpose: Sendable {
    /// Norms use the batch's statistics and update the running ones; dropout drops.
    case training
    /// Norms use the running statistics; dropout does nothing.
    case inference
  }

  /// The output of a layer that a model names.
  public struct Observation {
    public let layer: String
    public let geometry: Geometry
    public let output: Tensor
  }

  public let purpose: Purpose
  /// The rule that replaces the derivative in ``gradients(of:weight:at:)``. With any but the derivative, blocks run as
  /// single operations.
  public let rule: BackwardRule
  /// How exactly linear maps, convolutions along steps and the attention of encoders read their factors.
  public let precision: Precision
  /// The part of a batch that the pass's clips are, where several ranks compute it; nil where they are the whole.
  public private(set) var share: BatchShare?
  /// Receives the output of each layer that a model names; its result is used in place of that output.
  private let observer: ((Observation) -> Tensor)?
  private let learning: Set<ObjectIdentifier>
  private let recomputes: Bool
  private var generator: SeededGenerator
  private var recorded: [ObjectIdentifier: Tensor] = [:]
  /// The number of operations where ``rule`` replaced the derivative in the last gradients.
  public private(set) var ruledOperations = 0
  /// With relevance propagation, the part of the score that stayed with constants, such as biases, in the last gradients.
  public private(set) var constants = 0.0

  /// - Parameters:
  ///   - learning: The parameters whose gradients are needed. Operations on others only are not recorded.
  ///   - precision: Of linear maps, of convolutions along steps and of the attention of encoders; other products are
  ///     always float32.
  ///   - seed: The seed of the pass's random numbers (dropout).
  ///   - recomputes: Whether parts of a network that offer it keep only their inputs; see ``recomputing(_:through:_:)``.
  ///   - share: The part of a batch that the clips are, in a training over several ranks.
  public init(
    _ purpose: Purpose, learning: [Parameter] = [], rule: BackwardRule = .derivative, precision: Precision = .float32,
    seed: UInt64 = 0, recomputes: Bool = false, share: BatchShare? = nil, observer: ((Observation) -> Tensor)? = nil
  ) {
    (self.purpose, self.rule, self.precision, self.observer) = (purpose, rule, precision, observer)
    self.learning = Set(learning.map(ObjectIdentifier.init))
    (self.recomputes, self.share) = (recomputes, share)
    generator = SeededGenerator(seed: seed)
  }

  /// A pass through a part of the network of another pass, from its random numbers on, with `values` for what is learned.
  private init(
    within pass: ForwardPass, learning: [Parameter], values: some Sequence<Tensor>, generator: SeededGenerator,
    share: BatchShare?
  ) {
    (purpose, rule, precision, observer, recomputes) = (pass.purpose, pass.rule, pass.precision, pass.observer, false)
    self.share = share
    self.learning = Set(learning.map(ObjectIdentifier.init))
    self.generator = generator
    recorded = Dictionary(uniqueKeysWithValues: zip(learning.map(ObjectIdentifier.init), values))
  }

  /// A pass for inference, with gradients at the input only.
  public static var inference: ForwardPass { ForwardPass(.inference) }

  /// Whether the parameter's gradient is needed.
  public func learns(_ parameter: Parameter) -> Bool { learning.contains(ObjectIdentifier(parameter)) }

  /// The parameter's value, as a variable where its gradient is needed.
  public func callAsFunction(_ parameter: Parameter) -> Tensor {
    guard learns(parameter) else { return parameter.value }
    let key = ObjectIdentifier(parameter)
    if let made = recorded[key] { return made }
    let made = parameter.value.variable()
    recorded[key] = made
    return made
  }

  /// Whether an observer receives the layers' outputs.
  public var isObserved: Bool { observer != nil }

  /// A layer's output, or the observer's replacement for it.
  public func observed(_ output: Tensor, as layer: String, _ geometry: Geometry) -> Tensor {
    observer?(Observation(layer: layer, geometry: geometry, output: output)) ?? output
  }

  /// The weights by which attention adds its values up: a constant where relevance does not pass through them.
  public func attending(by weights: Tensor) -> Tensor {
    if case .relevance(let rules) = rule, !rules.passesAttention { weights.detached } else { weights }
  }

  /// ∂ Σ score · weight / ∂ input for each of `inputs` by the pass's rule; `weight` is 1 where not given.
  public func gradients(of score: Tensor, weight: Tensor? = nil, at inputs: [Tensor]) -> [Tensor] {
    let found = ruledGradients(of: score, weight: weight, at: inputs, rule: rule)
    (ruledOperations, constants) = (found.operations, found.constants)
    return found.gradients
  }

  /// ∂ loss / ∂ parameter for each; zeros for one that this pass did not use. Ends the pass: its variables are
  /// released, so that an optimiser can change the values in place.
  public func gradients(of loss: Tensor, at parameters: [Parameter]) -> [Tensor] {
    demand(parameters.allSatisfy(learns), "gradients of parameters that the pass was not told to learn")
    defer { recorded = [:] }
    return gradients(of: loss, at: parameters.map(callAsFunction))
  }

  /// The output of a part of the network. A pass of training that recomputes keeps only its inputs, and computes it again
  /// for the gradients, with the same random numbers: the same result to the bit, in less memory and more time.
  /// - Parameters:
  ///   - part: The part, with all parameters that `body` uses.
  ///   - body: The part's output for the inputs in a pass. It must not change anything, as it is called twice.
  public func recomputing(
    _ inputs: [Tensor], through part: some Layer, _ body: @escaping (_ inputs: [Tensor], ForwardPass) -> Tensor
  ) -> Tensor {
    guard purpose == .training, !isObserved else { return body(inputs, self) }
    guard recomputes else { return body(inputs.map(\.branch), self) }
    let (learned, start, share) = (part.parameters.filter(learns), generator, share)
    var end = start
    let output = Tensor.recomputed(from: inputs + learned.map { self($0) }) { tensors in
      let pass = ForwardPass(
        within: self, learning: learned, values: tensors.dropFirst(inputs.count), generator: start, share: share)
      defer { end = pass.generator }
      return body(Array(tensors.prefix(inputs.count)), pass)
    }
    generator = end
    return output
  }

  /// A seed for one random operation.
  fileprivate func draw() -> UInt64 { generator.next() }

  /// What a function draws from the pass's random numbers. Every rank of a training draws the same: what a function draws for each
  /// clip, it draws for the whole batch.
  public func drawn<Result>(_ body: (inout SeededGenerator) -> Result) -> Result { body(&generator) }

  /// The rows of the pass's clips of what was drawn for the whole batch, [whole, …].
  public func own(_ drawn: Tensor) -> Tensor { share.map { drawn.slice(axis: 0, $0.rows) } ?? drawn }

  /// What `body` makes of each of the pass's clips by itself, given its place among them. A clip has random numbers of its own,
  /// the same whichever rank it is on.
  public func oneByOne<Result>(_ clips: Int, _ body: (_ clip: Int) -> Result) -> [Result] {
    let seeds = (0..<(share?.whole ?? clips)).map { _ in draw() }
    let (rest, batch) = (generator, share)
    defer { (generator, share) = (rest, batch) }
    share = nil
    return (0..<clips).map { clip in
      generator = SeededGenerator(seed: seeds[(batch?.rows.lowerBound ?? 0) + clip])
      return body(clip)
    }
  }
}

extension Tensor {
  /// Dropout in training, of [batch, …]; this tensor unchanged at inference.
  public func dropout(_ probability: Float, _ pass: ForwardPass) -> Tensor {
    guard pass.purpose == .training, probability > 0 else { return self }
    let seed = pass.draw()
    guard let share = pass.share else { return dropout(probability, seed: seed) }
    demand(shape[0] == share.rows.count, "dropout of \(shape) for \(share.rows.count) clips")
    // An element's draw is a function of the seed plus its place in the batch.
    return dropout(probability, seed: seed &+ UInt64(share.rows.lowerBound * (count / shape[0])))
  }
}
