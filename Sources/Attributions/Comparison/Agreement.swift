import Basics
import Foundation

/// The agreement of two attributions of one clip on the same grid.
public struct Agreement: Sendable, Codable {
  public enum Measure: String, CaseIterable, Codable, Sendable, CodingKeyRepresentable {
    /// Spearman's rank correlation of all cells, −1…1.
    case spearman
    /// The cosine similarity of both, −1…1.
    case cosine
    /// The share of the strongest tenth of the cells that both have in common, 0…1; chance level is 0.1.
    case overlap
    /// The structural similarity of both as pictures, −1…1 (Wang et al. 2004).
    case similarity

    public var words: String {
      switch self {
      case .spearman: "rank correlation"
      case .cosine: "cosine"
      case .overlap: "top tenth shared"
      case .similarity: "structural similarity"
      }
    }
  }

  /// The value of each measure; absent where it is undefined: a rank correlation of constant values, a cosine of zeros.
  public let values: [Measure: Double]

  /// - Parameters:
  ///   - first, second: Attributions [rows, columns], row-major.
  ///   - isSigned: Whether the signs of the values have a meaning.
  public init(_ first: [Float], _ second: [Float], rows: Int, columns: Int, isSigned: Bool) {
    demand(
      first.count == rows * columns && second.count == first.count,
      "attributions of \(first.count) and \(second.count) values on a grid of \(rows) × \(columns)")
    guard !first.isEmpty else {
      values = [:]
      return
    }
    let pair = [first, second].map { $0.map { Double(isSigned ? $0 : abs($0)) } }
    let ranks = pair.map { Ranking($0) }
    // Strength is the absolute value.
    let strengths = isSigned ? pair.map { Ranking($0.map(abs)) } : ranks
    var values: [Measure: Double] = [:]
    values[.spearman] = ranks[0].correlation(with: ranks[1])
    let norms = pair.map { $0.reduce(0) { $0 + $1 * $1 }.squareRoot() }
    if norms[0] > 0, norms[1] > 0 {
      values[.cosine] = zip(pair[0], pair[1]).reduce(0) { $0 + $1.0 * $1.1 } / (norms[0] * norms[1])
      values[.overlap] = strengths[0].overlap(with: strengths[1], share: 0.1)
      let relative = pair.map { Self.relative($0) }
      values[.similarity] = Self.structuralSimilarity(
        relative[0], relative[1], rows: rows, columns: columns, range: isSigned ? 2 : 1)
    }
    self.values = values
  }

  /// The values divided by the 99.5th percentile of their sizes and clipped to ±1, so that one outlier does not decide
  /// the scale.
  static func relative(_ values: [Double]) -> [Double] {
    let sizes = values.map(abs).sorted()
    let robust = sizes[Int(0.995 * Double(sizes.count - 1))]
    let limit = robust > 0 ? robust : sizes.last!
    guard limit > 0 else { return values }
    return values.map { max(-1, min(1, $0 / limit)) }
  }

  /// The mean over all windows of 7 × 7 cells of
  /// (2 μₓμᵧ + c₁)(2 σₓᵧ + c₂) / ((μₓ² + μᵧ² + c₁)(σₓ² + σᵧ² + c₂)), with c₁ = (0.01 L)² and c₂ = (0.03 L)²
  /// (Wang et al. 2004, with their first paper's even windows and variances over n − 1, as scikit-image has by
  /// default).
  ///
  /// Where a side is shorter than seven cells, the window has its length.
  /// - Parameter range: L, the largest possible difference of two values.
  static func structuralSimilarity(
    _ first: [Double], _ second: [Double], rows: Int, columns: Int, range: Double
  ) -> Double {
    let (height, width) = (min(7, rows), min(7, columns))
    let count = Double(height * width)
    let unbiased = count > 1 ? count / (count - 1) : 1
    let (c1, c2) = (pow(0.01 * range, 2), pow(0.03 * range, 2))
    /// Sums over every window, by an integral image.
    func windowSums(_ value: (Int) -> Double) -> [Double] {
      var total = [Double](repeating: 0, count: (rows + 1) * (columns + 1))
      for row in 0..<rows {
        var line = 0.0
        for column in 0..<columns {
          line += value(row * columns + column)
          total[(row + 1) * (columns + 1) + column + 1] = total[row * (columns + 1) + column + 1] + line
        }
      }
      return (0...(rows - height)).flatMap { row in
        (0...(columns - width)).map { column in
          let (top, bottom) = (row * (columns + 1), (row + height) * (columns + 1))
          return total[bottom + column + width] - total[bottom + column] - total[top + column + width]
            + total[top + column]
        }
      }
    }
    let (x, y) = (windowSums { first[$0] }, windowSums { second[$0] })
    let (xx, yy) = (windowSums { first[$0] * first[$0] }, windowSums { second[$0] * second[$0] })
    let xy = windowSums { first[$0] * second[$0] }
    let sum = x.indices.reduce(0.0) { sum, index in
      let (meanX, meanY) = (x[index] / count, y[index] / count)
      let varianceX = unbiased * (xx[index] / count - meanX * meanX)
      let varianceY = unbiased * (yy[index] / count - meanY * meanY)
      let covariance = unbiased * (xy[index] / count - meanX * meanY)
      return sum + (2 * meanX * meanY + c1) * (2 * covariance + c2)
        / ((meanX * meanX + meanY * meanY + c1) * (varianceX + varianceY + c2))
    }
    return sum / Double(x.count)
  }
}
