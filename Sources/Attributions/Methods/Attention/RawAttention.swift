import Tensors

/// The raw attention weights, as the mean over layers, at the positions that they weigh; see ``AttentionMap``.
public struct RawAttention: AttentionMethod {
  public static let description = MethodDescription(
    "attention", .attention, source: "Bahdanau, Cho and Bengio 2015, arXiv:1409.0473",
    summary: "the raw attention weights: which values the model uses, whatever the class",
    cost: "1 gradient", isSigned: false, quantity: .weight)

  public init(_ options: MethodOptions = MethodOptions()) {}

  static func attention(_ layers: [AttentionMap.Layer]) -> Tensor {
    layers.dropFirst().reduce(layers[0].weights) { $0 + $1.weights } / Float(layers.count)
  }
}
