/// A cubic spline through values at fixed places, whose second derivative is 0 at both ends, read at other fixed
/// places.
struct NaturalSpline {
  /// One place to read: a y[k] + b y[k+1] + c y″[k] + d y″[k+1].
  private struct Reading {
    let interval: Int
    let a, b, c, d: Double
  }

  private let steps: [Double]
  /// Of the elimination of the tridiagonal system of y″, which depends on the places only.
  private let pivots, ratios: [Double]
  private let readings: [Reading]

  /// - Parameters:
  ///   - places: At least three, rising.
  ///   - points: Rising, from the first place to the last.
  init(through places: [Double], at points: [Double]) {
    let steps = zip(places.dropFirst(), places).map { $0 - $1 }
    var (pivots, ratios) = ([Double](repeating: 1, count: places.count), [Double](repeating: 0, count: places.count))
    for index in 1..<(places.count - 1) {
      pivots[index] = 2 * (steps[index - 1] + steps[index]) - steps[index - 1] * ratios[index - 1]
      ratios[index] = steps[index] / pivots[index]
    }
    var interval = 0
    readings = points.map { point in
      while interval < steps.count - 1, places[interval + 1] <= point { interval += 1 }
      let step = steps[interval]
      let b = (point - places[interval]) / step
      let a = 1 - b
      let scale = step * step / 6
      return Reading(interval: interval, a: a, b: b, c: (a * a * a - a) * scale, d: (b * b * b - b) * scale)
    }
    (self.steps, self.pivots, self.ratios) = (steps, pivots, ratios)
  }

  /// The spline of one value for each place, at the points.
  func values(_ y: [Double]) -> [Double] {
    var second = [Double](repeating: 0, count: y.count)
    var before = (y[1] - y[0]) / steps[0]
    for index in 1..<(y.count - 1) {
      let after = (y[index + 1] - y[index]) / steps[index]
      second[index] = (6 * (after - before) - steps[index - 1] * second[index - 1]) / pivots[index]
      before = after
    }
    for index in stride(from: y.count - 2, to: 0, by: -1) { second[index] -= ratios[index] * second[index + 1] }
    return readings.map { reading in
      let line = reading.a * y[reading.interval] + reading.b * y[reading.interval + 1]
      let bend = reading.c * second[reading.interval] + reading.d * second[reading.interval + 1]
      return line + bend
    }
  }
}
