import AudioFeatures
import Basics
import Foundation
import Models
import Tensors

/// What a model made of one clip, and why.
public struct Explanation {
  public struct Input {
    public let space: InputSpace
    /// What the model saw there, without the batch: [samples], or [rows, frames].
    public let values: Tensor
    /// How much each of those numbers contributed, of the same shape.
    public let attribution: Tensor
    /// Where the method promises completeness.
    public let completeness: Completeness?
  }

  public let method: String
  /// What the method was asked for or took by default, by name.
  public let parameters: [String: String]
  public let isSigned: Bool
  public let quantity: Quantity
  public let target: Target
  public let classes: [String]
  /// By class, summing to one.
  public let probabilities: [Double]
  /// The names of the outputs that are numbers of their own, and what they are.
  public let dimensions: [String]
  public let values: [Double]
  /// In the order of the path.
  public let inputs: [Input]
  /// Places that were asked for and that the method does not have, with the reason.
  public let leftOut: [(space: InputSpace, reason: String)]
  /// Seconds of speech; what follows in the inputs is padding.
  public let duration: Double
  /// Seconds from one frame to the next.
  public let hop: Double
  public let sampleRate: Int

  /// The place of the most probable class; of a model without classes 0, its first dimension.
  public var predicted: Int { probabilities.isEmpty ? 0 : probabilities.likeliestClass }

  /// The names of all outputs: classes, then dimensions.
  public var outputs: [String] { classes + dimensions }

  /// "angry", or "angry versus happy".
  public var targetName: String {
    outputs[target.emotion] + (target.versus.map { " versus \(outputs[$0])" } ?? "")
  }

  /// "integrated-gradients, baseline silence, steps 50": the method with all that it was asked for.
  public var methodWithParameters: String { named(method, parameters) }
}

public enum ExplanationError: Error, CustomStringConvertible, Equatable {
  case silent(path: String)
  case notFinite(path: String, space: InputSpace)
  /// A model with weights so large that its outputs overflow.
  case noPrediction(path: String, model: String)
  case method(path: String, MethodError)

  /// Whether the method is at fault, and no other clip would do better.
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

  /// - Parameters:
  ///   - samples: At the model's sample rate, trimmed.
  ///   - path: Of the file, for errors.
  ///   - target: From the probabilities; the predicted class where nil.
  public func explain(
    _ samples: [Float], path: String, target choose: ((_ predicted: Int) -> Target)? = nil
  ) throws(ExplanationError) -> Explanation {
    guard !isSilent(samples) else { throw .silent(path: path) }
    return try explain(Clip(samples, model: model), path: path, target: choose)
  }

  /// As ``explain(_:path:target:)`` for a clip that other methods and targets explain too.
  /// - Parameter clip: Of this explainer's model.
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
