import ArgumentParser
import Attributions
import Basics
import Foundation
import Layers
import Models
import Reports
import Tensors

struct Methods: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lists the attribution methods.",
    discussion: """
      For each: its cost, its options, and two properties. "Signed": values above 0 raise the score, values below 0 \
      lower it. "Complete": values should sum to f(x) − f(baseline), the difference between the score of the clip and \
      that of the baseline.

      Examples:
        undertone methods
        undertone methods --json
        undertone explain clip.wav --method integrated-gradients --steps 100
      """)

  @Flag(help: "Print one JSON object per method instead of text.")
  var json = false

  private struct JSON: Encodable {
    let name, family, summary, source, cost: String
    let signed, complete: Bool
    let options: [String]
  }

  func run() throws {
    try Console.run {
      for family in MethodFamily.allCases {
        let methods = AttributionMethods.all.filter { $0.family == family }
        guard !methods.isEmpty else { continue }
        if !json { try Console.print("\(family.rawValue.uppercased())") }
        for method in methods {
          let options = method.options.map(\.rawValue).sorted()
          guard !json else {
            try Console.print(
              JSON(
                name: method.name, family: family.rawValue, summary: method.summary, source: method.source,
                cost: method.cost, signed: method.isSigned, complete: method.promisesCompleteness, options: options
              ).line)
            continue
          }
          let facts =
            [method.cost] + (method.isSigned ? ["signed"] : []) + (method.promisesCompleteness ? ["complete"] : [])
            + options.map { "--\($0)" }
          try Console.print(
            "  \(method.name)\n    \(method.summary)\n    \(facts.joined(separator: ", "))\n    \(method.source)")
        }
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
      for kind in EmotionModels.all {
        let count = ModelConfiguration(kind).network(seed: 0).weights.reduce(0) { $0 + $1.value.count }
        try Console.print("\(kind.name): \(kind.summary); \(count.formatted()) parameters")
      }
      let model = try TrainedModel.builtIn()
      try Console.print("\nbuilt-in: \(model.kind.title) (\(model.digest))")
      for (key, value) in model.configuration.training.sorted(by: { $0.key < $1.key }) {
        try Console.print("  \(key): \(value)")
      }
    }
  }
}

struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Describes this machine and checks that the program works on it.",
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
        "built-in model: \(model.kind.title), works (\(explanation.inputs.count) inputs in \(milliseconds) ms)")
    }
  }
}
