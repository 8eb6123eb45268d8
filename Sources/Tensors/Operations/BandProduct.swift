import Basics
import Kernels

/// A constant matrix [rows, columns] with one run of nonzero values in each row, such as a mel filter bank, where 1,020
/// of 65,664 values are nonzero.
public struct BandMatrix {
  let rows, columns: Int
  private let start, column: [Int32]
  private let weights: [Float]

  /// - Parameter matrix: [rows, columns].
  public init(_ matrix: Tensor) {
    demand(matrix.rank == 2, "a band matrix of \(matrix.shape)")
    (rows, columns) = (matrix.shape[0], matrix.shape[1])
    let values = matrix.floats
    var (start, column, weights): ([Int32], [Int32], [Float]) = ([0], [], [])
    for row in 0..<rows {
      let own = values[(row * columns)..<((row + 1) * columns)]
      let first = own.firstIndex { $0 != 0 } ?? own.startIndex
      let end = own.lastIndex { $0 != 0 }.map { $0 + 1 } ?? first
      column.append(Int32(first - own.startIndex))
      weights += own[first..<end]
      start.append(Int32(weights.count))
    }
    (self.start, self.column, self.weights) = (start, column, weights)
  }

  fileprivate func withBands(batch: Int, frames: Int, _ body: (inout kernel_bands) -> Void) {
    start.withUnsafeBufferPointer { start in
      column.withUnsafeBufferPointer { column in
        weights.withUnsafeBufferPointer { weights in
          var bands = kernel_bands(
            batch: batch, frames: frames, rows: rows, columns: columns, start: start.baseAddress,
            column: column.baseAddress, weights: weights.baseAddress)
          body(&bands)
        }
      }
    }
  }
}

extension Tensor {
  /// The matrix times each frame: [batch, frames, columns] → [batch, rows, frames].
  public func product(with matrix: BandMatrix) -> Tensor {
    demand(
      rank == 3 && shape[2] == matrix.columns, "a matrix of \(matrix.columns) columns with \(shape)")
    let (batch, frames) = (shape[0], shape[1])
    let x = rowMajor
    return Tensor([batch, matrix.rows, frames]) { out in
      matrix.withBands(batch: batch, frames: frames) { kernel_bands_forward(x.storage.pointer, out, &$0) }
    }.recorded(from: [self], as: .linear) { dy, _ in
      let dy = dy.rowMajor
      return [
        Tensor([batch, frames, matrix.columns]) { out in
          matrix.withBands(batch: batch, frames: frames) { kernel_bands_gradient(dy.storage.pointer, out, &$0) }
        }
      ]
    }
  }
}
