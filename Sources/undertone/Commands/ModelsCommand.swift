import ArgumentParser
import Attributions
import Basics
import Foundation
import Layers
import Models
import Reports
import Tensors

struct ModelsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "models",
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
