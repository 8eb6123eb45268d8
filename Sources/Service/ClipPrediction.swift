import Basics
import Attributions
import Models

/// A model's prediction of a clip.
struct ClipPrediction: Sendable, Encodable {
  let model: String
  /// The likeliest class; nil of a model without classes.
  let predicted: String?
  let probabilities: [String: Double]
  /// By dimension.
  let values: [String: Double]
  /// Seconds of the sound that the model uses.
  let start, end: Double
  /// Where the clip lies by the training data; nil where the model does not know it.
  let trainingData: Resemblance?

  /// - Parameter name: The model's in requests.
  /// - Throws: `ExplanationError` where the model predicts no finite numbers.
  init(_ clip: Clip, as name: String) throws {
    let model = clip.model
    let found = try clip.probabilities(path: UploadedSound.name)
    self.model = name
    predicted = found.isEmpty ? nil : model.classes[found.likeliestClass]
    probabilities = Dictionary(uniqueKeysWithValues: zip(model.classes, found))
    values = Dictionary(uniqueKeysWithValues: zip(model.dimensions, clip.values))
    (start, end, trainingData) = (clip.used.lowerBound, clip.used.upperBound, clip.resemblance)
  }
}
