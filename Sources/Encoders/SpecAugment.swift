import Basics
import Layers
import Tensors

/// Masks of training (Park et al. 2019; Baevski et al. 2020, appendix B): spans of steps get a learned vector, spans of
/// features zero.
final class SpecAugment: Layer {
  private let embedding: Parameter
  private let masking: SpeechEncoderConfiguration.Masking
  let parameters: [Parameter]

  /// Nil where the configuration masks nothing, and the checkpoint has no vector.
  init?(_ sizes: SpeechEncoderConfiguration, from source: ParameterSource) throws(ParameterError) {
    masking = sizes.masking
    guard source.has("masked_spec_embed", orDraws: masking.timeShare > 0 || masking.featureShare > 0) else {
      return nil
    }
    embedding = try source.parameter("masked_spec_embed", [sizes.hiddenSize], .uniform(bound: 1))
    parameters = [embedding]
  }

  /// [batch, steps, features] with masks, the same shape out.
  func callAsFunction(_ x: Tensor, _ mask: StepMask?, _ pass: ForwardPass) -> Tensor {
    guard masking.isApplied else { return x }
    let (batch, steps, features) = (x.shape[0], x.shape[1], x.shape[2])
    var result = x
    if masking.timeShare > 0 {
      let lengths = mask?.lengths ?? Array(repeating: steps, count: batch)
      let hidden = lengths.flatMap { length in
        let spans = pass.spans(
          in: length, share: masking.timeShare, length: masking.timeLength, least: masking.leastTimes)
        return spans + Array(repeating: 0, count: steps - length)
      }
      let masked = Tensor(hidden, shape: [batch, steps, 1])
      result = result * masked.scaled(by: -1, plus: 1) + masked * pass(embedding)
    }
    if masking.featureShare > 0 {
      let hidden = (0..<batch).flatMap { _ in
        pass.spans(
          in: features, share: masking.featureShare, length: masking.featureLength, least: masking.leastFeatures)
      }
      result = result * Tensor(hidden.map { 1 - $0 }, shape: [batch, 1, features])
    }
    return result
  }
}

extension ForwardPass {
  /// Whether something of this probability happens.
  func draws(probability: Float) -> Bool {
    probability > 0 && drawn { $0.uniform(in: 0..<1) } < Double(probability)
  }

  /// 1 within masked spans and 0 elsewhere. There are share · size / length spans, the fraction decided by chance, and at
  /// least `least`; they start at different places, and may overlap.
  fileprivate func spans(in size: Int, share: Float, length: Int, least: Int) -> [Float] {
    var hidden = [Float](repeating: 0, count: size)
    guard length <= size else { return hidden }
    return drawn { generator in
      let mean = Double(share) * Double(size) / Double(length)
      let count = min(max(Int(mean + generator.uniform(in: 0..<1)), least), size / length, size - length + 1)
      for start in generator.shuffled(0...(size - length)).prefix(count) {
        for step in start..<(start + length) { hidden[step] = 1 }
      }
      return hidden
    }
  }
}
