import Foundation
import Kernels
import TestSupport
import Testing

@testable import Tensors

/// The kernels over blocks, at both sizes of block whatever this machine's own is, against plain loops.
@Suite struct BlockedKernelsTests {
  /// Row-major [batch, channels, positions] in blocks.
  private func blocked(_ x: Tensor, _ block: Int) -> [Float] {
    let (batch, channels, positions) = (x.shape[0], x.shape[1], x.count / x.shape[0] / x.shape[1])
    var out = [Float](repeating: .nan, count: batch * ((channels + block - 1) / block) * block * positions)
    kernel_to_blocked(x.floats, &out, batch, channels, positions, Int32(block))
    return out
  }

  private func plain(_ x: [Float], _ shape: [Int], _ block: Int) -> Tensor {
    var out = [Float](repeating: .nan, count: shape.reduce(1, *))
    kernel_from_blocked(x, &out, shape[0], shape[1], shape[2] * shape[3], Int32(block))
    return Tensor(out, shape: shape)
  }

  @Test("Into blocks: each element where the layout says, zeros beyond the channels; and back", arguments: [8, 16])
  func layout(block: Int) {
    let shape = [3, 21, 5, 9]
    let x = sampled(shape, 1)
    let (values, stored) = (x.floats, blocked(x, block))
    let blocks = (21 + block - 1) / block
    for (i, value) in stored.enumerated() {
      let (lane, position) = (i % block, i / block % 45)
      let (part, n) = (i / block / 45 % blocks, i / block / 45 / blocks)
      let channel = part * block + lane
      if value != (channel < 21 ? values[(n * 21 + channel) * 45 + position] : 0) {
        Issue.record("element \(i) is \(value)")
        return
      }
    }
    #expect(plain(stored, shape, block).floats == values)
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let block, rows, columns: Int
    let maximum: Bool
    var testDescription: String { "\(block): \(maximum ? "maximum" : "average") \(rows)×\(columns)" }
  }

  static let cases = [8, 16].flatMap { block in
    [(1, 1), (2, 2), (4, 3), (3, 13)].flatMap { rows, columns in
      [true, false].map { Case(block: block, rows: rows, columns: columns, maximum: $0) }
    }
  }

  @Test("Statistics, activation with pooling, its sums and its gradient", arguments: cases)
  func activation(sizes: Case) {
    let (block, channels) = (sizes.block, 19)
    let shape = [3, channels, 10, 13]
    let blocks = (channels + block - 1) / block
    let y = sampled(shape, 1)
    let values = y.floats
    let stored = blocked(y, block)
    // Channels beyond the last have zeros, as callers give them.
    func perChannel(_ seed: UInt64) -> [Float] {
      sampled([channels], seed).floats + [Float](repeating: 0, count: blocks * block - channels)
    }
    let (scale, shift, a, b, c) = (perChannel(2), perChannel(3), perChannel(4), perChannel(5), perChannel(6))
    var pooling = kernel_pooling(
      batch: 3, blocks: blocks, rows: 10, columns: 13, block: Int32(block), window_rows: Int32(sizes.rows),
      window_columns: Int32(sizes.columns), maximum: sizes.maximum ? 1 : 0)
    let (outRows, outColumns) = (10 / sizes.rows, 13 / sizes.columns)
    let outShape = [3, channels, outRows, outColumns]
    let dz = sampled(outShape, 7)
    let weights = dz.floats

    var expectedZ: [Double] = []
    var gradient = [Double](repeating: 0, count: values.count)
    var (sums, products) = ([Double](repeating: 0, count: channels), [Double](repeating: 0, count: channels))
    var (means, variances) = (sums, sums)
    for plane in 0..<(3 * channels) {
      let channel = plane % channels
      // As the kernels do, so that equal maxima are the same ones: float32, multiplied and added at once.
      func activated(_ place: Int) -> Float { max(0, shift[channel].addingProduct(scale[channel], values[place])) }
      for i in 0..<outRows {
        for j in 0..<outColumns {
          let weight = Double(weights[expectedZ.count])
          let places = (0..<sizes.rows).flatMap { r in
            (0..<sizes.columns).map { plane * 130 + (i * sizes.rows + r) * 13 + j * sizes.columns + $0 }
          }
          if sizes.maximum {
            let top = places.max { activated($0) < activated($1) }!
            expectedZ.append(Double(activated(top)))
            if activated(top) > 0 { gradient[places.first { activated($0) == activated(top) }!] += weight }
          } else {
            expectedZ.append(places.reduce(0) { $0 + Double(activated($1)) } / Double(places.count))
            for place in places where activated(place) > 0 { gradient[place] += weight / Double(places.count) }
          }
        }
      }
      for place in (plane * 130)..<(plane * 130 + 130) {
        sums[channel] += gradient[place]
        products[channel] += gradient[place] * Double(values[place])
        means[channel] += Double(values[place]) / 390
      }
    }
    for place in values.indices {
      let channel = place / 130 % channels
      let deviation = Double(values[place]) - means[channel]
      variances[channel] += deviation * deviation / 390
      gradient[place] =
        Double(a[channel]) * gradient[place] + Double(b[channel]) * Double(values[place]) + Double(c[channel])
    }

    func expect(_ found: [Float], _ expected: [Double], sourceLocation: SourceLocation = #_sourceLocation) {
      let distance = relativeDistance(found.map(Double.init), expected)
      #expect(distance < 1e-6, sourceLocation: sourceLocation)
    }
    let unset = [Float](repeating: .nan, count: blocks * block)
    var (mean, variance) = (unset, unset)
    kernel_channel_statistics(stored, &mean, &variance, &pooling)
    expect(Array(mean[..<channels]), means)
    expect(Array(variance[..<channels]), variances)
    #expect((mean + variance).allSatisfy { !$0.isNaN })

    var z = [Float](repeating: .nan, count: 3 * blocks * block * outRows * outColumns)
    kernel_activate_pool(stored, scale, shift, &z, &pooling)
    expect(plain(z, outShape, block).floats, expectedZ)
    #expect(z.allSatisfy { !$0.isNaN })

    let storedDz = blocked(dz, block)
    var (sum, product) = (unset, unset)
    kernel_activate_pool_sums(stored, scale, shift, storedDz, &sum, &product, &pooling)
    expect(Array(sum[..<channels]), sums)
    expect(Array(product[..<channels]), products)

    var dy = [Float](repeating: .nan, count: stored.count)
    kernel_activate_pool_gradient(stored, scale, shift, storedDz, a, b, c, &dy, &pooling)
    expect(plain(dy, shape, block).floats, gradient)
    #expect(dy.allSatisfy { !$0.isNaN })
  }

  @Test("A variance a thousand times smaller than the squared mean keeps its digits", arguments: [8, 16])
  func largeMean(block: Int) {
    let x = sampled([2, block, 40, 61], 1) * 3 + 100
    let values = x.floats
    var pooling = kernel_pooling(
      batch: 2, blocks: 1, rows: 40, columns: 61, block: Int32(block), window_rows: 1, window_columns: 1, maximum: 0)
    var (mean, variance) = ([Float](repeating: 0, count: block), [Float](repeating: 0, count: block))
    kernel_channel_statistics(blocked(x, block), &mean, &variance, &pooling)
    for channel in 0..<block {
      let own = (0..<2).flatMap { n in (0..<2440).map { Double(values[(n * block + channel) * 2440 + $0]) } }
      let average = own.reduce(0, +) / Double(own.count)
      let expected = own.reduce(0) { $0 + ($1 - average) * ($1 - average) } / Double(own.count)
      #expect(abs(Double(variance[channel]) / expected - 1) < 1e-6)
      #expect(abs(Double(mean[channel]) / average - 1) < 1e-7)
    }
  }

  @Test("Taps over one channel: forward, input gradient, weight gradient", arguments: [8, 16], [5, 12, 29])
  func taps(block: Int, columns: Int) {
    // Two blocks of outputs with taps of their own; the image 7 rows high, borders 2 1 1 3.
    let (rows, top, left, bottom, right) = (7, 2, 1, 1, 3)
    let (outRows, outColumns) = (rows + top + bottom - 3, columns + left + right - 4)
    let taps: [[(row: Int, column: Int)]] = [[(0, 0), (0, 4), (2, 1), (3, 3)], (0..<14).map { ($0 % 4, $0 / 4) }]
    let tapCount = 18
    let x = sampled([2, 1, rows, columns], 1)
    let weights = sampled([tapCount, block], 2)
    let bias = sampled([2 * block], 3)
    let dy = sampled([2, 2, outRows * outColumns, block], 4)
    let (xs, ws, gs) = (x.floats.map(Double.init), weights.floats.map(Double.init), dy.floats.map(Double.init))
    var y = (0..<dy.count).map { i in Double(bias.floats[i / (outRows * outColumns * block) % 2 * block + i % block]) }
    var dx = [Double](repeating: 0, count: x.count)
    var dWeights = [Double](repeating: 0, count: weights.count)
    for n in 0..<2 {
      for (k, list) in taps.enumerated() {
        for (t, tap) in list.enumerated() {
          let index = (k == 0 ? 0 : taps[0].count) + t
          for i in 0..<outRows {
            for j in 0..<outColumns {
              let (row, column) = (i + tap.row - top, j + tap.column - left)
              guard (0..<rows).contains(row), (0..<columns).contains(column) else { continue }
              let place = (n * rows + row) * columns + column
              for lane in 0..<block {
                let out = (((n * 2 + k) * outRows + i) * outColumns + j) * block + lane
                y[out] += ws[index * block + lane] * xs[place]
                dx[place] += ws[index * block + lane] * gs[out]
                dWeights[index * block + lane] += xs[place] * gs[out]
              }
            }
          }
        }
      }
    }
    let start: [Int32] = [0, 4, 18]
    let (tapRows, tapColumns) = (taps.joined().map { Int32($0.row) }, taps.joined().map { Int32($0.column) })
    var (foundY, foundDx) = ([Float](repeating: .nan, count: y.count), [Float](repeating: .nan, count: dx.count))
    var foundDWeights = [Float](repeating: .nan, count: dWeights.count)
    start.withUnsafeBufferPointer { start in
      tapRows.withUnsafeBufferPointer { tapRows in
        tapColumns.withUnsafeBufferPointer { tapColumns in
          var shape = kernel_taps(
            batch: 2, rows: rows, columns: columns, out_rows: outRows, out_columns: outColumns, blocks: 2,
            block: Int32(block), top: Int32(top), left: Int32(left), bottom: Int32(bottom), right: Int32(right),
            tap_start: start.baseAddress, tap_row: tapRows.baseAddress, tap_column: tapColumns.baseAddress)
          kernel_taps_forward(x.floats, weights.floats, bias.floats, &foundY, &shape)
          kernel_taps_input_gradient(dy.floats, weights.floats, &foundDx, &shape)
          kernel_taps_weight_gradient(x.floats, dy.floats, &foundDWeights, &shape)
        }
      }
    }
    #expect(relativeDistance(foundY.map(Double.init), y) < 1e-6)
    #expect(relativeDistance(foundDx.map(Double.init), dx) < 1e-6)
    #expect(relativeDistance(foundDWeights.map(Double.init), dWeights) < 1e-6)
  }

  @Test(
    "The whole block of one channel is its convolution, stored, and what follows it", arguments: [8, 16],
    [(batch: 1, maximum: Int32(0)), (1, 1), (3, 0), (3, 1)])
  func wholeBlock(block: Int, sizes: (batch: Int, maximum: Int32)) {
    let (batch, maximum) = sizes
    // Two blocks; windows of 2×3 leave a row and two columns over.
    let (rows, columns, outRows, outColumns) = (37, 19, 37, 20)
    let start: [Int32] = [0, 3, 8]
    let (tapRows, tapColumns): ([Int32], [Int32]) = ([0, 2, 4, 1, 1, 1, 0, 3], [1, 1, 0, 0, 1, 2, 2, 2])
    let x = sampled([batch, 1, rows, columns], 1).floats
    let weights = sampled([8, block], 2).floats
    let perChannel = (0..<5).map { sampled([2 * block], 3 + UInt64($0)).floats }
    let (scale, shift, a, b, c) = (perChannel[0], perChannel[1], perChannel[2], perChannel[3], perChannel[4])
    let dz = sampled([batch, 2, outRows / 2, outColumns / 3, block], 9).floats
    func room(_ count: Int) -> [Float] { [Float](repeating: .nan, count: count) }
    start.withUnsafeBufferPointer { start in
      tapRows.withUnsafeBufferPointer { tapRows in
        tapColumns.withUnsafeBufferPointer { tapColumns in
          var taps = kernel_taps(
            batch: batch, rows: rows, columns: columns, out_rows: outRows, out_columns: outColumns, blocks: 2,
            block: Int32(block), top: 2, left: 1, bottom: 2, right: 2, tap_start: start.baseAddress,
            tap_row: tapRows.baseAddress, tap_column: tapColumns.baseAddress)
          var pooling = kernel_pooling(
            batch: batch, blocks: 2, rows: outRows, columns: outColumns, block: Int32(block), window_rows: 2,
            window_columns: 3, maximum: maximum)
          var y = room(batch * 2 * outRows * outColumns * block)
          kernel_taps_forward(x, weights, nil, &y, &taps)

          func expectEqual(_ count: Int, _ stored: (inout [Float]) -> Void, _ again: (inout [Float]) -> Void) {
            var (expected, found) = (room(count), room(count))
            stored(&expected)
            again(&found)
            #expect(relativeDistance(found.map(Double.init), expected.map(Double.init)) < 1e-6)
          }
          var rest = room(2 * block)  // of two results the one that is not looked at
          expectEqual(2 * block) {
            kernel_channel_statistics(y, &$0, &rest, &pooling)
          } _: {
            kernel_block_statistics(x, weights, &$0, &rest, &taps)
          }
          expectEqual(2 * block) {
            kernel_channel_statistics(y, &rest, &$0, &pooling)
          } _: {
            kernel_block_statistics(x, weights, &rest, &$0, &taps)
          }
          expectEqual(dz.count) {
            kernel_activate_pool(y, scale, shift, &$0, &pooling)
          } _: {
            kernel_block_forward(x, weights, scale, shift, &$0, &taps, &pooling)
          }
          expectEqual(2 * block) {
            kernel_activate_pool_sums(y, scale, shift, dz, &$0, &rest, &pooling)
          } _: {
            kernel_block_sums(x, weights, scale, shift, dz, &$0, &rest, &taps, &pooling)
          }
          expectEqual(2 * block) {
            kernel_activate_pool_sums(y, scale, shift, dz, &rest, &$0, &pooling)
          } _: {
            kernel_block_sums(x, weights, scale, shift, dz, &rest, &$0, &taps, &pooling)
          }
          var dy = room(y.count)
          kernel_activate_pool_gradient(y, scale, shift, dz, a, b, c, &dy, &pooling)
          expectEqual(weights.count) {
            kernel_taps_weight_gradient(x, dy, &$0, &taps)
          } _: {
            kernel_block_weight_gradient(x, weights, scale, shift, dz, a, b, c, &$0, &taps, &pooling)
          }
          expectEqual(x.count) {
            kernel_taps_input_gradient(dy, weights, &$0, &taps)
          } _: {
            kernel_block_input_gradient(x, weights, scale, shift, dz, a, b, c, &$0, &taps, &pooling)
          }
        }
      }
    }
  }
}

@Suite struct OptimisationTests {
  @Test("Three steps of Adam and of AdamW are PyTorch's", arguments: [("adam", 0), ("adamw", 1)])
  func adam(name: String, decoupled: Int32) throws {
    var weights = sampled([101], 1).floats
    var (first, second) = ([Float](repeating: 0, count: 101), [Float](repeating: 0, count: 101))
    for step in 1...3 {
      kernel_adam(
        &weights, sampled([101], 1 + UInt64(step)).floats, &first, &second, 101, 0.01, 0.9, 0.999, 1e-8, 0.1,
        decoupled, step)
    }
    try PyTorchNumbers.expect(Tensor(weights, shape: [101]), name)
  }
}
