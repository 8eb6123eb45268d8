import ArgumentParser
import Attributions
import Basics
import Foundation
import Layers
import Models
import Reports

struct Doctor: ParsableCommand, RunsOnRanks {
  static let configuration = CommandConfiguration(
    abstract: "Describes this machine and checks that the program works on it.",
    discussion: """
      Example:
        undertone doctor
      """)

  func run() throws {
    try Console.run {
      try Console.print("undertone \(undertoneVersion)")
      for (name, value) in Environment.facts { try Console.print("\(name): \(value)") }
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
