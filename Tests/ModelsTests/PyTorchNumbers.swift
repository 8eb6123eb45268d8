import Basics
import Foundation
import Layers
import Models
import Tensors
import TestSupport
import Testing

/// What PyTorch answered, in float64, with weights and inputs made by the same formula: Tests/Fixtures/models.py writes
/// the file.
enum PyTorchNumbers {
  nonisolated(unsafe) private static let stored: [String: StoredTensor] =
    (try? Safetensors.read(fixture("models.safetensors"))) ?? [:]

  static func fixture(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Fixtures/\(name)").path
  }

  /// The array of a name as it is.
  static func array(_ name: String) throws -> Tensor {
    try #require(stored[name], "no \(name) in the fixture").tensor
  }

  /// How far an array is from what the fixture kept of it, relative in the 2-norm: every n-th element, n the smallest
  /// odd number that leaves at most `limit`, and the norm of the whole after them.
  static func distance(_ found: Tensor, _ name: String, limit: Int) throws -> Double {
    let expected = try array(name).floats.map(Double.init)
    let floats = found.floats.map(Double.init)
    let step = (floats.count + limit - 1) / limit / 2 * 2 + 1
    let kept = stride(from: 0, to: floats.count, by: step).map { floats[$0] }
    try #require(kept.count == expected.count - 1, "\(name)")
    let elements = norm(zip(kept, expected).map { $0 - $1 }) / norm(expected.dropLast())
    let whole = abs(norm(floats) / expected.last! - 1)
    return max(elements, whole)
  }

  private static func norm(_ values: some Collection<Double>) -> Double {
    values.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }
}

/// float32 in −1..<1 that look random, from a name (its FNV-1a hash) and the position; models.py makes the same ones to
/// the bit.
func sampled(_ name: String, _ shape: [Int]) -> Tensor {
  let seed = name.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  let values = (0..<UInt64(shape.reduce(1, *))).map { position in
    // SplitMix64's output function (Steele, Lea and Flood 2014).
    var z = (seed &+ position) &* 0x9e37_79b9_7f4a_7c15
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return Float((z ^ (z >> 31)) >> 40) / 8_388_608 - 1
  }
  return Tensor(values, shape: shape)
}

extension Layer {
  /// Sets all parameters by the formula of models.py: weights that keep the size of what passes through, statistics and
  /// norms off their first values, counters 0.
  func setSampledParameters(prefix: String = "") {
    for (name, parameter) in namedParameters where parameter.role != .counter {
      let values = sampled(prefix + name, parameter.shape)
      if parameter.shape.count >= 2 {
        parameter.value = values * (6 / Float(parameter.shape.dropFirst().reduce(1, *))).squareRoot()
      } else if name.hasSuffix("running_var") || name.hasSuffix("norm.weight") {
        parameter.value = values * 0.5 + 1
      } else {
        parameter.value = values * 0.25
      }
    }
  }
}

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
