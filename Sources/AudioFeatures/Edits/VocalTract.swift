import Tensors

extension FrontEnd {
  /// A log-mel [1, 1, mels, frames] as of a vocal tract of another length (Jaitly and Hinton 2013): each band has the value that
  /// stood at `factor` times its frequency, between bands by a straight line. Frequencies near half the sample rate, from
  /// where the factor would lead past it, are spread evenly over what is left.
  /// - Parameter factor: 0.5 to 2; above 1 for a longer tract, whose formants are lower.
  public func withVocalTract(_ logMel: Tensor, longerBy factor: Double) -> Tensor {
    let (top, frames) = (Double(sampleRate) / 2, logMel.shape[3])
    // Up to the knee frequencies are multiplied, above it they lead to the top in a straight line.
    let knee = 0.6 * top * min(1, 1 / factor)
    let step = Self.mel(hertz: top) / Double(mels + 1)
    let values = logMel.floats
    var warped: [Float] = []
    warped.reserveCapacity(values.count)
    for centre in melCentres {
      let read =
        centre <= knee ? centre * factor : top - (top - knee * factor) * (top - centre) / (top - knee)
      let place = min(max(Self.mel(hertz: read) / step - 1, 0), Double(mels - 1))
      let lower = min(Int(place), mels - 2)
      let share = Float(place - Double(lower))
      for frame in 0..<frames {
        let (a, b) = (values[lower * frames + frame], values[(lower + 1) * frames + frame])
        warped.append(a + (b - a) * share)
      }
    }
    return Tensor(warped, shape: logMel.shape)
  }
}
