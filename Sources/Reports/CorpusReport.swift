import AudioFeatures
import Basics
import Corpora
import Figures
import Foundation
import Tensors

/// The report's Figures 1 and 2 of a corpus: how its clips are shared out, and one clip of each emotion.
public struct CorpusReport {
  public let statistics: CorpusStatistics
  /// The manifest, and where it is, as given by the user.
  public let manifest: Manifest
  public let path: String

  public init(_ statistics: CorpusStatistics, manifest: Manifest, path: String) {
    (self.statistics, self.manifest, self.path) = (statistics, manifest, path)
  }

  private var name: String { shownName(path) }

  public var shares: SharesFigure {
    let emotions = statistics.emotions.map { emotion in
      (name: emotion.rawValue, clips: statistics.counts[emotion]?.values.reduce(0, +) ?? 0)
    }
    let origins = statistics.origins.map { origin in
      (name: origin, clips: statistics.counts.values.reduce(0) { $0 + ($1[origin] ?? 0) })
    }
    return SharesFigure(
      title: ["\(name): clips by emotion and origin", "\(emotions.reduce(0) { $0 + $1.clips }) clips"],
      properties: [.init(name: "Emotion", values: emotions), .init(name: "Origin", values: origins)])
  }

  /// - Parameter clips: Speech at the front-end's sample rate, its quiet ends trimmed.
  public func samples(_ clips: [(entry: Manifest.Entry, samples: [Float])], seed: UInt64) -> SamplesFigure {
    let frontEnd = FrontEnd()
    let features = FeatureExtractor(frontEnd)
    return SamplesFigure(
      title: [
        "\(name): a clip of each emotion",
        "drawn with seed \(seed) · log-mel of \(frontEnd.mels) bands, window \(frontEnd.windowSamples), hop "
          + "\(frontEnd.hopSamples) samples at \(frontEnd.sampleRate / 1000) kHz",
      ],
      clips: clips.map { entry, samples in
        let mel = features.logMel(Tensor(samples, shape: [1, samples.count]))
        return .init(
          name: "\(entry.emotion.rawValue): \(URL(fileURLWithPath: entry.path).lastPathComponent)",
          waveform: .init(samples: samples, sampleRate: Double(frontEnd.sampleRate)),
          logMel: .init(
            frames: .init(
              values: mel.floats, rows: mel.shape[2], columns: mel.shape[3], hop: frontEnd.hopSeconds),
            maximumFrequency: Double(frontEnd.sampleRate) / 2),
          duration: Double(samples.count) / Double(frontEnd.sampleRate))
      })
  }

  public var provenance: [String: String] {
    ["Software": "Undertone \(undertoneVersion)", "Source": path, "Source digest": manifest.digest]
  }
}
