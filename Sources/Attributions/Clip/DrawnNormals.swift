import Basics

/// The normal numbers of a clip's noisy copies, drawn once: a method draws the same ones again, from the same seed, for the
/// clip's other targets, through other models and with small changes of its input.
final class DrawnNormals {
  private var seed: UInt64 = 0
  private var numbers: [Double] = []
  /// 64 MB. More are drawn each time.
  private static let most = 1 << 23

  /// The first `count` numbers from a seed; nil of more than are kept.
  func first(_ count: Int, seed: UInt64) -> [Double]? {
    guard count <= Self.most else { return nil }
    if seed != self.seed || numbers.count != count {
      var generator = SeededGenerator(seed: seed)
      (self.seed, numbers) = (seed, generator.normals(count))
    }
    return numbers
  }
}
