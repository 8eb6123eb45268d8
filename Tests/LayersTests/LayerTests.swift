import Basics
import Foundation
import Layers
import Tensors
import TestSupport
import Testing

@Suite("Layers, their parameters and passes")
struct LayerTests {
  /// The largest size of a parameter's values, and their mean.
  private func extent(_ values: Tensor) -> (largest: Float, mean: Float) {
    (values.floats.map(abs).max()!, values.sum().scalar / Float(values.count))
  }

  @Test("Names stand in PyTorch's order")
  func names() throws {
    var generator = SeededGenerator(seed: 1)
    let block = ["conv.weight", "conv.bias", "norm.weight", "norm.bias", "norm.running_mean"]
    let whole = block + ["norm.running_var", "norm.num_batches_tracked"]
    #expect(
      try ConvolutionBlock(from: 2, to: 3, kernel: Kernel(3, 3), from: .drawn(seed: 1)).namedParameters.map(\.name)
        == whole)
    #expect(
      try ConvolutionBlock(parallelKernels: [Kernel(3, 1), Kernel(1, 3)], filters: 2, from: .drawn(seed: 1))
        .namedParameters.map(\.name) == whole.map { "0.\($0)" } + whole.map { "1.\($0)" })
    #expect(
      try LSTM(from: 3, to: 2, layers: 2, bidirectional: true, from: .drawn(seed: 1)).namedParameters.map(\.name)
        == ["l0", "l0_reverse", "l1", "l1_reverse"].flatMap { end in
          ["weight_ih_", "weight_hh_", "bias_ih_", "bias_hh_"].map { $0 + end }
        })
    let source = ParameterSource.drawn(seed: 1)
    let parts = source.parts("head", count: 2)
    _ = try Linear(from: 2, to: 3, from: parts[0])
    #expect(try Linear(from: 3, to: 1, from: parts[1]).parameters.map(\.name) == ["head.1.weight", "head.1.bias"])
    #expect(source.taken.map(\.name) == ["head.0.weight", "head.0.bias", "head.1.weight", "head.1.bias"])
    #expect(source.part("head.0").taken.map(\.name) == ["head.0.weight", "head.0.bias"])
  }

  @Test("A block's convolutions start evenly within 1/√(inputs of one output), its norm at the identity")
  func blockInitialisation() throws {
    var generator = SeededGenerator(seed: 2)
    let block = try ConvolutionBlock(from: 96, to: 64, kernel: Kernel(3, 3), from: .drawn(seed: 2))
    let bound: Float = 1 / Float(96 * 9).squareRoot()
    for (name, parameter) in block.namedParameters {
      let values = parameter.value.floats
      switch name {
      case "conv.weight", "conv.bias":
        let (largest, mean) = extent(parameter.value)
        #expect(largest <= bound && largest > 0.9 * bound, "\(name)")
        // Four standard errors of an even draw.
        #expect(abs(mean) < 4 * bound / Float(3 * values.count).squareRoot(), "\(name)")
      case "norm.weight", "norm.running_var": #expect(values.allSatisfy { $0 == 1 }, "\(name)")
      default: #expect(values.allSatisfy { $0 == 0 }, "\(name)")
      }
    }
  }

  @Test("Linear, LSTM and attention start within their bounds")
  func bounds() throws {
    var generator = SeededGenerator(seed: 3)
    func check(_ layer: some Layer, _ bound: Float) {
      for (name, parameter) in layer.namedParameters {
        let (largest, mean) = extent(parameter.value)
        #expect(largest <= bound && largest > 0.9 * bound, "\(name)")
        #expect(abs(mean) < 4 * bound / Float(3 * parameter.value.count).squareRoot(), "\(name)")
      }
    }
    check(try Linear(from: 320, to: 100, from: .drawn(seed: 3)), 1 / Float(320).squareRoot())
    check(try LSTM(from: 40, to: 64, layers: 2, bidirectional: true, from: .drawn(seed: 3)), 1 / 8)
    check(try ChannelAttention(from: 80, to: 128, heads: 3, from: .drawn(seed: 3)), (6 / Float(208)).squareRoot())
  }

  @Test("One seed, one network; another seed, another")
  func seeds() throws {
    func values(_ seed: UInt64) throws -> [[Float]] {
      let source = ParameterSource.drawn(seed: seed)
      let block = try ConvolutionBlock(from: 3, to: 4, kernel: Kernel(3, 3), from: source.part("block"))
      let lstm = try LSTM(from: 4, to: 5, from: source.part("lstm"))
      return (block.weights + lstm.weights).map(\.value.floats)
    }
    let (nine, ten) = (try values(9), try values(10))
    #expect(try values(9) == nine)
    #expect(zip(nine, ten).count { $0 == $1 } == 2)  // the norm's scale and shift
    // No two arrays of a network are drawn alike.
    let prefixes = nine.filter { $0 != [1, 1, 1, 1] && $0 != [0, 0, 0, 0] }.map { $0.prefix(4) }
    #expect(Set(prefixes).count == prefixes.count)
  }

  @Test("Weights of a file can be of float32, float16 or bfloat16, and of no other type")
  func types() throws {
    func parameter(_ type: String, _ bytes: [UInt8]) throws -> [Float] {
      let header = Data(#"{"a":{"dtype":"\#(type)","shape":[1],"data_offsets":[0,\#(bytes.count)]}}"#.utf8)
      return try inFreshFolder { folder in
        let path = folder.appending(path: "weights.safetensors").path
        try (Data([UInt8(header.count)]) + Data(count: 7) + header + bytes).write(to: URL(fileURLWithPath: path))
        let source = ParameterSource.stored(try Safetensors.read(path), path: "a file")
        let found = try source.parameter("a", [1], .zeros).value.floats
        try source.checkAllTaken()
        return found
      }
    }
    #expect(try parameter("F32", [0, 0, 0xC0, 0x3F]) == [1.5])
    #expect(try parameter("F16", [0, 0x3E]) == [1.5])
    #expect(try parameter("BF16", [0xC0, 0x3F]) == [1.5])
    #expect(throws: ParameterError.element(path: "a file", name: "a", expected: .float32, found: .float64)) {
      try parameter("F64", [0, 0, 0, 0, 0, 0, 0xF8, 0x3F])
    }
    #expect(throws: ParameterError.notFinite(path: "a file", name: "a")) { try parameter("F16", [0, 0x7C]) }
  }

  @Test("Linear is x Wᵀ + b")
  func linear() throws {
    var generator = SeededGenerator(seed: 4)
    let linear = try Linear(from: 3, to: 2, from: .drawn(seed: 4))
    linear.weight.value = Tensor([1, 2, 3, -1, 0, 0.5], shape: [2, 3])
    linear.bias.value = Tensor([10, 20], shape: [2])
    #expect(linear(Tensor([1, 1, 2, 0, -1, 4], shape: [2, 3]), .inference).floats == [19, 20, 20, 22])
  }

  @Test("Layer norm is (x − μ)/√(σ² + ε) over the last dimensions together, times γ plus β")
  func layerNorm() throws {
    var generator = SeededGenerator(seed: 5)
    let layer = try LayerNormalization(shape: [3, 4], from: .drawn(seed: 1))
    layer.weight.value = .uniform([3, 4], bound: 2, using: &generator)
    layer.bias.value = .uniform([3, 4], bound: 2, using: &generator)
    let x = Tensor.uniform([5, 3, 4], bound: 3, using: &generator)
    let (gamma, beta) = (layer.weight.value.floats, layer.bias.value.floats)
    var expected: [Float] = []
    for row in 0..<5 {
      let own = x.floats[(row * 12)..<(row * 12 + 12)].map(Double.init)
      let mean = own.reduce(0, +) / 12
      let variance = own.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 12
      for i in 0..<12 {
        let normalized = (own[i] - mean) / (variance + 1e-5).squareRoot()
        expected.append(Float(normalized * Double(gamma[i]) + Double(beta[i])))
      }
    }
    #expect(relativeDistance(layer(x, .inference), Tensor(expected, shape: [5, 3, 4])) < 1e-6)
  }

  @Test("Dropout acts in training only, between layers and not after the last, and differs from use to use")
  func dropout() throws {
    var generator = SeededGenerator(seed: 6)
    let x = Tensor.uniform([2, 6, 30], bound: 1, using: &generator)
    let pass = ForwardPass(.training, seed: 1)
    #expect(x.dropout(0.5, .inference).floats == x.floats)
    let (first, second) = (x.dropout(0.5, pass).floats, x.dropout(0.5, pass).floats)
    #expect(first != second)
    #expect(first == x.dropout(0.5, ForwardPass(.training, seed: 1)).floats)

    let one = try LSTM(from: 30, to: 20, layers: 1, dropout: 0.5, from: .drawn(seed: 6))
    #expect(one(x, pass).floats == one(x, .inference).floats)
    let two = try LSTM(from: 30, to: 20, layers: 2, dropout: 0.5, from: .drawn(seed: 6))
    #expect(two(x, pass).floats != two(x, .inference).floats)
    #expect(two(x, pass).floats.allSatisfy { $0 != 0 })
  }

  @Test("A pass records a weight once, and nothing where no gradient is asked for")
  func recording() throws {
    var generator = SeededGenerator(seed: 7)
    let block = try ConvolutionBlock(from: 2, to: 3, kernel: Kernel(3, 3), from: .drawn(seed: 7))
    let x = Tensor.uniform([1, 2, 4, 5], bound: 1, using: &generator)
    #expect(!block(x, .inference).isRecorded)
    #expect(block(x.variable(), .inference).isRecorded)
    #expect(block(x, ForwardPass(.inference, learning: block.weights)).isRecorded)
    let pass = ForwardPass(.training, learning: block.weights)
    for (_, parameter) in block.namedParameters {
      #expect(pass(parameter).isRecorded == (parameter.role == .weight))
    }
    // A layer used twice gets the sum of both uses' gradients; one that was not used, zeros.
    let (used, unused) = (
      try Linear(from: 5, to: 5, from: .drawn(seed: 7)), try Linear(from: 5, to: 2, from: .drawn(seed: 7))
    )
    let linear = ForwardPass(.training, learning: used.weights + unused.weights)
    let y = used(used(x.reshaped([8, 5]), linear), linear).sum()
    let found = linear.gradients(of: y, at: [used.bias, unused.weight])
    let columns = used.weight.value.sum(axes: [0]).floats
    #expect(largestDifference(found[0].floats, columns.map { 8 * (1 + $0) }) < 1e-4)
    #expect(found[1].shape == [2, 5] && found[1].floats.allSatisfy { $0 == 0 })
  }

  @Test("What only frozen parameters lead to is not recorded; what comes after the first that learns is")
  func frozen() throws {
    let block = try ConvolutionBlock(from: 2, to: 3, kernel: Kernel(3, 3), from: .drawn(seed: 7))
    let head = try Linear(from: 3 * 4 * 5, to: 2, from: .drawn(seed: 8))
    for purpose in [ForwardPass.Purpose.training, .inference] {
      let pass = ForwardPass(purpose, learning: [head.weight])
      let maps = block(.ones([2, 2, 4, 5]), pass)
      let y = head(maps.flattened(from: 1), pass)
      #expect(!maps.isRecorded && y.isRecorded)
      #expect(pass(head.weight).isRecorded && !pass(head.bias).isRecorded)
    }
  }

  @Test("An update in place changes no tensor that was taken before, and counts as a change")
  func inPlace() throws {
    let layer = try Linear(from: 2, to: 1, from: .drawn(seed: 1))
    let (before, version) = (layer.weight.value, layer.weight.version)
    let values = before.floats
    layer.weight.update { floats in for i in floats.indices { floats[i] += 1 } }
    #expect(before.floats == values && layer.weight.value.floats == values.map { $0 + 1 })
    #expect(layer.weight.version == version + 1)
  }
}
