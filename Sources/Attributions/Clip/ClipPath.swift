import Layers
import Models
import Tensors

/// One clip's way through a model: what stands at each place on the path, and how to go on from there.
public struct ClipPath {
  public let model: TrainedModel
  /// [1, samples], as the model sees the clip.
  public let waveform: Tensor
  /// [1, 1, mels, frames].
  public let mel: Tensor
  /// [1, 1, coefficients, frames].
  public let mfcc: Tensor

  /// - Parameter samples: At the front-end's sample rate, trimmed; the length is fitted to the model here.
  public init(_ samples: [Float], model: TrainedModel) {
    self.model = model
    let fitted = model.fitted(samples)
    waveform = Tensor(fitted, shape: [1, fitted.count])
    mel = model.features.logMel(waveform)
    mfcc = model.features.mfcc(logMel: mel)
  }

  private init(model: TrainedModel, waveform: Tensor, mel: Tensor, mfcc: Tensor) {
    (self.model, self.waveform, self.mel, self.mfcc) = (model, waveform, mel, mfcc)
  }

  /// The same clip on its way through another model of the same architecture and front-end.
  func through(_ model: TrainedModel) -> ClipPath {
    ClipPath(model: model, waveform: waveform, mel: mel, mfcc: mfcc)
  }

  /// The magnitudes of the waveform's STFT, [1, 1, bins, frames], and its phases, [1, frames, bins, 2].
  private var spectrogram: (magnitude: Tensor, phase: Tensor) { model.features.spectrogram(waveform) }

  /// The waveforms of other magnitudes with the clip's phases.
  func waveform(magnitude: Tensor) -> Tensor {
    model.features.waveform(magnitude: magnitude, phase: spectrogram.phase, samples: waveform.shape[1])
  }

  /// The clip with other values at a place: what is downstream follows, what is upstream stays as it was.
  func with(_ values: Tensor, at space: InputSpace) -> ClipPath {
    let features = model.features
    switch space {
    case .waveform:
      let mel = features.logMel(values)
      return ClipPath(model: model, waveform: values, mel: mel, mfcc: features.mfcc(logMel: mel))
    case .spectrogram: return with(waveform(magnitude: values), at: .waveform)
    case .mel:
      return ClipPath(model: model, waveform: waveform, mel: values, mfcc: features.mfcc(logMel: values))
    case .mfcc:
      // What the MFCC does not hold of the mel stays.
      return ClipPath(model: model, waveform: waveform, mel: mel + features.mel(mfcc: values - mfcc), mfcc: values)
    }
  }

  /// What stands at a place where this clip is silent: zeros; in the mel its floor, as in its padding; that floor's MFCC.
  func silence(at space: InputSpace) -> Tensor {
    let features = model.features
    let frame = features.silence(after: mel)
    return switch space {
    case .waveform: .zeros(waveform.shape)
    case .spectrogram: .zeros(self[space].shape)
    case .mel: frame.broadcast(to: mel.shape)
    case .mfcc: features.mfcc(logMel: frame).broadcast(to: mfcc.shape)
    }
  }

  /// What stands at a place.
  public subscript(space: InputSpace) -> Tensor {
    switch space {
    case .waveform: waveform
    case .spectrogram: spectrogram.magnitude
    case .mel: mel
    case .mfcc: mfcc
    }
  }

  /// The logits [batch, classes] of inputs at a place on the path, [batch, …] of this clip's shape there: what is
  /// upstream is held fixed, what is downstream is computed, and can be differentiated.
  ///
  /// A model that reads the mel has no MFCC on its path. There the mel is taken apart into what its first coefficients
  /// c say and a rest that is held fixed: mel = Cᵀ c + rest, with C the rows of the orthonormal DCT.
  /// - Parameter pass: An inference; another one than usual records layers or replaces rules.
  public func logits(_ input: Tensor, at space: InputSpace, pass: ForwardPass = .inference) -> Tensor {
    let features = model.features
    switch (space, model.architecture.inputSpace) {
    case (.spectrogram, _): return logits(waveform(magnitude: input), at: .waveform, pass: pass)
    case (.waveform, _): return logits(features.logMel(input), at: .mel, pass: pass)
    case (.mel, .mfcc): return logits(features.mfcc(logMel: input), at: .mfcc, pass: pass)
    case (.mfcc, .mel):
      return logits(features.mel(mfcc: input) + (mel - features.mel(mfcc: mfcc)), at: .mel, pass: pass)
    case (.mel, _), (.mfcc, _): return model.network(input, pass)
    }
  }

  /// ∂ target / ∂ input for each of a batch of inputs at a place on the path, of the inputs' shape.
  /// - Parameter rule: What stands in the place of the derivative.
  public func gradient(
    _ inputs: Tensor, at space: InputSpace, target: Target, rule: BackwardRule = .derivative
  ) -> Tensor {
    let inputs = inputs.variable()
    let score = target.score(logits(inputs, at: space, pass: .inference(for: rule))).sum()
    return gradients(of: score, at: [inputs], rule: rule)[0]
  }

  /// The target's score of one input.
  func score(_ input: Tensor, at space: InputSpace, target: Target) -> Double {
    Double(target.score(logits(input, at: space)).scalar)
  }

  /// Σ weight · ∂ target / ∂ input over inputs made a batch at a time, of one input's shape.
  /// - Parameter make: The inputs of these numbers, [numbers, …].
  func meanGradient(
    _ weights: [Double], at space: InputSpace, target: Target, make: (Range<Int>) -> Tensor
  ) -> Tensor {
    mean(weights, at: space) { gradient(make($0), at: space, target: target) }
  }

  /// Σ weight · found over what is found for these numbers, a batch at a time, of one input's shape.
  func mean(_ weights: [Double], at space: InputSpace, find: (Range<Int>) -> Tensor) -> Tensor {
    var sum = Tensor.zeros(self[space].shape)
    for first in stride(from: 0, to: weights.count, by: batch) {
      let numbers = first..<min(first + batch, weights.count)
      let found = find(numbers)
      let shares = Tensor(weights[numbers].map(Float.init), shape: [1, numbers.count])
      sum = sum + shares.matrixProduct(found.reshaped([numbers.count, -1])).reshaped(sum.shape)
    }
    return sum
  }

  /// How near attributions of the clip come to their promise to sum to f(x) − f(baseline).
  func completeness(
    of values: Tensor, baseline: Tensor, at space: InputSpace, target: Target
  ) -> Completeness {
    Completeness(
      sum: Double(values.sum().scalar), score: score(self[space], at: space, target: target),
      baselineScore: score(baseline, at: space, target: target))
  }

  /// How many inputs a method runs at once: as many as fill the cores well; more would only take memory.
  ///
  /// That is 32 clips of five seconds, and fewer longer ones, so that a long clip takes no more memory.
  public var batch: Int { max(1, min(32, 32 * 5 * model.configuration.frontEnd.sampleRate / waveform.shape[1])) }

  /// The target's score of each of `count` inputs, made a batch at a time.
  /// - Parameter make: The inputs of these numbers, [numbers, …].
  public func scores(
    _ count: Int, at space: InputSpace, target: Target, make: (Range<Int>) -> Tensor
  ) -> [Float] {
    stride(from: 0, to: count, by: batch).flatMap { first in
      target.score(logits(make(first..<min(first + batch, count)), at: space)).floats
    }
  }

  /// The logits [1, classes] of the clip itself.
  public func logits() -> Tensor { logits(self[model.architecture.inputSpace], at: model.architecture.inputSpace) }

  /// The clip's probabilities by class, summing to one.
  /// - Parameter path: Of the file, for errors.
  public func probabilities(path: String) throws(ExplanationError) -> [Double] {
    let probabilities = logits().softmax()
    guard probabilities.isFinite else { throw .noPrediction(path: path, model: model.name) }
    return probabilities.floats.map(Double.init)
  }
}
