import Ranks
import Tensors

/// The gradients of one step: the mean over the clips of the batches that make it.
struct StepGradients {
  private var mean: [Tensor] = []
  private var clips = 0
  /// Batches since the last step.
  private(set) var batches = 0

  /// Takes in the gradients of a batch's loss, which is the mean over its clips.
  mutating func add(_ gradients: [Tensor], clips count: Int) {
    (clips, batches) = (clips + count, batches + 1)
    let share = Float(count) / Float(clips)
    mean = batches == 1 ? gradients : zip(mean, gradients).map { $0 * (1 - share) + $1 * share }
  }

  /// The gradients for the step, after which the next one begins.
  /// - Parameters:
  ///   - ranks: Those that have a share of the batches each. Their gradients add up to the batches', since each took in the
  ///     whole batch's loss.
  ///   - norm: The most that the norm over all of them may be; longer ones are shortened to it as PyTorch's
  ///     `clip_grad_norm_` does. Nil for any.
  mutating func taken(over ranks: any RankGroup = SingleRank(), norm: Double?) -> [Tensor] {
    defer { self = StepGradients() }
    ranks.sum(&mean)
    guard let norm else { return mean }
    let own = mean.reduce(0) { $0 + Double($1.squared().sum().scalar) }.squareRoot()
    // Of one rank, whose number of threads may be its own: all take the same step, to the bit.
    let factor = ranks.first(norm / (own + 1e-6))  // PyTorch's, against a division by 0
    return factor < 1 ? mean.map { $0 * Float(factor) } : mean
  }
}

extension RankGroup {
  /// Floats that are summed at a time, 4 MB: few messages for many small tensors, and little room beside large ones.
  private static var bucketSize: Int { 1 << 20 }

  /// Replaces tensors by their sums over the ranks.
  func sum(_ tensors: inout [Tensor]) {
    guard count > 1 else { return }
    let size = min(Self.bucketSize, tensors.reduce(0) { $0 + $1.count })
    let bucket = UnsafeMutablePointer<Float>.allocate(capacity: size)
    defer { bucket.deallocate() }
    // The parts of tensors in the bucket.
    var parts: [(tensor: Int, range: Range<Int>)] = []
    var filled = 0
    func empty() {
      sum(UnsafeMutableBufferPointer(start: bucket, count: filled))
      var place = bucket
      for (tensor, range) in parts {
        tensors[tensor].withMutableFloats {
          ($0.baseAddress! + range.lowerBound).update(from: place, count: range.count)
        }
        place += range.count
      }
      (parts, filled) = ([], 0)
    }
    for index in tensors.indices {
      let count = tensors[index].count
      var place = 0
      while place < count {
        let range = place..<min(count, place + size - filled)
        tensors[index].withFloats {
          (bucket + filled).initialize(from: $0.baseAddress! + range.lowerBound, count: range.count)
        }
        parts.append((index, range))
        filled += range.count
        place = range.upperBound
        if filled == size { empty() }
      }
    }
    if filled > 0 { empty() }
  }
}
