import ArgumentParser
import Models

struct ModelOption: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "A model folder that `train` wrote or as downloaded, or built-in. (default: built-in)", valueName: "folder"))
  var model: String?

  @OptionGroup var precision: PrecisionOption

  func load() throws -> TrainedModel {
    let model = try TrainedModel.named(model ?? "built-in")
    try precision.check([model])
    return precision.applied(to: model)
  }

  /// Another model to be set beside it, in the same precision.
  func other(_ folder: String, as name: String? = nil) throws -> TrainedModel {
    precision.applied(to: try .named(folder, as: name))
  }
}

extension TrainedModel {
  /// The model that comes with the program, or that of a folder.
  /// - Parameter name: What tells it from other models of a run; the folder's own name where nil.
  static func named(_ folder: String, as name: String? = nil) throws -> TrainedModel {
    try folder == "built-in" ? builtIn() : TrainedModel(folder: folder, name: name)
  }

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
