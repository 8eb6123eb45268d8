import AudioFeatures
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
    for other in models.dropFirst() where other.configuration.frontEnd != first.configuration.frontEnd {
      throw .frontEnds(first.name, other.name)
    }
    (self.models, self.space) = (models, space)
    explainers = models.map { Explainer(model: $0, method: method, spaces: [space]) }
  }

  /// The front-end, which all models share.
  public var frontEnd: FrontEnd { models[0].configuration.frontEnd }

  /// One clip for each model, to be used with every method and target. Models with the same clip length share the
  /// computed features.
  /// - Parameter samples: Samples at the models' sample rate, trimmed.
  public func clips(of samples: [Float]) -> [Clip] {
    var made: [Clip] = []
    for model in models {
      let count = model.fitted(samples).count
      made.append(made.first { $0.waveform.count == count }?.through(model) ?? Clip(samples, model: model))
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

/// The explanations of one clip by several models.
public struct ComparedClip {
  public let path: String
  /// The explanation of each model.
  public let explanations: [Explanation]
  /// The attributions of each model on one grid, [mels, frames], the lowest band first.
  public let maps: [[Float]]
  /// The log-mel in dB, [mels, frames].
  public let logMel: [Float]
  public let mels, frames: Int
  /// Seconds of speech that all models receive.
  public let duration: Double
  /// Seconds of speech in the whole clip.
  public let wholeDuration: Double

  /// The class that each model predicts.
  public var predictions: [String] { explanations.map { $0.classes[$0.predicted] } }

  public var areOneMind: Bool { Set(predictions).count == 1 }

  /// The agreement of the attributions of two models.
  public func agreement(_ first: Int, _ second: Int) -> Agreement {
    Agreement(maps[first], maps[second], rows: mels, columns: frames, isSigned: explanations[0].isSigned)
  }

  /// One map divided by the 99.5th percentile of its sizes and clipped to ±1, because the units of different models are
  /// not comparable.
  public func relativeMap(_ model: Int) -> [Float] {
    let isSigned = explanations[model].isSigned
    return Agreement.relative(maps[model].map { Double(isSigned ? $0 : abs($0)) }).map(Float.init)
  }
}

/// The agreement of models on many clips: the mean of each measure for each pair, with its interval.
public struct AgreementSummary: Sendable {
  public let models: [String]
  public let clips: Int
  /// The number of clips on which the models predict different classes.
  public let disagreements: Int
  /// Estimates as [measure][first][second]; nil on the diagonal and where no clip has a value.
  public let estimates: [Agreement.Measure: [[Estimate?]]]

  /// - Parameters:
  ///   - clips: The agreement of each pair (first below second) of each clip, in the order of ``pairs(_:)``.
  ///   - disagreements: The number of clips on which the predicted classes differ.
  ///   - seed: The seed of the bootstrap.
  public init(models: [String], clips: [[Agreement]], disagreements: Int, seed: UInt64) {
    (self.models, self.clips, self.disagreements) = (models, clips.count, disagreements)
    estimates = Agreement.Measure.allCases.reduce(into: [:]) { found, measure in
      var matrix = [[Estimate?]](repeating: [Estimate?](repeating: nil, count: models.count), count: models.count)
      for (place, pair) in Self.pairs(models.count).enumerated() {
        let estimate = Estimate(clips.compactMap { $0[place].values[measure] }, seed: seed)
        (matrix[pair.0][pair.1], matrix[pair.1][pair.0]) = (estimate, estimate)
      }
      found[measure] = matrix
    }
  }

  /// All pairs of indices: (0, 1), (0, 2), …, (1, 2), ….
  public static func pairs(_ count: Int) -> [(Int, Int)] {
    (0..<count).flatMap { first in ((first + 1)..<max(first + 1, count)).map { (first, $0) } }
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
