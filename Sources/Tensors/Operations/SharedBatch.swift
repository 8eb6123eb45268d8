import Ranks

extension Tensor {
  /// The clips of the whole batch, [whole, …], of each rank's own [rows, …]. The gradient is that at the rank's own: what is
  /// computed from the whole is the same on every rank, and counts once.
  public func gathered(_ share: BatchShare) -> Tensor {
    Tensor(share.gathered(floats), shape: [share.whole] + shape.dropFirst())
      .recorded(from: [self], as: .linear) { dy, _ in [dy.slice(axis: 0, share.rows)] }
  }

  /// The sum over the ranks. So is the gradient, for each rank goes on with the sum in its own way.
  public func summed(over share: BatchShare) -> Tensor {
    func sum(_ x: Tensor) -> Tensor {
      var x = x
      x.withMutableFloats { share.sum($0) }
      return x
    }
    return sum(detached).recorded(from: [self], as: .linear) { dy, _ in [sum(dy.detached)] }
  }
}

extension BatchShare {
  /// Mean and biased variance of each channel over the whole batch, from those over the rank's own clips. In double, σ² =
  /// Σ wᵣ (σᵣ² + μᵣ²) − μ² loses nothing that float32 has, and both sums are one message.
  func statistics(_ own: (mean: Tensor, variance: Tensor)) -> (mean: Tensor, variance: Tensor) {
    let means = own.mean.floats.map(Double.init)
    let squares = zip(own.variance.floats, means).map { Double($0) + $1 * $1 }
    let sums = sum((means + squares).map { weight * $0 })
    let (mean, square) = (sums.prefix(means.count), sums.dropFirst(means.count))
    return (
      Tensor(mean.map { Float($0) }, shape: own.mean.shape),
      Tensor(zip(mean, square).map { Float(max(0, $1 - $0 * $0)) }, shape: own.mean.shape)
    )
  }

  /// Two sums of each channel over the ranks, in one message.
  func sums(_ first: Tensor, _ second: Tensor) -> (Tensor, Tensor) {
    let found = sum((first.floats + second.floats).map(Double.init)).map { Float($0) }
    return (
      Tensor(found.prefix(first.count), shape: first.shape), Tensor(found.dropFirst(first.count), shape: second.shape)
    )
  }
}
