import Basics
import Tensors

/// What one pass through a network is for. Given to every layer, so that no layer has a mode to forget.
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
  /// What takes the place of the derivative in ``gradients(of:weight:at:)``. With another than the derivative, blocks run as
  /// single operations.
  public let rule: BackwardRule
  /// Is given the output of each layer that a model names, and may put another in its place.
  private let observer: ((Observation) -> Tensor)?
  private let learning: Set<ObjectIdentifier>
  private var generator: SeededGenerator
  private var recorded: [ObjectIdentifier: Tensor] = [:]
  /// How many operations ``rule`` applied to in the last gradients.
  public private(set) var ruledOperations = 0

  /// - Parameters:
  ///   - learning: The parameters whose gradients will be asked for. What leads to others only is not recorded.
  ///   - seed: Of what the pass draws (dropout).
  public init(
    _ purpose: Purpose, learning: [Parameter] = [], rule: BackwardRule = .derivative, seed: UInt64 = 0,
    observer: ((Observation) -> Tensor)? = nil
  ) {
    (self.purpose, self.rule, self.observer) = (purpose, rule, observer)
    self.learning = Set(learning.map(ObjectIdentifier.init))
    generator = SeededGenerator(seed: seed)
  }

  /// Inference, gradients at the input only.
  public static var inference: ForwardPass { ForwardPass(.inference) }

  /// Whether the parameter's gradient will be asked for.
  public func learns(_ parameter: Parameter) -> Bool { learning.contains(ObjectIdentifier(parameter)) }

  /// The parameter's value, as a variable where its gradient will be asked for.
  public func callAsFunction(_ parameter: Parameter) -> Tensor {
    guard learns(parameter) else { return parameter.value }
    let key = ObjectIdentifier(parameter)
    if let made = recorded[key] { return made }
    let made = parameter.value.variable()
    recorded[key] = made
    return made
  }

  /// Whether somebody observes the layers.
  public var isObserved: Bool { observer != nil }

  /// A layer's output, or what the observer puts in its place.
  public func observed(_ output: Tensor, as layer: String, _ geometry: Geometry) -> Tensor {
    observer?(Observation(layer: layer, geometry: geometry, output: output)) ?? output
  }

  /// ∂ Σ score · weight / ∂ input for each of `inputs` by the pass's rule; `weight` is 1 where not given.
  public func gradients(of score: Tensor, weight: Tensor? = nil, at inputs: [Tensor]) -> [Tensor] {
    let (found, operations) = ruledGradients(of: score, weight: weight, at: inputs, rule: rule)
    ruledOperations = operations
    return found
  }

  /// ∂ loss / ∂ parameter for each; zeros for one that this pass did not use. Ends the pass: its variables are let go, so
  /// that an optimiser can change the values in place.
  public func gradients(of loss: Tensor, at parameters: [Parameter]) -> [Tensor] {
    demand(parameters.allSatisfy(learns), "gradients of parameters that the pass was not told to learn")
    defer { recorded = [:] }
    return gradients(of: loss, at: parameters.map(callAsFunction))
  }

  /// A seed for one use of chance.
  func draw() -> UInt64 { generator.next() }
}

extension Tensor {
  /// Dropout in training, nothing at inference.
  public func dropout(_ probability: Float, _ pass: ForwardPass) -> Tensor {
    pass.purpose == .training && probability > 0 ? dropout(probability, seed: pass.draw()) : self
  }
}
