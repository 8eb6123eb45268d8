import Attributions
import AudioFeatures
import AudioFiles
import Basics
import Corpora
import Figures
import Foundation
import Models
import Tensors

/// Attacks with rising budgets on many clips of a model, and what else is asked of the clips that they change.
public struct AttackSeries {
  public typealias Item = ClipJob<ClipAttacks>.Item

  /// Another model that is asked of the same sounds.
  public struct Other {
    public let model: TrainedModel
    /// Its place of the class that the attacked model is to say; nil of any other.
    let target: Int?
  }

  /// A clip within the smallest budget that fools, for what is written of it.
  public struct Fooled {
    public let item: Item
    /// The attack's name.
    public let attack: String
    public let budget: AttackBudget
    public let from, to: Int
    /// The part of the sound that the model reads, changed; nil on features.
    public let sound: AudioClip?
    /// Both clips with their attributions of what is said of each; nil where nothing is explained.
    public let figure: ContactSheet?
  }

  public let model: TrainedModel
  /// The attacks' names.
  public let attacks: [String]
  /// The smallest first.
  public let budgets: [AttackBudget]
  public let space: InputSpace
  /// The class that the model is to say; nil for any other than it says.
  public let target: Int?
  public let others: [Other]
  /// Whether every clip's emotion is a class of the model.
  public let isLabelled: Bool
  public let seed: UInt64
  private let settings: AttackSettings
  private let explainer: Explainer?

  /// How many draws of noise a clip has for each budget.
  static let draws = 5

  /// - Parameters:
  ///   - attacks: Names of attacks, at least one.
  ///   - budgets: At least one, all of one kind.
  ///   - settings: Of each attack, but for the budget.
  ///   - others: Other models that are asked of the changed sounds; on features none can be.
  ///   - explainer: Of the model, on the mel; nil where nothing is explained.
  ///   - isLabelled: Whether every clip's emotion is a class of the model: only clips that it predicts rightly are attacked.
  /// - Throws: `AttackError` of an attack that there is not, or of settings that it cannot have.
  public init(
    _ model: TrainedModel, attacks: [String], budgets: [AttackBudget], at space: InputSpace, target: Int?,
    settings: AttackSettings, others: [TrainedModel], explainer: Explainer?, isLabelled: Bool
  ) throws(AttackError) {
    demand(others.isEmpty || space == .waveform, "other models are asked of sounds, and not of the \(space)")
    (self.model, self.attacks, self.space, self.target) = (model, attacks, space, target)
    (self.settings, self.explainer, self.isLabelled, seed) = (settings, explainer, isLabelled, settings.seed)
    self.budgets = budgets.sorted { $0.isSmaller(than: $1) }
    self.others = others.map { other in
      Other(
        model: other,
        target: target.flatMap { other.configuration.classIndex(of: Emotion(rawValue: model.classes[$0])) })
    }
    for name in attacks { for budget in self.budgets { _ = try Attacks.make(name, settings.with(budget)) } }
  }

  /// Attacks clips together.
  /// - Parameters:
  ///   - progress: Called with the share that is done.
  ///   - write: Writes what is found of a clip, and returns the paths.
  /// - Returns: A row for each clip, or why there is none.
  public func run(
    _ items: [Item], progress: (Double) -> Void,
    write: (Fooled) throws -> (sound: String?, figures: [String])
  ) throws -> [Result<ClipAttacks, any Error>] {
    let read = items.map { item in Result { try Row(item, of: self) } }
    var rows = read.map { try? $0.get() }
    // Clips of one length can be attacked at once.
    let groups = Dictionary(grouping: rows.indices.filter { rows[$0]?.isAttacked == true }) {
      rows[$0]!.clip.waveform.count
    }.values.sorted { $0[0] < $1[0] }
    for (number, group) in groups.enumerated() {
      let clips = AttackedClips(
        group.map { rows[$0]!.clip }, at: space, targets: target.map { Array(repeating: $0, count: group.count) })
      for (place, attack) in attacks.enumerated() {
        let all = Double(groups.count * attacks.count)
        let found = try changes(attack, on: clips) { progress((Double(number * attacks.count + place) + $0) / all) }
        for (row, changes) in zip(group, found) { try add(changes, by: attack, to: &rows[row]!, write) }
      }
    }
    return zip(read, rows).map { read, row in read.flatMap { _ in Result { try result(of: row!) } } }
  }

  /// A clip while it is attacked.
  private struct Row {
    let item: Item
    let clip: Clip
    let from: Int
    let truth: Int?
    let isAttacked: Bool
    /// What each other model says of the clip; nil where it is silent to it.
    let others: [Int?]
    var tries: [[ClipAttacks.Try]] = []
    var found: [ClipAttacks.Found?] = []

    /// - Throws: `ExplanationError`
    init(_ item: Item, of series: AttackSeries) throws {
      let model = series.model
      guard let speech = item.sound.trimmed(model.configuration.trimming) else {
        throw ExplanationError.silent(path: item.path)
      }
      let clip = Clip(speech, model: model)
      (self.item, self.clip) = (item, clip)
      from = try clip.probabilities(path: item.path).likeliestClass
      truth = series.isLabelled ? model.configuration.classIndex(of: item.entry.emotion) : nil
      let isAttacked = (truth == nil || truth == from) && series.target != from
      self.isAttacked = isAttacked
      others =
        try isAttacked
        ? series.others.map { try $0.said(of: series.speech(clip.waveform.floats, of: clip), path: item.path) } : []
    }
  }

  /// Whether what is said is what the attack wants.
  private func isFooled(_ said: Int, from: Int) -> Bool { target.map { $0 == said } ?? (said != from) }

  // MARK: Attacks

  private struct Change {
    let clip: AttackedClip
    let isFooled: Bool
    let gradients, predictions: Int
  }

  /// The changes within each budget, [clip][budget]; one that fools within a smaller budget stays.
  private func changes(
    _ name: String, on clips: AttackedClips, progress: (Double) -> Void
  ) throws(AttackError) -> [[Change]] {
    var changes = clips.clips.map { _ in [Change]() }
    func add(_ found: [AttackedClip], _ isWithin: (AttackedClip) -> Bool) {
      for (place, clip) in found.enumerated() {
        let isFooled = clip.isFooled && isWithin(clip)
        let last = changes[place].last.flatMap { $0.isFooled ? $0.clip : nil }
        changes[place].append(
          Change(
            clip: last ?? clip, isFooled: isFooled || last != nil, gradients: clip.gradients,
            predictions: clip.predictions))
      }
    }
    func attack(_ budget: AttackBudget) throws(AttackError) -> any Attack {
      try Attacks.make(name, settings.with(budget))
    }
    let loosest = try attack(budgets[budgets.count - 1])
    if type(of: loosest).isMinimal, !budgets.contains(where: \.isMasked) {
      // The smallest change is the same for every budget that has room for it.
      let found = try loosest.run(clips, progress: progress)
      for budget in budgets { add(found, budget.has) }
      return changes
    }
    for (place, budget) in budgets.enumerated() {
      let found = try attack(budget).run(clips) { progress((Double(place) + $0) / Double(budgets.count)) }
      add(found) { _ in true }
    }
    return changes
  }

  /// Adds what one attack found of a clip.
  private func add(
    _ changes: [Change], by attack: String, to row: inout Row,
    _ write: (Fooled) throws -> (sound: String?, figures: [String])
  ) throws {
    row.tries.append(
      try changes.map { change in
        let clip = change.clip
        return ClipAttacks.Try(
          isFooled: change.isFooled, to: clip.to, probability: clip.probabilities[clip.to],
          ratio: clip.ratio.flatMap { $0.isFinite ? $0 : nil }, largest: clip.largest, gradients: change.gradients,
          predictions: change.predictions, others: try areFooled(by: clip.values, of: row))
      })
    guard let budget = changes.firstIndex(where: \.isFooled) else {
      row.found.append(nil)
      return
    }
    let found = changes[budget].clip
    let after = row.clip.with(Tensor(found.values, shape: row.clip.shape(at: space)), at: space)
    let sound = space == .waveform ? speech(found.values, of: row.clip) : nil
    let explained = try explainer.map { try explain(row, after, to: found.to, sound: sound, $0) }
    let written = try write(
      Fooled(
        item: row.item, attack: attack, budget: budgets[budget], from: row.from, to: found.to, sound: sound,
        figure: explained?.figure))
    row.found.append(
      ClipAttacks.Found(
        budget: budget, survives: try sound.map { try fooling($0, row) } ?? [:], sound: written.sound,
        figures: written.figures, explanation: explained?.found))
  }

  /// What of a waveform of a clip is speech, as a sound.
  private func speech(_ values: [Float], of clip: Clip) -> AudioClip {
    AudioClip(samples: Array(values.prefix(clip.sampleCount)), sampleRate: model.configuration.frontEnd.sampleRate)
  }

  /// By which ways a sound still fools, or the clip's own does without an attack.
  private func fooling(_ sound: AudioClip, _ row: Row) throws -> [Playback: Bool] {
    try Playback.allCases.reduce(into: [:]) { found, playback in
      guard let played = playback.sound(of: sound, trimming: model.configuration.trimming),
        !isSilent(played.samples)
      else {
        found[playback] = false
        return
      }
      found[playback] = isFooled(try said(of: Clip(played, model: model), row), from: row.from)
    }
  }

  // MARK: Controls and other models

  /// Whether each other model says something else of values than of the clip.
  private func areFooled(by values: [Float], of row: Row) throws -> [Bool] {
    try zip(others, row.others).map { other, own in
      guard let own, let said = try other.said(of: speech(values, of: row.clip), path: row.item.path) else {
        return false
      }
      return other.target.map { said == $0 && own != $0 } ?? (said != own)
    }
  }

  private func result(of row: Row) throws -> ClipAttacks {
    guard row.isAttacked else { return ClipAttacks(from: row.from, truth: row.truth) }
    return ClipAttacks(
      from: row.from, truth: row.truth, tries: row.tries,
      noise: try budgets.map { try noise($0, row) }, found: row.found,
      playedBack: space == .waveform ? try fooling(speech(row.clip.waveform.floats, of: row.clip), row) : [:])
  }

  private func noise(_ budget: AttackBudget, _ row: Row) throws -> ClipAttacks.Noise {
    // Other numbers for each clip.
    var print = Fingerprint()
    print.add(seed)
    print.add(row.item.entry.path)
    var generator = SeededGenerator(seed: print.value)
    let change = try RandomChange(row.clip, at: space, settings.with(budget))
    let drawn = (0..<Self.draws).map { _ in change.values(using: &generator) }
    let said = try drawn.map {
      try self.said(of: row.clip.with(Tensor($0, shape: row.clip.shape(at: space)), at: space), row)
    }
    return ClipAttacks.Noise(
      share: Double(said.count { isFooled($0, from: row.from) }) / Double(Self.draws),
      others: try areFooled(by: drawn[0], of: row))
  }

  private func said(of clip: Clip, _ row: Row) throws -> Int {
    try clip.probabilities(path: row.item.path).likeliestClass
  }

  // MARK: Explanations

  private func explain(
    _ row: Row, _ after: Clip, to: Int, sound: AudioClip?, _ explainer: Explainer
  ) throws -> (found: AttackExplanation, figure: ContactSheet) {
    let path = row.item.path
    func explanations(_ clip: Clip) throws -> [Explanation] {
      try [row.from, to].map { target in try explainer.explain(clip, path: path) { _ in Target(target) } }
    }
    let (before, changed) = (try explanations(row.clip), try explanations(after))
    func correlation(_ place: Int) -> Double? {
      let maps = [before, changed].map { $0[place].inputs[0].attribution }
      let frames = min(Int(row.clip.duration / before[0].hop) + 1, maps[0].shape[1])
      let speech = maps.map { $0.slice(axis: 1, 0..<frames).floats }
      return Agreement(
        speech[0], speech[1], rows: maps[0].shape[0], columns: frames, isSigned: before[0].isSigned
      ).values[.spearman]
    }
    let own = sound == nil ? [:] : Self.cues(speech(row.clip.waveform.floats, of: row.clip))
    let others = sound.map(Self.cues) ?? [:]
    let both = own.filter { others[$0.key] != nil }
    let shown = [("as it is", before[0]), ("attacked", changed[1])].map { name, explanation in
      ContactSheet.Clip(
        name: name, input: explanation.shown(explanation.inputs[0]), duration: explanation.duration,
        prediction: .emotion(
          explanation.classes[explanation.predicted], probability: explanation.probabilities[explanation.predicted],
          truth: nil))
    }
    return (
      AttackExplanation(
        ofBefore: correlation(0), ofAfter: correlation(1), cues: both,
        changes: both.reduce(into: [:]) { $0[$1.key] = others[$1.key]! - $1.value }),
      ContactSheet(
        title: [
          "\(shownName(row.item.path)): \(model.classes[row.from]) → \(model.classes[to]) after an attack",
          "\(explainer.method.name) for what is predicted of each · \(model.title) \(model.name)",
        ], clips: shown)
    )
  }

  /// The mean of each cue that a sound has.
  private static func cues(_ sound: AudioClip) -> [VoiceCue: Double] {
    guard sound.sampleRate >= VoiceCues.lowestSampleRate else { return [:] }
    return VoiceCues(sound.samples, sampleRate: sound.sampleRate).summary.cues.mapValues(\.mean)
  }

  public var provenance: [String: String] {
    var entries = [
      "Attacks": attacks.joined(separator: ", "), "Budgets": budgets.map(\.words).joined(separator: ", "),
      "Input": space.rawValue, "Seed": "\(seed)", "Steps": "\(settings.steps)",
    ]
    entries["Band"] = settings.band.map { "\($0.lowerBound) to \($0.upperBound) Hz" }
    return entries
  }
}

extension AttackSeries.Other {
  /// What the model says of a sound; nil of silence.
  fileprivate func said(of sound: AudioClip, path: String) throws -> Int? {
    let own = sound.resampled(to: model.configuration.frontEnd.sampleRate)
    guard let speech = own.trimmed(model.configuration.trimming) else { return nil }
    return try Clip(speech, model: model).probabilities(path: path).likeliestClass
  }
}

extension AttackSettings {
  /// These with another budget.
  fileprivate func with(_ budget: AttackBudget) -> AttackSettings {
    var settings = self
    settings.budget = budget
    return settings
  }
}

extension AttackBudget {
  var number: Double {
    switch self {
    case .ratio(let number), .largest(let number), .masked(let number): number
    }
  }

  /// The name of what the number is, as in a column of a table.
  var kind: String {
    switch self {
    case .ratio: "ratio"
    case .largest: "largest"
    case .masked: "masked"
    }
  }

  fileprivate var isMasked: Bool { if case .masked = self { true } else { false } }

  /// Whether it allows less than another of its kind: the larger a ratio, or the further below the threshold.
  fileprivate func isSmaller(than other: AttackBudget) -> Bool {
    if case .largest = self { number < other.number } else { number > other.number }
  }

  /// Whether a change lies within it, but for rounding; of a masked one its attack only knows.
  fileprivate func has(_ clip: AttackedClip) -> Bool {
    switch self {
    case .ratio(let least): clip.ratio.map { $0 >= least - 0.01 } ?? false
    case .largest(let most): clip.largest <= most * 1.0001
    case .masked: true
    }
  }

  /// "40 dB", "0.01".
  public var words: String {
    let text = String(format: "%g", number).replacing("-", with: "−")
    if case .largest = self { return text }
    return "\(text) dB"
  }
}
