import Basics
import Kernels

extension Tensor {
  /// W of a nonnegative factorization V ≈ W Hᵀ of this tensor, V [rows, columns], after a step under which the β-divergence does
  /// not rise (Lee and Seung 2001; Févotte and Idier 2011), outside any graph. With x = max(W Hᵀ, least), W [rows, components]
  /// is multiplied by (V · x^(β−2)) H / (x^(β−1) H): for Euclid, β of 2, by V H / (W Hᵀ H), for Kullback and Leibler, β of 1, by
  /// (V / x) H / (1 H), and for Itakura and Saito, β of 0, by the root of (V / x²) H / (x⁻¹ H).
  /// - Parameter h: [columns, components], held. Its own step is this one of the transposed tensor.
  public func factorStep(_ w: Tensor, _ h: Tensor, beta: Int, least: Float) -> Tensor {
    demand(
      rank == 2 && w.rank == 2 && h.rank == 2 && w.shape[0] == shape[0] && h.shape == [shape[1], w.shape[1]],
      "factors \(w.shape) and \(h.shape) of \(shape)")
    demand((0...2).contains(beta), "β of \(beta)")
    let (v, w, h) = (rowMajor, w.rowMajor, h.rowMajor)
    return Tensor(w.shape) { out in
      out.update(from: w.storage.pointer, count: w.count)
      kernel_factor_step(
        v.storage.pointer, out, h.storage.pointer, shape[0], shape[1], w.shape[1], Int32(beta), least)
    }
  }
}
