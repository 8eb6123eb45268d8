/// The principle that a method works by.
public enum MethodFamily: String, CaseIterable, Sendable {
  case gradient, modifiedBackward = "modified backward", activation, perturbation, attention
  /// Controls: attributions that a useful method must beat.
  case control
}
