import Kernels

extension Tensor {
  /// The windows along one dimension: first index and the one after the last of each.
  private struct Windows {
    var starts: [Int32] = []
    var ends: [Int32] = []

    /// Side by side, without padding; a remainder is left out.
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
    precondition(rank == 4, "pooling of \(shape)")
    _ = pooling.outputShape(shape)  // checks that a window fits
    return pooled(
      Windows(of: pooling.rows, along: shape[2]), Windows(of: pooling.columns, along: shape[3]), pooling.kind)
  }

  /// Pooling of [batch, channels, rows, columns] to [batch, channels, `rows`, `columns`], with windows that divide
  /// each dimension evenly (as PyTorch's adaptive pooling).
  public func adaptivelyPooled(_ kind: Pooling.Kind, rows: Int, columns: Int) -> Tensor {
    precondition(rank == 4, "pooling of \(shape)")
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
    }.recorded(from: [self]) { dy, _ in
      let dy = dy.rowMajor
      return [
        Tensor(x.shape) { out in
          withWindows { kernel_pool_gradient(x.storage.pointer, dy.storage.pointer, out, &$0) }
        }
      ]
    }
  }
}
