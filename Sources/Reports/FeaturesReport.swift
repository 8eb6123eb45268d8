import AudioFeatures
import AudioFiles
import Basics
import Corpora
import Figures
import Foundation
import Models
import Tensors
import Training

/// What can be computed of a clip.
public enum FeatureKind: String, CaseIterable, Sendable {
  case waveform, spectrogram, mel, mfcc, delta
  case deltaDelta = "delta-delta"
  /// The fundamental frequency.
  case pitch
}

/// What a front-end computes of a clip, as arrays, tables and a figure.
public struct FeaturesReport {
  /// The path as given by the user.
  public let file: String
  public let kinds: [FeatureKind]
  private let speech: AudioClip
  private let frontEnd: FrontEnd
  private let path: SignalPath

  /// - Parameter speech: At the front-end's sample rate.
  public init(
    _ speech: AudioClip, file: String, through features: FeatureExtractor, kinds: [FeatureKind]
  ) throws(TooFewFrames) {
    (self.file, self.speech, self.kinds, frontEnd) = (file, speech, kinds, features.frontEnd)
    path = SignalPath(speech.samples, features: features)
    let frames = path.shape(at: .mel)[3]
    let needsDeltas = kinds.contains { [.delta, .deltaDelta].contains($0) || ($0 == .mfcc && frontEnd.deltas > 0) }
    guard !needsDeltas || frames >= Tensor.deltaFrames else {
      throw TooFewFrames(path: file, frames: frames, needed: Tensor.deltaFrames, purpose: "deltas need")
    }
  }

  /// The samples, [samples]; magnitudes [bins, frames]; dB, [rows, frames]; Hz, [frames], NaN where there is no voice.
  public func values(_ kind: FeatureKind) -> Tensor {
    func matrix(_ space: InputSpace) -> Tensor { path[space].reshaped(Array(path[space].shape.suffix(2))) }
    func coefficients() -> Tensor { matrix(.mfcc).slice(axis: 0, 0..<frontEnd.coefficients) }
    switch kind {
    case .waveform: return path.waveform.reshaped([-1])
    case .spectrogram: return matrix(.spectrogram)
    case .mel: return matrix(.mel)
    case .mfcc: return matrix(.mfcc)
    case .delta: return coefficients().delta()
    case .deltaDelta: return coefficients().deltaDelta()
    case .pitch: return Tensor(pitch.map { Float($0 ?? .nan) }, shape: [pitch.count])
    }
  }

  private var pitch: [Double?] {
    PitchTracker(sampleRate: frontEnd.sampleRate, hopSamples: frontEnd.hopSamples).track(speech.samples)
  }

  /// The header and a row for each sample or frame, with the seconds of the file.
  public func csv(_ kind: FeatureKind) -> [[String]] {
    let values = values(kind)
    let (rows, columns) = values.rank == 1 ? (1, values.shape[0]) : (values.shape[0], values.shape[1])
    let (floats, step) = (
      values.floats, kind == .waveform ? 1 / Double(frontEnd.sampleRate) : frontEnd.hopSeconds
    )
    let names =
      switch kind {
      case .waveform: ["amplitude"]
      case .spectrogram: frontEnd.binFrequencies.map { String(format: "%.1f Hz", $0) }
      case .mel: frontEnd.melCentres.map { String(format: "%.1f Hz", $0) }
      case .mfcc, .delta, .deltaDelta: (0..<rows).map { "\(kind.rawValue) \($0)" }
      case .pitch: ["f0_hz"]
      }
    return [["seconds"] + names]
      + (0..<columns).map { column in
        [String(format: "%.6f", speech.place.start + step * Double(column))]
          + (0..<rows).map { row in
            let value = floats[row * columns + column]
            return value.isNaN ? "" : "\(value)"
          }
      }
  }

  /// "mel: 128 × 213, dB, a frame each 0.016 s".
  public func words(_ kind: FeatureKind) -> String {
    let shape = values(kind).shape.map { "\($0)" }.joined(separator: " × ")
    let unit =
      switch kind {
      case .waveform: "amplitude"
      case .spectrogram: "magnitude"
      case .mel, .mfcc: "dB"
      case .delta: "dB a frame"
      case .deltaDelta: "dB a frame²"
      case .pitch: "Hz"
      }
    let step =
      kind == .waveform
      ? "\(frontEnd.sampleRate) samples a second" : "a frame each \(String(format: "%g", frontEnd.hopSeconds)) s"
    return "\(kind.rawValue): \(shape), \(unit), \(step)"
  }

  public var figure: FeaturesFigure {
    FeaturesFigure(
      title: [shownName(file), settings], duration: speech.duration, place: speech.place, panels: kinds.map(panel))
  }

  /// "window 1024, hop 256 samples at 16 kHz, 128 mels, 40 coefficients".
  private var settings: String {
    "window \(frontEnd.windowSamples), hop \(frontEnd.hopSamples) samples at "
      + "\(String(format: "%g", Double(frontEnd.sampleRate) / 1000)) kHz, \(frontEnd.mels) mels, "
      + "\(frontEnd.coefficients) coefficients"
  }

  private func panel(_ kind: FeatureKind) -> FeaturesFigure.Panel {
    func input(_ space: InputSpace) -> FeaturesFigure.Panel {
      .input(ExplainedInput(values(kind), at: space, hop: frontEnd.hopSeconds, sampleRate: frontEnd.sampleRate))
    }
    func slopes(_ label: String) -> FeaturesFigure.Panel {
      let values = values(kind)
      return .input(
        .mfcc(
          .init(
            frames: .init(
              values: values.floats, rows: values.shape[0], columns: values.shape[1], hop: frontEnd.hopSeconds),
            label: label)))
    }
    return switch kind {
    case .waveform: input(.waveform)
    case .spectrogram: input(.spectrogram)
    case .mel: input(.mel)
    case .mfcc: input(.mfcc)
    case .delta: slopes("ΔMFCC (dB a frame)")
    case .deltaDelta: slopes("ΔΔMFCC (dB a frame²)")
    case .pitch: .pitch(pitch, hop: frontEnd.hopSeconds)
    }
  }

  /// The entries from which a figure can be made again.
  public var provenance: [String: String] {
    [
      "Software": "Undertone \(undertoneVersion)", "Source": shownPath(file), "Front-end": settings,
      "Command": commandLine,
    ]
  }

  // MARK: Augmentation

  /// A clip changed as a training may change it.
  public struct Changed {
    public let step: Augmentation.Step
    /// "stretch: 1.07 times as fast".
    public let words: String
    /// Nil of a change that is none of the sound.
    public let sound: AudioClip?
    fileprivate let logMel: Tensor
    fileprivate let samples: [Float]
  }

  /// The clip changed once by each step of an augmentation that is of one clip.
  public func changed(by augmentation: Augmentation, using generator: inout SeededGenerator) -> [Changed] {
    var changes: [Changed] = []
    for step in augmentation.steps {
      if step.kind.changesSound {
        let (samples, words) = step.changed(speech.samples, sampleRate: frontEnd.sampleRate, using: &generator)
        changes.append(
          Changed(
            step: step, words: "\(step.kind.rawValue): \(words)",
            sound: AudioClip(samples: samples, sampleRate: frontEnd.sampleRate),
            logMel: SignalPath(samples, features: path.features)[.mel], samples: samples))
      } else if step.kind.changesMel {
        let (mel, words) = step.changed(path[.mel], features: path.features, using: &generator)
        changes.append(
          Changed(
            step: step, words: "\(step.kind.rawValue): \(words)", sound: nil, logMel: mel, samples: speech.samples))
      }
    }
    return changes
  }

  /// The clip as it is, and its changed versions.
  public func figure(of changes: [Changed], seed: UInt64) -> SamplesFigure {
    func clip(_ name: String, _ samples: [Float], _ logMel: Tensor) -> SamplesFigure.Clip {
      .init(
        name: name, waveform: .init(samples: samples, sampleRate: Double(frontEnd.sampleRate)),
        logMel: .init(
          frames: .init(
            values: logMel.floats, rows: logMel.shape[2], columns: logMel.shape[3], hop: frontEnd.hopSeconds),
          maximumFrequency: Double(frontEnd.sampleRate) / 2),
        duration: Double(samples.count) / Double(frontEnd.sampleRate))
    }
    return SamplesFigure(
      title: ["\(shownName(file)), augmented", "drawn with seed \(seed) · \(settings)"],
      clips: [clip("as it is", speech.samples, path[.mel])] + changes.map { clip($0.words, $0.samples, $0.logMel) })
  }
}
