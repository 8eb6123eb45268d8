import TestSupport
import Testing

@testable import Tensors

/// Expects the gradients of Σ f(x) · w, w random, to be what differences say, at each of `inputs`.
///
/// The difference quotient is of fourth order, (8 (L(h) − L(−h)) − (L(2h) − L(−2h))) / 12h, with L summed in double:
/// a step as large as 1/32 then costs less than 1e-6, and float32's rounding of f, divided by it, about 1e-5.
func expectDerivatives(
  at inputs: [Tensor], tolerance: Double = 2e-4, step: Float = 1 / 32,
  sourceLocation: SourceLocation = #_sourceLocation, of f: ([Tensor]) -> Tensor
) {
  let variables = inputs.map { $0.variable() }
  let output = f(variables)
  let weight = sampled(output.shape, 4242)
  let weights = weight.floats.map(Double.init)
  let found = gradients(of: output, weight: weight, at: variables)
  for (k, input) in inputs.enumerated() {
    let floats = input.floats
    func loss(_ i: Int, _ offset: Float) -> Double {
      var moved = floats
      moved[i] += offset
      var all = inputs
      all[k] = Tensor(moved, shape: input.shape)
      return zip(f(all).floats, weights).reduce(0) { $0 + Double($1.0) * $1.1 }
    }
    let expected = floats.indices.map { i in
      (8 * (loss(i, step) - loss(i, -step)) - (loss(i, 2 * step) - loss(i, -2 * step)))
        / (12 * Double(step))
    }
    #expect(found[k].shape == input.shape, "gradient \(k)", sourceLocation: sourceLocation)
    let distance = relativeDistance(found[k].floats.map(Double.init), expected)
    #expect(distance < tolerance, "gradient \(k)", sourceLocation: sourceLocation)
  }
}
