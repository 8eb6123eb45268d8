import Basics
import Kernels

extension Tensor {
  /// y = f(x) element by element; the gradient is dy · f′(x).
  private func unary(_ operation: kernel_unary_operation) -> Tensor {
    let x = rowMajor.detached
    let y = Tensor(shape) { kernel_unary(operation, x.storage.pointer, $0, count) }
    func gradient(_ dy: Tensor) -> Tensor {
      let dy = dy.rowMajor
      return Tensor(x.shape) {
        kernel_unary_gradient(operation, x.storage.pointer, y.storage.pointer, dy.storage.pointer, $0, x.count)
      }
    }
    return y.recorded(from: [self], as: .pointwise(x: x, y: y, isRectifier: operation == kernel_relu)) { dy, _ in
      [gradient(dy)]
    }
  }

  public static prefix func - (x: Tensor) -> Tensor { x.unary(kernel_negate) }
  public func exponential() -> Tensor { unary(kernel_exponential) }
  /// The natural logarithm.
  public func logarithm() -> Tensor { unary(kernel_logarithm) }
  public func squareRoot() -> Tensor { unary(kernel_square_root) }
  public func hyperbolicTangent() -> Tensor { unary(kernel_tanh) }
  /// 1 / (1 + e⁻ˣ).
  public func sigmoid() -> Tensor { unary(kernel_sigmoid) }
  /// max(x, 0); its gradient at 0 is 0.
  public func relu() -> Tensor { unary(kernel_relu) }
  /// |x|; its gradient at 0 is 0.
  public func absolute() -> Tensor { unary(kernel_absolute) }
  public func squared() -> Tensor { unary(kernel_square) }
  public func reciprocal() -> Tensor { unary(kernel_reciprocal) }
  /// x Φ(x), with Φ the normal distribution itself, not its tanh (Hendrycks and Gimpel 2016).
  public func gelu() -> Tensor { unary(kernel_gelu) }

  /// scale · x + shift.
  public func scaled(by scale: Float, plus shift: Float = 0) -> Tensor {
    let x = rowMajor
    return Tensor(shape) { kernel_affine(x.storage.pointer, scale, shift, $0, count) }
      .recorded(from: [self], as: shift == 0 ? .linear : .affine(factor: shift) { Tensor(1) }) { dy, _ in
        [dy.scaled(by: scale)]
      }
  }

  // MARK: Two operands, broadcast as NumPy does

  /// The shape that both broadcast to: sizes are aligned at the end, and a size of 1 repeats.
  static func broadcast(_ a: [Int], _ b: [Int]) -> [Int] {
    let rank = max(a.count, b.count)
    return (0..<rank).map { d in
      let sizeA = d < rank - a.count ? 1 : a[d - rank + a.count]
      let sizeB = d < rank - b.count ? 1 : b[d - rank + b.count]
      demand(sizeA == sizeB || sizeA == 1 || sizeB == 1, "\(a) and \(b) do not broadcast")
      return sizeA == 1 ? sizeB : sizeA
    }
  }

  /// Strides for reading a tensor of `shape` as if it were of the larger `target`.
  static func broadcastStrides(_ shape: [Int], to target: [Int]) -> [Int] {
    let own = strides(shape)
    let missing = target.count - shape.count
    return target.indices.map { d in d < missing || shape[d - missing] == 1 ? 0 : own[d - missing] }
  }

  private static func binary(_ operation: kernel_binary_operation, _ a: Tensor, _ b: Tensor) -> Tensor {
    let a = a.rowMajor
    let b = b.rowMajor
    if a.shape == b.shape {
      // One long row.
      return Tensor(a.shape) {
        kernel_binary(operation, a.storage.pointer, [1], b.storage.pointer, [1], $0, [a.count], 1)
      }
    }
    let shape = broadcast(a.shape, b.shape)
    return Tensor(shape) {
      kernel_binary(
        operation, a.storage.pointer, broadcastStrides(a.shape, to: shape), b.storage.pointer,
        broadcastStrides(b.shape, to: shape), $0, shape, Int32(shape.count))
    }
  }

  /// The kind of a + factor · b: one of them may be a constant.
  private static func sum(_ a: Tensor, _ b: Tensor, factor: Float = 1) -> OperationKind {
    guard a.isRecorded != b.isRecorded else { return .linear }
    return a.isRecorded ? .affine(factor: factor) { b } : .affine { a }
  }

  public static func + (a: Tensor, b: Tensor) -> Tensor {
    let (shapeA, shapeB) = (a.shape, b.shape)
    return binary(kernel_add, a, b).recorded(from: [a, b], as: sum(a, b)) { dy, wanted in
      [wanted[0] ? dy.summed(to: shapeA) : nil, wanted[1] ? dy.summed(to: shapeB) : nil]
    }
  }

  public static func - (a: Tensor, b: Tensor) -> Tensor {
    let (shapeA, shapeB) = (a.shape, b.shape)
    return binary(kernel_subtract, a, b).recorded(from: [a, b], as: sum(a, b, factor: -1)) { dy, wanted in
      [wanted[0] ? dy.summed(to: shapeA) : nil, wanted[1] ? -dy.summed(to: shapeB) : nil]
    }
  }

  public static func * (a: Tensor, b: Tensor) -> Tensor {
    let (x, y) = (a.detached, b.detached)
    func gradients(_ dy: Tensor, _ wanted: [Bool], _ x: Tensor, _ y: Tensor) -> [Tensor?] {
      [wanted[0] ? (dy * y).summed(to: x.shape) : nil, wanted[1] ? (dy * x).summed(to: y.shape) : nil]
    }
    return binary(kernel_multiply, a, b).recorded(from: [a, b], as: .product(x, y, gradient: gradients)) {
      dy, wanted in gradients(dy, wanted, x, y)
    }
  }

  public static func / (a: Tensor, b: Tensor) -> Tensor {
    let (x, y) = (a.detached, b.detached)
    return binary(kernel_divide, a, b).recorded(
      from: [a, b],
      as: .ruled { rule, dy, wanted in
        // Without a signal in the divisor it is linear, and the rules of rectifiers leave it as it is.
        guard wanted[1], ![.derivative, .guided, .deconvolution].contains(rule) else { return nil }
        let (x, y) = (wanted[0] ? x.variable() : x, y.variable())
        return RuledResult(Tensors.gradients(of: x * y.reciprocal(), weight: dy, at: [x, y], rule: rule))
      }
    ) { dy, wanted in
      [
        wanted[0] ? (dy / y).summed(to: x.shape) : nil,
        wanted[1] ? (-(dy * x) / y.squared()).summed(to: y.shape) : nil,
      ]
    }
  }

  public static func * (x: Tensor, factor: Float) -> Tensor { x.scaled(by: factor) }
  public static func * (factor: Float, x: Tensor) -> Tensor { x.scaled(by: factor) }
  public static func + (x: Tensor, term: Float) -> Tensor { x.scaled(by: 1, plus: term) }
  public static func - (x: Tensor, term: Float) -> Tensor { x.scaled(by: 1, plus: -term) }
  public static func / (x: Tensor, divisor: Float) -> Tensor { x.scaled(by: 1 / divisor) }

  /// The larger of the two. The gradient goes to `self` where it is strictly larger, else to `other`.
  public func maximum(_ other: Tensor) -> Tensor {
    let (a, b) = (detached, other.detached)
    let larger = Self.binary(kernel_maximum, a, b)
    return larger.recorded(
      from: [self, other],
      as: .ruled { rule, dy, wanted in
        let isConstant = wanted == [true, false] && a.shape == larger.shape
        let isFirst = Self.binary(kernel_greater, a, b)
        if case .relevance = rule, isConstant {
          let ofConstant = dy * larger * isFirst.scaled(by: -1, plus: 1)
          return RuledResult([dy * isFirst, nil], constants: Double(ofConstant.sum().scalar))
        }
        guard rule == .rescale else { return nil }
        if isConstant { return [dy * a.rescaleMultiplier(of: larger, derivative: isFirst), nil] }
        // (a + b + |a − b|)/2
        let (x, y) = (wanted[0] ? a.variable() : a, wanted[1] ? b.variable() : b)
        return RuledResult(gradients(of: (x + y + (x - y).absolute()) / 2, weight: dy, at: [x, y], rule: rule))
      }
    ) { dy, wanted in
      let first = Self.binary(kernel_greater, a, b)
      return [
        wanted[0] ? (dy * first).summed(to: a.shape) : nil,
        wanted[1] ? (dy * first.scaled(by: -1, plus: 1)).summed(to: b.shape) : nil,
      ]
    }
  }

  /// 1 where the two are equal, else 0. Has no gradient.
  public func equals(_ other: Tensor) -> Tensor { Self.binary(kernel_equal, self, other) }

  /// Dropout: 0 with probability `probability`, else x / (1 − probability) (Srivastava et al. 2014, inverted).
  public func dropout(_ probability: Float, seed: UInt64) -> Tensor {
    demand(0 <= probability && probability < 1, "a dropout probability of \(probability)")
    guard probability > 0 else { return self }
    let x = rowMajor
    return Tensor(shape) { kernel_dropout(x.storage.pointer, $0, count, probability, seed) }
      .recorded(from: [self], as: .linear) { dy, _ in [dy.detached.dropout(probability, seed: seed)] }
  }
}
