import AudioFeatures
import Foundation
import TestSupport
import Testing

/// Tests/Fixtures/trimming/ranges.csv: pieces of a square wave (samples and amplitude, alternating), and
/// the range that librosa keeps.
private func librosaRanges() throws -> [(signal: [Float], range: Range<Int>)] {
  let file = Checkout.fixture("trimming/ranges.csv")
  return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map { line in
    let fields = line.split(separator: ",")
    let pieces = fields[0].split(separator: " ")
    var signal: [Float] = []
    for piece in stride(from: 0, to: pieces.count, by: 2) {
      let count = try #require(Int(pieces[piece]))
      let amplitude = try #require(Float(pieces[piece + 1]))
      signal += (0..<count).map { $0.isMultiple(of: 2) ? amplitude : -amplitude }
    }
    return (signal, try #require(Int(fields[1]))..<(try #require(Int(fields[2]))))
  }
}

@Suite("Trimming")
struct TrimmingTests {
  @Test("The range kept is librosa's, silence and 1-sample signals included")
  func librosa() throws {
    for (signal, range) in try librosaRanges() {
      #expect(Trimming.standard.range(of: signal) == range)
    }
  }

  @Test("Nothing stays nothing")
  func empty() {
    #expect(Trimming.standard.range(of: []) == 0..<0)
  }

  @Test("An hour is trimmed like a second")
  func hour() {
    let signal = [Float](repeating: 0, count: 1_000_000) + [Float](repeating: 0.1, count: 57_600_000)
    // The first frame that reaches into the sound is centred on sample 1952 · 512.
    #expect(Trimming.standard.range(of: signal) == 999_424..<signal.count)
  }

  @Test("Fewer decibels keep less, more keep more; off keeps all")
  func settings() {
    // Ends 30 dB below the middle.
    let quiet = [Float](repeating: 0.0316, count: 8_192)
    let signal = quiet + [Float](repeating: 1, count: 8_192) + quiet
    #expect(Trimming.decibels(20).range(of: signal) == 15 * 512..<34 * 512)
    #expect(Trimming.decibels(40).range(of: signal) == signal.indices)
    #expect(Trimming.off.range(of: [0, 0, 1]) == 0..<3)
  }

  @Test("In a file it is a number of decibels or off; nothing else is taken")
  func coding() throws {
    for (text, value) in [("[12.5]", Trimming.decibels(12.5)), ("[\"off\"]", .off)] {
      #expect(try JSONDecoder().decode([Trimming].self, from: Data(text.utf8)) == [value])
      #expect(try String(decoding: JSONEncoder().encode([value]), as: UTF8.self) == text)
    }
    for text in ["[0]", "[-20]", "[\"on\"]", "[null]", "[{}]"] {
      #expect(throws: DecodingError.self) { try JSONDecoder().decode([Trimming].self, from: Data(text.utf8)) }
    }
  }

  @Test("A fixed length cuts the end or pads it with zeros")
  func fixed() {
    #expect(fixedLength([1, 2, 3], samples: 2) == [1, 2])
    #expect(fixedLength([1, 2, 3], samples: 5) == [1, 2, 3, 0, 0])
    #expect(fixedLength([], samples: 1) == [0])
  }
}
