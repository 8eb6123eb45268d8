import ArgumentParser
import Models

/// A model of the registry by its name.
struct ModelName: ExpressibleByArgument {
  let kind: any EmotionModel.Type

  init?(argument: String) {
    guard let kind = EmotionModels.named(argument) else { return nil }
    self.kind = kind
  }

  static var allValueStrings: [String] { EmotionModels.names }
}
