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
  /// The place of a class among the outputs.
  func index(of emotion: String) throws -> Int {
    guard let index = classes.firstIndex(of: emotion) else {
      throw ValidationError(
        "the model has no emotion \"\(emotion)\"; it has \(classes.joined(separator: ", "))")
    }
    return index
  }
}
