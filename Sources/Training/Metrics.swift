import Basics

/// The agreement of the predicted classes with the true ones.
public struct Metrics: Equatable, Sendable, Codable {
  public struct OfClass: Equatable, Sendable, Codable {
    /// The share of the clips predicted to be of the class that are; nil where none is predicted to be.
    public let precision: Double?
    /// The share of the clips of the class that are predicted to be; nil of a class without clips.
    public let recall: Double?
    /// 2 · precision · recall / (precision + recall), 0 where no clip is predicted right; nil of a class without clips.
    public let f1: Double?
    /// Clips of the class.
    public let support: Int

    enum CodingKeys: CodingKey { case precision, recall, f1, support }

    /// With `null` for what there is not, so that every class has every key.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(precision, forKey: .precision)
      try container.encode(recall, forKey: .recall)
      try container.encode(f1, forKey: .f1)
      try container.encode(support, forKey: .support)
    }
  }

  /// Clips by [true class][predicted class].
  public let confusion: [[Int]]
  public let accuracy: Double
  /// The mean F1 of the classes that are among the true or the predicted ones, like scikit-learn's
  /// `f1_score(average="macro")`: a class without clips counts 0 where a clip is taken for it, and else does not count.
  public let macroF1: Double
  /// The mean F1 of the classes that have clips, each weighted by them, like scikit-learn's `f1_score(average="weighted")`.
  public let weightedF1: Double
  /// The unweighted average recall (UAR) of the classes that have clips, like scikit-learn's `balanced_accuracy_score`.
  public let averageRecall: Double
  public let byClass: [OfClass]

  public init(labels: [Int], predictions: [Int], classes: Int) {
    demand(
      labels.count == predictions.count, "\(predictions.count) predictions for \(labels.count) labels")
    var confusion = [[Int]](repeating: [Int](repeating: 0, count: classes), count: classes)
    for (label, prediction) in zip(labels, predictions) { confusion[label][prediction] += 1 }
    self.confusion = confusion
    // Of no clips there is no share.
    func share(_ part: Int, of whole: Int) -> Double? { whole == 0 ? nil : Double(part) / Double(whole) }
    accuracy = share((0..<classes).reduce(0) { $0 + confusion[$1][$1] }, of: labels.count) ?? 0
    let predicted = (0..<classes).map { c in confusion.reduce(0) { $0 + $1[c] } }
    let byClass = (0..<classes).map { c in
      let support = confusion[c].reduce(0, +)
      return OfClass(
        precision: share(confusion[c][c], of: predicted[c]), recall: share(confusion[c][c], of: support),
        f1: support == 0 ? nil : share(2 * confusion[c][c], of: support + predicted[c]), support: support)
    }
    self.byClass = byClass
    let recalls = byClass.compactMap(\.recall)
    averageRecall = recalls.isEmpty ? 0 : recalls.reduce(0, +) / Double(recalls.count)
    weightedF1 = byClass.reduce(0) { $0 + Double($1.support) * ($1.f1 ?? 0) } / Double(max(1, labels.count))
    let present = (0..<classes).filter { byClass[$0].support + predicted[$0] > 0 }
    macroF1 = present.isEmpty ? 0 : present.reduce(0) { $0 + (byClass[$1].f1 ?? 0) } / Double(present.count)
  }
}
