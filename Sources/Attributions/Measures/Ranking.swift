/// The ranks of cells by their values, to compare two attributions.
struct Ranking {
  /// The cells from the least to the largest; equal ones in an order that follows neither rows nor frames, so that a map of
  /// zeros ranks as random numbers do.
  let order: [Int]
  /// Each cell's rank less the mean rank; equal values share the mean of their ranks.
  private let centred: [Double]
  private let norm: Double

  init(_ values: [Double]) {
    // Knuth's multiplicative hash, which is one to one.
    func place(_ index: Int) -> UInt64 { UInt64(index) &* 0x9E37_79B9_7F4A_7C15 }
    let order = values.indices.sorted {
      values[$0] != values[$1] ? values[$0] < values[$1] : place($0) < place($1)
    }
    var centred = [Double](repeating: 0, count: values.count)
    let middle = Double(values.count - 1) / 2
    var first = 0
    while first < order.count {
      var end = first + 1
      while end < order.count, values[order[end]] == values[order[first]] { end += 1 }
      for place in first..<end { centred[order[place]] = Double(first + end - 1) / 2 - middle }
      first = end
    }
    (self.order, self.centred) = (order, centred)
    norm = centred.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  /// Spearman's rank correlation, −1…1; nil where all values of one are equal.
  func correlation(with other: Ranking) -> Double? {
    guard norm > 0, other.norm > 0 else { return nil }
    return zip(centred, other.centred).reduce(0) { $0 + $1.0 * $1.1 } / (norm * other.norm)
  }

  /// The area under the ROC curve of telling marked cells from others by their ranks: the share of pairs of a marked and
  /// another cell in which the marked one is larger, equal ones counting half (Mann and Whitney 1947). Nil without both.
  func areaUnderROC(of marked: [Bool]) -> Double? {
    let count = marked.count { $0 }
    guard count > 0, count < marked.count else { return nil }
    let sum = zip(centred, marked).reduce(0) { $1.1 ? $0 + $1.0 : $0 }
    return sum / (Double(count) * Double(marked.count - count)) + 0.5
  }

  /// The fraction of the top `share` of cells that both rankings have in common, 0…1.
  func overlap(with other: Ranking, share: Double) -> Double {
    let count = max(1, Int(share * Double(order.count)))
    return Double(Set(order.suffix(count)).intersection(other.order.suffix(count)).count) / Double(count)
  }
}
