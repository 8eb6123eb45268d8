import Layers
import Tensors

/// What a step knows of its place: a convolution over its neighbours, added to it. [batch, steps, features], the same
/// shape out.
protocol PositionalConvolution: Layer {
  func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor
}

extension SpeechEncoderConfiguration {
  func makePositions(from source: ParameterSource) throws(ParameterError) -> any PositionalConvolution {
    if family == .data2vec { return try StackedPositions(self, from: source) }
    return try GroupedPositions(self, from: source)
  }
}

/// Zeros around a convolution whose output is as long as its input: PyTorch's ⌊taps / 2⌋ on both sides, and for an even
/// number of taps one output less at the end.
private func samePadding(taps: Int) -> (before: Int, after: Int) { (taps / 2, (taps - 1) / 2) }

/// One grouped convolution with many taps, its weights normalised for each tap, or a batch norm in front of it.
final class GroupedPositions: PositionalConvolution {
  private enum Weight {
    /// w = g v / ‖v‖, the norm over filters and channels of each tap (Salimans and Kingma 2016).
    case normalized(scale: Parameter, direction: Parameter)
    case plain(Parameter, BatchNorm)
  }

  private struct BatchNorm {
    let scale, shift: Parameter
    let statistics: RunningStatistics

    init(_ width: Int, from source: ParameterSource) throws(ParameterError) {
      scale = try source.parameter("weight", [width], .ones)
      shift = try source.parameter("bias", [width], .zeros)
      statistics = try RunningStatistics(width, from: source)
    }

    /// Over all of a batch's steps, the filling too, as transformers does.
    func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor {
      func normed(_ mean: Tensor, _ variance: Tensor) -> Tensor {
        (x - mean) / (variance + 1e-5).squareRoot() * pass(scale) + pass(shift)  // ε is PyTorch's default
      }
      guard pass.purpose == .training else { return normed(statistics.mean.value, statistics.variance.value) }
      let count = (pass.share?.whole ?? x.shape[0]) * x.shape[1]
      func mean(_ x: Tensor) -> Tensor {
        guard let share = pass.share else { return x.mean(axes: [0, 1]) }
        return x.sum(axes: [0, 1]).summed(over: share).scaled(by: 1 / Float(count))
      }
      let center = mean(x)
      let variance = mean((x - center).squared())
      statistics.follow(
        mean: center.detached.reshaped([-1]), variance: variance.detached.reshaped([-1]), count: count)
      return normed(center, variance)
    }
  }

  private let weight: Weight
  private let bias: Parameter
  private let groups, taps: Int
  private let activation: SpeechEncoderConfiguration.Activation
  let parameters: [Parameter]
  private var folded: (weight: Tensor, versions: [Int])?

  init(_ sizes: SpeechEncoderConfiguration, from source: ParameterSource) throws(ParameterError) {
    (groups, taps, activation) = (sizes.positionGroups, sizes.positions, sizes.convolutionActivation)
    let width = sizes.hiddenSize
    let shape = [width, width / groups, taps]
    let initial = InitialValue.normal(deviation: 2 * (1 / Float(taps * width)).squareRoot())
    let own = source.part("conv")
    if sizes.positionsHaveBatchNorm {
      let norm = try BatchNorm(width, from: source.part("batch_norm"))
      bias = try own.parameter("bias", [width], .zeros)
      weight = .plain(try own.parameter("weight", shape, initial), norm)
    } else {
      bias = try own.parameter("bias", [width], .zeros)
      let direction = try own.parameter(WeightNormNames.direction, shape, initial)
      // A drawn scale is the direction's norm, so that the weights start as they are drawn.
      let drawn = source.isDrawn ? InitialValue.values(Self.norm(direction.value).floats) : .ones
      let scale = try own.parameter(WeightNormNames.scale, [1, 1, taps], drawn)
      weight = .normalized(scale: scale, direction: direction)
    }
    parameters = source.taken
  }

  /// ‖v‖ of each tap, [1, 1, taps].
  private static func norm(_ direction: Tensor) -> Tensor { direction.squared().sum(axes: [0, 1]).squareRoot() }

  func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor {
    let x = if case .plain(_, let norm) = weight { norm(x, pass) } else { x }
    return activation(
      x.convolvedSteps(
        with: weight(pass), bias: pass(bias), padding: samePadding(taps: taps), groups: groups,
        precision: pass.precision))
  }

  private func weight(_ pass: ForwardPass) -> Tensor {
    switch weight {
    case .plain(let weight, _): return pass(weight)
    case .normalized(let scale, let direction):
      if pass.learns(scale) || pass.learns(direction) {
        return pass(scale) * pass(direction) / Self.norm(pass(direction))
      }
      let versions = [scale.version, direction.version]
      if let folded, folded.versions == versions { return folded.weight }
      let made = scale.value * direction.value / Self.norm(direction.value)
      folded = (made, versions)
      return made
    }
  }
}

/// data2vec-audio's: several grouped convolutions, each with a layer norm without weights and an activation.
final class StackedPositions: PositionalConvolution {
  private let layers: [(weight: Parameter, bias: Parameter)]
  private let groups, taps: Int
  private let activation: SpeechEncoderConfiguration.Activation
  let parameters: [Parameter]

  init(_ sizes: SpeechEncoderConfiguration, from source: ParameterSource) throws(ParameterError) {
    (groups, taps, activation) = (sizes.positionGroups, sizes.positionKernel, sizes.convolutionActivation)
    let width = sizes.hiddenSize
    let initial = InitialValue.kaiming(fanIn: width / groups * taps)
    var made: [(Parameter, Parameter)] = []
    for own in source.parts("layers", count: sizes.positions) {
      made.append(
        (
          try own.parameter("conv.weight", [width, width / groups, taps], initial),
          try own.parameter("conv.bias", [width], initial)
        ))
    }
    layers = made
    parameters = source.taken
  }

  func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor {
    layers.reduce(x) { x, layer in
      let sum = x.convolvedSteps(
        with: pass(layer.weight), bias: pass(layer.bias), padding: samePadding(taps: taps), groups: groups,
        precision: pass.precision)
      return activation(sum.standardized(epsilon: 1e-5))
    }
  }
}

/// The names under which PyTorch stores a normalised weight.
public enum WeightNormNames {
  public static let scale = "parametrizations.weight.original0"
  public static let direction = "parametrizations.weight.original1"

  /// The arrays of a checkpoint with PyTorch's older names in today's form.
  public static func renewed<Value>(_ arrays: [String: Value]) -> [String: Value] {
    Dictionary(
      arrays.map { name, value in
        for (old, new) in [("weight_g", scale), ("weight_v", direction)] where name.hasSuffix("conv.\(old)") {
          return (String(name.dropLast(old.count)) + new, value)
        }
        return (name, value)
      }, uniquingKeysWith: { first, _ in first })
  }
}
