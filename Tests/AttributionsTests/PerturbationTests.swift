import AudioFeatures
import Basics
import Layers
import Models
import Tensors
import TestSupport
import Testing

@testable import Attributions

@Suite("Perturbation methods")
struct PerturbationTests {
  /// A game whose score is a sum over players and one pair, so that its Shapley values are known.
  private static func score(_ heard: [Bool]) -> Double {
    let alone = [3.0, -1, 0.5, 2, 0, 1]
    return 0.7 + zip(alone, heard).reduce(0) { $0 + ($1.1 ? $1.0 : 0) } + (heard[0] && heard[4] ? 2 : 0)
  }
  /// The pair's 2 is halved between the two.
  private static let shapley = [4.0, -1, 0.5, 2, 1, 1]

  private static func worth(_ coalitions: [[Bool]]) -> [Double] {
    KernelSHAP.worth(
      coalitions, scores: coalitions.map(score), nothing: score([Bool](repeating: false, count: 6)),
      everything: score([Bool](repeating: true, count: 6)))
  }

  @Test("KernelSHAP of all coalitions, weighed by the kernel, is the Shapley values")
  func shapley() {
    // (n − 1)/((n over s) s (n − s)) for n = 6 is 1/6, 1/24, 1/36 for s = 1, 2, 3: as often as 12 to 3 to 2.
    let often = [1: 12, 2: 3, 3: 2, 4: 3, 5: 12]
    let all = (1..<63).map { set in (0..<6).map { set >> $0 & 1 == 1 } }
    let weighed = all.flatMap { heard in Array(repeating: heard, count: often[heard.count { $0 }]!) }
    #expect(largestDifference(Self.worth(weighed), Self.shapley) < 1e-6)
  }

  @Test("KernelSHAP draws coalitions as often as the kernel says, each with its complement")
  func draws() {
    var generator = SeededGenerator(seed: 1)
    let drawn = KernelSHAP.coalitions(of: 6, draws: 20_000, using: &generator)
    #expect(drawn.count == 20_000)
    #expect(
      stride(from: 0, to: drawn.count, by: 2).allSatisfy { zip(drawn[$0], drawn[$0 + 1]).allSatisfy { $0 != $1 } })
    #expect(largestDifference(Self.worth(drawn), Self.shapley) < 0.05)
    #expect(abs(Self.worth(drawn).reduce(0, +) - 7.5) < 1e-9)
  }

  @Test("LIME of a linear score finds its coefficients, a little smaller by the ridge")
  func lime() {
    let coefficients = [3.0, -1, 0.5, 2, 0, 1]
    var generator = SeededGenerator(seed: 2)
    let coalitions = (0..<4000).map { _ in coefficients.map { _ in generator.uniform(in: 0..<1) < 0.5 } }
    let scores = coalitions.map { heard in
      5 + zip(coefficients, heard).reduce(0) { $0 + ($1.1 ? $1.0 : 0) }
    }
    let found = LIME.worth(coalitions, scores: scores)
    #expect(found.count == coefficients.count)
    for (found, expected) in zip(found, coefficients) {
      #expect(abs(found - expected) < 0.05 + 0.05 * abs(expected))
    }
  }

  @Test("Occlusion is the fall of the score, window by window", arguments: [InputSpace.mel, .mfcc, .waveform])
  func occlusion(_ space: InputSpace) throws {
    let clip = Clip(makeSpeech(20_000), model: makeModel(.cnnatt))
    let target = Target(2, versus: 1)
    let tile = TileSize(seconds: 0.4, hertz: 4000)
    let grid = Tiles(tile, of: clip, at: space)
    let silence = try Baseline.silence.tensor(for: clip, at: space)
    let found = try Occlusion.attribute(clip, at: space, target: target, baseline: silence, grids: [grid]).floats
    let (values, hidden) = (clip[space].floats, silence.floats)
    let score = target.score(clip.logits(clip[space], at: space)).scalar
    for number in 0..<grid.count {
      let places = values.indices.filter { grid.numbers[$0] == number }
      var moved = values
      for place in places { moved[place] = hidden[place] }
      let fall = score - target.score(clip.logits(Tensor(moved, shape: clip.shape(at: space)), at: space)).scalar
      #expect(places.allSatisfy { abs(found[$0] - fall) < 1e-4 * max(1, abs(score)) })
    }
  }

  @Test("Tiles divide the mel by seconds and Hz")
  func tiles() {
    let clip = Clip(makeSpeech(32_000), model: makeModel(.cnnatt))
    let tiles = Tiles(TileSize(seconds: 0.5, hertz: 2000), of: clip, at: .mel)
    let frames = clip.mel.shape[3]
    #expect(tiles.count == 4 * 5)  // 8 kHz by 2 kHz; 2 s by 0.5 s, and the frame at 2 s
    let centres = FrontEnd().melCentres
    for (place, number) in tiles.numbers.enumerated() {
      #expect(number / 5 == Int(centres[place / frames] / 2000))
      #expect(number % 5 == Int(Double(place % frames) * 0.016 / 0.5))
    }
    #expect(TileSize("0.2x1000") == TileSize(seconds: 0.2, hertz: 1000))
    for wrong in ["", "0.2", "0.2x", "x1000", "-1x1000", "0.2x0", "axb", "1x2x3", "nanx1"] {
      #expect(TileSize(wrong) == nil)
    }
  }

  @Test("KernelSHAP's tiles sum to f(x) − f(silence); its seed makes it the same again")
  func completeness() throws {
    let clip = Clip(makeSpeech(20_000), model: makeModel(.cnnatt))
    var options = MethodOptions()
    (options[.draws], options.seed) = (64, 3)
    let method = try KernelSHAP(options)
    let result = try method.attribute(clip, at: .mel, target: Target(1))
    let completeness = try #require(result.completeness)
    #expect(abs(completeness.gap) < 1e-6)
    #expect(abs(Double(result.values.sum().scalar) - completeness.sum) < 1e-3 * max(1, abs(completeness.sum)))
    #expect(try method.attribute(clip, at: .mel, target: Target(1)).values.floats == result.values.floats)
    options.seed = 4
    #expect(try KernelSHAP(options).attribute(clip, at: .mel, target: Target(1)).values.floats != result.values.floats)
  }

  @Test("Draws have to be positive", arguments: ["kernel-shap", "lime", "rise"])
  func none(_ name: String) {
    var options = MethodOptions()
    options[.draws] = 0
    #expect(throws: MethodError.value(option: "draws", reason: "0 is not a positive number")) {
      try AttributionMethods.make(name, options)
    }
  }
}
