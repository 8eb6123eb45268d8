import Basics
import Foundation
import Models
import Tensors

/// What was found of one concept.
public struct ConceptFinding: Sendable {
  /// What probes read from one layer.
  public struct Layer: Sendable {
    public let name: String
    /// R² on new speakers, or of two values the area under the curve.
    public let probe: Estimate
    /// The same where values are shuffled between clips: the mean of several shufflings.
    public let control: Estimate
    /// The probe's less the control's (Hewitt and Liang 2019, arXiv:1909.03368).
    public let selectivity: Estimate
  }

  public let concept: Concept
  public let layers: [Layer]
  /// The place of the layer whose probe is the most selective.
  public let best: Int
  /// Of each class, at that layer.
  public let sensitivity: [ConceptSensitivity]
  /// At that layer; nil until ``ConceptExaminer/removals()``.
  public internal(set) var removal: ConceptRemoval?

  public var bestLayer: Layer { layers[best] }
}

/// Asks what a model's layers hold of concepts, and what of it the model uses: probes, concept activation vectors, and removal.
///
/// All clips run once (``add(_:)``), of which only pooled vectors are kept; what is found of these (``find(_:folds:labels:speakers:progress:shouldStop:)``)
/// is then taken out of the clips, which run once more for each concept (``remove(from:at:)``).
public final class ConceptExaminer {
  public let model: TrainedModel
  /// The names of the examined layers, in the network's order.
  public private(set) var layers: [String] = []
  public private(set) var findings: [ConceptFinding] = []
  private let named: [String]
  private let kind: RemovedDirection
  private let directions: Int
  private let seed: UInt64
  private var pooled: [PooledLayers] = []
  private var folds: [[Int]] = []
  private var labels: [Int?] = []
  private var speakers: [String?] = []
  private var plans: [Plan] = []

  /// The most layers that are examined where none is named.
  public static let mostLayers = 12
  /// Shufflings that a control is the mean of.
  private static let shufflings = 5

  /// What is to be taken out of the clips at the most selective layer, and what came of it.
  private struct Plan {
    let layer: Int
    /// Of each fold, nothing, then the concept, then random ones.
    let spaces: [[RemovedSpace]]
    let probe: Estimate
    /// Of each clip: [spaces][classes].
    var answers: [Int: [[Double]]] = [:]
  }

  /// - Parameters:
  ///   - layers: The names of layers; where there are none, all with maps or tokens, and of more than ``mostLayers`` so many at
  ///     even distances, the first and the last among them.
  ///   - directions: Taken out one after another; 1 or more, and 1 by covariance.
  public init(
    _ model: TrainedModel, layers: [String] = [], removing kind: RemovedDirection = .covariance, directions: Int = 1,
    seed: UInt64 = 0
  ) {
    demand(directions == 1 || kind == .probe && directions > 0, "\(directions) directions to take out by \(kind)")
    (self.model, named, self.kind, self.directions, self.seed) = (model, layers, kind, directions, seed)
  }

  // MARK: The first run

  /// Runs the next clip, and keeps its pooled outputs.
  public func add(_ clip: Clip, path: String) throws {
    if layers.isEmpty { layers = try chosen(of: clip) }
    // Where the outputs are not finite, an error names the file.
    _ = try clip.probabilities(path: path)
    pooled.append(clip.pooled(layers))
  }

  private func chosen(of clip: Clip) throws(ConceptError) -> [String] {
    let all = clip.mapLayers.map(\.name)
    guard !all.isEmpty else { throw .noMaps(model: model.name) }
    if let other = named.first(where: { !all.contains($0) }) {
      throw .noLayer(name: other, model: model.name, found: all)
    }
    guard named.isEmpty else { return all.filter(named.contains) }
    let most = Self.mostLayers
    guard all.count > most else { return all }
    return (0..<most).map { all[Int((Double($0 * (all.count - 1)) / Double(most - 1)).rounded())] }
  }

  // MARK: What the layers hold, and what the logits answer to

  /// - Parameters:
  ///   - concepts: With a value, or none, for each clip that was added.
  ///   - folds: The clips that each fold tries; three or more, with speakers apart.
  ///   - labels: The class of each clip; nil where it has none.
  ///   - progress: Called with the number of layers done.
  /// - Returns: False where `shouldStop` was true before a layer.
  /// - Throws: ``ConceptError/lopsided(concept:clips:others:)``.
  public func find(
    _ concepts: [Concept], folds: [[Int]], labels: [Int?], speakers: [String?], progress: (Int) -> Void = { _ in },
    shouldStop: () -> Bool = { false }
  ) throws(ConceptError) -> Bool {
    demand(folds.count > 2, "\(folds.count) folds, where a ridge is chosen among all but one")
    demand(concepts.allSatisfy { $0.values.count == pooled.count }, "concepts of other clips than \(pooled.count)")
    demand(labels.count == pooled.count && speakers.count == pooled.count, "labels of other clips")
    (self.folds, self.labels, self.speakers) = (folds, labels, speakers)
    for concept in concepts {
      let clips = Set(concept.clips)
      let others = clips.count - (folds.map { clips.intersection($0).count }.max() ?? 0)
      guard others >= Concept.leastClips / 4 else {
        throw .lopsided(concept: concept.name, clips: clips.count, others: others)
      }
    }
    var read = concepts.map { _ in [(layer: ConceptFinding.Layer, reading: ConceptProbe.Reading)]() }
    for layer in layers.indices {
      if shouldStop() { return false }
      for (place, concept) in concepts.enumerated() { read[place].append(self.read(concept, at: layer)) }
      progress(layer + 1)
    }
    for (concept, read) in zip(concepts, read) {
      if shouldStop() { return false }
      let best = read.indices.max { read[$0].layer.selectivity.mean < read[$1].layer.selectivity.mean }!
      let sensitivity = sensitivity(to: concept, at: best, read[best].reading)
      findings.append(
        ConceptFinding(concept: concept, layers: read.map(\.layer), best: best, sensitivity: sensitivity))
      plans.append(plan(concept, at: best, read[best].reading))
    }
    return true
  }

  /// The concept's clips: their vectors at a layer, and the places among them that each fold tries.
  private func probe(_ concept: Concept, at layer: Int) -> ConceptProbe {
    let clips = concept.clips
    let places = Dictionary(uniqueKeysWithValues: clips.enumerated().map { ($0.element, $0.offset) })
    return ConceptProbe(
      rows: clips.map { pooled[$0].outputs[layer].map(Double.init) },
      folds: folds.map { fold in fold.compactMap { places[$0] } })
  }

  private func read(_ concept: Concept, at layer: Int) -> (ConceptFinding.Layer, ConceptProbe.Reading) {
    let values = concept.values.compactMap(\.self)
    var generator = SeededGenerator(seed: seed)
    // The same shufflings at every layer.
    let lists = [values] + (0..<Self.shufflings).map { _ in generator.shuffled(values) }
    let readings = probe(concept, at: layer).readings(of: lists)
    let scores = zip(readings, lists).map { ReadingScore($0, of: $1, isTwoValued: concept.isTwoValued) }
    let speakers = concept.clips.map { self.speakers[$0] }
    let found = Estimate.ofStatistics(speakers: speakers, seed: seed) { clips in
      let own = scores[0].score(clips)
      let others = scores.dropFirst().compactMap { $0.score(clips) }
      let control = others.isEmpty ? nil : others.reduce(0, +) / Double(others.count)
      return [own, control, own.flatMap { own in control.map { own - $0 } }]
    }
    let layer = ConceptFinding.Layer(
      name: layers[layer], probe: found[0]!, control: found[1]!, selectivity: found[2]!)
    return (layer, readings[0])
  }

  private func sensitivity(
    to concept: Concept, at layer: Int, _ reading: ConceptProbe.Reading
  ) -> [ConceptSensitivity] {
    let clips = concept.clips
    let strengths = reading.strengths.sorted()
    return ConceptSensitivity.all(
      concept.values.compactMap(\.self), isTwoValued: concept.isTwoValued, rows: probe(concept, at: layer).rows,
      gradients: clips.map { pooled[$0].gradients[layer] }, classes: model.classes,
      labels: clips.map { labels[$0] }, speakers: clips.map { speakers[$0] },
      strength: strengths[strengths.count / 2], seed: seed)
  }

  /// What is taken out: of each fold the directions of the concept, and of shuffled values.
  private func plan(_ concept: Concept, at layer: Int, _ reading: ConceptProbe.Reading) -> Plan {
    let probe = probe(concept, at: layer)
    let values = concept.values.compactMap(\.self)
    var generator = SeededGenerator(seed: seed &+ 1)
    var after = reading
    let spaces = folds.indices.map { fold -> [RemovedSpace] in
      let training = probe.training(without: [fold])
      let (rows, own) = (training.map { probe.rows[$0] }, training.map { values[$0] })
      let strength = reading.strengths[fold]
      let lists = [own] + (0..<RandomNull.draws).map { _ in generator.shuffled(own) }
      let first = RidgeRegression(rows).fits(lists, strength: strength)
      let found = zip(lists, first).map {
        RemovedSpace(rows, values: $0, by: kind, first: $1.slopes, strength: strength, count: directions)
      }
      // A fresh probe learns and tries vectors without the concept. They are erased alike: by directions of their own, the folds would
      // be told apart, and with them the values that they have more of.
      let rest = ConceptProbe(rows: probe.rows.map(found[0].erased), folds: probe.folds)
      let fresh = rest.readings(of: [values], only: fold)[0]
      for clip in probe.folds[fold] {
        (after.predicted[clip], after.means[clip]) = (fresh.predicted[clip], fresh.means[clip])
      }
      return [.none] + found
    }
    let score = ReadingScore(after, of: values, isTwoValued: concept.isTwoValued)
    let estimate = Estimate.ofStatistics(speakers: concept.clips.map { speakers[$0] }, seed: seed) {
      [score.score($0)]
    }
    return Plan(layer: layer, spaces: spaces, probe: estimate[0]!)
  }

  // MARK: The second run

  /// Takes each concept out of a clip, by the directions of the folds that do not know its speaker.
  /// - Parameter index: The clip's place among those that were added.
  public func remove(from clip: Clip, at index: Int) {
    guard let fold = folds.firstIndex(where: { $0.contains(index) }) else { fault("a clip \(index) in no fold") }
    for (place, plan) in plans.enumerated() where findings[place].concept.values[index] != nil {
      plans[place].answers[index] = clip.probabilities(without: plan.spaces[fold], at: layers[plan.layer])
    }
  }

  /// The findings with what came of the removals, of the clips that ran a second time.
  public func removals() -> [ConceptFinding] {
    for (place, plan) in plans.enumerated() {
      let clips = plan.answers.keys.sorted()
      guard !clips.isEmpty else { continue }
      findings[place].removal = ConceptRemoval(
        directions: plan.spaces.map { $0[1].directions.count }.max() ?? 0, probe: plan.probe,
        changes: ConceptRemoval.changes(
          clips.map { plan.answers[$0]! }, classes: model.classes, labels: clips.map { labels[$0] },
          speakers: clips.map { speakers[$0] }, seed: seed))
    }
    return findings
  }
}
