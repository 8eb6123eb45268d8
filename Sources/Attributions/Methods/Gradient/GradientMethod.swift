import Models
import Tensors

/// A method that is a function of an input and of the gradient there. All spaces of a clip share one pass through the network,
/// which also finds the clip's prediction.
protocol GradientMethod: BatchMethod {
  /// - Parameter slope: ∂ target / ∂ input, of the inputs' shape.
  func attribution(of inputs: Tensor, slope: Tensor, at space: InputSpace) -> Tensor
}

extension GradientMethod {
  func attribution(of clip: Clip, at space: InputSpace, target: Target) -> Tensor {
    attribution(of: clip[space], slope: clip.gradient(at: space, target: target), at: space)
  }

  public func attribute(_ clip: Clip, at space: InputSpace, target: Target) -> AttributionResult {
    AttributionResult(attribution(of: clip, at: space, target: target))
  }

  public func attribute(_ inputs: Tensor, of clip: Clip, at space: InputSpace, target: Target) -> Tensor {
    attribution(of: inputs, slope: clip.gradient(inputs, at: space, target: target), at: space)
  }
}
