import AudioFeatures
import Basics
import Models
import Tensors

/// One clip with its random inputs, which are the same for every method.
struct Examination {
  let clip: Clip
  let space: InputSpace
  let target: Target
  /// Another class, or another dimension; nil where there is none.
  let other: Target?
  /// Of a dimension: 1 where the clip has a higher value than its replacement, else −1; and the value of the replacement.
  /// Of a class 1 and 0.
  let direction, floor: Double
  let cells: Cells
  /// The cells before the padding of a model of a fixed length: only these are ranked and removed, since maps agree on the
  /// padding whatever else they say.
  let spoken: [Int]
  let replacement: Replacement
  /// Nil where infidelity is not measured.
  let removals: Removals?
  let offsets: [Tensor]
  let silent: [Bool]
  let loudness: Ranking
  /// The clip at half its amplitude, and with a constant added to its samples.
  let quieter, shifted: Clip
  /// The clip's syllables and pauses; nil where there is one at most.
  let units: UnitGame?
  /// Nil without a fine-tuned model.
  let fidelity: FineTunedFidelity?
  let path: String
  private let examiner: TrustExaminer

  struct NotFinite: Error {}

  /// What is added to each sample for invariance to an offset, of full scale.
  private static let offset: Float = 0.01

  init(_ clip: Clip, samples: [Float], path: String, target: Target, examiner: TrustExaminer) {
    let (space, settings) = (examiner.space, examiner.settings)
    (self.clip, self.space, self.target, self.path, self.examiner) = (clip, space, target, path, examiner)
    var print = Fingerprint()
    print.add(settings.seed)
    print.add(samples)
    var generator = SeededGenerator(seed: print.value)
    other = Self.other(target, of: clip.model, using: &generator)
    cells = Cells(of: clip, at: space)
    let speech = cells.speechFrames(of: clip)
    let spoken = (0..<cells.count).filter { [frames = cells.frames] in $0 % frames < speech }
    self.spoken = spoken
    replacement = Replacement(of: clip, at: space, with: settings.filling, seed: print.value)
    (direction, floor) = Self.change(of: target, in: replacement, spoken)
    let parts = Removals.rectangles(settings.parts, in: cells, using: &generator)
    removals =
      settings.wants(.infidelity) ? Removals(parts, target: target, replacement: replacement) : nil
    offsets = (0..<settings.offsets).map { _ in clip[space].offset(share: settings.noise, using: &generator) }
    let silentFrames = clip.silentFrames
    silent = (0..<cells.rows).flatMap { _ in silentFrames }
    let loud = cells.sizes(clip.loudness(at: space))
    loudness = Ranking(spoken.map { loud[$0] })
    quieter = Clip(samples.map { $0 / 2 }, model: clip.model)
    shifted = Clip(samples.map { $0 + Self.offset }, model: clip.model)
    let rate = clip.model.configuration.frontEnd.sampleRate
    let found = SpeechSegmentation(samples, sampleRate: rate).units(.syllables).compactMap { unit -> SpeechUnit? in
      let range = unit.range.clamped(to: 0..<clip.duration)
      return range.isEmpty ? nil : SpeechUnit(unit.name, range, isPause: unit.isPause)
    }
    units =
      found.count > 1
      ? UnitGame(clip, units: found, filling: .silence, target: target, path: path, seed: settings.seed) : nil
    fidelity = examiner.fineTuned.map { model in
      FineTunedFidelity(clip, through: model, at: space, target: target, cells: spoken, using: &generator)
    }
  }

  /// Another output of the target's kind.
  private static func other(_ target: Target, of model: TrainedModel, using generator: inout SeededGenerator) -> Target?
  {
    let classes = model.classes.count
    let kind = target.emotion < classes ? 0..<classes : classes..<model.outputs.count
    guard kind.count > 1 else { return nil }
    let drawn = kind.lowerBound + generator.index(below: kind.count - 1)
    return Target(drawn < target.emotion ? drawn : drawn + 1)
  }

  private static func change(
    of target: Target, in replacement: Replacement, _ spoken: [Int]
  ) -> (direction: Double, floor: Double) {
    let (clip, classes) = (replacement.clip, replacement.clip.model.classes.count)
    guard target.emotion >= classes else { return (1, 0) }
    let inputs = replacement.inputs(without: [[], spoken])
    let values = target.measured(clip.logits(inputs, at: replacement.space), classes: classes)
    return (values[0] >= values[1] ? 1 : -1, values[1])
  }

  /// The measures of one method on the clip, and the ranking of its sizes.
  func measure(_ method: any AttributionMethod, cue: CueCells?) throws -> (ClipTrust.OfMethod, Ranking) {
    let result = try method.attribute(clip, at: space, target: target)
    let attribution = result.values
    guard attribution.isFinite else { throw NotFinite() }
    let sizes = cells.sizes(attribution)
    let ranking = ranking(sizes)
    let values = method.isSigned ? cells.sums(attribution) : sizes
    // What raises a probability or makes the change of a value comes first, what lowers or undoes it last.
    let directed = method.isSigned ? values.map { direction * $0 } : sizes
    let order = (method.isSigned ? self.ranking(directed) : ranking).order.map { spoken[$0] }
    let curves = RemovalCurves(
      order.reversed(), target: target, steps: examiner.settings.steps, replacement: replacement)

    /// The rank correlation of the sizes with another attribution of the same method.
    func correlation(_ clip: Clip, _ target: Target) throws -> Double? {
      let changed = try method.attribute(clip, at: space, target: target).values
      return changed.isFinite ? ranking.correlation(with: self.ranking(cells.sizes(changed))) : nil
    }

    func change(_ curve: [Double]) -> [Double] { curve.map { direction * ($0 - floor) } }
    func mean(_ values: [Double?]) -> Double? {
      let known = values.compactMap { $0 }
      return known.isEmpty ? nil : known.reduce(0, +) / Double(known.count)
    }

    var found = ClipTrust.OfMethod()
    (found.deletion, found.insertion) = (change(curves.deletion), change(curves.insertion))
    let wants = examiner.settings.wants
    func randomized(_ way: CascadingRandomization, _ layer: Int) throws -> Double? {
      try correlation(clip.through(way.model(upTo: layer)), target)
    }
    /// With all layers new the two ways lead to the same model.
    let redrawn =
      wants(.redrawn, .fromHead, .fromInput) && !examiner.layers.isEmpty
      ? try randomized(examiner.cascade, examiner.layers.count - 1) : nil
    func cascade(_ way: CascadingRandomization) throws -> [Double?] {
      try way.layers.indices.map { $0 == way.layers.count - 1 ? redrawn : try randomized(way, $0) }
    }
    if wants(.fromHead) { found.cascade = try cascade(examiner.cascade) }
    if wants(.fromInput) { found.cascadeFromInput = try cascade(examiner.cascadeFromInput) }
    let sum = sizes.reduce(0, +)
    let erasure =
      wants(.comprehensiveness, .sufficiency) ? try units.map { game in try erase(directed, by: method, game) } : nil
    let fidelity = wants(.fidelityPlus, .fidelityMinus) ? fidelity?.measure(order.reversed()) : nil
    let spokenCue = cue.map { cue in CueCells(isInside: spoken.map { cue.isInside[$0] }, area: cue.area) }
    let heard =
      wants(.averageIncrease, .averageDrop, .averageGain, .faithfulness, .inputFidelity)
      ? try heard(attribution, isSigned: method.isSigned)?.measures : nil
    func value(_ measure: TrustMeasure) throws -> Double? {
      switch measure {
      case .deletion: RemovalCurves.area(found.deletion)
      case .insertion: RemovalCurves.area(found.insertion)
      case .infidelity: removals?.infidelity(of: values).unexplained
      case .completeness: method.isSigned ? lack(of: result) : nil
      case .fidelityPlus: fidelity.map { direction * $0.plus }
      case .fidelityMinus: fidelity.map { direction * $0.minus }
      case .comprehensiveness: erasure.map { direction * $0.comprehensiveness }
      case .sufficiency: erasure.map { direction * $0.sufficiency }
      case .redrawn: redrawn
      case .fromHead: mean(found.cascade)
      case .fromInput: mean(found.cascadeFromInput)
      case .otherClass: try other.flatMap { try correlation(clip, $0) }
      case .seeds: mean(try examiner.siblings.map { try correlation(clip.through($0), target) })
      case .sensitivity:
        try method.maximumSensitivity(of: attribution, clip, at: space, target: target, offsets: offsets)
      case .gain: try correlation(quieter, target)
      case .offset: try correlation(shifted, target)
      case .gini: Concentration.gini(sizes)
      case .entropy: Concentration.entropy(sizes)
      case .silence: sum > 0 ? zip(sizes, silent).reduce(0) { $1.1 ? $0 + $1.0 : $0 } / sum : nil
      case .loudness: ranking.correlation(with: loudness)
      case .averageIncrease, .averageDrop, .averageGain, .faithfulness, .inputFidelity: heard?[measure]
      case .inCue: cue?.share(of: sizes)
      case .pointing: sum > 0 ? spokenCue.map { $0.isHit(by: ranking) ? 1 : 0 } : nil
      case .auc: sum > 0 ? spokenCue.flatMap { ranking.areaUnderROC(of: $0.isInside) } : nil
      case .rankAccuracy: sum > 0 ? spokenCue?.rankAccuracy(of: ranking) : nil
      case .topShare: sum > 0 ? spokenCue?.topShare(of: ranking) : nil
      }
    }
    for measure in examiner.settings.measures { found.values[measure] = try value(measure) }
    return (found, ranking)
  }

  private func ranking(_ values: [Double]) -> Ranking { Ranking(spoken.map { values[$0] }) }

  /// The erasure of syllables as a method ranks them; of random numbers by rankings drawn at random, since the sums of random
  /// numbers rank long syllables first.
  private func erase(
    _ values: [Double], by method: any AttributionMethod, _ game: UnitGame
  ) throws(ExplanationError) -> UnitErasure {
    guard !(method is RandomAttribution) else {
      return try game.randomErasure(seed: examiner.settings.seed, draws: Self.randomRankings)
    }
    return try game.erasure(frames(values).sums(over: game.units, step: hop))
  }

  /// Enough for a mean over clips.
  private static let randomRankings = 5

  private var hop: Double { clip.model.configuration.frontEnd.hopSeconds }

  /// The sum over rows of the cells' values in each frame.
  private func frames(_ values: [Double]) -> [Double] {
    var sums = [Double](repeating: 0, count: cells.frames)
    for (cell, value) in values.enumerated() { sums[cell % cells.frames] += value }
    return sums
  }

  /// How far the attribution's sum is from f(x) − f(baseline), of silence where the method has no baseline: 0 where it is that,
  /// 1 where it has another sign or is nothing.
  private func lack(of result: AttributionResult) -> Double? {
    let found =
      result.completeness
      ?? clip.completeness(of: result.values, baseline: clip.silence(at: space), at: space, target: target)
    let whole = abs(found.sum) + abs(found.difference)
    return whole > 0 ? abs(found.gap) / whole : nil
  }

  /// What the model says of the salient part as sound and of the rest; nil where the attribution is not on the mel, or the
  /// predicted class is not explained.
  private func heard(_ attribution: Tensor, isSigned: Bool) throws(ExplanationError) -> SalientSound? {
    guard space == .mel, target.versus == nil else { return nil }
    let own = try clip.probabilities(path: path)
    guard !own.isEmpty, target.emotion == own.likeliestClass else { return nil }
    let part = try Listening(
      clip, attribution: attribution.reshaped([cells.rows, cells.frames]), isSigned: isSigned, path: path)
    return SalientSound(own: own, kept: part.keptProbabilities, rest: part.restProbabilities)
  }
}
