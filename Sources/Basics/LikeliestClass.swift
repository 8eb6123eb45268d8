extension Collection where Element: BinaryFloatingPoint, Index == Int {
  /// The index of the largest of these probabilities; the first of equal ones.
  public var likeliestClass: Int { indices.max { self[$0] < self[$1] }! }
}
