import Tensors
import TestSupport
import Testing

/// What PyTorch computed, in float64, from the same inputs: Tests/Fixtures/operations.py writes the file.
enum PyTorchNumbers {
  nonisolated(unsafe) private static let stored = ReferenceNumbers("operations.safetensors")

  /// Expects `found` within `tolerance` of the fixture's, relative in the 2-norm. The fixture of a large array holds
  /// every 97th element in a flat order.
  static func expect(
    _ found: Tensor, _ name: String, tolerance: Double = 1e-6,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let expected = try stored.array(name)
    var compared = found
    if found.count > 1500 {
      let floats = found.floats
      let kept = stride(from: 0, to: floats.count, by: 97).map { floats[$0] }
      compared = Tensor(kept, shape: [kept.count])
    }
    #expect(compared.shape == expected.shape, "\(name)", sourceLocation: sourceLocation)
    let distance = relativeDistance(compared, expected)
    #expect(distance < tolerance, "\(name)", sourceLocation: sourceLocation)
  }
}
