/// What the settings of a front-end may be: those of a model's folder can be anything.
extension FrontEnd {
  public static let sampleRates = 8_000...48_000
  public static let windows = 64...16_384
  public static let hops = 16...4_096
  /// The statistics of a clip's sound need as many bands.
  public static let melCounts = SoundStatistics.bands...512
  public static let deltaOrders = 0...2

  /// The reason why nothing can be computed with these settings; nil where it can.
  public var problem: String? {
    let settings = [
      ("sample_rate", sampleRate, Self.sampleRates), ("window_samples", windowSamples, Self.windows),
      ("hop_samples", hopSamples, Self.hops), ("mels", mels, Self.melCounts), ("deltas", deltas, Self.deltaOrders),
    ]
    for (name, value, range) in settings where !range.contains(value) {
      return "its front-end has \(name) \(value), and takes \(range.lowerBound) to \(range.upperBound)"
    }
    guard (1...mels).contains(coefficients) else {
      return "its front-end has coefficients \(coefficients), and takes 1 to \(mels), the number of its mels"
    }
    guard windowSamples.isMultiple(of: 2) else {
      return "its front-end has window_samples \(windowSamples), which is odd"
    }
    guard 2 * hopSamples <= windowSamples else {
      // Weights of a Hann window do not sum to a constant any more, and the inverse STFT has gaps.
      return "its front-end has hop_samples \(hopSamples), more than half of its window of \(windowSamples)"
    }
    guard let band = emptyBand else { return nil }
    return "its front-end has \(mels) mels, too many for a window of \(windowSamples) samples: band \(band + 1) lies "
      + "between two bins"
  }

  /// The first mel band in which no bin of the transform lies; nil where each has one.
  private var emptyBand: Int? {
    let edges = melEdges
    let spacing = Double(sampleRate) / Double(windowSamples)
    return (0..<mels).first { band in
      ((edges[band] / spacing).rounded(.down) + 1) * spacing >= edges[band + 2]
    }
  }
}
