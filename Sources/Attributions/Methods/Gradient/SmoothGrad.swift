import Models
import Tensors

/// The mean of the attributions of noisy copies of the clip (Smilkov et al. 2017).
public struct SmoothGrad: AttributionMethod {
  public static let name = "smoothgrad"
  public static let family = MethodFamily.gradient
  public static let source = "Smilkov et al. 2017, arXiv:1706.03825"
  public static let summary = "the mean gradient over noisy copies of the clip (--around: another method)"
  public static let cost = "50 gradients"
  public static let isSigned = true
  public static let options = NoiseTunnel.options

  private let tunnel: NoiseTunnel

  public init(_ options: MethodOptions = MethodOptions()) throws(MethodError) { tunnel = try NoiseTunnel(options) }

  public var isSigned: Bool { tunnel.around.isSigned }
  public var quantity: Quantity { tunnel.around.quantity }
  public var parameters: [String: String] { tunnel.parameters }

  public func attribute(
    _ clip: Clip, at space: InputSpace, target: Target
  ) throws(MethodError) -> AttributionResult {
    AttributionResult(try tunnel.moments(clip, at: space, target: target).mean)
  }
}
