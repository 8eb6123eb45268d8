import AudioFeatures
import Foundation
import Tensors

/// The distribution of one clip's attribution over the mel. All numbers are shares or ratios, so that clips can be
/// averaged whatever the size of their attributions; the absolute values of signed attributions count.
public struct RelevanceProfile: Sendable, Codable, Equatable {
  /// A region of a clip that an attribution may prefer.
  public enum Region: String, CaseIterable, Codable, Sendable, CodingKeyRepresentable {
    /// Frames less than 20 dB under the loudest.
    case loud
    /// Voiced frames.
    case voiced
    /// Edges of bands: the quarter of the cells whose neighbours above and below differ most.
    case edges
    /// Onsets: the tenth of the frames whose loudness rises most from the frame before.
    case onsets
  }

  /// The number of equal parts of the speech's length in ``times`` and ``map``.
  public static let timeBins = 50

  /// The share of each mel band, the lowest first.
  public let bands: [Double]
  /// The share of each fiftieth of the speech.
  public let times: [Double]
  /// The share of each band and fiftieth, [bands × times]; empty once it has been added to a collection.
  public internal(set) var map: [Double]
  /// The spectral centroid of the attribution, in mel.
  public let centroid: Double
  /// log₂ of the ratio of the mean attribution inside a region to that outside; absent where one of them is zero.
  public let preferences: [Region: Double]
  /// The difference of each cue between the frames that hold half of the attribution and the others; absent where one
  /// of them has no value.
  public let cues: [AcousticCue: Double]
  /// The clip's speaker, where it is known: intervals resample speakers.
  public var speaker: String?

  /// The profile of an attribution; nil where it is zero throughout the speech.
  /// - Parameters:
  ///   - attribution, logMel: Tensors [mels, frames], logMel in dB.
  ///   - pitch: The fundamental frequency of each frame in Hz, nil where there is no voice.
  ///   - speechFrames: The number of frames before the padding.
  public init?(
    attribution: Tensor, logMel: Tensor, pitch: [Double?], speechFrames: Int, frontEnd: FrontEnd
  ) {
    let (rows, columns) = (attribution.shape[0], attribution.shape[1])
    let frames = min(max(1, speechFrames), columns)
    let (relevance, levels) = (attribution.floats, logMel.floats)
    func size(_ row: Int, _ frame: Int) -> Double { Double(abs(relevance[row * columns + frame])) }
    func level(_ row: Int, _ frame: Int) -> Double { Double(levels[row * columns + frame]) }
    let byFrame = (0..<frames).map { frame in (0..<rows).reduce(0) { $0 + size($1, frame) } }
    let sum = byFrame.reduce(0, +)
    guard sum > 0, sum.isFinite else { return nil }

    bands = (0..<rows).map { row in (0..<frames).reduce(0) { $0 + size(row, $1) } / sum }
    /// Sums of values of frames over each part of the speech; a frame is divided among the parts that it overlaps.
    func overTime(_ values: (Int) -> Double) -> [Double] {
      let width = Double(frames) / Double(Self.timeBins)
      return (0..<Self.timeBins).map { bin in
        let (start, end) = (Double(bin) * width, Double(bin + 1) * width)
        return (Int(start)...min(frames - 1, Int(end))).reduce(0) { total, frame in
          total + values(frame) * max(0, min(end, Double(frame + 1)) - max(start, Double(frame)))
        }
      }
    }
    times = overTime { byFrame[$0] / sum }
    map = (0..<rows).flatMap { row in overTime { size(row, $0) / sum } }
    let mels = frontEnd.melCentres.map(FrontEnd.mel)
    centroid = zip(bands, mels).reduce(0) { $0 + $1.0 * $1.1 }

    let frameCues = FrameCues(
      levels: (0..<rows).map { row in (0..<frames).map { level(row, $0) } }, pitch: pitch, frontEnd: frontEnd)
    cues = frameCues.differences(byFrame)
    let loudness = frameCues.loudness
    let rises = loudness.indices.map { $0 == 0 ? 0 : loudness[$0] - loudness[$0 - 1] }
    let steps = (0..<rows).map { row in
      (0..<frames).map { abs(level(min(rows - 1, row + 1), $0) - level(max(0, row - 1), $0)) }
    }
    /// The quantile that this share of the values lies above.
    func threshold(_ values: [Double], share: Double) -> Double {
      values.sorted()[min(values.count - 1, Int(Double(values.count) * (1 - share)))]
    }
    let (loudest, steep, sudden) = (
      loudness.max()!, threshold(steps.flatMap { $0 }, share: 0.25), threshold(rises, share: 0.1)
    )
    var preferences: [Region: Double] = [:]
    for region in Region.allCases {
      var (inside, outside) = ((sum: 0.0, count: 0), (sum: 0.0, count: 0))
      for row in 0..<rows {
        for frame in 0..<frames {
          let belongs =
            switch region {
            case .loud: loudness[frame] > loudest - 20
            case .voiced: frame < pitch.count && pitch[frame] != nil
            case .edges: steps[row][frame] >= steep && steps[row][frame] > 0
            case .onsets: rises[frame] >= sudden && rises[frame] > 0
            }
          if belongs {
            inside = (inside.sum + size(row, frame), inside.count + 1)
          } else {
            outside = (outside.sum + size(row, frame), outside.count + 1)
          }
        }
      }
      guard inside.sum > 0, outside.sum > 0 else { continue }
      preferences[region] = log2(inside.sum / Double(inside.count) * Double(outside.count) / outside.sum)
    }
    self.preferences = preferences
  }
}

extension RelevanceProfile {
  /// Whether the numbers, read from a file, can be those of a clip with so many mel bands.
  func isPossible(bands: Int) -> Bool {
    // A share, and half a hundredth for rounding.
    func areShares(_ values: [Double], _ count: Int) -> Bool {
      values.count == count && values.allSatisfy { (0...1.005).contains($0) }
    }
    return areShares(self.bands, bands) && areShares(times, Self.timeBins) && (0...10_000).contains(centroid)
      && preferences.values.allSatisfy { abs($0) < 1000 } && cues.values.allSatisfy { abs($0) < 1000 }
  }
}

extension Explanation {
  /// The profile of the attribution on the mel; nil where there is none, or where it is zero.
  /// - Parameters:
  ///   - samples: The clip's speech.
  ///   - tracker: The pitch tracker, in the front-end's frames.
  public func profile(samples: [Float], tracker: PitchTracker, frontEnd: FrontEnd) -> RelevanceProfile? {
    inputs.first { $0.space == .mel }.flatMap {
      RelevanceProfile(
        attribution: $0.attribution, logMel: $0.values,
        pitch: tracker.track(samples), speechFrames: Int(duration / hop) + 1, frontEnd: frontEnd)
    }
  }
}
