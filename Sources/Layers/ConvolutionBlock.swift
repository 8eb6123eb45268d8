import Basics
import Tensors

/// Sizes of a kernel: rows × columns.
public struct Kernel: Hashable, Sendable {
  public let rows, columns: Int

  public init(_ rows: Int, _ columns: Int) { (self.rows, self.columns) = (rows, columns) }
}

/// The pooling at the end of a block.
public enum BlockPooling: Sendable {
  case none
  /// Windows of rows × columns side by side; a remainder is left out.
  case windows(Pooling)
  /// One average over all rows and columns.
  case global

  func windows(over shape: [Int]) -> Pooling {
    switch self {
    case .none: .none
    case .windows(let pooling): pooling
    case .global: Pooling(.average, rows: shape[2], columns: shape[3])
    }
  }
}

/// The report's local feature learning block: "same" convolution, batch norm, ReLU, pooling, as one layer.
///
/// Several parallel paths over a one-channel image are one block too: everything after the convolution works channel by
/// channel, so that the paths' outputs are concatenated from the start.
public final class ConvolutionBlock: Layer {
  /// One convolution with its norm, under PyTorch's names `conv` and `norm`.
  private struct Path {
    let weight, bias: Parameter
    let scale, shift: Parameter
    let statistics: RunningStatistics
    let padding: Padding

    init(
      from channels: Int, to filters: Int, kernel: Kernel, from source: ParameterSource
    ) throws(ParameterError) {
      let initial = InitialValue.kaiming(fanIn: channels * kernel.rows * kernel.columns)
      weight = try source.parameter("conv.weight", [filters, channels, kernel.rows, kernel.columns], initial)
      bias = try source.parameter("conv.bias", [filters], initial)
      scale = try source.parameter("norm.weight", [filters], .ones)
      shift = try source.parameter("norm.bias", [filters], .zeros)
      statistics = try RunningStatistics(filters, from: source.part("norm"))
      padding = .same(kernelRows: kernel.rows, kernelColumns: kernel.columns)
    }
  }

  private let paths: [Path]
  public let parameters: [Parameter]
  private let pooling: BlockPooling
  private let epsilon: Float = 1e-5  // PyTorch's default, so checkpoints agree

  private var folded: (convolution: FoldedConvolution, versions: [Int])?

  /// A block of one path.
  public convenience init(
    from channels: Int, to filters: Int, kernel: Kernel, pooling: BlockPooling = .none, from source: ParameterSource
  ) throws(ParameterError) {
    self.init(
      [try Path(from: channels, to: filters, kernel: kernel, from: source)], pooling, parameters: source.taken)
  }

  /// Parallel paths of `filters` channels each over a one-channel image, their outputs concatenated; their parameters are
  /// named 0, 1, 2 …
  public convenience init(
    parallelKernels kernels: [Kernel], filters: Int, pooling: BlockPooling = .none, from source: ParameterSource
  ) throws(ParameterError) {
    let paths = try kernels.enumerated().map { (number, kernel) throws(ParameterError) in
      try Path(from: 1, to: filters, kernel: kernel, from: source.part(String(number)))
    }
    self.init(paths, pooling, parameters: source.taken)
  }

  private init(_ paths: [Path], _ pooling: BlockPooling, parameters: [Parameter]) {
    (self.paths, self.pooling, self.parameters) = (paths, pooling, parameters)
  }

  /// [batch, channels, rows, columns] → [batch, filters of all paths, rows', columns'].
  public func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor {
    let windows = pooling.windows(over: x.shape)
    if pass.purpose == .training { return trained(x, windows, pass) }
    if parameters.contains(where: pass.learns) { return unfolded(x, windows, pass) }
    let folded = foldedConvolution()
    return pass.rule == .derivative ? folded(x, pooling: windows) : folded.stepByStep(x, pooling: windows)
  }

  private func joined(_ parameter: KeyPath<Path, Parameter>, _ pass: ForwardPass) -> Tensor {
    paths.count == 1
      ? pass(paths[0][keyPath: parameter])
      : .concatenated(paths.map { pass($0[keyPath: parameter]) }, axis: 0)
  }

  private func trained(_ x: Tensor, _ windows: Pooling, _ pass: ForwardPass) -> Tensor {
    // The norm subtracts the batch's mean, and the bias with it: it is left out, and its gradient is zero.
    let (result, mean, variance) = x.convolutionBlock(
      paths.map { pass($0.weight) }, paddings: paths.map(\.padding), scale: joined(\.scale, pass),
      shift: joined(\.shift, pass), epsilon: epsilon, pooling: windows, share: pass.share)
    follow(mean, variance, count: (pass.share?.whole ?? x.shape[0]) * x.shape[2] * x.shape[3])
    return result
  }

  /// Moves the running statistics towards a batch's, of all paths' convolutions without their biases.
  private func follow(_ mean: Tensor, _ variance: Tensor, count: Int) {
    var first = 0
    for path in paths {
      let own = first..<(first + path.bias.shape[0])
      first = own.upperBound
      path.statistics.follow(
        mean: mean.slice(axis: 0, own) + path.bias.value, variance: variance.slice(axis: 0, own), count: count)
    }
  }

  /// γ/σ (w ∗ x + b − μ) + β as one convolution: weights w γ/σ, bias (b − μ) γ/σ + β.
  private func foldedConvolution() -> FoldedConvolution {
    let versions = paths.flatMap { path in
      [path.weight, path.bias, path.scale, path.shift, path.statistics.mean, path.statistics.variance].map(\.version)
    }
    if let folded, folded.versions == versions { return folded.convolution }
    var weights: [Tensor] = []
    var biases: [Tensor] = []
    for path in paths {
      let factor = path.scale.value / (path.statistics.variance.value + epsilon).squareRoot()
      weights.append(path.weight.value * factor.reshaped([-1, 1, 1, 1]))
      biases.append((path.bias.value - path.statistics.mean.value) * factor + path.shift.value)
    }
    let made = FoldedConvolution(
      weights: weights, bias: .concatenated(biases, axis: 0), paddings: paths.map(\.padding))
    folded = (made, versions)
    return made
  }

  /// Inference step by step, for gradients at the weights with the running statistics.
  private func unfolded(_ x: Tensor, _ windows: Pooling, _ pass: ForwardPass) -> Tensor {
    func perChannel(_ parameter: KeyPath<Path, Parameter>) -> Tensor {
      joined(parameter, pass).reshaped([-1, 1, 1])
    }
    let y = x.convolved(
      withPaths: paths.map { pass($0.weight) }, bias: joined(\.bias, pass), paddings: paths.map(\.padding))
    let normalized = (y - perChannel(\.statistics.mean)) / (perChannel(\.statistics.variance) + epsilon).squareRoot()
    return (normalized * perChannel(\.scale) + perChannel(\.shift)).relu().pooled(windows)
  }
}

extension [ConvolutionBlock] {
  /// One block after another, observed under the names `name`.0, `name`.1 …
  public func callAsFunction(_ x: Tensor, name: String, _ pass: ForwardPass) -> Tensor {
    enumerated().reduce(x) { x, block in
      pass.observed(block.element(x, pass), as: "\(name).\(block.offset)", .map)
    }
  }
}
