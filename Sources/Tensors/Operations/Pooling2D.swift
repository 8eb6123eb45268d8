import Basics
import Kernels

extension Tensor {
  /// The windows along one dimension: first index and the one after the last of each.
  private struct Windows {
    var starts: [Int32] = []
    var ends: [Int32] = []

    /// Windows side by side, without padding; a remainder is left out.
    init(of size: Int, along length: Int) {
      for start in stride(from: 0, through: length - size, by: size) {
        starts.append(Int32(start))
        ends.append(Int32(start + size))
      }
    }

    /// PyTorch's adaptive windows: ⌊i·n/m⌋ to ⌈(i+1)·n/m⌉, which may overlap.
    init(count: Int, along length: Int) {
      for i in 0..<count {
        starts.append(Int32(i * length / count))
        ends.append(Int32(((i + 1) * length + count - 1) / count))
      }
    }
  }

  /// Pooling of [batch, channels, rows, columns].
  public func pooled(_ pooling: Pooling) -> Tensor {
    demand(rank == 4, "pooling of \(shape)")
    _ = pooling.outputShape(shape)  // checks that a window fits
    return pooled(
      Windows(of: pooling.rows, along: shape[2]), Windows(of: pooling.columns, along: shape[3]), pooling.kind)
  }

  /// Pooling of [batch, channels, rows, columns] to [batch, channels, `rows`, `columns`], with windows that divide
  /// each dimension evenly (like PyTorch's adaptive pooling).
  public func adaptivelyPooled(_ kind: Pooling.Kind, rows: Int, columns: Int) -> Tensor {
    demand(rank == 4, "pooling of \(shape)")
    return pooled(Windows(count: rows, along: shape[2]), Windows(count: columns, along: shape[3]), kind)
  }

  private func pooled(_ rows: Windows, _ columns: Windows, _ kind: Pooling.Kind) -> Tensor {
    let x = rowMajor.detached
    func withWindows(_ body: (inout kernel_windows) -> Void) {
      rows.starts.withUnsafeBufferPointer { rowStarts in
        rows.ends.withUnsafeBufferPointer { rowEnds in
          columns.starts.withUnsafeBufferPointer { columnStarts in
            columns.ends.withUnsafeBufferPointer { columnEnds in
              var windows = kernel_windows(
                planes: x.shape[0] * x.shape[1], rows: x.shape[2], columns: x.shape[3],
                out_rows: rows.starts.count,
                out_columns: columns.starts.count, row_start: rowStarts.baseAddress,
                row_end: rowEnds.baseAddress,
                column_start: columnStarts.baseAddress, column_end: columnEnds.baseAddress,
                maximum: kind == .maximum ? 1 : 0)
              body(&windows)
            }
          }
        }
      }
    }
    return Tensor([shape[0], shape[1], rows.starts.count, columns.starts.count]) { out in
      withWindows { kernel_pool(x.storage.pointer, out, &$0) }
    }.recorded(
      from: [self],
      as: kind == .average
        ? .linear : .ruled { rule, dy, _ in rule == .rescale ? [Self.rescaled(x, dy.rowMajor, rows, columns)] : nil }
    ) { dy, _ in
      let dy = dy.rowMajor
      return [
        Tensor(x.shape) { out in
          withWindows { kernel_pool_gradient(x.storage.pointer, dy.storage.pointer, out, &$0) }
        }
      ]
    }
  }

  /// ``BackwardRule/rescale`` of maxima: the difference of a window's maximum from its baseline's goes to the place of
  /// the larger one (Lundberg and Lee 2017, like SHAP's DeepExplainer). At that place Δx has the sign of Δy and is at
  /// least as large, so that the quotient is between 0 and 1 and contributions sum to Δy.
  private static func rescaled(_ x: Tensor, _ dy: Tensor, _ rows: Windows, _ columns: Windows) -> Tensor {
    let (half, planes) = (x.count / 2, x.shape[0] / 2 * x.shape[1])
    let (height, width) = (x.shape[2], x.shape[3])
    let windows = rows.starts.count * columns.starts.count
    return Tensor(x.shape) { out in
      out.update(repeating: 0, count: 2 * half)
      let (x, dy) = (x.storage.pointer, dy.storage.pointer)
      parallel(planes) { range in
        for plane in range {
          for window in 0..<windows {
            let (row, column) = (window / columns.starts.count, window % columns.starts.count)
            var (first, second) = (Int?.none, Int?.none)
            for y in rows.starts[row]..<rows.ends[row] {
              for place in columns.starts[column]..<columns.ends[column] {
                let at = plane * height * width + Int(y) * width + Int(place)
                if first.map({ x[at] > x[$0] }) ?? true { first = at }
                if second.map({ x[half + at] > x[half + $0] }) ?? true { second = at }
              }
            }
            let (top, baseline) = (x[first!], x[half + second!])
            let at = top >= baseline ? first! : second!
            let difference = x[at] - x[half + at]
            // Without a difference there is nothing to share, and the multiplier is the derivative.
            let quotient = difference == 0 ? 1 : (top - baseline) / difference
            out[at] += quotient * dy[plane * windows + window]
            out[half + at] += quotient * dy[(planes + plane) * windows + window]
          }
        }
      }
    }
  }
}
