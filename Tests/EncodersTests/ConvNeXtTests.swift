import Encoders
import Foundation
import Layers
import Tensors
import TestSupport
import Testing

/// Against what transformers answers: Tests/Fixtures/encoders.py writes the files.
@Suite struct ConvNeXtTests {
  private let expected = ReferenceNumbers("encoders/convnext/expected.safetensors")

  private func made() throws -> ConvNeXt {
    let folder = Checkout.fixture("encoders/convnext")
    let sizes = try JSONDecoder().decode(
      ConvNeXtConfiguration.self, from: Data(contentsOf: folder.appendingPathComponent("config.json")))
    let path = folder.appendingPathComponent("model.safetensors").path
    let source = ParameterSource.stored(try Safetensors.read(path), path: path)
    let network = try ConvNeXt(sizes, from: source)
    try source.checkAllTaken()
    return network
  }

  @Test("States within 1e-5 and gradients within 1e-4 of transformers'; an observer receives and replaces maps")
  func agrees() throws {
    let network = try made()
    var maps: [String: Tensor] = [:]
    let pass = ForwardPass(.inference, learning: network.weights) { observed in
      #expect(observed.geometry == .map)
      maps[observed.layer] = observed.output
      return observed.output
    }
    let pixels = try expected.array("pixels").variable()
    let states = network(pixels, pass)
    try #require(states.count == 5)
    for (index, state) in states.enumerated() {
      let distance = relativeDistance(state.permuted([0, 3, 1, 2]), try expected.array("hidden_states.\(index)"))
      #expect(distance < 1e-5, "state \(index)")
      if index > 0 {
        #expect(maps["encoder.stages.\(index - 1)"]?.floats == state.permuted([0, 3, 1, 2]).floats)
      }
    }
    #expect(relativeDistance(network.pooled(states[4], pass), try expected.array("pooler_output")) < 1e-5)

    let watched = [
      "encoder.stages.2.layers.1.dwconv.weight", "encoder.stages.1.layers.0.layer_scale_parameter",
      "encoder.stages.1.downsampling_layer.0.weight",
    ]
    let parameters = try watched.map { name in try #require(network.parameters.first { $0.name == name }) }
    let found = gradients(of: states[4].slice(axis: 3, 0..<1).sum(), at: [pixels] + parameters.map { pass($0) })
    let floats = found[0].floats
    let everyFifth = stride(from: 0, to: floats.count, by: 5).map { floats[$0] }
    #expect(relativeDistance(everyFifth, try expected.array("gradient.every5").floats) < 1e-4)
    for (name, gradient) in zip(watched, found.dropFirst()) {
      #expect(relativeDistance(gradient, try expected.array("gradient.\(name)")) < 1e-4, "\(name)")
    }
  }

  @Test("Pixels that fill no patch, or no pair of positions, change nothing")
  func remainders() throws {
    let network = try made()
    let pixels = sampled([1, 3, 38, 70], 1)
    #expect((network.configuration.positions(38), network.configuration.positions(70)) == (1, 2))
    let last = network(pixels, .inference)[4]
    #expect(last.shape == [1, 1, 2, 28])
    let even = network(pixels.slice(axis: 2, 0..<36).slice(axis: 3, 0..<68), .inference)[4]
    #expect(last.floats == even.floats)
  }

  @Test("A log-mel of five seconds is 4 × 9 positions")
  func positions() {
    let sizes = ConvNeXtConfiguration.base
    #expect((sizes.positions(128), sizes.positions(313), sizes.stride) == (4, 9, 32))
    // 15.4 G of a 224 × 224 image: table 9 of the paper.
    #expect(abs(sizes.multiplyAdds(rows: 224, columns: 224) / 15.4e9 - 1) < 0.01)
  }
}
