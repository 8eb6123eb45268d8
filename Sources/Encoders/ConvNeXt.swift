import Basics
import Layers
import Tensors

/// The convolutional network of Liu et al. 2022 (arXiv:2201.03545) without its head. Names of parameters and values of
/// states are those of Hugging Face's transformers. The published models have no stochastic depth (`drop_path_rate` 0), so
/// there is none here.
public final class ConvNeXt: Layer {
  public let configuration: ConvNeXtConfiguration
  private let embedding: PatchConvolution
  private let embeddingNorm: LayerNormalization
  private let stages: [Stage]
  private let norm: LayerNormalization
  public let parameters: [Parameter]

  public init(_ sizes: ConvNeXtConfiguration, from source: ParameterSource) throws(ParameterError) {
    configuration = sizes
    let embeddings = source.part("embeddings")
    embedding = try PatchConvolution(
      from: sizes.channels, to: sizes.widths[0], side: sizes.patch, from: embeddings.part("patch_embeddings"))
    embeddingNorm = try LayerNormalization(
      shape: [sizes.widths[0]], epsilon: normEpsilon, from: embeddings.part("layernorm"))
    stages = try source.parts("encoder.stages", count: sizes.widths.count).enumerated().map {
      (index, source) throws(ParameterError) in
      try Stage(
        from: index == 0 ? nil : sizes.widths[index - 1], to: sizes.widths[index], depth: sizes.depths[index],
        sizes, from: source)
    }
    norm = try LayerNormalization(
      shape: [sizes.widths.last!], epsilon: sizes.normEpsilon, from: source.part("layernorm"))
    parameters = source.taken
  }

  /// Images [batch, channels, rows, columns] → the embedding and the output of each stage, each [batch, rows′, columns′,
  /// channels]. An observer receives the stages' as maps.
  public func callAsFunction(_ image: Tensor, _ pass: ForwardPass) -> [Tensor] {
    demand(
      image.rank == 4 && configuration.positions(image.shape[2]) > 0 && configuration.positions(image.shape[3]) > 0,
      "an image of \(image.shape) for patches that lead to \(configuration.stride) pixels a position")
    let embedded = embeddingNorm(embedding(image.permuted([0, 2, 3, 1]), pass), pass)
    return stages.enumerated().reduce(into: [embedded]) { states, stage in
      states.append(
        pass.observed(channelsLast: stage.element(states.last!, pass), as: "encoder.stages.\(stage.offset)"))
    }
  }

  /// The parameters of all but the last so many blocks, of all but the embedding at most.
  public func parameters(belowLast count: Int) -> [Parameter] {
    var parts = [embedding.parameters + embeddingNorm.parameters] + stages.flatMap(\.parts)
    parts[parts.count - 1] += norm.parameters
    return parts.dropLast(min(count, parts.count - 1)).flatMap(\.self)
  }

  /// The last stage's output [batch, rows, columns, channels] → the norm of its mean over positions, [batch, channels]:
  /// what a head reads.
  public func pooled(_ last: Tensor, _ pass: ForwardPass) -> Tensor {
    norm(last.mean(axes: [1, 2]).reshaped([last.shape[0], -1]), pass)
  }
}

/// The ε of all norms but the last, which transformers does not take from the configuration.
private let normEpsilon: Float = 1e-6

/// A convolution whose stride is its kernel's side, so that no two outputs read the same input: [batch, rows, columns,
/// channels] → [batch, ⌊rows/side⌋, ⌊columns/side⌋, filters], with PyTorch's weights of a `Conv2d`.
private final class PatchConvolution: Layer {
  private let weight, bias: Parameter
  private let side: Int
  let parameters: [Parameter]

  init(from channels: Int, to filters: Int, side: Int, from source: ParameterSource) throws(ParameterError) {
    self.side = side
    let initial = InitialValue.normal(deviation: initialDeviation)
    weight = try source.parameter("weight", [filters, channels, side, side], initial)
    bias = try source.parameter("bias", [filters], .zeros)
    parameters = [weight, bias]
  }

  func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor {
    let (batch, rows, columns, channels) = (x.shape[0], x.shape[1] / side, x.shape[2] / side, x.shape[3])
    let whole = x.slice(axis: 1, 0..<(rows * side)).slice(axis: 2, 0..<(columns * side))
    // The pixels of a patch one after the other are the steps that one output reads.
    let steps = whole.reshaped([batch, rows, side, columns, side, channels]).permuted([0, 1, 3, 2, 4, 5])
      .reshaped([batch, rows * columns * side * side, channels])
    let taps = pass(weight).reshaped([weight.shape[0], channels, side * side])
    return steps.convolvedSteps(
      with: taps, bias: pass(bias), stride: side * side, precision: pass.precision
    )
    .reshaped([batch, rows, columns, weight.shape[0]])
  }
}

/// The standard deviation of new weights (`initializer_range`); new biases are 0.
private let initialDeviation: Float = 0.02

/// A norm and a convolution that halve rows and columns, but in the first stage, and blocks.
private final class Stage: Layer {
  private let halving: (norm: LayerNormalization, convolution: PatchConvolution)?
  private let blocks: [Block]
  let parameters: [Parameter]

  /// - Parameter inputs: Channels of the stage before; nil for the first stage.
  init(
    from inputs: Int?, to width: Int, depth: Int, _ sizes: ConvNeXtConfiguration, from source: ParameterSource
  ) throws(ParameterError) {
    halving = try inputs.map { (inputs) throws(ParameterError) in
      (
        try LayerNormalization(shape: [inputs], epsilon: normEpsilon, from: source.part("downsampling_layer.0")),
        try PatchConvolution(from: inputs, to: width, side: 2, from: source.part("downsampling_layer.1"))
      )
    }
    blocks = try source.parts("layers", count: depth).map { (source) throws(ParameterError) in
      try Block(width, sizes, from: source)
    }
    parameters = source.taken
  }

  /// The parameters of each block, the first with what stands before it.
  var parts: [[Parameter]] {
    let before = halving.map { $0.norm.parameters + $0.convolution.parameters } ?? []
    return [before + blocks[0].parameters] + blocks.dropFirst().map(\.parameters)
  }

  func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor {
    let halved = halving.map { $0.convolution($0.norm(x, pass), pass) } ?? x
    return blocks.reduce(halved) { x, block in pass.recomputing([x], through: block) { block($0[0], $1) } }
  }
}

/// x + γ ∘ W₂ gelu(W₁ norm(w ∗ x)), w a 7×7 convolution of each channel by itself.
private final class Block: Layer {
  private let weight, bias: Parameter
  private let scale: Parameter?
  private let norm: LayerNormalization
  private let widening, narrowing: Linear
  private let activation: SpeechEncoderConfiguration.Activation
  let parameters: [Parameter]

  init(_ width: Int, _ sizes: ConvNeXtConfiguration, from source: ParameterSource) throws(ParameterError) {
    scale =
      sizes.firstScale > 0
      ? try source.parameter(
        "layer_scale_parameter", [width], .values(Array(repeating: sizes.firstScale, count: width))) : nil
    let own = source.part("dwconv")
    weight = try own.parameter("weight", [width, 1, 7, 7], .normal(deviation: initialDeviation))
    bias = try own.parameter("bias", [width], .zeros)
    norm = try LayerNormalization(shape: [width], epsilon: normEpsilon, from: source.part("layernorm"))
    widening = try Linear(from: width, to: 4 * width, from: source.part("pwconv1"))
    narrowing = try Linear(from: 4 * width, to: width, from: source.part("pwconv2"))
    activation = sizes.activation
    parameters = source.taken
  }

  func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor {
    let mixed = norm(x.convolvedDepthwise(with: pass(weight), bias: pass(bias)), pass)
    let y = narrowing(activation(widening(mixed, pass)), pass)
    return x + (scale.map { y * pass($0) } ?? y)
  }
}

extension ForwardPass {
  /// An output [batch, rows, columns, channels], which an observer receives, and replaces, as a map [batch, channels, rows,
  /// columns].
  fileprivate func observed(channelsLast output: Tensor, as layer: String) -> Tensor {
    guard isObserved else { return output }
    return observed(output.permuted([0, 3, 1, 2]), as: layer, .map).permuted([0, 2, 3, 1])
  }
}
