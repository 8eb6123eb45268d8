/// The registry of all methods, in the order in which they are listed.
public enum AttributionMethods {
  public static let all: [any AttributionMethod.Type] = [
    Saliency.self, Gradient.self, InputXGradient.self, IntegratedGradients.self, ExpectedGradients.self,
    SmoothGrad.self, SmoothGradSquared.self, VarGrad.self, BlurredIntegratedGradients.self,
    GuidedBackpropagation.self, Deconvolution.self, DeepLIFT.self, LRP.self,
    GradCAM.self, GradCAMPlusPlus.self, GuidedGradCAM.self, LayerConductance.self, NeuronConductance.self,
    LayerGradientXActivation.self, LayerIntegratedGradients.self,
    Occlusion.self, KernelSHAP.self, LIME.self, RISE.self,
    RawAttention.self, AttentionRollout.self, GradientAttention.self, ValueZeroing.self,
  ]

  /// The methods of all other families, in words, for errors about a model that lacks one family.
  static func others(than family: MethodFamily) -> String {
    "there is " + all.filter { $0.description.family != family }.map { $0.name }.joined(separator: ", ")
  }

  /// The method of this name, with these options.
  public static func make(
    _ name: String, _ options: MethodOptions = MethodOptions()
  ) throws(MethodError) -> any AttributionMethod {
    guard let type = all.first(where: { $0.name == name }) else { throw .unknown(name: name) }
    let strange = options.given.subtracting(type.description.options).map(\.name).sorted()
    if let option = strange.first { throw .option(method: name, option: option) }
    return try type.init(options)
  }

  /// Several methods, each with those of the options that it reads; an option that none reads is an error.
  public static func makeAll(
    _ names: [String], _ options: MethodOptions
  ) throws(MethodError) -> [any AttributionMethod] {
    var made: [any AttributionMethod] = []
    var read: Set<MethodOptions.Name> = []
    for name in names {
      guard let type = all.first(where: { $0.name == name }) else { throw .unknown(name: name) }
      read.formUnion(type.description.options)
      made.append(try type.init(options.only(type.description.options)))
    }
    if let option = options.given.subtracting(read).map(\.name).sorted().first {
      throw .option(method: names.joined(separator: ", "), option: option)
    }
    return made
  }
}
