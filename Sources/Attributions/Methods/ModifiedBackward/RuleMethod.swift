import Models
import Tensors

/// A method that replaces the derivative by a rule.
protocol RuleMethod: AttributionMethod {
  var backwardRule: BackwardRule { get }
}

extension RuleMethod {
  public func checkApplies(to clip: Clip, at space: InputSpace) throws(MethodError) {
    try checkRule(clip, at: space)
  }

  /// Throws where the rule applies to no operation of the network.
  func checkRule(_ clip: Clip, at space: InputSpace) throws(MethodError) {
    // Twice the clip, because the rescale rule compares the halves of a batch.
    let twice = Tensor.concatenated([clip[space], clip[space]], axis: 0)
    _ = try gradient(twice, of: clip, at: space, target: Target(0))
  }

  /// The gradient by the rule, of the inputs' shape.
  func gradient(
    _ inputs: Tensor, of clip: Clip, at space: InputSpace, target: Target
  ) throws(MethodError) -> Tensor {
    try ruled(inputs, of: clip, at: space, target: target).gradient
  }

  /// The gradient by the rule, and of relevance the part of the score that stays with constants.
  func ruled(
    _ inputs: Tensor, of clip: Clip, at space: InputSpace, target: Target
  ) throws(MethodError) -> (gradient: Tensor, constants: Double) {
    try clip.gradient(
      inputs, at: space, target: target, normalization: Self.description.normalization, rule: backwardRule, for: name)
  }
}

/// The gradient by a rule.
protocol RuleGradient: RuleMethod, BatchMethod {}

extension RuleGradient {
  public func attribute(
    _ inputs: Tensor, of clip: Clip, at space: InputSpace, target: Target
  ) throws(MethodError) -> Tensor {
    try gradient(inputs, of: clip, at: space, target: target)
  }
}
