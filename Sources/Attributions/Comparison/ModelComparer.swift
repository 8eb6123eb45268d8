import AudioFeatures
import AudioFiles
import Basics
import Corpora
import Foundation
import Models
import Tensors

/// Explains clips with several models by one method at one input space, on one grid of mel bands × frames.
public struct ModelComparer {
  public let models: [TrainedModel]
  public let explainers: [Explainer]
  public let space: InputSpace

  public init(
    _ models: [TrainedModel], method: any AttributionMethod, space: InputSpace
  ) throws(ComparisonError) {
    guard let first = models.first, models.count > 1 else { throw .oneModel }
    for other in models.dropFirst() {
      guard other.configuration.frontEnd == first.configuration.frontEnd else {
        throw .frontEnds(first.name, other.name)
      }
    }
    (self.models, self.space) = (models, space)
    explainers = models.map { Explainer(model: $0, method: method, spaces: [space]) }
  }

  /// The front-end, which all models share.
  public var frontEnd: FrontEnd { models[0].configuration.frontEnd }

  /// One clip for each model, trimmed as in its training, to be used with every method and target. Models that take the same
  /// part of the file share the computed features.
  /// - Parameter file: Untrimmed, at the models' sample rate, and not silent.
  public func clips(of file: AudioClip) -> [Clip] {
    var made: [Clip] = []
    for model in models {
      let speech = file.trimmed(model.configuration.trimming) ?? file
      let count = model.fitted(speech.samples).count
      let same = made.first { $0.waveform.count == count && $0.place == speech.place }
      made.append(same?.through(model) ?? Clip(speech, model: model))
    }
    return made
  }

  /// Explains one clip with each model.
  /// - Parameters:
  ///   - clips: The result of ``clips(of:)``.
  ///   - path: The file's path, for errors.
  ///   - target: The index of the class to explain among a model's classes; the model's own prediction where nil.
  public func compare(
    _ clips: [Clip], path: String, target: ((TrainedModel) -> Int?)? = nil
  ) throws(ExplanationError) -> ComparedClip {
    var explanations: [Explanation] = []
    for (explainer, clip) in zip(explainers, clips) {
      explanations.append(try explainer.explain(clip, path: path) { Target(target?(explainer.model) ?? $0) })
    }
    return compare(explanations, of: clips, path: path)
  }

  /// The explanations of one clip on one grid.
  /// - Parameters:
  ///   - explanations: Of ``space`` alone, by model.
  ///   - clips: What they are of.
  ///   - path: The file's path.
  public func compare(_ explanations: [Explanation], of clips: [Clip], path: String) -> ComparedClip {
    let found = zip(explanations, clips).map { explanation, clip -> (map: Tensor, mel: Tensor) in
      let attribution = explanation.inputs[0].attribution.reshaped(clip.shape(at: space))
      return (clip.onGrid(attribution, at: space), clip.mel)
    }
    let (used, hop) = (explanations.map(\.used), frontEnd.hopSeconds)
    let (start, end) = (used.map(\.lowerBound).min()!, used.map(\.upperBound).max()!)
    /// Frames of so many seconds: the first is at 0.
    func frames(_ seconds: Double) -> Int { Int(seconds / hop + 0.5) + 1 }
    // Clips are trimmed to whole frames.
    let seen = zip(used, found).map { part, own in
      let first = Int((part.lowerBound - start) / hop + 0.5)
      let count = min(own.map.shape[1], frames(part.upperBound - part.lowerBound))
      return first..<(first + count)
    }
    let columns = seen.map(\.upperBound).max()!
    let mels = frontEnd.mels
    func cropped(_ grid: Tensor, _ frames: Range<Int>) -> [Float] {
      grid.reshaped([mels, -1]).slice(axis: 1, 0..<frames.count).floats
    }
    var logMel = [Float](repeating: found.map { $0.mel.floats.min()! }.min()!, count: mels * columns)
    for (frames, own) in zip(seen, found).reversed() {
      let values = cropped(own.mel, frames)
      for row in 0..<mels {
        logMel.replaceSubrange(
          (row * columns + frames.lowerBound)..<(row * columns + frames.upperBound),
          with: values[(row * frames.count)..<((row + 1) * frames.count)])
      }
    }
    var place = ClipPlace(clips[0].place.stretch)
    place.speech = start..<end
    return ComparedClip(
      path: path, explanations: explanations, seen: seen, maps: zip(found, seen).map { cropped($0.map, $1) },
      logMel: logMel, mels: mels, frames: columns, place: place)
  }
}

public enum ComparisonError: Error, CustomStringConvertible, Equatable {
  case oneModel
  case frontEnds(String, String)

  public var description: String {
    switch self {
    case .oneModel: "compare needs two models at least; name each with --model (built-in is one)"
    case .frontEnds(let first, let second):
      "the models \(first) and \(second) use different front-ends (sample rate, window, hop or mel bands); "
        + "their attributions have no common grid"
    }
  }
}
