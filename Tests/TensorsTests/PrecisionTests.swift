import TestSupport
import Testing

@testable import Tensors

@Suite struct PrecisionTests {
  /// The nearest multiple of 2^(exponent − 7), to even in the middle.
  private func nearest(_ x: Float) -> Float {
    guard x.isFinite, x != 0 else { return x }
    let step = Float(sign: .plus, exponent: max(x.exponent, Float.leastNormalMagnitude.exponent) - 7, significand: 1)
    return (x / step).rounded(.toNearestOrEven) * step
  }

  @Test("bfloat16 is the nearest of eight significant bits")
  func rounding() {
    let edges: [Float] = [
      0, -0.0, 1, -1, 1.003906250, 1.01171875, 1.00390637, 3.4e38, -3.4e38, .infinity, -.infinity, 1e-39, 1.2e-38, 257,
      65_537,
    ]
    let values = edges + sampled(5_003, seed: 1) + sampled(200, seed: 2).map { $0 * 1e20 }
    let rounded = Tensor(values, shape: [values.count]).roundedToBFloat16().floats
    #expect(zip(values, rounded).allSatisfy { $1 == nearest($0) && $1.sign == $0.sign })
    #expect(Tensor(.nan).roundedToBFloat16().scalar.isNaN)
    #expect(Tensor(Float(bitPattern: 0x7f80_0001)).roundedToBFloat16().scalar.isNaN)
  }

  /// Results and all gradients of an operation on variables.
  private func run(_ inputs: [Tensor], weight: Tensor, _ body: ([Tensor]) -> Tensor) -> [Tensor] {
    let variables = inputs.map { $0.variable() }
    let result = body(variables)
    return [result.detached] + gradients(of: result, weight: weight, at: variables)
  }

  @Test("A product in bfloat16 is that of rounded factors, and so are its gradients")
  func products() {
    let (x, w, b, dy) = (sampled([3, 4, 9], 1), sampled([7, 9], 2), sampled([7], 3), sampled([3, 4, 7], 4))
    func rounded(_ x: Tensor) -> Tensor { x.roundedToBFloat16() }
    let found = run([x, w, b], weight: dy) { $0[0].affine(weight: $0[1], bias: $0[2], precision: .bfloat16) }
    let exact = run([rounded(x), rounded(w), b], weight: rounded(dy)) { $0[0].affine(weight: $0[1], bias: $0[2]) }
    for (one, other) in zip(found.prefix(3), exact.prefix(3)) { #expect(relativeDistance(one, other) < 1e-6) }
    // The bias's is a sum, not a product.
    #expect(found[3].floats == dy.sum(axes: [0, 1]).floats)
    #expect(found[0].floats != run([x, w, b], weight: dy) { $0[0].affine(weight: $0[1], bias: $0[2]) }[0].floats)

    let (q, k, ds) = (sampled([2, 5, 6], 5), sampled([2, 7, 6], 6), sampled([2, 5, 7], 7))
    let scores = run([q, k], weight: ds) { $0[0].matrixProduct($0[1], transposeOther: true, precision: .bfloat16) }
    let ofRounded = run([rounded(q), rounded(k)], weight: rounded(ds)) {
      $0[0].matrixProduct($0[1], transposeOther: true)
    }
    for (one, other) in zip(scores, ofRounded) { #expect(relativeDistance(one, other) < 1e-6) }

    let (steps, taps, dz) = (sampled([2, 11, 4], 8), sampled([6, 4, 3], 9), sampled([2, 5, 6], 10))
    let convolved = run([steps, taps], weight: dz) {
      $0[0].convolvedSteps(with: $0[1], stride: 2, precision: .bfloat16)
    }
    let convolvedRounded = run([rounded(steps), rounded(taps)], weight: rounded(dz)) {
      $0[0].convolvedSteps(with: $0[1], stride: 2)
    }
    for (one, other) in zip(convolved, convolvedRounded) { #expect(relativeDistance(one, other) < 1e-6) }
  }
}
