import Attributions
import Corpora
import Figures
import Foundation
import Models

/// The sheet of one emotion: clips of a manifest with a model's explanations.
public struct SheetReport {
  public struct Clip {
    let entry: Manifest.Entry
    let explanation: Explanation

    public init(_ entry: Manifest.Entry, _ explanation: Explanation) {
      (self.entry, self.explanation) = (entry, explanation)
    }
  }

  public let emotion: Emotion
  public let clips: [Clip]
  public let selection: ClipSelection

  public init(_ emotion: Emotion, _ clips: [Clip], of selection: ClipSelection) {
    (self.emotion, self.clips, self.selection) = (emotion, clips, selection)
  }

  /// The clips at a place on the model's path; nil where none of them was explained there.
  public func figure(at space: InputSpace = .mel) -> ContactSheet? {
    let panels = clips.compactMap { panel($0, at: space) }
    return panels.first.map { first in
      ContactSheet(
        title: [
          "\(emotion.groupName): \(selection.method.name) on the \(first.input.words)",
          "\(selection.words), drawn with seed \(selection.seed)",
        ], clips: panels)
    }
  }

  private func panel(_ clip: Clip, at space: InputSpace) -> ContactSheet.Clip? {
    let explanation = clip.explanation
    return explanation.inputs.first { $0.space == space }.map { input in
      ContactSheet.Clip(
        name: URL(fileURLWithPath: clip.entry.path).deletingPathExtension().lastPathComponent,
        detail: explanation.place.start > 0 ? String(format: "from %.2f s", explanation.place.start) : "",
        input: explanation.shown(input), duration: explanation.duration,
        prediction: prediction(of: clip))
    }
  }

  /// The value of the explained dimension, or else the predicted class.
  private func prediction(of clip: Clip) -> ContactSheet.Prediction {
    let explanation = clip.explanation
    if let (name, value) = explanation.targetValue {
      return .value(of: name, value, truth: clip.entry.value(of: name))
    }
    return .emotion(
      explanation.classes[explanation.predicted], probability: explanation.probabilities[explanation.predicted],
      truth: clip.entry.emotion.rawValue)
  }

  public var provenance: [String: String] {
    selection.provenance.merging(["Clips": clips.map(\.entry.path).joined(separator: "; ")]) { $1 }
  }
}
