import AudioFeatures
import Basics
import Foundation
import Layers
import Models
import Tensors
import TestSupport
import Testing

@testable import Attributions

@Suite("Randomised smoothing")
struct SmoothingTests {
  /// Of Tests/Fixtures/smoothing.py.
  private struct Stored: Decodable {
    struct Case: Decodable {
      let count, draws: Int
      let confidence, bound: Double
      let radius: Double?
    }
    let deviation: Double
    let quantiles: [[Double]]
    let radii: [Case]
  }

  @Test("Quantiles, bounds, radii and abstentions are SciPy's")
  func numbers() throws {
    let stored = try JSONDecoder().decode(Stored.self, from: Data(contentsOf: Checkout.fixture("smoothing.json")))
    for pair in stored.quantiles {
      // Near 1 the last bit of a probability moves the quantile more.
      #expect(abs(NormalDistribution.quantile(pair[0]) - pair[1]) < 1e-7, "\(pair)")
      #expect(abs(NormalDistribution.probability(below: pair[1]) - pair[0]) < 1e-9 * pair[0] + 1e-15, "\(pair)")
    }
    #expect(NormalDistribution.quantile(0) == -.infinity && NormalDistribution.quantile(1) == .infinity)
    var abstained = 0
    for own in stored.radii {
      let smoothing = try RandomizedSmoothing(
        deviation: stored.deviation, draws: own.draws, confidence: own.confidence)
      let found = Certificate(smoothing, guess: 2, count: own.count, norm: 10)
      #expect(abs(found.probability - own.bound) <= 1e-10 * own.bound, "\(own)")
      guard let radius = own.radius else {
        #expect(found.radius == nil && found.ratio == nil && found.certified == nil, "\(own)")
        abstained += 1
        continue
      }
      #expect(abs(try #require(found.radius) / radius - 1) < 1e-9 && found.certified == 2, "\(own)")
      #expect(abs(try #require(found.ratio) - 20 * log10(10 / radius)) < 1e-7)
      if own.count == own.draws { #expect(found.radius == smoothing.largestRadius) }
    }
    #expect(abstained > 20 && abstained < stored.radii.count - 20)
  }

  /// A single linear map of 64 samples to two classes, and each clip's distance to the plane between them.
  private func linear() throws -> (model: TrainedModel, clips: [Clip], distances: [Double]) {
    let model = TrainedModel(
      untrained: ModelConfiguration(
        WaveModel.self, network: WaveModel.Configuration(isLinear: true), classes: ["a", "b"]), seed: 0)
    model.network.setSampledParameters()
    let clips = WaveModel.clips(model)
    let weights = try weights(of: model)
    let size = norm(weights)
    return (model, clips, clips.map { abs(Double($0.logits.floats[0] - $0.logits.floats[1])) / size })
  }

  /// The difference of the two classes' weights.
  private func weights(of model: TrainedModel) throws -> [Double] {
    let rows = try #require(model.network as? WaveModel).first.weight.value.rows
    return zip(rows[0], rows[1]).map { Double($0 - $1) }
  }

  private func normal(of model: TrainedModel) throws -> [Double] {
    let weights = try weights(of: model)
    return weights.map { $0 / norm(weights) }
  }

  private func certificate(
    _ clip: Clip, deviation: Double, draws: Int = 3000, confidence: Double = 0.999, seed: UInt64 = 4
  ) throws -> Certificate {
    var generator = SeededGenerator(seed: seed)
    return try RandomizedSmoothing(deviation: deviation, draws: draws, confidence: confidence)
      .certificate(of: clip, using: &generator)
  }

  @Test("Of a linear model the radius approaches the distance to its plane from below")
  func plane() throws {
    let (model, clips, distances) = try linear()
    let normal = try normal(of: model)
    for (clip, distance) in zip(clips, distances) {
      let said = clip.logits.floats.likeliestClass
      // With σ the distance, p is Φ(1): 3000 draws bound it 0.02 lower, and the radius a tenth.
      let many = try certificate(clip, deviation: distance)
      let few = try certificate(clip, deviation: distance, draws: 200)
      let (radius, less) = (try #require(many.radius), try #require(few.radius))
      #expect(many.certified == said && radius < distance && radius > 0.8 * distance, "\(radius) of \(distance)")
      #expect(less < radius)
      // A larger confidence is bought with a smaller radius.
      #expect(try #require(certificate(clip, deviation: distance, confidence: 0.999999).radius) < radius)
      // Where all draws have the class, no more is known than the largest radius.
      let all = try certificate(clip, deviation: distance / 10)
      let largest = try smoothing(distance / 10).largestRadius
      #expect(all.count == 3000 && all.radius == largest)
      #expect(try #require(all.radius) < distance)
      let ratio = 20 * log10(norm(clip.waveform) / radius)
      #expect(abs(try #require(many.ratio) - ratio) < 1e-4)
      // So near to the plane that 3000 draws do not tell on which side.
      let step = normal.map { $0 * 0.999 * distance * (said == 0 ? -1 : 1) }
      let near = Clip(zip(clip.waveform.floats, step).map { $0 + Float($1) }, model: model)
      #expect(try certificate(near, deviation: distance).certified == nil)
    }
  }

  private func smoothing(_ deviation: Double) throws -> RandomizedSmoothing {
    try RandomizedSmoothing(deviation: deviation, draws: 3000)
  }

  @Test("The seed decides, and a wrong first guess is not certified")
  func seeds() throws {
    let (_, clips, distances) = try linear()
    let one = try certificate(clips[0], deviation: distances[0])
    #expect(try certificate(clips[0], deviation: distances[0]) == one)
    #expect(try certificate(clips[0], deviation: distances[0], seed: 5).count != one.count)
    let settings = try smoothing(0.1)
    #expect(Certificate(settings, guess: 1, count: 400, norm: 1).certified == nil)
    #expect(Certificate(settings, guess: nil, count: 3000, norm: 1).certified == nil)
    let silent = Certificate(settings, guess: 1, count: 3000, norm: 0)
    #expect(silent.certified == 1 && silent.ratio == nil)
    #expect(one.isPossible(classes: 2, try RandomizedSmoothing(deviation: distances[0], draws: 3000)))
    #expect(
      !one.isPossible(classes: 2, settings)
        && !Certificate(settings, guess: 2, count: 1, norm: 1).isPossible(
          classes: 2, settings)
    )
  }

  @Test("Noise is of the clip's own samples; draws whose outputs are not finite count for no class")
  func own() throws {
    let model = TrainedModel(
      untrained: ModelConfiguration(PaddedModel.self, classes: ["rest is silent", "rest is not"]), seed: 0)
    let samples = [Float](repeating: 0.5, count: 64)
    let clip = Clip(samples, model: model)
    #expect(clip.waveform.shape == [1, 128])
    let found = try certificate(clip, deviation: 0.01, draws: 300)
    #expect(found.guess == 0 && found.count == 300)
    // A first sample below 0 has no logarithm: about half of the draws.
    let broken = try certificate(Clip([1e-6] + samples.dropFirst(), model: model), deviation: 0.5, draws: 300)
    #expect(broken.guess == 0 && (100...200).contains(broken.count) && broken.certified == nil)
    #expect(throws: CertificationError.noPrediction(model: "padded")) {
      try certificate(Clip([-1] + samples.dropFirst(), model: model), deviation: 0.01)
    }
  }

  @Test("Between two classes that are as likely no more certificates are granted than the confidence leaves to chance")
  func apart() throws {
    let model = TrainedModel(untrained: ModelConfiguration(TossModel.self, classes: ["above", "below"]), seed: 0)
    let clip = Clip([Float](repeating: 0, count: 64), model: model)
    // 18 of 28 draws or more are certified, which chance gives in 9.2 %. Where the draws that choose the class also bound its
    // probability, it may be either class: twice as often.
    let seeds = 1000
    let granted = try (0..<seeds).count { seed in
      var generator = SeededGenerator(seed: UInt64(seed))
      return try RandomizedSmoothing(deviation: 0.1, firstDraws: 28, draws: 28, confidence: 0.9)
        .certificate(of: clip, using: &generator).certified != nil
    }
    let share = Double(granted) / Double(seeds)
    #expect(share < 0.1 + 3.3 * (0.1 * 0.9 / Double(seeds)).squareRoot() && share > 0.06, "\(share)")
  }

  @Test("A clip of any length of a model that reads the mel has a certificate")
  func features() throws {
    let clip = Clip(makeSpeech(8_000), model: makeModel(.cnnatt))
    var parts: [Double] = []
    var generator = SeededGenerator(seed: 1)
    let found = try RandomizedSmoothing(deviation: 1e-5, firstDraws: 3, draws: 40, confidence: 0.9)
      .certificate(of: clip, using: &generator) { parts.append($0) }
    #expect(found.certified == clip.logits.floats.likeliestClass && found.count == 40)
    #expect(parts.first == 0 && parts.last == 1 && parts == parts.sorted())
  }

  @Test("Settings and models of which nothing can be certified are refused by name")
  func refused() throws {
    for deviation in [0, -0.1, 2, .nan, .infinity] {
      let error = #expect(throws: CertificationError.self) { try RandomizedSmoothing(deviation: deviation) }
      #expect("\(error!)".contains("noise of"), "\(deviation)")
    }
    for draws in [0, -5, 1_000_001] {
      #expect(throws: CertificationError.self) { try RandomizedSmoothing(deviation: 0.1, firstDraws: draws) }
      #expect(throws: CertificationError.self) { try RandomizedSmoothing(deviation: 0.1, draws: draws) }
    }
    for confidence in [0.4, 1, .nan] {
      #expect(throws: CertificationError.self) { try RandomizedSmoothing(deviation: 0.1, confidence: confidence) }
    }
    let numbers = TrainedModel(
      untrained: ModelConfiguration(CNNATT.self, classes: [], dimensions: ["arousal"]), seed: 0)
    #expect(throws: CertificationError.noClasses(model: "cnnatt")) {
      try certificate(Clip(makeSpeech(8_000), model: numbers), deviation: 0.1)
    }
    #expect(throws: CertificationError.noSamples) {
      try certificate(Clip([], model: makeModel(.cnnatt)), deviation: 0.1)
    }
  }
}

/// Logits m and −m of the mean m of a waveform: of silence under noise both classes have a probability of ½.
private final class TossModel: EmotionModel {
  struct Configuration: NetworkConfiguration { var problem: String? { nil } }

  static let name = "toss"
  static let title = "Toss"
  static let summary = "for tests"
  static let inputs = [InputSpace.waveform]
  static let clipLength = ClipLength.natural(leastFrames: 1)
  static let recipes: [Recipe.Name: Recipe] = [:]
  static let clipsAtOnce = 28
  static let multiplyAdds = 0.0
  static let base = Configuration()

  let parameters: [Parameter] = []

  init(_ sizes: Configuration, outputs: Int, from source: ParameterSource) {}

  func callAsFunction(_ input: NetworkInput, _ pass: ForwardPass) -> Tensor {
    let x = input[.waveform]
    let mean = x.mean(axes: [1]).reshaped([x.shape[0], 1])
    return .concatenated([mean, mean * -1], axis: 1)
  }
}

/// Logits ln x₀, 10⁶ Σ x² + ln x₀ − 1 of 128 samples x, the sum over the last half: the second class is said where the padding
/// of a clip of 64 samples is not silent.
private final class PaddedModel: EmotionModel {
  struct Configuration: NetworkConfiguration { var problem: String? { nil } }

  static let name = "padded"
  static let title = "Padded"
  static let summary = "for tests"
  static let inputs = [InputSpace.waveform]
  static let clipLength = ClipLength.fixed(seconds: 0.008)
  static let recipes: [Recipe.Name: Recipe] = [:]
  static let clipsAtOnce = 7
  static let multiplyAdds = 0.0
  static let base = Configuration()

  let parameters: [Parameter] = []

  init(_ sizes: Configuration, outputs: Int, from source: ParameterSource) {}

  func callAsFunction(_ input: NetworkInput, _ pass: ForwardPass) -> Tensor {
    let x = input[.waveform]
    let first = x.slice(axis: 1, 0..<1).logarithm()
    let rest = x.slice(axis: 1, 64..<128).squared().mean(axes: [1]).reshaped([x.shape[0], 1])
    return .concatenated([first, rest * 64e6 + first - 1], axis: 1)
  }
}
