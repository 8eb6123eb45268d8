import Encoders
import Layers
import Tensors

/// A speech encoder behind its preprocessing, from samples to states.
public final class PreparedEncoder: Layer {
  public let encoder: SpeechEncoder
  public let preprocessing: WaveformPreprocessing

  public var parameters: [Parameter] { encoder.parameters }

  init(
    _ sizes: SpeechEncoderConfiguration, _ preprocessing: WaveformPreprocessing, from source: ParameterSource
  ) throws(ParameterError) {
    self.preprocessing = preprocessing
    encoder = try SpeechEncoder(sizes, from: source)
  }

  /// The states of a batch, one result a group of clips that can be computed together: all of them, or each clip alone
  /// where padding would change what a clip's own steps become.
  func callAsFunction(_ input: NetworkInput, _ pass: ForwardPass) -> [SpeechEncoder.States] {
    if let encoded = input.encoded { return [states(encoded, lengths: input.lengths, pass)] }
    let (groups, areClips) = groups(input, isShare: pass.share != nil)
    func encoded(_ group: Int) -> SpeechEncoder.States {
      encoder(groups[group].waveform, lengths: groups[group].lengths, pass)
    }
    return areClips ? pass.oneByOne(groups.count, encoded) : groups.indices.map(encoded)
  }

  /// The reason why several ranks cannot share a batch; nil where they can.
  var reasonForWholeBatches: String? {
    guard encoder.configuration.positionsHaveBatchNorm, encoder.configuration.paddingChangesSteps else { return nil }
    return
      "its encoder takes clips of several lengths one at a time, and each moves the statistics of a batch norm that "
      + "the next one is trained beside"
  }

  /// The states from a stage on.
  private func states(_ encoded: NetworkInput.Encoded, lengths: [Int]?, _ pass: ForwardPass) -> SpeechEncoder.States {
    let mask = encoder.mask(lengths, steps: encoded.values.shape[1])
    switch encoded.stage {
    case .projected: return encoder.encode(encoded.values, mask: mask, pass)
    case .layer(let first): return encoder.run(encoded.values, from: first, mask: mask, pass)
    case .pooled: return SpeechEncoder.States(pooled: encoded.values)
    }
  }

  /// Clips at a stage, without gradients and as at inference: each [1, steps or states, features].
  public func encoded(_ input: NetworkInput, at stage: EncoderStage) -> [Tensor] {
    groups(input).parts.flatMap { waveform, lengths in
      let projected = encoder.project(waveform, .inference)
      let mask = encoder.mask(lengths, steps: projected.shape[1])
      let values: Tensor
      switch stage {
      case .projected: values = projected
      case .layer(0): values = encoder.enter(projected, mask: mask, .inference)
      case .layer(let index):
        values = encoder.encode(projected, mask: mask, upTo: index, .inference).last
      case .pooled:
        let states = encoder.encode(projected, mask: mask, .inference)
        let means = states.all.map { state in
          state.meanOverSteps(mask).reshaped([state.shape[0], 1, state.shape[2]])
        }
        values = .concatenated(means, axis: 1)
      }
      return (0..<values.shape[0]).map { clip in
        let own = values.slice(axis: 0, clip..<(clip + 1))
        return stage == .pooled ? own : own.slice(axis: 1, 0..<(mask?.lengths[clip] ?? own.shape[1]))
      }
    }
  }

  /// The clips in groups that can be computed together, preprocessed, and whether these are single clips.
  /// - Parameter isShare: Whether the clips are a part of a batch, of which others may be filled up where these are not.
  private func groups(
    _ input: NetworkInput, isShare: Bool = false
  ) -> (parts: [(waveform: Tensor, lengths: [Int]?)], areClips: Bool) {
    let waveform = input[.waveform]
    guard let lengths = input.lengths, isShare || lengths.contains(where: { $0 < waveform.shape[1] }) else {
      return ([(preprocessing(waveform, lengths: nil, scale: input.scale), nil)], false)
    }
    guard encoder.configuration.paddingChangesSteps else {
      return ([(preprocessing(waveform, lengths: lengths, scale: input.scale), lengths)], false)
    }
    let clips: [(waveform: Tensor, lengths: [Int]?)] = lengths.enumerated().map { clip, length in
      let own = waveform.slice(axis: 0, clip..<(clip + 1)).slice(axis: 1, 0..<length)
      return (preprocessing(own, lengths: nil, scale: input.scale), nil)
    }
    return (clips, true)
  }
}

extension SpeechEncoderConfiguration {
  /// Whether zeros after a clip change its own steps, whatever mask there is: group norm counts them, and data2vec-audio's
  /// stacked convolutions turn them into something else than zero.
  var paddingChangesSteps: Bool { convolutionNorm == .group || family == .data2vec }
}
