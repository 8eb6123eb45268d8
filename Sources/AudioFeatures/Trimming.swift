import Basics

// The frames of librosa.effects.trim: centred on every 512th sample, 2048 long, zeros beyond the ends.
private let hopSamples = 512
private let hopsPerFrame = 4

/// The signal without its quiet ends, and its range in the original: from the first to the last frame whose RMS is less
/// than 20 dB below the loudest frame's.
///
/// librosa.effects.trim(y, top_db=20, frame_length=2048, hop_length=512). As there, RMS below 1e-5 counts as 1e-5, so
/// all frames of a silent signal are equally loud and it stays whole.
/// - Parameter signal: [samples]
public func trimmed(_ signal: [Float]) -> (samples: [Float], range: Range<Int>) {
  // Every frame is four hops, so each sample is squared once. Energy k is that of the hop k − 2: two
  // hops of zeros stand before the signal, and zeros fill the last frame.
  let frameCount = signal.count / hopSamples + 1
  var hopEnergies = [Double](repeating: 0, count: frameCount + hopsPerFrame - 1)
  signal.withUnsafeBufferPointer { signal in
    for (hop, start) in stride(from: 0, to: signal.count, by: hopSamples).enumerated() {
      var energy = 0.0
      for sample in signal[start..<min(signal.count, start + hopSamples)] {
        energy += Double(sample) * Double(sample)
      }
      hopEnergies[hop + hopsPerFrame / 2] = energy
    }
  }
  let powers = (0..<frameCount).map { frame in
    let energy = hopEnergies[frame..<frame + hopsPerFrame].reduce(0, +)
    return max(energy / Double(hopsPerFrame * hopSamples), 1e-10)
  }
  let threshold = 0.01 * (powers.max() ?? 0)  // −20 dB
  guard let first = powers.firstIndex(where: { $0 > threshold }),
    let last = powers.lastIndex(where: { $0 > threshold })
  else { return ([], 0..<0) }  // NaN only
  let range = first * hopSamples..<min(signal.count, (last + 1) * hopSamples)
  return (Array(signal[range]), range)
}

/// The signal cut to a length, or zero-padded at its end.
public func fixedLength(_ signal: [Float], samples count: Int) -> [Float] {
  demand(count >= 0, "a signal cannot have \(count) samples")
  return signal.prefix(count) + [Float](repeating: 0, count: max(0, count - signal.count))
}
