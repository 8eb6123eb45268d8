import Layers
import Tensors

/// The convolutions from the waveform to a step each 20 ms, each with an activation, and as the configuration has it with
/// a norm: [batch, samples] → [batch, steps, width].
final class WaveformConvolutions: Layer {
  private struct Convolution {
    let weight: Parameter
    let bias: Parameter?
    let norm: (weight: Parameter, bias: Parameter)?
    let stride: Int
  }

  private let layers: [Convolution]
  private let norm: SpeechEncoderConfiguration.ConvolutionNorm
  private let activation: SpeechEncoderConfiguration.Activation
  let parameters: [Parameter]

  init(_ sizes: SpeechEncoderConfiguration, from source: ParameterSource) throws(ParameterError) {
    (norm, activation) = (sizes.convolutionNorm, sizes.convolutionActivation)
    var made: [Convolution] = []
    for (i, own) in source.parts("conv_layers", count: sizes.convolutionWidths.count).enumerated() {
      let (from, to) = (i == 0 ? 1 : sizes.convolutionWidths[i - 1], sizes.convolutionWidths[i])
      let initial = InitialValue.kaiming(fanIn: from * sizes.convolutionKernels[i])
      let weight = try own.parameter("conv.weight", [to, from, sizes.convolutionKernels[i]], initial)
      let bias = sizes.convolutionsHaveBias ? try own.parameter("conv.bias", [to], initial) : nil
      var norm: (Parameter, Parameter)?
      if sizes.convolutionNorm == .layer || i == 0 {
        norm = (try own.parameter("layer_norm.weight", [to], .ones), try own.parameter("layer_norm.bias", [to], .zeros))
      }
      made.append(Convolution(weight: weight, bias: bias, norm: norm, stride: sizes.convolutionStrides[i]))
    }
    layers = made
    parameters = source.taken
  }

  func callAsFunction(_ waveform: Tensor, _ pass: ForwardPass) -> Tensor {
    layers.reduce(waveform.reshaped([waveform.shape[0], waveform.shape[1], 1])) { x, layer in
      // Eight bits of a sample are too few, and such short sums gain nothing by them.
      let precision = x.shape[2] == 1 ? .float32 : pass.precision
      var x = x.convolvedSteps(
        with: pass(layer.weight), bias: layer.bias.map { pass($0) }, stride: layer.stride, precision: precision)
      if let (weight, bias) = layer.norm {
        // PyTorch's default epsilon, whatever layer_norm_eps says.
        x = (norm == .layer ? x.standardized(epsilon: 1e-5) : x.standardized(axis: 1, epsilon: 1e-5))
          .scaled(by: pass(weight), plus: pass(bias))
      }
      return activation(x)
    }
  }
}

extension SpeechEncoderConfiguration.Activation {
  func callAsFunction(_ x: consuming Tensor) -> Tensor {
    switch self {
    case .gelu: x.gelu()
    case .relu: x.relu()
    }
  }
}
