import AudioFeatures
import Basics
import Foundation
import Models
import Tensors

/// The changes of a clip that an attack may make, at one place: nothing of the padding, only the band, as much as the
/// budget allows, and on the waveform nothing beyond −1…1 (beyond the clip's own peak, where that is larger).
///
/// A change is [values], the clip's in their order.
struct AllowedChange {
  /// The clip's values.
  let original: [Float]
  private let isWaveform: Bool
  /// The last dimension's size, and how many of it are the clip's own; the rest is padding.
  private let width, own: Int
  private let limit: BandLimit?
  private let size: Size
  /// ‖x‖ of the clip's own values.
  private let norm: Double

  private enum Size {
    case ball(Double)
    case box(Double)
    case masked(MaskedChange)
  }

  /// How far rounding may carry a change beyond its budget, as a part of it.
  private static let rounding = 1e-5

  init(_ clip: Clip, at space: InputSpace, _ settings: AttackSettings) throws(AttackError) {
    let samples = min(clip.sampleCount, clip.waveform.count)
    guard samples > 0 else { throw .noSamples }
    isWaveform = space == .waveform
    original = clip[space].floats
    let frontEnd = clip.model.configuration.frontEnd
    width = clip.shape(at: space).last!
    own = isWaveform ? samples : min(width, 1 + samples / frontEnd.hopSamples)
    if let band = settings.band {
      guard isWaveform else { throw .needsWaveform(what: "a band", space: space) }
      limit = BandLimit(samples: samples, bins: try Self.bins(of: band, samples: samples, frontEnd.sampleRate))
    } else {
      limit = nil
    }
    norm = original.prefix(isWaveform ? samples : original.count).norm
    if settings.budget.needsWaveform, !isWaveform {
      var what = "a signal-to-noise ratio"
      if case .masked = settings.budget { what = "masking" }
      throw .needsWaveform(what: what, space: space)
    }
    switch settings.budget {
    case .ratio(let decibels): size = .ball(norm * pow(10, -decibels / 20))
    case .largest(let most): size = .box(most)
    case .masked(let margin):
      let threshold = MaskingThreshold(Array(original.prefix(samples)), sampleRate: frontEnd.sampleRate)
      size = .masked(MaskedChange(threshold, below: margin))
    }
  }

  /// The changes of silence that are allowed by all of several, but for the bounds of the waveform.
  init(strictestOf all: [AllowedChange]) {
    let longest = all.max { $0.own < $1.own }!
    (width, own, limit, isWaveform) = (longest.width, longest.own, longest.limit, false)
    (original, norm) = ([Float](repeating: 0, count: longest.original.count), 0)
    switch longest.size {
    case .box(let most): size = .box(most)
    case .ball:
      let radii = all.map { if case .ball(let radius) = $0.size { radius } else { 0.0 } }
      size = .ball(radii.min()!)
    case .masked(let own):
      size = .masked(MaskedChange(strictestOf: all.map { if case .masked(let each) = $0.size { each } else { own } }))
    }
  }

  private static func bins(
    of band: ClosedRange<Double>, samples: Int, _ sampleRate: Int
  ) throws(AttackError) -> ClosedRange<Int> {
    let top = Double(sampleRate) / 2
    guard band.lowerBound >= 0, band.lowerBound.isFinite, band.upperBound.isFinite else {
      throw .band(band, reason: "frequencies are finite and 0 or more")
    }
    guard band.upperBound <= top else {
      throw .band(band, reason: "the model's sound ends at \(top) Hz, half its sample rate")
    }
    let width = Double(sampleRate) / Double(samples)
    let (first, last) = (Int((band.lowerBound / width).rounded(.up)), Int((band.upperBound / width).rounded(.down)))
    guard band.lowerBound < band.upperBound, first <= min(last, samples / 2) else {
      throw .band(band, reason: "it is empty: frequencies of the clip are \(width) Hz apart")
    }
    return first...min(last, samples / 2)
  }

  /// The number of values that may change.
  var count: Int { original.count / width * own }

  /// No change.
  var none: [Float] { [Float](repeating: 0, count: original.count) }

  /// The nearest to a change or a gradient of those that leave the padding as it is and lie in the band: an orthogonal
  /// projection.
  func supported(_ values: [Float]) -> [Float] {
    demand(values.count == original.count, "a change of \(values.count) values, not \(original.count)")
    var values = values
    if own < width {
      for row in stride(from: 0, to: values.count, by: width) {
        for place in (row + own)..<(row + width) { values[place] = 0 }
      }
    }
    if let limit { values.replaceSubrange(0..<own, with: limit(Array(values.prefix(own)))) }
    return values
  }

  /// The bounds of a value of the clip.
  private func bounds(_ value: Float) -> ClosedRange<Float> { min(-1, value)...max(1, value) }

  /// A change without what would carry the waveform beyond its bounds. No value of it grows.
  private func bounded(_ change: [Float]) -> [Float] {
    guard isWaveform else { return change }
    return zip(original, change).map { value, change in
      let bounds = bounds(value)
      return min(max(change, bounds.lowerBound - value), bounds.upperBound - value)
    }
  }

  /// The clip's values after a change.
  func applied(_ change: [Float]) -> [Float] {
    guard isWaveform else { return zip(original, change).map { $0 + $1 } }
    return zip(original, change).map { value, change in
      let bounds = bounds(value)
      return min(max(value + change, bounds.lowerBound), bounds.upperBound)
    }
  }

  /// A change of any size that is allowed but for the budget: for attacks that seek the smallest.
  func unbudgeted(_ change: [Float]) -> [Float] { bounded(supported(change)) }

  /// An allowed change near another: the nearest in the ball or in the box without a band. With a band a change that
  /// leaves the box is scaled down as a whole, so that it stays in the band; of ``MaskedChange`` see there.
  func project(_ change: [Float]) -> [Float] {
    var change = supported(change)
    switch size {
    case .ball(let radius):
      let norm = change.norm
      if norm > radius { change = change.map { Float(Double($0) * (radius / norm)) } }
    case .box(let most):
      let largest = change.largest
      guard largest > most else { break }
      if limit == nil {
        change = change.map { min(max($0, -Float(most)), Float(most)) }
      } else {
        change = change.map { Float(Double($0) * (most / largest)) }
      }
    case .masked(let masked):
      let allowed = masked.limited(Array(change.prefix(own)))
      change.replaceSubrange(0..<own, with: limit.map { masked.scaledDown($0(allowed)) } ?? allowed)
    }
    let cut = bounded(change)
    guard case .masked(let masked) = size, cut != change else { return cut }
    return masked.scaledDown(Array(cut.prefix(own))) + cut.dropFirst(own)
  }

  /// The change of the whole budget along which Σ gradient · change rises fastest: ε sign g in the box, r g / ‖g‖ in
  /// the ball, and ``MaskedChange/steepest(_:)``. Zeros where there is no gradient. The sign of a band's gradient
  /// leaves the band, so what is added is to be projected.
  func direction(_ gradient: [Float]) -> [Float] {
    let gradient = supported(gradient)
    let norm = gradient.norm
    guard norm > 0, norm.isFinite else { return none }
    switch size {
    case .ball(let radius): return gradient.map { Float(Double($0) / norm * radius) }
    case .box(let most): return gradient.map { $0 > 0 ? Float(most) : $0 < 0 ? -Float(most) : 0 }
    case .masked(let masked): return masked.steepest(Array(gradient.prefix(own))) + gradient.dropFirst(own)
    }
  }

  /// A random change within the budget: uniform in the box; else normal numbers at a part of the budget that is
  /// uniform.
  func random(using generator: inout SeededGenerator) -> [Float] {
    if case .box(let most) = size {
      return project(original.map { _ in Float(generator.uniform(in: -1..<1) * most) })
    }
    let direction = direction(generator.normals(original.count, deviation: 1))
    let part = Float(generator.uniform())
    return project(direction.map { $0 * part })
  }

  /// Whether a change is within the budget.
  func isWithinBudget(_ change: [Float]) -> Bool {
    // The change is a difference of two rounded values.
    let unit = Double(original.largestMagnitude.ulp)
    switch size {
    case .ball(let radius):
      return change.norm <= radius * (1 + Self.rounding) + unit * Double(change.count).squareRoot()
    case .box(let most):
      return change.largest <= most * (1 + Self.rounding) + unit
    case .masked(let masked):
      return masked.excess(of: Array(change.prefix(own))) <= MaskedChange.tolerance + 0.01
    }
  }

  /// 20 log₁₀ ‖x‖/‖change‖; nil elsewhere than on the waveform, and where one is zero.
  func ratio(_ change: [Float]) -> Double? {
    let other = change.norm
    return isWaveform && norm > 0 && other > 0 ? 20 * log10(norm / other) : nil
  }
}

extension Collection<Float> {
  fileprivate var largestMagnitude: Float { reduce(0) { Swift.max($0, abs($1)) } }
  /// The largest |x|.
  var largest: Double { Double(largestMagnitude) }
}
