import Basics
import Layers
import Models
import Tensors
import TestSupport
import Testing

/// What PyTorch answers, in float64: Tests/Fixtures/cnnasp.py writes the file.
nonisolated(unsafe) private let numbers = ReferenceNumbers("cnnasp.safetensors")

@Suite("CNNASP")
struct CNNASPTests {
  /// A network with the formula's parameters, which drops nothing.
  private func network() -> CNNASP {
    var sizes = CNNASP.base
    sizes.dropout = 0
    guard let network = try? CNNASP(sizes, outputs: 7, from: .drawn(seed: 0)) else {
      fault("a CNNASP of its own sizes")
    }
    network.setSampledParameters()
    return network
  }

  @Test("As many parameters as its description says")
  func count() { #expect(network().weights.reduce(0) { $0 + $1.value.count } == 100_439) }

  @Test(
    "Logits within 1e-4 of PyTorch's largest, saliency within 1e-3", arguments: [(1, 16), (3, 31), (2, 101), (1, 313)])
  func inference(batch: Int, frames: Int) throws {
    let name = "cnnasp \(batch) \(frames)"
    let x = (sampled(name, [batch, 1, 128, frames]) * 20).variable()
    let logits = network()(x, .inference)
    let expected = try numbers.array("\(name)/logits")
    #expect(logits.shape == expected.shape)
    #expect(largestDifference(logits.floats, expected.floats) < 1e-4 * expected.floats.map(abs).max()!)
    let saliency = gradients(of: logits.slice(axis: 1, 2..<3), at: [x])[0].absolute()
    #expect(try numbers.distance(saliency, "\(name)/saliency", limit: 600) < 1e-3)
  }

  @Test(
    "Gradients of the cross-entropy at the input and every weight are PyTorch's within 1e-3",
    arguments: [ForwardPass.Purpose.inference, .training])
  func weightGradients(_ purpose: ForwardPass.Purpose) throws {
    let network = network()
    let x = (sampled("cnnasp \(purpose)", [3, 1, 128, 61]) * 20).variable()
    let pass = ForwardPass(purpose, learning: network.weights)
    let loss = network(x, pass).crossEntropy(labels: [2, 0, 5])
    #expect(abs(loss.scalar / (try numbers.array("cnnasp \(purpose)/loss").scalar) - 1) < 1e-5)
    let named = network.namedParameters.filter { $0.parameter.role == .weight }
    let found = gradients(of: loss, at: [x] + named.map { pass($0.parameter) })
    #expect(try numbers.distance(found[0], "cnnasp \(purpose)/input", limit: 600) < 1e-3)
    for ((name, _), gradient) in zip(named, found.dropFirst())
    where purpose == .inference || !name.hasSuffix("conv.bias") {
      #expect(try numbers.distance(gradient, "cnnasp \(purpose)/\(name)", limit: 48) < 1e-3, "\(name)")
    }
  }

  @Test("The level of a clip does not change the answer, and silence has one")
  func level() throws {
    let model = TrainedModel(untrained: ModelConfiguration(CNNASP.self), seed: 4)
    let speech = sampledSpeech
    let logits = [1, 0.03].map { factor in
      model.network(model.path(of: speech.map { $0 * factor }).input([.mel]), .inference).floats
    }
    #expect(largestDifference(logits[0], logits[1]) < 1e-3)
    let silent = model.network(model.path(of: [Float](repeating: 0, count: 8_000)).input([.mel]), .inference)
    #expect(silent.isFinite)
  }

  private var sampledSpeech: [Float] {
    zip(sampled("speech", [20_000]).floats, 0...).map { noise, index in
      noise * 0.01 + 0.3 * Float(index / 2_000 % 2) * (index % 80 < 8 ? 1 : -0.1)
    }
  }

  @Test(
    "Sizes that no network can have are refused",
    arguments: [
      { $0.widths = [] }, { $0.widths = [8, 8, 8, 0] }, { $0.bandPools = [4, 4, 4, 4] }, { $0.bandPools = [2, 2, 2] },
      { $0.framePools = [4, 4, 4, 1] }, { $0.framePools = [2, 2, 0, 1] }, { $0.bandShare = .nan }, { $0.bandShare = 2 },
      { $0.dropout = 1 }, { $0.attention = 0 }, { $0.features = 1 << 20 },
    ] as [@Sendable (inout CNNASP.Configuration) -> Void])
  func sizes(_ change: @Sendable (inout CNNASP.Configuration) -> Void) {
    var sizes = CNNASP.base
    #expect(sizes.problem == nil)
    change(&sizes)
    #expect(sizes.problem != nil)
  }
}
