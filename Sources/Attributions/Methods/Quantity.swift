import Models

/// The quantity that attributions measure.
public enum Quantity: Equatable, Sendable {
  /// A part of the score, in logits.
  case score
  /// The derivative of the score with respect to the input, in logits per amplitude or per dB.
  case slope
  /// The derivative with respect to the level, in logits per dB on every input.
  case levelSlope
  /// A weight without a unit: only larger or smaller.
  case weight
  indirect case squared(Quantity)

  public func unit(at space: InputSpace) -> String {
    switch self {
    case .score: "logit"
    // The MFCC are sums of decibels, and so have their unit.
    case .slope: [.waveform, .spectrogram].contains(space) ? "logit/amplitude" : "logit/dB"
    case .levelSlope: "logit/dB"
    case .weight: ""
    case .squared(let quantity):
      quantity.unit(at: space).isEmpty ? "" : "(\(quantity.unit(at: space)))²"
    }
  }
}
