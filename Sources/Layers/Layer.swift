import Tensors

/// A part of a network with parameters of its own.
public protocol Layer {
  /// The parameters of this layer and those in it, in PyTorch's order: all that it took from its ``ParameterSource``.
  var parameters: [Parameter] { get }
}

extension Layer {
  /// The learned parameters.
  public var weights: [Parameter] { parameters.filter { $0.role == .weight } }

  /// The parameters in the form of `model.safetensors`, by name.
  public var storedTensors: [String: StoredTensor] {
    Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0.stored) })
  }
}
