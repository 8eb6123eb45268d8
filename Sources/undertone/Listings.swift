import ArgumentParser
import Attributions
import Foundation
import Layers
import Models
import Reports
import Tensors

struct Methods: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lists the attribution methods.",
    discussion: """
      Examples:
        undertone methods
        undertone explain clip.wav --method saliency
      """)

  func run() throws {
    try Console.run {
      for method in AttributionMethods.all {
        try Console.print(
          "\(method.name)\(method.isSigned ? " (signed)" : "")\n  \(method.summary)\n  \(method.source)")
      }
    }
  }
}

struct Models: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lists the architectures, and the built-in model.",
    discussion: """
      Examples:
        undertone models
        undertone train cnnatt --data train.csv
      """)

  func run() throws {
    try Console.run {
      for architecture in Architecture.allCases {
        var generator = SeededGenerator(seed: 0)
        let count = architecture.makeNetwork(classes: 7, using: &generator).weights.reduce(0) { $0 + $1.value.count }
        try Console.print("\(architecture.rawValue): \(architecture.summary); \(count.formatted()) parameters")
      }
      let model = try TrainedModel.builtIn()
      try Console.print("\nbuilt-in: \(model.architecture.title) (\(model.digest))")
      for (key, value) in model.configuration.training.sorted(by: { $0.key < $1.key }) {
        try Console.print("  \(key): \(value)")
      }
    }
  }
}

struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Says what this machine has, and whether the program works on it.",
    discussion: """
      Example:
        undertone doctor
      """)

  func run() throws {
    try Console.run {
      try Console.print("undertone \(undertoneVersion)")
      for (name, value) in Engine.description { try Console.print("\(name): \(value)") }
      let model = try TrainedModel.builtIn()
      let hum = (0..<16_000).map { Float(sin(2 * .pi * 150 * Double($0) / 16_000)) * 0.1 }
      let start = ContinuousClock.now
      let explanation = try Explainer(model: model, method: Saliency()).explain(hum, path: "a hum")
      let milliseconds = Int((ContinuousClock.now - start) / .milliseconds(1))
      try Console.print(
        "built-in model: \(model.architecture.title), works (\(explanation.inputs.count) inputs in \(milliseconds) ms)")
    }
  }
}
