import AudioFeatures
import Basics
import Foundation
import Models
import Tensors

/// What stands in a clip where a unit is taken out: a gap is a sound too, and to a model of emotion a cue.
public enum UnitFilling: Equatable, Sendable {
  /// Zeros.
  case silence
  /// Noise with the spectrum of the quietest tenth of the clip.
  case floor
  /// Noise whose spectrum passes over from that before the unit to that after it.
  case neighbours
  /// The sound at the same part of another take's length, as loud as the clip.
  case take([Float], name: String)

  /// A filling that needs no file, by its name; nil where there is none.
  public init?(_ name: String) {
    switch name {
    case "silence": self = .silence
    case "floor": self = .floor
    case "neighbours": self = .neighbours
    default: return nil
    }
  }

  public var name: String {
    switch self {
    case .silence: "silence"
    case .floor: "floor"
    case .neighbours: "neighbours"
    case .take(_, let name): name
    }
  }

  /// Seconds of what counts as next to a unit.
  private static let vicinity = 0.05

  /// What replaces each sample of the clip, as long as its waveform.
  func samples(for clip: Clip, units: [SpeechUnit], using generator: inout SeededGenerator) -> [Float] {
    let whole = clip.waveform.floats
    switch self {
    case .silence: return whole.map { _ in 0 }
    case .floor:
      return Self.noise(of: clip, using: &generator) { levels in
        let (bins, frames) = (levels.count, levels[0].count)
        let energies = (0..<frames).map { frame in levels.reduce(0) { $0 + $1[frame] * $1[frame] } }
        let quiet = energies.indices.sorted { (energies[$0], $0) < (energies[$1], $1) }.prefix(max(1, frames / 10))
        let floor = (0..<bins).map { Self.rootMeanSquare(levels[$0], over: quiet) }
        return floor.map { Array(repeating: $0, count: frames) }
      }
    case .neighbours:
      let hop = clip.model.configuration.frontEnd.hopSeconds
      return Self.noise(of: clip, using: &generator) { levels in
        var filled = levels
        for unit in units {
          let own = Self.frames(of: unit.range, hop: hop, count: levels[0].count)
          let before = Self.frames(
            of: max(0, unit.range.lowerBound - Self.vicinity)..<unit.range.lowerBound, hop: hop, count: levels[0].count)
          let after = Self.frames(
            of: unit.range.upperBound..<(unit.range.upperBound + Self.vicinity), hop: hop, count: levels[0].count)
          let (first, last) = (before.isEmpty ? after : before, after.isEmpty ? before : after)
          guard !first.isEmpty, !own.isEmpty else { continue }
          for bin in levels.indices {
            let ends = [first, last].map { log(max(Self.rootMeanSquare(levels[bin], over: $0), 1e-7)) }
            for frame in own {
              let place = (Double(frame - own.lowerBound) + 0.5) / Double(own.count)
              filled[bin][frame] = exp((1 - place) * ends[0] + place * ends[1])
            }
          }
        }
        return filled
      }
    case .take(let other, _):
      var filled = whole.map { _ in Float(0) }
      let rate = Double(clip.model.configuration.frontEnd.sampleRate)
      let spoken = min(clip.sampleCount, whole.count)
      guard !other.isEmpty, spoken > 0 else { return filled }
      let gain = Float((whole.prefix(spoken).power / max(other.power, 1e-18)).squareRoot())
      for unit in units {
        let own = unit.range.samples(at: rate, count: whole.count)
        // Where the unit would run over the end of the other take, it ends with it.
        let start = min(own.lowerBound * other.count / spoken, max(0, other.count - own.count))
        for index in own where start + index - own.lowerBound < other.count {
          filled[index] = gain * other[start + index - own.lowerBound]
        }
      }
      return filled
    }
  }

  private static func frames(of range: Range<Double>, hop: Double, count: Int) -> Range<Int> {
    let first = min(count, max(0, Int((range.lowerBound / hop).rounded(.up))))
    return first..<max(first, min(count, Int((range.upperBound / hop).rounded(.up))))
  }

  private static func rootMeanSquare(_ values: [Double], over places: some Collection<Int>) -> Double {
    (places.reduce(0) { $0 + values[$1] * values[$1] } / Double(places.count)).squareRoot()
  }

  /// White noise whose STFT has other magnitudes.
  /// - Parameter shape: Gives the expected magnitudes [bins][frames], from the clip's own.
  private static func noise(
    of clip: Clip, using generator: inout SeededGenerator, shape: ([[Double]]) -> [[Double]]
  ) -> [Float] {
    let (samples, features) = (clip.waveform.shape[1], clip.model.features)
    let speech = Tensor(Array(clip.waveform.floats), shape: [1, samples])
    let magnitude = features.spectrogram(speech).magnitude
    let (bins, frames) = (magnitude.shape[2], magnitude.shape[3])
    // Padding is not the clip's floor.
    let spoken = min(
      frames, max(1, min(clip.sampleCount, samples) / clip.model.configuration.frontEnd.hopSamples))
    let values = magnitude.floats
    let own = (0..<bins).map { bin in (0..<spoken).map { Double(values[bin * frames + $0]) } }
    let wanted = shape(own)
    let white = Tensor(generator.normals(samples, deviation: 1), shape: [1, samples])
    let (noise, phase) = features.spectrogram(white)
    let drawn = noise.floats
    let level = (drawn.reduce(0) { $0 + Double($1) * Double($1) } / Double(drawn.count)).squareRoot()
    var shaped = [Float](repeating: 0, count: drawn.count)
    for bin in 0..<bins {
      for frame in 0..<spoken {
        let place = bin * frames + frame
        shaped[place] = drawn[place] * Float(wanted[bin][frame] / level)
      }
    }
    return features.waveform(
      magnitude: Tensor(shaped, shape: [1, 1, bins, frames]), phase: phase, samples: samples
    ).floats
  }
}

extension Range<Double> {
  /// The samples of a range of seconds, at most `count` of them in all.
  func samples(at rate: Double, count: Int) -> Range<Int> {
    let first = Swift.min(count, Swift.max(0, Int((lowerBound * rate).rounded())))
    return first..<Swift.min(count, Swift.max(first, Int((upperBound * rate).rounded())))
  }
}
