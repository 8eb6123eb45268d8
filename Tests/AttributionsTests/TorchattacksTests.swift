import Foundation
import TestSupport
import Testing

@testable import Attributions

/// What torchattacks makes of the same clips with the same network: Tests/Fixtures/attacks.py writes the file.
@Suite("Attacks beside torchattacks")
struct TorchattacksTests {
  private struct Stored: Decodable {
    let logits: [[Double]]
    let labels, targets: [Int]
    let fgsm, pgd, pgd2, pgdTargeted, deepfool, cw, apgd: [[Float]]
    let apgdLosses: [Double]

    enum CodingKeys: String, CodingKey {
      case logits, labels, targets, fgsm, pgd, pgd2, deepfool, cw, apgd
      case pgdTargeted = "pgd-targeted"
      case apgdLosses = "apgd-losses"
    }
  }

  private static let largest = 0.02
  private static let radius = 0.12

  private let stored: Stored
  private let clips: [Clip]

  init() throws {
    stored = try JSONDecoder().decode(Stored.self, from: Data(contentsOf: Checkout.fixture("attacks.json")))
    clips = WaveModel.clips(WaveModel.model())
  }

  private func attacked(targets: [Int]? = nil) -> AttackedClips {
    AttackedClips(clips, at: .waveform, targets: targets)
  }

  /// The clips after the last of eight steps of a fifth of the budget, from the clips themselves.
  private func lastOfPGD(_ clips: AttackedClips, _ budget: AttackBudget) throws -> [[Float]] {
    let settings = AttackSettings(budget: budget, steps: 8)
    var pgd = PGD(settings)
    pgd.step = 0.2
    let run = try AttackRun(clips, settings)
    var last: [[Float]] = []
    var visits = 0
    pgd.ascend(run, run.numbers, from: run.allowed.map(\.none)) { _, changes, _ in
      last = changes
      visits += 1
    }
    #expect(visits == 9)
    return zip(run.allowed, last).map { $0.applied($1) }
  }

  private func expectEqual(_ found: [[Float]], _ expected: [[Float]], within tolerance: Float = 1e-6) {
    #expect(found.count == expected.count)
    for (found, expected) in zip(found, expected) { #expect(largestDifference(found, expected) < tolerance) }
  }

  @Test("The network is PyTorch's")
  func network() {
    for (clip, expected) in zip(clips, stored.logits) {
      #expect(largestDifference(clip.logits.floats.map(Double.init), expected) < 1e-5)
    }
    #expect(attacked().predicted == stored.labels)
  }

  @Test("FGSM")
  func fgsm() throws {
    let found = try FGSM(AttackSettings(budget: .largest(Self.largest))).run(attacked()) { _ in }
    expectEqual(found.map(\.values), stored.fgsm)
    #expect(found.map(\.from) == stored.labels && found.allSatisfy { $0.isFooled == ($0.to != $0.from) })
  }

  @Test("PGD's last step in a box, towards any class and towards the least likely")
  func box() throws {
    expectEqual(try lastOfPGD(attacked(), .largest(Self.largest)), stored.pgd)
    expectEqual(try lastOfPGD(attacked(targets: stored.targets), .largest(Self.largest)), stored.pgdTargeted)
  }

  @Test("PGD's last step in a ball")
  func ball() throws {
    for (clip, expected) in zip(clips, stored.pgd2) {
      let ratio = 20 * log10(norm(clip.waveform) / Self.radius)
      expectEqual(try lastOfPGD(AttackedClips([clip], at: .waveform), .ratio(ratio)), [expected])
    }
  }

  @Test("APGD's best loss from the same start, and where it is")
  func apgd() throws {
    let settings = AttackSettings(budget: .largest(Self.largest), steps: 30)
    let run = try AttackRun(attacked(), settings)
    let starts = run.numbers.map { number -> [Float] in
      let start = sampled("attack start \(number)", [WaveModel.samples]).floats
      let largest = start.map(abs).max()!
      return start.map { $0 * (Float(Self.largest) / largest) }
    }
    var best = [(loss: Double, change: [Float])](repeating: (-.infinity, []), count: clips.count)
    APGD(settings).ascend(run, run.numbers, from: starts) { _, changes, logits in
      for number in run.numbers {
        let loss = run.loss(logits[number], of: number)
        if loss > best[number].loss { best[number] = (loss, changes[number]) }
      }
    }
    // At the best many values are at a corner of the box, but not those with hardly a gradient: losses decide.
    #expect(largestDifference(best.map(\.loss), stored.apgdLosses) < 1e-5)
    for (number, expected) in stored.apgd.enumerated() {
      let values = run.allowed[number].applied(best[number].change)
      let equal = zip(values, expected).count { abs($0 - $1) < 1e-5 }
      #expect(equal >= WaveModel.samples - 4, "\(equal) equal values of clip \(number)")
    }
  }

  @Test("DeepFool")
  func deepFool() throws {
    let found = try DeepFool(AttackSettings(budget: .largest(1), steps: 10)).run(attacked()) { _ in }
    expectEqual(found.map(\.values), stored.deepfool, within: 1e-5)
    #expect(found.allSatisfy { $0.isFooled && $0.gradients >= 3 })
  }

  @Test("Carlini's and Wagner's attack with one weight")
  func carliniWagner() throws {
    var attack = CarliniWagner(AttackSettings(budget: .largest(1), steps: 60))
    // torchattacks weighs 0.5 in images of half the size, whose squared distances are a quarter.
    (attack.firstWeight, attack.rate, attack.weights) = (2, 0.01, 1)
    let found = try attack.run(attacked()) { _ in }
    expectEqual(found.map(\.values), stored.cw, within: 1e-4)
    #expect(found.allSatisfy { $0.isFooled })
  }
}
