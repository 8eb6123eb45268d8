import AudioFeatures
import Corpora
import Models
import Tensors

extension Clip {
  /// The share of an attribution's absolute sum that lies in a region, 0…1; nil where the attribution is zero everywhere.
  ///
  /// A cell of a spectrogram or of a mel counts where its window and its band reach into the region, as a planted cue's do.
  /// A sample counts where its own time lies in it. The MFCC and the waveform have no frequencies: all of the region's
  /// seconds count there.
  /// - Parameters:
  ///   - attribution: As many values as the clip has at `space`, in their order.
  ///   - region: In seconds from the clip's first sample, and in Hz; its ends can be infinite.
  public func share(of attribution: Tensor, at space: InputSpace, in region: CueRegion) -> Double? {
    let frontEnd = model.configuration.frontEnd
    guard space == .waveform else {
      let cells = Cells(of: self, at: space)
      let cue = CueCells(region, cells, at: space, frontEnd: frontEnd, speechFrames: cells.frames)
      return cue.share(of: cells.sizes(attribution))
    }
    let sizes = attribution.floats.map { Double(abs($0)) }
    let sum = sizes.reduce(0, +)
    let rate = Double(frontEnd.sampleRate)
    let inside = sizes.enumerated().reduce(0.0) {
      region.seconds.contains(Double($1.offset) / rate) ? $0 + $1.element : $0
    }
    return sum > 0 ? inside / sum : nil
  }
}
