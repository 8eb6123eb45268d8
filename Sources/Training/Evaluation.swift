import Basics
import Foundation
import Layers
import Models
import Tensors

/// What a model says of clips whose emotion is known.
public struct Evaluation: Sendable {
  public struct Prediction: Sendable, Equatable {
    public let path: String
    public let origin: String
    public let label: Int
    /// [classes], summing to 1.
    public let probabilities: [Float]

    /// The class with the highest probability.
    public var predicted: Int { probabilities.likeliestClass }
  }

  public let classes: [String]
  /// In the order of the clips.
  public let predictions: [Prediction]
  /// Mean cross-entropy.
  public let loss: Double

  public var metrics: Metrics { metrics(of: predictions) }

  /// By the corpus that the clips come from.
  public var metricsByOrigin: [String: Metrics] {
    Dictionary(grouping: predictions, by: \.origin).mapValues { metrics(of: $0) }
  }

  private func metrics(of predictions: [Prediction]) -> Metrics {
    Metrics(
      labels: predictions.map(\.label), predictions: predictions.map(\.predicted), classes: classes.count)
  }

  /// The share of clips whose emotion is among the `count` most probable ones.
  public func topAccuracy(_ count: Int) -> Double {
    let hits = predictions.count { prediction in
      let own = prediction.probabilities[prediction.label]
      return prediction.probabilities.count { $0 > own } < count
    }
    return predictions.isEmpty ? 0 : Double(hits) / Double(predictions.count)
  }
}

extension TrainedModel {
  /// Runs the clips of `features` through the network, clips of one length together, so that no clip's result depends
  /// on which others there are.
  /// - Parameter progress: Called with the number of clips done.
  public func evaluate(
    _ features: FeatureSet, batch: Int = 64, progress: (Int) -> Void = { _ in }
  ) -> Evaluation {
    var predictions = [Evaluation.Prediction?](repeating: nil, count: features.clips.count)
    var loss = 0.0
    var done = 0
    for rows in features.batchesOfOneLength(batch) {
      let (input, labels) = features.batch(rows)
      let logits = network(input, .inference)
      loss += Double(logits.crossEntropy(labels: labels).scalar) * Double(rows.count)
      let probabilities = logits.softmax().floats
      for (place, row) in rows.enumerated() {
        let clip = features.clips[row]
        predictions[row] = .init(
          path: clip.path, origin: clip.origin, label: clip.label,
          probabilities: Array(probabilities[(place * classes.count)..<((place + 1) * classes.count)]))
      }
      done += rows.count
      progress(done)
    }
    return Evaluation(
      classes: classes, predictions: predictions.map { $0! }, loss: loss / Double(max(1, predictions.count)))
  }
}
