import Attributions
import Basics
import Corpora
import Figures
import Foundation
import Models

/// What a model leans on that is not emotion: verdicts, and the numbers behind them.
public struct AuditReport: MeasurementReport {
  public let model: TrainedModel
  /// The paths of the manifests.
  public let data: String
  public let training: String?
  public let seed: UInt64
  public let rules: AuditRules
  public let findings: [AuditFinding]
  /// The clips as they are, then each change that leaves clips of two emotions something to hear.
  public let effects: [InterventionEffect]
  /// How predictions follow the steady noise of each emotion of the clips.
  public let following: [NoiseFollowing]
  public let leakage: SplitLeakage
  public let copies: SplitLeakage.Copies?
  /// How many clips are of the model's training, and of how many this is known.
  public let trainedOn: (found: Int, clips: Int)?
  public let gaps: [AuditGaps]
  public let clusters: SaliencyClusters
  private let rows: [(entry: Manifest.Entry, clip: AuditedClip)]

  /// - Parameters:
  ///   - rows: Clips of the model's classes.
  ///   - tested: All clips of the manifest that they are drawn from.
  ///   - training: The path of the training's manifest, and its clips; nil where it is not known.
  ///   - copies: Nil without training.
  ///   - seed: Of the bootstrap, of random orders and of the groups.
  /// - Throws: Where there are too few clips, speakers or emotions for any verdict.
  public init(
    _ rows: [(entry: Manifest.Entry, clip: AuditedClip)], of model: TrainedModel, data: String,
    tested: [Manifest.Entry], training: (path: String, entries: [Manifest.Entry])?, copies: SplitLeakage.Copies?,
    seed: UInt64
  ) throws(AuditError) {
    try Self.check(rows.map(\.entry), of: model, path: data)
    (self.rows, self.model, self.data, self.training, self.seed) = (rows, model, data, training?.path, seed)
    self.copies = copies
    /// The clips of the model's classes, in the model's words.
    func classed(_ entries: [Manifest.Entry]) -> [Manifest.Entry] {
      entries.compactMap { entry in
        guard let place = model.configuration.classIndex(of: entry.emotion) else { return nil }
        var entry = entry
        entry.emotion = Emotion(rawValue: model.classes[place])
        return entry
      }
    }
    let pairs = AuditGaps.pairs(rows)
    let emotions = Set(rows.map(\.clip.label)).count
    leakage = SplitLeakage(
      classed(tested), training: training.map { classed($0.entries) },
      tests: AuditRules(emotions: emotions, gaps: pairs, associations: SplitLeakage.columns.count).tests, seed: seed)
    let rules = AuditRules(emotions: emotions, gaps: pairs, associations: leakage.associations.count)
    self.rules = rules
    let clips = rows.map { (clip: $0.clip, speaker: $0.entry.speaker) }
    effects = AuditIntervention.allCases.compactMap {
      InterventionEffect($0, of: clips, level: rules.level, seed: seed)
    }
    following = NoiseFollowing.all(
      rows.map { ($0.clip, $0.entry.path, $0.entry.speaker) }, level: rules.level)
    let known = rows.compactMap(\.clip.isTrainedOn)
    trainedOn = known.isEmpty ? nil : (known.count { $0 }, known.count)
    gaps = AuditGaps.columns.compactMap { AuditGaps($0, rows, classes: model.classes, level: rules.level, seed: seed) }
    clusters = SaliencyClusters(rows.map(\.clip), seed: seed)
    let found = Dictionary(uniqueKeysWithValues: effects.map { ($0.intervention, $0) })
    findings =
      (rules.findings(of: found, following: following, classes: model.classes)
        + rules.findings(of: leakage, copies: copies, trainedOn: trainedOn)
        + gaps.filter(\.isJudged).map {
          Self.finding(of: $0, by: rules, isAble: found[.asItIs]?.isBeyondChance == true)
        }
        + [rules.finding(of: clusters, classes: model.classes)]
        + [rules.finding(ofSpeakers: rows.map(\.entry.speaker))].compactMap(\.self))
  }

  /// What would be an error after the work.
  /// - Parameter entries: Clips of the model's classes.
  public static func check(
    _ entries: [Manifest.Entry], of model: TrainedModel, path: String
  ) throws(AuditError) {
    guard !model.classes.isEmpty else { throw .noClasses(model: model.name) }
    let classes = Set(entries.compactMap { model.configuration.classIndex(of: $0.emotion) })
    let path = shownPath(path)
    guard classes.count > 1 else {
      throw .tooFewClasses(
        path: path, found: Manifest(folder: "", entries: entries).emotions, classes: model.classes)
    }
    guard entries.count >= Estimate.leastClips else { throw .tooFewClips(path: path, found: entries.count) }
    guard Set(entries.map(\.speaker)).count > 1 || entries[0].speaker == nil else { throw .oneSpeaker(path: path) }
  }

  private static func finding(of gaps: AuditGaps, by rules: AuditRules, isAble: Bool) -> AuditFinding {
    guard let gap = gaps.gap else {
      return AuditFinding(
        "gap by \(gaps.column)", .notJudged,
        gaps.groups.count > 1
          ? "no two groups have two emotions in common"
          : "\(gaps.groups.count) group\(gaps.groups.count == 1 ? "" : "s") with \(Estimate.leastClips) clips")
    }
    return rules.gap(
      gaps.column, best: gap.best, worst: gap.worst, difference: gap.recall, without: gap.leftOut,
      fewest: gaps.fewestSpeakers, isAble: isAble)
  }

  /// The findings with a verdict.
  public func findings(_ verdict: AuditFinding.Verdict) -> [AuditFinding] { findings.filter { $0.verdict == verdict } }

  /// "7 clips of 3 speakers"
  public var clipsWords: String {
    let speakers = effects[0].recall.speakers.map { " of \($0) speaker\($0 == 1 ? "" : "s")" } ?? ""
    return "\(rows.count) clips\(speakers)"
  }

  // MARK: Figure

  public var figure: AuditFigure {
    AuditFigure(
      title: [
        "What \(model.name) leans on that is not emotion",
        "\(model.title) · \(shownName(data)), \(clipsWords) · 95 % intervals · dashed: chance, 1 / the emotions of the clips",
      ],
      changes: effects.map { effect in
        let isOwn = effect.intervention == .asItIs
        return .init(
          name: effect.intervention.rawValue, clips: effect.clips, chance: effect.chance, recall: effect.recall.drawn,
          stays: isOwn ? nil : effect.stays.drawn, probability: isOwn ? nil : effect.change.drawn)
      },
      maps: clusters.clusters.enumerated().map { number, cluster in
        .init(
          name: "group \(number + 1): \(cluster.clips) clips",
          words: "\(cluster.ofPredicted) \(model.classes[cluster.predicted]), silhouette "
            + String(format: "%.2f", cluster.silhouette).replacing("-", with: "−"), shares: cluster.map)
      })
  }

  public var provenance: [String: String] {
    var facts = model.provenance(source: data).merging(["Seed": "\(seed)"]) { $1 }
    facts["Training data"] = training.map(shownPath)
    return facts
  }

  // MARK: Numbers

  /// A row for each clip and change, the header first.
  public var csv: [[String]] {
    let names = model.classes
    return [["path", "emotion", "speaker", "change", "predicted", "stays", "probability", "difference"]]
      + rows.flatMap { entry, clip in
        let own = clip.answer(.asItIs)!
        return AuditIntervention.allCases.map { change in
          let head = [entry.path, entry.emotion.rawValue, entry.speaker ?? "", change.rawValue]
          guard let answer = clip.answer(change) else { return head + ["", "", "", ""] }
          let predicted = answer.likeliestClass
          return head + [
            names[predicted], predicted == own.likeliestClass ? "yes" : "no",
            String(format: "%.4f", answer[clip.label]),
            String(format: "%.4f", answer[clip.label] - own[clip.label]),
          ]
        }
      }
  }

  /// The changes as a table, the header first.
  public var changeRows: [[String]] {
    [["change", "clips", "uar", "low", "high", "chance", "stays", "low", "high", "probability", "low", "high"]]
      + effects.map { effect in
        [effect.intervention.rawValue, "\(effect.clips)"] + effect.recall.cells + [String(effect.chance)]
          + effect.stays.cells + effect.change.cells
      }
  }

  /// What the steady noise of each emotion does as a table, the header first.
  public var noiseRows: [[String]] {
    [["emotion", "clips", "probability with its noise less with others', at the level of the rules", "low", "high"]]
      + following.map { own in
        [model.classes[own.label], "\(own.clips)"] + (own.follows?.cells ?? ["", "", ""])
      }
  }

  private struct Line: Encodable {
    struct Change: Encodable {
      let change: String
      let clips: Int
      let chance: Double
      let uar, stays, probability: Estimate
      let excess, loss: Estimate
    }
    struct Noise: Encodable {
      let emotion: String
      let clips, givers: Int
      let follows: Estimate?
    }
    struct TrainedOn: Encodable {
      let found, clips: Int
    }
    struct Leakage: Encodable {
      let training: String?
      let trainedOn: TrainedOn?
      let copies: SplitLeakage.Copies?
      let shared: [SplitLeakage.Shared]
      let alone: [SplitLeakage.Association]
    }
    struct Group: Encodable {
      let group: String
      let clips: Int
      let uar: Estimate
      let calibrationError: Double
      let silent, centroid: Double?
    }
    struct Gap: Encodable {
      let best, worst: String
      let emotions, leftOut: [String]
      let uar, calibrationError: Estimate
      let silent, centroid: Estimate?
    }
    struct Gaps: Encodable {
      let column: String
      let groups: [Group]
      let leftOut: Int
      let gap: Gap?
    }
    struct Cluster: Encodable {
      let clips: Int
      let predicted: String
      let ofPredicted: Int
      let silhouette, silent: Double
      let band: Int
      let bandShare, bandShareOfOthers: Double
      let suspect: Bool
      let map: [Double]
    }
    let data, model: String
    let clips: Int
    let speakers: Int?
    let seed: UInt64
    let tests: Int
    let level: Double
    let rules: [String]
    let findings: [AuditFinding]
    let changes: [Change]
    let noises: [Noise]
    let leakage: Leakage
    let groups: [Gaps]
    let clusters: [Cluster]
    let eigenvalues: [Double]
    let figures: [String]
    let command: String
  }

  public func json(figures: [String]) throws -> String {
    try Line(
      data: data, model: model.name, clips: rows.count, speakers: effects[0].recall.speakers, seed: seed,
      tests: rules.tests, level: rules.level, rules: rules.sentences, findings: findings,
      changes: effects.map { effect in
        .init(
          change: effect.intervention.rawValue, clips: effect.clips, chance: effect.chance, uar: effect.recall,
          stays: effect.stays, probability: effect.change, excess: effect.excess, loss: effect.loss)
      },
      noises: following.map {
        .init(emotion: model.classes[$0.label], clips: $0.clips, givers: $0.givers, follows: $0.follows)
      },
      leakage: .init(
        training: training, trainedOn: trainedOn.map { .init(found: $0.found, clips: $0.clips) }, copies: copies,
        shared: leakage.shared, alone: leakage.associations),
      groups: gaps.map { own in
        .init(
          column: own.column,
          groups: own.groups.map {
            .init(
              group: $0.name, clips: $0.clips, uar: $0.recall, calibrationError: $0.calibrationError, silent: $0.silent,
              centroid: $0.centroid)
          }, leftOut: own.leftOut,
          gap: own.gap.map {
            .init(
              best: $0.best, worst: $0.worst, emotions: $0.emotions, leftOut: $0.leftOut, uar: $0.recall,
              calibrationError: $0.calibrationError, silent: $0.silent,
              centroid: $0.centroid)
          })
      },
      clusters: clusters.clusters.map { own in
        .init(
          clips: own.clips, predicted: model.classes[own.predicted], ofPredicted: own.ofPredicted,
          silhouette: own.silhouette, silent: own.silent, band: own.band + 1, bandShare: own.bandShare,
          bandShareOfOthers: own.bandShareOfOthers, suspect: AuditRules.isSuspect(own), map: own.map)
      }, eigenvalues: clusters.eigenvalues, figures: figures, command: commandLine
    ).line
  }
}
