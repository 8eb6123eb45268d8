import Basics
import Foundation
import TestSupport
import Testing

@testable import AudioFeatures

@Suite("Edits of a region of a sound")
struct RegionEditTests {
  private static let rate = 16_000

  /// A tone of 300 Hz and one of 2 kHz, half as loud.
  private static let tones = zip(tone(300, 0.4), tone(2000, 0.2)).map { $0 + $1 }

  /// 1.5 s.
  private static func tone(_ hertz: Double, _ amplitude: Double) -> [Float] {
    (0..<24_000).map { Float(amplitude * sin(2 * .pi * hertz * Double($0) / Double(rate))) }
  }

  /// Harmonics of 140 Hz.
  private static let voice: [Float] = (0..<24_000).map { index in
    let time = Double(index) / Double(rate)
    return Float((1...10).reduce(0.0) { $0 + 0.1 * sin(2 * .pi * 140 * Double($1) * time) / Double($1) })
  }

  private func applied(_ edit: RegionEdit, to sound: [Float] = tones) throws -> [Float] {
    var generator = SeededGenerator(seed: 1)
    return try edit.applied(to: sound, sampleRate: Self.rate, using: &generator)
  }

  /// The amplitude of a frequency in a stretch that has a whole number of its periods, by its correlation with sine and cosine.
  private func amplitude(_ hertz: Double, in sound: [Float], _ stretch: Range<Int>) -> Double {
    var (real, imaginary) = (0.0, 0.0)
    for index in stretch {
      let angle = 2 * .pi * hertz * Double(index) / Double(Self.rate)
      real += Double(sound[index]) * cos(angle)
      imaginary += Double(sound[index]) * sin(angle)
    }
    return 2 * (real * real + imaginary * imaginary).squareRoot() / Double(stretch.count)
  }

  @Test("Outside of the stretch every sample stays, inside of the fades all are changed")
  func splices() throws {
    let edits = SoundEdits([.loudness: -6])
    for edit in [
      try RegionEdit(from: 0.5, to: 1, edits: edits), try RegionEdit(from: 0.5, to: 1, gain: .decibels(-6)),
    ] {
      let found = try applied(edit)
      #expect(found.count == Self.tones.count)
      #expect(found[..<8000] == Self.tones[..<8000] && found[16_000...] == Self.tones[16_000...])
      let factor = Float(pow(10, -6.0 / 20))
      for index in 8160..<15_840 { #expect(abs(found[index] - factor * Self.tones[index]) < 1e-6) }
      // A raised cosine has gone half the way in the middle.
      for index in [8080, 15_919] {
        let middle = (1 + factor) / 2 * Self.tones[index]
        #expect(abs(found[index] - middle) < 0.01 * abs(Self.tones[index]) + 1e-6, "\(index)")
      }
    }
  }

  @Test("A tone in the band falls by the gain, one beside it stays, and so does what is before and after")
  func band() throws {
    for decibels in [-60.0, -12, 6] {
      let found = try applied(RegionEdit(from: 0.5, to: 1, low: 1500, high: 2500, gain: .decibels(decibels)))
      #expect(found[..<8000] == Self.tones[..<8000] && found[16_000...] == Self.tones[16_000...])
      // A fade and a window from the ends.
      let inner = 8800..<15_200
      let fall = 20 * log10(amplitude(2000, in: found, inner) / amplitude(2000, in: Self.tones, inner))
      #expect(abs(fall - decibels) < 0.5, "\(fall)")
      #expect(abs(amplitude(300, in: found, inner) - 0.4) < 1e-4)
    }
    // Of a sound without anything in the band, or near it, nothing is changed.
    let low = Self.tone(300, 0.4)
    for edges in [(365.0, 2500.0), (425, 2500), (50, 235)] {
      let kept = try applied(RegionEdit(low: edges.0, high: edges.1, gain: .silence), to: low)
      #expect(largestDifference(Array(kept[1024..<22_976]), Array(low[1024..<22_976])) < 1e-4, "\(edges)")
    }
    // One end stands for all that is beyond it.
    let gone = try applied(RegionEdit(low: 1000, gain: .silence))
    let middle = 1120..<22_880
    #expect(amplitude(2000, in: gone, middle) < 1e-4 && abs(amplitude(300, in: gone, middle) - 0.4) < 1e-4)
    #expect(amplitude(300, in: try applied(RegionEdit(high: 1000, gain: .silence)), middle) < 1e-4)
  }

  @Test("What is muted is silent, to the sound's own ends where the stretch reaches them")
  func mutes() throws {
    let found = try applied(RegionEdit(from: 0.5, to: 1, gain: .silence))
    #expect(found[8160..<15_840].allSatisfy { $0 == 0 } && found[..<8000] == Self.tones[..<8000])
    let end = try applied(RegionEdit(from: 1, to: 9, gain: .silence))
    #expect(end.count == 24_000 && end[16_160...].allSatisfy { $0 == 0 })
    #expect(try applied(RegionEdit(gain: .silence)).allSatisfy { $0 == 0 })
  }

  @Test("Another tempo changes the length of the stretch only", arguments: [0.5, 0.8, 1.25, 2])
  func tempo(factor: Double) throws {
    let found = try applied(RegionEdit(from: 0.5, to: 1, edits: SoundEdits([.tempo: factor])), to: Self.voice)
    let length = Int((8000 / factor).rounded())
    #expect(found.count == 16_000 + length)
    #expect(found[..<8000] == Self.voice[..<8000] && found[(8000 + length)...] == Self.voice[16_000...])
    // No step where the parts meet: it would be larger than any of the voice's own.
    let steps = zip(Self.voice.dropFirst(), Self.voice).map { abs($0 - $1) }.max()!
    for bound in [8000, 8000 + length] {
      #expect(abs(found[bound] - found[bound - 1]) < 1.5 * steps, "\(bound)")
    }
  }

  @Test("The whole sound as region is the sound edited")
  func whole() throws {
    let edits = SoundEdits([.pitch: 3, .tilt: -3, .noise: 20])
    var generator = SeededGenerator(seed: 1)
    let plain = edits.applied(to: Self.voice, sampleRate: Self.rate, using: &generator)
    #expect(try applied(RegionEdit(edits: edits), to: Self.voice) == plain)
  }

  @Test("The shortest stretch can be edited in every way")
  func shortest() throws {
    for kind in SoundEdits.Kind.allCases where !kind.needsVoice {
      for amount in [kind.limits.lowerBound, kind.limits.upperBound] {
        let found = try applied(RegionEdit(from: 0.5, to: 0.52, edits: SoundEdits([kind: amount])), to: Self.voice)
        #expect(found.allSatisfy(\.isFinite) && found[..<8000] == Self.voice[..<8000], "\(kind)")
        #expect(found.suffix(15_680) == Self.voice.suffix(15_680), "\(kind)")
      }
    }
  }

  @Test("The pitch of a short stretch is changed, or it is said to have no voice", arguments: [20, 30, 40, 50, 60])
  func shortVoice(_ milliseconds: Int) throws {
    let pitch = SoundEdits([.pitch: 3])
    let edit = try RegionEdit(from: 0.5, to: 0.5 + Double(milliseconds) / 1000, edits: pitch)
    do {
      #expect(try applied(edit, to: Self.voice) != Self.voice)
    } catch let error as RegionError {
      #expect(error == .noVoice(pitch))
    }
  }

  @Test("What is no region, and what a sound has not, is said")
  func wrong() throws {
    func error(_ make: () throws -> Void) -> RegionError? {
      do { try make() } catch { return error as? RegionError }
      return nil
    }
    #expect(error { _ = try RegionEdit(from: 1, to: 1.01) } == .stretch(start: 1, end: 1.01))
    #expect(error { _ = try RegionEdit(from: 2, to: 1) } == .stretch(start: 2, end: 1))
    #expect(error { _ = try RegionEdit(from: -1, to: 1) } == .stretch(start: -1, end: 1))
    #expect(error { _ = try RegionEdit(from: .nan, to: 1) } != nil && error { _ = try RegionEdit(to: .nan) } != nil)
    #expect(error { _ = try RegionEdit(from: 0.1, to: 0.12) } == nil)
    #expect(error { _ = try RegionEdit(low: 500, high: 550, gain: .silence) } == .band(low: 500, high: 550))
    #expect(error { _ = try RegionEdit(low: -1, gain: .silence) } == .band(low: -1, high: .infinity))
    #expect(error { _ = try RegionEdit(low: 100, high: 400) } == .bandWithoutGain)
    #expect(error { _ = try RegionEdit(gain: .decibels(25)) } == .gain(25))
    #expect(error { _ = try RegionEdit(gain: .decibels(.nan)) } != nil)
    let behind = try RegionEdit(from: 1.49, to: 3, gain: .silence)
    #expect(error { _ = try applied(behind) } == .behind(start: 1.49, seconds: 1.5))
    let high = try RegionEdit(low: 7950, gain: .silence)
    #expect(error { _ = try applied(high) } == .band(low: 7950, high: 8000))
    let pitch = SoundEdits([.pitch: 3])
    let voiceless = try RegionEdit(from: 0.5, to: 1, edits: pitch)
    #expect(error { _ = try applied(voiceless, to: Signals.noise(24_000, seed: 3)) } == .noVoice(pitch))
    for error in [RegionError.behind(start: 1, seconds: 1.005), .noVoice(pitch)] { #expect(error.isOfTheSound) }
    #expect("\(RegionError.stretch(start: 2, end: 1))" == "2 to 1 s is no stretch from 0 s on of 0.02 s or more")
  }
}
