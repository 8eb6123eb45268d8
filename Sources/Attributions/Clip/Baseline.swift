import Basics
import Foundation
import Models
import Tensors

/// The reference input that attributions are measured against.
public enum Baseline: Equatable, Sendable {
  /// The default of methods that promise f(x) − f(baseline): silence, but noise of −50 dB on the waveform and the
  /// spectrogram before a model that reads the mel or the MFCC.
  ///
  /// There, from silence, a path of amplitudes starts where the mel's logarithm has no slope, and the mel's floor, 80 dB under
  /// the loudest cell, rises with the path: the sum misses f(x) − f(silence) by half of it, with any number of steps. In
  /// noise of −50 dB all cells are above both floors. A model that reads the waveform itself has no floors, and its path
  /// from silence is smooth.
  case standard
  /// The clip's silence: the values that padding has.
  case silence
  /// Zeros in the explained input itself: on the mel that is 0 dB, a loud noise.
  case zero
  /// White noise, in dB of a full-scale sine's power.
  case noise(decibels: Double)
  /// The clip's own input, blurred by a Gaussian of 0.1 s along time and an eighth of the rows.
  case blurred
  /// Another clip, at the model's sample rate.
  case clip([Float], name: String)
  /// The mean of the inputs of several clips.
  case mean(Background)

  private static let standardNoise = Baseline.noise(decibels: -50)

  /// "silence", "noise:-40", or a name of a file: as it is given and printed.
  public var name: String {
    switch self {
    case .standard: "\(Self.standardNoise.name) on waveform and spectrogram before a mel, else silence"
    case .silence: "silence"
    case .zero: "zero"
    case .noise(let decibels): "noise:\(decibels.formatted(.number.grouping(.never)))"
    case .blurred: "blurred"
    case .clip(_, let name): name
    case .mean(let background): "mean of \(background.name)"
    }
  }

  /// A baseline that needs no file, by its name; nil where there is none.
  public init?(_ name: String) {
    switch name {
    case "silence": self = .silence
    case "zero": self = .zero
    case "blurred": self = .blurred
    default:
      guard name.hasPrefix("noise:"), let decibels = Double(name.dropFirst("noise:".count)), decibels.isFinite,
        decibels <= 0
      else { return nil }
      self = .noise(decibels: decibels)
    }
  }

  /// The baseline as a tensor of the shape of the clip's input at `space`.
  /// - Parameters:
  ///   - seed: The seed of white noise.
  ///   - fitting: Whether another clip of another length is cut, or filled up with zeros; else another length is an
  ///     error.
  func tensor(
    for clip: Clip, at space: InputSpace, seed: UInt64 = 0, fitting: Bool = false
  ) throws(MethodError) -> Tensor {
    let count = clip.waveform.count
    func features(_ samples: [Float]) -> Tensor { Clip(samples, model: clip.model)[space] }
    switch self {
    case .standard:
      let isBeforeMel = [.waveform, .spectrogram].contains(space) && clip.isOnPath(.mel)
      let own: Baseline = isBeforeMel ? Self.standardNoise : .silence
      return try own.tensor(for: clip, at: space, seed: seed)
    case .silence: return clip.silence(at: space)
    case .zero: return .zeros(clip.shape(at: space))
    case .noise(let decibels):
      var generator = SeededGenerator(seed: seed)
      let deviation = pow(10, decibels / 20) / 2.0.squareRoot()
      return features(generator.normals(count, deviation: deviation))
    case .blurred: return Self.blurred(clip, at: space)
    case .clip(let samples, let name):
      let fitted = clip.model.fitted(samples)
      guard fitted.count == count || fitting else {
        let rate = Double(clip.model.configuration.frontEnd.sampleRate)
        throw .value(
          option: "baseline",
          reason: String(
            format: "\(name) has %.2f s and the clip %.2f s, and the model takes clips of any length",
            Double(fitted.count) / rate, Double(count) / rate))
      }
      return features(Array(fitted.prefix(count)) + [Float](repeating: 0, count: max(0, count - fitted.count)))
    case .mean(let background):
      var sum = Tensor.zeros(clip.shape(at: space))
      for samples in background.clips {
        sum = sum + (try Baseline.clip(samples, name: background.name).tensor(for: clip, at: space, fitting: true))
      }
      return sum / Float(background.clips.count)
    }
  }

  private static func blurred(_ clip: Clip, at space: InputSpace) -> Tensor {
    let frontEnd = clip.model.configuration.frontEnd
    let input = clip[space]
    let seconds = 0.1
    guard space != .waveform else {
      return input.smoothed(deviation: seconds * Double(frontEnd.sampleRate))
    }
    let rows = BlurredIntegratedGradients.blur(rows: input.shape[2], deviation: Double(input.shape[2]) / 8)
    return rows.matrixProduct(input).smoothed(deviation: seconds / frontEnd.hopSeconds)
  }
}

extension [Baseline] {
  /// The name of the only baseline, or the number of baselines.
  var stated: String { count == 1 ? self[0].name : "\(count) clips" }
}

/// Typical clips of a model's data, used as baselines.
public struct Background: Equatable, Sendable {
  /// The most clips of a manifest that the program samples: each costs a pass through the network.
  public static let mostClips = 50

  /// Samples at the model's sample rate, trimmed.
  public let clips: [[Float]]
  /// The origin of the clips, for the output.
  public let name: String

  public init(clips: [[Float]], name: String) {
    demand(!clips.isEmpty, "a background without clips")
    (self.clips, self.name) = (clips, name)
  }
}

extension Tensor {
  /// The tensor smoothed along its last dimension by a Gaussian, cut at three deviations; its weights sum to one at the
  /// ends too.
  fileprivate func smoothed(deviation: Double) -> Tensor {
    let reach = Int(3 * deviation)
    let kernel = (-reach...reach).map { Float(exp(-0.5 * pow(Double($0) / deviation, 2))) }
    let columns = shape[rank - 1]
    let values = floats
    var result = [Float](repeating: 0, count: values.count)
    for row in stride(from: 0, to: values.count, by: columns) {
      for column in 0..<columns {
        var (sum, weight) = (Float(0), Float(0))
        for other in max(0, column - reach)...min(columns - 1, column + reach) {
          let share = kernel[other - column + reach]
          sum += share * values[row + other]
          weight += share
        }
        result[row + column] = sum / weight
      }
    }
    return Tensor(result, shape: shape)
  }
}
