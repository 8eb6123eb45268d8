import Basics
import Kernels

/// The pooling at the end of a block: windows side by side, without padding; what they do not cover is left out.
public struct Pooling: Hashable, Sendable {
  public enum Kind: Sendable { case maximum, average }
  public var kind: Kind
  public var rows, columns: Int

  public init(_ kind: Kind, rows: Int, columns: Int) {
    (self.kind, self.rows, self.columns) = (kind, rows, columns)
  }

  public static let none = Pooling(.average, rows: 1, columns: 1)

  func outputShape(_ x: [Int]) -> [Int] {
    demand(
      rows <= x[2] && columns <= x[3],
      "an image of \(x[2])×\(x[3]) is smaller than a window of \(rows)×\(columns)")
    return [x[0], x[1], x[2] / rows, x[3] / columns]
  }

  func kernelShape(_ x: [Int]) -> kernel_pooling {
    kernel_pooling(
      batch: x[0], blocks: Tensor.blocks(x[1]), rows: x[2], columns: x[3], block: Int32(Layout.block),
      window_rows: Int32(rows), window_columns: Int32(columns), maximum: kind == .maximum ? 1 : 0)
  }
}
