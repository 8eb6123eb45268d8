import Basics
import Foundation
import Layers
import Models
import Tensors
import TestSupport
import Testing

@Suite("Models against PyTorch")
struct PyTorchTests {
  @Test(
    "As many parameters as the report counts",
    arguments: zip(Architecture.allCases, [1_466_455, 872_071, 186_679]))
  func counts(_ architecture: Architecture, _ expected: Int) {
    let count = architecture.makeSampledNetwork().weights.reduce(0) { $0 + $1.value.count }
    #expect(count == expected)
  }

  @Test("Names, shapes and order of PyTorch's state_dict", arguments: Architecture.allCases)
  func names(_ architecture: Architecture) throws {
    let lines = try String(contentsOfFile: Checkout.fixture("models-parameters.txt").path, encoding: .utf8)
      .split(separator: "\n").filter { $0.hasPrefix(architecture.rawValue + " ") }.map(String.init)
    let own = architecture.makeSampledNetwork().namedParameters.map { name, parameter in
      ([architecture.rawValue, name] + parameter.shape.map(String.init)).joined(separator: " ")
    }
    #expect(own == lines)
  }

  struct Case: CustomTestStringConvertible {
    let architecture: Architecture
    let batch, frames: Int

    var name: String { "\(architecture.rawValue) \(batch) \(frames)" }
    var testDescription: String { name }

    static let all = Architecture.allCases.flatMap { architecture in
      [1, 3, 7].flatMap { batch in
        (architecture == .cnnatt ? [4, 31, 101, 313] : [313]).map {
          Case(architecture: architecture, batch: batch, frames: $0)
        }
      }
    }
  }

  @Test("Logits within 1e-4 of their largest, saliency within 1e-3", arguments: Case.all)
  func inference(_ test: Case) throws {
    let network = test.architecture.makeSampledNetwork()
    let x = sampled(test.name, [test.batch, 1, test.architecture.rows, test.frames]).variable()
    let logits = network(x, .inference)
    let expected = try pyTorchNumbers.array("\(test.name)/logits")
    #expect(logits.shape == expected.shape)
    let difference = largestDifference(logits.floats, expected.floats)
    let largest = expected.floats.map(abs).max()!
    #expect(difference < 1e-4 * largest)

    let saliency = gradients(of: logits.slice(axis: 1, 2..<3), at: [x])[0].absolute()
    let distance = try pyTorchNumbers.distance(saliency, "\(test.name)/saliency", limit: 600)
    #expect(distance < 1e-3)
    report("\(test.name): logits \(difference / largest), saliency \(distance)")
  }

  @Test(
    "Gradients of the cross-entropy at the input and every weight within 1e-3, with the running statistics and with the batch's",
    arguments: Architecture.allCases, [ForwardPass.Purpose.inference, .training])
  func weightGradients(_ architecture: Architecture, _ purpose: ForwardPass.Purpose) throws {
    let network = architecture.makeSampledNetwork()
    let mode = "\(architecture.rawValue) \(purpose)"
    let x = sampled(
      "\(mode) \(purpose == .training ? 13 : 3)",
      [3, 1, architecture.rows, architecture == .cnnatt ? 101 : 313]
    ).variable()
    let pass = ForwardPass(purpose, learning: network.weights, seed: 5)
    let loss = network(x, pass).crossEntropy(labels: [2, 0, 5])
    #expect(abs(loss.scalar / (try pyTorchNumbers.array("\(mode)/loss").scalar) - 1) < 1e-5)

    let named = network.namedParameters.filter { $0.parameter.role == .weight }
    let found = gradients(of: loss, at: [x] + named.map { pass($0.parameter) })
    var largest = try pyTorchNumbers.distance(found[0], "\(mode)/input", limit: 600)
    #expect(largest < 1e-3, "input")
    try #require(found.count == named.count + 1)
    for ((name, _), gradient) in zip(named, found.dropFirst()) {
      if purpose == .training, name.hasSuffix("conv.bias") {
        // The norm subtracts it with the batch's mean.
        #expect(gradient.floats.allSatisfy { $0 == 0 }, "\(name)")
      } else {
        let distance = try pyTorchNumbers.distance(gradient, "\(mode)/\(name)", limit: 48)
        #expect(distance < 1e-3, "\(name)")
        largest = max(largest, distance)
      }
    }
    report("\(mode): gradients \(largest)")
  }

  @Test("A training pass moves the running statistics as PyTorch's does", arguments: Architecture.allCases)
  func statistics(_ architecture: Architecture) throws {
    let network = architecture.makeSampledNetwork()
    let mode = "\(architecture.rawValue) training"
    let x = sampled("\(mode) 13", [3, 1, architecture.rows, architecture == .cnnatt ? 101 : 313])
    _ = network(x, ForwardPass(.training, seed: 5))
    for (name, parameter) in network.namedParameters {
      switch parameter.role {
      case .weight: break
      case .counter: #expect(parameter.value.scalar == 1)
      case .statistic:
        let distance = try pyTorchNumbers.distance(parameter.value, "\(mode)/\(name)", limit: 48)
        #expect(distance < 1e-5, "\(name)")
      }
    }
  }

  @Test("Inference leaves every parameter as it is", arguments: Architecture.allCases, [false, true])
  func untouched(_ architecture: Architecture, _ learns: Bool) {
    let network = architecture.makeSampledNetwork()
    let versions = network.namedParameters.map(\.parameter.version)
    let pass = ForwardPass(.inference, learning: learns ? network.weights : [])
    _ = network(sampled("x", [2, 1, architecture.rows, 313]), pass)
    #expect(network.namedParameters.map(\.parameter.version) == versions)
  }

  @Test("Layers of LSTM in one direction and both, with gradients", arguments: [false, true])
  func lstm(bidirectional: Bool) throws {
    let name = "lstm \(bidirectional ? "both" : "one")"
    let lstm = try LSTM(from: 40, to: 20, layers: 2, bidirectional: bidirectional, from: .drawn(seed: 0))
    lstm.setSampledParameters(prefix: "\(name) ")
    let x = sampled(name, [3, 17, 40]).variable()
    let pass = ForwardPass(.inference, learning: lstm.weights)
    let y = lstm(x, pass)
    #expect(y.shape == [3, 17, bidirectional ? 40 : 20])
    #expect(try pyTorchNumbers.distance(y, "\(name)/y", limit: 600) < 1e-5)
    let named = lstm.namedParameters
    let found = gradients(
      of: y, weight: sampled("\(name) weight", y.shape), at: [x] + named.map { pass($0.parameter) })
    #expect(try pyTorchNumbers.distance(found[0], "\(name)/input", limit: 600) < 1e-5)
    try #require(found.count == named.count + 1)
    for ((key, _), gradient) in zip(named, found.dropFirst()) {
      #expect(try pyTorchNumbers.distance(gradient, "\(name)/\(key)", limit: 48) < 1e-5, "\(key)")
    }
  }
}

/// Printed where UNDERTONE_REPORT is set, for a look at how much of the tolerances is used.
private func report(_ line: String) {
  if ProcessInfo.processInfo.environment["UNDERTONE_REPORT"] != nil { print(line) }
}
