/// What random directions give, beside which that of a concept is read.
public struct RandomNull: Sendable, Equatable {
  /// The number of random directions, so that p has steps of 1/21.
  public static let draws = 20

  public let mean, low, high: Double
  /// (1 + the number of random values that lie as far from the centre as the concept's, or farther) / (1 + their number): two-sided,
  /// and never 0 (Phipson and Smyth 2010).
  public let p: Double

  /// - Parameters:
  ///   - center: From where distances count: the value of no effect.
  init(_ random: [Double], beside value: Double, center: Double) {
    mean = random.reduce(0, +) / Double(random.count)
    (low, high) = (random.min()!, random.max()!)
    // What differs by rounding only counts as equal.
    let farther = random.filter { abs($0 - center) >= abs(value - center) - 1e-12 }
    p = Double(1 + farther.count) / Double(1 + random.count)
  }
}
