import Basics
import Foundation
import Tensors
import TestSupport
import Testing

@testable import AudioFeatures

@Suite("Edits of a sound: tempo, pitch, speed, band, level, telephone")
struct EditsTests {
  private static let rate = 16_000

  /// The sound of Tests/Fixtures/edits.py.
  private static let sound: [Float] = {
    let noise = Signals.noise(6_000, seed: 3)
    return (0..<6_000).map { i in
      let time = Double(i) / Double(rate)
      let phase = 2 * .pi * (140 * time + 60 * time * time)
      let voice = (0..<12).reduce(0.0) { $0 + sin(Double($1 + 1) * phase) / Double($1 + 1) }
      return Float(0.15 * voice + 0.02 * Double(noise[i]))
    }
  }()

  private func expected(_ name: String) throws -> [Float] {
    let stored = try Safetensors.read(Checkout.fixture("edits.safetensors").path)
    return try #require(stored[name], "no \(name) in the fixture").tensor.floats
  }

  private func some(_ values: [Float]) -> [Float] { stride(from: 0, to: values.count, by: 7).map { values[$0] } }

  private func sine(_ hertz: Double, _ count: Int = 16_000) -> [Float] {
    (0..<count).map { Float(0.5 * sin(2 * .pi * hertz * Double($0) / Double(Self.rate))) }
  }

  /// A tone that fades in from silence, as speech does: where one begins at once, at the reflected start, a phase vocoder keeps
  /// the phases that bins have there.
  private func fadedIn(_ hertz: Double) -> [Float] {
    sine(hertz).enumerated().map { index, value in value * min(1, max(0, Float(index - 2_000) / 4_000)) }
  }

  /// The amplitude of a frequency in the middle half of a sound, by its correlation with sine and cosine.
  private func amplitude(_ hertz: Double, in sound: [Float]) -> Double {
    let middle = (sound.count / 4)..<(3 * sound.count / 4)
    var (real, imaginary, weights) = (0.0, 0.0, 0.0)
    for i in middle {
      let angle = 2 * .pi * hertz * Double(i) / Double(Self.rate)
      // A Hann window, so that other frequencies do not leak in.
      let weight = 0.5 - 0.5 * cos(2 * .pi * Double(i - middle.lowerBound) / Double(middle.count))
      real += weight * Double(sound[i]) * cos(angle)
      imaginary += weight * Double(sound[i]) * sin(angle)
      weights += weight
    }
    return 2 * (real * real + imaginary * imaginary).squareRoot() / weights
  }

  @Test("A phase vocoder's sound is that of librosa's frames", arguments: [0.8, 1 / 1.1, 1.25, 2.0])
  func tempo(rate: Double) throws {
    let found = Self.sound.atTempo(rate)
    #expect(found.count == Int((6_000 / rate).rounded()))
    let wanted = try expected("tempo " + String(format: "%.4f", rate))
    // In float32 phases are the sums of hundreds of turns.
    #expect(relativeDistance(some(found), wanted) < 2e-3)
  }

  /// Bins of one tone turn alike but keep the phases that the onset gave them, so that some of its level is lost.
  @Test("Another tempo keeps frequencies, another pitch keeps the length", arguments: [0.9, 1.1, 1.5])
  func keeps(factor: Double) {
    let tone = fadedIn(440)
    let slower = tone.atTempo(1 / factor)
    #expect(slower.count == Int((16_000 * factor).rounded()))
    let higher = tone.pitched(12 * log2(factor))
    #expect(higher.count == tone.count)
    for (sound, hertz) in [(slower, 440), (higher, 440 * factor)] {
      let own = amplitude(hertz, in: sound)
      #expect((0.25...0.55).contains(own))
      for other in [hertz * 0.9, hertz / 0.9] { #expect(amplitude(other, in: sound) < 0.02 * own) }
    }
  }

  @Test("A faster tape has higher frequencies, and none above half the sample rate come back lower")
  func speed() {
    for speed in [0.5, 0.77, 1.3, 2.0] {
      let played = sine(1000).played(atSpeed: speed)
      #expect(played.count == Int((16_000 / speed).rounded()))
      #expect(abs(amplitude(1000 * speed, in: played) - 0.5) < 1e-3)
    }
    let gone = sine(5000).played(atSpeed: 2)
    #expect(gone[1000..<7000].allSatisfy { abs($0) < 1e-3 })
    let same = Self.sound.played(atSpeed: 1)
    // But for what lies in the filter's slope.
    #expect(relativeDistance(same, Self.sound) < 0.02)
    // After the end is silence.
    #expect(sine(100, 400).played(atSpeed: 2, samples: 1000)[250...].allSatisfy { abs($0) < 1e-2 })
  }

  @Test("Band limits are SciPy's Butterworth filters of the fourth order", arguments: [300, 2000, 5000])
  func band(hertz: Int) throws {
    for (name, found) in [
      ("low", Self.sound.lowPassed(Double(hertz), sampleRate: Self.rate)),
      ("high", Self.sound.highPassed(Double(hertz), sampleRate: Self.rate)),
    ] {
      #expect(relativeDistance(some(found), try expected("\(name) \(hertz)")) < 1e-5)
    }
  }

  @Test("Level and noise have the decibels that are asked for")
  func levels() {
    var generator = SeededGenerator(seed: 4)
    func power(_ values: [Float]) -> Double { values.reduce(0) { $0 + Double($1) * Double($1) } }
    let louder = Self.sound.amplified(6)
    #expect(abs(10 * log10(power(louder) / power(Self.sound)) - 6) < 1e-4)
    for ratio in [-5.0, 10, 30] {
      let noise = zip(Self.sound.noised(ratio, using: &generator), Self.sound).map { $0 - $1 }
      #expect(abs(10 * log10(power(Self.sound) / power(noise)) - ratio) < 0.3)
    }
    #expect([Float](repeating: 0, count: 9).noised(10, using: &generator) == [Float](repeating: 0, count: 9))
  }

  @Test("A telephone line has its band, and the noise of eight bits by the μ-law")
  func telephone() {
    #expect(amplitude(100, in: sine(100).telephoned(sampleRate: Self.rate)) < 0.01)
    #expect(amplitude(6000, in: sine(6000).telephoned(sampleRate: Self.rate)) < 0.01)
    let tone = sine(1000)
    let line = tone.telephoned(sampleRate: Self.rate)
    #expect(line.count == 16_000 && abs(amplitude(1000, in: line) - 0.5) < 0.02)
    let exact = tone.highPassed(300, sampleRate: Self.rate).lowPassed(3400, sampleRate: Self.rate)
      .played(atSpeed: 2).played(atSpeed: 0.5, samples: tone.count)
    // About 38 dB below the sound at most levels (ITU-T G.711).
    #expect((34...42).contains(-20 * log10(relativeDistance(line, exact))))
  }

  @Test("Sounds of no, one and few samples", arguments: [0, 1, 2, 300])
  func short(count: Int) {
    var generator = SeededGenerator(seed: 0)
    let sound = sine(440, count)
    for edited in [
      sound.pitched(2), sound.amplified(3), sound.noised(10, using: &generator),
      sound.lowPassed(2000, sampleRate: Self.rate), sound.telephoned(sampleRate: Self.rate),
    ] { #expect(edited.count == count && edited.allSatisfy { $0.isFinite }) }
    let faster = sound.atTempo(1.1)
    #expect(faster.allSatisfy { $0.isFinite })
  }

  @Test("A longer vocal tract lowers what stands in a band by its factor, up to the knee; 1 changes nothing")
  func vocalTract() {
    let frontEnd = FrontEnd()
    let (mels, frames) = (frontEnd.mels, 3)
    let centres = frontEnd.melCentres
    for band in [20, 45, 70] {
      let values = (0..<mels).flatMap { row in
        [Float](repeating: -abs(Float(row - band)), count: frames)
      }
      let x = Tensor(values, shape: [1, 1, mels, frames])
      #expect(largestDifference(frontEnd.withVocalTract(x, longerBy: 1).floats, values) < 1e-3)
      for factor in [0.9, 1.1, 1.25] {
        let found = frontEnd.withVocalTract(x, longerBy: factor).floats
        let peak = (0..<mels).max { found[$0 * frames] < found[$1 * frames] }!
        let expected = centres[band] / factor
        let width = centres[peak + 1] - centres[peak]
        #expect(abs(centres[peak] - expected) <= width, "\(band), \(factor)")
        #expect((0..<frames).allSatisfy { found[peak * frames + $0] == found[peak * frames] })
      }
    }
  }
}
