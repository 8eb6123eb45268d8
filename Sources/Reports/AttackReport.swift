import Attributions
import AudioFeatures
import Basics
import Corpora
import Figures
import Foundation
import Models

/// How much of what a model says is left under attacks of rising budgets, and what becomes of the clips that fool it.
public struct AttackReport: MeasurementReport {
  /// One of the halves of the speakers.
  public enum Half: String {
    /// That which a change for all clips is fitted to.
    case fitted
    case others
  }

  /// One attack, or noise, with one budget.
  public struct Curve {
    /// The attack's place; nil of noise.
    let attack: Int?
    /// The half that the numbers are of; nil of all clips.
    public let half: Half?
    let budget: Int
    /// The share of all clips that are right, or of files without labels keep their prediction.
    public let accuracy: Estimate
    /// The share of the attacked clips that are fooled.
    public let fooled: Estimate
    /// The mean signal-to-noise ratio of what fools, in dB, what a smaller budget found among it; nil of noise, on
    /// features, and where nothing fools.
    public let ratio: Double?
    /// The mean numbers of what the model is asked for a clip, in the search that found its change; nil of noise.
    public let gradients, predictions: Double?
    /// By other model the share of the clips that fool the attacked model, and that it says something else of than of the
    /// clips as they are; of noise the share of all attacked clips. Nil where there are none.
    public let others: [Estimate?]
    /// The same of the same clips with noise as large; empty of noise.
    public let othersOfNoise: [Estimate?]

    /// Whether there are clips and speakers enough for what the accuracy says of others than these.
    public var isEnough: Bool { Estimate.isEnough(clips: accuracy.clips, speakers: accuracy.speakers) }
  }

  /// Of the clips that one attack fools, each within the smallest budget that does; of a change that is fitted to half of the
  /// speakers those of the others.
  public struct Played {
    /// The attack's place.
    let attack: Int
    /// The half that the numbers are of; nil of all clips.
    let half: Half?
    public let clips: Int
    /// How many of them still fool, and of how many of the same clips the prediction changes so without the attack.
    public let counts, changes: [Playback: Int]
  }

  /// What an attack changes of a cue.
  public struct ChangedCue {
    let cue: VoiceCue
    /// The mean change in standard deviations over all attacked clips as they are, with its sign, and the mean of its
    /// size.
    let change: Estimate
    let size: Double
    /// By how much that is more than noise as large changes the cue of the same clips. The intervals of all cues hold
    /// together. Nil where no clip has the cue with noise.
    let difference: Estimate?
  }

  /// A rank correlation of attributions before and after an attack.
  public struct Correlation {
    public let mean: Estimate
    /// By how much it is higher than with noise as large, of the same clips; nil where no clip has one.
    public let difference: Estimate?
  }

  /// What explanations say of the clips that one attack fools; of a change that is fitted to half of the speakers of the others.
  public struct Explained {
    let attack: Int
    /// The half that the numbers are of; nil of all clips.
    let half: Half?
    /// Rank correlations, before with after, of the attributions of the class said before, and of that said after.
    public let ofBefore, ofAfter: Correlation?
    /// The cue that is changed most first; empty where the attacked clips have no deviation.
    public let cues: [ChangedCue]
    let clips: Int
    let speakers: Int?
  }

  /// With so many other models each has a colour of its own in the figure.
  public static let mostOpponents = RobustnessFigure.mostLines - 1

  public typealias Row = (entry: Manifest.Entry, attacks: ClipAttacks)

  public let series: AttackSeries
  /// The files or the manifest, as given by the user.
  public let source: String
  public let method: String?
  public let clips, attacked: Int
  /// The share of clips that are right without an attack; 1 of files without labels.
  public let clean: Estimate
  /// By attack and budget; then noise by budget.
  public let curves: [Curve]
  public let played: [Played]
  public let explained: [Explained]
  /// The model beside each of the others under the same attacks, but for those of which no clip could be read.
  public let against: [AttackAgainst]
  private let rows: [Row]
  private let opponents: [(rows: [Row], series: AttackSeries)]

  var model: TrainedModel { series.model }

  /// - Parameters:
  ///   - rows: At least one that is attacked.
  ///   - method: The attribution method with its parameters; nil where nothing is explained.
  ///   - against: The clips under the same attacks on each other model.
  public init(
    _ rows: [Row], of series: AttackSeries, source: String, method: String?,
    against opponents: [(rows: [Row], series: AttackSeries)] = []
  ) {
    (self.rows, self.series, self.source, self.method, self.opponents) = (rows, series, source, method, opponents)
    against = opponents.compactMap {
      AttackAgainst(rows, $0.rows, of: series, against: $0.series, among: opponents.count)
    }
    let attacked = rows.filter(\.attacks.isAttacked)
    (clips, self.attacked) = (rows.count, attacked.count)
    func estimate(_ rows: [Row], _ value: (ClipAttacks) -> Double) -> Estimate? {
      Estimate(values: rows.map { value($0.attacks) }, speakers: rows.map(\.entry.speaker), seed: series.seed)
    }
    func share(_ rows: [Row], _ holds: (ClipAttacks) -> Bool) -> Estimate? { estimate(rows) { holds($0) ? 1 : 0 } }
    demand(!attacked.isEmpty, "a report of no attacked clips")
    clean = share(rows, \.isRight)!
    curves =
      series.attacks.indices.flatMap { attack in
        Self.halves(rows, series.attacks[attack]).flatMap { half, rows in
          let attacked = rows.filter(\.attacks.isAttacked)
          return series.budgets.indices.map { budget in
            let fooled = attacked.filter { $0.attacks.tries[attack][budget].isFooled }
            func mean(_ value: (ClipAttacks.Try) -> Int) -> Double {
              Double(attacked.reduce(0) { $0 + value($1.attacks.tries[attack][budget]) }) / Double(attacked.count)
            }
            let ratios = fooled.compactMap { $0.attacks.tries[attack][budget].ratio }
            return Curve(
              attack: attack, half: half, budget: budget, accuracy: share(rows) { $0.holds(attack, budget) }!,
              fooled: share(attacked) { $0.tries[attack][budget].isFooled }!,
              ratio: ratios.isEmpty ? nil : ratios.reduce(0, +) / Double(ratios.count), gradients: mean(\.gradients),
              predictions: mean(\.predictions),
              others: series.others.indices.map { other in
                share(fooled) { $0.tries[attack][budget].others[other] }
              }, othersOfNoise: series.others.indices.map { other in share(fooled) { $0.noise[budget].others[other] } })
          }
        }
      }
      + series.budgets.indices.map { budget in
        Curve(
          attack: nil, half: nil, budget: budget, accuracy: estimate(rows) { $0.holdsAgainstNoise(budget) }!,
          fooled: estimate(attacked) { $0.noise[budget].share }!, ratio: nil, gradients: nil, predictions: nil,
          others: series.others.indices.map { other in share(attacked) { $0.noise[budget].others[other] } },
          othersOfNoise: [])
      }
    // What a change does to clips that it was fitted to says nothing of others.
    let judged = series.attacks.map { Self.halves(rows, $0).last ?? (nil, rows) }.map { half, rows in
      (half: half, rows: rows.filter(\.attacks.isAttacked))
    }
    played = series.space == .waveform ? Self.played(judged) : []
    explained = Self.explained(judged, among: attacked, seed: series.seed)
  }

  /// The clips that an attack's curves are of: all, or of one change for all clips those that it is fitted to, and the others, each
  /// where some are attacked.
  private static func halves(_ rows: [Row], _ attack: String) -> [(half: Half?, rows: [Row])] {
    guard attack == Universal.name, rows.contains(where: { $0.attacks.isFitted != nil }) else { return [(nil, rows)] }
    return [(Half.fitted, true), (.others, false)].map { half, isFitted in
      (half, rows.filter { $0.attacks.isFitted == isFitted })
    }.filter { $0.rows.contains { $0.attacks.isAttacked } }
  }

  /// - Parameter judged: Of each attack.
  private static func played(_ judged: [(half: Half?, rows: [Row])]) -> [Played] {
    func counted(_ found: [[Playback: Bool]]) -> [Playback: Int] {
      Playback.allCases.reduce(into: [:]) { counts, playback in
        counts[playback] = found.count { $0[playback] == true }
      }
    }
    return judged.enumerated().map { attack, own in
      let fooled = own.rows.filter { $0.attacks.found[attack] != nil }
      return Played(
        attack: attack, half: own.half, clips: fooled.count,
        counts: counted(fooled.map { $0.attacks.found[attack]!.survives }),
        changes: counted(fooled.map(\.attacks.playedBack)))
    }
  }

  /// - Parameters:
  ///   - judged: Of each attack.
  ///   - rows: All clips that are attacked, over which cues have their deviations.
  private static func explained(
    _ judged: [(half: Half?, rows: [Row])], among rows: [Row], seed: UInt64
  ) -> [Explained] {
    let deviations = VoiceCue.allCases.compactMap { cue in
      deviation(rows.compactMap { $0.attacks.cues[cue] }).map { (cue: cue, deviation: $0) }
    }
    return judged.enumerated().compactMap { attack, own -> Explained? in
      let found = own.rows.compactMap { row in
        row.attacks.found[attack]?.explanation.map { (speaker: row.entry.speaker, own: $0) }
      }
      guard !found.isEmpty else { return nil }
      func estimate(among count: Int = 1, _ value: (AttackExplanation) -> Double?) -> Estimate? {
        Estimate(
          found.compactMap { row in value(row.own).map { Observation(value: $0, speaker: row.speaker) } },
          level: Estimate.level(ofEachAmong: count), seed: seed)
      }
      /// Of the attack without noise's; nil where a clip has one only.
      func difference(
        among count: Int = 1, _ value: (AttackExplanation.Effect) -> Double?
      ) -> Estimate? {
        estimate(among: count) { own in value(own.attack).flatMap { attack in value(own.noise).map { attack - $0 } } }
      }
      func correlation(_ value: (AttackExplanation.Effect) -> Double?) -> Correlation? {
        estimate { value($0.attack) }.map { Correlation(mean: $0, difference: difference(value)) }
      }
      let cues = deviations.compactMap { cue, deviation -> ChangedCue? in
        func change(_ effect: AttackExplanation.Effect) -> Double? { effect.changes[cue].map { $0 / deviation } }
        let sizes = found.compactMap { change($0.own.attack).map(abs) }
        return estimate { change($0.attack) }.map {
          ChangedCue(
            cue: cue, change: $0, size: sizes.reduce(0, +) / Double(sizes.count),
            difference: difference(among: deviations.count, change))
        }
      }
      let speakers = found.map(\.speaker)
      return Explained(
        attack: attack, half: own.half, ofBefore: correlation(\.ofBefore), ofAfter: correlation(\.ofAfter),
        cues: cues.sorted { $0.size > $1.size }, clips: found.count,
        speakers: speakers.contains(nil) ? nil : Set(speakers).count)
    }
  }

  /// √(Σ (x − mean)² / (n − 1)); nil of fewer than two numbers, and of equal ones.
  private static func deviation(_ values: [Double]) -> Double? {
    guard values.count > 1 else { return nil }
    let mean = values.reduce(0, +) / Double(values.count)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let found = (squares / Double(values.count - 1)).squareRoot()
    // What is smaller is rounding.
    return found > 1e-9 * (values.map(abs).max() ?? 0) ? found : nil
  }

  /// Whether there are clips and speakers enough for what is said of others than these.
  public var isEnough: Bool { Estimate.isEnough(clips: clean.clips, speakers: clean.speakers) }

  /// "pgd", "universal, others", or "noise".
  public func name(of curve: Curve) -> String { attack(of: curve) + Self.words(of: curve.half) }
  /// "pgd", or "noise".
  private func attack(of curve: Curve) -> String { curve.attack.map { series.attacks[$0] } ?? "noise" }
  /// "pgd", or "universal, others".
  public func name(of played: Played) -> String { series.attacks[played.attack] + Self.words(of: played.half) }
  private static func words(of half: Half?) -> String { half.map { ", \($0.rawValue)" } ?? "" }
  public func budget(of curve: Curve) -> String { series.budgets[curve.budget].words }

  /// The title of a column of budgets.
  public var budgetTitle: String { series.budgets[0].title }

  /// What the accuracy is of.
  public var measure: String { series.isLabelled ? "accuracy" : "share of predictions that hold" }

  // MARK: Words

  /// The first line: how much is right without an attack.
  public var words: String {
    func percent(_ share: Double) -> String { String(format: "%.0f %%", 100 * share) }
    let some = "\(clips) clip\(clips == 1 ? "" : "s")"
    let target = series.target.map { " to say \(model.classes[$0])" } ?? ""
    guard series.isLabelled else {
      return "\(some): \(model.name) attacked\(target) on the \(series.space.words), \(attacked) of them"
    }
    let ends = clean.low.flatMap { low in clean.high.map { " (95 % interval \(percent(low)) to \(percent($0)))" } }
    return
      "\(some): \(model.name) is right for \(percent(clean.mean)) of them\(isEnough ? ends ?? "" : "") without an attack; "
      + "attacked\(target) on the \(series.space.words): \(attacked)"
  }

  /// What is to be known of these attacks and budgets, a sentence each.
  public var remarks: [String] {
    var remarks: [String] = []
    let minimal = Attacks.all.filter { $0.isMinimal && series.attacks.contains($0.name) }.map { $0.name }
    if !minimal.isEmpty, case .largest = series.budgets[0] {
      remarks.append(
        "\(minimal.joined(separator: ", ")): sought is the smallest 2-norm, and not the smallest of the budgets' measure, "
          + "the largest change of a value; what holds here may not hold against one that seeks that")
    }
    if series.attacks.contains(Universal.name) {
      remarks.append("\(Universal.name): one change for all clips with each budget, \(fittedWords)")
    }
    return remarks
  }

  /// What a change for all clips is fitted to, and what it is measured on.
  private var fittedWords: String {
    /// "35 clips of 12 speakers"; nil of none.
    func words(_ isFitted: Bool) -> String? {
      let attacked = rows.filter { $0.attacks.isFitted == isFitted && $0.attacks.isAttacked }
      let speakers = Set(attacked.map(\.entry.speaker)).count
      guard !attacked.isEmpty else { return nil }
      return "\(attacked.count) clip\(attacked.count == 1 ? "" : "s") of \(speakers) speaker\(speakers == 1 ? "" : "s")"
    }
    guard let own = words(true), let others = words(false) else {
      return "fitted on these same clips and measured on them; it is measured on others where a manifest has "
        + "\(Estimate.leastClips) clips of \(Estimate.leastSpeakers) speakers"
    }
    return "fitted to \(own), and measured on their half of the speakers (fitted) and on the other (others): \(others)"
  }

  /// "pgd: attributions before and after correlate by 0.31 (−0.40 beside noise as large) for …".
  public func words(of own: Explained) -> String {
    func signed(_ number: Double, _ format: String = "%.2f") -> String {
      String(format: format, number).replacing("-", with: "−")
    }
    func beside(_ difference: Estimate?) -> String {
      guard let difference else { return "none with noise as large" }
      var words = "\(signed(difference.mean, "%+.2f")) beside noise as large"
      if Estimate.isEnough(clips: difference.clips, speakers: difference.speakers), let low = difference.low,
        let high = difference.high
      {
        words += ", interval \(signed(low)) to \(signed(high))"
      }
      return words
    }
    func correlation(_ own: Correlation?) -> String {
      own.map { "\(signed($0.mean.mean)) (\(beside($0.difference)))" } ?? "none"
    }
    let end =
      Estimate.tooFew(clips: own.clips, speakers: own.speakers).map { "; \($0)" }
      ?? "; intervals are of 95 %, those of all cues together"
    let start =
      "\(series.attacks[own.attack])\(Self.words(of: own.half)): attributions (\(method ?? "")) of the clips before and after have a rank correlation "
      + "of \(correlation(own.ofBefore)) for the class said before, and of \(correlation(own.ofAfter)) for that said after"
    guard series.space == .waveform else { return start + end }
    guard !own.cues.isEmpty else { return start + "; cues of the voice need two clips with different ones" + end }
    let cues = own.cues.prefix(3).map {
      "\($0.cue.title) \(signed($0.change.mean, "%+.2f")) SD (size \(signed($0.size)); \(beside($0.difference)))"
    }
    return start + "; the cues of the voice that change most, in standard deviations over the attacked clips: "
      + cues.joined(separator: ", ") + end
  }

  /// "clip.wav: angry → happy (p = 0.61) by pgd at 40 dB; still after WAV, MP3", a line for each clip and attack.
  public var sentences: [String] {
    rows.flatMap { entry, own -> [String] in
      let from = "\(entry.path): \(model.classes[own.from])"
      guard own.isAttacked else { return ["\(from) is not attacked"] }
      return own.found.enumerated().map { attack, found in
        guard let found else { return "\(from) holds against \(series.attacks[attack])" }
        let tried = own.tries[attack][found.budget]
        let ways = Playback.allCases.filter { found.survives[$0] == true }.map(\.title).joined(separator: ", ")
        let after = found.survives.isEmpty ? "" : "; still after \(ways.isEmpty ? "nothing" : ways)"
        return from + " → \(model.classes[tried.to]) (p = \(String(format: "%.2f", tried.probability))) by "
          + "\(series.attacks[attack]) at \(series.budgets[found.budget].words)\(after)"
          + (found.sound.map { " → \($0)" } ?? "")
      }
    }
  }

  /// The half that a clip is of, where an attack is fitted to one.
  private func half(of clip: ClipAttacks, _ attack: String) -> Half? {
    attack == Universal.name ? clip.isFitted.map { $0 ? .fitted : .others } : nil
  }

  /// - Parameter title: Of the model; nil of several.
  private func cleanWords(_ clips: String, of title: String?) -> String {
    let target = series.target.map { ", to \(model.classes[$0])" } ?? ""
    return "\(title.map { "\($0) · " } ?? "")\(shownName(source)), \(clips) · on the \(series.space.words)\(target)"
  }

  // MARK: Figure

  /// What is left over the budgets: a line for each attack, or with several other models for each model.
  public var figure: RobustnessFigure { opponents.count > 1 ? figureOfModels : figureOfAttacks }

  private func drawn(_ estimate: Estimate) -> RobustnessFigure.Share {
    let isEnough = Estimate.isEnough(clips: estimate.clips, speakers: estimate.speakers)
    return .init(mean: estimate.mean, low: isEnough ? estimate.low : nil, high: isEnough ? estimate.high : nil)
  }

  /// What of each model holds against all attacks, of the clips that it could read; where a change for all clips is fitted to
  /// some, of the others.
  private var figureOfModels: RobustnessFigure {
    let models = ([(rows, series)] + opponents).map { rows, series in
      let others = rows.filter { $0.attacks.isFitted == false }
      return (name: series.model.name, rows: others.isEmpty ? rows : others)
    }.filter { !$0.rows.isEmpty }
    func share(_ rows: [Row], _ value: (ClipAttacks) -> Double) -> RobustnessFigure.Share {
      drawn(
        Estimate(values: rows.map { value($0.attacks) }, speakers: rows.map(\.entry.speaker), seed: series.seed)!)
    }
    let attacked = models.map { name, rows in
      RobustnessFigure.Line(
        name: name,
        shares: series.budgets.indices.map { budget in
          share(rows) { clip in series.attacks.indices.allSatisfy { clip.holds($0, budget) } ? 1 : 0 }
        }, clean: share(rows) { $0.isRight ? 1 : 0 })
    }
    let noise = models.enumerated().map { place, own in
      RobustnessFigure.Line(
        name: "\(own.name) after noise",
        shares: series.budgets.indices.map { budget in
          .init(mean: share(own.rows) { $0.holdsAgainstNoise(budget) }.mean)
        }, isControl: true, partner: place, clean: .init(mean: attacked[place].clean!.mean))
    }
    let (count, areSeveral) = (models[0].rows.count, series.attacks.count > 1)
    let hasIntervals = attacked.contains { $0.clean?.low != nil }
    var figure = RobustnessFigure(
      title: [
        "What is left of \(models.count) models under \(areSeveral ? "all attacks" : series.attacks[0])",
        cleanWords("\(count) clip\(count == 1 ? "" : "s")", of: nil) + (hasIntervals ? " · 95 % intervals" : ""),
        (areSeveral ? "\(series.attacks.joined(separator: ", ")) · " : "") + "dashed: after random noise as large",
      ], measure: measure.prefix(1).uppercased() + measure.dropFirst(),
      budget: series.budgets[0].axis(at: series.space), budgets: series.budgets.map(\.words),
      clean: attacked[0].clean!, lines: attacked + noise)
    figure.hasBars = true
    return figure
  }

  private var figureOfAttacks: RobustnessFigure {
    // All budgets of an attack, or of a half of its clips, stand together.
    let lines = stride(from: 0, to: curves.count, by: series.budgets.count).map { first in
      let own = curves[first..<(first + series.budgets.count)]
      return RobustnessFigure.Line(
        name: own[first].attack == nil ? "random noise as large" : name(of: own[first]),
        shares: own.map { drawn($0.accuracy) }, isControl: own[first].attack == nil)
    }
    return RobustnessFigure(
      title: [
        "What is left of \(model.name) under attack",
        cleanWords("\(clips) clip\(clips == 1 ? "" : "s")", of: model.title) + (isEnough ? " · 95 % intervals" : ""),
      ], measure: measure.prefix(1).uppercased() + measure.dropFirst(),
      budget: series.budgets[0].axis(at: series.space),
      budgets: series.budgets.map(\.words), clean: drawn(clean), lines: lines)
  }

  public var provenance: [String: String] {
    var entries = model.provenance(source: source).merging(series.provenance) { $1 }
    entries["Method"] = method
    entries["Target"] = series.target.map { model.classes[$0] }
    if opponents.count > 1 { entries["Against"] = opponents.map(\.series.model.name).joined(separator: ", ") }
    return entries
  }

  // MARK: Numbers

  /// A row for each clip, attack and budget, the header first; a clip that is not attacked has one. With several other models
  /// each has its rows, and its name in front.
  public var csv: [[String]] {
    let others = series.others.map { "fools_\($0.model.name)" }
    let header =
      ["path", "emotion", "speaker", "predicted", "attack", "kind", "budget", "fooled", "holds", "said", "probability"]
      + ["ratio", "largest", "gradients", "predictions", "noise"] + others
      + Playback.allCases.map { "survives_\($0.rawValue)" } + Playback.allCases.map { "changes_\($0.rawValue)" }
      + ["sound"]
    guard opponents.count > 1 else { return [header] + rows.flatMap { cells($0, of: model, header.count) } }
    return [["model"] + header]
      + ([(rows, series)] + opponents).flatMap { rows, series in
        rows.flatMap { row in cells(row, of: series.model, header.count).map { [series.model.name] + $0 } }
      }
  }

  private func cells(_ row: Row, of model: TrainedModel, _ count: Int) -> [[String]] {
    func yes(_ value: Bool?) -> String { value.map { $0 ? "yes" : "no" } ?? "" }
    let (entry, own) = row
    let first = [entry.path, entry.emotion.rawValue, entry.speaker ?? "", model.classes[own.from]]
    guard own.isAttacked else { return [first + Array(repeating: "", count: count - first.count)] }
    return series.attacks.indices.flatMap { attack in
      series.budgets.enumerated().map { place, budget in
        let tried = own.tries[attack][place]
        // The sound is of the smallest budget that fools.
        let found = own.found[attack].flatMap { $0.budget == place ? $0 : nil }
        return first + [
          series.attacks[attack], budget.kind, "\(budget.number)", yes(tried.isFooled), yes(tried.holds),
          model.classes[tried.to],
          String(format: "%.4f", tried.probability), tried.ratio.map { String(format: "%.2f", $0) } ?? "",
          String(format: "%.6g", tried.largest), "\(tried.gradients)", "\(tried.predictions)",
          String(format: "%.2f", own.noise[place].share),
          // Of the tested model's changes alone other models are asked.
        ] + series.others.indices.map { yes(tried.others.isEmpty ? nil : tried.others[$0]) }
          + Playback.allCases.map { yes(found?.survives[$0]) } + Playback.allCases.map { yes(own.playedBack[$0]) }
          + [found?.sound ?? ""]
      }
    }
  }

  private struct Line: Encodable {
    struct Curve: Encodable {
      let attack: String
      let half: String?
      let budget: Double
      let accuracy, fooled: Estimate
      let ratio, gradients, predictions: Double?
      let others, othersOfNoise: [String: Estimate]
    }
    struct Played: Encodable {
      let attack: String
      let half: String?
      let clips: Int
      let counts, changes: [String: Int]
    }
    struct Explained: Encodable {
      struct Cue: Encodable {
        let cue: String
        let change: Estimate
        let size: Double
        let difference: Estimate?
      }
      let attack: String
      let ofBefore, ofBeforeDifference, ofAfter, ofAfterDifference: Estimate?
      let cues: [Cue]
    }
    struct Found: Encodable {
      let path, attack, from, to: String
      let half: String?
      let budget, probability: Double
      let ratio: Double?
      let largest: Double
      let survives: [String: Bool]
      let sound: String?
      let figures: [String]
    }
    struct Against: Encodable {
      let model: String
      let clips, bothRight: Int
      let rows: [AttackAgainst.Row]
      let words: String
      let remarks: [String]

      init(_ own: AttackAgainst) {
        (model, clips, bothRight, rows) = (own.other, own.clips, own.bothRight, own.rows)
        (words, remarks) = (own.words, own.remarks)
      }
    }
    let source, model, input, kind: String
    let target, method: String?
    let clips, attacked: Int
    let isLabelled, isEnough: Bool
    let remarks: [String]
    let seed: UInt64
    let clean: Estimate
    let curves: [Curve]
    let played: [Played]
    let explained: [Explained]
    let found: [Found]
    let against: Against?
    /// The others but the first; nil where there is one at most.
    let againstMore: [Against]?
    let figures: [String]
    let command: String

    enum CodingKeys: String, CodingKey {
      case source, model, input, kind, target, method, clips, attacked, remarks, seed, clean, curves, played, explained
      case found, against, againstMore, figures, command
      case isLabelled = "labelled"
      case isEnough = "enough"
    }
  }

  public func json(figures: [String]) throws -> String {
    func named<Value>(_ counts: [Playback: Value]) -> [String: Value] {
      Dictionary(uniqueKeysWithValues: counts.map { ($0.key.rawValue, $0.value) })
    }
    func named(_ estimates: [Estimate?]) -> [String: Estimate] {
      zip(series.others, estimates).reduce(into: [:]) { $0[$1.0.model.name] = $1.1 }
    }
    return try Line(
      source: source, model: model.name, input: series.space.rawValue, kind: series.budgets[0].kind,
      target: series.target.map { model.classes[$0] }, method: method, clips: clips, attacked: attacked,
      isLabelled: series.isLabelled, isEnough: isEnough, remarks: remarks, seed: series.seed,
      clean: clean,
      curves: curves.map { curve in
        .init(
          attack: attack(of: curve), half: curve.half?.rawValue, budget: series.budgets[curve.budget].number,
          accuracy: curve.accuracy, fooled: curve.fooled, ratio: curve.ratio, gradients: curve.gradients,
          predictions: curve.predictions,
          others: named(curve.others), othersOfNoise: named(curve.othersOfNoise))
      },
      played: played.map { own in
        .init(
          attack: series.attacks[own.attack], half: own.half?.rawValue, clips: own.clips, counts: named(own.counts),
          changes: named(own.changes))
      },
      explained: explained.map { own in
        .init(
          attack: series.attacks[own.attack], ofBefore: own.ofBefore?.mean,
          ofBeforeDifference: own.ofBefore?.difference, ofAfter: own.ofAfter?.mean,
          ofAfterDifference: own.ofAfter?.difference,
          cues: own.cues.map {
            .init(cue: $0.cue.rawValue, change: $0.change, size: $0.size, difference: $0.difference)
          })
      },
      found: rows.flatMap { entry, own in
        own.found.enumerated().compactMap { attack, found -> Line.Found? in
          guard let found else { return nil }
          let tried = own.tries[attack][found.budget]
          return Line.Found(
            path: entry.path, attack: series.attacks[attack], from: model.classes[own.from],
            to: model.classes[tried.to], half: half(of: own, series.attacks[attack])?.rawValue,
            budget: series.budgets[found.budget].number, probability: tried.probability,
            ratio: tried.ratio, largest: tried.largest, survives: named(found.survives), sound: found.sound,
            figures: found.figures)
        }
      },
      against: against.first.map { .init($0) },
      againstMore: against.count > 1 ? against.dropFirst().map { .init($0) } : nil, figures: figures,
      command: commandLine
    ).line
  }
}
