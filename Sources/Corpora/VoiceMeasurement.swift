import AudioFeatures
import Basics
import Foundation
import Tensors

/// A measure of a clip's voice that tells emotions apart.
public enum VoiceMeasure: String, CaseIterable, Codable, Sendable, CodingKeyRepresentable {
  /// The median fundamental frequency of the voiced frames.
  case pitch
  /// The power of the speech.
  case level
  /// The slope of the long-term average spectrum: flat of an effortful voice, steep of a soft one.
  case tilt

  /// The unit of a clip's value. Means and differences of pitch are taken in semitones.
  public var unit: String {
    switch self {
    case .pitch: "Hz"
    case .level: "dBFS"
    case .tilt: "dB/octave"
    }
  }
}

/// How a clip is spoken, whatever is said.
public struct VoiceMeasurement: Sendable, Equatable {
  /// The clip's values: none of ``VoiceMeasure/pitch`` where no frame is voiced.
  public let values: [VoiceMeasure: Double]
  /// Semitones from the 5th to the 95th percentile of the voiced frames' pitch; nil where no frame is voiced.
  public let pitchRange: Double?

  public init(values: [VoiceMeasure: Double], pitchRange: Double? = nil) {
    (self.values, self.pitchRange) = (values, pitchRange)
  }
}

/// Measures voices, with the tables that this takes made once.
public final class VoiceMeter {
  private let extractor = FeatureExtractor()
  private let tracker: PitchTracker
  /// The transform's bins in the band of the tilt, their octaves above 1 Hz, and their weights.
  private let bins: [(index: Int, octave: Double, weight: Double)]

  /// The band of the tilt, in Hz, which recordings of every rate have.
  private static let band = 100.0...4000.0

  public init() {
    let frontEnd = extractor.frontEnd
    tracker = PitchTracker(sampleRate: frontEnd.sampleRate, hopSamples: frontEnd.hopSamples)
    bins = frontEnd.binFrequencies.enumerated().filter { Self.band.contains($0.element) }.map {
      ($0.offset, log2($0.element), 1 / $0.element)
    }
  }

  /// The measures of speech at the front-end's sample rate; nil where it is shorter than a window, or silent.
  public func measure(_ samples: [Float]) -> VoiceMeasurement? {
    guard samples.count >= extractor.frontEnd.windowSamples, !isSilent(samples) else { return nil }
    let power = samples.reduce(0) { $0 + Double($1) * Double($1) } / Double(samples.count)
    var values: [VoiceMeasure: Double] = [.level: 10 * log10(power), .tilt: tilt(samples)]
    let voiced = tracker.track(samples).compactMap { $0 }.sorted()
    guard !voiced.isEmpty else { return VoiceMeasurement(values: values) }
    values[.pitch] = (voiced[(voiced.count - 1) / 2] + voiced[voiced.count / 2]) / 2
    var semitones = OrderStatistics(voiced.map { Float(12 * log2($0)) })
    return VoiceMeasurement(values: values, pitchRange: semitones.percentile(0.95) - semitones.percentile(0.05))
  }

  /// Σ w (x − x̄) y / Σ w (x − x̄)², the least-squares slope of the level y in dB of each bin's mean power over its octave x.
  /// The weights w are 1/f, so that every octave counts alike.
  private func tilt(_ samples: [Float]) -> Double {
    let spectrum = extractor.powerSpectrogram(Tensor(samples, shape: [1, samples.count])).mean(axes: [1]).floats
    let mean = bins.reduce(0) { $0 + $1.weight * $1.octave } / bins.reduce(0) { $0 + $1.weight }
    let (products, squares) = bins.reduce((0.0, 0.0)) { sums, bin in
      let offset = bin.octave - mean
      let level = 10 * log10(max(Double(spectrum[bin.index]), 1e-12))
      return (sums.0 + bin.weight * offset * level, sums.1 + bin.weight * offset * offset)
    }
    return products / squares
  }
}
