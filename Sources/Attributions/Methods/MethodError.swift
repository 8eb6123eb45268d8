/// The errors of attribution methods: unknown names, wrong options, unsuitable models.
public enum MethodError: Error, CustomStringConvertible, Equatable {
  case unknown(name: String)
  /// The method does not read this option.
  case option(method: String, option: String)
  /// The option has a value that is not allowed.
  case value(option: String, reason: String)
  /// The model lacks something that the method needs.
  case inapplicable(method: String, model: String, reason: String)
  /// ``Clip/progress`` asked it to end.
  case stopped

  public var description: String {
    switch self {
    case .unknown(let name):
      "there is no method \"\(name)\"; there is \(AttributionMethods.all.map { $0.name }.joined(separator: ", "))"
    case .option(let method, let option): "the method \(method) has no --\(option)"
    case .value(let option, let reason): "--\(option): \(reason)"
    case .inapplicable(let method, let model, let reason): "\(method) cannot explain the model \(model): \(reason)"
    case .stopped: "was stopped"
    }
  }
}
