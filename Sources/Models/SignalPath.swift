import AudioFeatures
import Basics
import Tensors

/// The path of one clip from the waveform to a network's input. Each place is computed when it is first needed, and
/// kept: training, prediction and explanations all take a network's input from here.
public final class SignalPath {
  public let features: FeatureExtractor
  /// [1, samples].
  public let waveform: Tensor
  private var places: [InputSpace: Tensor]
  private var phases: Tensor?
  private var silentFrame: Tensor?
  /// The mean and the variance of the waveform.
  public private(set) lazy var scale = WaveformScale(waveform)

  /// - Parameter samples: Samples at a model's length: see ``TrainedModel/fitted(_:)``.
  public convenience init(_ samples: [Float], features: FeatureExtractor) {
    self.init(waveform: Tensor(samples, shape: [1, samples.count]), features: features)
  }

  private init(waveform: Tensor, features: FeatureExtractor, places: [InputSpace: Tensor] = [:]) {
    (self.waveform, self.features, self.places) = (waveform, features, places)
  }

  /// The clip at a place.
  public subscript(space: InputSpace) -> Tensor {
    if let made = places[space] { return made }
    let made: Tensor
    switch space {
    case .waveform: return waveform
    case .spectrogram:
      let (magnitude, phase) = features.spectrogram(waveform)
      phases = phase
      made = magnitude
    case .mel: made = features.logMel(waveform)
    case .mfcc: made = features.mfcc(logMel: self[.mel])
    }
    places[space] = made
    return made
  }

  /// The shape of the clip at a place, without computing its values.
  public func shape(at space: InputSpace) -> [Int] {
    let frontEnd = features.frontEnd
    let frames = 1 + waveform.shape[1] / frontEnd.hopSamples
    return switch space {
    case .waveform: waveform.shape
    case .spectrogram: [1, 1, frontEnd.windowSamples / 2 + 1, frames]
    case .mel: [1, 1, frontEnd.mels, frames]
    case .mfcc: [1, 1, frontEnd.rowsOfMFCC, frames]
    }
  }

  /// The phases of the waveform's STFT, [1, frames, bins, 2].
  public var phase: Tensor {
    if phases == nil { _ = self[.spectrogram] }
    return phases!
  }

  /// The waveforms of other magnitudes, [batch, 1, bins, frames], with the clip's phases.
  public func waveform(magnitude: Tensor) -> Tensor {
    features.waveform(magnitude: magnitude, phase: phase, samples: waveform.shape[1])
  }

  /// One frame of the silence at a place, [1, 1, rows, 1]; a zero on the waveform, [1, 1].
  public func silentFrame(at space: InputSpace) -> Tensor {
    switch space {
    case .waveform: return .zeros([1, 1])
    case .spectrogram: return .zeros([1, 1, shape(at: space)[2], 1])
    case .mel:
      let frame = silentFrame ?? features.silence(after: self[.mel])
      silentFrame = frame
      return frame
    case .mfcc:
      let frame = silentFrame(at: .mel)
      guard features.frontEnd.deltas > 0 else { return features.mfcc(logMel: frame) }
      // Deltas are of several frames; of equal ones they are zero.
      let frames = frame.broadcast(to: frame.shape.dropLast() + [Tensor.deltaFrames])
      return features.mfcc(logMel: frames).slice(axis: -1, 0..<1)
    }
  }

  /// The silence of this clip at a place: zeros; the mel's floor, as in its padding; that floor's MFCC.
  public func silence(at space: InputSpace) -> Tensor { silentFrame(at: space).broadcast(to: shape(at: space)) }

  /// The clip with other values at a place: places downstream are computed from them, places upstream stay unchanged.
  public func with(_ values: Tensor, at space: InputSpace) -> SignalPath {
    switch space {
    case .waveform: SignalPath(waveform: values, features: features)
    case .spectrogram: with(waveform(magnitude: values), at: .waveform)
    case .mel: SignalPath(waveform: waveform, features: features, places: [.mel: values])
    case .mfcc:
      // The part of the mel that the MFCC does not hold stays unchanged.
      SignalPath(
        waveform: waveform, features: features,
        places: [.mel: self[.mel] + features.mel(mfcc: values - self[.mfcc]), .mfcc: values])
    }
  }

  // MARK: A network's input

  /// The clip as the input of a network that reads `inputs`.
  public func input(_ inputs: [InputSpace]) -> NetworkInput {
    NetworkInput(Dictionary(uniqueKeysWithValues: inputs.map { ($0, self[$0]) }))
  }

  /// The input of a network that reads `inputs`, with `values` [batch, …] at a place: places upstream are held fixed,
  /// places downstream are computed, and can be differentiated.
  ///
  /// The inputs of a network that has several are independent, unless the values go `through` to those downstream.
  ///
  /// A network that reads the mel has no MFCC on its path. There the mel is split into the part that its first
  /// coefficients c hold and a rest that is held fixed: mel = Cᵀ c + rest, with C the rows of the orthonormal DCT.
  /// - Parameter scale: See ``NetworkInput/scale``.
  public func input(
    _ values: Tensor, at place: InputSpace, for inputs: [InputSpace], through: Bool = false,
    scale: WaveformScale? = nil
  ) -> NetworkInput {
    if place == .spectrogram {
      return input(waveform(magnitude: values), at: .waveform, for: inputs, through: through, scale: scale)
    }
    if inputs.count > 1, inputs.contains(place), !through {
      return NetworkInput(
        Dictionary(
          uniqueKeysWithValues: inputs.map { input in
            let own = self[input]
            return (input, input == place ? values : own.broadcast(to: [values.shape[0]] + own.shape.dropFirst()))
          }), scale: scale)
    }
    // The mel is kept for the MFCC.
    var mel: Tensor?
    func found(_ input: InputSpace) -> Tensor {
      switch (place, input) {
      case (place, place): return values
      case (.waveform, .mel):
        let made = mel ?? features.logMel(values)
        mel = made
        return made
      case (.waveform, .mfcc): return features.mfcc(logMel: found(.mel))
      case (.mel, .mfcc): return features.mfcc(logMel: values)
      case (.mfcc, .mel): return features.mel(mfcc: values) + (self[.mel] - features.mel(mfcc: self[.mfcc]))
      default:
        let own = self[input]
        return own.broadcast(to: [values.shape[0]] + own.shape.dropFirst())
      }
    }
    return NetworkInput(Dictionary(uniqueKeysWithValues: inputs.map { ($0, found($0)) }), scale: scale)
  }
}
