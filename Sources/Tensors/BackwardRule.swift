import Basics

/// A rule that replaces the derivative in one backward pass of ``gradients(of:weight:at:rule:)``.
///
/// The result at an input x is a tensor of its shape, as a gradient is: with ``guided`` and ``deconvolution`` the
/// changed gradient; with ``rescale`` the multiplier m of DeepLIFT, m · (x − baseline) being the contribution; with
/// ``relevance(_:)`` the c of which c · x is the relevance. So linear operations that no rule names need no rule.
public enum BackwardRule: Sendable, Equatable {
  case derivative
  /// Guided backpropagation: a ReLU passes only positive gradients of positive inputs (Springenberg et al. 2014).
  case guided
  /// Deconvolution: a ReLU passes only positive gradients, whatever its input (Zeiler and Fergus 2013).
  case deconvolution
  /// DeepLIFT's multipliers (Shrikumar, Greenside and Kundaje 2017) in a batch whose first half are inputs and whose
  /// second half their baselines: Δy/Δx at operations of one input; for products of two signals the mean of both orders
  /// (Lundberg and Lee 2017), so that contributions sum to the difference.
  case rescale
  /// Layer-wise relevance propagation (Bach et al. 2015), which conserves: what the inputs and the constants of an operation
  /// get is what its result has. Nonlinearities of one input pass their relevance on unchanged; a product of two signals
  /// gives half to each; what weighs signals is a constant and gets nothing: the gates of an LSTM (Arras et al. 2019), the
  /// deviations of norms and the weights of attention (Ali et al. 2022), unless ``RelevanceRules/passesAttention``.
  case relevance(RelevanceRules)
}

/// The rules by which relevance is shared among the inputs of sums.
public struct RelevanceRules: Sendable, Equatable {
  public enum Rule: Sendable, Equatable {
    /// Shares in proportion to wᵢ xᵢ, the sum moved away from zero by ε (Bach et al. 2015, eq. 58).
    case epsilon
    /// Shares like ε, with contributions of the sum's own sign counted 1 + γ times (Montavon et al. 2019), generalised
    /// to inputs and sums of both signs.
    case gamma(Float)
    /// Shares in proportion to the positive wᵢ xᵢ only (Montavon et al. 2017).
    case zPlus
  }

  /// The rule at convolutions.
  public var convolutions: Rule
  /// The rule at ``Tensor/affine(weight:bias:)``.
  public var dense: Rule
  /// Whether attention's weights get half of the relevance, and pass it on to queries and keys by softmax's gradient
  /// (Achtibat et al. 2024). Softmax then keeps a part of it, since its inputs at zero give no zeros.
  public var passesAttention: Bool
  /// The ε that keeps quotients finite.
  public var epsilon: Float

  public init(convolutions: Rule, dense: Rule, passesAttention: Bool = false, epsilon: Float = 1e-6) {
    (self.convolutions, self.dense, self.epsilon) = (convolutions, dense, epsilon)
    self.passesAttention = passesAttention
  }
}

/// A part of weights, by sign: the weights themselves with some counted more, or left out.
struct WeightPart: Hashable {
  /// Factors of the positive and of the negative weights.
  let positive, negative: Float

  static let all = WeightPart(positive: 1, negative: 1)

  func callAsFunction(_ weights: Tensor) -> Tensor {
    self == .all ? weights : weights.relu() * positive - (-weights).relu() * negative
  }
}

/// A sum y = w x + b, run with parts of its weights.
protocol WeightedSum {
  /// One value for each channel of y.
  var bias: Tensor? { get }
  /// The dimension of y that has the channels.
  var channelAxis: Int { get }
  func apply(_ x: Tensor, _ part: WeightPart, bias: Bool) -> Tensor
  /// The gradient at x of Σ dy · y.
  func transpose(_ dy: Tensor, _ part: WeightPart) -> Tensor
}

extension WeightedSum {
  /// The gradient at the bias of Σ dy · y.
  func biasGradient(_ dy: Tensor) -> Tensor {
    dy.sum(axes: (0..<dy.rank).filter { $0 != channelAxis }).reshaped([-1])
  }
}

extension RelevanceRules.Rule {
  /// The factor whose product with the inputs x is their relevance, from the c whose product with the sums y is theirs; and
  /// the relevance of the bias.
  func shares(
    of sum: some WeightedSum, x: Tensor, y: Tensor, c: Tensor, epsilon: Float
  ) -> (input: Tensor, bias: Double) {
    func ofBias(_ quotient: Tensor, _ part: WeightPart) -> Double {
      sum.bias.map { Double((part($0) * sum.biasGradient(quotient)).sum().scalar) } ?? 0
    }
    /// Σ over parts of x of one sign. Without negative inputs there is one such part.
    func shared(_ relevance: Tensor, positive: WeightPart, negative: WeightPart) -> (input: Tensor, bias: Double) {
      let ofPositive = sum.apply(x.relu(), positive, bias: true)
      guard x.hasNegative else {
        let quotient = relevance / ofPositive.stabilized(epsilon)
        return (sum.transpose(quotient, positive), ofBias(quotient, positive))
      }
      let ofNegative = sum.apply(-(-x).relu(), negative, bias: false)
      let quotient = relevance / (ofPositive + ofNegative).stabilized(epsilon)
      let isPositive = x.isPositive
      let input =
        sum.transpose(quotient, positive) * isPositive
        + sum.transpose(quotient, negative) * isPositive.scaled(by: -1, plus: 1)
      return (input, ofBias(quotient, positive))
    }
    switch self {
    case .epsilon:
      let quotient = c * y / y.stabilized(epsilon)
      return (sum.transpose(quotient, .all), ofBias(quotient, .all))
    case .zPlus:
      let (up, down) = (WeightPart(positive: 1, negative: 0), WeightPart(positive: 0, negative: 1))
      return shared(c * y, positive: up, negative: down)
    case .gamma(let gamma):
      let up = WeightPart(positive: 1 + gamma, negative: 1)
      let down = WeightPart(positive: 1, negative: 1 + gamma)
      let ofPositive = shared(c * y.relu(), positive: up, negative: down)
      guard y.hasNegative else { return ofPositive }
      let ofNegative = shared(-(c * (-y).relu()), positive: down, negative: up)
      return (ofPositive.input + ofNegative.input, ofPositive.bias + ofNegative.bias)
    }
  }
}

extension Tensor {
  /// This tensor moved away from zero by ε; zero counts as positive.
  fileprivate func stabilized(_ epsilon: Float) -> Tensor {
    self + isNegative.scaled(by: -2 * epsilon, plus: epsilon)
  }

  /// 1 where positive, else 0.
  fileprivate var isPositive: Tensor { relu().equals(.zeros([])).scaled(by: -1, plus: 1) }
  /// 1 where negative, else 0.
  private var isNegative: Tensor { (-self).isPositive }
  fileprivate var hasNegative: Bool { withFloats { $0.contains { $0 < 0 } } }
}

/// The parts of ``BackwardRule/rescale``, which compares the two halves of a batch.
extension Tensor {
  /// Δy/Δx between the halves for y = f(x), the same for both. Where Δx is small beside x, it is the mean of the
  /// derivatives at both ends, which loses less to rounding.
  func rescaleMultiplier(of y: Tensor, derivative: Tensor) -> Tensor {
    let half = halfBatch
    let (x, y, derivative) = (rowMajor, y.rowMajor, derivative.rowMajor)
    return Tensor(shape) { out in
      let (x, y, derivative) = (x.storage.pointer, y.storage.pointer, derivative.storage.pointer)
      parallel(half, grain: 10_000) { range in
        for i in range {
          let (dx, dy) = (x[i] - x[half + i], y[i] - y[half + i])
          let isFar = abs(dx) > 1e-3 * (abs(x[i]) + abs(x[half + i]))
          out[i] = isFar ? dy / dx : (derivative[i] + derivative[half + i]) / 2
          out[half + i] = out[i]
        }
      }
    }
  }

  /// (x + baseline)/2 in both halves.
  var rescaleMiddle: Tensor {
    let half = halfBatch
    let x = rowMajor
    return Tensor(shape) { out in
      let x = x.storage.pointer
      for i in 0..<half {
        out[i] = (x[i] + x[half + i]) / 2
        out[half + i] = out[i]
      }
    }
  }

  /// The number of elements in a half.
  private var halfBatch: Int {
    demand(rank > 0 && shape[0] % 2 == 0, "no halves in a batch of \(shape)")
    return count / 2
  }
}
