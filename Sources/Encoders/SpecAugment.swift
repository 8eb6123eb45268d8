import Basics
import Layers
import Ranks
import Tensors

/// Masks of training (Park et al. 2019; Baevski et al. 2020, appendix B): spans of steps get a learned vector, spans of
/// features zero.
final class SpecAugment: Layer {
  private let embedding: Parameter
  private let masking: SpeechEncoderConfiguration.Masking
  /// Whether spans lie within each clip's own steps. transformers draws HuBERT's over the filling too.
  private let keepsToClips: Bool
  let parameters: [Parameter]

  /// Nil where the configuration masks nothing, and the checkpoint has no vector.
  init?(_ sizes: SpeechEncoderConfiguration, from source: ParameterSource) throws(ParameterError) {
    (masking, keepsToClips) = (sizes.masking, sizes.family != .hubert)
    guard source.has("masked_spec_embed", orDraws: masking.timeShare > 0 || masking.featureShare > 0) else {
      return nil
    }
    embedding = try source.parameter("masked_spec_embed", [sizes.hiddenSize], .uniform(bound: 1))
    parameters = [embedding]
  }

  /// [batch, steps, features] with masks, the same shape out.
  func callAsFunction(_ x: Tensor, _ mask: StepMask?, _ pass: ForwardPass) -> Tensor {
    guard masking.isApplied else { return x }
    let (own, steps, features) = (x.shape[0], x.shape[1], x.shape[2])
    let batch = pass.share?.whole ?? own
    var result = x
    if masking.timeShare > 0 {
      var lengths = keepsToClips ? mask?.lengths : nil
      if let share = pass.share { lengths = lengths.map { share.gathered($0) } }
      let drawn = pass.drawn { generator in
        masking.time.mask(lengths ?? Array(repeating: steps, count: batch), of: steps, using: &generator)
      }
      let masked = pass.own(drawn).reshaped([own, steps, 1])
      result = result * masked.scaled(by: -1, plus: 1) + masked * pass(embedding)
    }
    if masking.featureShare > 0 {
      let drawn = pass.drawn { generator in
        masking.feature.mask(Array(repeating: features, count: batch), of: features, using: &generator)
      }
      let masked = pass.own(drawn).reshaped([own, 1, features])
      result = result * masked.scaled(by: -1, plus: 1)
    }
    return result
  }
}

/// Random spans of equal length along one axis of a batch.
struct MaskSpans {
  /// The share of places that the spans would cover if they never overlapped.
  let share: Float
  /// The places of a span.
  let length: Int
  /// The least number of spans in a clip.
  let least: Int

  /// Where spans start in each clip, as transformers' `_compute_mask_indices` draws it: share · clip / length of them,
  /// the fraction rounded by one chance for the whole batch, at different places.
  /// - Parameters:
  ///   - clips: Places of each clip.
  ///   - size: Places of the batch, which limit the spans' number. Where they are fewer than a span has, there is none.
  func starts(in clips: [Int], of size: Int, using generator: inout SeededGenerator) -> [[Int]] {
    let chance = generator.uniform()
    return clips.map { clip in
      let wanted = max(Int(Double(share) * Double(clip) / Double(length) + chance), least)
      return Array(generator.shuffled(0..<max(0, clip - length + 1)).prefix(min(wanted, size / length)))
    }
  }

  /// 1 within spans and 0 elsewhere, [clips, size].
  func mask(_ clips: [Int], of size: Int, using generator: inout SeededGenerator) -> Tensor {
    var mask = [Float](repeating: 0, count: clips.count * size)
    for (clip, starts) in starts(in: clips, of: size, using: &generator).enumerated() {
      for start in starts {
        for place in start..<(start + length) { mask[clip * size + place] = 1 }
      }
    }
    return Tensor(mask, shape: [clips.count, size])
  }
}

extension SpeechEncoderConfiguration.Masking {
  var time: MaskSpans { MaskSpans(share: timeShare, length: timeLength, least: leastTimes) }
  var feature: MaskSpans { MaskSpans(share: featureShare, length: featureLength, least: leastFeatures) }
}

extension ForwardPass {
  /// Whether something of this probability happens.
  func draws(probability: Float) -> Bool {
    probability > 0 && drawn { $0.uniform(in: 0..<1) } < Double(probability)
  }
}
