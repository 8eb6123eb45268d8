import Foundation

/// Measures of how few cells hold an attribution. Sizes are not negative; nil where all are zero.
enum Concentration {
  /// Sparseness: Gini's index Σ (2i − n − 1) x₍ᵢ₎ / (n Σ x), x₍₁₎ the least (Chalasani et al. 2020, arXiv:1810.06583).
  /// 0 where all cells are equal, 1 − 1/n where one cell has everything.
  static func gini(_ sizes: [Double]) -> Double? { gini(sorted: sizes.sorted()) }

  static func gini(sorted sizes: [Double]) -> Double? {
    let sum = sizes.reduce(0, +)
    guard sum > 0 else { return nil }
    let count = Double(sizes.count)
    return sizes.enumerated().reduce(0) { $0 + (2 * Double($1.offset) + 1 - count) * $1.element } / (count * sum)
  }

  /// Complexity: the entropy −Σ p ln p of the shares p = x / Σ x, in nats (Bhatt, Weller and Moura 2020,
  /// arXiv:2005.00631). 0 where one cell has everything, ln n where all cells are equal.
  static func entropy(_ sizes: [Double]) -> Double? {
    let sum = sizes.reduce(0, +)
    guard sum > 0 else { return nil }
    return sizes.reduce(0) { $1 > 0 ? $0 - $1 / sum * log($1 / sum) : $0 }
  }
}
