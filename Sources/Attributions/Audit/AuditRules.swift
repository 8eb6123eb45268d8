import Basics
import Foundation

/// One verdict of an audit.
public struct AuditFinding: Sendable, Equatable, Encodable {
  public enum Verdict: String, Sendable, Encodable, CaseIterable {
    /// The model leans on something that is not emotion, or results on these clips look better than they are.
    case alarm
    /// It depends on what listeners do not need.
    case caution
    /// There is something to know.
    case note
    case noAlarm = "no alarm"
    /// There are too few speakers.
    case undecided
    /// There is nothing to judge by.
    case notJudged = "not judged"
  }

  public let topic: String
  public let verdict: Verdict
  public let words: String

  public init(_ topic: String, _ verdict: Verdict, _ words: String) {
    (self.topic, self.verdict, self.words) = (topic, verdict, words)
  }
}

/// The rules by which an audit gives verdicts. Those of interventions, steady noises, columns and gaps are tests: where there is nothing to find,
/// one of them raises an alarm or a caution in 5 % of the audits at most (Bonferroni). The others tell facts.
public struct AuditRules: Sendable {
  /// How many tests there are.
  public let tests: Int

  /// Of interventions: the background, a noise of the same emotion, two bands, two levels and four lines.
  private static let tested = 4 + AuditIntervention.levels.count + AuditIntervention.transmissions.count
  /// A gap of UAR, a recall beyond chance from a column, or a probability that follows a noise, that is worth an alarm.
  public static let leastGap = 0.05, leastAssociation = 0.1, leastFollowing = 0.05
  /// Of each of two groups; and of those who give an emotion's noise. The interval of ``NoiseFollowing`` counts all who take part,
  /// and does not see how few rooms an emotion has: where rooms raise its probability and say nothing of it, those of one speaker
  /// raise an alarm in 16 % of simulated audits, of three in 1.2 %, of five in 0.3 %, where 0.2 % are allowed
  /// (Tests/Fixtures/noise-rooms.py).
  public static let leastSpeakersOfGroup = Estimate.leastSpeakers / 2
  /// Of a cluster: its least clips, the largest part of its class, the least silhouette, and the share of the saliency that
  /// decides.
  public static let leastCluster = 3, largestCluster = 0.5, leastSilhouette = 0.3, decisiveShare = 0.5

  /// - Parameters:
  ///   - emotions: How many the clips have: the noise of each is a test, but what that of one of two does, the other's does too.
  ///   - gaps: How many pairs of groups are compared.
  ///   - associations: How many columns are asked for the emotion.
  public init(emotions: Int, gaps: Int, associations: Int) {
    tests = Self.tested + (emotions > 2 ? emotions : 1) + gaps + associations
  }

  public var level: Double { Estimate.level(ofEachAmong: tests) }
  /// The largest p of a test that raises an alarm.
  public var p: Double { 1 - level }

  /// The rules as they are applied, a sentence each.
  public var sentences: [String] {
    let level = String(format: "%.2f %%", 100 * level)
    let part = "\(Int(100 * InterventionEffect.bearable)) %"
    return [
      "Non-speech, steady noise, both bands, level, lines, what a column alone tells, and gaps are \(tests) tests: each has an interval of "
        + "\(level), or p ≤ \(String(format: "%.4f", p)), so that all hold together with 95 %. Verdicts need "
        + "\(Estimate.leastClips) clips and \(Estimate.leastSpeakers) speakers; where speakers are not known, clips count as "
        + "independent.",
      "Trained on, copies, and what is in common with training are facts, counted. The model: caution where it is not shown "
        + "to be beyond chance. Strategies and notes are no tests: they tell where to look.",
      "A change is beyond chance where all of the interval of UAR lies above 1 / emotions, and costly where the model for "
        + "sure loses more than \(part) of what is beyond chance in the clips as they are.",
      "Non-speech: alarm where the background alone, of one length in all clips, is beyond chance; a note where only the "
        + "background in place is, as the moments of the pauses are speech's own.",
      "Steady noise: each clip is cleaned of the noise of its pauses and given that of a clip of another emotion, and that of "
        + "one of its own emotion, both of other speakers where there are some. Alarm where an emotion is more probable with the "
        + "noise of its clips than with that of others, by \(Self.leastFollowing) or more, and the whole interval, by the speakers of "
        + "voices and of noises, lies above 0; each emotion counts as a test, and has noises of \(Self.leastSpeakersOfGroup) "
        + "speakers or more. It is found too where the speakers "
        + "of an emotion share a room that others do not have. Caution where even the noise of the same emotion is costly. Clips "
        + "without 0.1 s that are 25 dB under their loudest moment have no pauses, and are left out.",
      "Above 4 kHz: alarm where to be without it is costly, and it is beyond chance alone or nothing is shown to be beyond "
        + "chance without it: listeners on a telephone do not need it. Below 500 Hz: a note then, as the voice's pitch is "
        + "there.",
      "Level: caution where 12 dB more or less are costly. Lines: caution where 8 kHz, Opus, MP3 or a telephone are.",
      "Order: a note where the reversed clip is beyond chance and costs for sure no more than \(part): the model then does "
        + "not use the order of sounds.",
      "Leakage: alarm where tested clips are training clips or copies of some, where both have speakers or sessions in "
        + "common, and where the emotion most frequent in training with a speaker, corpus, session or sentence tells that of "
        + "tested clips (UAR \(Self.leastAssociation) beyond chance); without training clips "
        + "a caution where it does so within the tested ones.",
      "Gaps: alarm where the interval of the difference of UAR between the two groups (of sex, age, corpus) that are widest "
        + "apart lies beside 0, and the difference is \(Self.leastGap) or more. UAR is that of the emotions that both have, two "
        + "or more; each has \(Self.leastSpeakersOfGroup) speakers, and each pair of groups counts as a test.",
      "Strategies: caution where \(Self.leastCluster) clips or more, fewer than \(Int(100 * Self.largestCluster)) % of those "
        + "predicted their class, have maps of saliency apart from others (silhouette above \(Self.leastSilhouette)) with "
        + "more than half on silent frames, or on an eighth of the mels that has less than half as much in the others.",
    ]
  }

  // MARK: Interventions

  /// - Parameters:
  ///   - effects: By intervention; none of those that no clip can be heard after.
  ///   - following: Of each emotion of the clips.
  ///   - classes: Their names.
  public func findings(
    of effects: [AuditIntervention: InterventionEffect], following: [NoiseFollowing], classes: [String]
  ) -> [AuditFinding] {
    let own = effects[.asItIs]
    let isAble = own?.isBeyondChance == true
    return [
      ability(own), nonSpeech(effects), steadyNoise(effects, following, classes, isAble), highest(effects, isAble),
      lowest(effects, isAble),
    ]
      + [
        costs("level", AuditIntervention.levels, effects, isAble, "the level of the recording"),
        costs("lines", AuditIntervention.transmissions, effects, isAble, "what lines and codecs take away"),
        order(effects, isAble),
      ]
  }

  private func ability(_ own: InterventionEffect?) -> AuditFinding {
    if let refusal = refusal("the model", own, "can be heard") { return refusal }
    return own!.isBeyondChance
      ? AuditFinding("the model", .noAlarm, "tells emotions apart: \(Self.words(own!))")
      : AuditFinding(
        "the model", .caution,
        "is not beyond chance on these clips as they are (\(Self.words(own!))): what changes cost is not judged")
  }

  private func nonSpeech(_ effects: [AuditIntervention: InterventionEffect]) -> AuditFinding {
    let topic = "non-speech"
    if let refusal = refusal(topic, effects[.pauses], "have 0.1 s of background") { return refusal }
    let alone = effects[.pauses]!
    guard !alone.isBeyondChance else {
      return AuditFinding(
        topic, .alarm, "leans on non-speech: tells emotions from the background alone, \(Self.words(alone))")
    }
    if let inPlace = effects[.background], inPlace.isBeyondChance {
      return AuditFinding(
        topic, .note,
        "tells emotions from the background in place (\(Self.words(inPlace))), not from the background alone "
          + "(\(Self.words(alone))): by the moments of the pauses")
    }
    return AuditFinding(topic, .noAlarm, "the background alone is not beyond chance: \(Self.words(alone))")
  }

  private func steadyNoise(
    _ effects: [AuditIntervention: InterventionEffect], _ following: [NoiseFollowing], _ classes: [String],
    _ isAble: Bool
  ) -> AuditFinding {
    let topic = "steady noise"
    if let refusal = refusal(topic, effects[.otherNoise], "can be given the noise of others") { return refusal }
    let compared = following.filter { $0.clips >= Estimate.leastClips && $0.follows != nil }
    let judged = compared.filter { $0.givers >= Self.leastSpeakersOfGroup }
    guard !judged.isEmpty else {
      return AuditFinding(
        topic, .notJudged,
        "no emotion has \(Estimate.leastClips) clips to compare, and noises of \(Self.leastSpeakersOfGroup) speakers")
    }
    func words(_ own: NoiseFollowing) -> String {
      let follows = own.follows!
      let interval =
        follows.low.flatMap { low in follows.high.map { String(format: " (%+.2f to %+.2f)", low, $0) } } ?? ""
      return "\(classes[own.label]) " + (String(format: "%+.2f", follows.mean) + interval).replacing("-", with: "−")
    }
    func list(_ what: String, _ all: [NoiseFollowing], without some: [NoiseFollowing]) -> String {
      let rest = all.filter { own in !some.contains { $0.label == own.label } }.map { classes[$0.label] }
      return rest.isEmpty ? "" : "; too few \(what) with a noise: \(rest.joined(separator: ", "))"
    }
    let without =
      list("clips", following, without: compared) + list("speakers", compared, without: judged)
    let found = judged.filter { $0.isFollowed && $0.follows!.mean >= Self.leastFollowing }
      .sorted { $0.follows!.mean > $1.follows!.mean }
    guard found.isEmpty else {
      return AuditFinding(
        topic, .alarm,
        "leans on the steady noise under the speech: that of an emotion's clips makes it more probable, by "
          + found.map(words).joined(separator: ", ") + without)
    }
    if isAble, let same = effects[.sameNoise], same.isCostly {
      return AuditFinding(
        topic, .caution,
        "depends on the clip's own steady noise: with that of another clip of the same emotion \(Self.words(same))"
          + without)
    }
    let most = judged.max { $0.follows!.mean < $1.follows!.mean }!
    return AuditFinding(
      topic, .noAlarm, "predictions do not follow that of other clips: at most \(words(most))" + without)
  }

  private func highest(_ effects: [AuditIntervention: InterventionEffect], _ isAble: Bool) -> AuditFinding {
    band("above 4 kHz", .highest, .withoutHighest, effects, isAble, found: .alarm, "which a telephone does not have")
  }

  private func lowest(_ effects: [AuditIntervention: InterventionEffect], _ isAble: Bool) -> AuditFinding {
    band("below 500 Hz", .lowest, .withoutLowest, effects, isAble, found: .note, "where the pitch is, and hum")
  }

  private func band(
    _ topic: String, _ alone: AuditIntervention, _ without: AuditIntervention,
    _ effects: [AuditIntervention: InterventionEffect], _ isAble: Bool, found: AuditFinding.Verdict, _ remark: String
  ) -> AuditFinding {
    for intervention in [alone, without] {
      if let refusal = refusal(topic, effects[intervention], "can be heard \(intervention.rawValue)") { return refusal }
    }
    guard isAble else { return Self.unable(topic) }
    let (one, rest) = (effects[alone]!, effects[without]!)
    let words = "alone \(Self.words(one)), without it \(Self.words(rest))"
    return rest.isCostly && (one.isBeyondChance || !rest.isBeyondChance)
      ? AuditFinding(topic, found, "leans on the band \(topic), \(remark): \(words)")
      : AuditFinding(topic, .noAlarm, words)
  }

  private func costs(
    _ topic: String, _ interventions: [AuditIntervention], _ effects: [AuditIntervention: InterventionEffect],
    _ isAble: Bool, _ what: String
  ) -> AuditFinding {
    let known = interventions.compactMap { effects[$0] }
    if let refusal = refusal(topic, known.max { $0.clips < $1.clips }, "can be heard after it") { return refusal }
    guard isAble else { return Self.unable(topic) }
    func list(_ effects: [InterventionEffect]) -> String {
      effects.map { "\($0.intervention.rawValue): \(Self.words($0))" }.joined(separator: "; ")
    }
    let costly = known.filter { $0.clips >= Estimate.leastClips && $0.isCostly }
    guard costly.isEmpty else { return AuditFinding(topic, .caution, "depends on \(what): \(list(costly))") }
    return AuditFinding(topic, .noAlarm, list(known))
  }

  private func order(_ effects: [AuditIntervention: InterventionEffect], _ isAble: Bool) -> AuditFinding {
    let topic = "order"
    if let refusal = refusal(topic, effects[.reversed], "can be heard reversed") { return refusal }
    guard isAble else { return Self.unable(topic) }
    let reversed = effects[.reversed]!
    let words = "reversed in time \(Self.words(reversed))"
    if reversed.isBeyondChance, reversed.isFree {
      return AuditFinding(topic, .note, "does not use the order of sounds: \(words)")
    }
    return AuditFinding(topic, .noAlarm, reversed.isCostly ? "uses the order of sounds: \(words)" : words)
  }

  /// "0.41 (0.30 to 0.52; chance 0.14)".
  private static func words(_ effect: InterventionEffect) -> String {
    let tested = effect.tested
    let interval = tested.low.flatMap { low in tested.high.map { String(format: "%.2f to %.2f; ", low, $0) } } ?? ""
    return (String(format: "UAR %.2f (", tested.mean) + interval + String(format: "chance %.2f)", effect.chance))
      .replacing("-", with: "−")
  }

  private static func unable(_ topic: String) -> AuditFinding {
    AuditFinding(topic, .notJudged, "the model is not beyond chance on the clips as they are")
  }

  /// The verdict where there are too few clips or speakers; nil where there are enough.
  private func refusal(_ topic: String, _ effect: InterventionEffect?, _ what: String) -> AuditFinding? {
    guard let effect, effect.clips >= Estimate.leastClips else {
      return AuditFinding(
        topic, .notJudged, "\(effect?.clips ?? 0) clips \(what), fewer than \(Estimate.leastClips) or of one emotion")
    }
    return Self.fewSpeakers(topic, effect.recall.speakers)
  }

  private static func fewSpeakers(_ topic: String, _ speakers: Int?) -> AuditFinding? {
    guard let speakers, speakers < Estimate.leastSpeakers else { return nil }
    return AuditFinding(topic, .undecided, "\(speakers) speakers, fewer than \(Estimate.leastSpeakers)")
  }

  // MARK: Leakage

  /// - Parameters:
  ///   - leakage: Of the tested clips, with or without training clips.
  ///   - copies: Nil without training clips.
  ///   - trainedOn: How many of how many clips the model knows from its training; nil where that is not known.
  public func findings(
    of leakage: SplitLeakage, copies: SplitLeakage.Copies?, trainedOn: (found: Int, clips: Int)?
  ) -> [AuditFinding] {
    var findings: [AuditFinding] = []
    if let trainedOn {
      let words =
        "the sound of \(trainedOn.found) of \(trainedOn.clips) clips is that of clips the model was trained on"
      findings.append(AuditFinding("trained on", trainedOn.found > 0 ? .alarm : .noAlarm, words))
    }
    guard let copies else {
      return findings + [AuditFinding("leakage", .notJudged, "no --training")]
        + leakage.associations.map { association($0, found: .caution, "within the tested clips") }
    }
    let all = copies.exact + copies.near
    findings.append(
      AuditFinding(
        "copies", all > 0 ? .alarm : .noAlarm,
        "\(copies.exact) exact and \(copies.near) near copies of training clips among \(copies.clips)"))
    findings += leakage.shared.map { own in
      let verdict: AuditFinding.Verdict =
        own.values.isEmpty ? .noAlarm : SplitLeakage.keptApart.contains(own.column) ? .alarm : .note
      let some = own.values.prefix(3).joined(separator: ", ") + (own.values.count > 3 ? ", …" : "")
      let names = own.values.isEmpty ? "" : " (\(some))"
      return AuditFinding(
        "\(own.column)s", verdict,
        own.values.isEmpty
          ? "none in common with training"
          : "\(own.values.count) in common with training\(names), of \(own.clips) of \(own.ofClips) clips")
    }
    return findings + leakage.associations.map { association($0, found: .alarm, "in the training clips") }
  }

  private func association(
    _ own: SplitLeakage.Association, found: AuditFinding.Verdict, _ place: String
  ) -> AuditFinding {
    let words =
      "its most frequent emotion \(place): "
      + String(format: "UAR %.2f, chance %.2f, p = %.2g", own.recall, own.chance, own.p)
    let topic = "\(own.column) alone"
    guard own.clips >= Estimate.leastClips else {
      return AuditFinding(topic, .notJudged, "\(own.clips) clips name it, fewer than \(Estimate.leastClips)")
    }
    let tells = own.p <= p && own.recall - own.chance >= Self.leastAssociation
    return AuditFinding(topic, tells ? found : .noAlarm, tells ? "tells the emotion, by \(words)" : words)
  }

  // MARK: Speakers

  /// What there is to know of all intervals; nil where the speaker of each clip is known.
  /// - Parameter speakers: Each clip's.
  public func finding(ofSpeakers speakers: [String?]) -> AuditFinding? {
    let unknown = speakers.count { $0 == nil }
    guard unknown > 0 else { return nil }
    return AuditFinding(
      "speakers unknown", .note,
      "of \(unknown) of \(speakers.count) clips: intervals take clips as independent, and are too narrow where a speaker "
        + "has several")
  }

  // MARK: Groups

  /// - Parameters:
  ///   - column: "sex".
  ///   - difference: Of the UAR of the best group less that of the worst, at ``level``.
  ///   - leftOut: The emotions that only one of them has, which are not compared.
  ///   - fewest: The number of speakers of the group that has fewer; nil where one is not known.
  ///   - isAble: Whether the model is beyond chance on the clips as they are.
  public func gap(
    _ column: String, best: String, worst: String, difference: Estimate, without leftOut: [String], fewest: Int?,
    isAble: Bool
  ) -> AuditFinding {
    let topic = "gap by \(column)"
    if let few = Self.fewSpeakers(topic, difference.speakers) { return few }
    if let fewest, fewest < Self.leastSpeakersOfGroup {
      return AuditFinding(
        topic, .undecided,
        "\(fewest) speaker\(fewest == 1 ? "" : "s") of \(worst) or \(best), fewer than \(Self.leastSpeakersOfGroup)")
    }
    guard isAble else { return Self.unable(topic) }
    let interval = difference.low.flatMap { low in
      difference.high.map { String(format: " (%.2f to %.2f)", low, $0).replacing("-", with: "−") }
    }
    let rest = leftOut.isEmpty ? "" : "; without \(leftOut.joined(separator: ", ")), of one of them only"
    let words =
      "UAR of \(best) less that of \(worst): " + String(format: "%.2f", difference.mean) + (interval ?? "") + rest
    let isGap = difference.isBesideZero && abs(difference.mean) >= Self.leastGap
    return AuditFinding(topic, isGap ? .alarm : .noAlarm, words)
  }

  // MARK: Strategies

  /// Whether a few clips are decided from silence or from one band, as no others are.
  public static func isSuspect(_ cluster: SaliencyClusters.Cluster) -> Bool {
    guard cluster.clips >= leastCluster, cluster.silhouette > leastSilhouette,
      Double(cluster.clips) < largestCluster * Double(cluster.allPredicted)
    else { return false }
    return cluster.silent > decisiveShare
      || cluster.bandShare > decisiveShare && cluster.bandShareOfOthers < cluster.bandShare / 2
  }

  /// - Parameter classes: Their names.
  public func finding(of found: SaliencyClusters, classes: [String]) -> AuditFinding {
    let topic = "strategies"
    guard found.clips >= Estimate.leastClips else {
      return AuditFinding(topic, .notJudged, "\(found.clips) clips have a gradient, fewer than \(Estimate.leastClips)")
    }
    let suspects = found.clusters.enumerated().filter { Self.isSuspect($0.element) }
    let count = "\(found.clusters.count) group\(found.clusters.count == 1 ? "" : "s") of saliency maps"
    guard !suspects.isEmpty else {
      return AuditFinding(topic, .noAlarm, "\(count), none small, apart and of one place")
    }
    let words = suspects.map { number, own in
      let place =
        own.silent > Self.decisiveShare
        ? String(format: "%.0f %% of the saliency on silent frames", 100 * own.silent)
        : String(format: "%.0f %% of the saliency on the mels %d of 8", 100 * own.bandShare, own.band + 1)
      return "group \(number + 1), \(own.clips) clips, most predicted \(classes[own.predicted]): \(place)"
    }
    return AuditFinding(topic, .caution, "\(count); decided otherwise: " + words.joined(separator: "; "))
  }
}
