import Attributions
import Basics
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

  /// The output that is explained.
  public enum TargetChoice: Equatable, Sendable {
    case predicted, label
    /// A class or dimension by its name.
    case named(String)

    /// The choice by its name; of a model without classes, whose prediction is no one output, `predicted` is its first
    /// dimension.
    public init(_ name: String, of model: TrainedModel) {
      switch name {
      case "predicted" where !model.classes.isEmpty: self = .predicted
      case "predicted": self = .named(model.dimensions[0])
      case "label": self = .label
      default: self = .named(name)
      }
    }

    var name: String {
      switch self {
      case .predicted: "predicted"
      case .label: "label"
      case .named(let name): name
      }
    }

    var words: String {
      switch self {
      case .predicted: "the predicted emotion"
      case .label: "the true emotion"
      case .named(let name): name
      }
    }
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

  /// The groups of clips: one for each label; one of all clips where the manifest has no labels.
  var groups: [Emotion] { manifest.emotions.isEmpty ? [.none] : manifest.emotions }

  /// Whether each group is explained for its own emotion, as the report's claims need.
  var explainsEmotions: Bool { target == .predicted || target == .label }

  /// The target for a clip, given the predicted class.
  func target(for entry: Manifest.Entry, predicted: Int) -> Target {
    switch target {
    case .predicted: return Target(predicted)
    case .label:
      guard let index = model.configuration.classIndex(of: entry.emotion) else {
        fault("a label that is no class of the model, after the check")
      }
      return Target(index)
    case .named(let name): return Target(index(of: name))
    }
  }

  private func index(of output: String) -> Int {
    guard let index = model.outputs.firstIndex(of: output) else {
      fault("the model has no output \(output) to explain")
    }
    return index
  }

  /// The header of the clips' table: the predicted class with its probability, and the value of each dimension beside the
  /// true one.
  var clipHeader: [String] {
    ["clip", "emotion", "target"] + (model.classes.isEmpty ? [] : ["predicted", "probability"])
      + model.dimensions.flatMap { [$0, "true \($0)"] } + Resemblance.header
  }

  func row(_ entry: Manifest.Entry, _ explanation: Explanation) -> [String] {
    let (classes, predicted) = (explanation.classes, explanation.predicted)
    return [entry.path, entry.emotion.rawValue, explanation.targetName]
      + (classes.isEmpty ? [] : [classes[predicted], String(explanation.probabilities[predicted])])
      + zip(explanation.dimensions, explanation.values).flatMap { name, value in
        [String(value), entry.value(of: name).map { String($0) } ?? ""]
      } + Resemblance.cells(of: explanation.resemblance)
  }

  /// "CNNATT built-in · target: the predicted emotion · clips predicted right".
  var words: String {
    "\(model.title) \(model.name) · target: \(target.words) · \(choice.words)"
  }

  /// The provenance of figures of these clips.
  public var provenance: [String: String] {
    model.provenance(source: path, manifest: manifest).merging([
      "Method": method.nameWithParameters, "Target": target.name, "Which": choice.rawValue, "Seed": String(seed),
    ]) { $1 }
  }
}

extension Emotion {
  /// The group's name in titles and tables.
  var groupName: String { self == .none ? "all clips" : rawValue }
  /// The beginning of the names of the group's files.
  var groupStem: String { self == .none ? "clips" : rawValue }
}
