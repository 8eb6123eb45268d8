import Kernels

/// How exactly the factors of products are read. Sums, and all else, are float32.
public enum Precision: String, CaseIterable, Codable, Sendable {
  /// As they are.
  case float32
  /// Rounded to the nearest number of eight significant bits, to even in the middle. Processors that multiply such numbers
  /// take half the time; the others round the factors and multiply floats, so that the same numbers come from any processor,
  /// up to the order of sums.
  case bfloat16
}

/// What a product reads of a tensor: its floats, those rounded, or bfloat16 of half the size.
struct Factor {
  let storage: Storage
  let isNarrow: Bool

  init(_ tensor: Tensor, _ precision: Precision) {
    let plain = tensor.rowMajor
    isNarrow = Self.areNarrow(precision)
    storage =
      switch precision {
      case .float32: plain.storage
      case .bfloat16: isNarrow ? plain.storage.narrowed() : plain.roundedToBFloat16().storage
      }
  }

  /// What products read of a weight; where it is of half the size, it is kept with the weight for the next product.
  /// - Parameters:
  ///   - order: What tells the order in which they read its floats from other orders; [] for their own.
  ///   - arrange: The floats in that order.
  init(weight: Tensor, _ precision: Precision, order: [Int] = [], arrange: (Tensor) -> Tensor = { $0 }) {
    isNarrow = Self.areNarrow(precision)
    let weight = weight.rowMajor
    storage =
      isNarrow
      ? weight.storage.kept(order) { arrange(weight).storage.narrowed() } : Factor(arrange(weight), precision).storage
  }

  private static func areNarrow(_ precision: Precision) -> Bool {
    precision == .bfloat16 && kernel_is_in_parallel() == 0 && ProductPrimitive.multipliesBFloat16
  }

  /// Room for so many numbers like those of `other`.
  init(count: Int, like other: Factor) {
    isNarrow = other.isNarrow
    storage = Storage(count: isNarrow ? (count + 1) / 2 : count)
  }

  /// Bytes of a number.
  var width: Int { isNarrow ? 2 : 4 }

  /// Where the number at that index is.
  func address(_ index: Int) -> UnsafeMutableRawPointer { UnsafeMutableRawPointer(storage.pointer) + index * width }
}

extension Tensor {
  /// The values rounded to bfloat16's eight significant bits, outside any graph.
  consuming func roundedToBFloat16() -> Tensor {
    let count = count
    return detached.mapped { kernel_round_bfloat16($0, $1, count) }
  }
}
