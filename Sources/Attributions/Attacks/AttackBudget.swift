/// How much of a clip may be changed.
public enum AttackBudget: Sendable, Hashable {
  /// The least signal-to-noise ratio in dB: the change's 2-norm is at most ‖x‖ 10^(−ratio/20), x being the clip's own
  /// samples without the padding. On the waveform only.
  case ratio(Double)
  /// The most that a single value changes: amplitude on the waveform, dB on the mel, units of the MFCC.
  case largest(Double)
  /// By so many dB the change stays below what the clip masks; below 0 it may be above it. On the waveform only. See
  /// `MaskingThreshold` and `MaskedChange`.
  case masked(Double)

  /// Whether the budget is of the waveform only.
  public var needsWaveform: Bool {
    switch self {
    case .ratio, .masked: true
    case .largest: false
    }
  }

  /// In dB, or of the largest change in the value's own unit.
  public var number: Double {
    switch self {
    case .ratio(let number), .largest(let number), .masked(let number): number
    }
  }

  /// Whether it allows less than another of its kind: the larger a ratio, or the further below the threshold.
  public func isSmaller(than other: AttackBudget) -> Bool {
    if case .largest = self { number < other.number } else { number > other.number }
  }
}

/// As an object of one number: {"ratio": 30}.
extension AttackBudget: Codable {
  private enum CodingKeys: String, CodingKey { case ratio, largest, masked }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    guard container.allKeys.count == 1, let key = container.allKeys.first else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "not one of ratio, largest and masked"))
    }
    let number = try container.decode(Double.self, forKey: key)
    switch key {
    case .ratio: self = .ratio(number)
    case .largest: self = .largest(number)
    case .masked: self = .masked(number)
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .ratio(let number): try container.encode(number, forKey: .ratio)
    case .largest(let number): try container.encode(number, forKey: .largest)
    case .masked(let number): try container.encode(number, forKey: .masked)
    }
  }
}
