import Basics
import Tensors

/// Which steps of a batch are of its clips, where shorter clips are filled up to the longest.
public struct StepMask {
  /// Steps of each clip.
  public let lengths: [Int]
  /// Steps of the batch.
  public let steps: Int

  init(lengths: [Int], steps: Int) {
    demand(lengths.allSatisfy { (1...steps).contains($0) }, "clips of \(lengths) steps in a batch of \(steps)")
    (self.lengths, self.steps) = (lengths, steps)
  }

  /// 1 for the steps of a clip and 0 after them, [batch, steps, 1].
  var kept: Tensor {
    Tensor(
      lengths.flatMap { length in (0..<steps).map { $0 < length ? Float(1) : 0 } }, shape: [lengths.count, steps, 1])
  }

  /// 0 for the steps of a clip and the lowest number after them, [batch, 1, 1, steps]: added to attention's scores.
  var scores: Tensor {
    Tensor(
      lengths.flatMap { length in (0..<steps).map { $0 < length ? 0 : -Float.greatestFiniteMagnitude } },
      shape: [lengths.count, 1, 1, steps])
  }
}

extension Tensor {
  /// The mean over the steps of each clip: [batch, steps, features] → [batch, features].
  public func meanOverSteps(_ mask: StepMask?) -> Tensor {
    guard let mask else { return mean(axes: [1]).reshaped([shape[0], shape[2]]) }
    let counts = Tensor(mask.lengths.map(Float.init), shape: [shape[0], 1])
    return (self * mask.kept).sum(axes: [1]).reshaped([shape[0], shape[2]]) / counts
  }
}
