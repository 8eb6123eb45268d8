import Tensors

/// The output that is explained: the logit of a class, the value of a dimension, or the difference of two.
public struct Target: Hashable, Sendable {
  /// The output's index: classes come first, then dimensions.
  public let emotion: Int
  /// The index of the output that is subtracted, or nil.
  public let versus: Int?

  public init(_ emotion: Int, versus: Int? = nil) { (self.emotion, self.versus) = (emotion, versus) }

  /// The target's value for each clip: logits [batch, classes] → [batch].
  public func score(_ logits: Tensor) -> Tensor {
    func column(_ index: Int) -> Tensor { logits.slice(axis: 1, index..<(index + 1)).reshaped([-1]) }
    guard let versus else { return column(emotion) }
    return column(emotion) - column(versus)
  }
}
