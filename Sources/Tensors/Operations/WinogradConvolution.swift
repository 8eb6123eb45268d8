import Basics
import Kernels

/// A convolution of 3×3 with a border of one zero by Winograd's algorithm (Lavin and Gray 2016): F(2×2, 3×3) needs 16
/// products where the direct algorithm has 36, and gives bit-equal outputs for equal receptive fields that are constant
/// along a line; F(4×4, 3×3) needs 9, and is for gradients.
struct WinogradConvolution {
  /// Transformed weights; those of the input's gradient are rotated and their channels and filters exchanged.
  private let transformed: Storage
  private let filters, channels: Int
  private let isRotated: Bool
  /// Outputs along a tile's side.
  private let tile: Int

  /// - Parameter weight: [filters, channels, 3, 3], row-major.
  /// - Parameter tile: 2, or 4 for ``callAsFunction(_:bias:)`` only.
  init(weight: Tensor, rotated: Bool, tile: Int = 2) {
    (filters, channels, isRotated, self.tile) = (weight.shape[0], weight.shape[1], rotated, tile)
    var shape = Self.shape(
      [1, 0, 0, 0], channels: rotated ? filters : channels, filters: rotated ? channels : filters, tile: tile)
    transformed = Storage(count: kernel_winograd_weight_count(&shape))
    kernel_winograd_weights(
      weight.storage.pointer, filters, channels, rotated ? 1 : 0, transformed.pointer, &shape)
  }

  /// The kernel's shape for blocked [batch, channels, rows, columns].
  private static func shape(_ x: [Int], channels: Int, filters: Int, tile: Int = 2) -> kernel_winograd {
    kernel_winograd(
      batch: x[0], channels: Tensor.blocks(channels), filters: Tensor.blocks(filters), rows: x[2], columns: x[3],
      block: Int32(Layout.block), tile: Int32(tile))
  }

  /// The convolution of a blocked `x`, plus bias [filters].
  func callAsFunction(_ x: Tensor, bias: Tensor? = nil) -> Tensor {
    let (from, to) = isRotated ? (filters, channels) : (channels, filters)
    let bias = bias?.paddedToBlocks()
    return Tensor([x.shape[0], to, x.shape[2], x.shape[3]], layout: .blocked) {
      var shape = Self.shape(x.shape, channels: from, filters: to, tile: tile)
      kernel_winograd_forward(x.storage.pointer, transformed.pointer, bias?.storage.pointer, $0, &shape)
    }
  }

  /// The convolution y of a blocked `x`, where `keepsConvolution`, and pool(relu(y + shift)) in one pass; shift filled
  /// up to whole blocks.
  func block(
    _ x: Tensor, shift: Tensor, pooling: Pooling, keepsConvolution: Bool
  ) -> (convolution: Tensor?, result: Tensor) {
    demand(Self.canPool(pooling), "windows of \(pooling.rows)×\(pooling.columns) do not divide a tile")
    var shape = Self.shape(x.shape, channels: channels, filters: filters)
    let size = [x.shape[0], filters, x.shape[2], x.shape[3]]
    var windows = pooling.kernelShape(size)
    func run(_ y: UnsafeMutablePointer<Float>?) -> Tensor {
      Tensor(pooling.outputShape(size), layout: .blocked) {
        kernel_winograd_block(
          x.storage.pointer, transformed.pointer, shift.storage.pointer, y, $0, &shape, &windows)
      }
    }
    guard keepsConvolution else { return (nil, run(nil)) }
    var result: Tensor?
    let convolution = Tensor(size, layout: .blocked) { result = run($0) }
    return (convolution, result!)
  }

  /// Whether ``block(_:shift:pooling:keepsConvolution:)`` supports this pooling: its tiles hold whole windows.
  static func canPool(_ pooling: Pooling) -> Bool { pooling.rows <= 2 && pooling.columns <= 2 }

  /// The gradient at the weights [filters, channels, 3, 3], from blocked input and gradient.
  static func weightGradient(_ x: Tensor, _ dy: Tensor, tile: Int) -> Tensor {
    let (channels, filters) = (x.shape[1], dy.shape[1])
    return Tensor([filters, channels, 3, 3]) {
      var shape = Self.shape(x.shape, channels: channels, filters: filters, tile: tile)
      kernel_winograd_weight_gradient(x.storage.pointer, dy.storage.pointer, filters, channels, $0, &shape)
    }
  }
}

extension ConvolutionPrimitive.Shape {
  /// Whether Winograd's algorithm should be faster than oneDNN's direct one.
  ///
  /// The choice is made by counting, not by timing, so that the same shape always gives the same bits. The costs, in
  /// multiply-adds, were fitted to times on two cores of a Zen 4 for the shapes of the report's networks at batches of
  /// 1, 32 and 64.
  var favorsWinograd: Bool { cheapestTile != nil }

  /// The side of Winograd's tiles that should be fastest; nil where oneDNN should be.
  var cheapestTile: Int? {
    guard kernelRows == 3, kernelColumns == 3, padding == Padding(1) else { return nil }
    let product = Double(channels * filters)
    // oneDNN leaves out the products with the border.
    let direct = product * Double((3 * rows - 2) * (3 * columns - 2) * batch)
    func cost(_ tile: Int) -> Double {
      let tiles = Double((rows + tile - 1) / tile * ((columns + tile - 1) / tile) * batch)
      let transforms = tiles * (tile == 2 ? 60 : 150) * Double(channels + filters)
      // A weight's share of transforming weights, or of adding up their gradients, which do not fit a core's cache.
      let places = Double((tile + 2) * (tile + 2))
      let perWeight = (direction == .weightGradient ? 200 * max(1, min(4, tiles / 128)) : 6.25) * places
      return places * tiles * product + transforms + perWeight * product
    }
    // Max pooling may follow a forward convolution, and needs the bit-equal outputs of small tiles.
    let least = (direction == .forward ? [2] : [2, 4]).min { cost($0) < cost($1) }!
    return cost(least) < direct ? least : nil
  }
}
