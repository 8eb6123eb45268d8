import Kernels
import TestSupport
import Testing

/// Products with packed weights against plain loops.
@Suite struct PanelProductTests {
  @Test(
    "Each sum as the loop has it, for any rows and columns, from weights and their transpose",
    arguments: [1, 2, 3, 4, 5, 6, 7, 13, 64], [1, 15, 16, 17, 40, 256])
  func sums(m: Int, columns: Int) {
    for (rows, transposed) in [(1, false), (37, false), (37, true), (300, true)] {
      let (x, w) = (sampled(m * (rows + 3), seed: 1), sampled(rows * columns, seed: 2))
      let panels = (columns + 15) / 16 * 16
      var packed = [Float](repeating: .nan, count: panels * rows)
      kernel_pack_panels(w, transposed ? 1 : columns, transposed ? rows : 1, &packed, rows, columns)
      let start = sampled(m * (columns + 2), seed: 3)
      var y = start
      kernel_add_product(x, rows + 3, packed, &y, columns + 2, m, rows, columns)
      var apart = 0.0
      for r in 0..<m {
        for j in 0..<(columns + 2) {
          var sum = Double(start[r * (columns + 2) + j])
          if j < columns {
            for i in 0..<rows {
              sum += Double(x[r * (rows + 3) + i]) * Double(w[transposed ? j * rows + i : i * columns + j])
            }
          }
          apart = max(apart, abs(Double(y[r * (columns + 2) + j]) - sum))
        }
      }
      // What each addition rounds off.
      #expect(apart < 1e-6 + 1e-7 * Double(rows))
    }
  }
}
