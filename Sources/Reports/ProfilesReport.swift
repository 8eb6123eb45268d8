import Attributions
import AudioFeatures
import Basics
import Corpora
import Figures
import Foundation
import Models

/// Summaries of the attributions of a manifest's clips, by emotion: figure and tables.
public struct ProfilesReport {
  public let profiles: EmotionProfiles
  public let selection: ClipSelection

  public init(_ profiles: EmotionProfiles, of selection: ClipSelection) {
    (self.profiles, self.selection) = (profiles, selection)
  }

  /// The line under both figures' headings.
  private var subtitle: String {
    let means =
      profiles.emotions.allSatisfy { $0.centroid.low == nil }
      ? "means; one \(isBySpeaker ? "speaker" : "clip") has no interval"
      : "means, 95 % bootstrap intervals by \(isBySpeaker ? "speaker" : "clip")"
    return "\(selection.method.name) on the log-mel · \(selection.words) · \(means)"
  }

  private var isBySpeaker: Bool { profiles.emotions.allSatisfy { $0.centroid.speakers != nil } }

  private var frontEnd: FrontEnd { selection.model.configuration.frontEnd }

  public var figure: ProfilesFigure {
    func values(_ estimates: [Estimate]) -> [ProfilesFigure.Value] { estimates.map(\.drawn) }
    return ProfilesFigure(
      title: [
        "Where the attributions lie, by emotion",
        subtitle,
      ],
      emotions: profiles.emotions.map {
        .init(name: $0.name, clips: $0.clips, bands: values($0.bands), times: values($0.times), map: $0.map)
      }, maximumFrequency: Double(frontEnd.sampleRate) / 2)
  }

  /// The figure of the attributions' preferences, of acoustic measures of the salient part against the rest, and of the report's claims.
  public var measuresFigure: EmotionMeasuresFigure {
    func panel(
      _ title: String, _ unit: String, isCentred: Bool = true, _ value: (EmotionProfiles.OfEmotion) -> Estimate?
    )
      -> EmotionMeasuresFigure.Panel
    {
      .init(
        title: title, unit: unit, isCentred: isCentred,
        values: profiles.emotions.map { value($0)?.drawn })
    }
    let preferences = RelevanceProfile.Region.allCases.map { region in
      panel(region.figureTitle, "log₂ of inside / outside") { $0.preferences[region] }
    }
    let cues = AcousticCue.allCases.map { cue in
      panel(cue.figureTitle, "salient − rest (\(cue.unit))") { $0.cues[cue] }
    }
    return EmotionMeasuresFigure(
      title: [
        "Preferences of the attributions, and acoustic measures of the salient part",
        subtitle,
      ],
      emotions: profiles.emotions.map { (name: $0.name, clips: $0.clips) },
      panels: [panel("spectral centroid of the attribution", "Hz", isCentred: false) { $0.centroid }] + preferences
        + cues,
      claims: profiles.claims.map {
        .init(
          words: $0.words, measure: $0.measure, effect: $0.effect.drawn, hasInterval: $0.effect.low != nil,
          verdict: $0.verdict)
      })
  }

  /// A row for each emotion and band, or fiftieth of the speech; values relative to an even share.
  public var profileRows: [[String]] {
    func rows(_ emotion: String, _ axis: String, _ estimates: [Estimate], _ place: (Int) -> Double) -> [[String]] {
      estimates.enumerated().map { index, found in
        [emotion, axis, String(place(index))] + found.cells + [String(found.clips)]
      }
    }
    let centres = frontEnd.melCentres
    return [["emotion", "axis", "place", "mean", "low", "high", "clips"]]
      + profiles.emotions.flatMap { emotion in
        rows(emotion.name, "frequency (Hz)", emotion.bands) { centres[$0] }
          + rows(emotion.name, "part of the speech", emotion.times) {
            (Double($0) + 0.5) / Double(emotion.times.count)
          }
      }
  }

  /// A row for each emotion and measure: the spectral centroid of the attribution in Hz, and its preferences, as log₂ of inside beside outside.
  public var emotionRows: [[String]] {
    let header = ["emotion", "measure", "mean", "low", "high", "clips"]
    return profiles.emotions.reduce(into: [header]) { rows, emotion in
      func add(_ measure: String, _ found: Estimate) {
        rows.append([emotion.name, measure] + found.cells + [String(found.clips)])
      }
      add("centroid (Hz)", emotion.centroid)
      for region in RelevanceProfile.Region.allCases {
        if let found = emotion.preferences[region] { add("\(region.rawValue) (log2)", found) }
      }
      for cue in AcousticCue.allCases {
        if let found = emotion.cues[cue] { add("\(cue.rawValue) (\(cue.unit))", found) }
      }
    }
  }

  public var claimRows: [[String]] {
    [["claim", "measure", "effect", "low", "high", "level", "clips", "own clips", "own speakers", "verdict"]]
      + profiles.claims.map {
        [$0.words, $0.measure] + $0.effect.cells + [
          String($0.effect.level), String($0.effect.clips), String($0.clips), $0.speakers.map { String($0) } ?? "",
          $0.verdict,
        ]
      }
  }

  /// The claims in words, a line each.
  public var claimLines: [String] {
    profiles.claims.map {
      "\($0.words): \(Self.words($0.effect)) → \($0.verdict)"
        + ($0.verdict == "too few clips" ? " (\($0.size); a verdict needs \(Self.needed))" : "")
    } + (profiles.claims.isEmpty ? [] : [claimNote])
  }

  /// "+1.2 (−0.3 to 2.7)".
  private static func words(_ effect: Estimate) -> String {
    let interval =
      if let low = effect.low, let high = effect.high {
        String(format: "%.3g to %.3g", low, high)
      } else {
        Estimate.noInterval(clips: effect.clips, speakers: effect.speakers) ?? ""
      }
    return "\(String(format: "%+.3g", effect.mean)) (\(interval))".replacing("-", with: "−")
  }

  /// The interval's level and what is resampled.
  public var claimNote: String {
    guard let first = profiles.claims.first else { return "" }
    return String(format: "%.1f %% intervals", 100 * first.effect.level) + " by "
      + (first.effect.speakers == nil ? "clip" : "speaker")
      + (profiles.claims.count > 1 ? "; all \(profiles.claims.count) claims hold together with 95 % (Bonferroni)" : "")
  }

  private static let needed = "\(Estimate.leastClips) clips of \(Estimate.leastSpeakers) speakers"

  public var provenance: [String: String] {
    selection.provenance.merging(["Clips": String(profiles.emotions.reduce(0) { $0 + $1.clips })]) { $1 }
  }
}

extension EmotionProfiles.Claim {
  /// "6 clips of 5 speakers".
  fileprivate var size: String { "\(clips) clips" + (speakers.map { " of \($0) speaker\($0 == 1 ? "" : "s")" } ?? "") }
}

extension RelevanceProfile.Region {
  fileprivate var figureTitle: String {
    switch self {
    case .loud: "loud frames"
    case .voiced: "voiced frames"
    case .edges: "edges of bands"
    case .onsets: "onsets"
    }
  }
}

extension AcousticCue {
  fileprivate var figureTitle: String {
    switch self {
    case .pitch: "fundamental frequency"
    case .loudness: "loudness"
    case .tilt: "spectral tilt"
    case .centroid: "centroid of the sound"
    }
  }
}
