import Models
import Tensors

/// The variance of the attributions of noisy copies of the clip (Adebayo et al. 2018).
public struct VarGrad: AttributionMethod {
  public static let name = "vargrad"
  public static let family = MethodFamily.gradient
  public static let source = "Adebayo et al. 2018, arXiv:1810.03307"
  public static let summary = "the variance of the gradient over noisy copies of the clip"
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
    let (mean, square) = try tunnel.moments(clip, at: space, target: target)
    return AttributionResult((square - mean.squared()).relu())
  }
}
