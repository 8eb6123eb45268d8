/// What is measured of a voice every 10 ms: the 25 low-level descriptors of eGeMAPS v02 (Eyben and others 2016, "The
/// Geneva minimalistic acoustic parameter set"), under the names that openSMILE gives them.
public enum VoiceCue: String, CaseIterable, Codable, Sendable {
  case loudness = "Loudness"
  case alphaRatio
  case hammarbergIndex
  case slopeTo500 = "slope0-500"
  case slopeTo1500 = "slope500-1500"
  case spectralFlux
  case mfcc1
  case mfcc2
  case mfcc3
  case mfcc4
  case fundamental = "F0semitoneFrom27.5Hz"
  case jitter = "jitterLocal"
  case shimmer = "shimmerLocaldB"
  case harmonicsToNoise = "HNRdBACF"
  case harmonicDifference = "logRelF0-H1-H2"
  case harmonicToThirdFormant = "logRelF0-H1-A3"
  case firstFormant = "F1frequency"
  case firstBandwidth = "F1bandwidth"
  case firstAmplitude = "F1amplitudeLogRelF0"
  case secondFormant = "F2frequency"
  case secondBandwidth = "F2bandwidth"
  case secondAmplitude = "F2amplitudeLogRelF0"
  case thirdFormant = "F3frequency"
  case thirdBandwidth = "F3bandwidth"
  case thirdAmplitude = "F3amplitudeLogRelF0"

  /// A name for a figure or a table.
  public var title: String {
    switch self {
    case .loudness: "Loudness"
    case .alphaRatio: "Alpha ratio"
    case .hammarbergIndex: "Hammarberg index"
    case .slopeTo500: "Spectral slope, 0–500 Hz"
    case .slopeTo1500: "Spectral slope, 500–1500 Hz"
    case .spectralFlux: "Spectral flux"
    case .mfcc1: "MFCC 1"
    case .mfcc2: "MFCC 2"
    case .mfcc3: "MFCC 3"
    case .mfcc4: "MFCC 4"
    case .fundamental: "Fundamental frequency"
    case .jitter: "Jitter"
    case .shimmer: "Shimmer"
    case .harmonicsToNoise: "Harmonics to noise"
    case .harmonicDifference: "H1–H2"
    case .harmonicToThirdFormant: "H1–A3"
    case .firstFormant: "F1 frequency"
    case .firstBandwidth: "F1 bandwidth"
    case .firstAmplitude: "F1 amplitude"
    case .secondFormant: "F2 frequency"
    case .secondBandwidth: "F2 bandwidth"
    case .secondAmplitude: "F2 amplitude"
    case .thirdFormant: "F3 frequency"
    case .thirdBandwidth: "F3 bandwidth"
    case .thirdAmplitude: "F3 amplitude"
    }
  }

  /// The unit; nil of a number that has none.
  public var unit: String? {
    switch self {
    case .loudness, .spectralFlux, .mfcc1, .mfcc2, .mfcc3, .mfcc4, .jitter: nil
    case .slopeTo500, .slopeTo1500: "dB/Hz"
    case .fundamental: "semitones above 27.5 Hz"
    case .firstFormant, .firstBandwidth, .secondFormant, .secondBandwidth, .thirdFormant, .thirdBandwidth: "Hz"
    case .alphaRatio, .hammarbergIndex, .shimmer, .harmonicsToNoise, .harmonicDifference, .harmonicToThirdFormant,
      .firstAmplitude, .secondAmplitude, .thirdAmplitude:
      "dB"
    }
  }

  /// Whether every frame has the cue; the others need a voice, or, as a formant does, a sound at all.
  public var isOfEveryFrame: Bool {
    switch self {
    case .loudness, .alphaRatio, .hammarbergIndex, .slopeTo500, .slopeTo1500, .spectralFlux, .mfcc1, .mfcc2, .mfcc3,
      .mfcc4:
      true
    default: false
    }
  }

  /// Seconds of sound that a frame of the cue covers, from the frame's start on.
  public var windowSeconds: Double { isOfEveryFrame ? 0.02 : 0.06 }
}
