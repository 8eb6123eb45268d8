@testable import Tensors

/// SplitMix64's output function (Steele, Lea and Flood 2014).
private func mixed(_ state: UInt64) -> UInt64 {
  var z = state &* 0x9e37_79b9_7f4a_7c15
  z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
  z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
  return z ^ (z >> 31)
}

/// Values in −1..<1 that look random; Tests/Fixtures/operations.py makes the same ones to the bit.
func sampled(_ shape: [Int], _ seed: UInt64) -> Tensor {
  Tensor(
    (0..<shape.reduce(1, *)).map { Float(mixed(seed &* 1_000_003 &+ UInt64($0)) >> 40) / 8_388_608 - 1 },
    shape: shape)
}

/// Distinct values, 0.15 apart and nowhere within 0.07 of zero, in an order that looks random: a step of the
/// derivative check never carries one past another, nor past zero.
func spaced(_ shape: [Int], _ seed: UInt64) -> Tensor {
  let count = shape.reduce(1, *)
  let order = (0..<count).sorted {
    mixed(seed &* 1_000_003 &+ UInt64($0)) < mixed(seed &* 1_000_003 &+ UInt64($1))
  }
  return Tensor(order.map { (Float($0 - count / 2) + 0.5) * 0.15 }, shape: shape)
}

/// ‖found − expected‖ / ‖expected‖, in double; infinite where the shapes differ or anything is NaN.
func relativeDistance(_ found: Tensor, _ expected: Tensor) -> Double {
  guard found.shape == expected.shape else { return .infinity }
  return relativeDistance(found.floats.map(Double.init), expected.floats.map(Double.init))
}

func relativeDistance(_ found: [Double], _ expected: [Double]) -> Double {
  guard found.count == expected.count else { return .infinity }
  var (difference, size) = (0.0, 0.0)
  for (a, b) in zip(found, expected) {
    difference += (a - b) * (a - b)
    size += b * b
  }
  guard difference.isFinite else { return .infinity }
  return difference == 0 ? 0 : (difference / size).squareRoot()
}
