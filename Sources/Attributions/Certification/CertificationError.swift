/// The errors of certificates: settings that none can have, unsuitable models and clips.
public indirect enum CertificationError: Error, CustomStringConvertible, Equatable {
  /// A setting has a value that is not allowed.
  case value(String)
  /// The model predicts no class.
  case noClasses(model: String)
  /// The model's logits of a clip are not finite.
  case noPrediction(model: String)
  /// A clip has no samples of its own.
  case noSamples
  /// The error of a file.
  case of(path: String, CertificationError)

  public var description: String {
    switch self {
    case .value(let reason): "nothing can be certified with \(reason)"
    case .noClasses(let model): "the model \(model) predicts no classes, of which one could be certified"
    case .noPrediction(let model): "the model \(model) predicts nothing of a clip: its outputs are not finite"
    case .noSamples: "a clip without samples has nothing to certify"
    case .of(let path, let error): "\(path): \(error)"
    }
  }
}
