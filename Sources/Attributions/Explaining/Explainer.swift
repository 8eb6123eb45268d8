import AudioFeatures
import AudioFiles
import Basics
import Models
import Tensors

/// Explains clips with one model and one method.
///
/// A model that reads the waveform only has no mel on its way. There, a map on the mel is the attribution of the
/// spectrogram, each bin's shared between the mel bands beside it: see ``Clip/onGrid(_:at:)``.
public struct Explainer {
  public let model: TrainedModel
  public let method: any AttributionMethod
  public let spaces: [InputSpace]

  public init(model: TrainedModel, method: any AttributionMethod, spaces: [InputSpace] = InputSpace.allCases) {
    self.model = model
    self.method = method
    self.spaces = InputSpace.allCases.filter(spaces.contains)
  }

  /// Explains speech.
  /// - Parameters:
  ///   - speech: Trimmed, at the model's sample rate.
  ///   - path: The file's path, for errors.
  ///   - target: Chooses the target, given the predicted class; the predicted class itself where nil.
  ///   - progress: The clip's ``Clip/progress``.
  public func explain(
    _ speech: AudioClip, path: String, target choose: ((_ predicted: Int) -> Target)? = nil,
    progress: ((_ done: Int, _ total: Int) throws(MethodError) -> Void)? = nil
  ) throws(ExplanationError) -> Explanation {
    guard !isSilent(speech.samples) else { throw .silent(path: path) }
    let clip = Clip(speech, model: model)
    clip.progress = progress
    return try explain(clip, path: path, target: choose)
  }

  /// Explains samples that are no part of a file.
  public func explain(
    _ samples: [Float], path: String, target choose: ((_ predicted: Int) -> Target)? = nil
  ) throws(ExplanationError) -> Explanation {
    try explain(
      AudioClip(samples: samples, sampleRate: model.configuration.frontEnd.sampleRate), path: path, target: choose)
  }

  /// Explains a clip that other methods and targets share; see ``explain(_:path:target:)``.
  /// - Parameter clip: A clip of this explainer's model.
  public func explain(
    _ clip: Clip, path: String, target choose: ((_ predicted: Int) -> Target)? = nil
  ) throws(ExplanationError) -> Explanation {
    clip.recordsLogits = method is any GradientMethod
    let probabilities = try clip.probabilities(path: path)
    let predicted = probabilities.isEmpty ? 0 : probabilities.likeliestClass
    let target = choose?(predicted) ?? Target(predicted)
    let frontEnd = model.configuration.frontEnd
    var inputs: [Explanation.Input] = []
    var parameters = method.parameters
    var leftOut: [(space: InputSpace, reason: String)] = []
    for (index, space) in spaces.enumerated() {
      let found: AttributionResult
      do {
        try clip.progress?(index, spaces.count)
        found = try attribution(of: clip, at: space, target: target)
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
          completeness: found.completeness, note: found.note))
    }
    if inputs.isEmpty, let first = leftOut.first {
      throw .method(path: path, .inapplicable(method: method.name, model: model.name, reason: first.reason))
    }
    return Explanation(
      method: method.name, parameters: parameters, isSigned: method.isSigned, quantity: method.quantity,
      target: target, classes: model.classes, probabilities: probabilities, dimensions: model.dimensions,
      values: clip.values, inputs: inputs, leftOut: leftOut, place: clip.place, duration: clip.duration,
      resemblance: clip.resemblance,
      normalization: model.normalizesWaveform ? type(of: method).description.normalization : nil,
      hop: frontEnd.hopSeconds, sampleRate: frontEnd.sampleRate)
  }

  private func attribution(
    of clip: Clip, at space: InputSpace, target: Target
  ) throws(MethodError) -> AttributionResult {
    do {
      try method.checkPath(of: clip, at: space)
    } catch {
      guard space == .mel, !model.kind.places.contains(.mel) else { throw error }
      return try onMel(clip, target: target)
    }
    return try method.attribute(clip, at: space, target: target)
  }

  /// The spectrogram's attribution on the mel.
  private func onMel(_ clip: Clip, target: Target) throws(MethodError) -> AttributionResult {
    let found = try method.attribute(clip, at: .spectrogram, target: target)
    return AttributionResult(
      clip.onGrid(found.values, at: .spectrogram).reshaped(clip.shape(at: .mel)), completeness: found.completeness,
      layer: found.layer, note: found.note)
  }
}
