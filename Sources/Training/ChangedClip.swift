import AudioFeatures
import Basics
import Foundation
import Models
import Tensors

// How a single clip changes: for training's batches, and for whoever wants to see and hear it.

extension Augmentation.Step {
  /// A sound changed by a size drawn from the step's range, and that size in words: "1.07 times as fast". A kind that does not
  /// change sounds leaves it as it is.
  public func changed(
    _ sound: [Float], sampleRate: Int, using generator: inout SeededGenerator
  ) -> (sound: [Float], words: String) {
    let n = number
    func words(_ format: String, _ value: Double) -> String {
      String(format: format, value).replacing("-", with: "−")
    }
    switch kind {
    case .crop:
      let length = Int(Double(sound.count) * generator.uniform(in: n..<1))
      let start = generator.index(below: sound.count - length + 1)
      return (
        Array(sound[start..<(start + length)]),
        words("%.2f s ", Double(length) / Double(sampleRate))
          + words("from %.2f s on", Double(start) / Double(sampleRate))
      )
    case .stretch:
      let tempo = pow(1 + n, generator.uniform(in: -1..<1))
      return (sound.atTempo(tempo), words("%.2f times as fast", tempo))
    case .pitch:
      let semitones = generator.uniform(in: -n..<n)
      return (sound.pitched(semitones), words("%+.1f semitones", semitones))
    case .speed:
      let speed = pow(1 + n, generator.uniform(in: -1..<1))
      return (sound.played(atSpeed: speed), words("%.2f times as fast, pitch and all", speed))
    case .gain:
      let decibels = generator.uniform(in: -n..<n)
      return (sound.amplified(decibels), words("%+.1f dB", decibels))
    case .noise:
      let decibels = generator.uniform(in: n..<(Augmentation.mostSilentNoise + 1e-9))
      return (sound.noised(decibels, using: &generator), words("white noise %.0f dB below the speech", decibels))
    case .band:
      let top = Double(sampleRate) / 2
      guard n < top else { return (sound, words("up to %.0f Hz, all there is", top)) }
      let hertz = generator.uniform(in: n..<top)
      return (sound.lowPassed(hertz, sampleRate: sampleRate), words("up to %.0f Hz", hertz))
    case .codec: return (sound.telephoned(sampleRate: sampleRate), "300 to 3400 Hz, 8 bits")
    case .adversarial, .vtlp, .masks, .cells, .mixstyle, .mixup, .specmix: return (sound, "")
    }
  }

  /// A log-mel [1, 1, mels, frames] changed by a size drawn from the step's range, and that size in words. A kind that does not
  /// change the mel leaves it as it is.
  public func changed(
    _ mel: Tensor, features: FeatureExtractor, using generator: inout SeededGenerator
  ) -> (mel: Tensor, words: String) {
    switch kind {
    case .vtlp:
      let factor = pow(1 + number, generator.uniform(in: -1..<1))
      return (
        features.frontEnd.withVocalTract(mel, longerBy: factor),
        String(format: "a vocal tract %.2f times as long", factor)
      )
    case .masks:
      return (
        mel.masked(spans: Int(number), using: &generator), "\(Int(number)) of frames and of mel bands"
      )
    case .cells:
      let share = generator.uniform(in: 0..<number)
      return (
        mel.without(share: share, for: features.silence(after: mel), using: &generator),
        String(format: "without %.0f %% of the cells", 100 * share)
      )
    default: return (mel, "")
    }
  }
}

extension Tensor {
  /// A log-mel [1, 1, mels, frames] with a share of its cells, drawn at random, from a frame of silence [1, 1, mels, 1].
  fileprivate func without(share: Double, for silence: Tensor, using generator: inout SeededGenerator) -> Tensor {
    var values = floats
    let (frames, silent) = (shape[3], silence.floats)
    for cell in values.indices where generator.uniform() < share { values[cell] = silent[cell / frames] }
    return Tensor(values, shape: shape)
  }

  /// A log-mel [1, 1, mels, frames] with its mean in spans of frames and in as many of mel bands, each at most 15 % of all
  /// (Park et al. 2019).
  public func masked(spans: Int, using generator: inout SeededGenerator) -> Tensor {
    let (mels, frames) = (shape[2], shape[3])
    var values = floats
    let mean = values.reduce(0, +) / Float(values.count)
    func span(of size: Int) -> Range<Int> {
      let length = generator.index(below: Int(Double(size) * 0.15) + 1)
      let start = generator.index(below: size - length + 1)
      return start..<(start + length)
    }
    for _ in 0..<spans {
      let (hiddenFrames, hiddenMels) = (span(of: frames), span(of: mels))
      for row in 0..<mels {
        for frame in hiddenMels.contains(row) ? 0..<frames : hiddenFrames { values[row * frames + frame] = mean }
      }
    }
    return Tensor(values, shape: shape)
  }
}
