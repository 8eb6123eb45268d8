import AudioFeatures
import Basics
import Foundation
import Models
import TestSupport
import Tensors
import Testing

@testable import Attributions

@Suite("Adversarial attacks")
struct AttacksTests {
  private func run(
    _ name: String, _ settings: AttackSettings, _ clips: [Clip], at space: InputSpace = .waveform, targets: [Int]? = nil
  ) throws -> [AttackedClip] {
    try Attacks.make(name, settings).run(AttackedClips(clips, at: space, targets: targets)) { _ in }
  }

  private func change(_ found: AttackedClip, of clip: Clip, at space: InputSpace = .waveform) -> [Float] {
    zip(found.values, clip[space].floats).map { $0 - $1 }
  }

  // MARK: Steps

  /// Slow and obvious: of one clip, each class's gradient by itself.
  @Test("PGD's iterates of two clips at once are those of the formula, a clip at a time")
  func iterates() throws {
    let model = makeModel(.cnnatt)
    let clips = [Clip(makeSpeech(8_000, seed: 3), model: model), Clip(makeSpeech(8_000, seed: 8), model: model)]
    let settings = AttackSettings(budget: .ratio(30), steps: 3)
    let attacked = AttackedClips(clips, at: .waveform)
    let run = try AttackRun(attacked, settings)
    var found: [[[Float]]] = []
    PGD(settings).ascend(run, run.numbers, from: run.allowed.map(\.none)) { _, changes, _ in found.append(changes) }
    #expect(found.count == 4)
    for (number, clip) in clips.enumerated() {
      let x = clip.waveform.floats
      let radius = norm(clip.waveform) * pow(10, -1.5)
      var change = [Double](repeating: 0, count: x.count)
      for step in 0..<4 {
        #expect(relativeDistance(found[step][number].map(Double.init), change) < 0.01, "step \(step) of clip \(number)")
        let now = Tensor(zip(x, change).map { $0 + Float($1) }, shape: [1, x.count])
        let probabilities = clip.logits(now, at: .waveform, normalization: .own).softmax().floats
        var gradient = change.map { _ in 0.0 }
        for label in model.classes.indices {
          let weight = Double(probabilities[label]) - (label == attacked.predicted[number] ? 1 : 0)
          let slope = clip.gradient(now, at: .waveform, target: Target(label)).floats
          for place in gradient.indices { gradient[place] += weight * Double(slope[place]) }
        }
        let length = norm(gradient)
        for place in change.indices { change[place] += 2.5 / 3 * radius * gradient[place] / length }
        let size = norm(change)
        if size > radius { change = change.map { $0 * radius / size } }
      }
    }
  }

  @Test("FGSM is one step of PGD from the clip itself", arguments: [AttackBudget.ratio(20), .largest(0.01)])
  func oneStep(_ budget: AttackBudget) throws {
    let clips = WaveModel.clips(WaveModel.model())
    let settings = AttackSettings(budget: budget, steps: 1)
    let run = try AttackRun(AttackedClips(clips, at: .waveform), settings)
    var last: [[Float]] = []
    PGD(settings).ascend(run, run.numbers, from: run.allowed.map(\.none)) { _, changes, _ in last = changes }
    let found = try self.run("fgsm", settings, clips)
    for (number, clip) in clips.enumerated() {
      #expect(largestDifference(change(found[number], of: clip), last[number]) < 1e-7)
      #expect(norm(last[number].map(Double.init)) > 0 && found[number].gradients == 1)
    }
  }

  @Test("On a linear network DeepFool steps onto the nearest plane, and 2 % beyond")
  func nearestPlane() throws {
    let model = WaveModel.model(isLinear: true)
    let network = try #require(model.network as? WaveModel)
    let weights = network.first.weight.value.rows
    let clips = WaveModel.clips(model)
    let found = try run("deepfool", AttackSettings(budget: .largest(1), steps: 5), clips)
    for (clip, found) in zip(clips, found) {
      let logits = clip.logits.floats.map(Double.init)
      let own = logits.likeliestClass
      let steps = logits.indices.filter { $0 != own }.map { other -> [Double] in
        let slope = zip(weights[other], weights[own]).map { $0 - $1 }
        let size = norm(slope)
        return slope.map { 1.02 * (logits[own] - logits[other]) * $0 / (size * size) }
      }
      let nearest = steps.min { norm($0) < norm($1) }!
      // Nothing reaches −1 or 1.
      #expect(zip(clip.waveform.floats, nearest).allSatisfy { abs(Double($0) + $1) < 1 })
      #expect(relativeDistance(change(found, of: clip).map(Double.init), nearest) < 1e-4)
      #expect(found.isFooled && found.gradients == 3)
    }
  }

  @Test(
    "A clip has the same result alone and among others",
    arguments: ["fgsm", "pgd", "apgd", "deepfool", "carlini-wagner"])
  func alone(_ name: String) throws {
    let clips = WaveModel.clips(WaveModel.model())
    let settings = AttackSettings(budget: .ratio(25), steps: 10)
    let together = try run(name, settings, clips)
    for (clip, found) in zip(clips, together) {
      let alone = try run(name, settings, [clip])[0]
      // Rounding decides between iterates whose losses are all but equal.
      let tolerance = name == "fgsm" || name == "deepfool" ? 1e-4 : 0.05
      #expect(relativeDistance(change(alone, of: clip), change(found, of: clip)) < tolerance)
      #expect(alone.to == found.to && alone.predictions == found.predictions)
    }
  }

  @Test("Carlini's and Wagner's change is no larger than DeepFool's, and that by the class alone hardly larger")
  func smallest() throws {
    let clips = WaveModel.clips(WaveModel.model())
    func sizes(_ name: String, steps: Int) throws -> [Double] {
      let found = try run(name, AttackSettings(budget: .largest(1), steps: steps), clips)
      #expect(found.allSatisfy { $0.isFooled && $0.to != $0.from }, "\(name)")
      let type = try #require(Attacks.all.first { $0.name == name })
      #expect(type.isMinimal && found.allSatisfy { ($0.gradients > 0) == type.usesGradients && $0.predictions > 0 })
      return zip(clips, found).map { norm(change($1, of: $0).map(Double.init)) }
    }
    let first = try sizes("deepfool", steps: 10)
    let (weighed, decided) = (try sizes("carlini-wagner", steps: 100), try sizes("decision", steps: 10))
    #expect(zip(weighed, first).allSatisfy { $0 < 1.01 * $1 }, "\(weighed), \(first)")
    #expect(zip(decided, first).allSatisfy { $0 < 1.3 * $1 }, "\(decided), \(first)")
  }

  @Test("A larger budget never fools fewer clips", arguments: ["fgsm", "pgd", "apgd", "universal"])
  func monotone(_ name: String) throws {
    let clips = WaveModel.clips(WaveModel.model())
    let counts = try [60.0, 40, 30, 25, 20, 10].map { ratio in
      try run(name, AttackSettings(budget: .ratio(ratio), steps: 10), clips).count { $0.isFooled }
    }
    #expect(zip(counts, counts.dropFirst()).allSatisfy { $0 <= $1 }, "\(counts)")
    #expect(counts.first == 0 && counts.last! >= 3, "\(counts)")
  }

  @Test("More restarts lose nothing, and are of clips only that are not fooled yet", arguments: ["pgd", "apgd"])
  func restarts(_ name: String) throws {
    let clips = WaveModel.clips(WaveModel.model())
    var settings = AttackSettings(budget: .ratio(24), steps: 6)
    let once = try run(name, settings, clips)
    settings.restarts = 3
    for (once, often) in zip(once, try run(name, settings, clips)) {
      #expect(often.isFooled || !once.isFooled)
      let isSame = once.gradients == often.gradients && once.values == often.values
      #expect(isSame == once.isFooled)
    }
  }

  @Test("Targets are reached, and what is predicted already is left as it is", arguments: Attacks.all.map { $0.name })
  func targeted(_ name: String) throws {
    let clips = WaveModel.clips(WaveModel.model())
    let predicted = AttackedClips(clips, at: .waveform).predicted
    // A universal change has one aim. The others are not the classes that are nearest.
    // By the class alone a target is only found where noise has it, or another clip.
    let away = name == "decision" ? 1 : 2
    let targets = name == "universal" ? predicted.map { _ in 2 } : predicted.map { ($0 + away) % 4 }
    let settings = AttackSettings(budget: .ratio(-3), steps: name == "decision" ? 6 : 30)
    let found = try run(name, settings, clips, targets: targets)
    for (found, target) in zip(found, targets) { #expect(found.isFooled == (found.to == target)) }
    let least = ["fgsm", "universal", "decision"].contains(name) ? 3 : 5
    let reached = found.count { $0.isFooled }
    #expect(reached >= least, "\(name): \(found.map(\.to)) for \(targets)")

    guard Attacks.all.first(where: { $0.name == name })!.isMinimal else { return }
    for (clip, found) in zip(clips, try run(name, settings, clips, targets: predicted)) {
      #expect(found.values == clip.waveform.floats && found.isFooled && found.ratio == nil && found.largest == 0)
    }
  }

  @Test("A universal change is one change, of which each clip has its part")
  func universal() throws {
    let clips = WaveModel.clips(WaveModel.model())
    let settings = AttackSettings(budget: .largest(0.05), steps: 20, restarts: 2)
    let found = try Universal(settings).attack(AttackedClips(clips, at: .waveform))
    #expect(found.perturbation.count == WaveModel.samples)
    #expect(found.perturbation.contains { $0 != 0 } && found.perturbation.allSatisfy { abs($0) <= 0.05 })
    for (clip, one) in zip(clips, found.clips) {
      #expect(largestDifference(change(one, of: clip), found.perturbation) < 1e-6)
    }
    // The smallest radius of all.
    let radius = clips.map { norm($0.waveform) }.min()! * pow(10, -1)
    let ball = try Universal(AttackSettings(budget: .ratio(20), steps: 10)).attack(AttackedClips(clips, at: .waveform))
    let size = norm(ball.perturbation.map(Double.init))
    #expect(size <= radius * (1 + 1e-5) && size > 0.2 * radius)
  }

  @Test("Other clips have of a universal change what their own budget allows, and none of the search")
  func others() throws {
    let clips = WaveModel.clips(WaveModel.model())
    let settings = AttackSettings(budget: .ratio(20), steps: 10)
    let fitted = AttackedClips(Array(clips.prefix(3)), at: .waveform)
    // The last is so quiet that its budget is smaller than the change.
    let quiet = Clip(clips[4].waveform.floats.map { 0.1 * $0 }, model: clips[0].model)
    let perturbation = try Universal(settings).attack(fitted).perturbation
    let found = try Universal(settings).attack(fitted, others: AttackedClips([clips[3], quiet], at: .waveform))
    #expect(found.clips.count == 3 && found.others.count == 2 && found.others.allSatisfy { $0.gradients == 0 })
    let length = norm(perturbation.map(Double.init))
    for (clip, one) in zip([clips[3], quiet], found.others) {
      let scale = min(1, 0.1 * norm(clip.waveform) / length)
      #expect(
        one.isWithinBudget && largestDifference(change(one, of: clip), perturbation.map { Float(scale) * $0 }) < 1e-6)
    }
    #expect(length > 0.1 * norm(quiet.waveform))
  }

  @Test("Of a clip whose loss is above 9 a universal change's steps take nothing; below it they go along the loss")
  func cutLoss() throws {
    let clip = WaveModel.clips(WaveModel.model())[0]
    let attacked = AttackedClips([clip], at: .waveform)
    let run = try AttackRun(attacked, AttackSettings(budget: .ratio(20)))
    let own = attacked.predicted[0]
    // The predicted class lies 8.5 or 9.5 below one other, the rest far below: so large is the loss.
    for (gap, isCut) in [(8.5, false), (9.5, true)] {
      var logits = [-50.0, -50, -50, -50]
      logits[own] = -gap
      logits[(own + 1) % 4] = 0
      let weights = Universal.weights(logits, run, 0)
      #expect(weights.allSatisfy { $0 == 0 } == isCut && weights.count == 4)
      #expect(isCut || abs(weights[own] + 1) < 0.001)
    }
  }

  @Test("What the predicted class alone decides fools where each clip is predicted alone, too")
  func decided() throws {
    let clips = WaveModel.clips(WaveModel.model())
    for found in try run("decision", AttackSettings(budget: .largest(1), steps: 2), clips) {
      #expect(found.isFooled && found.isWithinBudget)
    }
  }

  // MARK: What may be changed

  private struct Place: Sendable, CustomTestStringConvertible {
    let space: InputSpace
    let budget: AttackBudget
    var band: ClosedRange<Double>?
    var testDescription: String { "\(budget) on \(space.rawValue), band \(band.map { "\($0)" } ?? "any")" }
  }

  private static let places: [Place] = [
    Place(space: .waveform, budget: .ratio(30)), Place(space: .waveform, budget: .largest(0.002)),
    Place(space: .waveform, budget: .masked(0)), Place(space: .waveform, budget: .masked(-10)),
    Place(space: .waveform, budget: .ratio(30), band: 1000...3000),
    Place(space: .waveform, budget: .largest(0.002), band: 4000...8000),
    Place(space: .waveform, budget: .masked(0), band: 100...3400),
    Place(space: .mel, budget: .largest(1)), Place(space: .mfcc, budget: .largest(0.5)),
  ]

  @Test("Changes stay in their budget, their band and the clip's own samples or frames", arguments: places)
  private func budgets(_ place: Place) throws {
    let model = makeModel(.fcmfcc)
    let lengths = [16_000, 20_001]
    let clips = zip(lengths, [3, 9] as [UInt64]).map { Clip(makeSpeech($0, seed: $1), model: model) }
    let settings = AttackSettings(budget: place.budget, band: place.band, steps: 3)
    for name in ["fgsm", "pgd", "apgd", "universal"] {
      for (number, found) in try run(name, settings, clips, at: place.space).enumerated() {
        let (clip, length) = (clips[number], lengths[number])
        let change = change(found, of: clip, at: place.space)
        #expect(found.values.count == clip[place.space].count && change.contains { $0 != 0 }, "\(name)")
        // The change's last dimension ends with the clip's own.
        let width = clip.shape(at: place.space).last!
        let own = place.space == .waveform ? length : 1 + length / 256
        #expect(own < width && change.indices.allSatisfy { $0 % width < own || change[$0] == 0 }, "\(name)")
        let largest = Double(change.map(abs).max()!)
        #expect(found.largest == largest)
        let part = Array(change.prefix(own))
        switch place.budget {
        case .ratio(let ratio):
          let made = 20 * log10(norm(clip.waveform) / norm(change.map(Double.init)))
          let stated = try #require(found.ratio)
          #expect(made > ratio - 1e-4 && abs(stated - made) < 1e-6, "\(name): \(made) dB")
        case .largest(let most):
          #expect(largest <= most * (1 + 1e-5) + (place.space == .waveform ? 1e-7 : 1e-4), "\(name): \(largest)")
        case .masked(let margin):
          let threshold = MaskingThreshold(Array(clip.waveform.floats.prefix(length)), sampleRate: 16_000)
          let excess = MaskedChange(threshold, below: margin).excess(of: part)
          // Something is used of the budget, too.
          #expect(excess < 0.51 && excess > -30, "\(name): \(excess) dB")
        }
        guard place.space == .waveform else { continue }
        #expect(found.values.allSatisfy { (-1...1).contains($0) })
        guard let band = place.band else { continue }
        let bin = 16_000 / Double(length)
        let bins = Int((band.lowerBound / bin).rounded(.up))...min(Int(band.upperBound / bin), length / 2)
        let inside = BandLimit(samples: length, bins: bins)(part)
        // Rounding of the sum of clip and change is in all frequencies.
        let outside = norm(zip(part, inside).map { Double($0 - $1) })
        #expect(outside < 1e-3 * norm(part.map(Double.init)), "\(name): \(outside)")
      }
    }
  }

  @Test("A loud clip stays within −1…1, and a change that is cut there only becomes smaller")
  func bounds() throws {
    let model = WaveModel.model()
    let clip = Clip((0..<64).map { $0 % 3 == 0 ? 1 : $0 % 3 == 1 ? -0.995 : 0.1 }, model: model)
    for name in ["fgsm", "pgd", "apgd", "deepfool", "carlini-wagner", "decision"] {
      let found = try run(name, AttackSettings(budget: .largest(0.05), steps: 4), [clip])[0]
      #expect(found.values.allSatisfy { (-1...1).contains($0) }, "\(name)")
      #expect(!found.isFooled || found.largest <= 0.05 + 1e-6, "\(name)")
    }
  }

  @Test("In a ball and in a box no random allowed change is nearer than the projection", arguments: [true, false])
  func nearest(isBall: Bool) throws {
    let clip = WaveModel.clips(WaveModel.model())[0]
    let settings = AttackSettings(budget: isBall ? .ratio(20) : .largest(0.05))
    let allowed = try AllowedChange(clip, at: .waveform, settings)
    var generator = SeededGenerator(seed: 5)
    for _ in 0..<10 {
      let change = generator.normals(64, deviation: 0.05)
      let found = allowed.project(change)
      #expect(allowed.isWithinBudget(found) && largestDifference(allowed.project(found), found) < 1e-7)
      let distance = norm(zip(found, change).map { Double($0 - $1) })
      for _ in 0..<200 {
        // Near the projection and far from it.
        let other = allowed.project(combined(found, 1, generator.normals(64, deviation: 0.02), 1))
        #expect(norm(zip(other, change).map { Double($0 - $1) }) >= distance - 1e-6)
      }
      let small = change.map { $0 * 1e-3 }
      #expect(allowed.project(small) == small)
    }
  }

  @Test("The direction of a budget goes further up a gradient than random allowed changes do")
  func steepest() throws {
    let model = makeModel(.fcmfcc)
    let clip = Clip(makeSpeech(6_000), model: model)
    for budget in [AttackBudget.ratio(20), .largest(0.01), .masked(0)] {
      let allowed = try AllowedChange(clip, at: .waveform, AttackSettings(budget: budget))
      var generator = SeededGenerator(seed: 6)
      let gradient = generator.normals(allowed.original.count, deviation: 1)
      func rise(_ change: [Float]) -> Double {
        zip(gradient, change).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
      }
      let best = rise(allowed.project(allowed.direction(gradient)))
      for _ in 0..<5 { #expect(rise(allowed.random(using: &generator)) < 0.5 * best, "\(budget)") }
      #expect(best > 0 && allowed.isWithinBudget(allowed.random(using: &generator)))
    }
  }

  // MARK: Errors and settings

  @Test("What cannot be attacked is an error that says why")
  func errors() throws {
    let wave = WaveModel.clips(WaveModel.model())
    let settings = AttackSettings(budget: .ratio(20))
    func error(
      _ settings: AttackSettings, _ clips: [Clip], at space: InputSpace = .waveform, _ name: String = "pgd"
    ) -> AttackError? {
      do {
        _ = try run(name, settings, clips, at: space)
        return nil
      } catch {
        return error as? AttackError
      }
    }
    let all = "fgsm, pgd, apgd, deepfool, carlini-wagner, decision, universal"
    #expect(error(settings, wave, "zoo") == .unknown(name: "zoo"))
    #expect(AttackError.unknown(name: "zoo").description == "there is no attack \"zoo\"; there is \(all)")
    let speech = Clip(makeSpeech(6_000), model: makeModel(.fcmfcc))
    #expect(error(settings, [speech], at: .mel) == .needsWaveform(what: "a signal-to-noise ratio", space: .mel))
    let masked = AttackSettings(budget: .masked(0))
    #expect(error(masked, [speech], at: .mfcc) == .needsWaveform(what: "masking", space: .mfcc))
    #expect(error(settings, [speech], at: .spectrogram) == .space(.spectrogram))
    #expect(
      error(AttackSettings(budget: .largest(1)), wave, at: .mel) == .notOnPath(model: "wave", space: .mel))
    let banded = AttackSettings(budget: .largest(1), band: 100...200)
    #expect(error(banded, [speech], at: .mel) == .needsWaveform(what: "a band", space: .mel))
    for band in [100.0...100, 100...9000, -5...100, 1001...1002] {
      guard case .band(band, _) = error(AttackSettings(budget: .ratio(20), band: band), wave) else {
        Issue.record("\(band) is a band")
        continue
      }
    }
    #expect(error(settings, [Clip([], model: makeModel(.fcmfcc))]) == .noSamples)
    let dimensional = TrainedModel(
      untrained: ModelConfiguration(WaveModel.self, classes: [], dimensions: ["arousal"]), seed: 1)
    #expect(error(settings, [WaveModel.clips(dimensional)[0]]) == .noClasses(model: "wave"))
    for wrong in [
      AttackSettings(budget: .ratio(.nan)), AttackSettings(budget: .largest(-1)),
      AttackSettings(budget: .ratio(20), steps: 0), AttackSettings(budget: .ratio(20), restarts: 0),
    ] {
      guard case .value = error(wrong, wave) else {
        Issue.record("\(wrong) can be attacked with")
        continue
      }
    }
  }

  @Test("Settings are read back as they were written, the budget as an object of one number")
  func codable() throws {
    let settings = AttackSettings(budget: .masked(-6), band: 300...3400, steps: 7, restarts: 2, seed: 11)
    let data = try JSONEncoder().encode(settings)
    let read = try JSONDecoder().decode(AttackSettings.self, from: data)
    #expect(read == settings)
    for (budget, text) in [(AttackBudget.ratio(30), #"{"ratio":30}"#), (.largest(0.5), #"{"largest":0.5}"#)] {
      let written = try JSONEncoder().encode(budget)
      #expect(String(decoding: written, as: UTF8.self) == text)
      let read = try JSONDecoder().decode(AttackBudget.self, from: Data(text.utf8))
      #expect(read == budget)
    }
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(AttackBudget.self, from: Data(#"{"ratio":1,"largest":1}"#.utf8))
    }
  }
}
