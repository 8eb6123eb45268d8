import ArgumentParser
import Models

struct ModelOption: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp("A model folder that `train` wrote. (default: the built-in model)", valueName: "folder"))
  var model: String?

  /// The named model, or the one that comes with the program.
  func load() throws -> TrainedModel {
    try model.map { try TrainedModel(folder: $0) } ?? .builtIn()
  }
}

extension TrainedModel {
  /// The place of a class, or of a dimension, among the outputs.
  func index(of name: String) throws -> Int {
    guard let index = outputs.firstIndex(of: name) else {
      throw ValidationError(
        "the model has no \(dimensions.isEmpty ? "emotion" : "output") \"\(name)\"; it has \(outputs.joined(separator: ", "))"
      )
    }
    return index
  }

  /// Throws a usage error where the model predicts numbers only, and what was asked for is about classes.
  func checkClasses(for option: String) throws {
    guard classes.isEmpty else { return }
    throw ValidationError(
      "\(option) needs a model with classes; \(name) predicts \(dimensions.joined(separator: ", ")) only")
  }
}
