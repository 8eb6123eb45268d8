import Attributions
import Corpora
import Figures
import Foundation
import Models

/// The sheet of one emotion: clips of a manifest with what a model heard in them.
public struct SheetReport {
  public struct Clip {
    let entry: Manifest.Entry
    let explanation: Explanation

    public init(_ entry: Manifest.Entry, _ explanation: Explanation) {
      (self.entry, self.explanation) = (entry, explanation)
    }
  }

  /// Which clips of an emotion are shown.
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

  /// Which emotion is explained.
  public enum TargetChoice: String, CaseIterable, Sendable { case predicted, label }

  public let emotion: Emotion
  public let clips: [Clip]
  public let model: TrainedModel
  public let method: String
  public let target: TargetChoice
  public let choice: Choice
  /// What the clips were drawn by.
  public let seed: UInt64
  /// The manifest, and where it is, as given by the user.
  public let manifest: Manifest
  public let path: String

  public init(
    _ emotion: Emotion, _ clips: [Clip], model: TrainedModel, method: String, target: TargetChoice, choice: Choice,
    seed: UInt64, manifest: Manifest, path: String
  ) {
    (self.emotion, self.clips, self.model, self.method) = (emotion, clips, model, method)
    (self.target, self.choice, self.seed) = (target, choice, seed)
    (self.manifest, self.path) = (manifest, path)
  }

  /// The clips at a place on the model's path; nil where none of them was explained there.
  public func figure(at space: InputSpace = .mel) -> ContactSheet? {
    let panels = clips.compactMap { panel($0, at: space) }
    return panels.first.map { first in
      ContactSheet(
        title: [
          "\(emotion.rawValue): \(method) on the \(first.input.words)",
          "\(model.architecture.title) \(model.name) · target: the \(target == .label ? "true" : "predicted") emotion · "
            + "\(choice.words), drawn with seed \(seed)",
        ], clips: panels)
    }
  }

  private func panel(_ clip: Clip, at space: InputSpace) -> ContactSheet.Clip? {
    let explanation = clip.explanation
    return explanation.inputs.first { $0.space == space }.map { input in
      ContactSheet.Clip(
        name: URL(fileURLWithPath: clip.entry.path).deletingPathExtension().lastPathComponent,
        input: explanation.shown(input), duration: explanation.duration,
        predicted: explanation.classes[explanation.predicted],
        probability: explanation.probabilities[explanation.predicted], truth: clip.entry.emotion.rawValue)
    }
  }

  public var provenance: [String: String] {
    model.provenance(source: path, manifest: manifest).merging([
      "Method": method, "Target": target.rawValue, "Which": choice.rawValue, "Seed": String(seed),
      "Clips": clips.map(\.entry.path).joined(separator: "; "),
    ]) { $1 }
  }
}
