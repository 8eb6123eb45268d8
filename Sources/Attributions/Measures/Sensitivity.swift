import Basics
import Models
import Tensors

extension AttributionMethod {
  /// The largest relative change of the attribution under small noise: the maximum of ‖φ(x + ε) − φ(x)‖ / ‖φ(x)‖ over
  /// samples of ε (Yeh et al. 2019, arXiv:1901.09392; Captum's `sensitivity_max`). Nil where φ(x) is zero, or φ(x + ε)
  /// NaN.
  /// - Parameters:
  ///   - attribution: φ(x).
  ///   - offsets: ε, each of the input's shape.
  func maximumSensitivity(
    of attribution: Tensor, _ clip: Clip, at space: InputSpace, target: Target, offsets: [Tensor]
  ) throws(MethodError) -> Double? {
    let norm = attribution.norm
    guard norm > 0 else { return nil }
    var largest = 0.0
    for offset in offsets {
      let moved = try attribute(clip.with(clip[space] + offset, at: space), at: space, target: target).values
      guard moved.isFinite else { return nil }
      largest = max(largest, (moved - attribution).norm / norm)
    }
    return largest
  }
}

extension Tensor {
  /// Uniform noise ε within ±`share` of the range of this input's values, of its shape.
  func offset(share: Double, using generator: inout SeededGenerator) -> Tensor {
    let (lowest, highest) = withFloats { ($0.min()!, $0.max()!) }
    return .uniform(shape, bound: Float(share) * (highest - lowest), using: &generator)
  }

  /// The 2-norm of all values.
  fileprivate var norm: Double { withFloats { $0.reduce(0) { $0 + Double($1) * Double($1) } }.squareRoot() }
}
