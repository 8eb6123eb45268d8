import Tensors

extension Tensor {
  /// The points start + share · difference of the straight path from this start, one for each share: [shares, …].
  /// - Parameter difference: The end of the path minus its start; both may be batches of as many as there are shares.
  func moved(by difference: Tensor, shares: [Float]) -> Tensor {
    self + difference * Tensor(shares, shape: [shares.count] + shape.dropFirst().map { _ in 1 })
  }
}
