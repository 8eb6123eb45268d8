import Models

public enum ExplanationError: Error, CustomStringConvertible, Equatable {
  case silent(path: String)
  case notFinite(path: String, space: InputSpace)
  /// The model's outputs are not finite: its weights are so large that they overflow.
  case noPrediction(path: String, model: String)
  case method(path: String, MethodError)

  /// Whether the method is the cause, so that every other clip would fail too.
  public var isOfTheMethod: Bool {
    if case .method = self { true } else { false }
  }

  public var description: String {
    switch self {
    case .silent(let path): "\(path): is silent: there is nothing to explain"
    case .notFinite(let path, let space):
      "\(path): the attribution on the \(space.rawValue) holds NaN or infinite values"
    case .noPrediction(let path, let model):
      "\(path): the outputs of the model \(model) are NaN or infinite"
    case .method(let path, let error): "\(path): \(error)"
    }
  }
}
