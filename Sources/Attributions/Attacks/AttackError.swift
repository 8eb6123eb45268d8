import Models

/// The errors of attacks: unknown names, settings that no attack can have, unsuitable models and clips.
public indirect enum AttackError: Error, CustomStringConvertible, Equatable {
  case unknown(name: String)
  /// A setting has a value that is not allowed.
  case value(String)
  /// The model predicts no class.
  case noClasses(model: String)
  /// The model's logits of a clip are not finite.
  case noPrediction(model: String)
  /// What is asked for exists on the waveform only.
  case needsWaveform(what: String, space: InputSpace)
  /// Nothing is attacked at this place.
  case space(InputSpace)
  /// The model's answer does not depend on the input at a place.
  case notOnPath(model: String, space: InputSpace)
  case band(ClosedRange<Double>, reason: String)
  /// A clip has no samples of its own.
  case noSamples
  /// An attack cannot do what is asked for.
  case unsuitable(attack: String, reason: String)
  /// The error of a file.
  case of(path: String, AttackError)

  public var description: String {
    switch self {
    case .unknown(let name):
      "there is no attack \"\(name)\"; there is \(Attacks.all.map { $0.name }.joined(separator: ", "))"
    case .value(let reason): "no attack has \(reason)"
    case .noClasses(let model): "the model \(model) predicts no classes, so that it cannot be made to say another"
    case .noPrediction(let model): "the model \(model) predicts nothing of a clip: its outputs are not finite"
    case .needsWaveform(let what, let space): "\(what) is of the waveform, not of the \(space.rawValue)"
    case .space(let space): "nothing is attacked on the \(space.rawValue); there is waveform, mel, mfcc"
    case .notOnPath(let model, let space):
      "the model \(model) reads the waveform, and nothing of it depends on the \(space.rawValue)"
    case .band(let band, let reason): "a change between \(band.lowerBound) and \(band.upperBound) Hz: \(reason)"
    case .noSamples: "a clip without samples cannot be attacked"
    case .unsuitable(let attack, let reason): "the attack \(attack) \(reason)"
    case .of(let path, let error): "\(path): \(error)"
    }
  }
}
