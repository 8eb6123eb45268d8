import Attributions
import Basics
import Corpora
import Figures
import Foundation
import Models

/// Of how many clips a smoothed model is certified to be right, against changes of rising size.
public struct CertificationReport: MeasurementReport {
  /// The changes against which a certificate is to hold.
  public enum Reach: Hashable {
    /// Some, however small: the smoothed model does not abstain.
    case any
    /// All changes of so many dB of signal-to-noise ratio, or more.
    case ratio(Double)
    /// All changes of a 2-norm up to this.
    case radius(Double)

    /// Whether a certificate holds against them: its radius itself is not certified, and has to be larger.
    func isWithin(_ certificate: Certificate) -> Bool {
      switch self {
      case .any: certificate.radius != nil
      case .ratio(let decibels): certificate.ratio.map { $0 < decibels } ?? false
      case .radius(let size): certificate.radius.map { $0 > size } ?? false
      }
    }

    /// "60 dB", "0.012".
    public var words: String {
      switch self {
      case .any: "smoothed"
      case .ratio(let decibels): String(format: "%g dB", decibels)
      case .radius(let size): String(format: "%g", size)
      }
    }
  }

  /// The share of the clips that are certified to be right with one noise.
  public struct Curve {
    /// The noise's place.
    let noise: Int
    public let reach: Reach
    public let accuracy: Estimate
  }

  /// What one noise makes of the clips.
  public struct Noise {
    public let smoothing: RandomizedSmoothing
    /// The shares of which the smoothed model says something else that is certified, and of which it abstains.
    public let wrong, abstained: Estimate
    /// The medians over the clips that are certified to be right; nil where none is.
    public let radius, ratio: Double?
  }

  public typealias Row = (entry: Manifest.Entry, own: ClipCertificates)

  public let model: TrainedModel
  /// The files or the manifest, as given by the user.
  public let source: String
  public let isLabelled: Bool
  public let seed: UInt64
  /// The probability with which all certificates of a clip hold.
  public let confidence: Double
  /// The share of clips that are right without noise; 1 of files without labels.
  public let clean: Estimate
  public let noises: [Noise]
  /// In dB, the smallest change first; and as 2-norms.
  public let ratios, radii: [Reach]
  /// By noise, each reach: any, the ratios, the radii.
  public let curves: [Curve]
  private let rows: [Row]

  /// The probability with which each of a clip's certificates has to hold, so that all do with another.
  public static func confidence(ofEachAmong count: Int, all confidence: Double) -> Double {
    1 - (1 - confidence) / Double(count)
  }

  /// How many radii there are, evenly spaced below the largest that can be certified.
  private static let radiusCount = 5

  /// - Parameters:
  ///   - rows: At least one.
  ///   - smoothings: At least one, the smallest noise first.
  ///   - ratios: In dB.
  ///   - confidence: Of all of a clip's certificates together.
  public init(
    _ rows: [Row], of model: TrainedModel, _ smoothings: [RandomizedSmoothing], ratios: [Double], confidence: Double,
    source: String, isLabelled: Bool, seed: UInt64
  ) {
    demand(!rows.isEmpty && !smoothings.isEmpty, "a report of no certificates")
    (self.rows, self.model, self.source, self.isLabelled) = (rows, model, source, isLabelled)
    (self.seed, self.confidence) = (seed, confidence)
    func share(_ holds: (ClipCertificates) -> Bool) -> Estimate {
      Estimate(
        values: rows.map { holds($0.own) ? 1 : 0 }, speakers: rows.map(\.entry.speaker), seed: seed)!
    }
    clean = share { $0.said == $0.wanted }
    noises = smoothings.enumerated().map { place, smoothing in
      let right = rows.map(\.own).filter { $0.holds(place) }.map { $0.certificates[place] }
      return Noise(
        smoothing: smoothing,
        wrong: share { own in own.certificates[place].certified.map { $0 != own.wanted } ?? false },
        abstained: share { $0.certificates[place].certified == nil }, radius: right.compactMap(\.radius).median,
        ratio: right.compactMap(\.ratio).median)
    }
    self.ratios = ratios.sorted(by: >).map { .ratio($0) }
    let largest = smoothings.map(\.largestRadius).max()!
    radii =
      largest > 0
      ? (1...Self.radiusCount).map { place in
        // What is printed is what is asked.
        .radius((largest * Double(place) / Double(Self.radiusCount + 1)).rounded(toDigits: 2, .down))
      } : []
    let reaches = [.any] + self.ratios + radii
    curves = smoothings.indices.flatMap { noise in
      reaches.map { reach in
        Curve(noise: noise, reach: reach, accuracy: share { $0.holds(noise, where: reach.isWithin) })
      }
    }
  }

  public var clips: Int { rows.count }

  /// Whether there are clips and speakers enough for what is said of others than these.
  public var isEnough: Bool { Estimate.isEnough(clips: clean.clips, speakers: clean.speakers) }

  /// What the accuracy is of.
  public var measure: String { isLabelled ? "certified accuracy" : "share of predictions that are certified" }

  /// The share that is certified with a noise, as far as a reach.
  public func accuracy(_ noise: Int, _ reach: Reach) -> Estimate? {
    curves.first { $0.noise == noise && $0.reach == reach }?.accuracy
  }

  // MARK: Words

  /// "0.01 (−40 dBFS)".
  public static func words(_ smoothing: RandomizedSmoothing) -> String {
    String(format: "%g (%.0f dBFS)", smoothing.deviation, smoothing.level).replacing("-", with: "−")
  }

  /// "0.0169": a radius with three digits, none of it more than it is.
  public static func words(radius: Double) -> String { String(format: "%g", radius.rounded(toDigits: 3, .down)) }

  /// "53.5 dB": a ratio, and no more of the changes than it allows.
  public static func words(ratio: Double) -> String {
    String(format: "%.1f dB", (10 * ratio).rounded(.up) / 10).replacing("-", with: "−")
  }

  /// The first line: how much is right without noise.
  public var words: String {
    let some = "\(clips) clip\(clips == 1 ? "" : "s")"
    guard isLabelled else { return "\(some): what \(model.name) says of them, certified under white noise" }
    func percent(_ share: Double) -> String { String(format: "%.0f %%", 100 * share) }
    let ends = clean.low.flatMap { low in clean.high.map { " (95 % interval \(percent(low)) to \(percent($0)))" } }
    return
      "\(some): \(model.name) is right for \(percent(clean.mean)) of them\(isEnough ? ends ?? "" : "") without noise"
  }

  /// What is promised, and what is not, a sentence each.
  public var remarks: [String] {
    let draws = noises[0].smoothing.draws
    let most = noises.map { String(format: "%g", $0.smoothing.largestRadius.rounded(toDigits: 3, .up)) }
      .joined(separator: ", ")
    let several = noises.count > 1 ? ", its \(noises.count) noises together" : ""
    return [
      "certified, with a probability of \(String(format: "%g", confidence)) for each clip\(several): what \(model.name) "
        + "says most often under this noise, it says most often after every change of the clip's own samples whose 2-norm "
        + "is below the radius",
      "these are the samples that \(model.name) reads: decoded, of the first channel, at "
        + "\(model.configuration.frontEnd.sampleRate) Hz, without quiet ends, and no more of them than it has room for; the 2-norm "
        + "and the ratio are of them, and not of the file",
      "not certified: what \(model.name) says without noise; changes of the clip's length, of features, or before quiet "
        + "ends are cut off; other models",
      "\(draws) draws certify no radius beyond \(most); more draws or more noise may",
    ]
  }

  /// "clip.wav: angry within 0.0231, an SNR above 51.2 dB, with noise of 0.01 (−40 dBFS)", a line for each clip and noise.
  public var sentences: [String] {
    rows.flatMap { entry, own in
      zip(own.certificates, noises).map { found, noise in
        let with = "with noise of \(Self.words(noise.smoothing))"
        guard let certified = found.certified, let radius = found.radius else {
          return "\(entry.path): \(model.classes[own.said]) without noise; abstains \(with)"
        }
        let ratio = found.ratio.map { ", an SNR above \(Self.words(ratio: $0))" } ?? ""
        let before = certified == own.said ? "" : " (\(model.classes[own.said]) without noise)"
        return
          "\(entry.path): \(model.classes[certified])\(before) within \(Self.words(radius: radius))\(ratio), \(with)"
      }
    }
  }

  // MARK: Figures

  /// Over signal-to-noise ratios.
  public var figure: RobustnessFigure {
    figure(of: ratios, axis: "Signal-to-noise ratio from which on no change matters")
  }

  /// Over the 2-norm; nil where nothing can be certified with so few draws.
  public var radiusFigure: RobustnessFigure? {
    radii.isEmpty ? nil : figure(of: radii, axis: "2-norm below which no change of the sound matters")
  }

  private func figure(of reaches: [Reach], axis: String) -> RobustnessFigure {
    func drawn(_ estimate: Estimate) -> RobustnessFigure.Share {
      .init(mean: estimate.mean, low: isEnough ? estimate.low : nil, high: isEnough ? estimate.high : nil)
    }
    let all = [.any] + reaches
    return RobustnessFigure(
      title: [
        "What is certified of \(model.name) under white noise",
        "\(model.title) · \(shownName(source)), \(clips) clip\(clips == 1 ? "" : "s") · on the waveform"
          + (isEnough ? " · 95 % intervals" : ""),
      ], measure: measure.prefix(1).uppercased() + measure.dropFirst(), budget: axis, budgets: all.map(\.words),
      clean: drawn(clean),
      lines: noises.enumerated().map { place, noise in
        .init(
          name: "noise of \(Self.words(noise.smoothing))", shares: all.map { drawn(accuracy(place, $0)!) })
      })
  }

  public var provenance: [String: String] {
    model.provenance(source: source).merging(Self.provenance(noises.map(\.smoothing), seed: seed)) { $1 }
  }

  /// What was asked for.
  public static func provenance(_ smoothings: [RandomizedSmoothing], seed: UInt64) -> [String: String] {
    [
      "Noise": smoothings.map { "\($0.deviation)" }.joined(separator: ", "),
      "Draws": "\(smoothings[0].firstDraws) and \(smoothings[0].draws)",
      "Confidence": "\(smoothings[0].confidence) each", "Seed": "\(seed)",
    ]
  }

  // MARK: Numbers

  /// A row for each clip and noise, the header first. Numbers have all their digits, as a radius that is rounded up is not proven.
  public var csv: [[String]] {
    let header = [
      "path", "emotion", "speaker", "predicted", "norm", "noise", "guess", "count", "draws", "probability", "certified",
      "radius", "ratio",
    ]
    func cell(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
    func name(_ place: Int?) -> String { place.map { model.classes[$0] } ?? "" }
    return [header]
      + rows.flatMap { entry, own -> [[String]] in
        let first = [
          entry.path, entry.emotion.rawValue, entry.speaker ?? "", name(own.said), cell(own.norm),
        ]
        return own.certificates.map { found -> [String] in
          let drawn = ["\(found.deviation)", name(found.guess), "\(found.count)", "\(found.draws)"]
          let certified = [cell(found.probability), name(found.certified), cell(found.radius), cell(found.ratio)]
          return first + drawn + certified
        }
      }
  }

  private struct Line: Encodable {
    struct Noise: Encodable {
      let noise, level, confidence, largestRadius: Double
      let wrong, abstained: Estimate
      let radius, ratio: Double?
    }
    struct Curve: Encodable {
      let noise: Double
      let ratio, radius: Double?
      let accuracy: Estimate
    }
    struct Certified: Encodable {
      let noise: Double
      let emotion: String?
      let count: Int
      let probability: Double
      let radius, ratio: Double?
    }
    struct Found: Encodable {
      let path, predicted: String
      let emotion: String?
      let norm: Double
      let certificates: [Certified]
    }
    let source, model: String
    let clips: Int
    let isLabelled, isEnough: Bool
    let remarks: [String]
    let firstDraws, draws: Int
    let confidence: Double
    let seed: UInt64
    let clean: Estimate
    let noises: [Noise]
    let curves: [Curve]
    let found: [Found]
    let figures: [String]
    let command: String

    enum CodingKeys: String, CodingKey {
      case source, model, clips, remarks, firstDraws, draws, confidence, seed, clean, noises, curves, found, figures
      case command
      case isLabelled = "labelled"
      case isEnough = "enough"
    }
  }

  public func json(figures: [String]) throws -> String {
    let first = noises[0].smoothing
    return try Line(
      source: source, model: model.name, clips: clips, isLabelled: isLabelled, isEnough: isEnough, remarks: remarks,
      firstDraws: first.firstDraws, draws: first.draws, confidence: confidence, seed: seed, clean: clean,
      noises: noises.map { noise in
        .init(
          noise: noise.smoothing.deviation, level: noise.smoothing.level, confidence: noise.smoothing.confidence,
          largestRadius: noise.smoothing.largestRadius, wrong: noise.wrong, abstained: noise.abstained,
          radius: noise.radius, ratio: noise.ratio)
      },
      curves: curves.map { curve in
        var (ratio, radius): (Double?, Double?)
        switch curve.reach {
        case .any: break
        case .ratio(let decibels): ratio = decibels
        case .radius(let size): radius = size
        }
        return .init(
          noise: noises[curve.noise].smoothing.deviation, ratio: ratio, radius: radius, accuracy: curve.accuracy)
      },
      found: rows.map { entry, own in
        .init(
          path: entry.path, predicted: model.classes[own.said], emotion: own.truth.map { model.classes[$0] },
          norm: own.norm,
          certificates: own.certificates.map { found in
            .init(
              noise: found.deviation, emotion: found.certified.map { model.classes[$0] }, count: found.count,
              probability: found.probability, radius: found.radius, ratio: found.ratio)
          })
      }, figures: figures, command: commandLine
    ).line
  }
}

extension Double {
  /// With so many significant digits.
  fileprivate func rounded(toDigits digits: Int, _ rule: FloatingPointRoundingRule) -> Double {
    guard self > 0, isFinite else { return self }
    let unit = pow(10, Double(digits - 1) - log10(self).rounded(.down))
    return (self * unit).rounded(rule) / unit
  }
}

extension [Double] {
  /// The middle one, or the mean of the two in the middle; nil of none.
  fileprivate var median: Double? {
    guard !isEmpty else { return nil }
    let values = sorted()
    return (values[(count - 1) / 2] + values[count / 2]) / 2
  }
}
