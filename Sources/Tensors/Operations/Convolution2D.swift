import Basics

/// Zeros added around an image, in rows and columns.
public struct Padding: Hashable, Sendable {
  public var top, left, bottom, right: Int

  public init(top: Int, left: Int, bottom: Int, right: Int) {
    (self.top, self.left, self.bottom, self.right) = (top, left, bottom, right)
  }

  /// Equal padding on every side.
  public init(_ each: Int) { self.init(top: each, left: each, bottom: each, right: each) }

  /// Padding that makes the output as large as the input; of an even kernel's odd number of zeros the larger half is
  /// last.
  public static func same(kernelRows: Int, kernelColumns: Int) -> Padding {
    let (top, left) = ((kernelRows - 1) / 2, (kernelColumns - 1) / 2)
    return Padding(top: top, left: left, bottom: kernelRows - 1 - top, right: kernelColumns - 1 - left)
  }
}

/// The linear part of a convolution with its weights, prepared for the library or kernel that computes it.
///
/// Keep one as long as its weights stay the same: it holds them in the layouts that its primitives need.
protocol Convolution: AnyObject {
  /// The weights that it was made from, with their places in the graph.
  var weights: [Tensor] { get }
  /// The padding of each of the weights.
  var paddings: [Padding] { get }
  /// The cross-correlation of `x` [batch, channels, rows, columns] with the weights, plus bias; blocked. Equal
  /// receptive fields must give bit-equal outputs, because max pooling sends its gradient to the first of tied maxima.
  func forward(_ x: Tensor, bias: Tensor?) -> Tensor
  /// pool(relu(w ∗ x + shift)), recorded at `x` only; shift per channel, filled up to whole blocks.
  func block(_ x: Tensor, shift: Tensor, pooling: Pooling) -> Tensor
  /// The gradient at an input of `shape`.
  func inputGradient(_ dy: Tensor, shape: [Int]) -> Tensor
  func weightGradients(_ x: Tensor, _ dy: Tensor) -> [Tensor]
}

extension Convolution {
  /// The convolution of `x`, recorded at the input and the weights.
  func applied(to x: Tensor, bias: Tensor?) -> Tensor {
    let input = x.detached
    let sum = ConvolutionSum(weights: weights.map(\.detached), bias: bias?.detached, paddings: paddings, input: x.shape)
    let y = forward(input, bias: sum.bias)
    return y.recorded(
      from: [x] + weights + (bias.map { [$0] } ?? []), as: .weighted(sum, x: input, y: y, by: \.convolutions)
    ) { dy, wanted in
      let weightsWanted = wanted[1...self.weights.count].contains(true)
      let found =
        weightsWanted ? self.weightGradients(input, dy).map(Optional.some) : self.weights.map { _ in nil }
      let dx = wanted[0] ? self.inputGradient(dy, shape: input.shape) : nil
      return [dx] + found + wanted.dropFirst(1 + self.weights.count).map { $0 ? sum.biasGradient(dy) : nil }
    }
  }
}

/// A convolution of an input of one shape.
private struct ConvolutionSum: WeightedSum {
  let weights: [Tensor]
  let bias: Tensor?
  let paddings: [Padding]
  let input: [Int]
  let channelAxis = 1

  private func convolution(_ part: WeightPart) -> any Convolution {
    makeConvolution(weights.map { part($0) }, paddings)
  }

  func apply(_ x: Tensor, _ part: WeightPart, bias hasBias: Bool) -> Tensor {
    convolution(part).forward(x, bias: hasBias ? bias.map { part($0) } : nil)
  }

  func transpose(_ dy: Tensor, _ part: WeightPart) -> Tensor {
    convolution(part).inputGradient(dy, shape: input)
  }
}

/// A convolution of many channels: by Winograd's algorithm where that is faster, else by oneDNN.
final class DenseConvolution: Convolution {
  let weight: Tensor
  let padding: Padding
  private var packed: [ConvolutionPrimitive.Shape: Storage] = [:]
  private lazy var winograd = WinogradConvolution(weight: weight, rotated: false)
  /// The convolutions for the input's gradient, by the side of their tiles.
  private var winogradGradients: [Int: WinogradConvolution] = [:]

  var weights: [Tensor] { [weight] }
  var paddings: [Padding] { [padding] }

  /// - Parameter weight: [filters, channels, kernel rows, kernel columns].
  init(weight: Tensor, padding: Padding) {
    self.weight = weight.rowMajor
    self.padding = padding
  }

  private func shape(
    _ direction: ConvolutionPrimitive.Shape.Direction, _ input: [Int], bias: Bool = false
  ) -> ConvolutionPrimitive.Shape {
    let w = weight.shape
    demand(input[1] == w[1], "an input of \(input[1]) channels for weights of \(w[1])")
    return .init(
      direction: direction, batch: input[0], channels: w[1], rows: input[2], columns: input[3], filters: w[0],
      kernelRows: w[2], kernelColumns: w[3], padding: padding, bias: bias)
  }

  /// The weights in a primitive's layout, made once.
  private func packedWeights(for primitive: ConvolutionPrimitive) -> Storage {
    if let made = packed[primitive.shape] { return made }
    if packed.count >= 16 { packed.removeAll() }
    let made = Storage(count: primitive.weightCount)
    primitive.reorder(weight.storage.pointer, to: made.pointer)
    packed[primitive.shape] = made
    return made
  }

  private func outputShape(_ x: [Int]) -> [Int] {
    let w = weight.shape
    return [
      x[0], w[0], x[2] + padding.top + padding.bottom - w[2] + 1,
      x[3] + padding.left + padding.right - w[3] + 1,
    ]
  }

  func forward(_ x: Tensor, bias: Tensor?) -> Tensor {
    let x = x.blocked
    let shape = shape(.forward, x.shape, bias: bias != nil)
    if shape.favorsWinograd { return winograd(x, bias: bias) }
    let bias = bias?.rowMajor
    let primitive = ConvolutionPrimitive.cached(shape)
    let weights = packedWeights(for: primitive)
    return Tensor(outputShape(x.shape), layout: .blocked) {
      primitive.run(
        input: x.storage.pointer, weights: weights.pointer, bias: bias?.storage.pointer, output: $0)
    }
  }

  func block(_ x: Tensor, shift: Tensor, pooling: Pooling) -> Tensor {
    let input = x.detached.blocked
    let (y, result): (Tensor?, Tensor)
    if WinogradConvolution.canPool(pooling), shape(.forward, x.shape).favorsWinograd {
      (y, result) = winograd.block(input, shift: shift, pooling: pooling, keepsConvolution: x.isRecorded)
    } else {
      let convolved = forward(input, bias: nil)
      (y, result) = (convolved, activatedPool(convolved, scale: .ones(shift.shape), shift: shift, pooling))
    }
    return result.recorded(from: [x], as: .block) { dz, _ in
      let dy = activatedPoolGradient(
        y!, scale: .ones(shift.shape), shift: shift, dz, factors: .identity(shift.shape), pooling)
      return [self.inputGradient(dy, shape: input.shape)]
    }
  }

  func inputGradient(_ dy: Tensor, shape input: [Int]) -> Tensor {
    let dy = dy.blocked
    let shape = shape(.inputGradient, input)
    if let tile = shape.cheapestTile {
      let made = winogradGradients[tile] ?? WinogradConvolution(weight: weight, rotated: true, tile: tile)
      winogradGradients[tile] = made
      return made(dy)
    }
    let primitive = ConvolutionPrimitive.cached(shape)
    let weights = packedWeights(for: primitive)
    return Tensor(input, layout: .blocked) {
      primitive.run(input: $0, weights: weights.pointer, output: dy.storage.pointer)
    }
  }

  func weightGradients(_ x: Tensor, _ dy: Tensor) -> [Tensor] {
    let (x, dy) = (x.blocked, dy.blocked)
    let shape = shape(.weightGradient, x.shape)
    if let tile = shape.cheapestTile { return [WinogradConvolution.weightGradient(x, dy, tile: tile)] }
    let primitive = ConvolutionPrimitive.cached(shape)
    if primitive.isSlow { return [Self.unfoldedWeightGradient(x, dy, kernel: weight.shape, padding)] }
    let packed = Storage(count: primitive.weightCount)
    primitive.run(input: x.storage.pointer, weights: packed.pointer, output: dy.storage.pointer)
    return [Tensor(weight.shape) { primitive.reorder(packed.pointer, to: $0) }]
  }
}

extension DenseConvolution {
  /// The most floats of the unfolded input at a time.
  private static let unfoldedCount = 1 << 23

  /// The gradient at weights of shape `kernel` as a product: dy [filters, places] by what each place reads of the input,
  /// [places, channels × kernel rows × kernel columns], some clips at a time.
  static func unfoldedWeightGradient(_ x: Tensor, _ dy: Tensor, kernel: [Int], _ padding: Padding) -> Tensor {
    let (x, dy) = (x.rowMajor, dy.rowMajor)
    let (channels, rows, columns) = (x.shape[1], x.shape[2], x.shape[3])
    let (outRows, outColumns) = (dy.shape[2], dy.shape[3])
    let (kernelRows, kernelColumns) = (kernel[2], kernel[3])
    let (taps, places) = (channels * kernelRows * kernelColumns, outRows * outColumns)
    let atOnce = max(1, unfoldedCount / (taps * places))
    var sum: Tensor?
    for first in stride(from: 0, to: x.shape[0], by: atOnce) {
      let clips = first..<min(first + atOnce, x.shape[0])
      // [taps, clips × places].
      let unfolded = Tensor([taps, clips.count * places]) { out in
        parallel(taps, grain: 4) { range in
          for tap in range {
            let channel = tap / (kernelRows * kernelColumns)
            let (down, right) = (
              tap / kernelColumns % kernelRows - padding.top, tap % kernelColumns - padding.left
            )
            // The columns of an output's row whose input lies within the image.
            let from = min(max(0, -right), outColumns)
            let to = max(from, min(outColumns, columns - right))
            for clip in clips {
              let image = x.storage.pointer + (clip * channels + channel) * rows * columns
              for row in 0..<outRows {
                let line = out + (tap * clips.count + clip - first) * places + row * outColumns
                guard (0..<rows).contains(row + down) else {
                  line.update(repeating: 0, count: outColumns)
                  continue
                }
                line.update(repeating: 0, count: from)
                (line + from).update(from: image + (row + down) * columns + from + right, count: to - from)
                (line + to).update(repeating: 0, count: outColumns - to)
              }
            }
          }
        }
      }
      let factor = dy.slice(axis: 0, clips).permuted([1, 0, 2, 3]).reshaped([kernel[0], -1])
      let part = factor.matrixProduct(unfolded, transposeOther: true)
      sum = sum.map { $0 + part } ?? part
    }
    return sum!.reshaped(kernel)
  }
}

/// The convolution for these weights: several are parallel paths over one channel.
func makeConvolution(_ weights: [Tensor], _ paddings: [Padding]) -> any Convolution {
  if weights.count == 1, weights[0].shape[1] > 1 {
    return DenseConvolution(weight: weights[0], padding: paddings[0])
  }
  return OneChannelConvolution(weights: weights, paddings: paddings)
}

extension Tensor {
  /// The cross-correlation of [batch, channels, rows, columns] with `weight` [filters, channels, kernel rows, kernel
  /// columns], plus `bias` [filters].
  public func convolved(with weight: Tensor, bias: Tensor? = nil, padding: Padding) -> Tensor {
    convolved(withPaths: [weight], bias: bias, paddings: [padding])
  }

  /// Several convolutions of a one-channel image, their outputs and biases one after another as channels.
  public func convolved(
    withPaths weights: [Tensor], bias: Tensor? = nil, paddings: [Padding]
  ) -> Tensor {
    demand(
      rank == 4 && weights.allSatisfy { $0.rank == 4 },
      "a convolution of \(shape) with \(weights.map(\.shape))")
    return makeConvolution(weights, paddings).applied(to: self, bias: bias)
  }
}
