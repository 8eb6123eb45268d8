import Basics
import Kernels

extension Tensor {
  /// y = f(x) element by element; the gradient is dy · f′(x).
  private consuming func unary(_ operation: kernel_unary_operation) -> Tensor {
    let count = count
    guard isRecorded else { return mapped { kernel_unary(operation, $0, $1, count) } }
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

  public static prefix func - (x: consuming Tensor) -> Tensor { x.unary(kernel_negate) }
  public consuming func exponential() -> Tensor { unary(kernel_exponential) }
  /// The natural logarithm.
  public consuming func logarithm() -> Tensor { unary(kernel_logarithm) }
  public consuming func squareRoot() -> Tensor { unary(kernel_square_root) }
  public consuming func hyperbolicTangent() -> Tensor { unary(kernel_tanh) }
  /// 1 / (1 + e⁻ˣ).
  public consuming func sigmoid() -> Tensor { unary(kernel_sigmoid) }
  /// max(x, 0); its gradient at 0 is 0.
  public consuming func relu() -> Tensor { unary(kernel_relu) }
  /// |x|; its gradient at 0 is 0.
  public consuming func absolute() -> Tensor { unary(kernel_absolute) }
  public consuming func squared() -> Tensor { unary(kernel_square) }
  public consuming func reciprocal() -> Tensor { unary(kernel_reciprocal) }
  /// x Φ(x), with Φ the normal distribution itself, not its tanh (Hendrycks and Gimpel 2016).
  public consuming func gelu() -> Tensor { unary(kernel_gelu) }

  /// scale · x + shift.
  public consuming func scaled(by scale: Float, plus shift: Float = 0) -> Tensor {
    let (count, node) = (count, node)
    return mapped { kernel_affine($0, scale, shift, $1, count) }
      .recorded(from: [node], as: shift == 0 ? .linear : .affine(factor: shift) { Tensor(1) }) { dy, _ in
        [dy.scaled(by: scale)]
      }
  }

  /// x γ + β, broadcast, as after a norm: one operation where γ and β are constants.
  public consuming func scaled(by scale: Tensor, plus shift: Tensor) -> Tensor {
    guard isRecorded, !scale.isRecorded, !shift.isRecorded else { return self * scale + shift }
    let (shape, node) = (shape, node)
    return (Self.binary(kernel_multiply, self, scale) + shift)
      .recorded(from: [node], as: .affine { shift }) { dy, _ in [(dy * scale).summed(to: shape)] }
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

  private static func binary(_ operation: kernel_binary_operation, _ a: consuming Tensor, _ b: Tensor) -> Tensor {
    let b = b.rowMajor
    if a.shape == b.shape {
      // One long row.
      let count = a.count
      return a.mapped { kernel_binary(operation, $0, [1], b.storage.pointer, [1], $1, [count], 1) }
    }
    let shape = broadcast(a.shape, b.shape)
    if shape == a.shape {
      let (own, other) = (strides(shape), broadcastStrides(b.shape, to: shape))
      return a.mapped { kernel_binary(operation, $0, own, b.storage.pointer, other, $1, shape, Int32(shape.count)) }
    }
    let a = a.rowMajor
    return Tensor(shape) {
      kernel_binary(
        operation, a.storage.pointer, broadcastStrides(a.shape, to: shape), b.storage.pointer,
        broadcastStrides(b.shape, to: shape), $0, shape, Int32(shape.count))
    }
  }

  /// The kind of a + factor · b, of which one may be a constant.
  private static func sum(_ a: Tensor, _ b: Tensor, factor: Float = 1) -> OperationKind {
    guard a.isRecorded != b.isRecorded else { return .linear }
    return a.isRecorded ? .affine(factor: factor) { b } : .affine { a }
  }

  public static func + (a: consuming Tensor, b: Tensor) -> Tensor {
    let nodes = [a.node, b.node]
    guard nodes.contains(where: { $0 != nil }) else { return binary(kernel_add, a, b) }
    let (shapeA, shapeB, kind) = (a.shape, b.shape, sum(a, b))
    return binary(kernel_add, a, b).recorded(from: nodes, as: kind) { dy, wanted in
      [wanted[0] ? dy.summed(to: shapeA) : nil, wanted[1] ? dy.summed(to: shapeB) : nil]
    }
  }

  public static func - (a: consuming Tensor, b: Tensor) -> Tensor {
    let nodes = [a.node, b.node]
    guard nodes.contains(where: { $0 != nil }) else { return binary(kernel_subtract, a, b) }
    let (shapeA, shapeB, kind) = (a.shape, b.shape, sum(a, b, factor: -1))
    return binary(kernel_subtract, a, b).recorded(from: nodes, as: kind) { dy, wanted in
      [wanted[0] ? dy.summed(to: shapeA) : nil, wanted[1] ? -dy.summed(to: shapeB) : nil]
    }
  }

  public static func * (a: consuming Tensor, b: Tensor) -> Tensor {
    let nodes = [a.node, b.node]
    guard nodes.contains(where: { $0 != nil }) else { return binary(kernel_multiply, a, b) }
    let (x, y) = (a.detached, b.detached)
    func gradients(_ dy: Tensor, _ wanted: [Bool], _ x: Tensor, _ y: Tensor) -> [Tensor?] {
      [wanted[0] ? (dy * y).summed(to: x.shape) : nil, wanted[1] ? (dy * x).summed(to: y.shape) : nil]
    }
    return binary(kernel_multiply, x, y).recorded(from: nodes, as: .product(x, y, gradient: gradients)) {
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

  public static func * (x: consuming Tensor, factor: Float) -> Tensor { x.scaled(by: factor) }
  public static func * (factor: Float, x: consuming Tensor) -> Tensor { x.scaled(by: factor) }
  public static func + (x: consuming Tensor, term: Float) -> Tensor { x.scaled(by: 1, plus: term) }
  public static func - (x: consuming Tensor, term: Float) -> Tensor { x.scaled(by: 1, plus: -term) }
  public static func / (x: consuming Tensor, divisor: Float) -> Tensor { x.scaled(by: 1 / divisor) }

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
