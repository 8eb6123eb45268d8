import AudioFeatures
import AudioFiles
import Basics
import Tensors

/// The sound of a clip in a few kilobytes, by which it is found again: a digest of its samples, which only an exact copy
/// shares, and landmarks, most of which also a louder, shifted or recompressed copy shares.
///
/// Landmarks are pairs of spectral peaks (Wang 2003, "An industrial-strength audio search algorithm"): whatever the
/// level, peaks stay where they are; two of them say at which frequencies and how long after each other they are, and
/// nothing about where in the file.
public struct AudioPrint: Sendable {
  struct Landmark: Sendable {
    /// Both frequencies and the time between, below ``hashCount``.
    let hash: UInt32
    /// The frame of the first peak.
    let frame: Int32
  }

  /// Of the samples as 16-bit integers.
  public let digest: UInt64
  let landmarks: [Landmark]

  /// Samples a second of the clips that are compared.
  public static let sampleRate = 16_000
  static let hashCount = 1 << 19

  // 64 ms, so that the harmonics of a voice are apart; hops of 8 ms, so that a copy shifted by half a hop has its peaks in
  // the same frames or the next ones.
  private static let window: [Float] = {
    var frontEnd = FrontEnd()
    frontEnd.windowSamples = 1024
    return frontEnd.window
  }()
  private static let hop = 128
  /// 94 Hz to 3.4 kHz, what a telephone leaves.
  private static let bins = 6..<218
  /// A peak is the largest cell of ±8 frames (64 ms) and ±8 bins (125 Hz), which leaves some 60 a second of speech.
  private static let reach = 8
  /// Relative to the clip's largest power: −40 dB, above what codecs change.
  private static let floor: Float = 1e-4
  /// The next peaks that one is paired with.
  private static let partners = 5
  /// In frames: up to a second.
  private static let longestGap = 127

  /// - Parameter samples: At ``sampleRate``; what a 16-bit file does not keep of them has no part.
  public init(_ samples: [Float]) {
    let integers = samples.map(AudioClip.integer16)
    var digest = Fingerprint()
    integers.withUnsafeBytes { digest.add(bytes: $0) }
    self.digest = digest.value
    landmarks = Self.landmarks(of: Self.peaks(of: integers.map { Float($0) / 32_768 }))
  }

  /// The peaks of a signal's power spectrogram, by frame and then bin.
  private static func peaks(of samples: [Float]) -> [(frame: Int, bin: Int)] {
    guard !isSilent(samples) else { return [] }
    let power = Tensor(samples, shape: [1, samples.count]).stft(window: window, hop: hop).power()
    let (frames, width) = (power.shape[1], power.shape[2])
    return power.withFloats { power in
      var largest: Float = 0
      for frame in 0..<frames { for bin in bins { largest = max(largest, power[frame * width + bin]) } }
      let floor = largest * Self.floor
      /// Whether no cell around is larger, nor equal and earlier.
      func isPeak(_ frame: Int, _ bin: Int, within reach: Int) -> Bool {
        let here = power[frame * width + bin]
        for other in max(0, frame - reach)...min(frames - 1, frame + reach) {
          for otherBin in max(bins.lowerBound, bin - reach)...min(bins.upperBound - 1, bin + reach) {
            let there = power[other * width + otherBin]
            if there > here || (there == here && (other, otherBin) < (frame, bin)) { return false }
          }
        }
        return true
      }
      var peaks: [(frame: Int, bin: Int)] = []
      for frame in 0..<frames {
        for bin in bins where power[frame * width + bin] > floor {
          // Most cells lose against a neighbour.
          if isPeak(frame, bin, within: 1), isPeak(frame, bin, within: reach) { peaks.append((frame, bin)) }
        }
      }
      return peaks
    }
  }

  /// Each peak with the next ones that are at least four frames later.
  ///
  /// Frequencies count in steps of two bins (31 Hz) and the time between in steps of four frames (32 ms), which noise and
  /// shifts seldom change.
  private static func landmarks(of peaks: [(frame: Int, bin: Int)]) -> [Landmark] {
    var landmarks: [Landmark] = []
    for (number, peak) in peaks.enumerated() {
      var paired = 0
      for next in peaks[(number + 1)...] where next.frame - peak.frame >= 4 {
        let gap = next.frame - peak.frame
        guard gap <= longestGap, paired < partners else { break }
        paired += 1
        landmarks.append(
          Landmark(hash: UInt32((peak.bin / 2) << 12 | (next.bin / 2) << 5 | gap / 4), frame: Int32(peak.frame)))
      }
    }
    return landmarks
  }
}
