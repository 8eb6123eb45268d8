import Basics
import Foundation
import Tensors

/// The signal path from the waveform to the MFCC, differentiable from end to end.
public struct FrontEnd: Sendable, Codable, Equatable {
  /// Samples a second.
  public var sampleRate = 16_000
  /// Samples of the Hann window, which is periodic; also the transform's length.
  public var windowSamples = 1024
  /// Samples from one frame's centre to the next.
  public var hopSamples = 256
  public var mels = 128
  public var coefficients = 40
  /// What stands below the coefficients in the MFCC: 0 nothing, 1 their slopes, 2 their slopes and their curvatures.
  public var deltas = 0

  public init() {}

  enum CodingKeys: String, CodingKey {
    case sampleRate = "sample_rate"
    case windowSamples = "window_samples"
    case hopSamples = "hop_samples"
    case mels, coefficients, deltas
  }

  private static var places: [(key: CodingKeys, place: WritableKeyPath<FrontEnd, Int>)] {
    [
      (.sampleRate, \.sampleRate), (.windowSamples, \.windowSamples), (.hopSamples, \.hopSamples), (.mels, \.mels),
      (.coefficients, \.coefficients), (.deltas, \.deltas),
    ]
  }

  /// The settings by their names in files.
  public static var settings: [(key: String, place: WritableKeyPath<FrontEnd, Int>)] {
    places.map { ($0.key.stringValue, $0.place) }
  }

  /// Decodes a front-end; missing values are the defaults.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    for (key, place) in Self.places {
      self[keyPath: place] = try container.decodeIfPresent(Int.self, forKey: key) ?? self[keyPath: place]
    }
  }

  /// Writes the deltas only where there are any, so that older readers accept the file.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(sampleRate, forKey: .sampleRate)
    try container.encode(windowSamples, forKey: .windowSamples)
    try container.encode(hopSamples, forKey: .hopSamples)
    try container.encode(mels, forKey: .mels)
    try container.encode(coefficients, forKey: .coefficients)
    if deltas != 0 { try container.encode(deltas, forKey: .deltas) }
  }

  /// The rows of the MFCC: the coefficients, and as many for each order of their deltas.
  public var rowsOfMFCC: Int { coefficients * (1 + deltas) }

  /// Seconds from one frame's centre to the next; the first is at 0.
  public var hopSeconds: Double { Double(hopSamples) / Double(sampleRate) }

  /// 0.5 − 0.5 cos(2πi/n): the periodic Hann window.
  public var window: [Float] {
    (0..<windowSamples).map { Float(0.5 - 0.5 * cos(2 * .pi * Double($0) / Double(windowSamples))) }
  }

  /// The frequencies of the transform's bins, in Hz.
  public var binFrequencies: [Double] {
    (0...(windowSamples / 2)).map { Double($0 * sampleRate) / Double(windowSamples) }
  }

  /// The peaks of the mel bands, in Hz.
  public var melCentres: [Double] { Array(melEdges[1...mels]) }

  /// The peaks with the ends before the first and after the last, evenly spaced on the mel scale.
  var melEdges: [Double] {
    let top = Self.mel(hertz: Double(sampleRate) / 2)
    return (0..<(mels + 2)).map { Self.hertz(mel: top * Double($0) / Double(mels + 1)) }
  }

  /// Triangles of peak 1 between neighbouring centres, evenly spaced on the HTK mel scale from 0 Hz to half the sample
  /// rate: [mels, bins].
  public var melFilters: Tensor {
    let edges = melEdges
    let bins = windowSamples / 2 + 1
    var filters = [Float](repeating: 0, count: mels * bins)
    for m in 0..<mels {
      for bin in 0..<bins {
        let frequency = Double(bin * sampleRate) / Double(windowSamples)
        let rising = (frequency - edges[m]) / (edges[m + 1] - edges[m])
        let falling = (edges[m + 2] - frequency) / (edges[m + 2] - edges[m + 1])
        filters[m * bins + bin] = Float(max(0, min(rising, falling)))
      }
    }
    return Tensor(filters, shape: [mels, bins])
  }

  /// The HTK mel scale, 2595 log₁₀(1 + f/700) (Young et al., The HTK Book).
  public static func mel(hertz: Double) -> Double { 2595 * log10(1 + hertz / 700) }
  public static func hertz(mel: Double) -> Double { 700 * (pow(10, mel / 2595) - 1) }

  /// The first rows of the orthonormal DCT-II: [coefficients, mels].
  public var cosines: Tensor {
    var rows: [Float] = []
    for k in 0..<coefficients {
      let scale = (k == 0 ? 1.0 : 2.0) / Double(mels)
      for m in 0..<mels {
        rows.append(Float(scale.squareRoot() * cos(.pi * Double(k) * (Double(m) + 0.5) / Double(mels))))
      }
    }
    return Tensor(rows, shape: [coefficients, mels])
  }
}

/// A front-end with its tables made, ready to run.
public final class FeatureExtractor {
  public let frontEnd: FrontEnd
  private let window: [Float]
  private let filters: BandMatrix
  private let cosines: Tensor

  public init(_ frontEnd: FrontEnd = FrontEnd()) {
    self.frontEnd = frontEnd
    window = frontEnd.window
    filters = BandMatrix(frontEnd.melFilters)
    cosines = frontEnd.cosines
  }

  /// The STFT of waveforms [batch, samples] taken apart: magnitudes [batch, 1, bins, frames], the lowest frequency first, and
  /// phases as complex numbers of magnitude 1, [batch, frames, bins, 2].
  public func spectrogram(_ waveform: Tensor) -> (magnitude: Tensor, phase: Tensor) {
    let spectrum = waveform.stft(window: window, hop: frontEnd.hopSamples)
    let magnitude = spectrum.power().squareRoot()
    let shape = magnitude.shape
    let phase = spectrum / (magnitude + magnitude.equals(.zeros([]))).reshaped(shape + [1])
    return (magnitude.transposed().reshaped([shape[0], 1, shape[2], shape[1]]), phase)
  }

  /// The waveforms [batch, samples] of magnitudes [batch, 1, bins, frames] and phases [1 or batch, frames, bins, 2]: the
  /// inverse STFT.
  public func waveform(magnitude: Tensor, phase: Tensor, samples: Int) -> Tensor {
    let shape = magnitude.shape
    let spectrum = magnitude.reshaped([shape[0], shape[2], shape[3]]).transposed()
      .reshaped([shape[0], shape[3], shape[2], 1])
    return (spectrum * phase).inverseSTFT(window: window, hop: frontEnd.hopSamples, samples: samples)
  }

  /// Power spectrogram of waveforms [batch, samples]: [batch, frames, bins].
  public func powerSpectrogram(_ waveform: Tensor) -> Tensor {
    waveform.stft(window: window, hop: frontEnd.hopSamples).power()
  }

  /// log-mel in dB of waveforms [batch, samples]: [batch, 1, mels, frames], 10 log₁₀(max(power, 10⁻¹⁰)), no cell more
  /// than 80 dB under its clip's loudest. Where that floor acts, the gradient is zero.
  public func logMel(_ waveform: Tensor) -> Tensor {
    let decibels = decibels(powerSpectrogram(waveform).product(with: filters))
    return decibels.maximum(floor(under: decibels)).reshaped([waveform.shape[0], 1, frontEnd.mels, -1])
  }

  /// The log-mel of silence after clips of this log-mel [batch, 1, mels, frames]: one frame, [batch, 1, mels, 1].
  public func silence(after logMel: Tensor) -> Tensor {
    decibels(Tensor(0)).maximum(floor(under: logMel)).broadcast(to: [logMel.shape[0], 1, frontEnd.mels, 1])
  }

  private func decibels(_ power: Tensor) -> Tensor {
    power.maximum(Tensor(1e-10)).logarithm() * (10 / Float(log(10.0)))
  }

  /// The floor 80 dB under the loudest of mels and frames, which are the last two dimensions.
  private func floor(under decibels: Tensor) -> Tensor {
    decibels.detached.maximum(axis: -2).maximum(axis: -1) - 80
  }

  /// MFCC of a log-mel [batch, 1, mels, frames]: [batch, 1, ``FrontEnd/rowsOfMFCC``, frames], the deltas below the
  /// coefficients.
  public func mfcc(logMel: Tensor) -> Tensor {
    let coefficients = cosines.matrixProduct(logMel)
    guard frontEnd.deltas > 0 else { return coefficients }
    let deltas = [coefficients.delta()] + (frontEnd.deltas > 1 ? [coefficients.deltaDelta()] : [])
    return .concatenated([coefficients] + deltas, axis: -2)
  }

  /// The part of a log-mel that the coefficients of an MFCC [batch, 1, rows, frames] hold: the DCT's transpose, which
  /// undoes it on the span of its rows.
  public func mel(mfcc: Tensor) -> Tensor {
    let coefficients = frontEnd.deltas == 0 ? mfcc : mfcc.slice(axis: -2, 0..<frontEnd.coefficients)
    return cosines.matrixProduct(coefficients, transposeSelf: true)
  }
}

extension Tensor {
  /// The fewest frames that have deltas.
  public static let deltaFrames = 9

  /// The slope over nine frames along the last dimension (Savitzky and Golay 1964, first order), like librosa's Δ.
  /// Applied twice it is not ΔΔ, which librosa fits with a parabola: ``deltaDelta()``.
  public func delta() -> Tensor { savitzkyGolay(order: 1) }

  /// The curvature over nine frames along the last dimension, like librosa's ΔΔ.
  public func deltaDelta() -> Tensor { savitzkyGolay(order: 2) }

  /// The derivative of `order` of the polynomial of that order fitted to nine frames; the first and last four frames
  /// take it from the first and last nine (SciPy's mode "interp").
  private func savitzkyGolay(order: Int) -> Tensor {
    let width = Self.deltaFrames
    let frames = shape[rank - 1]
    demand(frames >= width, "Δ needs \(width) frames, and there are \(frames)")
    // Both fits have a constant derivative of their own order, so the edges repeat the first and last full window's.
    let offsets = (0..<width).map { Float($0 - width / 2) }
    let weights: [Float]
    if order == 1 {
      let squares = offsets.reduce(0) { $0 + $1 * $1 }
      weights = offsets.map { $0 / squares }
    } else {
      // Least squares of a + b x + c x²: c = Σ (x² − mean x²) y / Σ (x² − mean x²)², and the derivative is 2c.
      let mean = offsets.reduce(0) { $0 + $1 * $1 } / Float(width)
      let centred = offsets.map { $0 * $0 - mean }
      let squares = centred.reduce(0) { $0 + $1 * $1 }
      weights = centred.map { 2 * $0 / squares }
    }
    let inner = frames - width + 1
    var middle: Tensor?
    for (k, weight) in weights.enumerated() where weight != 0 {
      let term = slice(axis: -1, k..<(k + inner)) * weight
      middle = middle.map { $0 + term } ?? term
    }
    let slopes = middle!
    let edge = Array(shape.dropLast()) + [width / 2]
    return .concatenated(
      [
        slopes.slice(axis: -1, 0..<1).broadcast(to: edge), slopes,
        slopes.slice(axis: -1, (inner - 1)..<inner).broadcast(to: edge),
      ], axis: -1)
  }
}
