import AudioFeatures
import Basics
import Foundation
import Models
import Tensors
import TestSupport
import Testing

@testable import Attributions

@Suite("What units are worth to a model")
struct UnitGameTests {
  private let speech = makeSpeech(24_000)

  private func game(
    _ count: Int, filling: UnitFilling = .silence, model: TrainedModel? = nil, seed: UInt64 = 1
  ) -> (game: UnitGame, clip: Clip) {
    let clip = Clip(speech, model: model ?? makeModel(.cnnatt))
    let bounds = (0...count).map { 1.5 * pow(Double($0) / Double(count), 1.2) }
    let units = zip(bounds, bounds.dropFirst()).enumerated().map { SpeechUnit("unit \($0 + 1)", $1.0..<$1.1) }
    let game = UnitGame(clip, units: units, filling: filling, target: Target(2), path: "a.wav", seed: seed)
    return (game, clip)
  }

  @Test("All units are the clip to the bit; what each takes away sums to what all take")
  func samples() {
    let (game, clip) = game(5, filling: .floor)
    let whole = clip.waveform.floats
    #expect(game.samples(of: game.all) == whole)
    let nothing = game.samples(of: game.none)
    var sum = whole.map { _ in Float(0) }
    for index in 0..<5 {
      let without = game.samples(of: game.without(index))
      for place in sum.indices { sum[place] += whole[place] - without[place] }
      // Outside of the unit and its fades nothing changes.
      let range = game.units[index].range
      let far = whole.indices.filter {
        let time = Double($0) / 16_000
        return time < range.lowerBound - 0.006 || time > range.upperBound + 0.006
      }
      #expect(far.allSatisfy { without[$0] == whole[$0] })
    }
    #expect(largestDifference(sum, zip(whole, nothing).map { $0 - $1 }) < 1e-6)
    #expect(game.samples(of: game.none) == nothing)
  }

  @Test("Leaving one out is the difference of two predictions")
  func leaveOneOut() throws {
    let (game, clip) = game(4)
    let found = try game.leaveOneOut()
    for index in 0..<4 {
      let other = Clip(game.samples(of: game.without(index)), model: clip.model)
      let expected = Double(clip.logits.floats[2] - other.logits.floats[2])
      #expect(abs(found[index] - expected) < 1e-3)
    }
  }

  @Test("Exact Shapley values are means over all orders, and sum to the whole less nothing")
  func shapley() throws {
    let (game, _) = game(4, filling: .neighbours)
    let found = try UnitShapley(game, seed: 0)
    #expect(found.errors == nil)
    var (sums, orders) = ([Double](repeating: 0, count: 4), 0)
    func visit(_ order: [Int]) throws {
      guard order.count < 4 else {
        var heard = game.none
        for unit in order {
          let before = try game.answers([heard])[0].score
          heard[unit] = true
          sums[unit] += try game.answers([heard])[0].score - before
        }
        orders += 1
        return
      }
      for unit in 0..<4 where !order.contains(unit) { try visit(order + [unit]) }
    }
    try visit([])
    #expect(orders == 24)
    for unit in 0..<4 { #expect(abs(found.values[unit] - sums[unit] / 24) < 1e-5) }
    let ends = try game.answers([game.all, game.none])
    #expect(abs(found.values.reduce(0, +) - (ends[0].score - ends[1].score)) < 1e-5)
  }

  @Test("Sampled Shapley values are near the exact ones, as far as their errors say, and have the same sum")
  func sampled() throws {
    let (game, _) = game(6)
    let exact = try UnitShapley.exact(game)
    var generator = SeededGenerator(seed: 3)
    let found = try UnitShapley.sampled(game, pairs: 40, using: &generator)
    for unit in 0..<6 { #expect(abs(found.values[unit] - exact[unit]) < 4 * found.errors[unit] + 1e-4) }
    #expect(abs(found.values.reduce(0, +) - exact.reduce(0, +)) < 1e-4)
    let many = try UnitShapley(self.game(13).game, seed: 1)
    #expect(many.errors?.count == 13 && many.values.count == 13)
  }

  @Test("Comprehensiveness and sufficiency are mean falls of the probability over 1 to n − 1 units")
  func erasure() throws {
    let (game, _) = game(3)
    func measured(_ heard: [Bool]) throws -> Double { try game.answers([heard])[0].measured }
    let whole = try measured([true, true, true])
    let found = try game.erasure([0.1, 3, -2])
    let without = try (measured([true, false, true]) + measured([false, false, true])) / 2
    let alone = try (measured([false, true, false]) + measured([true, true, false])) / 2
    #expect(abs(found.comprehensiveness - (whole - without)) < 1e-9)
    #expect(abs(found.sufficiency - (whole - alone)) < 1e-9)
    let random = try game.randomErasure(seed: 1)
    #expect(try game.randomErasure(seed: 1).comprehensiveness == random.comprehensiveness)
    let single = try self.game(1).game.erasure([1])
    #expect(single.comprehensiveness.isFinite && single.sufficiency.isFinite)
  }

  @Test("Fillings: zeros, noise as loud as the quietest tenth, a passage between both sides, another take")
  func fillings() {
    func level(_ samples: some Collection<Float>) -> Double {
      10 * log10(samples.reduce(0) { $0 + Double($1) * Double($1) } / Double(samples.count))
    }
    // In the fades the units' weights are rounded.
    #expect(game(3).game.samples(of: [false, false, false]).allSatisfy { abs($0) < 1e-6 })
    // The speech swells and fades: the quietest frames are at its ends.
    let floor = game(3, filling: .floor).game.samples(of: [false, false, false])
    #expect(level(floor) < level(speech) - 3 && level(floor) > level(speech) - 25, "\(level(floor)), \(level(speech))")
    let (between, _) = game(3, filling: .neighbours)
    let middle = between.units[1].range.samples(at: 16_000, count: 24_000)
    let filled = between.samples(of: [true, false, true])
    let sides = [middle.lowerBound - 800..<middle.lowerBound, middle.upperBound..<middle.upperBound + 800]
      .map { level(speech[$0]) }
    #expect(abs(level(filled[middle].dropFirst(160).dropLast(160)) - (sides[0] + sides[1]) / 2) < 4, "\(sides)")
    // A take of half the level and twice the length is played as loud as the clip.
    let take = (0..<48_000).map { speech[$0 / 2] / 2 }
    let other = game(2, filling: .take(take, name: "take.wav")).game
    let own = other.units[1].range.samples(at: 16_000, count: 24_000)
    let heard = other.samples(of: [true, false])
    let place = own.lowerBound + 2_000
    #expect(abs(heard[place] - 2 * take[2 * own.lowerBound + 2_000]) < 1e-3)
    #expect(UnitFilling("floor") == .floor && UnitFilling("flour") == nil)
    // The seed is the noise's.
    #expect(game(3, filling: .floor).game.samples(of: [false, false, false]) == floor)
    #expect(game(3, filling: .floor, seed: 2).game.samples(of: [false, false, false]) != floor)
  }

  @Test("A longer clip than the model's, one shorter, and units with gaps keep what is not theirs")
  func lengths() throws {
    let model = makeModel(.cnnatt)
    for count in [3_000, 24_000, 120_000] {
      let clip = Clip(makeSpeech(count), model: model)
      let end = clip.duration
      let units = [SpeechUnit("a", 0..<(0.2 * end)), SpeechUnit("b", (0.6 * end)..<end)]
      for filling in [UnitFilling.silence, .floor, .neighbours, .take(makeSpeech(900), name: "x")] {
        let game = UnitGame(clip, units: units, filling: filling, target: Target(0), path: "")
        let nothing = game.samples(of: game.none)
        #expect(nothing.count == clip.waveform.count && nothing.allSatisfy(\.isFinite))
        let middle = Int(0.4 * end * 16_000)
        #expect(nothing[middle] == clip.waveform.floats[middle])
        #expect(try game.leaveOneOut().allSatisfy(\.isFinite))
      }
    }
  }

  @Test("Sums over units that cover a clip are the sum of the attribution")
  func sums() throws {
    let (game, clip) = game(4)
    let explained = try Explainer(
      model: clip.model, method: InputXGradient(MethodOptions()), spaces: [.waveform, .mel]
    )
    .explain(clip, path: "")
    for input in explained.inputs {
      let step = input.space == .waveform ? 1.0 / 16_000 : 0.016
      let found = input.sums(over: game.units, isSigned: true, step: step)
      #expect(found.count == 4)
      // What lies in the padding belongs to no unit.
      let columns = input.attribution.shape.last!
      let spoken = input.attribution.floats.enumerated().filter { Double($0.offset % columns) * step < 1.5 }
      let expected = spoken.reduce(0) { $0 + Double($1.element) }
      let size = spoken.reduce(0) { $0 + Double(abs($1.element)) }
      #expect(abs(found.reduce(0, +) - expected) < 1e-5 * size + 1e-9)
      let sizes = input.sums(over: game.units, isSigned: false, step: step)
      #expect(abs(sizes.reduce(0, +) - size) < 1e-5 * size + 1e-9)
    }
  }
}
