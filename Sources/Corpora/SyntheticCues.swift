import Basics
import Foundation

/// The cues of a synthetic utterance: everything in it that depends on its emotion.
struct SyntheticCues: Equatable {
  /// The mean of F0 over the voiced parts.
  var f0MeanHz: Double
  /// The range from the lowest to the highest F0, without tremor.
  var f0RangeSemitones: Double
  /// The direction of the pitch: at −1 it falls evenly, at 1 it rises evenly, near 0 it moves with the syllables.
  var movement: Double
  /// The slope of F0 by least squares over the voiced parts; follows from range and movement.
  var f0SlopeSemitonesPerSecond = 0.0
  /// RMS from the first syllable to the last, relative to full scale.
  var loudnessDecibels: Double
  var syllableRateHz: Double
  /// The tilt of the harmonics at the source, before the vocal tract.
  var tiltDecibelsPerOctave: Double
  /// Power of the harmonics over that of the breath, as radiated.
  var harmonicsToNoiseDecibels: Double
  /// Standard deviation of the glottal periods, in hundredths of a period.
  var jitterPercent: Double
  /// Standard deviation of the glottal pulses' heights.
  var shimmerDecibels: Double
  var tremorHz: Double
  /// Amplitude of the tremor's sine.
  var tremorSemitones: Double

  /// The manifest's columns in their order.
  static var columns: [(name: String, value: KeyPath<SyntheticCues, Double>)] {
    [
      ("f0_mean_hz", \.f0MeanHz), ("f0_range_semitones", \.f0RangeSemitones),
      ("f0_slope_semitones_per_s", \.f0SlopeSemitonesPerSecond), ("loudness_db", \.loudnessDecibels),
      ("syllable_rate_hz", \.syllableRateHz), ("tilt_db_per_octave", \.tiltDecibelsPerOctave),
      ("harmonics_to_noise_db", \.harmonicsToNoiseDecibels), ("jitter_percent", \.jitterPercent),
      ("shimmer_db", \.shimmerDecibels), ("tremor_hz", \.tremorHz),
      ("tremor_semitones", \.tremorSemitones),
    ]
  }
}

/// The properties that all utterances of one synthetic speaker share.
struct SyntheticVoice {
  let f0Hz: Double
  /// The factor on a man's formants: a woman's vocal tract is shorter.
  let formantScale: Double
  let loudnessDecibels: Double
  let tiltDecibelsPerOctave: Double
  /// The factor on the emotion's syllable rate.
  let pace: Double

  /// Even numbers are women's voices, odd ones men's.
  init(number: Int, using generator: inout SeededGenerator) {
    let isFemale = number.isMultiple(of: 2)
    f0Hz = (isFemale ? 190 : 108) * exp2(generator.normal(deviation: 1.5) / 12)
    formantScale = (isFemale ? 1.15 : 1) * exp2(generator.normal(deviation: 0.04))
    loudnessDecibels = generator.normal(deviation: 1.5)
    tiltDecibelsPerOctave = generator.normal(deviation: 0.7)
    pace = exp2(generator.normal(deviation: 0.08))
  }
}

/// The cues of an emotion: the mean of each and its deviation from clip to clip.
///
/// The directions are those that listeners and measurements agree on (Juslin and Laukka 2003; Banse and Scherer 1996);
/// the sizes are chosen so that neighbours overlap, and no single cue separates all emotions.
struct EmotionProfile {
  typealias Spread = (mean: Double, deviation: Double)
  /// The pitch relative to the speaker's own.
  let pitchSemitones: Spread
  let rangeSemitones: Spread
  let movement: Spread
  let loudnessDecibels: Spread
  let syllableRateHz: Spread
  let tiltDecibelsPerOctave: Spread
  let harmonicsToNoiseDecibels: Spread
  /// Median jitter in percent; shimmer in dB follows it.
  let roughness: Double
  let tremorHz: Double
  /// The median of the tremor's amplitude.
  let tremorSemitones: Double

  init(of emotion: Emotion) {
    self =
      switch emotion {
      case .angry:
        Self((3, 2), (8, 2), (-0.4, 0.25), (-18, 2), (4.8, 0.5), (-5, 1), (14, 3), 1.2, 5, 0.08)
      case .disgust:
        Self((-1.5, 1.5), (5, 1.5), (-0.6, 0.2), (-23, 2), (3.3, 0.4), (-8, 1), (11, 3), 1.5, 5, 0.08)
      case .fear:
        Self((6, 2), (4, 1.5), (0.1, 0.25), (-21, 2.5), (5.5, 0.6), (-7.5, 1), (12, 3), 1.2, 6.5, 0.4)
      case .happy:
        Self((5, 2), (9, 2), (0, 0.25), (-19, 2), (4.8, 0.5), (-6.5, 1), (19, 3), 0.6, 5, 0.08)
      case .neutral:
        Self((0, 1.5), (4, 1.2), (-0.4, 0.2), (-23, 2), (4.2, 0.4), (-8, 1), (20, 3), 0.6, 5, 0.08)
      case .sadness:
        Self((-0.5, 1.5), (3, 1), (-0.7, 0.2), (-28, 2.5), (2.8, 0.35), (-10.5, 1.2), (14, 3), 0.9, 5, 0.2)
      case .surprise:
        Self((7, 2), (11, 2), (0.7, 0.2), (-20, 2), (4, 0.5), (-7, 1), (18, 3), 0.6, 5, 0.08)
      default: fault("no cues are known of \(emotion.rawValue)")
      }
  }

  private init(
    _ pitch: Spread, _ range: Spread, _ movement: Spread, _ loudness: Spread, _ rate: Spread, _ tilt: Spread,
    _ harmonicsToNoise: Spread, _ roughness: Double, _ tremorHz: Double, _ tremorSemitones: Double
  ) {
    self.pitchSemitones = pitch
    self.rangeSemitones = range
    self.movement = movement
    self.loudnessDecibels = loudness
    self.syllableRateHz = rate
    self.tiltDecibelsPerOctave = tilt
    self.harmonicsToNoiseDecibels = harmonicsToNoise
    self.roughness = roughness
    self.tremorHz = tremorHz
    self.tremorSemitones = tremorSemitones
  }

  /// Cues of one utterance of a speaker.
  func cues(of voice: SyntheticVoice, using generator: inout SeededGenerator) -> SyntheticCues {
    func draw(_ spread: Spread, within bounds: ClosedRange<Double> = -100...100) -> Double {
      let value = generator.normal(mean: spread.mean, deviation: spread.deviation)
      return min(max(value, bounds.lowerBound), bounds.upperBound)
    }
    let octaves = draw(pitchSemitones) / 12
    let jitter = roughness * exp2(generator.normal(deviation: 0.4))
    return SyntheticCues(
      f0MeanHz: min(max(voice.f0Hz * exp2(octaves), 75), 420),
      f0RangeSemitones: draw(rangeSemitones, within: 1...16),
      movement: draw(movement, within: -0.95...0.95),
      loudnessDecibels: draw(loudnessDecibels) + voice.loudnessDecibels,
      syllableRateHz: min(max(draw(syllableRateHz) * voice.pace, 2), 8),
      tiltDecibelsPerOctave: draw(tiltDecibelsPerOctave) + voice.tiltDecibelsPerOctave,
      harmonicsToNoiseDecibels: draw(harmonicsToNoiseDecibels),
      jitterPercent: jitter, shimmerDecibels: 0.7 * jitter * exp2(generator.normal(deviation: 0.3)),
      tremorHz: tremorHz * exp2(generator.normal(deviation: 0.1)),
      tremorSemitones: tremorSemitones * exp2(generator.normal(deviation: 0.5)))
  }
}
