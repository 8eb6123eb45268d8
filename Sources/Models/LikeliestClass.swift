extension Collection where Element: BinaryFloatingPoint, Index == Int {
  /// The class with the highest of these probabilities; the first of equal ones.
  package var likeliestClass: Int { indices.max { self[$0] < self[$1] }! }
}
