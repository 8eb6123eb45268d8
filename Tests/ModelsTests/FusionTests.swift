import Foundation
import Layers
import Tensors
import TestSupport
import Testing

@testable import Models

/// Against what PyTorch and transformers answer: Tests/Fixtures/encoders.py writes the files.
@Suite("MMFUSION") struct FusionTests {
  private static let names: [InputSpace: String] = [.waveform: "waveform", .mel: "mel", .mfcc: "mfcc"]
  private let expected = ReferenceNumbers("encoders/mmfusion/expected.safetensors")

  private struct Stored: Decodable { let network: MMFUSION.Configuration }

  private func configuration() throws -> MMFUSION.Configuration {
    let file = Checkout.fixture("encoders/mmfusion/config.json")
    return try JSONDecoder().decode(Stored.self, from: Data(contentsOf: file)).network
  }

  private func made(_ arrays: ([String: StoredTensor]) -> [String: StoredTensor] = { $0 }) throws -> MMFUSION {
    let path = Checkout.fixture("encoders/mmfusion/model.safetensors").path
    let source = ParameterSource.stored(arrays(try Safetensors.read(path)), path: path)
    let network = try MMFUSION(configuration(), outputs: 7, from: source)
    try source.checkAllTaken()
    return network
  }

  private func inputs() throws -> [InputSpace: Tensor] { try Self.names.mapValues { try expected.array($0) } }

  @Test("Logits and attention within 1e-5, gradients at inputs and weights within 1e-4 of PyTorch's")
  func agrees() throws {
    let network = try made()
    var attention: [String: Tensor] = [:]
    let pass = ForwardPass(.inference, learning: network.weights) { observed in
      if case .tokenAttention(let groups) = observed.geometry, groups.count == 3 {
        #expect(groups.map(\.count) == [6, 24, 6])
        attention[observed.layer] = observed.output
      }
      return observed.output
    }
    let inputs = try inputs().mapValues { $0.variable() }
    let logits = network(NetworkInput(inputs), pass)
    #expect(relativeDistance(logits, try expected.array("logits")) < 1e-5)
    for block in 0..<2 {
      let found = try #require(attention["fusion.\(block).attention.weights"])
      #expect(relativeDistance(found, try expected.array("fusion.\(block).attention")) < 1e-5)
    }
    let watched = [
      "fusion.0.attention.gate", "fusion.1.norm1.weight", "lstm.weight_hh_l1_reverse", "embed_spectrogram.weight",
    ]
    let parameters = try watched.map { name in try #require(network.parameters.first { $0.name == name }) }
    let spaces = MMFUSION.inputs
    let found = gradients(
      of: logits.slice(axis: 1, 0..<1).sum(), at: spaces.map { inputs[$0]! } + parameters.map { pass($0) })
    let names = spaces.map { $0 == .waveform ? "gradient" : "gradient.\(Self.names[$0]!)" }
    for (name, gradient) in zip(names + watched.map { "gradient.\($0)" }, found) {
      #expect(relativeDistance(gradient, try expected.array(name)) < 1e-4, "\(name)")
    }
  }

  @Test("185.7 million parameters, and 36 + 313 + 249 positions in five seconds")
  func size() throws {
    // Missing arrays leave zeros in their places: sizes without a draw of so many numbers.
    let network = try MMFUSION(MMFUSION.base, outputs: 7, from: .stored([:], path: "none"))
    let count = network.weights.reduce(0) { $0 + $1.shape.reduce(1, *) }
    #expect(abs(Double(count) - 185.7e6) < 0.1e6, "\(count)")
    #expect(MMFUSION.base.positions(samples: 80_000).map(\.count) == [36, 313, 249])
    #expect(MMFUSION.base.problem == nil)
    #expect(try configuration().problem == "five seconds are 36 + 313 + 249 positions, not 36")
  }

  @Test("Sizes as config.json has them, and the same again when written")
  func decoding() throws {
    #expect(try JSONDecoder().decode(MMFUSION.Configuration.self, from: Data("{}".utf8)) == MMFUSION.base)
    let tiny = try configuration()
    let sizes: [Int] = [tiny.width, tiny.heads, tiny.gate, tiny.hidden, tiny.recurrent, tiny.positions]
    #expect(sizes == [12, 3, 4, 16, 8, 36])
    let again = try JSONDecoder().decode(MMFUSION.Configuration.self, from: JSONEncoder().encode(tiny))
    #expect(again == tiny)
  }

  @Test("Five seconds of sound reach the logits by all three inputs, and again from the folder that it was written to")
  func fiveSeconds() throws {
    var sizes = try configuration()
    sizes.positions = 598
    let model = TrainedModel(untrained: ModelConfiguration(MMFUSION.self, network: sizes), seed: 1)
    try model.configuration.check(path: "")
    let path = model.path(of: sampled(60_000, seed: 2))
    var groups: [TokenGroup] = []
    let pass = ForwardPass(.inference) { observed in
      if case .tokens(let found) = observed.geometry, observed.layer == "fusion.1" { groups = found }
      return observed.output
    }
    let waveform = path.waveform.variable()
    let input = path.input(waveform, at: .waveform, for: MMFUSION.inputs, through: true)
    let logits = model.network(input, pass)
    #expect(groups.map(\.name) == ["spectrogram", "mfcc", "waveform"])
    #expect(groups.map(\.count) == [36, 313, 249])
    #expect((groups[0].rows, groups[0].hop, groups[0].start) == (4, 0.512, 0.248))
    let slope = gradients(of: logits.slice(axis: 1, 2..<3), at: [waveform])[0]
    #expect(slope.isFinite && slope.floats.contains { $0 != 0 })
    try inFreshFolder { folder in
      try model.write(to: folder.path)
      let again = try TrainedModel(folder: folder.path)
      #expect(again.configuration == model.configuration)
      #expect(again.network(path.input(MMFUSION.inputs), .inference).floats == logits.floats)
    }
  }

  @Test("Contributions by DeepLIFT's multipliers, over the three inputs together, sum to f(x) − f(baseline)")
  func completeness() throws {
    let network = try made()
    let pairs = try inputs().mapValues { x in
      Tensor.concatenated([x, x.spread * sampled(x.shape, 12)], axis: 0).variable()
    }
    let pass = ForwardPass(.inference, rule: .rescale)
    let logits = network(NetworkInput(pairs), pass).slice(axis: 1, 0..<1)
    let change = logits.floats[0] - logits.floats[1]
    let spaces = MMFUSION.inputs
    let multipliers = pass.gradients(of: logits, at: spaces.map { pairs[$0]! })
    let sum = zip(spaces, multipliers).reduce(Float(0)) { sum, part in
      let x = pairs[part.0]!.detached
      let difference = x.slice(axis: 0, 0..<1) - x.slice(axis: 0, 1..<2)
      return sum + (difference * part.1.slice(axis: 0, 0..<1)).sum().scalar
    }
    #expect(abs(sum - change) < 1e-3 * abs(change))
  }

  @Test("Without biases and with attention's weights as constants, relevance over the three inputs sums to the logit")
  func conservation() throws {
    let network = try made { arrays in
      arrays.reduce(into: [:]) { result, item in
        let isBias = item.key.contains("bias")
        result[item.key] = isBias ? StoredTensor(.zeros(item.value.shape)) : item.value
      }
    }
    let inputs = try inputs().mapValues { $0.variable() }
    let rule = BackwardRule.relevance(RelevanceRules(convolutions: .epsilon, dense: .epsilon))
    // Through the weights too it reaches 0.63 of the logit: AttnLRP's rule at the softmax does not conserve.
    let pass = ForwardPass(.inference, rule: rule) { observed in
      if case .tokenAttention = observed.geometry { observed.output.detached } else { observed.output }
    }
    let logit = network(NetworkInput(inputs), pass).slice(axis: 1, 0..<1)
    let spaces = MMFUSION.inputs
    let found = pass.gradients(of: logit, at: spaces.map { inputs[$0]! })
    let sum = zip(spaces, found).reduce(Float(0)) { $0 + (inputs[$1.0]!.detached * $1.1).sum().scalar }
    #expect(abs(sum / logit.scalar - 1) < 1e-3)
  }
}

extension Tensor {
  /// The root of the mean square.
  fileprivate var spread: Float { squared().mean(axes: Array(0..<rank)).reshaped([]).squareRoot().scalar }
}
