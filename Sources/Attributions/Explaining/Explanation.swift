import AudioFeatures
import Basics
import Foundation
import Models
import Tensors

/// A model's prediction for one clip, and the attributions that explain it.
public struct Explanation {
  public struct Input {
    public let space: InputSpace
    /// The input at this space, without the batch: [samples], or [rows, frames].
    public let values: Tensor
    /// The attribution of each element, of the same shape.
    public let attribution: Tensor
    /// The completeness check, where the method promises completeness.
    public let completeness: Completeness?
    /// What there is to know before the attribution is read, if anything.
    public let note: String?
  }

  public let method: String
  /// The method's settings, given or by default, by name.
  public let parameters: [String: String]
  public let isSigned: Bool
  public let quantity: Quantity
  public let target: Target
  public let classes: [String]
  /// The probabilities by class, summing to one.
  public let probabilities: [Double]
  /// The names of the numeric outputs (such as arousal), and their values.
  public let dimensions: [String]
  public let values: [Double]
  /// The explained inputs, from the waveform to the MFCC.
  public let inputs: [Input]
  /// The requested input spaces that the method cannot explain, each with the reason.
  public let leftOut: [(space: InputSpace, reason: String)]
  /// Where the clip stands in its file: time 0 of the inputs is at its start.
  public let place: ClipPlace
  /// Seconds of speech; the rest of the inputs is padding.
  public let duration: Double
  /// Where the clip lies by the sound of those that the model was trained on; nil where these are not known.
  public let resemblance: Resemblance?
  /// The part of the file that the model uses, in seconds.
  public var used: Range<Double> { place.first(duration) }

  /// How the model normalised the waveforms that the method made; nil of a model that does not normalise.
  public var normalization: Normalization?

  /// Seconds from one frame to the next.
  public let hop: Double
  public let sampleRate: Int

  /// The index of the most probable class; 0 for a model without classes, its first dimension.
  public var predicted: Int { probabilities.isEmpty ? 0 : probabilities.likeliestClass }

  /// The names of all outputs: classes, then dimensions.
  public var outputs: [String] { classes + dimensions }

  /// The target in words: "angry", or "angry versus happy".
  public var targetName: String {
    outputs[target.emotion] + (target.versus.map { " versus \(outputs[$0])" } ?? "")
  }

  /// The dimension that is explained, with its value; nil where the target is a class.
  public var targetValue: (name: String, value: Double)? {
    guard target.emotion >= classes.count else { return nil }
    return (dimensions[target.emotion - classes.count], values[target.emotion - classes.count])
  }

  /// The unit of the attribution at an input space: of a dimension parts of its value, of a class of its logit.
  public func unit(at space: InputSpace) -> String {
    let unit = quantity.unit(at: space)
    return targetValue == nil ? unit : unit.replacing("logit", with: "value")
  }

  /// The method with all its settings: "integrated-gradients, baseline silence, steps 50".
  public var methodWithParameters: String { named(method, parameters) }
}
