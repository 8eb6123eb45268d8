import Basics
import Corpora
import Foundation
import Layers
import Models
import Tensors
import TestSupport
import Testing

@testable import Attributions

@Suite("Concepts of the voice")
struct ConceptsTests {
  // MARK: Concepts

  @Test("The cues of a voice of known pitch and level")
  func meter() {
    // 180 to 120 Hz in a straight line: half of the frames lie above 150 Hz, nine tenths between 177 and 123.
    let speech = makeSpeech(32_000)
    let found = ConceptMeter().measure(speech)
    #expect(abs(found[.pitch]! - 12 * log2(150)) < 0.5)
    #expect(abs(found[.range]! - 12 * log2(177.0 / 123)) < 0.7)
    let power = speech.reduce(0) { $0 + Double($1) * Double($1) } / 32_000
    #expect(abs(found[.level]! - 10 * log10(power)) < 1e-6)
    #expect(found[.tilt]! < 0 && found[.tempo]! >= 0)
    #expect(ConceptMeter().measure([Float](repeating: 0, count: 16_000)).isEmpty)
  }

  private static func manifest(_ columns: [String: (Int) -> String], count: Int = 24) -> Manifest {
    let entries = (0..<count).map { index in
      Manifest.Entry(
        path: "\(index).wav", emotion: .none, extra: columns.mapValues { $0(index) }.filter { !$0.value.isEmpty })
    }
    return Manifest(folder: ".", entries: entries, extraColumns: columns.keys.sorted())
  }

  @Test("Relative: each value less the mean of its speaker's; two values stay")
  func relative() throws {
    let values: [Double?] = (0..<24).map { $0 == 5 ? nil : Double($0) }
    let speakers = (0..<24).map { $0 < 12 ? "a" : $0 < 23 ? "b" : nil }
    let found = try Concept(name: "pitch", unit: "semitones", values: values).relative(to: speakers)
    // 0 … 11 without 5: 61 / 11; 12 … 22: 17.
    #expect(found.name == "relative pitch" && found.unit == "semitones" && found.values[5] == nil)
    #expect(abs(found.values[0]! + 61 / 11.0) < 1e-12 && abs(found.values[11]! - 60 / 11.0) < 1e-12)
    #expect(found.values[12] == -5 && found.values[22] == 5 && found.values[23] == 0)
    let two = try Concept(name: "sex", values: (0..<24).map { Double($0 % 2) }, words: ["f", "m"])
    #expect(try two.relative(to: speakers) == two)
  }

  @Test("Columns: numbers as they are, two words or two numbers as 0 and 1, empty cells as none")
  func columns() throws {
    let manifest = Self.manifest([
      "age": { "\(20 + $0)" }, "sex": { $0.isMultiple(of: 2) ? "male" : "female" }, "level": { $0 < 9 ? "10" : "9.5" },
      "gap": { $0 < 3 ? "" : "\($0)" },
    ])
    let age = try Concept(column: "age", of: manifest)
    #expect(!age.isTwoValued && age.values[3] == 23 && age.measure == "R²")
    let sex = try Concept(column: "sex", of: manifest)
    #expect(sex.words == ["female", "male"] && sex.values[..<2] == [1, 0] && sex.measure == "AUC")
    // By their size, not by their letters.
    let level = try Concept(column: "level", of: manifest)
    #expect(level.words == ["9.5", "10"] && level.values[0] == 1 && level.values[9] == 0)
    let gap = try Concept(column: "gap", of: manifest)
    #expect(gap.values[2] == nil && gap.clips == Array(3..<24))
  }

  @Test("What is no concept is an error of one line")
  func errors() {
    let manifest = Self.manifest(["same": { _ in "4" }, "word": { "w\($0 % 3)" }, "few": { $0 < 5 ? "\($0)" : "" }])
    let found: [(String, ConceptError)] = [
      ("same", .constant(name: "same", value: 4)), ("word", .notOrdered(name: "word", values: 3)),
      ("few", .tooFewClips(concept: "few", found: 5, needed: 20)),
      ("no", .noColumn(name: "no", found: VoiceConcept.allCases.map(\.rawValue) + ["few", "same", "word"])),
    ]
    for (name, error) in found {
      #expect(throws: error) { try Concept(column: name, of: manifest) }
      #expect("\(error)".contains(name) && !"\(error)".contains("\n"))
    }
    #expect(throws: ConceptError.tooFewClips(concept: "pitch", found: 0, needed: 20)) {
      try Concept(.pitch, of: [[:], [.level: 3]])
    }
  }

  // MARK: Probes

  private static func reading(_ predicted: [Double], means: [Double]) -> ConceptProbe.Reading {
    ConceptProbe.Reading(predicted: predicted, means: means, strengths: [])
  }

  @Test("R² by hand, of all clips and of some drawn twice")
  func explained() {
    let reading = Self.reading([1, 2, 3, 5], means: [2.5, 2.5, 2.5, 2.5])
    let score = ReadingScore(reading, of: [1, 2, 3, 4], isTwoValued: false)
    #expect(abs(score.score([0, 1, 2, 3])! - (1 - 1 / 5.0)) < 1e-12)
    #expect(abs(score.score([0, 0, 3])! - (1 - 1 / 6.75)) < 1e-12)
    let same = ReadingScore(Self.reading([1, 1], means: [2, 2]), of: [2, 2], isTwoValued: false)
    #expect(same.score([0, 1]) == nil)
  }

  @Test("The area under the curve is the share of pairs in order, as often as clips are drawn, ties half")
  func area() {
    var generator = SeededGenerator(seed: 5)
    let values = (0..<30).map { _ in Double(generator.index(below: 2)) }
    let predicted = values.map { (0.8 * $0 + generator.normal()) * 2 }.map { $0.rounded() / 2 }
    let means = values.map { _ in 0.3 }
    let score = ReadingScore(Self.reading(predicted, means: means), of: values, isTwoValued: true)
    for _ in 0..<5 {
      let clips = (0..<30).map { _ in generator.index(below: 30) }
      var (ordered, pairs) = (0.0, 0.0)
      for high in clips where values[high] == 1 {
        for low in clips where values[low] == 0 {
          pairs += 1
          ordered += predicted[high] > predicted[low] ? 1 : predicted[high] == predicted[low] ? 0.5 : 0
        }
      }
      #expect(abs(score.score(clips)! - ordered / pairs) < 1e-12)
    }
    #expect(score.score(values.indices.filter { values[$0] == 1 }) == nil)
    // Folds that predict what they learned say nothing, whatever they learned.
    let blind = (0..<30).map { Double($0 % 3) }
    #expect(ReadingScore(Self.reading(blind, means: blind), of: values, isTwoValued: true).score(Array(0..<30)) == 0.5)
  }

  private static let folds = (0..<5).map { fold in (0..<60).filter { $0 % 5 == fold } }

  private static func rows(features: Int, seed: UInt64) -> [[Double]] {
    var generator = SeededGenerator(seed: seed)
    return (0..<60).map { _ in (0..<features).map { _ in generator.normal() } }
  }

  @Test("A planted linear value is read by new clips, shuffled values are not", arguments: [6, 80])
  func planted(features: Int) throws {
    let rows = Self.rows(features: features, seed: 6)
    // Of many features most of the spread is along the planted one, as no 48 clips tell 80 of equal size apart.
    let scaled = rows.map { row in
      row.enumerated().map { $0.offset == 2 && features > 60 ? 12 * $0.element : $0.element }
    }
    let shared = features > 60 ? scaled.map { row in row.map { $0 + row[2] } } : scaled
    let values = scaled.map { 3 * $0[2] + 1 }
    var generator = SeededGenerator(seed: 7)
    let lists = [values] + (0..<5).map { _ in generator.shuffled(values) }
    let readings = ConceptProbe(rows: shared, folds: Self.folds).readings(of: lists)
    let scores = zip(readings, lists).map {
      ReadingScore($0, of: $1, isTwoValued: false).score(Array(0..<60))!
    }
    #expect(scores[0] > 0.95)
    let control = scores.dropFirst().reduce(0, +) / 5
    #expect(control < 0.1 && control > -0.5, "\(control)")
  }

  @Test("A fold's ridge is the one that predicts the other folds best, and does not see the fold")
  func choice() {
    let rows = Self.rows(features: 4, seed: 8)
    var generator = SeededGenerator(seed: 9)
    let values = rows.map { $0[0] + 2 * generator.normal() }
    let probe = ConceptProbe(rows: rows, folds: Self.folds)
    let own = probe.readings(of: [values])[0]
    // The slow way, for the first fold.
    var best = (error: Double.infinity, strength: 0.0)
    for strength in ConceptProbe.strengths {
      var error = 0.0
      for other in 1..<5 {
        let training = (1..<5).filter { $0 != other }.flatMap { Self.folds[$0] }.sorted()
        let fit = RidgeRegression(training.map { rows[$0] }).fits([training.map { values[$0] }], strength: strength)[0]
        for clip in Self.folds[other] { error += pow(fit(rows[clip]) - values[clip], 2) }
      }
      if error < best.error { best = (error, strength) }
    }
    #expect(own.strengths[0] == best.strength)
    let alone = probe.readings(of: [values], only: 3)[0]
    #expect(
      alone.strengths[3] == own.strengths[3] && Self.folds[3].allSatisfy { alone.predicted[$0] == own.predicted[$0] })
    var changed = values
    for clip in Self.folds[0] { changed[clip] += 100 }
    let other = probe.readings(of: [changed])[0]
    #expect(other.predicted[Self.folds[0][0]] == own.predicted[Self.folds[0][0]])
  }

  // MARK: Sensitivity

  @Test("p counts random values as far from the centre as the concept's, which counts itself")
  func null() {
    let null = RandomNull([0.5, 0.9, 0.2, 0.1], beside: 0.8, center: 0.5)
    // 0.9, 0.2 and 0.1 are 0.4, 0.3 and 0.4 away.
    #expect(null.p == 4.0 / 5 && null.low == 0.1 && null.high == 0.9 && abs(null.mean - 0.425) < 1e-12)
    #expect(RandomNull([0.5, 0.4], beside: 1, center: 0.5).p == 1.0 / 3)
  }

  @Test("A logit along the concept has score 1, against it 0, beside it a half; and its slope per deviation")
  func sensitivity() {
    // The first channel is the concept's value, the second varies on its own, the third does not.
    let rows = Self.rows(features: 2, seed: 10).map { $0 + [3] }
    let values = rows.map { $0[0] }
    let gradients: [[[Float]]] = values.indices.map { clip in
      [[2, 0, 0], [-2, 0, 0], [0, 0, 5], [0, clip.isMultiple(of: 2) ? 1 : -1, 0]]
    }
    let labels: [Int?] = values.indices.map { $0 % 3 }
    let found = ConceptSensitivity.all(
      values, isTwoValued: false, rows: rows, gradients: gradients, classes: ["a", "b", "c", "d"], labels: labels,
      speakers: values.indices.map { "\($0 % 10)" }, strength: 1e-3, seed: 1)
    #expect(found.map(\.score) == [1, 0, 0.5, 0.5])
    #expect(found.map(\.isOfClass) == [true, true, true, false] && found.map(\.clips) == [20, 20, 20, 60])
    // A step of one deviation along the first channel, but for the little of the second in the direction.
    #expect(abs(found[0].slope.mean - 2 * values.deviation) < 0.1 * values.deviation)
    #expect(abs(found[1].slope.mean + found[0].slope.mean) < 1e-9)
    #expect(found[2].slope.mean == 0 && found[2].slopeNull.p == 1)
    // Where two channels vary, a random direction or two of twenty lie as near to the first as the concept's own.
    #expect(found[0].slopeNull.p < 0.2 && found[3].slopeNull.p > 0.2)
  }

  @Test("A one-sided layer: the score says nothing, as every direction gives 0 or 1, and its p is 1")
  func saturated() {
    let rows = (0..<24).map { [Double($0), 3] }
    let found = ConceptSensitivity.all(
      rows.map { $0[0] }, isTwoValued: false, rows: rows, gradients: rows.map { _ in [[1, 0]] }, classes: ["a"],
      labels: rows.map { _ in nil }, speakers: rows.indices.map { "\($0 % 6)" }, strength: 1, seed: 3)
    #expect(found[0].score == 1 && found[0].scoreNull.p == 1)
    // A step of one deviation along the only direction in which the clips differ: random ones are the same.
    #expect(abs(found[0].slope.mean - rows.map { $0[0] }.deviation) < 1e-9)
    #expect(found[0].slopeNull.p == 1)
  }

  @Test("Groups are the outer thirds, or all clips of two values")
  func groups() {
    let thirds = ConceptDirection.groups([5, 1, 4, 2, 3, 6], isTwoValued: false)
    #expect(thirds.low == [1, 3] && thirds.high == [0, 5])
    let halves = ConceptDirection.groups([0, 1, 1, 0, 1], isTwoValued: true)
    #expect(halves.low == [0, 3] && halves.high == [1, 2, 4])
  }

  // MARK: Removal

  @Test("Directions are orthonormal; without them nothing is left along them, and no regression reads the value")
  func spaces() {
    let rows = Self.rows(features: 3, seed: 11)
    let values = rows.map { $0[0] + 0.5 * $0[1] }
    let first = RidgeRegression(rows).fits([values], strength: 1e-3)[0].slopes
    let space = RemovedSpace(rows, values: values, first: first, strength: 1e-3, count: 3)
    #expect(space.directions.count == 3)
    for (place, a) in space.directions.enumerated() {
      for (other, b) in space.directions.enumerated() { #expect(abs(a.dot(b) - (place == other ? 1 : 0)) < 1e-9) }
    }
    // All three directions of three channels: the mean is left.
    for row in rows { #expect(relativeDistance(space.erased(row), space.mean) < 1e-9) }
    let one = RemovedSpace(rows, values: values, first: first, strength: 1e-3, count: 1)
    let level = one.mean.dot(one.directions[0])
    for row in rows { #expect(abs(one.erased(row).dot(one.directions[0]) - level) < 1e-9) }
    // A second is not found where only one channel varies.
    let flat = rows.map { [$0[0], 2] }
    let only = RemovedSpace(flat, values: rows.map { $0[0] }, first: [1, 0], strength: 1, count: 4)
    #expect(only.directions == [[1, 0]])
    #expect(RemovedSpace.none.erased([4, 5]) == [4, 5])
  }

  @Test("Without its covariance with the value nothing is read from the clips, by one direction; by hand of two values")
  func covariance() {
    let rows = Self.rows(features: 5, seed: 14).map { row in row.map { $0 + 2 * row[3] } }
    let values = rows.map { $0[0] + 0.5 * $0[1] }
    let space = RemovedSpace(rows, values: values, by: .covariance, first: [], strength: 1, count: 1)
    let erased = rows.map(space.erased)
    let slopes = RidgeRegression(erased).fits([values], strength: 1e-3)[0].slopes
    #expect(slopes.allSatisfy { abs($0) < 1e-9 } && space.directions.count == 1)
    // The means are (0, 1) and (3, 5).
    let two = [[-1, 1], [1, 1], [3, 4], [3, 6.0]]
    let halves = RemovedSpace(two, values: [0, 0, 1, 1], by: .covariance, first: [], strength: 1, count: 1)
    #expect(relativeDistance(halves.directions[0], [0.6, 0.8]) < 1e-12 && halves.mean == [1.5, 3])
  }

  @Test("Maps lose the directions at every time, as vectors do")
  func maps() {
    let rows = Self.rows(features: 6, seed: 12)
    let spaces =
      [RemovedSpace.none]
      + [1, 2].map {
        RemovedSpace(rows, values: rows.map { $0[0] }, first: [2, 1, -1, 0.5, 0, 3], strength: 1, count: $0)
      }
    var generator = SeededGenerator(seed: 13)
    let (height, width) = (2, 4)
    let maps = Tensor((0..<(3 * height * width)).map { _ in Float(generator.normal()) }, shape: [1, 3, height, width])
    let found = spaces.erased(from: maps)
    #expect(found.shape == [3, 3, height, width])
    let (before, after) = (maps.floats.map(Double.init), found.floats.map(Double.init))
    let features = 3 * height
    for (number, space) in spaces.enumerated() {
      for time in 0..<width {
        let expected = space.erased((0..<features).map { before[$0 * width + time] })
        let own = (0..<features).map { after[(number * features + $0) * width + time] }
        #expect(relativeDistance(own, expected) < 1e-5)
      }
    }
  }

  @Test("Without the direction that a logit reads it is constant; without another it is as it was")
  func removal() {
    let model = CueModel.model()
    let clips = (0..<3).map { Clip(makeSpeech(6_000 + 500 * $0, seed: UInt64($0 + 1)), model: model) }
    // The first channel of made-up vectors of mean −20 is the direction.
    let rows = [-30.0, -20, -10].map { [$0, 1, 2, 3] }
    let space = RemovedSpace(rows, values: [1, 2, 3], first: [1, 0, 0, 0], strength: 1, count: 1)
    for clip in clips {
      let logits = clip.logits(changing: "maps", copies: 2) { [RemovedSpace.none, space].erased(from: $0) }.floats
      let own = clip.logits.floats
      #expect(relativeDistance(Array(logits[0..<3]), own) < 1e-6)
      #expect(abs(logits[3] + 20) < 1e-3 && abs(logits[4] - own[1]) < 1e-3 && abs(logits[5] - own[2]) < 1e-3)
      let probabilities = clip.probabilities(without: [.none, space], at: "maps")
      #expect(abs(probabilities[1].reduce(0, +) - 1) < 1e-5)
      #expect(relativeDistance(probabilities[0], clip.logits.softmax().floats.map(Double.init)) < 1e-5)
    }
  }

  @Test("Changes by hand: of accuracy where labels are known, of agreement, of each class's probability")
  func changes() {
    // Untouched, without the concept, and without two random directions.
    let clips: [[[Double]]] = [
      [[0.8, 0.2], [0.3, 0.7], [0.8, 0.2], [0.7, 0.3]], [[0.6, 0.4], [0.4, 0.6], [0.6, 0.4], [0.1, 0.9]],
      [[0.1, 0.9], [0.1, 0.9], [0.1, 0.9], [0.1, 0.9]],
    ]
    let found = ConceptRemoval.changes(
      clips, classes: ["a", "b"], labels: [0, 1, nil], speakers: ["x", "y", "z"], seed: 1)
    #expect(found.map(\.name) == ["accuracy", "agreement", "a", "b"])
    // The first is wrong now, the second right.
    #expect(found[0].change.mean == 0 && found[0].change.clips == 2)
    #expect(abs(found[1].change.mean + 2 / 3.0) < 1e-12 && abs(found[1].null.low + 1 / 3.0) < 1e-12)
    #expect(abs(found[2].change.mean + 0.7 / 3) < 1e-12 && abs(found[3].change.mean - 0.7 / 3) < 1e-12)
    #expect(found[2].null.p == 1.0 / 3)
    let unlabelled = ConceptRemoval.changes(
      clips, classes: ["a", "b"], labels: [nil, nil, nil], speakers: ["x", "y", "z"], seed: 1)
    #expect(unlabelled.map(\.name) == ["agreement", "a", "b"])
  }

  // MARK: Clips

  @Test("Pooled: each channel's mean, and each class's gradient summed over time")
  func pooled() {
    let model = CueModel.model(classes: (0..<11).map { "class \($0)" })
    let clip = Clip(makeSpeech(9_000), model: model)
    // More classes than run at once.
    #expect(clip.batch < 11)
    let found = clip.pooled(["maps"])
    #expect(relativeDistance(found.outputs[0], Array(clip.logits.floats[..<4])) < 1e-5)
    #expect(found.gradients[0].count == 11)
    for (output, gradient) in found.gradients[0].enumerated() {
      for (channel, slope) in gradient.enumerated() { #expect(abs(slope - (channel == output ? 1 : 0)) < 1e-4) }
    }
  }

  @Test("Pooled gradients of a network are those of each class alone", arguments: Architecture.allCases)
  func network(_ architecture: Architecture) throws {
    let clip = Clip(makeSpeech(30_000), model: makeModel(architecture))
    try check(clip, ["blocks.0", "blocks.2"])
  }

  @Test("Of encoders too, where tokens are the places", arguments: [SpeechFixture.hubertBase, .wavLM, .dense])
  func encoder(_ fixture: SpeechFixture) throws {
    let clip = try fixture.clip()
    try check(clip, clip.mapLayers.map(\.name))
    let layer = try #require(clip.mapLayers.last?.name)
    let logits = clip.logits(changing: layer, copies: 2) { $0.broadcast(to: [2] + $0.shape.dropFirst()) }
    #expect(relativeDistance(logits.slice(axis: 0, 1..<2), clip.logits) < 1e-4)
  }

  private func check(_ clip: Clip, _ layers: [String]) throws {
    let found = clip.pooled(layers)
    for target in clip.model.classes.indices {
      let (outputs, gradients) = clip.outputs(of: layers, target: Target(target))
      for (place, name) in layers.enumerated() {
        let layer = try clip.mapLayer(name, for: "concepts")
        let sums = layer.maps(gradients[place]).sum(axes: [3]).floats
        #expect(relativeDistance(found.gradients[place][target], sums) < 1e-3, "\(name) \(target)")
        let means = layer.maps(outputs[place]).mean(axes: [3]).floats
        #expect(relativeDistance(found.outputs[place], means) < 1e-4, "\(name)")
      }
    }
  }

  // MARK: The whole

  private static let count = 30

  /// Clips of six speakers with more or less noise, and the mean of the first channel as the concept.
  private static func examined(removing kind: RemovedDirection = .covariance, directions: Int = 1) throws
    -> [ConceptFinding]
  {
    let model = CueModel.model()
    let examiner = ConceptExaminer(model, removing: kind, directions: directions, seed: 4)
    var generator = SeededGenerator(seed: 15)
    let clips = (0..<count).map { index in
      let gain = Float(generator.uniform(in: 0..<0.2))
      return Clip(
        makeSpeech(5_000, seed: UInt64(index)).map { $0 + gain * Float(generator.normal()) }, model: model)
    }
    for clip in clips { try examiner.add(clip, path: "clip.wav") }
    let values = clips.map { Double($0.logits.floats[0]) }
    let isDone = try examiner.find(
      [Concept(name: "first", values: values)], folds: (0..<3).map { fold in (0..<count).filter { $0 % 3 == fold } },
      labels: (0..<count).map { $0 % 2 }, speakers: (0..<count).map { "\($0 % 6)" })
    #expect(isDone && examiner.layers == ["maps"])
    for (index, clip) in clips.enumerated() { examiner.remove(from: clip, at: index) }
    return examiner.removals()
  }

  @Test("A concept that is a layer's own channel is read, answered to, and taken out; one seed, one result")
  func whole() throws {
    let found = try Self.examined()[0]
    #expect(found.bestLayer.name == "maps" && found.bestLayer.probe.mean > 0.9)
    #expect(found.bestLayer.control.mean < 0.2)
    let selectivity = found.bestLayer.probe.mean - found.bestLayer.control.mean
    #expect(abs(found.bestLayer.selectivity.mean - selectivity) < 1e-12)
    #expect(found.bestLayer.selectivity.low! > 0 && found.bestLayer.probe.speakers == 6)
    #expect(found.sensitivity.map(\.output) == ["a", "b", "c"])
    #expect(found.sensitivity[2].clips == Self.count && !found.sensitivity[2].isOfClass)
    let removal = try #require(found.removal)
    #expect(removal.directions == 1 && removal.changes.map(\.name) == ["accuracy", "agreement", "a", "b", "c"])
    // Each fold's probe learns from clips without the covariance, and predicts their mean.
    #expect(abs(removal.probe.mean) < 1e-6, "\(removal.probe.mean)")
    let again = try Self.examined()[0]
    #expect(again.bestLayer.probe == found.bestLayer.probe && again.sensitivity[0].slope == found.sensitivity[0].slope)
    #expect(again.removal!.changes.map(\.change) == removal.changes.map(\.change))
    #expect(again.removal!.changes.map(\.null) == removal.changes.map(\.null))
  }

  @Test("Of four channels four directions leave nothing to read")
  func exhausted() throws {
    let removal = try #require(Self.examined(removing: .probe, directions: 4)[0].removal)
    #expect(abs(removal.probe.mean) < 0.05, "\(removal.probe.mean)")
  }

  @Test("A layer that is not there, a network without maps, and folds that leave nothing to learn from are errors")
  func noLayer() throws {
    let speech = makeSpeech(5_000)
    let model = CueModel.model()
    #expect(throws: ConceptError.noLayer(name: "blocks.9", model: "cue", found: ["maps"])) {
      try ConceptExaminer(model, layers: ["blocks.9"]).add(Clip(speech, model: model), path: "clip.wav")
    }
    let blind = CueModel.model(isObserved: false)
    #expect(throws: ConceptError.noMaps(model: "cue")) {
      try ConceptExaminer(blind).add(Clip(speech, model: blind), path: "clip.wav")
    }
    let examiner = ConceptExaminer(model)
    for _ in 0..<20 { try examiner.add(Clip(speech, model: model), path: "clip.wav") }
    let concept = try Concept(name: "number", values: (0..<20).map(Double.init))
    #expect(throws: ConceptError.lopsided(concept: "number", clips: 20, others: 2)) {
      try examiner.find(
        [concept], folds: [Array(0..<18), [18], [19]], labels: concept.values.map { _ in nil },
        speakers: concept.values.map { _ in nil })
    }
  }
}
