import AudioFeatures
import AudioFiles
import Basics

/// What a sound goes through on its way, after which a listener still hears what was said, and how. Each leaves the sound as
/// long as it was, and where it was: attributions before and after can be compared cell by cell.
public enum Disturbance: String, CaseIterable, Sendable {
  case noise20 = "noise-20"
  case noise10 = "noise-10"
  case room300 = "room-0.3"
  case room800 = "room-0.8"
  case opus = "opus-16"
  case mp3 = "mp3-32"
  case telephone
  case narrowband = "8-khz"
  case gain = "gain-12"

  /// "noise 20 dB".
  public var title: String {
    switch self {
    case .noise20: "noise 20 dB"
    case .noise10: "noise 10 dB"
    case .room300: "room 0.3 s"
    case .room800: "room 0.8 s"
    case .opus: "Opus 16 kbit/s"
    case .mp3: "MP3 32 kbit/s"
    case .telephone: "telephone"
    case .narrowband: "8 kHz"
    case .gain: "gain −12 dB"
    }
  }

  /// What is done, with its unit.
  public var summary: String {
    switch self {
    case .noise20: "white noise, 20 dB under the sound"
    case .noise10: "white noise, 10 dB under the sound"
    case .room300: "a room whose sound falls by 60 dB in 0.3 s"
    case .room800: "a room whose sound falls by 60 dB in 0.8 s"
    case .opus: "the Opus codec at 16 kbit/s, and back"
    case .mp3: "the MP3 codec at 32 kbit/s, and back"
    case .telephone: "a telephone line: 300 to 3,400 Hz, 8 bits by the μ-law"
    case .narrowband: "8,000 samples a second, and back: nothing above 4 kHz"
    case .gain: "12 dB quieter"
    }
  }

  /// The whole sound after it.
  /// - Parameter generator: Of noise and rooms.
  func applied(to sound: AudioClip, using generator: inout SeededGenerator) -> AudioClip {
    switch self {
    case .noise20: sound.edited(SoundEdits([.noise: 20]), using: &generator)
    case .noise10: sound.edited(SoundEdits([.noise: 10]), using: &generator)
    case .room300: sound.edited(SoundEdits([.reverberation: 0.3]), using: &generator)
    case .room800: sound.edited(SoundEdits([.reverberation: 0.8]), using: &generator)
    case .opus: sound.coded(by: .opus, kilobits: 16)
    case .mp3: sound.coded(by: .mp3, kilobits: 32)
    case .telephone: sound.edited(SoundEdits(isTelephoned: true), using: &generator)
    case .narrowband:
      sound.with(sound.resampled(to: 8_000).resampled(to: sound.sampleRate).samples)
    case .gain: sound.edited(SoundEdits([.loudness: -12]), using: &generator)
    }
  }
}

extension AudioClip {
  /// The clip with other samples in its place, cut or padded to its length.
  fileprivate func with(_ samples: [Float]) -> AudioClip {
    var clip = self
    clip.samples = fixedLength(samples, samples: self.samples.count)
    return clip
  }

  fileprivate func edited(_ edits: SoundEdits, using generator: inout SeededGenerator) -> AudioClip {
    with(edits.applied(to: samples, sampleRate: sampleRate, using: &generator))
  }
}
