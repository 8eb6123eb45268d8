import Tensors

/// The variance of the attributions of noisy copies of the clip (Adebayo et al. 2018).
public struct VarGrad: NoisyMethod {
  public static let description = MethodDescription(
    "vargrad", .gradient, source: "Adebayo et al. 2018, arXiv:1810.03307",
    summary: "the variance of the gradient over noisy copies of the clip",
    cost: "\(NoiseTunnel.defaultDraws) gradients", isSigned: false, defaults: NoiseTunnel.defaults)

  let tunnel: NoiseTunnel

  public init(_ options: MethodOptions = MethodOptions()) throws(MethodError) { tunnel = try NoiseTunnel(options) }

  static func moment(mean: Tensor, square: Tensor) -> Tensor { (square - mean.squared()).relu() }
}
