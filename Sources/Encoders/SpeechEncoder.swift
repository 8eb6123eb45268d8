import Basics
import Layers
import Tensors

/// The encoder of HuBERT, wav2vec 2.0, UniSpeech-SAT, WavLM and data2vec-audio: convolutions over the waveform, a projection,
/// positions, and transformer layers over steps of 20 ms. Names of parameters and values of states are those of Hugging
/// Face's transformers up to 5.15.0.
public final class SpeechEncoder: Layer {
  public let configuration: SpeechEncoderConfiguration
  private let convolutions: WaveformConvolutions
  private let projectionNorm: LayerNormalization?
  private let projection: Linear
  private let masking: SpecAugment?
  private let positions: any PositionalConvolution
  private let norm: LayerNormalization
  private let relativePositions: RelativePositions?
  private let layers: [EncoderLayer]
  public let parameters: [Parameter]

  public init(_ sizes: SpeechEncoderConfiguration, from source: ParameterSource) throws(ParameterError) {
    configuration = sizes
    let width = sizes.hiddenSize
    convolutions = try WaveformConvolutions(sizes, from: source.part("feature_extractor"))
    let features = sizes.convolutionWidths.last!
    let projecting = source.part("feature_projection")
    projectionNorm =
      sizes.projectionHasNorm
      ? try LayerNormalization(shape: [features], epsilon: sizes.normEpsilon, from: projecting.part("layer_norm")) : nil
    projection = try Linear(from: features, to: width, from: projecting.part("projection"))
    masking = try SpecAugment(sizes, from: source)
    let encoder = source.part("encoder")
    positions = try sizes.makePositions(from: encoder.part("pos_conv_embed"))
    norm = try LayerNormalization(shape: [width], epsilon: sizes.normEpsilon, from: encoder.part("layer_norm"))
    relativePositions =
      sizes.family == .wavLM
      ? try RelativePositions(sizes, from: encoder.part("layers.0.attention.rel_attn_embed")) : nil
    layers = try encoder.parts("layers", count: sizes.layerCount).map { (source) throws(ParameterError) in
      try EncoderLayer(sizes, from: source)
    }
    parameters = source.taken
  }

  /// The output of each part of the encoder for a batch.
  public struct States {
    /// [batch, steps, features] each: the first layer's input, then each layer's output; where norms stand before the
    /// layers, the last is normalised.
    public let all: [Tensor]
    /// The steps of each clip; nil where all are of one length.
    public let mask: StepMask?

    init(all: [Tensor], mask: StepMask?) { (self.all, self.mask) = (all, mask) }

    /// States of a single step each, of which [batch, states, features] are the means.
    public init(pooled: Tensor) {
      self.init(all: (0..<pooled.shape[1]).map { pooled.slice(axis: 1, $0..<($0 + 1)) }, mask: nil)
    }

    /// The last layer's output.
    public var last: Tensor { all.last! }
  }

  /// Waveforms [batch, samples] → states.
  /// - Parameter lengths: The samples of each clip; nil where nothing is filled up, or where the filling is a part of the
  ///   clips.
  public func callAsFunction(_ waveform: Tensor, lengths: [Int]? = nil, _ pass: ForwardPass) -> States {
    let projected = project(waveform, pass)
    return encode(projected, mask: mask(lengths, steps: projected.shape[1]), pass)
  }

  /// The mask of clips of so many samples in a batch of `steps` steps; nil where nothing is filled up.
  public func mask(_ lengths: [Int]?, steps: Int) -> StepMask? {
    lengths.map { StepMask(lengths: $0.map { max(1, configuration.steps(samples: $0)) }, steps: steps) }
  }

  /// Waveforms [batch, samples] → the convolutions' features, projected: [batch, steps, features].
  public func project(_ waveform: Tensor, _ pass: ForwardPass) -> Tensor {
    let convolved = convolutions(waveform, pass)
    let normed = projectionNorm.map { $0(convolved, pass) } ?? convolved
    return pass.observed(
      projection(normed, pass), as: "feature_projection", .tokens(tokens(steps: convolved.shape[1])))
  }

  /// The projected features → states of all layers, or of the first so many.
  public func encode(
    _ projected: Tensor, mask: StepMask?, upTo count: Int? = nil, _ pass: ForwardPass
  ) -> States {
    run(enter(projected, mask: mask, pass), from: 0, upTo: count, mask: mask, pass)
  }

  /// The projected features → the first layer's input.
  public func enter(_ projected: Tensor, mask: StepMask?, _ pass: ForwardPass) -> Tensor {
    var x = projected.dropout(configuration.projectionDropout, pass)
    if pass.purpose == .training, let masking { x = masking(x, mask, pass) }
    if let mask { x = x * mask.kept }
    x = x + positions(x, pass)
    if !configuration.isPreNorm { x = norm(x, pass) }
    return x.dropout(configuration.hiddenDropout, pass)
  }

  /// The states from the input of layer `first` on: the first of them is that input.
  public func run(
    _ input: Tensor, from first: Int, upTo count: Int? = nil, mask: StepMask?, _ pass: ForwardPass
  ) -> States {
    let steps = input.shape[1]
    let tokens = tokens(steps: steps)
    let distances = relativePositions?(steps: steps, pass)
    var states = [input]
    for (index, layer) in layers.enumerated().prefix(count ?? layers.count).dropFirst(first) {
      let isDropped =
        pass.purpose == .training && pass.draws(probability: configuration.layerDrop)
        // WavLM never drops the layer that has the table of distances.
        && !(configuration.family == .wavLM && index == 0)
      var x = states.last!
      if !isDropped {
        let name = "encoder.layers.\(index)"
        x = pass.recomputing([x] + [distances].compactMap(\.self), through: layer) { inputs, pass in
          layer(inputs[0], positions: inputs.dropFirst().first, mask: mask, name: name, tokens: tokens, pass)
        }
        x = pass.observed(x, as: name, .tokens(tokens))
      }
      if index == layers.count - 1, configuration.isPreNorm { x = norm(x, pass) }
      states.append(x)
    }
    return States(all: states, mask: mask)
  }

  /// The parts in the order in which they run, each with the stage that it leads to.
  private var parts: [(layers: [any Layer], end: EncoderStage)] {
    let last = layers.count - 1
    func optional(_ layer: (any Layer)?) -> [any Layer] { layer.map { [$0] } ?? [] }
    return [
      ([convolutions, projection] + optional(projectionNorm), .projected),
      ([positions] + optional(masking) + optional(configuration.isPreNorm ? nil : norm), .layer(0)),
    ]
      + layers.enumerated().map { index, layer in
        (
          [layer] + optional(index == last && configuration.isPreNorm ? norm : nil),
          index == last ? .pooled : .layer(index + 1)
        )
      }
  }

  /// The last stage before which no parameter learns; nil where the convolutions or the projection do.
  public func frozenStage(_ learns: (Parameter) -> Bool) -> EncoderStage? {
    parts.prefix { !$0.layers.flatMap(\.parameters).contains(where: learns) }.last?.end
  }

  /// The parameters of all parts but the last so many layers.
  public func parameters(belowLast count: Int) -> [Parameter] {
    demand((0...layers.count).contains(count), "the last \(count) of \(layers.count) layers")
    return parts.dropLast(count).flatMap(\.layers).flatMap(\.parameters)
  }

  /// The steps as tokens along the clip's time.
  public func tokens(steps: Int) -> [TokenGroup] {
    let rate = Double(SpeechEncoderConfiguration.sampleRate)
    return [
      TokenGroup(
        "waveform", columns: steps, hop: Double(configuration.hopSamples) / rate,
        start: Double(configuration.windowSamples) / 2 / rate)
    ]
  }
}

extension SpeechEncoderConfiguration {
  /// The only rate, in Hz, at which these encoders are trained.
  public static let sampleRate = 16_000
}
