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
      let result = trimmed(signal)
      #expect(result.range == range)
      #expect(result.samples == Array(signal[range]))
    }
  }

  @Test("Nothing stays nothing")
  func empty() {
    #expect(trimmed([]).range == 0..<0)
  }

  @Test("An hour is trimmed like a second")
  func hour() {
    let signal = [Float](repeating: 0, count: 1_000_000) + [Float](repeating: 0.1, count: 57_600_000)
    // The first frame that reaches into the sound is centred on sample 1952 · 512.
    #expect(trimmed(signal).range == 999_424..<signal.count)
  }

  @Test("A fixed length cuts the end or pads it with zeros")
  func fixed() {
    #expect(fixedLength([1, 2, 3], samples: 2) == [1, 2])
    #expect(fixedLength([1, 2, 3], samples: 5) == [1, 2, 3, 0, 0])
    #expect(fixedLength([], samples: 1) == [0])
  }
}
