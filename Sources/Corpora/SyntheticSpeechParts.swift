import Basics
import Foundation

/// A consonant and a vowel.
struct Syllable {
  enum Consonant: CaseIterable {
    case fricative, plosive, sonorant
  }

  /// Seconds.
  let start: Double
  let end: Double
  let consonant: Consonant
  /// The first three formants of a man's vowel, in Hz.
  let formants: [Double]
  /// The rise of the pitch on it, 0…1.
  let accent: Double
  /// Loudness of its vowel, about 1.
  let stress: Double

  /// Syllables one after another from 0 s to count / rate seconds.
  static func sequence(
    of count: Int, rate: Double, using generator: inout SeededGenerator
  ) -> [Syllable] {
    let weights = (0..<count).map { _ in generator.uniform(in: 0.8..<1.2) }
    let perWeight = Double(count) / rate / weights.reduce(0, +)
    var start = 0.0
    return weights.map { weight in
      let end = start + weight * perWeight
      defer { start = end }
      let accent = generator.uniform()
      return Syllable(
        start: start, end: end,
        consonant: Consonant.allCases[generator.index(below: Consonant.allCases.count)],
        formants: vowels[generator.index(below: vowels.count)].map {
          $0 * generator.uniform(in: 0.95..<1.05)
        },
        accent: accent, stress: pow(10, (4 * accent - 2 + generator.normal(deviation: 1)) / 20))
    }
  }

  /// Means of men's vowels in heed, hid, head, had, hod, hawed, who'd and heard (Peterson and Barney 1952).
  private static let vowels: [[Double]] = [
    [270, 2_290, 3_010], [390, 1_990, 2_550], [530, 1_840, 2_480], [660, 1_720, 2_410], [730, 1_090, 2_440],
    [570, 840, 2_410], [300, 870, 2_240], [490, 1_350, 1_690],
  ]

  var consonantDuration: Double { min(0.09, 0.3 * (end - start)) }

  /// Loudness of the voice at a time within the syllable.
  func voicing(at time: Double) -> Double {
    let onset = start + consonantDuration
    let hum = consonant == .sonorant ? 0.3 : 0
    guard time >= onset else { return hum * sin(.pi / 2 * min(1, (time - start) / 0.02)) }
    let ramp = sin(.pi / 2 * max(0, min(1, (time - onset) / 0.025, (end - time) / 0.05)))
    return hum * (1 - ramp) * max(0, 1 - (time - onset) / 0.025) + stress * ramp
  }

  /// Noise of a fricative, or a plosive's burst, in a signal whose voice has an RMS of about 1.
  func addConsonant(
    to signal: inout [Double], scale: Double, using generator: inout SeededGenerator
  ) {
    let rate = Double(SyntheticUtterance.sampleRate)
    let duration = consonant == .plosive ? 0.015 : consonantDuration
    let onset = start + consonantDuration - duration
    guard consonant != .sonorant else { return }
    let level = generator.uniform(in: 0.06..<0.2)
    // The noise of a plosive lies lower than that of a fricative.
    var resonator = Resonator(
      hertz: (consonant == .plosive ? 2_500 : 4_800) * scale, bandwidth: 1_500, sampleRate: rate)
    let first = Int(onset * rate)
    for index in first..<min(signal.count, first + Int(duration * rate)) {
      let fade = sin(.pi * (Double(index - first) + 0.5) / (duration * rate))
      signal[index] += level * fade * resonator.next(generator.uniform(in: -1.7..<1.7))
    }
  }
}

/// A pulse whose spectrum falls evenly, so that a train of them has harmonics on a line of that tilt.
struct GlottalPulse {
  /// The pulse's period of 64 ms, far longer than it sounds; the table has four times the sample rate.
  private static let length = 1_024
  private static let oversampling = 4
  /// The frequency, under any harmonic, below which the spectrum falls towards 0 Hz.
  private static let lowestHz = 75.0

  private let table: [Double]

  /// Amplitude (f / 75 Hz)^(tilt / 6 dB) up to 7.6 kHz, with the phase of (1 / s)^(−tilt / 6 dB): the pulse
  /// starts at its origin and dies away after it.
  init(tiltDecibelsPerOctave tilt: Double) {
    let count = Self.length * Self.oversampling
    let exponent = tilt / (20 * log10(2))
    let spacing = Double(SyntheticUtterance.sampleRate) / Double(Self.length)
    let highest = Int(7_600 / spacing)
    var table = [Double](repeating: 0, count: count + 1)
    for harmonic in 1...highest {
      let hertz = Double(harmonic) * spacing
      let amplitude = min(1, hertz / Self.lowestHz) * pow(max(1, hertz / Self.lowestHz), exponent)
      // cos(ωn + φ) by its recurrence, 2 cos ω · x[n − 1] − x[n − 2].
      let angle = 2 * .pi * Double(harmonic) / Double(count)
      let phase = exponent * .pi / 2
      let factor = 2 * cos(angle)
      var previous = amplitude * cos(phase - angle)
      var value = amplitude * cos(phase)
      for index in 0...count {
        table[index] += value
        (previous, value) = (value, factor * value - previous)
      }
    }
    self.table = table
  }

  /// Adds the pulse, from 16 ms before its origin to 48 ms after it.
  func add(to signal: inout [Double], at time: Double, height: Double) {
    let before = Self.length / 4
    let first = max(0, Int(time.rounded(.up)) - before)
    let end = min(signal.count, Int(time) + Self.length - before)
    for index in first..<end {
      var place = (Double(index) - time) * Double(Self.oversampling)
      if place < 0 { place += Double(Self.length * Self.oversampling) }
      let below = Int(place)
      let fraction = place - Double(below)
      let next = table[min(below + 1, table.count - 1)]
      signal[index] += height * (table[below] + fraction * (next - table[below]))
    }
  }
}

/// A filter of two poles: one formant (Klatt 1980), with a gain of 1 at 0 Hz.
struct Resonator {
  private var gain = 1.0
  private var first = 0.0
  private var second = 0.0
  private var previous = 0.0
  private var beforePrevious = 0.0

  init(hertz: Double, bandwidth: Double, sampleRate: Double) {
    tune(hertz: hertz, bandwidth: bandwidth, sampleRate: sampleRate)
  }

  mutating func tune(hertz: Double, bandwidth: Double, sampleRate: Double) {
    let radius = exp(-.pi * bandwidth / sampleRate)
    first = 2 * radius * cos(2 * .pi * hertz / sampleRate)
    second = -radius * radius
    gain = 1 - first - second
  }

  mutating func next(_ input: Double) -> Double {
    let output = gain * input + first * previous + second * beforePrevious
    (previous, beforePrevious) = (output, previous)
    return output
  }
}

/// Seven formants in cascade, gliding from vowel to vowel.
struct VocalTract {
  private static let bandwidths: [Double] = [70, 100, 140, 200, 280, 350, 400]
  /// The upper formants of a man, which hardly move.
  private static let upperFormants: [Double] = [3_400, 4_500, 5_500, 6_500]

  /// The formants in Hz, [steps, 7].
  private let tracks: [[Double]]
  private let step: Int

  /// - Parameters:
  ///   - scale: The factor on a man's formants.
  ///   - step: Samples between changes.
  init(of syllables: [Syllable], scale: Double, length: Int, step: Int) {
    self.step = step
    let stepSeconds = Double(step) / Double(SyntheticUtterance.sampleRate)
    // Each step a share of the way to the vowel: a time constant of 25 ms.
    let share = 1 - exp(-stepSeconds / 0.025)
    var current = syllables[0].formants
    var number = 0
    tracks = (0...length / step).map { index in
      while number + 1 < syllables.count, syllables[number].end <= Double(index) * stepSeconds { number += 1 }
      current = zip(current, syllables[number].formants).map { $0 + share * ($1 - $0) }
      return (current + Self.upperFormants).map { $0 * scale }
    }
  }

  func filter(_ signal: inout [Double]) {
    let rate = Double(SyntheticUtterance.sampleRate)
    for formant in Self.bandwidths.indices {
      var resonator = Resonator(hertz: 500, bandwidth: 100, sampleRate: rate)
      for index in signal.indices {
        if index.isMultiple(of: step) {
          resonator.tune(
            hertz: tracks[index / step][formant], bandwidth: Self.bandwidths[formant], sampleRate: rate)
        }
        signal[index] = resonator.next(signal[index])
      }
    }
  }
}
