import AudioFeatures
import Basics
import Corpora
import Figures
import Foundation
import Tensors

/// What a corpus holds: the report's Tables 1 and 2 and Figures 1 and 2, the lengths and rates of its clips, and its voices by
/// emotion.
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

  /// Nil where no clip has a voice that was measured.
  public var voice: EmotionMeasuresFigure? {
    let measured = statistics.emotions.filter { statistics.voice[.level]?[$0] != nil }
    guard !measured.isEmpty else { return nil }
    return EmotionMeasuresFigure(
      title: ["\(name): voices by emotion", "Cohen's d against the other emotions · \(intervals)"],
      emotions: measured.map { ($0.rawValue, statistics.voice[.level]?[$0]?.clips ?? 0) },
      panels: VoiceMeasure.allCases.map { measure in
        .init(
          title: measure.title, unit: "Cohen's d",
          values: measured.map { statistics.voice[measure]?[$0]?.effect?.drawn })
      })
  }

  /// What the intervals of effects stand for: "95 % intervals by speaker", or why there are none.
  private var intervals: String {
    let effects = statistics.voice[.level]?.values.compactMap(\.effect) ?? []
    guard let first = effects.first else { return "no intervals" }
    return Estimate.noInterval(clips: first.clips, speakers: first.speakers)
      ?? "95 % intervals by \(first.speakers == nil ? "clip" : "speaker")"
  }

  /// A table by its file's name, its header first.
  public typealias Table = (name: String, caption: String, rows: [[String]])

  /// All numbers, as pages show them and CSV has them.
  public var tables: [Table] {
    [
      counts, amplitudes, ("durations", "Durations", durations),
      (
        "rates", "Sample rates",
        [["sample rate (Hz)", "clips"]]
          + statistics.sampleRates.sorted { $0.key < $1.key }.map { ["\($0.key)", "\($0.value)"] }
      ),
      ("voice", "Voices by emotion, with Cohen's d against the other emotions", voices),
    ]
  }

  /// Table 1, with the shares of Figure 1.
  public var counts: Table {
    let origins = statistics.origins
    let cells = statistics.emotions.map { emotion in origins.map { statistics.counts[emotion]?[$0] ?? 0 } }
    let columns = origins.indices.map { origin in cells.reduce(0) { $0 + $1[origin] } }
    let all = columns.reduce(0, +)
    func share(_ clips: Int) -> String { String(format: "%.2f", 100 * Double(clips) / Double(max(1, all))) }
    return (
      "counts", "Clips by emotion and origin",
      [["emotion"] + origins + ["all", "share (%)"]]
        + zip(statistics.emotions, cells).map { emotion, row in
          [emotion.rawValue] + (row + [row.reduce(0, +)]).map(String.init) + [share(row.reduce(0, +))]
        } + [
          ["all"] + (columns + [all]).map(String.init) + [share(all)],
          ["share (%)"] + (columns + [all]).map(share) + [""],
        ]
    )
  }

  /// Table 2.
  public var amplitudes: Table {
    func row(_ name: String, _ found: CorpusStatistics.Amplitude?) -> [[String]] {
      found.map { [[name, String($0.maximum), String($0.minimum)]] } ?? []
    }
    return (
      "amplitudes", "Means of the clips' largest and smallest amplitudes",
      [["amplitude", "mean maximum", "mean minimum"]] + row("all", statistics.amplitude)
        + statistics.emotions.flatMap { row($0.rawValue, statistics.amplitudeByEmotion[$0]) }
        + statistics.origins.flatMap { row($0, statistics.amplitudeByOrigin[$0]) }
    )
  }

  private var durations: [[String]] {
    let found = statistics.durations
    return [
      ["duration", "seconds"], ["mean", String(found.mean)], ["standard deviation", String(found.deviation)],
      ["shortest", String(found.shortest)], ["longest", String(found.longest)],
      ["95th percentile", String(found.percentile95)], ["99th percentile", String(found.percentile99)],
    ]
  }

  private var voices: [[String]] {
    [["measure", "unit", "emotion", "clips", "mean", "standard deviation", "cohens_d", "low", "high"]]
      + VoiceMeasure.allCases.flatMap { measure in
        statistics.emotions.compactMap { emotion in
          statistics.voice[measure]?[emotion].map { found in
            [measure.rawValue, measure.unit, emotion.rawValue, String(found.clips), String(found.mean)]
              + [String(found.deviation)] + (found.effect?.cells ?? ["", "", ""])
          }
        }
      }
  }

  /// The means and effects of the voices, a row for each emotion: with a star where an effect's interval lies on one side of
  /// zero.
  public var voiceRows: [[String]] {
    guard let voice else { return [] }
    return [["voice"] + VoiceMeasure.allCases.flatMap { ["\($0.title) (\($0.unit))", "d"] }]
      + voice.emotions.map { emotion in
        [emotion.name]
          + VoiceMeasure.allCases.flatMap { measure in
            let found = statistics.voice[measure]?[Emotion(rawValue: emotion.name)]
            let isSure = found?.effect.map { ($0.low ?? 0) > 0 || ($0.high ?? 0) < 0 } ?? false
            return [
              found.map { fourDigits(String($0.mean)) } ?? "",
              found?.effect.map { (isSure ? "*" : "") + String(format: "%+.2f", $0.mean) } ?? "",
            ]
          }
      }
  }

  public var provenance: [String: String] {
    ["Software": "Undertone \(undertoneVersion)", "Source": path, "Source digest": manifest.digest]
  }
}

extension VoiceMeasure {
  fileprivate var title: String {
    switch self {
    case .pitch: "F0"
    case .level: "level"
    case .tilt: "tilt"
    }
  }
}
