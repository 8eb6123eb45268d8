import AudioFeatures
import Corpora
import Models

/// The cells of a clip that a planted cue of known time and frequency changes.
struct CueCells {
  /// Whether each cell is inside the cue, [rows · frames].
  let isInside: [Bool]
  /// The cue's share of the clip's cells without padding: the expected share of a random attribution.
  let area: Double

  init(isInside: [Bool], area: Double) { (self.isInside, self.area) = (isInside, area) }

  /// - Parameters:
  ///   - region: The cue, in seconds from the clip's first sample and in Hz.
  ///   - speechFrames: The clip's frames before its padding.
  init(_ region: CueRegion, _ cells: Cells, at space: InputSpace, frontEnd: FrontEnd, speechFrames: Int) {
    // A frame covers half a window to each side; a mel filter reaches from one neighbour's centre to the other's.
    let reach = Double(frontEnd.windowSamples) / Double(frontEnd.sampleRate) / 2
    let frames = (0..<cells.frames).map { frame in
      let time = Double(frame) * frontEnd.hopSeconds
      return time > region.seconds.lowerBound - reach && time < region.seconds.upperBound + reach
    }
    let top = FrontEnd.mel(hertz: Double(frontEnd.sampleRate) / 2)
    func edge(_ index: Int) -> Double { FrontEnd.hertz(mel: top * Double(index) / Double(frontEnd.mels + 1)) }
    // A Hann window's main lobe reaches over two bins to each side.
    let bin = Double(frontEnd.sampleRate) / Double(frontEnd.windowSamples)
    let rows = (0..<cells.rows).map { row in
      let heard: (Double, Double)? =
        switch space {
        case .mel: (edge(row), edge(row + 2))
        case .spectrogram: (Double(row - 2) * bin, Double(row + 2) * bin)
        // An MFCC coefficient, and a sample, depends on all frequencies.
        case .waveform, .mfcc: nil
        }
      return heard.map { $0.0 < region.hertz.upperBound && $0.1 > region.hertz.lowerBound } ?? true
    }
    isInside = rows.flatMap { row in frames.map { row && $0 } }
    area = Double(isInside.count { $0 }) / Double(cells.rows * speechFrames)
  }

  /// The share of the attribution inside the cue, 0…1; nil where the attribution is zero.
  func share(of sizes: [Double]) -> Double? {
    let sum = sizes.reduce(0, +)
    return sum > 0 ? zip(sizes, isInside).reduce(0) { $1.1 ? $0 + $1.0 : $0 } / sum : nil
  }

  /// The pointing game (Zhang et al. 2018): whether the largest cell lies inside the cue.
  func isHit(by ranking: Ranking) -> Bool { isInside[ranking.order.last!] }

  /// Of the largest cells, as many as the cue has, the share inside it (relevance rank accuracy, Arras et al. 2022,
  /// arXiv:2003.07258).
  func rankAccuracy(of ranking: Ranking) -> Double { share(ofTop: isInside.count { $0 }, of: ranking) }

  /// The share of the ``top`` largest cells inside the cue, or of as many as the cue has (top-k intersection, Theiner et al.
  /// 2022).
  func topShare(of ranking: Ranking) -> Double { share(ofTop: min(Self.top, isInside.count { $0 }), of: ranking) }

  private static let top = 100

  private func share(ofTop count: Int, of ranking: Ranking) -> Double {
    Double(ranking.order.suffix(count).count { isInside[$0] }) / Double(max(1, count))
  }
}
