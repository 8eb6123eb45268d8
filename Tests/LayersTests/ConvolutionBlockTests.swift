import Basics
import Layers
import Tensors
import TestSupport
import Testing

/// The block once more, slower and less complicated: the operations one after another, each with its own gradient.
private struct Twin {
  let block: ConvolutionBlock
  let kernels: [Kernel]
  let pooling: BlockPooling

  func parameter(_ name: String, path: Int) -> Parameter {
    let name = kernels.count == 1 ? name : "\(path).\(name)"
    return block.namedParameters.first { $0.name == name }!.parameter
  }

  /// What batch norm divides and subtracts: the batch's own where nil.
  func callAsFunction(_ x: Tensor, _ pass: ForwardPass, running: Bool) -> Tensor {
    let parts = kernels.indices.map { path in
      let kernel = kernels[path]
      func value(_ name: String) -> Tensor { pass(parameter(name, path: path)) }
      func perChannel(_ name: String) -> Tensor { value(name).reshaped([1, -1, 1, 1]) }
      let y = x.convolved(
        with: value("conv.weight"), bias: value("conv.bias"),
        padding: .same(kernelRows: kernel.rows, kernelColumns: kernel.columns))
      let mean = running ? perChannel("norm.running_mean") : y.mean(axes: [0, 2, 3])
      let variance = running ? perChannel("norm.running_var") : (y - mean).squared().mean(axes: [0, 2, 3])
      let normalized = (y - mean) / (variance + 1e-5).squareRoot()
      let activated = (normalized * perChannel("norm.weight") + perChannel("norm.bias")).relu()
      switch pooling {
      case .none: return activated
      case .windows(let windows): return activated.pooled(windows)
      case .global: return activated.mean(axes: [2, 3])
      }
    }
    return .concatenated(parts, axis: 1)
  }
}

struct BlockCase: CustomTestStringConvertible, Sendable {
  let name: String
  let input: [Int]
  let filters: Int
  let kernels: [Kernel]
  let pooling: BlockPooling

  var testDescription: String { name }

  /// Its block with parameters off their first values.
  func makeBlock(seed: UInt64 = 1) throws -> ConvolutionBlock {
    var generator = SeededGenerator(seed: seed)
    let block =
      kernels.count == 1
      ? try ConvolutionBlock(
        from: input[1], to: filters, kernel: kernels[0], pooling: pooling, from: .drawn(seed: seed))
      : try ConvolutionBlock(parallelKernels: kernels, filters: filters, pooling: pooling, from: .drawn(seed: seed))
    for (name, parameter) in block.namedParameters {
      let drawn = Tensor.uniform(parameter.shape, bound: 0.5, using: &generator)
      if name.hasSuffix("norm.weight") || name.hasSuffix("running_var") { parameter.value = drawn + 1 }
      if name.hasSuffix("norm.bias") || name.hasSuffix("running_mean") { parameter.value = drawn }
    }
    return block
  }

  func makeInput(seed: UInt64 = 2) -> Tensor {
    var generator = SeededGenerator(seed: seed)
    return .uniform(input, bound: 2, using: &generator)
  }

  static let all: [BlockCase] = [
    .init(
      name: "one channel, maximum, remainders", input: [3, 1, 13, 19], filters: 20, kernels: [Kernel(3, 3)],
      pooling: .windows(Pooling(.maximum, rows: 2, columns: 2))),
    .init(
      name: "many channels, maximum 4×4", input: [2, 20, 9, 14], filters: 33, kernels: [Kernel(3, 3)],
      pooling: .windows(Pooling(.maximum, rows: 4, columns: 4))),
    .init(
      name: "many channels, average 2×1", input: [3, 48, 7, 10], filters: 64, kernels: [Kernel(3, 3)],
      pooling: .windows(Pooling(.average, rows: 2, columns: 1))),
    .init(
      name: "many channels, no pooling", input: [2, 18, 8, 5], filters: 16, kernels: [Kernel(3, 3)],
      pooling: .none),
    .init(
      name: "global average", input: [2, 24, 5, 11], filters: 40, kernels: [Kernel(3, 3)], pooling: .global),
    .init(
      name: "CNNATT's paths", input: [3, 1, 40, 17], filters: 8, kernels: [Kernel(11, 3), Kernel(3, 9)],
      pooling: .none),
    .init(
      name: "FCMFCC's paths", input: [2, 1, 40, 21], filters: 32,
      kernels: [Kernel(3, 3), Kernel(9, 1), Kernel(1, 11)],
      pooling: .windows(Pooling(.average, rows: 2, columns: 2))),
    .init(
      name: "paths of odd width, maximum", input: [1, 1, 9, 12], filters: 5,
      kernels: [Kernel(5, 5), Kernel(3, 1)], pooling: .windows(Pooling(.maximum, rows: 3, columns: 2))),
  ]
}

@Suite("Convolution block")
struct ConvolutionBlockTests {
  @Test("Training is the operations one after another, gradients included", arguments: BlockCase.all)
  func training(_ test: BlockCase) throws {
    let block = try test.makeBlock()
    let twin = Twin(block: block, kernels: test.kernels, pooling: test.pooling)
    let weights = block.weights
    func run(_ apply: (Tensor, ForwardPass) -> Tensor) -> (Tensor, [Tensor]) {
      let (x, pass) = (test.makeInput().variable(), ForwardPass(.training, learning: block.weights))
      let y = apply(x, pass)
      return (y, gradients(of: y.squared().sum(), at: [x] + weights.map { pass($0) }))
    }
    let expected = run { twin($0, $1, running: false) }
    let found = run { block($0, $1) }
    #expect(found.0.shape == expected.0.shape)
    #expect(relativeDistance(found.0, expected.0) < 1e-6)
    #expect(relativeDistance(found.1[0], expected.1[0]) < 1e-5, "input")
    let scale = expected.1.dropFirst().map(norm).max()!
    let names = block.namedParameters.filter { $0.parameter.role == .weight }.map(\.name)
    for (k, name) in names.enumerated() {
      if name.hasSuffix("conv.bias") {
        // Zero, since the norm subtracts the bias; step by step there is rounding noise.
        #expect(found.1[k + 1].floats.allSatisfy { $0 == 0 }, "\(name)")
        #expect(norm(expected.1[k + 1]) < 1e-5 * scale, "\(name)")
      } else {
        #expect(relativeDistance(found.1[k + 1], expected.1[k + 1]) < 1e-5, "\(name)")
      }
    }
  }

  @Test(
    "Running statistics move a tenth of the way to the batch's mean and unbiased variance",
    arguments: BlockCase.all)
  func statistics(_ test: BlockCase) throws {
    let block = try test.makeBlock()
    let twin = Twin(block: block, kernels: test.kernels, pooling: test.pooling)
    var expected: [String: [Double]] = [:]
    for path in test.kernels.indices {
      func values(_ name: String) -> Tensor { twin.parameter(name, path: path).value }
      let y = test.makeInput().convolved(
        with: values("conv.weight"), bias: values("conv.bias"),
        padding: .same(kernelRows: test.kernels[path].rows, kernelColumns: test.kernels[path].columns))
      let (floats, positions) = (y.floats, test.input[2] * test.input[3])
      for (name, running) in [
        "norm.running_mean": values("norm.running_mean").floats,
        "norm.running_var": values("norm.running_var").floats,
      ] {
        expected[test.kernels.count == 1 ? name : "\(path).\(name)"] = running.indices.map { channel in
          let own = (0..<test.input[0]).flatMap { clip in
            let first = (clip * test.filters + channel) * positions
            return floats[first..<(first + positions)].map(Double.init)
          }
          let mean = own.reduce(0, +) / Double(own.count)
          let unbiased = own.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(own.count - 1)
          return 0.9 * Double(running[channel]) + 0.1 * (name == "norm.running_mean" ? mean : unbiased)
        }
      }
    }
    _ = block(test.makeInput(), ForwardPass(.training, learning: block.weights))
    for (name, parameter) in block.namedParameters {
      switch parameter.role {
      case .weight: break
      case .counter: #expect(parameter.value.scalar == 1)
      case .statistic:
        #expect(largestDifference(parameter.value.floats.map(Double.init), expected[name]!) < 1e-5)
      }
    }
  }

  @Test(
    "Inference with folded norms is the operations one after another, with its gradient at the input",
    arguments: BlockCase.all)
  func folded(_ test: BlockCase) throws {
    let block = try test.makeBlock()
    let twin = Twin(block: block, kernels: test.kernels, pooling: test.pooling)
    func run(_ apply: (Tensor) -> Tensor) -> (Tensor, Tensor) {
      let x = test.makeInput().variable()
      let y = apply(x)
      return (y, gradients(of: y.squared().sum(), at: [x])[0])
    }
    let expected = run { twin($0, .inference, running: true) }
    for recordsWeights in [false, true] {
      let found = run { block($0, ForwardPass(.inference, learning: recordsWeights ? block.weights : [])) }
      #expect(relativeDistance(found.0, expected.0) < 1e-6, "weights recorded: \(recordsWeights)")
      #expect(relativeDistance(found.1, expected.1) < 1e-5, "weights recorded: \(recordsWeights)")
    }
  }

  @Test("Gradients at the weights with running statistics", arguments: BlockCase.all)
  func weightsAtInference(_ test: BlockCase) throws {
    let block = try test.makeBlock()
    let twin = Twin(block: block, kernels: test.kernels, pooling: test.pooling)
    func run(_ apply: (Tensor, ForwardPass) -> Tensor) -> [Tensor] {
      let pass = ForwardPass(.inference, learning: block.weights)
      return pass.gradients(of: apply(test.makeInput(), pass).squared().sum(), at: block.weights)
    }
    let (own, twins) = (run { block($0, $1) }, run { twin($0, $1, running: true) })
    #expect(!own.isEmpty && own.count == twins.count)
    for (found, expected) in zip(own, twins) {
      #expect(relativeDistance(found, expected) < 1e-5)
    }
  }

  @Test("A changed parameter changes the next inference", arguments: [BlockCase.all[1], BlockCase.all[6]])
  func refolded(_ test: BlockCase) throws {
    let block = try test.makeBlock()
    let twin = Twin(block: block, kernels: test.kernels, pooling: test.pooling)
    let x = test.makeInput()
    for (name, parameter) in block.namedParameters where parameter.role != .counter {
      let before = block(x, .inference)
      parameter.value = parameter.value * 1.5 + 0.125
      let after = block(x, .inference)
      #expect(after.floats != before.floats, "\(name)")
      #expect(relativeDistance(after, twin(x, .inference, running: true)) < 1e-6, "\(name)")
    }
    // A training pass moves the statistics, and inference follows them.
    let before = block(x, .inference)
    _ = block(x, ForwardPass(.training, learning: block.weights))
    #expect(relativeDistance(block(x, .inference), before) > 1e-3)
    #expect(relativeDistance(block(x, .inference), twin(x, .inference, running: true)) < 1e-6)
  }

  @Test("A clip's inference does not depend on the batch that it comes in", arguments: BlockCase.all)
  func batches(_ test: BlockCase) throws {
    let block = try test.makeBlock()
    let x = test.makeInput()
    let together = block(x, .inference)
    for clip in 0..<test.input[0] {
      let alone = block(x.slice(axis: 0, clip..<(clip + 1)), .inference)
      #expect(relativeDistance(alone, together.slice(axis: 0, clip..<(clip + 1))) < 1e-6)
    }
  }

  @Test("A constant channel is normalised to its shift, without NaN")
  func constantChannel() throws {
    var generator = SeededGenerator(seed: 1)
    let block = try ConvolutionBlock(from: 2, to: 3, kernel: Kernel(1, 1), from: .drawn(seed: 1))
    let shift = block.namedParameters.first { $0.name == "norm.bias" }!.parameter
    shift.value = Tensor([0.5, 0.25, -1], shape: [3])
    let x = Tensor.ones([2, 2, 3, 4]).variable()
    let y = block(x, ForwardPass(.training, learning: block.weights))
    let found = y.mean(axes: [0, 2, 3]).floats
    #expect(largestDifference(found, [0.5, 0.25, 0]) < 1e-4)
    #expect(gradients(of: y.squared().sum(), at: [x])[0].isFinite)
  }
}
