import Attributions
import Corpora
import Models

/// Clips of a manifest, chosen and explained: what the figures of one run have in common.
public struct ClipSelection {
  /// The choice of clips of an emotion.
  public enum Choice: String, CaseIterable, Sendable {
    case all, correct, errors

    var words: String {
      switch self {
      case .all: "all clips"
      case .correct: "clips predicted right"
      case .errors: "clips predicted wrong"
      }
    }
  }

  /// The emotion that is explained.
  public enum TargetChoice: String, CaseIterable, Sendable {
    case predicted, label

    var words: String { self == .label ? "the true emotion" : "the predicted emotion" }
  }

  public let model: TrainedModel
  public let method: any AttributionMethod
  public let target: TargetChoice
  public let choice: Choice
  /// The seed by which clips were sampled.
  public let seed: UInt64
  /// The manifest, and where it is, as given by the user.
  public let manifest: Manifest
  public let path: String

  public init(
    model: TrainedModel, method: any AttributionMethod, target: TargetChoice, choice: Choice, seed: UInt64,
    manifest: Manifest, path: String
  ) {
    (self.model, self.method, self.target, self.choice) = (model, method, target, choice)
    (self.seed, self.manifest, self.path) = (seed, manifest, path)
  }

  /// "CNNATT built-in · target: the predicted emotion · clips predicted right".
  var words: String {
    "\(model.kind.title) \(model.name) · target: \(target.words) · \(choice.words)"
  }

  /// The provenance of figures of these clips.
  public var provenance: [String: String] {
    model.provenance(source: path, manifest: manifest).merging([
      "Method": method.nameWithParameters, "Target": target.rawValue, "Which": choice.rawValue, "Seed": String(seed),
    ]) { $1 }
  }
}
