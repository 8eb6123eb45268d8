import Foundation

/// Edits measured in just-noticeable steps: the differences that listeners to speech just notice, so that those of one kind
/// can be set beside those of another.
extension SoundEdits.Kind {
  /// Whether it is a speaker's doing, and not that of a room or a line.
  public var isOfTheVoice: Bool {
    switch self {
    case .pitch, .range, .tempo, .loudness, .tilt, .formants, .breathiness, .roughness: true
    case .reverberation, .lowPass, .noise: false
    }
  }

  /// How many steps are one just-noticeable difference each, and how large one is.
  private enum Ladder {
    /// The amount is so much a step.
    case sum(Double)
    /// The amount is this to the power of the steps.
    case product(Double)
    /// The amount begins at the first step, and there is none before: of what a clip either has or has not.
    case sumFrom(Double, Double)
    case productFrom(Double, Double)
  }

  private var ladder: Ladder {
    switch self {
    // 1.95 semitones of a voice's pitch, rounded, and 1.73 of its vocal tract's length (Gaudrain and Başkent 2018, normal
    // hearing).
    case .pitch: .sum(2)
    case .formants: .product(exp2(1.73 / 12))
    // One to two semitones of a movement of pitch ('t Hart 1981): 1.5 of one of six.
    case .range: .product(1.25)
    // 5 % (Quené 2007).
    case .tempo: .product(1.05)
    case .loudness: .sum(1)
    // A convention: 3 dB from 500 Hz to 4 kHz. Slopes between single harmonics are noticed from about that on.
    case .tilt: .sum(1)
    // 3 dB of the ratio of speech and noise (McShefferty, Whitmer and Akeroyd 2015), from the noise of a clear voice on.
    case .breathiness: .sumFrom(20, -3)
    case .noise: .sumFrom(40, -3)
    // A convention, of the size of a healthy voice's own jitter.
    case .roughness: .sum(1)
    // Conventions: a tenth of a second, and a third of an octave.
    case .reverberation: .sum(0.1)
    case .lowPass: .productFrom(7000, exp2(-1.0 / 3))
    }
  }

  /// The steps to both sides of the clip as it is that a search goes: what speakers do of their own, or a line may do.
  public var steps: ClosedRange<Int> {
    switch self {
    case .pitch, .range: -4...4
    case .tempo: -8...8
    case .loudness: -12...12
    case .tilt: -6...6
    case .formants: -3...3
    case .breathiness, .roughness: 0...6
    case .reverberation, .lowPass: 0...8
    case .noise: 0...12
    }
  }

  /// The amount that is so many steps from the clip as it is; nil of none.
  public func amount(steps: Double) -> Double? {
    guard steps != 0 else { return nil }
    switch ladder {
    case .sum(let step): return steps * step
    case .product(let factor): return pow(factor, steps)
    case .sumFrom(let first, let step): return first + (steps - 1) * step
    case .productFrom(let first, let factor): return first * pow(factor, steps - 1)
    }
  }

  /// The amount at which the clip is as it is; nil of a kind that a clip has not at any amount.
  public var neutral: Double? {
    switch ladder {
    case .sum: 0
    case .product: 1
    case .sumFrom, .productFrom: nil
    }
  }

  /// The unit of an amount, for axes.
  public var unit: String {
    switch self {
    case .pitch: "semitones"
    case .range, .tempo, .formants: "times its own"
    case .loudness: "dB"
    case .tilt: "dB an octave"
    case .breathiness: "dB of voice over breath"
    case .roughness: "% of the period"
    case .reverberation: "s to −60 dB"
    case .lowPass: "Hz"
    case .noise: "dB of sound over noise"
    }
  }

  /// The kind in words: "pitch range".
  public var title: String {
    switch self {
    case .range: "pitch range"
    case .lowPass: "low-pass"
    default: rawValue
    }
  }
}

extension SoundEdits {
  /// Edits in just-noticeable steps; none where all are 0.
  public init(steps: [Kind: Double]) {
    self.init(steps.reduce(into: [:]) { $0[$1.key] = $1.key.amount(steps: $1.value) })
  }
}

extension SoundEdits.Kind {
  /// An amount as axes have it, without its unit: "−3.9", "1.05"; "none" where the kind has no amount for that.
  public func label(steps: Double) -> String {
    guard let amount = amount(steps: steps) ?? neutral else { return "none" }
    let digits =
      switch self {
      case .range, .tempo, .formants: 2
      case .pitch, .tilt, .reverberation: 1
      default: 0
      }
    return String(format: "%.\(digits)f", amount).replacing("-", with: "−")
  }
}
