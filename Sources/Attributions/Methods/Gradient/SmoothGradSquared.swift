import Models
import Tensors

/// The mean square of the attributions of noisy copies of the clip (Hooker et al. 2019).
public struct SmoothGradSquared: AttributionMethod {
  public static let name = "smoothgrad-squared"
  public static let family = MethodFamily.gradient
  public static let source = "Hooker et al. 2019, arXiv:1806.10758"
  public static let summary = "the mean squared gradient over noisy copies of the clip"
  public static let cost = "50 gradients"
  public static let isSigned = false
  public static let options = NoiseTunnel.options

  private let tunnel: NoiseTunnel

  public init(_ options: MethodOptions = MethodOptions()) throws(MethodError) { tunnel = try NoiseTunnel(options) }

  public var quantity: Quantity { .squared(tunnel.around.quantity) }
  public var parameters: [String: String] { tunnel.parameters }

  public func attribute(
    _ clip: Clip, at space: InputSpace, target: Target
  ) throws(MethodError) -> AttributionResult {
    AttributionResult(try tunnel.moments(clip, at: space, target: target).square)
  }
}
