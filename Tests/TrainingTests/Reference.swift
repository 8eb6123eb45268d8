import Foundation
import Tensors
import TestSupport
import Testing

/// What PyTorch and scikit-learn computed: Tests/Fixtures/training.py writes the two files.
enum Reference {
  /// An entry of training.json.
  static func numbers<Value: Decodable>(_ name: String, as _: Value.Type = Value.self) throws -> Value {
    let data = try Data(contentsOf: Checkout.fixture("training.json"))
    let entries = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let entry = try #require(entries[name], "no \(name) in the fixture")
    return try JSONDecoder().decode(
      Value.self, from: JSONSerialization.data(withJSONObject: entry, options: .fragmentsAllowed))
  }

  static func arrays() throws -> [String: [Float]] {
    try Safetensors.read(Checkout.fixture("training.safetensors").path).mapValues { $0.tensor.floats }
  }

  /// The elements that the fixture keeps of a larger array.
  static func some(_ values: [Float]) -> [Float] {
    stride(from: 0, to: values.count, by: (values.count + 39) / 40 | 1).map { values[$0] }
  }
}
