import AudioFeatures
import AudioFiles
import Basics
import Corpora

/// A way that a changed sound takes before a model reads it: a change that does not live through it fools nobody.
public enum Playback: String, CaseIterable, Codable, Sendable, CodingKeyRepresentable {
  /// Stored with 16 bits.
  case wav
  /// Stored so, then coded at the codec's usual rate.
  case mp3, opus
  /// Stored so, then at half the sample rate and back.
  case resampled
  /// Stored so, then without its quiet ends, as the program reads a file.
  case trimmed

  /// A title for a narrow column.
  public var title: String {
    switch self {
    case .wav: "WAV"
    case .mp3: "MP3"
    case .opus: "Opus"
    case .resampled: "half rate"
    case .trimmed: "trimmed"
    }
  }

  /// What is left of a sound; nil where that is silent.
  func sound(of clip: AudioClip, trimming: Trimming) -> AudioClip? {
    let stored = AudioClip(
      samples: clip.samples.map { Float(AudioClip.integer16($0)) / 32_768 }, sampleRate: clip.sampleRate)
    switch self {
    case .wav: return stored
    case .mp3: return stored.coded(by: .mp3)
    case .opus: return stored.coded(by: .opus)
    case .resampled:
      var back = stored.resampled(to: clip.sampleRate / 2).resampled(to: clip.sampleRate)
      back.samples = fixedLength(back.samples, samples: clip.samples.count)
      return back
    case .trimmed: return stored.trimmed(trimming)
    }
  }
}
