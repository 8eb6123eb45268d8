import Basics
import Foundation

extension Collection<Float> {
  /// The mean of the squares; 0 of no samples.
  public var power: Double { reduce(0.0) { $0 + Double($1) * Double($1) } / Double(Swift.max(1, count)) }
}

extension [Float] {
  /// The sound louder by so many decibels; samples beyond ±1 stay.
  public func amplified(_ decibels: Double) -> [Float] {
    let factor = Float(pow(10, decibels / 20))
    return map { factor * $0 }
  }

  /// The sound with white noise of a normal distribution, at a ratio of the powers of sound and noise in decibels.
  public func noised(_ decibels: Double, using generator: inout SeededGenerator) -> [Float] {
    let noise = generator.normals(count, deviation: (power * pow(10, -decibels / 10)).squareRoot())
    return zip(self, noise).map { $0 + $1 }
  }
}
