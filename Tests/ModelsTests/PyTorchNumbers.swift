import Basics
import Layers
import Models
import TestSupport

/// What PyTorch answered, in float64, with weights and inputs made by the same formula: Tests/Fixtures/models.py writes
/// the file.
nonisolated(unsafe) let pyTorchNumbers = ReferenceNumbers("models.safetensors")

extension Architecture {
  /// A network of seven classes with the formula's parameters.
  func makeSampledNetwork() -> any EmotionModel {
    let network = makeNetwork(classes: 7, seed: 0)
    network.setSampledParameters()
    return network
  }

  /// Rows of its input.
  var rows: Int { self == .cnnlstm ? 128 : 40 }
}
