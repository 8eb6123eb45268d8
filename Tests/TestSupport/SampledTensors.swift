import Layers
import Tensors

/// SplitMix64's output function (Steele, Lea and Flood 2014).
private func mixed(_ state: UInt64) -> UInt64 {
  var z = state &* 0x9e37_79b9_7f4a_7c15
  z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
  z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
  return z ^ (z >> 31)
}

/// `count` values in −1..<1 from the states after `start`; the scripts of Tests/Fixtures make the same ones to the bit.
private func values(from start: UInt64, _ count: Int) -> [Float] {
  (0..<UInt64(count)).map { Float(mixed(start &+ $0) >> 40) / 8_388_608 - 1 }
}

/// Values in −1..<1 that look random, as operations.py and training.py make them.
public func sampled(_ count: Int, seed: Int) -> [Float] { values(from: UInt64(seed) &* 1_000_003, count) }

public func sampled(_ shape: [Int], _ seed: UInt64) -> Tensor {
  Tensor(values(from: seed &* 1_000_003, shape.reduce(1, *)), shape: shape)
}

/// Values in −1..<1 that look random, seeded by a name's FNV-1a hash, as models.py, measures.py and attributions.py make them.
public func sampled(_ name: String, _ shape: [Int]) -> Tensor {
  let seed = name.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  return Tensor(values(from: seed, shape.reduce(1, *)), shape: shape)
}

/// Distinct values, 0.15 apart and nowhere within 0.07 of zero, in an order that looks random: a step of the
/// derivative check never carries one past another, nor past zero.
public func spaced(_ shape: [Int], _ seed: UInt64) -> Tensor {
  let count = shape.reduce(1, *)
  let order = (0..<count).sorted {
    mixed(seed &* 1_000_003 &+ UInt64($0)) < mixed(seed &* 1_000_003 &+ UInt64($1))
  }
  return Tensor(order.map { (Float($0 - count / 2) + 0.5) * 0.15 }, shape: shape)
}

extension Layer {
  /// Sets all parameters by the formula of models.py: weights that keep the size of what passes through, statistics and
  /// norms off their first values, counters 0.
  public func setSampledParameters(prefix: String = "") {
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
