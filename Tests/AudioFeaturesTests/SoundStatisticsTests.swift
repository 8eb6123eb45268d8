import AudioFeatures
import Tensors
import TestSupport
import Testing

@Suite("Statistics of a clip's sound")
struct SoundStatisticsTests {
  private func statistics(_ samples: [Float], padding: Int = 0) -> [Float] {
    let logMel = FeatureExtractor().logMel(Tensor(samples, shape: [1, samples.count]))
    let padded =
      padding == 0 ? logMel : .concatenated([logMel, .zeros([1, 1, 128, padding])], axis: 3)
    return SoundStatistics(logMel: padded, frames: 1 + samples.count / 256, samples: samples[...]).values
  }

  @Test("Percentiles, changes, level and highest band as NumPy's of librosa's mel", arguments: Signals.names)
  func numbers(_ name: String) throws {
    let expected = try #require(LibrosaNumbers.stored["\(name)/statistics"]).tensor.floats
    #expect(largestDifference(statistics(Signals.named(name)), expected) < 0.01)
  }

  @Test("Mels that are no multiple of the bands are divided as evenly as can be: each belongs to one band")
  func uneven() {
    for mels in [32, 40, 64, 80, 128, 150] {
      let rows = (0..<SoundStatistics.bands).map { SoundStatistics.rows(ofBand: $0, of: mels) }
      #expect(rows.flatMap { Array($0) } == Array(0..<mels))
      #expect(Set(rows.map(\.count)).isSubset(of: [mels / 32, mels / 32 + 1]))
    }
    // 40 mels whose levels are their numbers: 3 are in the third of the bands with two, the other bands have one.
    let logMel = Tensor((0..<40).flatMap { mel in [Float](repeating: Float(mel), count: 4) }, shape: [1, 1, 40, 4])
    let found = SoundStatistics(logMel: logMel, frames: 4, samples: [1])
    for band in 0..<32 {
      let rows = SoundStatistics.rows(ofBand: band, of: 40)
      let mean = Float(rows.reduce(0, +)) / Float(rows.count)
      #expect(found.values[band] == mean && found.values[32 + band] == mean && found.values[64 + band] == 0)
    }
  }

  @Test("Frames of padding do not count")
  func padding() {
    let samples = Signals.named("chirp")
    #expect(statistics(samples, padding: 7) == statistics(samples))
  }
}
