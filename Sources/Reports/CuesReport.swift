import Attributions
import AudioFeatures
import AudioFiles
import Basics
import Corpora
import Figures
import Foundation
import Models

/// The cues of one clip where an attribution lies, against the rest of it.
public struct ClipCues {
  /// The path as given by the user.
  public let file: String
  public let explanation: Explanation
  public let found: SalientCues
  private let cues: VoiceCues
  private let frames: SalientFrames
  private let model: TrainedModel
  private let seed: UInt64

  /// - Parameters:
  ///   - speech: Trimmed, at the model's sample rate.
  ///   - explainer: One that explains on the mel.
  ///   - output: The output that is explained; what is predicted where nil.
  ///   - seed: Of the random sets of frames.
  /// - Throws: `ExplanationError` or `SalientCuesError`.
  public init(_ speech: AudioClip, file: String, explainer: Explainer, output: Int? = nil, seed: UInt64) throws {
    (self.file, self.seed, model) = (file, seed, explainer.model)
    explanation = try explainer.explain(speech, path: file) { Target(output ?? $0) }
    frames = try explanation.salientFrames(path: file, frontEnd: explainer.model.configuration.frontEnd)
    // A model of a fixed length does not use all of a longer clip.
    let used = Array(speech.samples.prefix(Int((explanation.duration * Double(speech.sampleRate)).rounded())))
    cues = VoiceCues(used, sampleRate: speech.sampleRate)
    // Clips of one length would have the same random sets, whose differences would not cancel over clips.
    var print = Fingerprint()
    print.add(seed)
    print.add(used)
    found = SalientCues(cues, in: frames, seed: print.value)
  }

  /// Whether any frame has a voice.
  public var hasVoice: Bool { cues[.fundamental].contains { $0 != nil } }

  /// "angry (p = 0.98); saliency: half of the attribution lies in 31 of 74 audible frames".
  public var words: String {
    let target =
      explanation.targetValue.map { "\($0.name) \(String(format: "%.2f", $0.value))" }
      ?? "\(explanation.targetName) (p = \(String(format: "%.2f", explanation.probabilities[explanation.target.emotion])))"
    return
      "\(target); \(explanation.method): half of the attribution lies in \(found.salient) of \(found.audible) audible "
      + "frames"
  }

  /// A row for each frame of the cues, the header first: when it begins in the file, in seconds; where the middles of its
  /// first 20 and 60 ms lie, for the cues of each length; and the cues, empty where it has none.
  public var csv: [[String]] {
    let header = ["seconds", "part_20ms", "part_60ms"] + VoiceCue.allCases.map(\.rawValue)
    let values = VoiceCue.allCases.map { cues[$0] }
    let rows = (0..<cues.frameCount).map { frame -> [String] in
      let start = explanation.place.start + Double(frame) * cues.hopSeconds
      let parts = [VoiceCue.loudness, .fundamental].map { frames.part(at: cues.time(of: $0, frame: frame)).rawValue }
      let numbers = values.map { own in own[frame].map { String(format: "%.6g", $0) } ?? "" }
      return [String(format: "%.3f", start)] + parts + numbers
    }
    return [header] + rows
  }

  private struct Line: Encodable {
    struct Cue: Encodable {
      let cue: String
      let unit: String?
      let mean, inside, outside, difference, deviation, standardised, control: Double
      let framesInside, framesOutside: Int
      let beyondControl: Bool
    }
    let file, model, method, explained: String
    let probability: Double?
    let audible, salient: Int
    let seed: UInt64
    let cues: [Cue]
    let leftOut: [String]
    let table, command: String
  }

  /// One line of `--json`.
  /// - Parameter table: The path of the table written.
  public func json(table: String) throws -> String {
    let isOfClass = explanation.targetValue == nil
    return try Line(
      file: file, model: model.name, method: explanation.methodWithParameters, explained: explanation.targetName,
      probability: isOfClass ? explanation.probabilities[explanation.target.emotion] : nil, audible: found.audible,
      salient: found.salient, seed: seed,
      cues: found.differences.map { own in
        .init(
          cue: own.cue.rawValue, unit: own.cue.unit, mean: own.mean, inside: own.inside, outside: own.outside,
          difference: own.difference, deviation: own.deviation, standardised: own.standardised, control: own.control,
          framesInside: own.framesInside, framesOutside: own.framesOutside, beyondControl: own.isBeyondControl)
      }, leftOut: found.leftOut.map(\.rawValue), table: table, command: commandLine
    ).line
  }
}

/// The cues of many clips where a model's attributions lie, by emotion, beside what listeners are known to hear.
public struct CuesReport: MeasurementReport {
  /// One cue in the clips of one emotion. Differences are inside minus outside, in the cue's standard deviations of each clip.
  public struct Measured {
    public let emotion: String
    public let cue: VoiceCue
    /// The difference without the control's.
    public let net: Estimate
    /// The mean difference, and that of random sets of frames.
    public let standardised, control: Double
    /// The mean difference in the cue's unit.
    public let difference: Double
    /// The share of clips whose difference lies beyond all of their random sets: 1 in 21 where there is none.
    public let beyond: Double
    /// What is known of the emotion's speech beside other speech; nil where nothing is.
    public let known: KnownDirection?

    /// Whether the known direction is that of the salient part beside the rest.
    public var verdict: String? { known?.verdict(net, least: SalientCues.leastDifference) }
    /// Whether the interval lies beside 0, and the difference is worth a word.
    public var isSure: Bool { net.isBesideZero && abs(net.mean) >= SalientCues.leastDifference }
  }

  public let model: TrainedModel
  /// The path of the manifest.
  public let data: String
  /// The attribution method with its settings.
  public let method: String
  /// By label; "all" where no clip has one.
  public let emotions: [(name: String, clips: Int)]
  /// In the order of the emotions, and of the cues for each; none of a cue that no clip of the emotion has.
  public let measured: [Measured]
  private let clips: Int
  private let seed: UInt64

  /// - Parameter rows: At least one.
  public init(
    _ rows: [(entry: Manifest.Entry, cues: SalientCues)], of model: TrainedModel, method: String, data: String,
    seed: UInt64
  ) {
    (self.model, self.method, self.data, self.seed, clips) = (model, method, data, seed, rows.count)
    let labels = Manifest(folder: "", entries: rows.map(\.entry)).emotions
    let groups = (labels.isEmpty ? [Emotion.none] : labels).map { label in
      (name: label == .none ? "all" : label.rawValue, rows: rows.filter { $0.entry.emotion == label })
    }
    emotions = groups.map { ($0.name, $0.rows.count) }
    measured = groups.flatMap { group in
      VoiceCue.allCases.compactMap { cue in
        let found = group.rows.compactMap { row in
          row.cues.differences.first { $0.cue == cue }.map { (speaker: row.entry.speaker, own: $0) }
        }
        guard
          let net = Estimate(values: found.map(\.own.net), speakers: found.map(\.speaker), seed: seed)
        else { return nil }
        func mean(_ value: (SalientCues.Difference) -> Double) -> Double {
          found.reduce(0) { $0 + value($1.own) } / Double(found.count)
        }
        return Measured(
          emotion: group.name, cue: cue, net: net, standardised: mean(\.standardised), control: mean(\.control),
          difference: mean(\.difference), beyond: mean { $0.isBeyondControl ? 1 : 0 },
          known: KnownDirection(of: cue, in: group.name))
      }
    }
  }

  /// What is known of an emotion, beside what is measured.
  public var known: [Measured] { measured.filter { $0.known != nil } }

  /// The cues that no clip has.
  public var leftOut: [VoiceCue] { VoiceCue.allCases.filter { cue in !measured.contains { $0.cue == cue } } }

  public func measured(_ cue: VoiceCue, of emotion: String) -> Measured? {
    measured.first { $0.cue == cue && $0.emotion == emotion }
  }

  // MARK: Figure

  /// The nine cues whose difference is largest in one of the emotions, in the order of all cues.
  private var foremost: [VoiceCue] {
    func largest(_ cue: VoiceCue) -> Double { measured.filter { $0.cue == cue }.map { abs($0.net.mean) }.max() ?? -1 }
    let sizes = VoiceCue.allCases.enumerated().map { (place: $0.offset, size: largest($0.element)) }
    let chosen = sizes.filter { $0.size >= 0 }.sorted { ($1.size, $0.place) < ($0.size, $1.place) }.prefix(9)
    return chosen.map(\.place).sorted().map { VoiceCue.allCases[$0] }
  }

  public var figure: EmotionMeasuresFigure {
    let panels = foremost.map { cue in
      EmotionMeasuresFigure.Panel(
        title: cue.title, unit: "standard deviations", values: emotions.map { measured(cue, of: $0.name)?.net.drawn })
    }
    return EmotionMeasuresFigure(
      title: [
        "The voice where \(model.name) finds its prediction, against the rest of the clip",
        "\(shownName(data)), \(clips) clip\(clips == 1 ? "" : "s") · \(method) · inside minus outside of the half of the "
          + "attribution, beyond random frames; 95 % intervals",
      ], emotions: emotions, panels: panels)
  }

  public var provenance: [String: String] {
    model.provenance(source: data).merging(["Seed": "\(seed)", "Method": method]) { $1 }
  }

  // MARK: Numbers

  /// A row for each emotion and cue, the header first.
  public var csv: [[String]] {
    let header = [
      "emotion", "cue", "unit", "clips", "difference", "standardised", "control", "net", "low", "high",
      "beyond_control", "known", "verdict",
    ]
    func cell(_ number: Double?) -> String { number.map { String(format: "%.6g", $0) } ?? "" }
    return [header]
      + measured.map { own in
        let numbers = [
          own.difference, own.standardised, own.control, own.net.mean, own.net.low, own.net.high, own.beyond,
        ]
        return [own.emotion, own.cue.rawValue, own.cue.unit ?? "", "\(own.net.clips)"] + numbers.map(cell)
          + [own.known?.name ?? "", own.verdict ?? ""]
      }
  }

  private struct Line: Encodable {
    struct OfEmotion: Encodable {
      struct Cue: Encodable {
        let cue: String
        let unit: String?
        let difference, standardised, control, beyondControl: Double
        let net: Estimate
        let known, verdict: String?
      }
      let emotion: String
      let clips: Int
      let cues: [Cue]
    }
    let data, model, method: String
    let clips: Int
    let seed: UInt64
    let emotions: [OfEmotion]
    let leftOut: [String]
    let figures: [String]
    let command: String
  }

  public func json(figures: [String]) throws -> String {
    let byEmotion = emotions.map { emotion in
      let own = measured.filter { $0.emotion == emotion.name }
      return Line.OfEmotion(
        emotion: emotion.name, clips: emotion.clips,
        cues: own.map {
          .init(
            cue: $0.cue.rawValue, unit: $0.cue.unit, difference: $0.difference, standardised: $0.standardised,
            control: $0.control, beyondControl: $0.beyond, net: $0.net, known: $0.known?.name, verdict: $0.verdict)
        })
    }
    return try Line(
      data: data, model: model.name, method: method, clips: clips, seed: seed, emotions: byEmotion,
      leftOut: leftOut.map(\.rawValue), figures: figures, command: commandLine
    ).line
  }
}

extension KnownDirection {
  /// As JSON and tables have it.
  fileprivate var name: String { self == .higher ? "higher" : "lower" }
}
