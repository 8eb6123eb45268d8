import Models

/// A map that an explanation is attacked by, as it has a formula: a function of the input and of the gradient there, and of
/// nothing else. The maps of other methods are only measured after an attack on the one of these that is most like them.
public enum AttackedMap: String, CaseIterable, Codable, Sendable {
  /// |∂ target / ∂ input|; on the waveform |x · ∂ target / ∂ x|, as ``Saliency`` there is per dB.
  case saliency
  /// |input · ∂ target / ∂ input|: of maps the sizes are compared.
  case inputXGradient = "input-x-gradient"

  /// The one that stands for a method: input × gradient where values are parts of the score, which on a straight path or by
  /// a rule are input times some slope; else saliency. On the waveform both are the same but for a factor.
  public init(for method: any AttributionMethod, at space: InputSpace) {
    self = method.quantity == .score && space != .waveform ? .inputXGradient : .saliency
  }

  /// Whether it is the method's own map, and not one that stands for it.
  public func isMap(of method: any AttributionMethod, at space: InputSpace) -> Bool {
    switch method {
    case is Saliency: true
    case is Gradient: space != .waveform
    case is InputXGradient: true
    default: false
    }
  }

  /// Whether a map at a place is the input times the gradient, and not the gradient alone.
  func isTimesInput(at space: InputSpace) -> Bool { self == .inputXGradient || space == .waveform }
}

/// What an attack on an explanation is after, with the prediction as it was.
public enum ExplanationAim: String, CaseIterable, Codable, Sendable {
  /// Less of the relevance in the tenth of the cells that had most of it (Ghorbani, Abid and Zou 2019, "Interpretation of
  /// neural networks is fragile", arXiv:1710.10547, their top-k attack).
  case top
  /// A given map (Dombrowski et al. 2019, "Explanations can be manipulated and geometry is to blame", arXiv:1906.07983).
  case map
}

/// How far the sizes of a map's cells are from what an attack is after, 0…1: an attack makes it small.
///
/// - Of ``ExplanationAim/top`` the share Σ_top s / Σ s of all that is in the cells that were the top tenth.
/// - Of ``ExplanationAim/map`` 1 − cos(s, t) with the sizes t of the given map. The paper has the squared distance of maps that
///   sum to one. From a map with few large cells an even one is nearer by that than any other with few, so that a map
///   would only be made even; the angle does not know how even a map is.
enum MapLoss {
  case top([Bool])
  case map([Double])

  /// Of the sizes before an attack.
  static func top(of sizes: [Double]) -> MapLoss {
    let count = max(1, Int(StabilityExaminer.top * Double(sizes.count)))
    var isTop = sizes.map { _ in false }
    for cell in Ranking(sizes).order.suffix(count) { isTop[cell] = true }
    return .top(isTop)
  }

  /// The loss, and its derivatives by each size; of sizes that are all 0 there is nothing to lose.
  func callAsFunction(_ sizes: [Double]) -> (loss: Double, slopes: [Double]) {
    switch self {
    case .top(let isTop):
      let sum = sizes.reduce(0, +)
      guard sum > 0 else { return (0, sizes.map { _ in 0 }) }
      let loss = zip(sizes, isTop).reduce(0) { $1.1 ? $0 + $1.0 : $0 } / sum
      return (loss, isTop.map { (($0 ? 1 : 0) - loss) / sum })
    case .map(let aim):
      let own = sizes.reduce(0) { $0 + $1 * $1 }.squareRoot()
      let other = aim.reduce(0) { $0 + $1 * $1 }.squareRoot()
      guard own > 0, other > 0 else { return (1, sizes.map { _ in 0 }) }
      let cosine = zip(sizes, aim).reduce(0) { $0 + $1.0 * $1.1 } / (own * other)
      return (1 - cosine, zip(sizes, aim).map { cosine * $0 / (own * own) - $1 / (own * other) })
    }
  }
}

extension SpeechSizes {
  /// The map played backwards.
  var reversed: SpeechSizes { SpeechSizes(rows.map { $0.reversed() }) }

  /// The sizes of so many frames in row-major order, cut, or repeated as often as need be.
  func fitted(frames count: Int) -> [Double] {
    rows.flatMap { row in (0..<count).map { row[$0 % row.count] } }
  }
}
