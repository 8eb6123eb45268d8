import Kernels

/// How exactly the factors of products are read. Sums, and all else, are float32.
public enum Precision: String, CaseIterable, Codable, Sendable {
  /// As they are.
  case float32
  /// Rounded to the nearest number of eight significant bits, to even in the middle: the factors of the matrix units of
  /// processors that have them. The same numbers come from any processor, up to the order of sums.
  case bfloat16
}

extension Tensor {
  /// The values as a product of that precision reads them, outside any graph.
  consuming func rounded(to precision: Precision) -> Tensor {
    guard precision == .bfloat16 else { return detached }
    let count = count
    return detached.mapped { kernel_round_bfloat16($0, $1, count) }
  }
}
