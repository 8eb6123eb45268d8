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

  @Test("Frames of padding do not count")
  func padding() {
    let samples = Signals.named("chirp")
    #expect(statistics(samples, padding: 7) == statistics(samples))
  }
}
