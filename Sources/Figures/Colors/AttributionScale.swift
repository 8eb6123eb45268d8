import Basics
import Foundation

/// The colours of attributions laid over a matrix: the stronger the attribution the darker and the more opaque, and below
/// a threshold nothing at all, so that what matters little leaves the matrix as it is.
struct AttributionScale {
  /// The magnitude that gets the strongest colour: the 99.5th percentile of all that is drawn, so that
  /// a single spike does not bleach the rest. Zero if everything is.
  let limit: Double
  let isSigned: Bool
  /// True where there are magnitudes beyond the limit.
  let isClipped: Bool
  /// The part of the limit from which on there is colour.
  let threshold: Double
  /// Levels from zero to a magnitude of 1.
  private let steps: Double

  private static let share = 0.995
  /// The percentile below which nothing is laid over a matrix.
  static let covered = 0.80

  /// - Parameter isThresholded: Whether weak attributions get no colour, because something lies under them.
  init(_ drawn: [Float], isSigned: Bool, limit given: Double? = nil, isThresholded: Bool = false) {
    let magnitudes = drawn.map(abs)
    let largest = Double(magnitudes.max() ?? 0)
    var ranked = OrderStatistics(magnitudes)
    let robust = ranked.percentile(Self.share)
    // Denormal noise is nothing; and what is zero but in a few places is shown up to its maximum.
    let limit = largest < Double(Float.leastNormalMagnitude) ? 0 : given ?? (robust > 0 ? robust : largest)
    // Where everything is about as strong, it still has colour.
    threshold = isThresholded && limit > 0 ? min(0.8, ranked.percentile(Self.covered) / limit) : 0
    isClipped = largest > limit
    steps = limit == 0 ? 0 : (isSigned ? 127.5 : 255) / limit
    self.limit = limit
    self.isSigned = isSigned
  }

  var isZero: Bool { limit == 0 }

  /// 0…255 for a value: the place in `layers`.
  func level(_ value: Float) -> Int {
    let place = min(isSigned ? 127.5 : 255, abs(Double(value)) * steps)
    // Half a step is added and the rest cut off, because `rounded` is a call where the processor is not known.
    guard isSigned else { return Int(place + 0.5) }
    return Int(128 + (value < 0 ? -place : place))
  }

  /// Colour and opacity of each level.
  var layers: [(color: Color, alpha: Double)] {
    (0..<256).map { level in
      let share = isSigned ? max(0, abs(Double(level) - 127.5) - 0.5) / 127 : Double(level) / 255
      return (color: color(level), alpha: opacity(share))
    }
  }

  /// The colour of a level, of which `layers` tell how opaque it lies. Magma from its light to its middle: on paper the
  /// strongest colour is the darkest, and never as dark as what lies under it.
  private func color(_ level: Int) -> Color {
    isSigned ? ColorMap.diverging.colors[level] : ColorMap.magma.color(at: 0.76 - 0.40 * Double(level) / 255)
  }

  /// The colour of a share of the limit, −1…1.
  func color(at share: Double) -> Color {
    color(Int((isSigned ? 127.5 + 127.5 * share : 255 * abs(share)).rounded()))
  }

  private func opacity(_ share: Double) -> Double {
    threshold == 0 ? 0.95 * share : share <= threshold ? 0 : 0.40 + 0.55 * (share - threshold) / (1 - threshold)
  }

  /// The bar for these colours on white; not for an attribution that is zero everywhere. What `note` adds,
  /// such as an average, gets a line of its own.
  func bar(name: String, unit: String, note: String? = nil, height: Double) -> ColorBar {
    let (label, power) = Self.label(name: name, unit: unit, limit: limit)
    return bar(
      label: [label, note, isClipped ? "to 99.5th percentile" : "to maximum"].compactMap { $0 }, limit: limit / power,
      isClipped: isClipped, height: height)
  }

  /// A name with its unit, and the power of ten that the numbers beside it are to be divided by.
  static func label(name: String, unit: String, limit: Double) -> (words: String, power: Double) {
    let exponent = limit >= 0.1 && limit < 1000 ? 0 : Int(floor(log10(limit)))
    let power = exponent == 0 ? "" : "10" + superscript(exponent)
    let unit = [power, unit].filter { !$0.isEmpty }.joined(separator: " ")
    return (unit.isEmpty ? name : "\(name) (\(unit))", pow(10, Double(exponent)))
  }

  /// The bar to 1, or from −1 to 1, for pictures that share it.
  static func unitBar(_ label: [String], isSigned: Bool, height: Double) -> ColorBar {
    AttributionScale([1], isSigned: isSigned).bar(label: label, limit: 1, isClipped: true, height: height)
  }

  private func bar(label: [String], limit: Double, isClipped: Bool, height: Double) -> ColorBar {
    let lower = isSigned ? -limit : 0
    return ColorBar(
      label: label, colors: layers.map { $0.color.over(.white, alpha: $0.alpha) }, lower: lower, upper: limit,
      ticks: roundTicks(from: lower, to: limit, count: ColorBar.tickCount(height: height)),
      extendsBelow: isClipped && isSigned, extendsAbove: isClipped)
  }
}

/// 10 to the power of this: −3 as ⁻³.
func superscript(_ value: Int) -> String {
  let digits = Array("⁰¹²³⁴⁵⁶⁷⁸⁹")
  return (value < 0 ? "⁻" : "") + String(String(abs(value)).map { digits[$0.wholeNumberValue!] })
}
