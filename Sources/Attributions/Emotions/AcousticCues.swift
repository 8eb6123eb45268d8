import AudioFeatures
import Foundation

/// An acoustic measure of a voice, frame by frame.
public enum AcousticCue: String, CaseIterable, Codable, Sendable, CodingKeyRepresentable {
  /// The fundamental frequency, in voiced frames.
  case pitch
  /// The power of all bands.
  case loudness
  /// The slope of the level over frequency.
  case tilt
  /// The mean frequency of the power.
  case centroid

  /// The unit of a difference of the cue between two sets of frames.
  public var unit: String {
    switch self {
    case .pitch: "semitones"
    case .loudness: "dB"
    case .tilt: "dB/octave"
    case .centroid: "octaves"
    }
  }
}

/// A clip's cues in each frame.
struct FrameCues {
  /// The cues in semitones above 1 Hz, dB, dB/octave and octaves above 1 Hz; nil where a frame has none.
  private let values: [AcousticCue: [Double?]]
  /// Whether a frame's power lies less than 40 dB under the loudest frame's.
  let isHeard: [Bool]
  /// The power of all bands in each frame, dB.
  let loudness: [Double]

  /// - Parameters:
  ///   - levels: dB, by mel band and frame of the speech.
  ///   - pitch: Hz, by frame.
  init(levels: [[Double]], pitch: [Double?], frontEnd: FrontEnd) {
    let octaves = frontEnd.melCentres.map { log2($0) }
    let frames = levels.first?.count ?? 0
    let powers = levels.map { $0.map { pow(10, $0 / 10) } }
    let sums = (0..<frames).map { frame in powers.reduce(0) { $0 + $1[frame] } }
    let loudness = sums.map { 10 * log10(max($0, 1e-30)) }
    let loudest = loudness.max() ?? 0
    let mean = octaves.reduce(0, +) / Double(octaves.count)
    let spread = octaves.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    values = [
      .pitch: (0..<frames).map { frame in frame < pitch.count ? pitch[frame].map { 12 * log2($0) } : nil },
      .loudness: loudness,
      // The least-squares line of the bands' levels over octaves.
      .tilt: (0..<frames).map { frame in
        zip(octaves, levels).reduce(0) { $0 + ($1.0 - mean) * $1.1[frame] } / spread
      },
      .centroid: (0..<frames).map { frame in
        let hertz = zip(frontEnd.melCentres, powers).reduce(0) { $0 + $1.0 * $1.1[frame] } / max(sums[frame], 1e-30)
        return hertz > 0 ? log2(hertz) : nil
      },
    ]
    (self.loudness, isHeard) = (loudness, loudness.map { $0 > loudest - 40 })
  }

  /// The difference of each cue's mean between the salient region and the rest of the audible frames.
  ///
  /// The salient region is the smallest set of audible frames that holds half of the attribution on all audible frames.
  /// - Parameter relevance: The attribution of each frame.
  func differences(_ relevance: [Double]) -> [AcousticCue: Double] {
    let (salient, rest) = salientHalf(of: relevance, among: isHeard.indices.filter { isHeard[$0] })
    func mean(_ cue: AcousticCue, _ frames: ArraySlice<Int>) -> Double? {
      let found = frames.compactMap { values[cue]![$0] }
      return found.isEmpty ? nil : found.reduce(0, +) / Double(found.count)
    }
    return AcousticCue.allCases.reduce(into: [:]) { found, cue in
      guard let inside = mean(cue, salient), let outside = mean(cue, rest) else { return }
      found[cue] = inside - outside
    }
  }
}

/// The smallest set of frames that holds half of the attribution on all of them, and the other frames; of frames with as
/// much attribution the earlier comes first.
/// - Parameters:
///   - relevance: The attribution of each frame of the clip, 0 or more.
///   - frames: The places of those that are looked at.
func salientHalf(of relevance: [Double], among frames: [Int]) -> (salient: ArraySlice<Int>, rest: ArraySlice<Int>) {
  let sorted = frames.sorted { (relevance[$1], $0) < (relevance[$0], $1) }
  let half = sorted.reduce(0) { $0 + relevance[$1] } / 2
  var sum = 0.0
  let salient = sorted.prefix { frame in
    defer { sum += relevance[frame] }
    return sum < half
  }
  return (salient, sorted.dropFirst(salient.count))
}
