import Layers
import Tensors

/// Means of a network's parameters over the steps of a training; see ``Recipe/averaging``.
struct AveragedWeights {
  private let decay: Double
  private let parameters: [Parameter]
  private var means: [Tensor]

  init(_ decay: Double, of parameters: [Parameter]) {
    (self.decay, self.parameters, means) = (decay, parameters, parameters.map(\.value))
  }

  /// Restores ``stored``; nil where an array is missing or of another shape.
  init?(_ decay: Double, of parameters: [Parameter], stored: [String: StoredTensor]) {
    self.init(decay, of: parameters)
    for (index, parameter) in parameters.enumerated() {
      guard let found = stored[parameter.name], found.shape == parameter.shape else { return nil }
      means[index] = found.tensor
    }
  }

  /// Takes in the parameters after a step.
  /// - Parameter steps: The steps so far, this one with them. Means follow the first ones faster: of (1 + n)/(10 + n) and the decay
  ///   the lesser, as in TensorFlow.
  mutating func follow(after steps: Int) {
    let keep = Float(min(decay, (1 + Double(steps)) / (10 + Double(steps))))
    for (index, parameter) in parameters.enumerated() {
      means[index] = parameter.role == .counter ? parameter.value : means[index] * keep + parameter.value * (1 - keep)
    }
  }

  /// Exchanges the parameters with their means; a second time they are as before.
  mutating func exchange() {
    for (index, parameter) in parameters.enumerated() { swap(&means[index], &parameter.value) }
  }

  var stored: [String: StoredTensor] {
    Dictionary(
      uniqueKeysWithValues: zip(parameters, means).map { parameter, mean in
        (parameter.name, parameter.role == .counter ? StoredTensor(Int(mean.scalar)) : StoredTensor(mean))
      })
  }
}
