import Attributions
import AudioFeatures
import Corpora
import Figures
import Foundation
import Models

/// What the attributions of a manifest's clips say together, by emotion: figure and tables.
public struct ProfilesReport {
  public let profiles: EmotionProfiles
  public let model: TrainedModel
  /// The method with all that it was asked for.
  public let method: String
  /// Which clips, in words, and whose attributions.
  public let choice: SheetReport.Choice
  public let target: SheetReport.TargetChoice
  public let seed: UInt64
  /// The manifest, and where it is, as given by the user.
  public let manifest: Manifest
  public let path: String

  public init(
    _ profiles: EmotionProfiles, model: TrainedModel, method: String, target: SheetReport.TargetChoice,
    choice: SheetReport.Choice, seed: UInt64, manifest: Manifest, path: String
  ) {
    (self.profiles, self.model, self.method) = (profiles, model, method)
    (self.target, self.choice, self.seed) = (target, choice, seed)
    (self.manifest, self.path) = (manifest, path)
  }

  private var frontEnd: FrontEnd { model.configuration.frontEnd }

  public var figure: ProfilesFigure {
    func values(_ estimates: [Estimate]) -> [ProfilesFigure.Value] { estimates.map { ($0.mean, $0.low, $0.high) } }
    return ProfilesFigure(
      title: [
        "Where the attributions lie, by emotion",
        "\(method) on the log-mel · \(model.architecture.title) \(model.name) · target: the "
          + "\(target == .label ? "true" : "predicted") emotion · \(choice.words) · means, 95 % bootstrap intervals",
      ],
      emotions: profiles.emotions.map {
        .init(name: $0.name, clips: $0.clips, bands: values($0.bands), times: values($0.times), map: $0.map)
      }, maximumFrequency: Double(frontEnd.sampleRate) / 2)
  }

  /// A row an emotion and band, or fiftieth of the speech; values beside an even share.
  public var profileRows: [[String]] {
    func rows(_ emotion: String, _ axis: String, _ estimates: [Estimate], _ place: (Int) -> Double) -> [[String]] {
      estimates.enumerated().map { index, found in
        [
          emotion, axis, String(place(index)), String(found.mean), String(found.low), String(found.high),
          String(found.clips),
        ]
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

  /// A row an emotion: the mean place in Hz, and what the attributions prefer, as log₂ of inside beside outside.
  public var emotionRows: [[String]] {
    let header = ["emotion", "measure", "mean", "low", "high", "clips"]
    return profiles.emotions.reduce(into: [header]) { rows, emotion in
      func add(_ measure: String, _ found: Estimate) {
        rows.append(
          [emotion.name, measure] + [found.mean, found.low, found.high].map { String($0) } + [String(found.clips)])
      }
      add("centroid (Hz)", emotion.centroid)
      for region in RelevanceProfile.Region.allCases {
        if let found = emotion.preferences[region] { add("\(region.rawValue) (log2)", found) }
      }
    }
  }

  public var claimRows: [[String]] {
    [["claim", "measure", "effect", "low", "high", "clips", "verdict"]]
      + profiles.claims.map {
        [
          $0.words, $0.measure, String($0.effect.mean), String($0.effect.low), String($0.effect.high),
          String($0.effect.clips), $0.verdict,
        ]
      }
  }

  /// The claims in words, a line each.
  public var claimLines: [String] {
    profiles.claims.map {
      $0.words
        + String(format: ": %+.3g (%.3g to %.3g) → ", $0.effect.mean, $0.effect.low, $0.effect.high) + $0.verdict
    }
  }

  public var provenance: [String: String] {
    model.provenance(source: path, manifest: manifest).merging([
      "Method": method, "Target": target.rawValue, "Which": choice.rawValue, "Seed": String(seed),
      "Clips": String(profiles.emotions.reduce(0) { $0 + $1.clips }),
    ]) { $1 }
  }
}
