import Basics
import Encoders
import Layers
import Models
import TestSupport
import Testing

@testable import Tensors
@testable import Training

@Suite struct EncodedStatesTests {
  let configuration = ModelConfiguration(
    HUBERTFT.self, network: HUBERTFT.Configuration(.tiny), classes: ["a", "b"], trimming: .off)

  /// Clips of the samples' lengths with noise.
  private func clips(_ lengths: [Int]) -> FeatureSet {
    FeatureSet(
      lengths.enumerated().map { index, length in
        ClipFeatures(
          path: "clip \(index)", origin: "", label: index % 2,
          inputs: [.waveform: .init(values: (0.1 * sampled([length], UInt64(index + 1))).floats, silence: [0])],
          samples: length)
      })
  }

  @Test("Logits from kept states are those from the waveform, within half precision", arguments: [0, 1, 2])
  func logits(trainLayers: Int) throws {
    let folder = try FreshFolder()
    let network = try #require(configuration.network(seed: 4) as? HUBERTFT)
    let recipe = HUBERTFT.recipes[.report]!.training(lastLayers: trainLayers, of: network)
    let stage = try #require(network.frozenStage(by: recipe))
    let expected: [EncoderStage] = [.pooled, .layer(1), .layer(0)]
    #expect(stage == expected[trainLayers])
    let set = clips([9000, 16_000, 12_345])
    let states = try EncodedStates(folder: folder.path)
    let encoded = try #require(try states.encode(set, by: network, at: stage))
    let whole = network(set.batch(0..<3).input, .inference)
    #expect(relativeDistance(network(encoded.batch(0..<3).input, .inference), whole) < 2e-3)

    // The second time nothing is computed.
    var computed = 0
    let again = try #require(try states.encode(set, by: network, at: stage, progress: { _, _ in computed += 1 }))
    #expect(computed == 0 && again == encoded)
    // Another encoder's states are others.
    let other = try #require(configuration.network(seed: 5) as? HUBERTFT)
    _ = try states.encode(set, by: other, at: stage, progress: { _, _ in computed += 1 })
    #expect(computed == 3)
  }

  @Test("Nothing is frozen where the convolutions learn; the projected features are where the positions do")
  func stages() throws {
    let network = try #require(configuration.network(seed: 4) as? HUBERTFT)
    var recipe = HUBERTFT.recipes[.report]!
    #expect(network.frozenStage(by: recipe) == .projected)
    recipe.parts = []
    #expect(network.frozenStage(by: recipe) == nil)
  }

  @Test("A damaged file's clips are computed again, and a limit that is too low is named")
  func limits() throws {
    let folder = try FreshFolder()
    let network = try #require(configuration.network(seed: 4) as? HUBERTFT)
    let set = clips([9000, 16_000])
    _ = try EncodedStates(folder: folder.path).encode(set, by: network, at: .pooled)
    let name = try #require(folder.files(in: "").first { $0.hasPrefix("states-") })
    try folder.write("damaged", to: name)
    var computed = 0
    _ = try EncodedStates(folder: folder.path).encode(
      set, by: network, at: .pooled, progress: { _, _ in computed += 1 })
    #expect(computed == 2)
    #expect(throws: TrainingError.self) {
      try EncodedStates(folder: folder.path, limit: 100).encode(set, by: network, at: .layer(0))
    }
    // What another stage left makes room.
    let small = try EncodedStates(folder: folder.path, limit: 700)
    _ = try small.encode(set, by: network, at: .pooled)
  }

  @Test("Half precision is the nearest, to even in the middle, with subnormals and infinities")
  func halves() {
    let values: [Float] = [
      0, -0.0, 1, -2.5, 65_504, 65_519.99, 65_520, -1e9, .infinity, 6.103515625e-05, 6.1e-05, 5.9604645e-08, 2.9e-08,
      3.1e-08, 1.0004883, 1.0014648, 0.333333, 1e-10,
    ]
    let found = StoredTensor(halfPrecision: Tensor(values, shape: [values.count])).tensor.floats
    #expect(found == values.map { Float(Float16($0)) })
    #expect(StoredTensor(halfPrecision: Tensor(.nan)).tensor.scalar.isNaN)
    let many = sampled([100_000], 3).floats.map { $0 * 3 }
    #expect(
      StoredTensor(halfPrecision: Tensor(many, shape: [many.count])).tensor.floats == many.map { Float(Float16($0)) })
  }
}
