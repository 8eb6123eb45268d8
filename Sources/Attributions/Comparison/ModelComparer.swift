import AudioFeatures
import AudioFiles
import Basics
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
      guard other.configuration.trimming == first.configuration.trimming else {
        throw .trimmings(first.name, other.name)
      }
    }
    (self.models, self.space) = (models, space)
    explainers = models.map { Explainer(model: $0, method: method, spaces: [space]) }
  }

  /// The front-end, which all models share.
  public var frontEnd: FrontEnd { models[0].configuration.frontEnd }

  /// One clip for each model, to be used with every method and target. Models with the same clip length share the
  /// computed features.
  /// - Parameter speech: Trimmed, at the models' sample rate.
  public func clips(of speech: AudioClip) -> [Clip] {
    var made: [Clip] = []
    for model in models {
      let count = model.fitted(speech.samples).count
      made.append(made.first { $0.waveform.count == count }?.through(model) ?? Clip(speech, model: model))
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
    var found: [(map: Tensor, mel: Tensor)] = []
    for (explainer, clip) in zip(explainers, clips) {
      let explanation = try explainer.explain(clip, path: path) { Target(target?(explainer.model) ?? $0) }
      let attribution = explanation.inputs[0].attribution.reshaped(clip.shape(at: space))
      explanations.append(explanation)
      found.append((clip.onGrid(attribution, at: space), clip.mel))
    }
    let duration = explanations.map(\.duration).min()!
    let shortest = found.map { $0.map.shape[1] }.min()!
    let frames = min(shortest, Int(duration / frontEnd.hopSeconds + 0.5) + 1)
    func cropped(_ grid: Tensor) -> [Float] { grid.slice(axis: grid.rank - 1, 0..<frames).floats }
    return ComparedClip(
      path: path, explanations: explanations, maps: found.map { cropped($0.map) },
      logMel: cropped(found[0].mel), mels: frontEnd.mels, frames: frames, duration: duration,
      wholeDuration: Double(clips[0].sampleCount) / Double(frontEnd.sampleRate))
  }
}

public enum ComparisonError: Error, CustomStringConvertible, Equatable {
  case oneModel
  case frontEnds(String, String)
  case trimmings(String, String)

  public var description: String {
    switch self {
    case .oneModel: "compare needs two models at least; name each with --model (built-in is one)"
    case .frontEnds(let first, let second):
      "the models \(first) and \(second) use different front-ends (sample rate, window, hop or mel bands); "
        + "their attributions have no common grid"
    case .trimmings(let first, let second):
      "the models \(first) and \(second) were trained on differently trimmed clips (trim_db); each would get another "
        + "part of a file"
    }
  }
}
