import Basics
import Kernels

/// Convolutions of a one-channel image whose outputs stand one after another as channels: the first layers of the
/// report's networks, with one kernel or several parallel ones.
///
/// oneDNN runs a one-channel gradient as a plain loop; here each block of output channels has its own list of taps
/// (offset in the image, one weight a channel), which a vector loop walks with the sums held in registers. A path of
/// eight channels and its neighbour share a block of sixteen: their lists are merged, with zeros where one has no tap.
final class OneChannelConvolution: Convolution {
  let weights: [Tensor]
  let paddings: [Padding]
  let filters: Int
  /// The padding of all paths together.
  private let padding: Padding
  private let shrinkRows, shrinkColumns: Int  // how much smaller than the padded input the output is
  private let tapStart, tapRows, tapColumns: [Int32]
  let tapWeights: Storage  // [taps, block]
  /// The index of each weight among the taps' weights: [path][filter, kernel row, kernel column].
  private let places: [[Int]]

  /// - Parameters:
  ///   - weights: One tensor per path, [filters, 1, kernel rows, kernel columns].
  ///   - paddings: One per path; all paths' outputs have the same size.
  init(weights: [Tensor], paddings: [Padding]) {
    self.weights = weights.map(\.rowMajor)
    self.paddings = paddings
    filters = weights.reduce(0) { $0 + $1.shape[0] }
    let padding = Padding(
      top: paddings.map(\.top).max()!, left: paddings.map(\.left).max()!,
      bottom: paddings.map(\.bottom).max()!,
      right: paddings.map(\.right).max()!)
    self.padding = padding
    let shrunk = zip(weights, paddings).map { weight, own in
      demand(weight.shape[1] == 1, "weights \(weight.shape) for an image of one channel")
      return [
        weight.shape[2] - 1 + padding.top - own.top + padding.bottom - own.bottom,
        weight.shape[3] - 1 + padding.left - own.left + padding.right - own.right,
      ]
    }
    demand(shrunk.allSatisfy { $0 == shrunk[0] }, "the paths' outputs differ in size")
    (shrinkRows, shrinkColumns) = (shrunk[0][0], shrunk[0][1])

    struct Offset: Hashable { var block, row, column: Int32 }
    let block = Layout.block
    var offsets: [[Offset]] = []  // [path][filter, kernel row, kernel column]
    var first = 0
    for (weight, own) in zip(weights, paddings) {
      var list: [Offset] = []
      for filter in first..<(first + weight.shape[0]) {
        for row in 0..<weight.shape[2] {
          for column in 0..<weight.shape[3] {
            list.append(
              Offset(
                block: Int32(filter / block), row: Int32(row + padding.top - own.top),
                column: Int32(column + padding.left - own.left)))
          }
        }
      }
      offsets.append(list)
      first += weight.shape[0]
    }
    let taps = Set(offsets.joined()).sorted { ($0.block, $0.row, $0.column) < ($1.block, $1.row, $1.column) }
    let index = Dictionary(uniqueKeysWithValues: taps.enumerated().map { ($1, $0) })
    tapRows = taps.map(\.row)
    tapColumns = taps.map(\.column)
    tapStart = (0...Tensor.blocks(filters)).map { b in Int32(taps.count { $0.block < b }) }

    first = 0
    var places: [[Int]] = []
    for (weight, list) in zip(weights, offsets) {
      let size = weight.shape[2] * weight.shape[3]
      places.append(list.enumerated().map { index[$1]! * block + (first + $0 / size) % block })
      first += weight.shape[0]
    }
    self.places = places
    tapWeights = Storage(count: taps.count * block)
    tapWeights.pointer.update(repeating: 0, count: taps.count * block)
    for (weight, places) in zip(self.weights, places) {
      for (i, place) in places.enumerated() { tapWeights.pointer[place] = weight.storage.pointer[i] }
    }
  }

  /// Calls `body` with the taps for an input of this shape.
  func withTaps(_ input: [Int], _ body: (inout kernel_taps) -> Void) {
    demand(input.count == 4 && input[1] == 1, "an input of \(input) for an image of one channel")
    tapStart.withUnsafeBufferPointer { start in
      tapRows.withUnsafeBufferPointer { rows in
        tapColumns.withUnsafeBufferPointer { columns in
          let output = outputShape(input)
          var taps = kernel_taps(
            batch: input[0], rows: input[2], columns: input[3], out_rows: output[2], out_columns: output[3],
            blocks: Tensor.blocks(filters), block: Int32(Layout.block), top: Int32(padding.top),
            left: Int32(padding.left), bottom: Int32(padding.bottom), right: Int32(padding.right),
            tap_start: start.baseAddress, tap_row: rows.baseAddress, tap_column: columns.baseAddress)
          body(&taps)
        }
      }
    }
  }

  func outputShape(_ input: [Int]) -> [Int] {
    [
      input[0], filters, input[2] + padding.top + padding.bottom - shrinkRows,
      input[3] + padding.left + padding.right - shrinkColumns,
    ]
  }

  func forward(_ x: Tensor, bias: Tensor?) -> Tensor {
    let x = x.rowMajor
    let bias = bias?.paddedToBlocks()
    return Tensor(outputShape(x.shape), layout: .blocked) { out in
      withTaps(x.shape) {
        kernel_taps_forward(x.storage.pointer, tapWeights.pointer, bias?.storage.pointer, out, &$0)
      }
    }
  }

  func inputGradient(_ dy: Tensor, shape: [Int]) -> Tensor {
    let dy = dy.blocked
    return Tensor(shape) { out in
      withTaps(shape) { kernel_taps_input_gradient(dy.storage.pointer, tapWeights.pointer, out, &$0) }
    }
  }

  func weightGradients(_ x: Tensor, _ dy: Tensor) -> [Tensor] {
    let (x, dy) = (x.rowMajor, dy.blocked)
    let found = Storage(count: tapRows.count * Layout.block)
    withTaps(x.shape) {
      kernel_taps_weight_gradient(x.storage.pointer, dy.storage.pointer, found.pointer, &$0)
    }
    return weights(atTaps: found)
  }

  /// The paths' weights, or their gradients, gathered from values at the taps, [taps, block].
  func weights(atTaps values: Storage) -> [Tensor] {
    zip(weights, places).map { weight, places in
      Tensor(weight.shape) { out in
        for (i, place) in places.enumerated() { out[i] = values.pointer[place] }
      }
    }
  }
}

extension Tensor {
  /// A tensor of one value per channel, filled up with zeros to whole blocks.
  func paddedToBlocks() -> Tensor {
    let plain = rowMajor
    let stored = Self.blocks(count) * Layout.block
    guard stored != count else { return plain }
    return Tensor([stored]) { out in
      out.update(from: plain.storage.pointer, count: count)
      (out + count).update(repeating: 0, count: stored - count)
    }
  }
}
