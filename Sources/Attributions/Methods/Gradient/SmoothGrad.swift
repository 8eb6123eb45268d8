import Tensors

/// The mean of the attributions of noisy copies of the clip (Smilkov et al. 2017).
public struct SmoothGrad: NoisyMethod {
  public static let description = MethodDescription(
    "smoothgrad", .gradient, source: "Smilkov et al. 2017, arXiv:1706.03825",
    summary: "the mean gradient over noisy copies of the clip (--around: another method)",
    cost: "\(NoiseTunnel.defaultDraws) gradients", isSigned: true, defaults: NoiseTunnel.defaults)

  let tunnel: NoiseTunnel

  public init(_ options: MethodOptions = MethodOptions()) throws(MethodError) { tunnel = try NoiseTunnel(options) }

  public var isSigned: Bool { tunnel.around.isSigned }
  public var quantity: Quantity { tunnel.around.quantity }

  static func moment(mean: Tensor, square: Tensor) -> Tensor { mean }
}
