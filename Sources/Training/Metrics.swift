import Basics

/// The agreement of the predicted classes with the true ones.
public struct Metrics: Equatable, Sendable, Codable {
  public struct OfClass: Equatable, Sendable, Codable {
    /// The share of the clips predicted to be of the class that are; 0 where there are none.
    public let precision: Double
    /// The share of the clips of the class that are predicted to be; 0 where there are none.
    public let recall: Double
    /// 2 · precision · recall / (precision + recall); 0 where both are.
    public let f1: Double
    /// Clips of the class.
    public let support: Int
  }

  /// Clips by [true class][predicted class].
  public let confusion: [[Int]]
  public let accuracy: Double
  /// The mean F1 of the classes that are among the true or the predicted ones, like scikit-learn's
  /// `f1_score(average="macro")`.
  public let macroF1: Double
  public let byClass: [OfClass]

  public init(labels: [Int], predictions: [Int], classes: Int) {
    demand(
      labels.count == predictions.count, "\(predictions.count) predictions for \(labels.count) labels")
    var confusion = [[Int]](repeating: [Int](repeating: 0, count: classes), count: classes)
    for (label, prediction) in zip(labels, predictions) { confusion[label][prediction] += 1 }
    self.confusion = confusion
    func ratio(_ part: Int, _ whole: Int) -> Double { whole == 0 ? 0 : Double(part) / Double(whole) }
    accuracy = ratio((0..<classes).reduce(0) { $0 + confusion[$1][$1] }, labels.count)
    let predicted = (0..<classes).map { c in confusion.reduce(0) { $0 + $1[c] } }
    let byClass = (0..<classes).map { c in
      let support = confusion[c].reduce(0, +)
      return OfClass(
        precision: ratio(confusion[c][c], predicted[c]), recall: ratio(confusion[c][c], support),
        f1: ratio(2 * confusion[c][c], support + predicted[c]), support: support)
    }
    self.byClass = byClass
    let present = (0..<classes).filter { byClass[$0].support + predicted[$0] > 0 }
    macroF1 = present.isEmpty ? 0 : present.reduce(0) { $0 + byClass[$1].f1 } / Double(present.count)
  }
}
