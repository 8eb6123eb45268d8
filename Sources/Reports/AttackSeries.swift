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
  /// The speakers to whose clips a change for all clips is fitted; nil where it is fitted to all.
  public let fitted: Set<String>?
  public let seed: UInt64
  private let settings: AttackSettings
  private let explainer: Explainer?

  /// How many draws of noise a clip has for each budget.
  static let draws = 5
  /// Of so many clips one change for all of them is sought, at most: all are kept at once, and a run that is stopped begins
  /// again.
  public static let mostUniversal = 128

  /// - Parameters:
  ///   - attacks: Names of attacks, at least one.
  ///   - budgets: At least one, all of one kind.
  ///   - settings: Of each attack, but for the budget.
  ///   - others: Other models that are asked of the changed sounds; on features none can be.
  ///   - explainer: Of the model, on the mel; nil where nothing is explained.
  ///   - isLabelled: Whether every clip's emotion is a class of the model: only clips that it predicts rightly are attacked.
  ///   - fitted: See ``fittedHalf(of:seed:)``.
  /// - Throws: `AttackError` of an attack that there is not, or of settings that it cannot have.
  ///   Of the predicted class alone no target is found: noise is hardly ever called a given emotion, and clips that are
  ///   called so are not attacked. The smallest 2-norm is no measure of what a clip masks.
  public init(
    _ model: TrainedModel, attacks: [String], budgets: [AttackBudget], at space: InputSpace, target: Int?,
    settings: AttackSettings, others: [TrainedModel], explainer: Explainer?, isLabelled: Bool,
    fitted: Set<String>? = nil
  ) throws(AttackError) {
    demand(others.isEmpty || space == .waveform, "other models are asked of sounds, and not of the \(space)")
    (self.model, self.attacks, self.space, self.target) = (model, attacks, space, target)
    (self.settings, self.explainer, self.isLabelled, seed) = (settings, explainer, isLabelled, settings.seed)
    self.fitted = attacks.contains(Universal.name) ? fitted : nil
    self.budgets = budgets.sorted { $0.isSmaller(than: $1) }
    self.others = others.map { other in
      Other(
        model: other,
        target: target.flatMap { other.configuration.classIndex(of: Emotion(rawValue: model.classes[$0])) })
    }
    for name in attacks {
      for budget in self.budgets {
        let attack = try Attacks.make(name, settings.with(budget))
        if type(of: attack).isMinimal, budget.isMasked {
          throw .unsuitable(
            attack: name, reason: "seeks the change of the smallest 2-norm, which says nothing of what a clip masks")
        }
      }
      if target != nil, name == HopSkipJump.name {
        throw .unsuitable(attack: name, reason: "has no target: it starts from noise that is called something else")
      }
    }
  }

  /// Half of the speakers of clips, drawn at random: a change for all clips is fitted to theirs, and measured on the others' too.
  /// Nil where there are too few clips or speakers for a verdict, or a speaker is not known: it is fitted to all.
  public static func fittedHalf(of entries: [Manifest.Entry], seed: UInt64) -> Set<String>? {
    let known = Set(entries.compactMap(\.speaker)).sorted()
    guard entries.allSatisfy({ $0.speaker != nil }), Estimate.isEnough(clips: entries.count, speakers: known.count)
    else { return nil }
    var generator = SeededGenerator(seed: seed)
    return Set(generator.shuffled(known).prefix(known.count / 2))
  }

  /// Attacks clips together.
  /// - Parameters:
  ///   - progress: Called with the share that is done.
  ///   - write: Writes what is found of a clip, and returns the paths.
  /// - Returns: A row for each clip, or why there is none.
  /// - Throws: `AttackError` where one change is sought for clips of several lengths; what `write` throws; and
  ///   `ExplanationError` of the method, as all clips would fail.
  public func run(
    _ items: [Item], progress: (Double) -> Void,
    write: (Fooled) throws -> (sound: String?, figures: [String])
  ) throws -> [Result<ClipAttacks, any Error>] {
    var failures: [Int: any Error] = [:]
    var rows: [Row?] = []
    for (place, item) in items.enumerated() {
      do {
        rows.append(try Row(item, of: self))
      } catch {
        rows.append(nil)
        failures[place] = error
      }
    }
    // Clips of one length can be attacked at once.
    let groups = Dictionary(grouping: rows.indices.filter { rows[$0]?.isAttacked == true }) {
      rows[$0]!.clip.waveform.count
    }.values.sorted { $0[0] < $1[0] }
    if groups.count > 1, attacks.contains(Universal.name) {
      throw AttackError.unsuitable(
        attack: Universal.name,
        reason: "needs clips of one length: \(model.name) reads these as long as they are, of \(groups.count) lengths")
    }
    for (number, group) in groups.enumerated() {
      for (place, attack) in attacks.enumerated() {
        let all = Double(groups.count * attacks.count)
        let open = group.filter { failures[$0] == nil }
        guard !open.isEmpty else { break }
        let found = found(attack, of: open.map { rows[$0]! }) {
          progress((Double(number * attacks.count + place) + $0) / all)
        }
        for (row, changes) in zip(open, found) {
          do {
            try add(changes.get(), by: attack, to: &rows[row]!, write)
          } catch let error as ExplanationError where !error.isOfTheMethod {
            failures[row] = error
          } catch let error as AttackError {
            failures[row] = error
          }
        }
      }
    }
    return rows.enumerated().map { place, row in
      if let error = failures[place] { return .failure(error) }
      return Result { try result(of: row!) }
    }
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
    /// The mean of each cue of the voice; empty where nothing is explained, and on features.
    let cues: [VoiceCue: Double]
    var tries: [[ClipAttacks.Try]] = []
    var found: [ClipAttacks.Found?] = []

    /// - Throws: `ExplanationError`, or `AttackError` where nothing of the clip may be changed.
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
      let isExplained = isAttacked && series.explainer != nil && series.space == .waveform
      cues = isExplained ? AttackSeries.cues(series.speech(clip.waveform.floats, of: clip)) : [:]
      guard isAttacked else { return }
      do {
        _ = try RandomChange(clip, at: series.space, series.settings)
      } catch {
        throw AttackError.of(path: item.path, error)
      }
    }
  }

  /// Whether what is said is what the attack wants.
  private func isFooled(_ said: Int, from: Int) -> Bool { target.map { $0 == said } ?? (said != from) }

  // MARK: Attacks

  private struct Change {
    let clip: AttackedClip
    let isFooled, holds: Bool
  }

  /// What an attack finds of clips of one length at once; of each by itself where that fails, so that one clip's error
  /// is not the others'.
  private func found(_ name: String, of rows: [Row], progress: (Double) -> Void) -> [Result<[Change], AttackError>] {
    do throws(AttackError) {
      return try changes(name, on: rows, progress: progress).map { .success($0) }
    } catch {
      // One change for all clips is not that of each.
      let isLast = rows.count == 1 || name == Universal.name
      return rows.map { row in
        isLast ? .failure(.of(path: row.item.path, error)) : found(name, of: [row]) { _ in }[0]
      }
    }
  }

  /// The changes within each budget, [clip][budget]. One that fools within a smaller budget stays, and its clip is not
  /// attacked again. Of one change for all clips each budget has its own: together, those of several would be several
  /// changes.
  private func changes(
    _ name: String, on rows: [Row], progress: (Double) -> Void
  ) throws(AttackError) -> [[Change]] {
    func attacked(_ numbers: [Int]) -> AttackedClips {
      AttackedClips(
        numbers.map { rows[$0].clip }, at: space, targets: target.map { Array(repeating: $0, count: numbers.count) })
    }
    func found(
      _ budget: AttackBudget, _ numbers: [Int], _ progress: (Double) -> Void
    ) throws(AttackError) -> [AttackedClip] {
      let attack = try Attacks.make(name, settings.with(budget))
      guard let universal = attack as? Universal, let fitted else {
        return try attack.run(attacked(numbers), progress: progress)
      }
      let own = numbers.filter { fitted.contains(rows[$0].item.entry.speaker ?? "") }
      let others = numbers.filter { !own.contains($0) }
      guard !own.isEmpty else {
        throw .unsuitable(attack: name, reason: "is fitted to half of the speakers, and no clip of theirs is attacked")
      }
      guard !others.isEmpty else { return try attack.run(attacked(numbers), progress: progress) }
      let found = try universal.attack(attacked(own), others: attacked(others), progress: progress)
      let all = Dictionary(uniqueKeysWithValues: zip(own + others, found.clips + found.others))
      return numbers.map { all[$0]! }
    }
    if Attacks.all.contains(where: { $0.name == name && $0.isMinimal }) {
      // The smallest change is the same for every budget that has room for it.
      return try found(budgets.last!, Array(rows.indices), progress).map { clip in
        budgets.map { budget in
          let isWithin = clip.isWithinBudget && budget.has(clip)
          return Change(
            clip: clip, isFooled: clip.isFooled && isWithin, holds: !isWithin || clip.to == clip.from)
        }
      }
    }
    let isUniversal = name == Universal.name
    var changes = rows.map { _ in [Change]() }
    for (place, budget) in budgets.enumerated() {
      let open = rows.indices.filter { isUniversal || changes[$0].last?.isFooled != true }
      let new =
        open.isEmpty
        ? []
        : try found(budget, open) { progress((Double(place) + $0) / Double(budgets.count)) }
      let fresh = Dictionary(uniqueKeysWithValues: zip(open, new))
      for number in rows.indices {
        let last = isUniversal ? nil : changes[number].last
        guard let clip = fresh[number] else {
          changes[number].append(last!)
          continue
        }
        let isSame = !clip.isWithinBudget || clip.to == clip.from
        changes[number].append(Change(clip: clip, isFooled: clip.isFooled, holds: isSame && last?.holds ?? true))
      }
    }
    progress(1)
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
          isFooled: change.isFooled, holds: change.holds, to: clip.to, probability: clip.probabilities[clip.to],
          ratio: clip.ratio.flatMap { $0.isFinite ? $0 : nil }, largest: clip.largest, gradients: clip.gradients,
          predictions: clip.predictions, others: try areFooled(by: clip.values, of: row))
      })
    guard let budget = changes.firstIndex(where: \.isFooled) else {
      row.found.append(nil)
      return
    }
    let found = changes[budget].clip
    let after = changed(row, found.values)
    let sound = space == .waveform ? speech(found.values, of: row.clip) : nil
    let explained = try explainer.map { try explain(row, after, to: found.to, sound: sound, budgets[budget], $0) }
    let written = try write(
      Fooled(
        item: row.item, attack: attack, budget: budgets[budget], from: row.from, to: found.to, sound: sound,
        figure: explained?.figure))
    row.found.append(
      ClipAttacks.Found(
        budget: budget, survives: try sound.map { try fooling($0, row) } ?? [:], sound: written.sound,
        figures: written.figures, explanation: explained?.found))
  }

  /// A clip with other values.
  private func changed(_ row: Row, _ values: [Float]) -> Clip {
    row.clip.with(Tensor(values, shape: row.clip.shape(at: space)), at: space)
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
    let isFitted = fitted.map { $0.contains(row.item.entry.speaker ?? "") }
    guard row.isAttacked else { return ClipAttacks(from: row.from, truth: row.truth, isFitted: isFitted) }
    return ClipAttacks(
      from: row.from, truth: row.truth, tries: row.tries,
      noise: try budgets.map { try noise($0, row) }, found: row.found,
      playedBack: space == .waveform ? try fooling(speech(row.clip.waveform.floats, of: row.clip), row) : [:],
      cues: row.cues, isFitted: isFitted)
  }

  /// The values of a clip with random changes as large as a budget allows: the first are the same whatever their number.
  private func draws(_ count: Int, _ budget: AttackBudget, _ row: Row) throws(AttackError) -> [[Float]] {
    var generator = SeededGenerator(seed: seed, of: row.item.entry.path)
    let change = try RandomChange(row.clip, at: space, settings.with(budget))
    return (0..<count).map { _ in change.values(using: &generator) }
  }

  private func noise(_ budget: AttackBudget, _ row: Row) throws -> ClipAttacks.Noise {
    let drawn = try draws(Self.draws, budget, row)
    let said = try drawn.map { try self.said(of: changed(row, $0), row) }
    return ClipAttacks.Noise(
      share: Double(said.count { isFooled($0, from: row.from) }) / Double(Self.draws),
      holds: Double(said.count { $0 == row.from }) / Double(Self.draws),
      others: try areFooled(by: drawn[0], of: row))
  }

  private func said(of clip: Clip, _ row: Row) throws -> Int {
    try clip.probabilities(path: row.item.path).likeliestClass
  }

  // MARK: Explanations

  private func explain(
    _ row: Row, _ after: Clip, to: Int, sound: AudioClip?, _ budget: AttackBudget, _ explainer: Explainer
  ) throws -> (found: AttackExplanation, figure: ContactSheet) {
    let path = row.item.path
    func explanations(_ clip: Clip) throws -> [Explanation] {
      try [row.from, to].map { target in try explainer.explain(clip, path: path) { _ in Target(target) } }
    }
    let before = try explanations(row.clip)
    func effect(_ after: [Explanation], _ sound: AudioClip?) -> AttackExplanation.Effect {
      func correlation(_ place: Int) -> Double? {
        let maps = [before, after].map { $0[place].inputs[0].attribution }
        let frames = min(Int(row.clip.duration / before[0].hop) + 1, maps[0].shape[1])
        let speech = maps.map { $0.slice(axis: 1, 0..<frames).floats }
        return Agreement(
          speech[0], speech[1], rows: maps[0].shape[0], columns: frames, isSigned: before[0].isSigned
        ).values[.spearman]
      }
      let cues = sound.map(Self.cues) ?? [:]
      return AttackExplanation.Effect(
        ofBefore: correlation(0), ofAfter: correlation(1),
        changes: row.cues.reduce(into: [:]) { changes, own in
          if let other = cues[own.key] { changes[own.key] = other - own.value }
        })
    }
    let changed = try explanations(after)
    let noise = try draws(1, budget, row)[0]
    let noisy = try explanations(self.changed(row, noise))
    let shown = [("as it is", before[0]), ("attacked", changed[1])].map { name, explanation in
      ContactSheet.Clip(
        name: name, input: explanation.shown(explanation.inputs[0]), duration: explanation.duration,
        prediction: .emotion(
          explanation.classes[explanation.predicted], probability: explanation.probabilities[explanation.predicted],
          truth: nil))
    }
    return (
      AttackExplanation(
        attack: effect(changed, sound), noise: effect(noisy, sound.map { _ in speech(noise, of: row.clip) })),
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
    entries["Fitted"] = fitted.map { "to \($0.sorted().joined(separator: ", "))" }
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

extension AttackBudget {
  /// The title of a column of budgets of this kind.
  public var title: String {
    switch self {
    case .ratio: "SNR ≥"
    case .largest: "change ≤"
    case .masked: "below mask"
    }
  }

  /// The name of what the number is, as in a column of a table.
  public var kind: String {
    switch self {
    case .ratio: "ratio"
    case .largest: "largest"
    case .masked: "masked"
    }
  }

  fileprivate var isMasked: Bool { if case .masked = self { true } else { false } }

  /// Whether a change lies within it, but for rounding; of a masked one its attack only knows.
  fileprivate func has(_ clip: AttackedClip) -> Bool {
    switch self {
    case .ratio(let least): clip.ratio.map { $0 >= least - 0.01 } ?? false
    case .largest(let most): clip.largest <= most * 1.0001
    case .masked: true
    }
  }

  /// The name of an axis of budgets of this kind.
  func axis(at space: InputSpace) -> String {
    let unit =
      switch space {
      case .waveform, .spectrogram: "amplitude"
      case .mel: "dB"
      case .mfcc: "MFCC"
      }
    return switch self {
    case .ratio: "Least signal-to-noise ratio of the change"
    case .largest: "Largest change of a \(space == .waveform ? "sample" : "value") (\(unit))"
    case .masked: "How far the change stays below what the clip masks"
    }
  }

  /// "40 dB", "0.01".
  public var words: String {
    let text = String(format: "%g", number).replacing("-", with: "−")
    if case .largest = self { return text }
    return "\(text) dB"
  }
}
