import Tensors

/// The mean square of the attributions of noisy copies of the clip (Hooker et al. 2019).
public struct SmoothGradSquared: NoisyMethod {
  public static let description = MethodDescription(
    "smoothgrad-squared", .gradient, source: "Hooker et al. 2019, arXiv:1806.10758",
    summary: "the mean squared gradient over noisy copies of the clip",
    cost: "\(NoiseTunnel.defaultDraws) gradients", isSigned: false, defaults: NoiseTunnel.defaults)

  let tunnel: NoiseTunnel

  public init(_ options: MethodOptions = MethodOptions()) throws(MethodError) { tunnel = try NoiseTunnel(options) }

  static func moment(mean: Tensor, square: Tensor) -> Tensor { square }
}
