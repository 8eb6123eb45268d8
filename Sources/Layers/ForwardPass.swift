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

  public let purpose: Purpose
  /// Whether gradients at the weights will be asked for. Without them, a pass keeps only what the input's gradient needs.
  public let recordsWeights: Bool
  /// Whether dropout drops in training. Without it a training step is the same everywhere, and can be compared.
  public let dropsOut: Bool
  /// Whether blocks run as single operations, which a gradient by a ``BackwardRule`` needs.
  public let isStepByStep: Bool
  /// Sees the output of each layer that a model names, and may put another in its place.
  public let observer: ((_ layer: String, _ output: Tensor) -> Tensor)?
  private var generator: SeededGenerator
  private var recorded: [ObjectIdentifier: Tensor] = [:]

  /// - Parameter seed: Of what the pass draws (dropout).
  public init(
    _ purpose: Purpose, recordsWeights: Bool, seed: UInt64 = 0, dropsOut: Bool = true, isStepByStep: Bool = false,
    observer: ((_ layer: String, _ output: Tensor) -> Tensor)? = nil
  ) {
    (self.purpose, self.recordsWeights, self.dropsOut) = (purpose, recordsWeights, dropsOut)
    (self.isStepByStep, self.observer) = (isStepByStep, observer)
    generator = SeededGenerator(seed: seed)
  }

  /// Inference, gradients at the input only.
  public static var inference: ForwardPass { ForwardPass(.inference, recordsWeights: false) }

  /// Inference for gradients at the input by a rule.
  public static func inference(for rule: BackwardRule) -> ForwardPass {
    ForwardPass(.inference, recordsWeights: false, isStepByStep: rule != .derivative)
  }

  /// The parameter's value, as a variable where gradients at the weights will be asked for.
  public func callAsFunction(_ parameter: Parameter) -> Tensor {
    guard recordsWeights, parameter.role == .weight else { return parameter.value }
    let key = ObjectIdentifier(parameter)
    if let made = recorded[key] { return made }
    let made = parameter.value.variable()
    recorded[key] = made
    return made
  }

  /// A layer's output, or what the observer puts in its place.
  public func output(of layer: String, _ output: Tensor) -> Tensor { observer?(layer, output) ?? output }

  /// ∂ loss / ∂ parameter for each; zeros for one that this pass did not use.
  public func gradients(of loss: Tensor, at parameters: [Parameter]) -> [Tensor] {
    Tensors.gradients(of: loss, at: parameters.map(callAsFunction))
  }

  /// A seed for one use of chance.
  func draw() -> UInt64 { generator.next() }
}

extension Tensor {
  /// Dropout in training, nothing at inference.
  public func dropout(_ probability: Float, _ pass: ForwardPass) -> Tensor {
    pass.purpose == .training && pass.dropsOut ? dropout(probability, seed: pass.draw()) : self
  }
}
