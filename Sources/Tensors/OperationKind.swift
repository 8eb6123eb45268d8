import Basics

/// The kind of an operation, which decides how the backward rules treat it. Every operation declares one, so that none
/// silently uses its derivative where a ``BackwardRule`` has another. Only this file has each rule's effect on a kind.
enum OperationKind {
  /// A linear function of its inputs together: every rule uses the derivative.
  case linear
  /// A linear function plus `factor` times a constant, which keeps its part of the relevance.
  case affine(factor: Float = 1, constant: () -> Tensor)
  /// Σ w x + b with weights outside the graph; relevance is shared by the rule of its layer. Of several inputs, x is the
  /// first.
  case weighted(any WeightedSum, x: Tensor, y: Tensor, by: KeyPath<RelevanceRules, RelevanceRules.Rule>)
  /// y = f(x), element by element; `isRectifier` for ReLU.
  case pointwise(x: Tensor, y: Tensor, isRectifier: Bool = false)
  /// A function linear in each of two inputs, with the gradient as a function of the values that stand in their places.
  case product(Tensor, Tensor, gradient: (_ dy: Tensor, _ wanted: [Bool], _ a: Tensor, _ b: Tensor) -> [Tensor?])
  /// An operation with rules of its own; the closure returns nil where a rule uses the derivative.
  case ruled((BackwardRule, _ dy: Tensor, _ wanted: [Bool]) -> RuledResult?)
  /// An operation with only its derivative. Another rule is a fault, whose `reason` names what to run instead.
  case derivativeOnly(reason: String)

  /// The gradients of the inputs by a rule other than the derivative; nil where they are the derivative's.
  func backward(
    _ rule: BackwardRule, _ dy: Tensor, _ wanted: [Bool], derivative: Node.Backward
  ) -> RuledResult? {
    switch self {
    case .linear: return nil
    case .affine(let factor, let constant):
      guard case .relevance = rule else { return nil }
      return RuledResult(derivative(dy, wanted), constants: Double(factor) * Double((dy * constant()).sum().scalar))
    case .weighted(let sum, let x, let y, let kind):
      guard case .relevance(let rules) = rule, wanted[0] else { return nil }
      let shares = rules[keyPath: kind].shares(of: sum, x: x, y: y, c: dy, epsilon: rules.epsilon)
      return RuledResult([shares.input] + wanted.dropFirst().map { _ in nil }, constants: shares.bias)
    case .derivativeOnly(let reason): fault("the rule \(rule) of an operation that has only its derivative: \(reason)")
    case .ruled(let backward): return backward(rule, dy, wanted)
    case .pointwise(let x, let y, let isRectifier):
      func gradient(_ dy: Tensor) -> Tensor { derivative(dy, wanted)[0]! }
      switch rule {
      case .guided where isRectifier: return [gradient(dy.relu())]
      case .deconvolution where isRectifier: return [dy.relu()]
      case .rescale: return [dy * x.rescaleMultiplier(of: y, derivative: gradient(.ones(x.shape)))]
      case .relevance where !isRectifier:
        // y/x; where x is zero, the derivative, which is its limit.
        let isZero = x.equals(.zeros([]))
        return [dy * y / (x + isZero) + gradient(dy * isZero)]
      case .derivative, .guided, .deconvolution, .relevance: return nil
      }
    case .product(let a, let b, let gradient):
      // A product with a constant is linear.
      guard wanted == [true, true] else { return nil }
      switch rule {
      case .rescale: return RuledResult(gradient(dy, wanted, a.rescaleMiddle, b.rescaleMiddle))
      case .relevance: return RuledResult(gradient(dy / 2, wanted, a, b))
      case .derivative, .guided, .deconvolution: return nil
      }
    }
  }
}

/// What a rule passes back from one operation.
struct RuledResult: ExpressibleByArrayLiteral {
  /// Of each input, or nil where it is not wanted.
  let gradients: [Tensor?]
  /// The relevance that stays with the operation's constants.
  let constants: Double

  init(_ gradients: [Tensor?], constants: Double = 0) { (self.gradients, self.constants) = (gradients, constants) }

  init(arrayLiteral gradients: Tensor?...) { self.init(gradients) }
}
