import Foundation
import Tensors
import Testing

/// What PyTorch and scikit-learn computed: Tests/Fixtures/training.py writes the two files.
enum Reference {
  private static func path(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Fixtures/\(name)").path
  }

  /// An entry of training.json.
  static func numbers<Value: Decodable>(_ name: String, as _: Value.Type = Value.self) throws -> Value {
    let data = try Data(contentsOf: URL(fileURLWithPath: path("training.json")))
    let entries = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let entry = try #require(entries[name], "no \(name) in the fixture")
    return try JSONDecoder().decode(
      Value.self, from: JSONSerialization.data(withJSONObject: entry, options: .fragmentsAllowed))
  }

  static func arrays() throws -> [String: [Float]] {
    try Safetensors.read(path("training.safetensors")).mapValues { $0.tensor.floats }
  }

  /// The elements that the fixture keeps of a larger array.
  static func some(_ values: [Float]) -> [Float] {
    stride(from: 0, to: values.count, by: (values.count + 39) / 40 | 1).map { values[$0] }
  }
}

/// Values in −1 ..< 1 that look random, as the fixture's script makes them: SplitMix64's output function of seed and
/// position.
func sampled(_ count: Int, seed: Int) -> [Float] {
  (0..<count).map { position in
    var z = (UInt64(position) &+ UInt64(seed * 1_000_003)) &* 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    z ^= z >> 31
    return Float(z >> 40) / 8_388_608 - 1
  }
}

/// ‖found − expected‖ / ‖expected‖.
func relativeDistance(_ found: [Float], _ expected: [Float]) -> Double {
  let difference = zip(found, expected).reduce(0.0) { $0 + pow(Double($1.0) - Double($1.1), 2) }
  return (difference / expected.reduce(0.0) { $0 + Double($1) * Double($1) }).squareRoot()
}
