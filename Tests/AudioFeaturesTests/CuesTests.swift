import Foundation
import TestSupport
import Testing

@testable import AudioFeatures

@Suite("The cues of a voice")
struct CuesTests {
  private struct Stored: Decodable {
    struct Vowel: Decodable {
      let start, length, first, last: Double
      let formants: [[Double]]
    }
    let vowels: [Vowel]
    let frames: [String: [Double]]
    let temporal: [String: Double]
    let praat: [[Double?]]

    /// As cues.py makes them.
    var samples: [Float] {
      var sound = Signals.noise(19_200, seed: 11).map { 0.002 * Double($0) }
      for vowel in vowels {
        let from = Int((vowel.start * 16_000).rounded())
        let to = Int(((vowel.start + vowel.length) * 16_000).rounded())
        for index in from..<to {
          let time = Double(index) / 16_000 - vowel.start
          let rise = vowel.last - vowel.first
          let phase = 2 * Double.pi * (vowel.first * time + rise * time * time / (2 * vowel.length))
          let hertz = vowel.first + rise * time / vowel.length
          let voice = (1...24).reduce(0.0) { sum, number in
            let k = Double(number)
            return sum + CuesTests.gain(k * hertz, of: vowel.formants) / pow(k, 1.5) * sin(k * phase)
          }
          sound[index] += 0.08 * sin(Double.pi * time / vowel.length).squareRoot() * voice
        }
      }
      return sound.map { Float(($0 * 32_768).rounded(.toNearestOrEven) / 32_768) }
    }
  }

  private static let stored = Result {
    try JSONDecoder().decode(Stored.self, from: Data(contentsOf: Checkout.fixture("cues.json")))
  }
  private static let found = stored.map { VoiceCues($0.samples, sampleRate: 16_000) }

  /// Of a second-order resonance for each frequency and bandwidth in Hz, 1 at 0 Hz.
  private static func gain(_ hertz: Double, of formants: [[Double]]) -> Double {
    formants.reduce(1.0) { product, formant in
      let square = formant[0] * formant[0]
      let apart = hertz * hertz - square
      let width = hertz * formant[1]
      return product * square / (apart * apart + width * width).squareRoot()
    }
  }

  /// Sines of multiples of a fundamental, one second at 16 kHz.
  private static func tone(_ fundamental: Double, _ amplitudes: [Double] = [0.3]) -> [Float] {
    (0..<16_000).map { index in
      let phase = 2 * Double.pi * fundamental * Double(index) / 16_000
      return Float(amplitudes.enumerated().reduce(0.0) { $0 + $1.element * sin(Double($1.offset + 1) * phase) })
    }
  }

  /// Frames whose windows lie in the sound and that are not smoothed with one that does not.
  private static func inner(_ values: [Double?]) -> [Double] { values.dropFirst(2).dropLast(2).compactMap(\.self) }

  private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

  @Test(
    "Each but the formants' is openSMILE's in every frame",
    arguments: [
      // What is stored has seven digits, and openSMILE counts with seven.
      (VoiceCue.loudness, 1e-4), (.alphaRatio, 1e-4), (.hammarbergIndex, 2e-4), (.slopeTo500, 1e-6),
      (.slopeTo1500, 1e-6), (.spectralFlux, 3e-5), (.mfcc1, 1e-4), (.mfcc2, 1e-4), (.mfcc3, 2e-4), (.mfcc4, 2e-4),
      (.fundamental, 5e-5), (.jitter, 1e-6), (.shimmer, 3e-6), (.harmonicsToNoise, 1e-4),
      (.harmonicDifference, 5e-5),
    ])
  func openSMILE(cue: VoiceCue, tolerance: Double) throws {
    let expected = try #require(Self.stored.get().frames[cue.rawValue])
    let own = try Self.found.get()[cue]
    #expect(own.count == expected.count)
    for (frame, pair) in zip(own, expected).enumerated() {
      // openSMILE has 0 for what a frame does not have.
      #expect((pair.0 == nil) == (!cue.isOfEveryFrame && pair.1 == 0), "\(cue), frame \(frame)")
      if let value = pair.0 { #expect(abs(value - pair.1) < tolerance, "\(cue), frame \(frame): \(value), \(pair.1)") }
    }
  }

  @Test("Rates and lengths are openSMILE's, which leaves out the last frame of the voice")
  func temporal() throws {
    let (expected, own) = try (Self.stored.get().temporal, Self.found.get().summary)
    let lastFrame = 1.0001 / 115
    func check(_ name: String, _ value: Double?, relative: Double) throws {
      let (value, other) = (try #require(value), try #require(expected[name]))
      #expect(abs(value - other) <= relative * other, "\(name): \(value), \(other)")
    }
    try check("loudnessPeaksPerSec", own.loudnessPeakRate, relative: 1e-6)
    try check("VoicedSegmentsPerSec", own.voicedRate, relative: lastFrame)
    try check("MeanVoicedSegmentLengthSec", own.voicedLength?.mean, relative: 1e-6)
    try check("StddevVoicedSegmentLengthSec", own.voicedLength?.deviation, relative: 1e-6)
    // Three stretches, of which the last is one frame longer here.
    let (mean, deviation) = (try #require(own.unvoicedLength?.mean), try #require(own.unvoicedLength?.deviation))
    #expect(abs(mean - 0.07 - 0.01 / 3) < 1e-6)
    #expect(abs(deviation - 0.0294392) < 0.0033)
  }

  @Test("Formants are Praat's", arguments: [(0, 4.0, 12.0), (1, 7.0, 22.0), (2, 25.0, 90.0)])
  func praat(formant: Int, median: Double, most: Double) throws {
    let stored = try Self.stored.get()
    let own = try Self.found.get()[[VoiceCue.firstFormant, .secondFormant, .thirdFormant][formant]]
    for vowel in stored.vowels {
      let apart = own.indices.compactMap { frame -> Double? in
        let middle = Double(frame) * 0.01 + 0.03
        guard middle > vowel.start + 0.06, middle < vowel.start + vowel.length - 0.06 else { return nil }
        guard let value = own[frame], let other = stored.praat[formant][frame] else { return .infinity }
        return abs(value - other)
      }
      #expect(apart.count > 20)
      #expect(Self.median(apart) < median && apart.max()! < most, "\(vowel.first) Hz: \(apart)")
    }
  }

  @Test("A tone has its own frequency, and its level does not change it", arguments: [110, 187.5, 220, 440])
  func tone(frequency: Double) {
    for level in [0.3, 0.01] {
      let cues = VoiceCues(Self.tone(frequency, [level]), sampleRate: 16_000)
      let expected = 12 * log2(frequency / 27.5)
      #expect(Self.inner(cues[.fundamental]).count == cues.frameCount - 4)
      #expect(Self.inner(cues[.fundamental]).allSatisfy { abs($0 - expected) < 0.05 })
    }
  }

  @Test("Two tones have the alpha ratio and the Hammarberg index of their levels, and no flux")
  func twoTones() {
    let (low, high) = (Self.tone(500, [0.3]), Self.tone(3000, [0.03]))
    let cues = VoiceCues(zip(low, high).map { $0 + $1 }, sampleRate: 16_000)
    #expect(cues[.alphaRatio].allSatisfy { abs($0! + 20) < 0.01 })
    #expect(cues[.hammarbergIndex].allSatisfy { abs($0! - 20) < 0.001 })
    // Ten milliseconds are whole periods of both.
    #expect(Self.inner(cues[.spectralFlux]).allSatisfy { $0 < 1e-4 })
  }

  @Test("Harmonics and noise of known powers have the ratio that the window lets through", arguments: [nil, 0, 5, 10])
  func harmonicsToNoise(decibels: Double?) {
    let clean = Self.tone(200, [Double](repeating: 0.05, count: 10))
    let power = clean.reduce(0.0) { $0 + Double($1) * Double($1) }
    let noise = Signals.noise(16_000, seed: 5)
    let ofNoise = noise.reduce(0.0) { $0 + Double($1) * Double($1) }
    let ratio = decibels.map { pow(10, $0 / 10) }
    let level = ratio.map { (power / ofNoise / $0).squareRoot() } ?? 0
    let sound = zip(clean, noise).map { $0 + Float(level) * $1 }
    // The Gaussian window's autocorrelation at the period, 80 samples, over that at 0.
    let window = (0..<960).map { index in
      let place = (Double(index) - 479.5) / (0.4 * 479.5)
      return exp(-0.5 * place * place)
    }
    let shifted = zip(window, window.dropFirst(80)).reduce(0.0) { $0 + $1.0 * $1.1 }
    let similar = shifted / window.reduce(0.0) { $0 + $1 * $1 } * (ratio.map { $0 / (1 + $0) } ?? 1)
    let expected = 10 * log10(similar / (1 - similar))
    let own = Self.median(Self.inner(VoiceCues(sound, sampleRate: 16_000)[.harmonicsToNoise]))
    #expect(abs(own - expected) < (decibels == nil ? 0.03 : 0.2), "\(own), \(expected)")
  }

  @Test("A voice of known partials has their levels, and formants near its resonances")
  func partials() throws {
    let formants: [[Double]] = [[500, 80], [1500, 100], [2500, 120], [3500, 150], [4500, 200]]
    // Twelve bins of the transform apart.
    let amplitudes = (1...28).map { 0.05 * Self.gain(187.5 * Double($0), of: formants) / Double($0) }
    let levels = amplitudes.map { 20 * log10($0 / amplitudes[0]) }
    let cues = VoiceCues(Self.tone(187.5, amplitudes), sampleRate: 16_000)
    func check(_ cue: VoiceCue, _ expected: Double, _ tolerance: Double) {
      let values = Self.inner(cues[cue])
      #expect(values.count == cues.frameCount - 4)
      #expect(values.allSatisfy { abs($0 - expected) < tolerance }, "\(cue): \(values.prefix(3)), \(expected)")
    }
    check(.firstFormant, 500, 30)
    check(.secondFormant, 1500, 2)
    check(.thirdFormant, 2500, 30)
    let near = formants.prefix(3).map { formant in
      (1...28).filter { abs(187.5 * Double($0) - formant[0]) < 0.2 * formant[0] }.map { levels[$0 - 1] }.max()!
    }
    check(.firstAmplitude, near[0], 0.03)
    check(.secondAmplitude, near[1], 0.03)
    check(.thirdAmplitude, near[2], 0.03)
    check(.harmonicDifference, levels[1] - levels[2], 0.03)
    check(.harmonicToThirdFormant, levels[1] - near[2], 0.03)
  }

  @Test("A spectrum with poles only has the formants and the bandwidths of its poles")
  func poles() {
    let poles: [(frequency: Double, bandwidth: Double)] = [
      (500, 120), (1500, 140), (2500, 160), (3500, 200), (4500, 250),
    ]
    let emphasis = exp(-2 * Double.pi * 50 / 11_000)
    let power = (0...512).map { bin -> Float in
      let angle = 2 * Double.pi * Double(bin) * 15.625 / 11_000
      let back = ComplexNumber(real: cos(angle), imaginary: -sin(angle))
      // Without the emphasis that is put on it.
      var value = 1 / (1 + emphasis * emphasis - 2 * emphasis * cos(angle))
      for pole in poles {
        let radius = exp(-Double.pi * pole.bandwidth / 11_000)
        for sign in [1.0, -1] {
          let turn = sign * 2 * Double.pi * pole.frequency / 11_000
          let factor = ComplexNumber(real: radius * cos(turn), imaginary: radius * sin(turn)) * back
          let size = (ComplexNumber(real: 1, imaginary: 0) - factor).magnitude
          value /= size * size
        }
      }
      return Float(value)
    }
    let found = power.withUnsafeBufferPointer { Formants(bins: 513, hertzPerBin: 15.625).resonances($0) }
    #expect(found.count == 5)
    for (own, pole) in zip(found, poles) {
      #expect(abs(own.frequency - pole.frequency) < 0.1 && abs(own.bandwidth - pole.bandwidth) < 0.1, "\(own)")
    }
  }

  @Test("A polynomial's roots are found, real ones left out, equal ones too")
  func roots() {
    // (x² − x + 1)² (x − 0.5) (x² + 4)
    var coefficients = [1.0]
    for factor in [[1.0, -1, 1], [1, -1, 1], [1, -0.5], [1, 0, 4]] {
      var product = [Double](repeating: 0, count: coefficients.count + factor.count - 1)
      for (i, a) in coefficients.enumerated() { for (j, b) in factor.enumerated() { product[i + j] += a * b } }
      coefficients = product
    }
    let found = PolynomialRoots.upper(of: coefficients).sorted { $0.magnitude < $1.magnitude }
    #expect(found.count == 3)
    for (own, expected) in zip(found, [(0.5, 0.75.squareRoot()), (0.5, 0.75.squareRoot()), (0, 2)]) {
      // Equal roots are known to half the digits.
      #expect(abs(own.real - expected.0) < 1e-6 && abs(own.imaginary - expected.1) < 1e-6)
    }
  }

  /// Humps of 41 samples at places, as high as given, one second.
  private static func pulses(_ pulses: [(place: Int, height: Double)]) -> [Float] {
    var sound = [Float](repeating: 0, count: 16_000)
    for pulse in pulses {
      for offset in 0...40 where pulse.place + offset < sound.count {
        sound[pulse.place + offset] += Float(
          0.5 * pulse.height * (0.5 - 0.5 * cos(2 * Double.pi * Double(offset) / 40)))
      }
    }
    return sound
  }

  @Test("Periods of 78 and 82 samples in turn have a jitter of 4/80, equal ones none")
  func jitter() {
    let uneven = VoiceCues(Self.pulses((0..<200).map { ($0 * 80 + $0 % 2 * 2, 1) }), sampleRate: 16_000)
    let values = Self.inner(uneven[.jitter])
    #expect(values.count > 90 && values.allSatisfy { abs($0 - 0.05) < 0.003 }, "\(values.prefix(3))")
    #expect(Self.inner(uneven[.shimmer]).allSatisfy { $0 < 1e-4 })
    let even = VoiceCues(Self.pulses((0..<200).map { ($0 * 80, 1) }), sampleRate: 16_000)
    #expect(Self.inner(even[.jitter]).count > 90 && Self.inner(even[.jitter]).allSatisfy { $0 < 1e-6 })
  }

  @Test("Periods of height 1 and 0.9 in turn have a shimmer of 20 log₁₀(1 + 0.1/0.95)")
  func shimmer() {
    let uneven = VoiceCues(Self.pulses((0..<200).map { ($0 * 80, $0 % 2 == 0 ? 0.9 : 1) }), sampleRate: 16_000)
    let values = Self.inner(uneven[.shimmer])
    #expect(
      values.count > 90 && values.allSatisfy { abs($0 - 20 * log10(1 + 0.1 / 0.95)) < 1e-4 }, "\(values.prefix(3))")
  }

  @Test(
    "Stretches last from their first frame to their last; one missing frame does not end one, and two frames are none")
  func stretches() {
    func lengths(_ frames: String) -> [Int] { VoiceCueSummary.stretches(frames.map { $0 == "x" }) }
    #expect(lengths("") == [])
    #expect(lengths("..xxx..") == [2])
    #expect(lengths("xxxx") == [3])
    #expect(lengths("xx..xx.xx..x.") == [4])
    #expect(lengths("xxx.x..xxx.") == [4, 2])
    #expect(lengths("x.x.x") == [4])
  }

  @Test("A peak of loudness rises by a tenth of the range")
  func peaks() {
    #expect(VoiceCueSummary.peaks(of: []) == 0)
    #expect(VoiceCueSummary.peaks(of: [Double](repeating: 1, count: 20)) == 0)
    #expect(VoiceCueSummary.peaks(of: [0, 0, 0, 1, 0.1, 0, 0.1, 1, 0, 0, 0]) == 2)
    // openSMILE sees no valley in one that is level.
    #expect(VoiceCueSummary.peaks(of: [0, 0, 0, 1, 0, 0, 1, 0, 0, 0]) == 1)
    // A ripple on a hill, and one that is deep enough.
    #expect(VoiceCueSummary.peaks(of: [0, 0, 0.5, 1, 0.95, 1.01, 0.5, 0, 0]) == 1)
    #expect(VoiceCueSummary.peaks(of: [0, 0, 0.5, 1, 0.8, 1.01, 0.5, 0, 0]) == 2)
  }

  @Test("Any sample rate has the same voice", arguments: [8000, 11_025, 12_000, 22_050, 24_000, 44_100, 48_000])
  func sampleRates(rate: Int) {
    let formants: [[Double]] = [[500, 80], [1500, 100], [2500, 120], [3500, 150], [4500, 200]]
    // Up to half the sample rate, and no further than speech reaches.
    let highest = min(40, (rate / 2 - 1) / 200)
    let amplitudes = (1...highest).map { 0.05 * Self.gain(200 * Double($0), of: formants) / Double($0) }
    let sound = (0..<rate).map { index in
      let phase = 2 * Double.pi * 200 * Double(index) / Double(rate)
      return Float(amplitudes.enumerated().reduce(0.0) { $0 + $1.element * sin(Double($1.offset + 1) * phase) })
    }
    let cues = VoiceCues(sound, sampleRate: rate)
    #expect((93...95).contains(cues.frameCount) && abs(cues.hopSeconds - 0.01) < 3e-5)
    let expected = 12 * log2(200 / 27.5)
    #expect(Self.inner(cues[.fundamental]).allSatisfy { abs($0 - expected) < 0.1 })
    #expect(Self.inner(cues[.fundamental]).count == cues.frameCount - 4)
    #expect(VoiceCue.allCases.allSatisfy { cues[$0].count == cues.frameCount })
    #expect(Self.inner(cues[.secondFormant]).allSatisfy { abs($0 - 1500) < 30 })
  }

  @Test(
    "Sounds that are silent, short, loud or broken have finite cues",
    arguments: [8000, 16_000, 44_100], [0, 1, 2, 100, 319, 320, 959, 960, 961, 5000])
  func extremes(rate: Int, count: Int) {
    var broken = Signals.noise(count, seed: 3)
    if count > 2 { (broken[0], broken[1], broken[2]) = (.nan, .infinity, -.infinity) }
    let sounds = [
      [Float](repeating: 0, count: count), [Float](repeating: 0.5, count: count), Signals.noise(count, seed: 1),
      Signals.noise(count, seed: 2).map { $0 * 1e-6 }, Signals.noise(count, seed: 2).map { $0 * 1e15 }, broken,
      (0..<count).map { $0 == count / 2 ? 1 : 0 },
    ]
    for sound in sounds {
      let cues = VoiceCues(sound, sampleRate: rate)
      #expect(cues.frameCount == (count == 0 ? 0 : max(1, 1 + (count - rate * 3 / 50) / (rate / 100))))
      for cue in VoiceCue.allCases {
        #expect(cues[cue].count == cues.frameCount)
        #expect(cues[cue].allSatisfy { $0?.isFinite ?? true }, "\(cue)")
        let spread = cues.summary.cues[cue]
        #expect(spread.map { $0.mean.isFinite && $0.deviation.isFinite } ?? true, "\(cue)")
      }
      #expect(cues.summary.voicedRate.isFinite && cues.summary.loudnessPeakRate.isFinite)
    }
    let silence = VoiceCues(sounds[0], sampleRate: rate)
    #expect(silence[.fundamental].allSatisfy { $0 == nil } && silence[.firstFormant].allSatisfy { $0 == nil })
    #expect(silence.summary.voicedLength == nil && silence.summary.loudnessPeakRate == 0)
  }

  @Test("A frame's time is the middle of what it covers")
  func times() throws {
    let cues = try Self.found.get()
    #expect(abs(cues.time(of: .loudness, frame: 3) - 0.04) < 1e-12)
    #expect(abs(cues.time(of: .fundamental, frame: 3) - 0.06) < 1e-12)
    #expect(VoiceCue.allCases.count == 25 && VoiceCue(rawValue: "slope0-500") == .slopeTo500)
  }
}
