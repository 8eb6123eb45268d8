import Foundation

/// Changes of the training clips, drawn anew in every epoch, that a model is to learn to ignore. Validation has none.
public struct Augmentation: Equatable, Sendable {
  /// A kind of change, with what its number means.
  public enum Kind: String, CaseIterable, Sendable {
    /// A stretch of the clip, of at least this share of its length.
    case crop
    /// Another tempo at the same pitch: 1 / (1 + number) to 1 + number times as fast.
    case stretch
    /// Another pitch at the same tempo: so many semitones lower to so many higher.
    case pitch
    /// A tape played faster or slower, pitch and all: 1 / (1 + number) to 1 + number times.
    case speed
    /// Another level: so many decibels quieter to so many louder.
    case gain
    /// White noise, so many decibels below the speech to ``mostSilentNoise``.
    case noise
    /// Nothing above a frequency, from so many Hz to half the sample rate.
    case band
    /// A telephone line; has no number.
    case codec
    /// A small change of the sound that raises the loss of the network in training, the change so many decibels below the
    /// clip: adversarial training (Goodfellow et al. 2015, arXiv:1412.6572; Madry et al. 2018, arXiv:1706.06083).
    case adversarial
    /// Another length of the vocal tract: frequencies of the mel 1 / (1 + number) to 1 + number times as high (Jaitly and Hinton
    /// 2013).
    case vtlp
    /// So many spans of frames, and as many of mel bands, with the clip's mean in place of its values (Park et al. 2019).
    case masks
    /// Up to a share of the mel's cells, drawn anew for each clip, silenced: a model that has learned this is asked about what is
    /// left without being asked about what it never heard (Zheng et al. 2025, F-Fidelity, arXiv:2410.02970).
    case cells
    /// Means and deviations of the frequencies over time mixed with those of another clip (Schmid et al. 2022), in this share
    /// of the clips: another voice and another microphone.
    case mixstyle
    /// Two clips in one, and their labels in the same ratio, drawn from a beta distribution with both parameters so large
    /// (Zhang et al. 2018).
    case mixup
    /// Bands of frequencies or frames from another clip, and their share of the label (Kim et al. 2021), in this share of the
    /// clips.
    case specmix
  }

  /// A change and how large it may be.
  public struct Step: Equatable, Sendable {
    public let kind: Kind
    /// See ``Kind``; 0 for one that has no number.
    public let number: Double

    /// Throws where the number lies outside ``Kind/range``.
    public init(_ kind: Kind, _ number: Double? = nil) throws(AugmentationError) {
      let value = number ?? kind.standard ?? 0
      if let range = kind.range {
        guard range.contains(value) else { throw .number(kind, value) }
        guard kind != .masks || value == value.rounded() else { throw .notWhole(kind, value) }
      } else if number != nil {
        throw .needsNone(kind)
      }
      (self.kind, self.number) = (kind, value)
    }

    /// "stretch:0.1".
    public var text: String { kind.range == nil ? kind.rawValue : "\(kind.rawValue):\(plain(number))" }
  }

  /// At most one of each kind, in the order of ``Kind``.
  public private(set) var steps: [Step]

  public init(_ steps: [Step] = []) throws(AugmentationError) {
    for kind in Kind.allCases where steps.count(where: { $0.kind == kind }) > 1 { throw .twice(kind) }
    self.steps = Kind.allCases.compactMap { kind in steps.first { $0.kind == kind } }
  }

  private init(none: Void) { steps = [] }
  public static let none = Augmentation(none: ())

  /// Reads "stretch,pitch:3,masks"; "none" and an empty text are no change.
  public init(text: String) throws(AugmentationError) {
    guard !["", "none"].contains(text) else {
      self = .none
      return
    }
    var steps: [Step] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let pieces = part.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard let kind = Kind(rawValue: pieces.first.map(String.init) ?? "") else { throw .unknown(String(part)) }
      var number: Double?
      if pieces.count == 2 {
        guard let value = Double(pieces[1]), value.isFinite else { throw .unknown(String(part)) }
        number = value
      }
      steps.append(try Step(kind, number))
    }
    try self.init(steps)
  }

  public var text: String { steps.map(\.text).joined(separator: ",") }

  public subscript(kind: Kind) -> Double? { steps.first { $0.kind == kind }?.number }

  /// The share of the clips that each change of the sound itself is made to.
  public static let soundShare = 0.5
  /// Decibels under the speech.
  public static let mostSilentNoise = 40.0

  /// Whether clips change before they are mixed.
  public var changesClips: Bool {
    steps.contains { $0.kind.changesSound || $0.kind.changesMel || $0.kind.asksNetwork }
  }
}

/// Its text, so that a recipe's file has it as it is written on the command line.
extension Augmentation: Codable {
  public init(from decoder: any Decoder) throws {
    try self.init(text: decoder.singleValueContainer().decode(String.self))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}

/// "0.1" and "2", in every locale.
private func plain(_ number: Double) -> String { String(format: "%g", number) }

extension Augmentation.Kind {
  /// The numbers allowed; nil of a kind without one.
  public var range: ClosedRange<Double>? {
    switch self {
    case .crop: 0.1...0.99
    case .stretch: 0.01...1
    case .pitch: 0.1...12
    case .speed: 0.01...1
    case .gain: 0.1...60
    case .noise: -20...Augmentation.mostSilentNoise
    case .band: 500...7900
    case .codec: nil
    case .adversarial: 0...80
    case .vtlp: 0.01...0.5
    case .masks: 1...20
    case .cells: 0.01...0.9
    case .mixstyle: 0.01...1
    case .mixup: 0.01...1
    case .specmix: 0.01...1
    }
  }

  /// Whether it changes a clip's sound by itself, and not what is computed of it or of two clips, or with a network.
  public var changesSound: Bool {
    switch self {
    case .crop, .stretch, .pitch, .speed, .gain, .noise, .band, .codec: true
    case .adversarial, .vtlp, .masks, .cells, .mixstyle, .mixup, .specmix: false
    }
  }

  /// Whether it changes a clip's sound by what a network in training says of it.
  public var asksNetwork: Bool { self == .adversarial }

  /// Whether it changes the log-mel of a clip.
  public var changesMel: Bool { [.vtlp, .masks, .cells].contains(self) }

  /// The number where none is given.
  public var standard: Double? {
    switch self {
    case .crop: 0.6
    case .stretch: 0.1
    case .pitch: 2
    case .speed: 0.1
    case .gain: 6
    case .noise: 10
    case .band: 2000
    case .codec: nil
    case .adversarial: 30
    case .vtlp: 0.1
    case .masks: 2
    case .cells: 0.1
    case .mixstyle: 0.5
    case .mixup: 0.2
    case .specmix: 0.5
    }
  }

  /// What the number means, in a few words.
  public var words: String {
    switch self {
    case .crop: "a stretch of the clip, a share of n or more"
    case .stretch: "tempo, 1/(1 + n) to 1 + n times"
    case .pitch: "pitch, ±n semitones"
    case .speed: "tempo and pitch together, 1/(1 + n) to 1 + n times"
    case .gain: "level, ±n dB"
    case .noise: "white noise, n to \(Int(Augmentation.mostSilentNoise)) dB below the speech"
    case .band: "low-pass, n Hz or more"
    case .codec: "telephone line"
    case .adversarial: "adversarial training, a change n dB below the clip that raises the loss"
    case .vtlp: "length of the vocal tract, formants 1/(1 + n) to 1 + n times as high"
    case .masks: "SpecAugment, n spans of frames and of mel bands"
    case .cells: "silence in up to a share n of the mel's cells"
    case .mixstyle: "frequencies' means and deviations of another clip, in a share n of the clips"
    case .mixup: "two clips in one, shares from Beta(n, n)"
    case .specmix: "bands of another clip, in a share n of the clips"
    }
  }
}

public enum AugmentationError: Error, Equatable, Sendable, CustomStringConvertible {
  case unknown(String)
  case number(Augmentation.Kind, Double)
  case notWhole(Augmentation.Kind, Double)
  case needsNone(Augmentation.Kind)
  case twice(Augmentation.Kind)

  public var description: String {
    switch self {
    case .unknown(let text):
      "no augmentation \"\(text)\"; there are \(Augmentation.Kind.allCases.map(\.rawValue).joined(separator: ", ")), "
        + "each perhaps with a number, as in stretch:0.1"
    case .number(let kind, let value):
      "\(kind.rawValue):\(plain(value)) lies outside \(plain(kind.range!.lowerBound)) to "
        + plain(kind.range!.upperBound)
    case .notWhole(let kind, let value): "\(kind.rawValue):\(plain(value)) is no whole number"
    case .needsNone(let kind): "\(kind.rawValue) takes no number"
    case .twice(let kind): "\(kind.rawValue) is named twice"
    }
  }
}
