/// What stands for "nothing" in a method that compares the clip with something.
public enum Baseline: Equatable, Sendable {
  /// A clip without sound.
  case silence
}
