import Basics
import Foundation
import TestSupport
import Testing

@testable import AudioFeatures

@Suite("The units of speech")
struct SpeechSegmentationTests {
  private struct Voice: Decodable {
    struct Stretch: Decodable {
      let start, end: Double
      let spoken: Bool
    }
    let name: String
    let pitch, length, first: Double
    let hum: [Double]
    let syllables: [[Double]]
    let intensity: [Double]
    let stretches: [Stretch]

    /// As units.py makes it.
    var samples: [Float] {
      (0..<Int((length * 16_000).rounded())).map { index in
        let time = Double(index) / 16_000
        var x = hum[1] * sin(2 * .pi * hum[0] * time)
        for syllable in syllables where time >= syllable[0] && time < syllable[1] {
          let place = (time - syllable[0]) / (syllable[1] - syllable[0])
          let voice = (1..<16).reduce(0.0) { $0 + sin(2 * .pi * Double($1) * pitch * time) / Double($1) }
          x += syllable[2] * sin(.pi * place) * voice
        }
        return Float(x)
      }
    }
  }

  private func voice(_ index: Int) throws -> Voice {
    try JSONDecoder().decode([Voice].self, from: Data(contentsOf: Checkout.fixture("units.json")))[index]
  }

  @Test("Intensity is Praat's", arguments: 0..<2)
  func intensity(index: Int) throws {
    let voice = try voice(index)
    let found = IntensityContour(voice.samples, sampleRate: 16_000, lowestPitch: 100)
    #expect(found.levels.count == voice.intensity.count)
    #expect(abs(try #require(found.times.first) - voice.first) < 1e-9)
    let apart = zip(found.levels, voice.intensity).map { abs($0 - $1) }.sorted()
    // Praat's samples of the window differ a little, which shows where a syllable ends abruptly.
    #expect(apart[apart.count / 2] < 1e-3 && apart[apart.count - 1] < 0.05, "\(apart.suffix(5))")
  }

  @Test("Pauses are Praat's silences: a click does not end one, a closure is none", arguments: 0..<2)
  func pauses(index: Int) throws {
    let voice = try voice(index)
    let found = SpeechSegmentation(voice.samples, sampleRate: 16_000)
    for (own, isSpoken) in [(found.phrases, true), (found.pauses, false)] {
      let expected = voice.stretches.filter { $0.spoken == isSpoken }
      #expect(own.count == expected.count, "\(own)")
      // A frame or two: Praat takes low frequencies off by another filter.
      for (range, other) in zip(own, expected) {
        #expect(abs(range.lowerBound - other.start) < 0.017 && abs(range.upperBound - other.end) < 0.017, "\(range)")
      }
    }
  }

  @Test("Each syllable that was made is one, bounded at the weakest moments")
  func syllables() throws {
    let found = SpeechSegmentation(try voice(0).samples, sampleRate: 16_000)
    // The middles of what was made, less the click.
    let middles = [0.125, 0.4, 1.225, 1.585, 1.9]
    #expect(found.nuclei.count == 5, "\(found.nuclei)")
    #expect(zip(found.nuclei, middles).allSatisfy { abs($0 - $1) < 0.06 }, "\(found.nuclei)")
    let units = found.units(.syllables)
    #expect(
      units.map(\.name) == ["syllable 1", "syllable 2", "pause 1", "syllable 3", "syllable 4", "syllable 5", "pause 2"])
    #expect(abs(units[0].range.upperBound - 0.25) < 0.04 && abs(units[4].range.upperBound - 1.7) < 0.04)
    let closure = units[3].range.upperBound
    #expect((1.35...1.47).contains(closure), "\(closure)")
    let edges = found.units(.edges)
    #expect(edges.map(\.name) == ["onset 1", "ending 1", "pause 1", "onset 2", "middle 1", "ending 2", "pause 2"])
    #expect(found.units(.phrases).map(\.name) == ["phrase 1", "pause 1", "phrase 2", "pause 2"])
  }

  @Test("Units of every kind follow one another from the start to the end", arguments: UnitKind.allCases, 0..<2)
  func partition(kind: UnitKind, index: Int) throws {
    let voice = try voice(index)
    let units = SpeechSegmentation(voice.samples, sampleRate: 16_000).units(kind)
    #expect(units.count > 2)
    #expect(units.first?.range.lowerBound == 0 && units.last?.range.upperBound == voice.length)
    #expect(zip(units, units.dropFirst()).allSatisfy { $0.range.upperBound == $1.range.lowerBound })
    #expect(units.allSatisfy { !$0.range.isEmpty } && Set(units.map(\.name)).count == units.count)
  }

  @Test("A whisper has phrases and no syllables; silence and a few samples are one phrase, and nothing crashes")
  func extremes() {
    var generator = SeededGenerator(seed: 5)
    let noise = (0..<16_000).map { index in
      Float(0.1 * generator.normal() * abs(sin(2 * .pi * 2 * Double(index) / 16_000)))
    }
    let whisper = SpeechSegmentation(noise, sampleRate: 16_000)
    #expect(whisper.units(.syllables).isEmpty && whisper.units(.voiced).isEmpty && whisper.units(.edges).isEmpty)
    #expect(!whisper.units(.phrases).isEmpty)
    for count in [1, 7, 500, 1023, 1024, 1025, 3000] {
      for sampleRate in [8_000, 16_000, 48_000] {
        let silence = SpeechSegmentation([Float](repeating: 0, count: count), sampleRate: sampleRate)
        #expect(silence.units(.syllables).isEmpty && silence.units(.phrases).count == 1)
        let click = SpeechSegmentation((0..<count).map { $0 == count / 2 ? 1 : 0 }, sampleRate: sampleRate)
        for kind in UnitKind.allCases { #expect(click.units(kind).allSatisfy { !$0.range.isEmpty }) }
      }
    }
  }
}
