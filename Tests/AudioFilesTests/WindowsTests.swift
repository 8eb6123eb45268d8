import Foundation
import Testing

@testable import AudioFiles

@Suite("Windows of a file")
struct WindowsTests {
  /// The windows of a file of so many samples that count up, as (first sample, samples), after a check of what is in them.
  private func windows(
    _ count: Int, of length: Int, every hop: Int
  ) throws -> (ranges: [Range<Int>], total: Int) {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).wav").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try AudioClip(samples: (0..<count).map(Float.init), sampleRate: 16_000).write(to: path, as: .float32)
    var ranges: [Range<Int>] = []
    let total = try AudioStream(path: path).forEachWindow(of: length, every: hop) { start, samples in
      #expect(samples.first == Float(start))
      #expect(samples.last == Float(start + samples.count - 1))
      ranges.append(start..<start + samples.count)
    }
    return (ranges, total)
  }

  @Test(
    "The last window reaches the end: shorter from the next hop, or whole where less than half would be left",
    arguments: [
      (1290, 500, 500, [0..<500, 500..<1000, 1000..<1290]),
      (1240, 500, 500, [0..<500, 500..<1000, 740..<1240]),
      (1000, 500, 500, [0..<500, 500..<1000]),
      (1290, 500, 100, (0..<8).map { $0 * 100..<$0 * 100 + 500 } + [800..<1290]),
      (300, 500, 100, [0..<300]), (100, 500, 100, [0..<100]), (1, 500, 1, [0..<1]),
      // With gaps, what lies in a gap stays there.
      (1290, 100, 500, [0..<100, 500..<600, 1000..<1100]), (1030, 100, 500, [0..<100, 500..<600, 930..<1030]),
      (1060, 100, 500, [0..<100, 500..<600, 1000..<1060]),
    ])
  func ends(count: Int, length: Int, hop: Int, expected: [Range<Int>]) throws {
    // As they are, and longer than a block of decoding.
    for factor in [1, 300] {
      let found = try windows(count * factor, of: length * factor, every: hop * factor)
      #expect(found.ranges == expected.map { $0.lowerBound * factor..<$0.upperBound * factor })
      #expect(found.total == count * factor)
    }
  }

  @Test("Samples that come as a stream are those of the whole file, to the bit", arguments: [8_000, 44_100, 48_000])
  func equality(rate: Int) throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).wav").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let glide = (0..<5 * rate + 7).map { 0.5 * sin(1e-6 * Float($0) * Float($0)) }
    try AudioClip(samples: glide, sampleRate: rate).write(to: path, as: .float32)
    let whole = try AudioClip.decode(path: path).samples
    var streamed: [Float] = []
    let total = try AudioStream(path: path).forEachWindow(of: 7_000, every: 7_000) { start, samples in
      streamed.removeLast(streamed.count - start)
      streamed += samples
    }
    #expect(streamed == whole && total == whole.count)
  }
}
