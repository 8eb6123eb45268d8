import Basics
import Corpora
import Foundation
import Layers
import Models
import Tensors
import TestSupport
import Testing

@testable import Attributions

@Suite("Measures")
struct MeasuresTests {
  @Test("The area under a curve, by hand")
  func area() {
    #expect(RemovalCurves.area([1, 0]) == 0.5)
    #expect(RemovalCurves.area([1, 1, 0]) == 0.75)
    #expect(abs(RemovalCurves.area([0.9, 0.3, 0.2]) - (0.6 + 0.25) / 2) < 1e-12)
  }

  @Test("Deletion and insertion, one input at a time and one number at a time", arguments: InputSpace.allCases)
  func curves(_ space: InputSpace) {
    let clip = Clip(makeSpeech(9_000), model: makeModel(.cnnatt))
    let cells = Cells(of: clip, at: space)
    var generator = SeededGenerator(seed: 8)
    let order = generator.shuffled(0..<cells.count)
    let target = Target(3)
    let found = RemovalCurves(order, target: target, steps: 5, replacement: Replacement(of: clip, at: space))
    #expect(found.deletion.count == 6 && found.insertion.count == 6)

    let input = clip[space].floats
    let frames = clip.mel.shape[3]
    // The quietest that a mel can be within this clip, and the MFCC of that.
    let floor = max(-100, clip.mel.floats.max()! - 80)
    func silence(_ place: Int) -> Float {
      switch space {
      case .waveform, .spectrogram: 0
      case .mel: floor
      // Of a constant only the first coefficient is left: √128 times it.
      case .mfcc: place < frames ? floor * Float(128).squareRoot() : 0
      }
    }
    func cell(of place: Int) -> Int { space == .waveform ? min((place + 128) / 256, frames - 1) : place }
    func probability(_ isRemoved: (Int) -> Bool) -> Double {
      let values = input.indices.map { isRemoved(cell(of: $0)) ? silence($0) : input[$0] }
      let logits = clip.logits(Tensor(values, shape: clip.shape(at: space)), at: space).floats.map(Double.init)
      return exp(logits[3]) / logits.reduce(0) { $0 + exp($1) }
    }
    for step in 0...5 {
      let removed = Set(order.prefix(Int((Double(step) / 5 * Double(order.count)).rounded())))
      #expect(abs(found.deletion[step] - probability(removed.contains)) < 1e-4, "\(step)")
      #expect(abs(found.insertion[step] - probability { !removed.contains($0) }) < 1e-4, "\(step)")
    }
  }

  @Test("The mean in the place of what is taken away is each row's over time")
  func mean() {
    let clip = Clip(makeSpeech(9_000), model: makeModel(.cnnatt))
    let frames = clip.mel.shape[3]
    let replacement = Replacement(of: clip, at: .mel, with: .mean)
    let found = replacement.inputs(without: [[5 * frames + 3], []]).floats
    let input = clip.mel.floats
    let expected = input[5 * frames..<6 * frames].reduce(0, +) / Float(frames)
    #expect(abs(found[5 * frames + 3] - expected) < 1e-3)
    #expect(found.indices.filter { found[$0] != input[$0 % input.count] } == [5 * frames + 3])
  }

  @Test("A class against another: its probability among the two")
  func versus() {
    let logits = Tensor([0, 1, 3], shape: [1, 3])
    #expect(abs(Target(2, versus: 1).probabilities(logits)[0] - 1 / (1 + exp(-2.0))) < 1e-6)
    #expect(abs(Target(1).probabilities(logits)[0] - exp(1.0) / (1 + exp(1.0) + exp(3.0))) < 1e-6)
  }

  @Test("Infidelity by hand: what the best scale leaves over, and none for the wrong direction")
  func infidelity() {
    // Half of what is lost: the plain error is (1² + 2²) / 2, and a factor of 2 leaves nothing.
    let half = Infidelity(predictions: [1, 2], losses: [2, 4])
    #expect(half.plain == 2.5 && half.scaled == 0 && half.unexplained == 0)
    let wrong = Infidelity(predictions: [-1, -2], losses: [2, 4])
    #expect(wrong.scaled == 0 && wrong.unexplained == 1)
    let nothing = Infidelity(predictions: [0, 0], losses: [2, 4])
    #expect(nothing.plain == 10 && nothing.scaled == 10 && nothing.unexplained == 1)
    #expect(Infidelity(predictions: [1, 2], losses: [0, 0]).unexplained == nil)
    // β = (1·2 + 1·0) / 2 = 1 leaves (1² + 1²) / 2 of the 2.
    #expect(Infidelity(predictions: [1, 1], losses: [2, 0]).unexplained == 0.5)
  }

  @Test("Sparseness and complexity of the two extremes; nothing of nothing")
  func concentration() throws {
    #expect(Concentration.gini([3, 3, 3, 3]) == 0)
    #expect(Concentration.gini([0, 0, 5, 0]) == 0.75)
    #expect(abs(try #require(Concentration.entropy([3, 3, 3, 3])) - log(4.0)) < 1e-12)
    #expect(Concentration.entropy([0, 0, 5, 0]) == 0)
    #expect(Concentration.gini([0, 0]) == nil && Concentration.entropy([0, 0]) == nil)
  }

  @Test("Rankings: the same, the opposite, no ranks at all; the share of the top")
  func rankings() {
    let up = Ranking([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    let down = Ranking([10, 9, 8, 7, 6, 5, 4, 3, 2, 1])
    #expect(up.order == Array(0..<10))
    #expect(up.correlation(with: up) == 1 && up.correlation(with: down) == -1)
    #expect(up.correlation(with: Ranking([Double](repeating: 2, count: 10))) == nil)
    #expect(up.overlap(with: down, share: 0.3) == 0 && up.overlap(with: up, share: 0.3) == 1)
    #expect(up.overlap(with: down, share: 0.6) == 2.0 / 6)
    #expect(up.overlap(with: Ranking([10, 1, 2, 3, 4, 5, 6, 7, 8, 9]), share: 0.01) == 0)
  }

  @Test("Cells take in every number once; a waveform's are its frames", arguments: [9_000, 9_216, 9_215, 9_345])
  func cells(_ count: Int) {
    let clip = Clip(makeSpeech(count), model: makeModel(.cnnatt))
    for space in InputSpace.allCases {
      let cells = Cells(of: clip, at: space)
      #expect((0..<cells.count).flatMap { Array(cells[$0]) } == Array(0..<clip[space].count))
      #expect(cells.frames == clip.mel.shape[3])
      #expect(cells.rows == [.waveform: 1, .spectrogram: 513, .mel: 128, .mfcc: 40][space])
    }
    let cells = Cells(of: clip, at: .waveform)
    #expect(cells[3] == 640..<896)
    #expect(cells.sums(.ones(clip.waveform.shape))[1] == 256)
    #expect(cells.sizes(Tensor(repeating: -1, shape: clip.waveform.shape))[1] == 256)
  }

  @Test("A clip with other values at a place is so downstream, and leads to the logits of those values")
  func variants() {
    for architecture in Architecture.allCases {
      let clip = Clip(makeSpeech(9_000), model: makeModel(architecture))
      for space in InputSpace.allCases {
        let values = clip[space] * 0.9
        let changed = clip.with(values, at: space)
        let expected = clip.logits(values, at: space)
        #expect(relativeDistance(changed.logits, expected) < 1e-4, "\(architecture) \(space)")
        #expect(relativeDistance(changed.logits(changed[space], at: space), expected) < 1e-4)
      }
    }
  }

  @Test("Silent frames: a pause and padding, not speech")
  func silence() {
    var samples = makeSpeech(16_000)
    for place in 6_000..<10_000 { samples[place] *= 1e-4 }
    let silent = Clip(samples, model: makeModel(.fcmfcc)).silentFrames
    #expect(silent.count == 313)
    #expect(!silent[10] && silent[31] && !silent[50] && silent[66...].allSatisfy { $0 })
  }

  @Test("Loudness ranks as the log-mel itself, and as the energy of the waveform's frames")
  func loudness() throws {
    let clip = Clip(makeSpeech(16_000), model: makeModel(.cnnatt))
    let mel = Ranking(clip.mel.floats.map(Double.init))
    let found = Ranking(Cells(of: clip, at: .mel).sizes(clip.loudness(at: .mel)))
    #expect(try #require(found.correlation(with: mel)) > 0.9999)
    let energy = Cells(of: clip, at: .waveform).sizes(clip.loudness(at: .waveform))
    let expected = clip.waveform.floats[640..<896].reduce(0.0) { $0 + Double($1) * Double($1) }
    #expect(abs(energy[3] / expected - 1) < 1e-5)
  }

  @Test("Random attributions: the same for the same clip and target, others for others", arguments: InputSpace.allCases)
  func random(_ space: InputSpace) {
    let model = makeModel(.cnnatt)
    let clip = Clip(makeSpeech(9_000), model: model)
    let method = RandomAttribution()
    let first = method.attribute(clip, at: space, target: Target(0)).values
    #expect(first.shape == clip.shape(at: space) && first.floats.allSatisfy { (0..<1).contains($0) })
    #expect(method.attribute(clip, at: space, target: Target(0)).values.floats == first.floats)
    #expect(method.attribute(clip, at: space, target: Target(1)).values.floats != first.floats)
    let other = clip.with(clip[space] * 0.99, at: space)
    #expect(method.attribute(other, at: space, target: Target(0)).values.floats != first.floats)
    let stranger = clip.through(makeModel(.cnnatt, seed: 2))
    #expect(method.attribute(stranger, at: space, target: Target(0)).values.floats != first.floats)
  }

  @Test("Layers are drawn anew from the head down; the rest stays", arguments: Architecture.allCases)
  func cascade(_ architecture: Architecture) {
    let model = makeModel(architecture)
    let cascade = CascadingRandomization(model, seed: 9)
    let layers = cascade.layers
    #expect(layers[0] == "head" && layers.last! == (architecture == .cnnlstm ? "blocks.0" : "paths.0"))
    let trained = model.network.namedParameters
    for (number, layer) in layers.enumerated() {
      let fresh = layers[...number]
      for ((name, own), new) in zip(trained, cascade.model(upTo: number).network.namedParameters.map(\.parameter)) {
        let isFresh = fresh.contains { name.hasPrefix($0 + ".") }
        let isDrawn = own.role == .weight && own.shape.count > 1
        #expect(!isFresh || !isDrawn || new.value.floats != own.value.floats, "\(layer): \(name)")
        #expect(isFresh || new.value.floats == own.value.floats, "\(layer): \(name)")
      }
    }
  }

  @Test("A cue's cells: the frames that hear it, the rows of its band; an attribution on it is inside")
  func cue() throws {
    let clip = Clip(makeSpeech(32_000), model: makeModel(.cnnatt))
    let cells = Cells(of: clip, at: .mel)
    let region = CueRegion(seconds: 0.8...1.12, hertz: 2_000...2_500)
    let frontEnd = clip.model.configuration.frontEnd
    let cue = CueCells(region, cells, at: .mel, frontEnd: frontEnd, speechFrames: cells.frames)
    // Frames whose 64 ms about their centres meet 0.8…1.12 s; of the filters, those that pass 2 to 2.5 kHz.
    let filters = frontEnd.melFilters.floats
    for row in 0..<128 {
      let passes = (128...160).contains { filters[row * 513 + $0] > 0 }
      for frame in 0..<cells.frames {
        let hears = (0.7681..<1.1519).contains(Double(frame) * 0.016)
        #expect(cue.isInside[row * cells.frames + frame] == (passes && hears), "\(row) \(frame)")
      }
    }
    let inside = Double(cue.isInside.count { $0 })
    #expect(abs(cue.area - inside / Double(cells.count)) < 1e-12)
    let even = [Double](repeating: 1, count: cells.count)
    #expect(abs(try #require(cue.share(of: even)) - cue.area) < 1e-12)
    let sizes = cue.isInside.map { $0 ? 2.0 : 0 }
    #expect(cue.share(of: sizes) == 1 && cue.isHit(by: Ranking(sizes)))
    #expect(cue.share(of: sizes.map { 2 - $0 }) == 0 && !cue.isHit(by: Ranking(sizes.map { 2 - $0 })))
    #expect(cue.share(of: even.map { _ in 0 }) == nil)

    // Without frequencies, all that sounds meanwhile; without padding, the clip's own area.
    let mfcc = Cells(of: clip, at: .mfcc)
    let whole = CueCells(region, mfcc, at: .mfcc, frontEnd: frontEnd, speechFrames: 63)
    #expect(whole.isInside.count { $0 } == 40 * whole.isInside[..<mfcc.frames].count { $0 })
    #expect(abs(whole.area - Double(whole.isInside[..<mfcc.frames].count { $0 }) / 63) < 1e-12)
  }

  @Test(
    "A region's share: of a mel the cells that reach into it, of a waveform its samples, without an end all of an axis")
  func regionShare() throws {
    let clip = Clip(makeSpeech(32_000), model: makeModel(.cnnatt))
    func ones(_ space: InputSpace, _ value: (Int) -> Float = { _ in 1 }) -> Tensor {
      let shape = clip.shape(at: space)
      return Tensor((0..<shape.reduce(1, *)).map(value), shape: shape)
    }
    let always = -Double.infinity...Double.infinity
    // 0.5 to 1.5 s has both its ends: 16,001 samples. Signs do not matter.
    let second = CueRegion(seconds: 0.5...1.5, hertz: always)
    let samples = clip.shape(at: .waveform).reduce(1, *)
    let share = try #require(clip.share(of: ones(.waveform) { $0 % 2 == 0 ? 1 : -1 }, at: .waveform, in: second))
    #expect(abs(share - 16_001 / Double(samples)) < 1e-12)
    // The frames whose 64 ms meet the second, of all rows.
    let frames = clip.frames
    let heard = (0..<frames).count { (0.4681..<1.5319).contains(Double($0) * 0.016) }
    for space in [InputSpace.mel, .spectrogram, .mfcc] {
      let share = try #require(clip.share(of: ones(space), at: space, in: second))
      #expect(abs(share - Double(heard) / Double(frames)) < 1e-12, "\(space)")
    }
    // The bins of 15.625 Hz whose neighbours to two sides reach above 4 kHz: 255 to 512.
    let high = CueRegion(seconds: always, hertz: 4_000...8_000)
    let bins = try #require(clip.share(of: ones(.spectrogram), at: .spectrogram, in: high))
    #expect(abs(bins - 258.0 / 513) < 1e-12)
    #expect(clip.share(of: ones(.mel) { _ in 0 }, at: .mel, in: second) == nil)
    #expect(clip.share(of: ones(.mel), at: .mel, in: CueRegion(seconds: always, hertz: always)) == 1)
  }

  @Test("Accuracy beside chance: Wilson's interval and Cohen's chance, by hand")
  func accuracy() throws {
    // Half of the clips are angry and all are predicted so: right by chance only.
    let constant = try #require(
      PredictionAccuracy(labels: ["a", "a", "b", "c"], predictions: ["a", "a", "a", "a"]))
    #expect(constant.right == 2 && constant.chance == 0.5 && constant.isAtChance)
    let labels = (0..<20).map { ["a", "b", "c", "d"][$0 % 4] }
    let good = try #require(PredictionAccuracy(labels: labels, predictions: labels.dropLast(2) + ["a", "a"]))
    // 18 of 20: statsmodels' proportion_confint(18, 20, method="wilson").
    #expect(abs(good.low - 0.69896) < 1e-3 && abs(good.high - 0.97213) < 1e-3 && !good.isAtChance)
    #expect(abs(good.chance - 0.25) < 1e-12)
    #expect(PredictionAccuracy(labels: [], predictions: []) == nil)
  }
}

@Suite("Trust")
struct TrustTests {
  /// A method that no model can have, and one that finds nothing.
  private struct Impossible: AttributionMethod {
    static let description = MethodDescription(
      "impossible", .attention, source: "here", summary: "none", cost: "nothing", isSigned: false)
    init(_ options: MethodOptions = MethodOptions()) {}
    func checkApplies(to clip: Clip, at space: InputSpace) throws(MethodError) {
      throw .inapplicable(method: name, model: clip.model.name, reason: "it has no attention")
    }
    func attribute(_ clip: Clip, at space: InputSpace, target: Target) throws(MethodError) -> AttributionResult {
      try checkApplies(to: clip, at: space)
      return AttributionResult(clip[space])
    }
  }
  private struct Nothing: AttributionMethod {
    static let description = MethodDescription(
      "nothing", .gradient, source: "here", summary: "zeros", cost: "nothing", isSigned: true)
    init(_ options: MethodOptions = MethodOptions()) {}
    func attribute(_ clip: Clip, at space: InputSpace, target: Target) -> AttributionResult {
      AttributionResult(.zeros(clip.shape(at: space)))
    }
  }

  private static var settings: TrustSettings {
    var settings = TrustSettings()
    (settings.steps, settings.parts, settings.offsets) = (4, 8, 2)
    return settings
  }

  @Test("Each measure of each method and control, the same twice", arguments: InputSpace.allCases)
  func examination(_ space: InputSpace) throws {
    let model = makeModel(.cnnatt)
    let samples = makeSpeech(16_000)
    var examiner = TrustExaminer(
      model: model, methods: [Saliency(), Impossible(), Nothing()], space: space, settings: Self.settings)
    #expect(
      examiner.leaveOutInapplicable(on: samples) == [
        .inapplicable(method: "impossible", model: "cnnatt", reason: "it has no attention")
      ])
    #expect(examiner.methods.map(\.name) == ["saliency", "nothing", "loudness", "random"])
    let label = model.classes[Clip(samples, model: model).logits.floats.map(Double.init).likeliestClass]
    let cue = CueRegion(seconds: 0.2...0.4, hertz: 1_000...2_000)
    let truth = Emotion(rawValue: label)
    let clip = try examiner.examine(samples, path: "a.wav", label: truth, cue: cue)
    let again = try examiner.examine(samples, path: "a.wav", label: truth, cue: cue)
    #expect(clip.methods.map(\.values) == again.methods.map(\.values) && clip.target == label)

    let values = clip.methods.map(\.values)
    let (saliency, nothing, loudness, random) = (values[0], values[1], values[2], values[3])
    // A saliency has no sign and so no sum; there are no models of other seeds, none fine-tuned, and no several syllables; and only the mel is
    // made audible.
    let sound: Set<TrustMeasure> = [.averageIncrease, .averageDrop, .averageGain, .faithfulness, .inputFidelity]
    let absent: Set<TrustMeasure> = space == .mel ? [] : sound
    #expect(
      Set(saliency.keys)
        == Set(TrustMeasure.allCases).subtracting([
          .completeness, .seeds, .comprehensiveness, .sufficiency, .fidelityPlus, .fidelityMinus,
        ]).subtracting(absent))
    let ranked: Set<TrustMeasure> = [.deletion, .insertion, .infidelity, .completeness]
    #expect(Set(nothing.keys) == (space == .mel ? ranked.union(sound) : ranked))
    #expect(nothing[.infidelity] == 1 && nothing[.completeness] == 1)
    // What is loud does not hang on the model or on the class; what is random has nothing in common with anything.
    for measure in [TrustMeasure.redrawn, .otherClass, .loudness] {
      #expect(abs(try #require(loudness[measure]) - 1) < 1e-9)
    }
    for measure in [TrustMeasure.redrawn, .otherClass, .loudness] {
      #expect(abs(try #require(random[measure])) < (space == .waveform ? 0.5 : 0.06), "\(measure)")
    }
    // √(E(a − b)² / E a²) of two even draws from 0..<1.
    #expect(abs(try #require(random[.sensitivity]) - 0.5.squareRoot()) < 0.03)
    #expect(abs(try #require(random[.inCue]) - (try #require(clip.cueArea))) < 0.05)
    #expect(abs(try #require(random[.silence]) - silentShare(samples, model)) < 0.05)
    for found in clip.methods {
      #expect(found.deletion.count == 5)
      // The head's product rounds by the place in the batch.
      #expect(abs(found.deletion[0] - found.insertion[4]) < 1e-6)
      #expect(abs(found.deletion[4] - found.insertion[0]) < 1e-6)
      #expect(found.cascade.count == examiner.layers.count)
    }
    #expect(abs(try #require(clip.correlation[0][0]) - 1) < 1e-9)
    #expect(clip.correlation[0][1] == nil && clip.overlap[2][2] == 1)

    // A cue is not looked for where another class was predicted.
    let elsewhere = try examiner.examine(samples, path: "a.wav", label: Emotion(rawValue: "none"), cue: cue)
    #expect(elsewhere.cueArea == nil && elsewhere.methods[0].values[.pointing] == nil)

    let summary = TrustSummary([clip, elsewhere], by: examiner)
    #expect(summary.clips == 2 && summary.cueClips == 1)
    #expect(summary.methods.map(\.isControl) == [false, false, true, true])
    #expect(summary.methods[0].estimates[.inCue]?.clips == 1 && summary.methods[0].estimates[.gini]?.clips == 2)
    #expect(summary.methods[1].estimates[.gini] == nil)
    #expect(summary.remarks.contains("Zero everywhere, so without ranks, in some clips: nothing."))
  }

  @Test("A label is the class that is another word for it")
  func synonyms() throws {
    let configuration = ModelConfiguration(architecture: .cnnatt, classes: ["ang", "hap", "neu", "sad"])
    let examiner = TrustExaminer(
      model: TrainedModel(untrained: configuration, seed: 1), methods: [Gradient()], space: .mel,
      settings: Self.settings, target: 1)
    let cue = CueRegion(seconds: 0.2...0.4, hertz: 1_000...2_000)
    for (label, expected) in [(Emotion.happy, "hap"), (.angry, "ang"), (.surprise, nil)] {
      let found = try examiner.examine(makeSpeech(16_000), path: "a.wav", label: label, cue: cue)
      #expect(found.label == expected)
      // The cue is that of the label, and is looked for where the label is explained.
      #expect((found.cueArea != nil) == (label == .happy))
    }
  }

  @Test("The random inputs follow the samples, and not the file's place")
  func draws() throws {
    let examiner = TrustExaminer(
      model: makeModel(.fcmfcc), methods: [Saliency()], space: .mel, settings: Self.settings)
    let samples = makeSpeech(16_000)
    let here = try examiner.examine(samples, path: "here/a.wav")
    let there = try examiner.examine(samples, path: "there/a.wav")
    #expect(here.methods.map(\.values) == there.methods.map(\.values) && here.path != there.path)
    // Filled up to five seconds, both are the same input.
    let longer = try examiner.examine(samples + [0], path: "here/a.wav")
    #expect(longer.methods[0].values[.sensitivity] != here.methods[0].values[.sensitivity])
  }

  @Test("Of a dimension the curves go from its distance to its value in silence to none, in the clip's direction")
  func dimension() throws {
    let configuration = ModelConfiguration(architecture: .cnnatt, classes: [], dimensions: ["arousal", "valence"])
    let model = TrainedModel(untrained: configuration, seed: 1)
    let samples = makeSpeech(16_000)
    let clip = Clip(samples, model: model)
    let silence = clip.logits(clip.silence(at: .mel), at: .mel).floats
    for (index, name) in model.dimensions.enumerated() {
      let examiner = TrustExaminer(
        model: model, methods: [Gradient()], space: .mel, settings: Self.settings, target: index == 0 ? nil : index)
      #expect(examiner.dimension == name)
      let found = try examiner.examine(samples, path: "a.wav", label: Emotion(rawValue: name))
      let distance = Double(abs(clip.logits.floats[index] - silence[index]))
      #expect(found.target == name && distance > 0)
      for method in found.methods {
        // The head's product rounds by the place in the batch.
        #expect(abs(method.deletion[0] - distance) < 1e-5 && abs(method.insertion[4] - distance) < 1e-5)
        #expect(abs(method.deletion[4]) < 1e-5 && abs(method.insertion[0]) < 1e-5)
        // The other class is the other dimension.
        #expect(method.values[.otherClass] != nil)
      }
    }
    let one = ModelConfiguration(architecture: .cnnatt, classes: [], dimensions: ["arousal"])
    let alone = try TrustExaminer(
      model: TrainedModel(untrained: one, seed: 1), methods: [Saliency()], space: .mel, settings: Self.settings
    ).examine(samples, path: "a.wav")
    #expect(alone.methods[0].values[.otherClass] == nil)
  }

  @Test("Dimensions beside classes do not count among the probabilities")
  func classesBesideDimensions() {
    let logits = Tensor([0, 1, 3, 50], shape: [1, 4])
    let among = exp(1.0) / (1 + exp(1.0) + exp(3.0))
    #expect(abs(Target(1).measured(logits, classes: 3)[0] - among) < 1e-6)
    #expect(Target(3).measured(logits, classes: 3) == [50])
    #expect(Target(3, versus: 1).measured(logits, classes: 3) == [49])
  }

  private func silentShare(_ samples: [Float], _ model: TrainedModel) -> Double {
    let silent = Clip(samples, model: model).silentFrames
    return Double(silent.count { $0 }) / Double(silent.count)
  }

  @Test("A silent clip, and an attribution with NaN, are named")
  func refusals() throws {
    struct Broken: AttributionMethod {
      static let description = MethodDescription(
        "broken", .gradient, source: "here", summary: "NaN", cost: "nothing", isSigned: true)
      init(_ options: MethodOptions = MethodOptions()) {}
      func attribute(_ clip: Clip, at space: InputSpace, target: Target) -> AttributionResult {
        AttributionResult(Tensor(repeating: .nan, shape: clip.shape(at: space)))
      }
    }
    let examiner = TrustExaminer(
      model: makeModel(.cnnatt), methods: [Broken()], space: .mel, settings: Self.settings)
    #expect(throws: ExplanationError.silent(path: "a.wav")) {
      try examiner.examine([Float](repeating: 0, count: 9_000), path: "a.wav")
    }
    #expect(throws: ExplanationError.notFinite(path: "a.wav: broken", space: .mel)) {
      try examiner.examine(makeSpeech(9_000), path: "a.wav")
    }
  }
}
