import Basics
import Foundation
import Tensors

/// How a clip sounds as a whole, whatever is said: its recording, its level, its voice. By these numbers clips are compared
/// with those that a model was trained on.
///
/// The mels are averaged in 32 groups of neighbours, in dB: of 128, four each. Of each of these bands: the 5th percentile over the frames (the
/// background), the 95th (the speech), and the standard deviation of the difference from one frame to the next (how fast
/// it changes, in dB); then the level of the samples in dBFS and the number of the highest band whose 95th percentile lies
/// less than 60 dB below the loudest band's.
public struct SoundStatistics: Sendable, Equatable {
  /// The numbers, in the order above: all are in dB but the last, which counts bands.
  public let values: [Float]

  public static let bands = 32
  public static let count = 3 * bands + 2
  public static let background = 0..<bands
  public static let speech = bands..<(2 * bands)
  public static let change = (2 * bands)..<(3 * bands)
  public static let level = 3 * bands
  public static let highestBand = 3 * bands + 1

  /// - Parameters:
  ///   - logMel: [1, 1, mels, frames], in dB; only the first `frames` are used.
  ///   - samples: Those of the clip, without padding.
  public init(logMel: Tensor, frames: Int, samples: ArraySlice<Float>) {
    let (mels, columns) = (logMel.shape[2], logMel.shape[3])
    demand(mels >= Self.bands && (1...columns).contains(frames), "\(frames) frames of \(logMel.shape)")
    let cells = logMel.floats
    var (low, high, change): ([Float], [Float], [Float]) = ([], [], [])
    for band in 0..<Self.bands {
      var decibels = [Float](repeating: 0, count: frames)
      let rows = Self.rows(ofBand: band, of: mels)
      for row in rows {
        for frame in 0..<frames { decibels[frame] += cells[row * columns + frame] / Float(rows.count) }
      }
      change.append(Self.deviation(zip(decibels.dropFirst(), decibels).map { $0 - $1 }))
      var sorted = OrderStatistics(decibels)
      low.append(Float(sorted.percentile(0.05)))
      high.append(Float(sorted.percentile(0.95)))
    }
    let power = samples.reduce(0) { $0 + Double($1) * Double($1) } / Double(max(1, samples.count))
    let loudest = high.max()!
    values =
      low + high + change
      + [Float(10 * log10(max(power, 1e-12))), Float(high.lastIndex { $0 > loudest - 60 }!)]
  }

  /// The mels of a band.
  public static func rows(ofBand band: Int, of mels: Int) -> Range<Int> {
    (band * mels / bands)..<((band + 1) * mels / bands)
  }

  /// Numbers as ``values`` has them.
  public init(values: [Float]) {
    demand(values.count == Self.count, "\(values.count) statistics")
    self.values = values
  }

  private static func deviation(_ values: [Float]) -> Float {
    guard !values.isEmpty else { return 0 }
    let mean = values.reduce(0, +) / Float(values.count)
    return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Float(values.count)).squareRoot()
  }
}
