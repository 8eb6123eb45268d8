import Models
import Tensors

extension Clip {
  /// The p with which the points of a path from a baseline to the clip lie at uᵖ for even u.
  ///
  /// A network that reads the waveform normalises it, by group or layer norm in its first convolutions, and answers the
  /// same at any loudness well above the √ε of that norm: from silence on, all changes within the first hundredths of the
  /// path.
  var pathPower: Double { model.kind.input == .waveform ? 4 : 1 }
}

extension Tensor {
  /// The points start + share · difference of the straight path from this start, one for each share: [shares, …].
  /// - Parameter difference: The end of the path minus its start; both may be batches of as many as there are shares.
  func moved(by difference: Tensor, shares: [Float]) -> Tensor {
    self + difference * Tensor(shares, shape: [shares.count] + shape.dropFirst().map { _ in 1 })
  }
}
