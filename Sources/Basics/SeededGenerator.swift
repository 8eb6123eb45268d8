import Foundation

/// SplitMix64 (Steele, Lea and Flood 2014): the same numbers from the same seed on every machine.
///
/// The standard library may change how it turns bits into numbers and orders, so what must not change is written here.
public struct SeededGenerator: RandomNumberGenerator, Sendable, Codable, Equatable {
  private var state: UInt64

  public init(seed: UInt64) {
    state = seed
  }

  /// Other numbers for each name, as of each clip of a manifest.
  /// - Parameter name: What does not depend on where the files lie: the path that a manifest has.
  public init(seed: UInt64, of name: String) {
    var print = Fingerprint()
    print.add(seed)
    print.add(name)
    self.init(seed: print.value)
  }

  private static let step: UInt64 = 0x9E37_79B9_7F4A_7C15

  public mutating func next() -> UInt64 {
    state &+= Self.step
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// A uniform number in the range without its upper bound, from 53 bits.
  public mutating func uniform(in range: Range<Double> = 0..<1) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * Double(next() >> 11) * 0x1p-53
  }

  /// A normally distributed number, by Box and Muller's transform.
  public mutating func normal(mean: Double = 0, deviation: Double = 1) -> Double {
    let radius = sqrt(-2 * log(1 - uniform()))
    return mean + deviation * radius * cos(2 * .pi * uniform())
  }

  /// The next `count` numbers of ``normal(mean:deviation:)``, on all cores: the generator can begin at any place of its sequence.
  public mutating func normals(_ count: Int, deviation: Double) -> [Float] {
    normals(count) { Float(deviation * $0) }
  }

  /// The next `count` numbers of ``normal(mean:deviation:)`` with mean 0 and deviation 1, on all cores.
  public mutating func normals(_ count: Int) -> [Double] { normals(count) { $0 } }

  private mutating func normals<Number>(_ count: Int, _ scaled: (Double) -> Number) -> [Number] {
    let start = self
    state &+= Self.step &* UInt64(2 * count)  // each takes two uniform numbers
    return [Number](unsafeUninitializedCapacity: count) { numbers, written in
      nonisolated(unsafe) let numbers = numbers
      parallel(count, grain: 1 << 12) { part in
        var generator = start
        generator.state &+= Self.step &* UInt64(2 * part.lowerBound)
        for index in part { numbers[index] = scaled(generator.normal()) }
      }
      written = count
    }
  }

  /// A uniform index in 0..<bound (Lemire 2019, without the rejection: a bias below bound / 2⁶⁴).
  public mutating func index(below bound: Int) -> Int {
    precondition(bound > 0, "an index needs a positive bound, not \(bound)")
    return Int(next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// The elements in random order (Fisher and Yates).
  public mutating func shuffled<Element>(_ elements: some Sequence<Element>) -> [Element] {
    var order = Array(elements)
    for last in stride(from: order.count - 1, to: 0, by: -1) {
      order.swapAt(last, index(below: last + 1))
    }
    return order
  }
}
