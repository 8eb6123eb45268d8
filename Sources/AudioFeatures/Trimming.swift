import Basics
import Foundation

// The frames of librosa.effects.trim: centred on every 512th sample, 2048 long, zeros beyond the ends.
private let hopSamples = 512
private let hopsPerFrame = 4

/// The quiet ends of a clip: what a model was trained without, it is also used without.
public enum Trimming: Sendable, Equatable {
  /// The ends are kept.
  case off
  /// The ends whose level is this far below the loudest frame's are removed; above 0.
  case decibels(Double)

  /// The report's 20 dB.
  public static let standard = Trimming.decibels(20)

  /// The range of a signal that stays: all of it, or from the first to the last frame whose RMS is less than so many dB
  /// below the loudest frame's.
  ///
  /// librosa.effects.trim(y, top_db, frame_length=2048, hop_length=512). As there, RMS below 1e-5 counts as 1e-5, so
  /// all frames of a silent signal are equally loud and it stays whole.
  /// - Parameter signal: [samples]
  public func range(of signal: [Float]) -> Range<Int> {
    switch self {
    case .off: signal.indices
    case .decibels(let decibels): loudRange(of: signal, decibels)
    }
  }
}

extension Trimming: CustomStringConvertible {
  /// "off", or "20 dB".
  public var description: String {
    switch self {
    case .off: "off"
    case .decibels(let decibels): "\(decibels.formatted(.number.grouping(.never))) dB"
    }
  }
}

extension Trimming: Codable {
  /// Decodes a number of decibels above 0, or "off".
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let decibels = try? container.decode(Double.self), decibels > 0, decibels.isFinite {
      self = .decibels(decibels)
    } else if (try? container.decode(String.self)) == "off" {
      self = .off
    } else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "neither decibels above 0 nor \"off\"")
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .off: try container.encode("off")
    case .decibels(let decibels): try container.encode(decibels)
    }
  }
}

private func loudRange(of signal: [Float], _ decibels: Double) -> Range<Int> {
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
  let threshold = pow(10, -decibels / 10) * (powers.max() ?? 0)
  guard let first = powers.firstIndex(where: { $0 > threshold }),
    let last = powers.lastIndex(where: { $0 > threshold })
  else { return 0..<0 }  // NaN only
  return first * hopSamples..<min(signal.count, (last + 1) * hopSamples)
}

/// The signal cut to a length, or zero-padded at its end.
public func fixedLength(_ signal: [Float], samples count: Int) -> [Float] {
  demand(count >= 0, "a signal cannot have \(count) samples")
  return signal.prefix(count) + [Float](repeating: 0, count: max(0, count - signal.count))
}
