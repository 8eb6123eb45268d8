import Basics

/// An error in a model's folder. An error in its arrays is a `ParameterError`.
public enum CheckpointError: Error, CustomStringConvertible, Equatable {
  case noSuchFolder(path: String)
  case noConfiguration(path: String)
  case noWeights(path: String)
  case configuration(path: String, reason: String)
  case architecture(path: String, found: String)
  /// An encoder without a head, which predicts nothing.
  case noHead(path: String)
  case file(FileError)

  public var description: String {
    switch self {
    case .noSuchFolder(let path): "\(path): no such model folder"
    case .noConfiguration(let path): "\(path): not a model folder: it has no config.json"
    case .noWeights(let path): "\(path): not a whole model folder: it has no model.safetensors"
    case .configuration(let path, let reason): "\(path): \(reason)"
    case .architecture(let path, let found):
      "\(path): the architecture \"\(found)\" is not known; known are \(EmotionModels.names.joined(separator: ", "))"
    case .noHead(let path):
      "\(path): an encoder without a head predicts nothing: undertone train probe --encoder trains one on it"
    case .file(let error): "\(error)"
    }
  }
}
