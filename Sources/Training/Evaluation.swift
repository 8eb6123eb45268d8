import Basics
import Foundation
import Layers
import Models
import Ranks
import Tensors

/// A model's predictions of clips whose emotion is known.
public struct Evaluation: Sendable {
  public struct Prediction: Sendable, Equatable {
    public let path: String
    public let origin: String
    /// The index of the true class; nil for a model without classes.
    public let label: Int?
    /// [classes], summing to 1.
    public let probabilities: [Float]
    /// [dimensions]: the predicted and the true values.
    public let values: [Float]
    public let truths: [Float]

    public init(
      path: String, origin: String, label: Int?, probabilities: [Float], values: [Float] = [], truths: [Float] = []
    ) {
      (self.path, self.origin, self.label, self.probabilities) = (path, origin, label, probabilities)
      (self.values, self.truths) = (values, truths)
    }

    /// The class with the highest probability.
    public var predicted: Int { probabilities.likeliestClass }
  }

  public let classes: [String]
  public let dimensions: [String]
  /// The predictions in the order of the clips.
  public let predictions: [Prediction]
  /// Mean cross-entropy over the clips, plus the mean over dimensions of 1 − concordance.
  public let loss: Double

  public init(classes: [String], dimensions: [String] = [], predictions: [Prediction], loss: Double) {
    (self.classes, self.dimensions, self.predictions, self.loss) = (classes, dimensions, predictions, loss)
  }

  public var metrics: Metrics {
    let known = predictions.filter { $0.label != nil }
    return Metrics(labels: known.map { $0.label! }, predictions: known.map(\.predicted), classes: classes.count)
  }

  /// The agreement of the predicted values with the true ones, by dimension.
  public var agreement: [DimensionMetrics] {
    dimensions.indices.map { index in
      DimensionMetrics(
        predictions.map { Double($0.values[index]) }, truths: predictions.map { Double($0.truths[index]) })
    }
  }

  /// The mean over dimensions of the concordance; nil without dimensions.
  public var meanConcordance: Double? {
    dimensions.isEmpty ? nil : agreement.reduce(0) { $0 + $1.concordance } / Double(dimensions.count)
  }
}

extension TrainedModel {
  /// The mean cross-entropy of the classes' logits, plus the mean over dimensions of 1 − concordance over the batch, of shape
  /// [].
  public func loss(_ logits: Tensor, _ truth: FeatureSet.Truth) -> Tensor {
    var terms: [Tensor] = []
    if !classes.isEmpty {
      let scores = logits.slice(axis: 1, 0..<classes.count)
      if let targets = truth.targets {
        terms.append(scores.crossEntropy(targets: targets))
      } else if let labels = truth.labels {
        terms.append(scores.crossEntropy(labels: labels))
      }
    }
    for index in dimensions.indices {
      let column = classes.count + index
      let truths = Tensor(truth.dimensions.map { $0[index] }, shape: [truth.dimensions.count])
      terms.append(
        logits.slice(axis: 1, column..<(column + 1)).reshaped([-1]).concordanceLoss(truths) / Float(dimensions.count))
    }
    return terms.dropFirst().reduce(terms[0], +)
  }

  /// Runs the clips of `features` through the network, clips of one length together, so that no clip's result depends
  /// on which others there are.
  /// - Parameters:
  ///   - ranks: Those that divide the batches among them; each returns the whole.
  ///   - progress: Called with the number of clips done by this rank.
  public func evaluate(
    _ features: FeatureSet, batch: Int = 64, over ranks: any RankGroup = SingleRank(),
    progress: (Int) -> Void = { _ in }
  ) -> Evaluation {
    // [clips][probabilities and values]: zeros for those of other ranks.
    let width = classes.count + dimensions.count
    var answers = [Float](repeating: 0, count: features.clips.count * width)
    var loss = 0.0
    var done = 0
    // So small that each rank has some.
    let size = max(1, min(batch, (features.clips.count + ranks.count - 1) / ranks.count))
    for (number, rows) in features.batchesOfOneLength(size).enumerated() where number % ranks.count == ranks.rank {
      let (input, truth) = features.batch(rows)
      let outputs = network(input, pass())
      let logits = outputs.slice(axis: 1, 0..<classes.count)
      if let labels = truth.labels, !classes.isEmpty {
        loss += Double(logits.crossEntropy(labels: labels).scalar) * Double(rows.count)
      }
      let (probabilities, values) = (
        logits.softmax().floats, outputs.slice(axis: 1, classes.count..<outputs.shape[1]).floats
      )
      for (place, row) in rows.enumerated() {
        let own =
          probabilities[(place * classes.count)..<((place + 1) * classes.count)]
          + values[(place * dimensions.count)..<((place + 1) * dimensions.count)]
        answers.replaceSubrange((row * width)..<((row + 1) * width), with: own)
      }
      done += rows.count
      progress(done)
    }
    answers.withUnsafeMutableBufferPointer { ranks.sum($0) }
    loss = ranks.sum([loss])[0]
    let predictions = features.clips.enumerated().map { row, clip in
      let own = answers[(row * width)..<((row + 1) * width)]
      return Evaluation.Prediction(
        path: clip.path, origin: clip.origin, label: clip.label, probabilities: Array(own.prefix(classes.count)),
        values: Array(own.dropFirst(classes.count)), truths: clip.dimensions)
    }
    let found = Evaluation(
      classes: classes, dimensions: dimensions, predictions: predictions,
      loss: loss / Double(max(1, predictions.count)))
    guard let concordance = found.meanConcordance else { return found }
    return Evaluation(
      classes: classes, dimensions: dimensions, predictions: found.predictions, loss: found.loss + 1 - concordance)
  }
}

extension Tensor {
  /// 1 − 2 σₓᵧ / (σₓ² + σᵧ² + (μₓ − μᵧ)²), Lin's concordance (Lin 1989), of [batch] and its true values; the usual loss for
  /// arousal and valence.
  func concordanceLoss(_ truths: Tensor) -> Tensor {
    let (meanX, meanY) = (mean(axes: [0]), truths.mean(axes: [0]))
    let (x, y) = (self - meanX, truths - meanY)
    let covariance = (x * y).mean(axes: [0])
    let spread = x.squared().mean(axes: [0]) + y.squared().mean(axes: [0]) + (meanX - meanY).squared()
    return (covariance * 2 / (spread + 1e-8)).scaled(by: -1, plus: 1).reshaped([])  // ε for constant values
  }
}
