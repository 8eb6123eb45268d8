import Basics
import Foundation
import Layers
import Models
import Tensors
import TestSupport
import Testing

@testable import Training

@Suite("Training steps against PyTorch's, without dropout")
struct StepTests {
  private func network(_ architecture: Architecture) -> any EmotionModel {
    let network = architecture.makeNetworkWithoutDropout(seed: 0)
    let weights = network.namedParameters.filter { $0.parameter.role == .weight }.sorted { $0.name < $1.name }
    for (seed, (name, parameter)) in weights.enumerated() {
      let shape = parameter.shape
      let values = Tensor(sampled(parameter.value.count, seed: seed), shape: shape)
      if shape.count > 1 {
        let fanIn = shape.count == 3 ? shape[2] : shape.dropFirst().reduce(1, *)
        parameter.value = values * (3 / Float(fanIn)).squareRoot()
      } else {
        parameter.value = values.scaled(by: 0.2, plus: name.hasSuffix("norm.weight") ? 1 : 0)
      }
    }
    return network
  }

  @Test(
    "Loss within 1e-4, gradients and running statistics within 1e-3, weights after three steps within 2e-3",
    arguments: [
      (Architecture.cnnlstm, [4, 1, 128, 313], ""), (.fcmfcc, [4, 1, 40, 313], "blocks."),
      (.cnnatt, [4, 1, 40, 50], ""),
    ])
  func agrees(_ architecture: Architecture, shape: [Int], decayed: String) throws {
    let name = architecture.rawValue
    let network = network(architecture)
    let x = Tensor(sampled(shape.reduce(1, *), seed: 1000), shape: shape) * 3
    let optimizer = Adam(.adamw, parts: [.init(decayed, weightDecay: 0.1)], of: network)
    let own = network.namedParameters
    let before = Dictionary(uniqueKeysWithValues: own.map { ($0.name, $0.parameter.value.floats) })
    let (arrays, losses) = (try Reference.arrays(), try Reference.numbers("\(name)/losses", as: [Float].self))
    let norms = try Reference.numbers("\(name)/gradient_norm", as: [String: Double].self)

    for step in 0..<3 {
      let pass = ForwardPass(.training, learning: optimizer.parameters)
      let loss = network(x, pass).crossEntropy(labels: [0, 3, 6, 2])
      #expect(abs(loss.scalar - losses[step]) < 1e-4 * losses[step], "loss of step \(step)")
      let gradients = pass.gradients(of: loss, at: optimizer.parameters)
      if step == 0 {
        let names = own.filter { $0.parameter.role == .weight }.map(\.name)
        try #require(names.count == gradients.count)
        for (parameter, gradient) in zip(names, gradients) {
          // A bias before batch norm has no influence, and the fixture leaves it out.
          guard let expected = arrays["\(name)/gradient/\(parameter)"] else {
            #expect(parameter.hasSuffix("conv.bias") && gradient.floats.allSatisfy { $0 == 0 })
            continue
          }
          let distance = relativeDistance(Reference.some(gradient.floats), expected)
          #expect(distance < 1e-3, "gradient of \(parameter)")
          let norm = gradient.squared().sum().scalar.squareRoot()
          #expect(abs(Double(norm) / norms[parameter]! - 1) < 1e-3, "norm of the gradient of \(parameter)")
        }
      }
      optimizer.step(gradients, rate: 1e-3)
    }

    for (parameter, value) in own.map({ ($0.name, $0.parameter.value.floats) }) {
      if let expected = arrays["\(name)/statistic/\(parameter)"] {
        #expect(relativeDistance(Reference.some(value), expected) < 1e-3, "\(parameter)")
      } else if let change = arrays["\(name)/change/\(parameter)"] {
        let start = Reference.some(before[parameter]!)
        let end = Reference.some(value)
        try #require(start.count == change.count && end.count == start.count, "\(parameter)")
        let expected: [Float] = zip(start, change).map { $0 + $1 }
        #expect(relativeDistance(end, expected) < 2e-3, "\(parameter) after three steps")
        // Adam's first steps are as large for a gradient of rounding noise as for a large one: PyTorch's own changes
        // in float32 are up to 0.014 from these, which are of float64.
        let found: [Float] = zip(end, start).map { $0 - $1 }
        #expect(relativeDistance(found, change) < 0.05, "the change of \(parameter)")
      }
    }
  }

  @Test(
    "Twenty steps of Adam and AdamW with weight decay within 1e-5 of PyTorch's",
    arguments: [
      Recipe.Optimizer.adam, .adamw,
    ])
  func optimizers(_ kind: Recipe.Optimizer) throws {
    let layer = SomeParameters([("w", Tensor(sampled(5, seed: 1), shape: [5]))])
    let optimizer = Adam(kind, parts: [.init("", weightDecay: 0.3)], of: layer)
    for step in 0..<20 { optimizer.step([Tensor(sampled(5, seed: 100 + step), shape: [5])], rate: 0.05) }
    let expected = try Reference.numbers(kind.rawValue, as: [Float].self)
    #expect(relativeDistance(layer.parameters[0].value.floats, expected) < 1e-5)
  }

  @Test("A part of rate 0 is frozen, and a part's factor multiplies the rate")
  func parts() {
    let layers = SomeParameters(["0.w", "1.w", "2.w"].map { ($0, .ones([2])) })
    let parts = [
      Recipe.Part("0.", rateFactor: 0, weightDecay: 0), Recipe.Part("1.", rateFactor: 0.5, weightDecay: 0),
    ]
    let optimizer = Adam(.adam, parts: parts, of: layers)
    #expect(optimizer.parameters.count == 2)
    optimizer.step([.ones([2]), .ones([2])], rate: 0.1)
    // Adam's first step is rate · sign of the gradient.
    #expect(layers.parameters[0].value.floats == [1, 1])
    #expect(relativeDistance(layers.parameters[1].value.floats, [0.95, 0.95]) < 1e-6)
    #expect(relativeDistance(layers.parameters[2].value.floats, [0.9, 0.9]) < 1e-6)
  }

  @Test("The rate falls in the same epochs as PyTorch's ReduceLROnPlateau lowers it")
  func plateau() throws {
    struct Case: Decodable {
      let rate, factor: Double
      let patience: Int
      let losses, rates: [Double]
    }
    for expected in try Reference.numbers("plateau", as: [Case].self) {
      #expect(
        rates(expected.rate, .plateau(factor: expected.factor, patience: expected.patience), expected.losses)
          == expected.rates)
    }
  }

  /// The rate after each epoch.
  private func rates(_ rate: Double, _ kind: Recipe.Schedule, _ losses: [Double?]) -> [Double] {
    var recipe = Recipe(for: .cnnatt)
    (recipe.rate, recipe.schedule) = (rate, kind)
    var schedule = RateSchedule(recipe)
    return losses.map { loss in
      schedule.follow(loss)
      return schedule.rate
    }
  }

  @Test("At milestones the rate falls as PyTorch's MultiStepLR lowers it, whatever the losses are")
  func milestones() throws {
    struct Case: Decodable {
      let rate, factor: Double
      let milestones: [Int]
      let rates: [Double]
    }
    for expected in try Reference.numbers("milestones", as: [Case].self) {
      let kind = Recipe.Schedule.milestones(factor: expected.factor, epochs: expected.milestones)
      let none = [Double?](repeating: nil, count: expected.rates.count)
      #expect(rates(expected.rate, kind, none) == expected.rates)
      #expect(rates(expected.rate, kind, none.indices.map(Double.init)) == expected.rates)
    }
    // The report's, of MMFUSION's 30 epochs without validation.
    #expect(Recipe.finalMilestones(of: 30) == [15, 25])
    #expect([1, 2, 3].map(Recipe.finalMilestones) == [[], [1], [1, 2]])
  }

  @Test(
    "Gradients are shortened to a norm as PyTorch's clip_grad_norm_ does, and shorter ones stay", arguments: [0, 1, 2])
  func norms(row: Int) throws {
    struct Case: Decodable {
      let limit: Double
      let gradients: [[Float]]
    }
    let expected = try Reference.numbers("clip", as: [Case].self)[row]
    let gradients = [[3, 4], [5], [2, 2]].enumerated().map { sampled($1, UInt64(200 + $0)) }
    var step = StepGradients()
    step.add(gradients, clips: 4)
    for (found, wanted) in zip(step.taken(norm: expected.limit), expected.gradients) {
      #expect(relativeDistance(found.floats, wanted) < 1e-6)
    }
    step.add(gradients, clips: 4)
    #expect(step.taken(norm: nil).map(\.floats) == gradients.map(\.floats))
  }

  @Test("A step's gradients are the mean over the clips of its batches, however large these are")
  func accumulation() {
    var step = StepGradients()
    step.add([Tensor([1, 10], shape: [2])], clips: 3)
    step.add([Tensor([5, 10], shape: [2])], clips: 1)
    step.add([Tensor([2, 30], shape: [2])], clips: 4)
    #expect(step.batches == 3)
    // (3·1 + 1·5 + 4·2)/8 and (3·10 + 1·10 + 4·30)/8.
    #expect(relativeDistance(step.taken(norm: nil)[0].floats, [2, 20]) < 1e-6)
    // The next step begins anew.
    step.add([Tensor([7, 7], shape: [2])], clips: 2)
    #expect(step.batches == 1 && step.taken(norm: nil)[0].floats == [7, 7])
  }
}

private struct SomeParameters: Layer {
  let parameters: [Parameter]

  init(_ values: [(name: String, value: Tensor)]) { parameters = values.map { Parameter($0.name, $0.value) } }
}
