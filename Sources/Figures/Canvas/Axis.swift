import Foundation

/// The values along an edge of a plot, and the ticks that name some of them.
struct Axis {
  enum Scale {
    case linear
    /// Even in mel, m = 2595 log10(1 + f / 700), for values in Hz (the HTK scale).
    case mel
  }

  struct Tick {
    var value: Double
    var label: String
  }

  var label: String
  /// The label where there is no room for the whole.
  var brief: String?
  /// The values at the axis's left or lower end and at its right or upper end.
  var lower, upper: Double
  var ticks: [Tick]
  var scale = Scale.linear

  /// The place of a value, 0 at the lower end to 1 at the upper end.
  func fraction(_ value: Double) -> Double {
    (position(value) - position(lower)) / (position(upper) - position(lower))
  }

  /// The value at a place: the inverse of ``fraction(_:)``.
  func value(at fraction: Double) -> Double {
    let place = position(lower) + fraction * (position(upper) - position(lower))
    return switch scale {
    case .linear: place
    case .mel: 700 * (pow(10, place / 2595) - 1)
    }
  }

  private func position(_ value: Double) -> Double {
    switch scale {
    case .linear: value
    case .mel: 2595 * log10(1 + value / 700)
    }
  }
}

extension Axis {
  /// A linear axis with at most about `count` ticks at round values.
  static func linear(_ label: String, from lower: Double, to upper: Double, ticks count: Int) -> Axis {
    Axis(label: label, lower: lower, upper: upper, ticks: roundTicks(from: lower, to: upper, count: count))
  }

  /// Seconds from 0 to `duration`.
  static func seconds(_ duration: Double, ticks count: Int) -> Axis {
    linear("Time (s)", from: 0, to: duration, ticks: count)
  }

  /// 0 Hz to `maximum` Hz, named in kilohertz.
  static func kilohertz(to maximum: Double, ticks count: Int) -> Axis {
    var axis = linear("Frequency (kHz)", from: 0, to: maximum / 1000, ticks: count)
    axis.ticks = axis.ticks.map { Tick(value: $0.value * 1000, label: $0.label) }
    (axis.brief, axis.upper) = ("kHz", maximum)
    return axis
  }

  /// 0 Hz to `maximum` Hz on the mel scale, named at round kilohertz.
  static func mel(to maximum: Double) -> Axis {
    let kilohertz = [0, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32].filter { $0 * 1000 <= maximum * 1.0001 }
    return Axis(
      label: "Frequency (kHz)", brief: "kHz", lower: 0, upper: maximum,
      ticks: kilohertz.map {
        Tick(value: $0 * 1000, label: $0 == 0.25 ? "0.25" : number($0, digits: $0 < 1 && $0 > 0 ? 1 : 0))
      },
      scale: .mel)
  }
}

/// Multiples of 1, 2, 2.5 or 5 times a power of ten between two values, at most about `count` of them but at least three,
/// which tell a scale.
func roundTicks(from lower: Double, to upper: Double, count: Int) -> [Axis.Tick] {
  guard upper > lower else { return [Axis.Tick(value: lower, label: number(lower, digits: 3))] }
  return (max(1, count)...(max(1, count) + 8)).lazy.map { multiples(from: lower, to: upper, count: $0) }
    .first { $0.count >= 3 } ?? multiples(from: lower, to: upper, count: count)
}

private func multiples(from lower: Double, to upper: Double, count: Int) -> [Axis.Tick] {
  let rough = (upper - lower) / Double(max(1, count))
  let power = floor(log10(rough))
  let factor = [1, 2, 2.5, 5].first { $0 * pow(10, power) >= rough * 0.999 } ?? 10
  let step = factor * pow(10, power)
  let digits = max(0, (factor == 2.5 ? 1 : factor == 10 ? -1 : 0) - Int(power))
  let slack = step * 1e-6
  return stride(from: (lower / step - 1e-6).rounded(.up), through: (upper + slack) / step, by: 1).map {
    Axis.Tick(value: $0 * step, label: number($0 * step, digits: digits))
  }
}

/// A decimal number with a real minus sign.
func number(_ value: Double, digits: Int) -> String {
  let text = String(format: "%.\(digits)f", abs(value))
  let isZero = !text.contains { $0 != "0" && $0 != "." }
  return value < 0 && !isZero ? "−" + text : text
}
