import Basics
import Kernels

/// A convolution (cross-correlation) of each channel of [batch, rows, columns, channels] with weights of its own,
/// PyTorch's [channels, 1, side, side] of a `Conv2d` with as many groups as channels; "same" padding.
private struct DepthwiseSum: WeightedSum {
  let weight: Tensor
  let bias: Tensor?
  let channelAxis = 3

  private func shape(_ x: Tensor) -> kernel_depthwise {
    kernel_depthwise(
      batch: x.shape[0], rows: x.shape[1], columns: x.shape[2], channels: x.shape[3], side: weight.shape[2])
  }

  func apply(_ x: Tensor, _ part: WeightPart, bias hasBias: Bool) -> Tensor {
    run(x, part(weight), bias: hasBias ? bias.map { part($0) } : nil, isRotated: false)
  }

  /// An output reads the input at a tap's offset, and so an input's gradient reads the outputs' at the opposite one.
  func transpose(_ dy: Tensor, _ part: WeightPart) -> Tensor { run(dy, part(weight), bias: nil, isRotated: true) }

  private func run(_ x: Tensor, _ weight: Tensor, bias: Tensor?, isRotated: Bool) -> Tensor {
    let (x, weight, bias) = (x.rowMajor, weight.rowMajor, bias?.rowMajor)
    var shape = shape(x)
    return Tensor(x.shape) {
      kernel_depthwise_forward(
        x.storage.pointer, weight.storage.pointer, isRotated ? 1 : 0, bias?.storage.pointer, $0, &shape)
    }
  }

  func weightGradient(_ x: Tensor, _ dy: Tensor) -> Tensor {
    let (x, dy) = (x.rowMajor, dy.rowMajor)
    var shape = shape(x)
    return Tensor(weight.shape) {
      kernel_depthwise_weight_gradient(x.storage.pointer, dy.storage.pointer, $0, &shape)
    }
  }
}

extension Tensor {
  /// The cross-correlation of each channel of [batch, rows, columns, channels] with its own of the weights [channels, 1,
  /// side, side], side odd, with ⌊side/2⌋ zeros around, plus `bias` [channels]: the same shape.
  public func convolvedDepthwise(with weight: Tensor, bias: Tensor? = nil) -> Tensor {
    let channels = shape.last ?? 0
    demand(
      rank == 4 && weight.rank == 4 && weight.shape[..<2] == [channels, 1] && weight.shape[2] == weight.shape[3]
        && weight.shape[2] % 2 == 1 && (bias.map { $0.shape == [channels] } ?? true),
      "a depthwise convolution of \(shape) with \(weight.shape) and a bias of \(bias?.shape ?? [])")
    let x = detached
    let sum = DepthwiseSum(weight: weight.detached, bias: bias?.detached)
    let y = sum.apply(x, .all, bias: true)
    return y.recorded(
      from: [self, weight] + (bias.map { [$0] } ?? []), as: .weighted(sum, x: x, y: y, by: \.convolutions)
    ) { dy, wanted in
      [wanted[0] ? sum.transpose(dy, .all) : nil, wanted[1] ? sum.weightGradient(x, dy) : nil]
        + wanted.dropFirst(2).map { $0 ? sum.biasGradient(dy) : nil }
    }
  }
}
