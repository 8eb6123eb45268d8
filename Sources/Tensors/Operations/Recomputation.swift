extension Tensor {
  /// These values with a place of their own in the graph: the gradients of what is computed from it add up there, before
  /// they are added to others of this tensor.
  public var branch: Tensor { recorded(from: [self], as: .linear) { dy, _ in [dy] } }

  /// f(inputs), of which only the inputs are kept: the backward pass computes f again, with its graph, and differentiates it
  /// (Chen et al. 2016, arXiv:1604.06174). Values and gradients are those of f on each input's ``branch``, to the bit.
  /// - Parameter f: A function of its arguments only, as it is called twice.
  public static func recomputed(from inputs: [Tensor], by f: @escaping ([Tensor]) -> Tensor) -> Tensor {
    let kept = inputs.map(\.detached)
    return f(kept).recorded(
      from: inputs, as: .derivativeOnly(reason: "run a pass that does not recompute")
    ) { dy, wanted in
      let again = zip(kept, wanted).map { $1 ? $0.variable() : $0 }
      let variables = again.filter(\.isRecorded)
      var found = Tensors.gradients(of: f(again), weight: dy, at: variables).makeIterator()
      return wanted.map { $0 ? found.next() : nil }
    }
  }
}
