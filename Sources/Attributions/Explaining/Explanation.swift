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
  /// Seconds of speech; the rest of the inputs is padding.
  public let duration: Double
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

  /// The method with all its settings: "integrated-gradients, baseline silence, steps 50".
  public var methodWithParameters: String { named(method, parameters) }
}

public enum ExplanationError: Error, CustomStringConvertible, Equatable {
  case silent(path: String)
  case notFinite(path: String, space: InputSpace)
  /// The model's outputs are not finite: its weights are so large that they overflow.
  case noPrediction(path: String, model: String)
  case method(path: String, MethodError)

  /// Whether the method is the cause, so that every other clip would fail too.
  public var isOfTheMethod: Bool {
    if case .method = self { true } else { false }
  }

  public var description: String {
    switch self {
    case .silent(let path): "\(path): is silent: there is nothing to explain"
    case .notFinite(let path, let space):
      "\(path): the attribution on the \(space.rawValue) holds NaN or infinite values"
    case .noPrediction(let path, let model):
      "\(path): the outputs of the model \(model) are NaN or infinite"
    case .method(let path, let error): "\(path): \(error)"
    }
  }
}

/// Explains clips with one model and one method.
public struct Explainer {
  public let model: TrainedModel
  public let method: any AttributionMethod
  public let spaces: [InputSpace]

  public init(model: TrainedModel, method: any AttributionMethod, spaces: [InputSpace] = InputSpace.allCases) {
    self.model = model
    self.method = method
    self.spaces = InputSpace.allCases.filter(spaces.contains)
  }

  /// Explains samples.
  /// - Parameters:
  ///   - samples: The clip's samples at the model's sample rate, trimmed.
  ///   - path: The file's path, for errors.
  ///   - target: Chooses the target, given the predicted class; the predicted class itself where nil.
  public func explain(
    _ samples: [Float], path: String, target choose: ((_ predicted: Int) -> Target)? = nil
  ) throws(ExplanationError) -> Explanation {
    guard !isSilent(samples) else { throw .silent(path: path) }
    return try explain(Clip(samples, model: model), path: path, target: choose)
  }

  /// Explains a clip that other methods and targets share; see ``explain(_:path:target:)``.
  /// - Parameter clip: A clip of this explainer's model.
  public func explain(
    _ clip: Clip, path: String, target choose: ((_ predicted: Int) -> Target)? = nil
  ) throws(ExplanationError) -> Explanation {
    let probabilities = try clip.probabilities(path: path)
    let predicted = probabilities.isEmpty ? 0 : probabilities.likeliestClass
    let target = choose?(predicted) ?? Target(predicted)
    let frontEnd = model.configuration.frontEnd
    var inputs: [Explanation.Input] = []
    var parameters = method.parameters
    var leftOut: [(space: InputSpace, reason: String)] = []
    for space in spaces {
      let found: AttributionResult
      do {
        found = try method.attribute(clip, at: space, target: target)
      } catch .inapplicable(_, _, let reason) where spaces.count > 1 {
        leftOut.append((space, reason))
        continue
      } catch {
        throw .method(path: path, error)
      }
      guard found.values.isFinite else { throw .notFinite(path: path, space: space) }
      parameters["layer"] = found.layer
      let shape = Array(clip.shape(at: space).drop { $0 == 1 })
      inputs.append(
        .init(
          space: space, values: clip[space].reshaped(shape), attribution: found.values.reshaped(shape),
          completeness: found.completeness))
    }
    if inputs.isEmpty, let first = leftOut.first {
      throw .method(path: path, .inapplicable(method: method.name, model: model.name, reason: first.reason))
    }
    return Explanation(
      method: method.name, parameters: parameters, isSigned: method.isSigned, quantity: method.quantity,
      target: target, classes: model.classes, probabilities: probabilities, dimensions: model.dimensions,
      values: clip.values, inputs: inputs, leftOut: leftOut, duration: clip.duration,
      hop: frontEnd.hopSeconds, sampleRate: frontEnd.sampleRate)
  }
}
