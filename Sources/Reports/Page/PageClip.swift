import Attributions
import Figures
import Foundation
import Models

/// A clip in a page: its sound, what models saw of it, and what mattered of that to them.
public struct PageClip: Encodable {
  /// A matrix over time that attributions lie on.
  struct Grid: Encodable {
    let space: InputSpace
    let rows, columns: Int
    /// In the page's numbers.
    let values: String
    /// What the values are, with their unit.
    let label: String
    /// The upper end of the highest band or bin, in Hz; nil for coefficients.
    let maximumFrequency: Double?
  }

  /// What mattered to one model for one target by one method.
  struct View: Encodable {
    let model, method, target: String
    let classes: [String]
    let probabilities: [Double]
    let isSigned: Bool
    /// By input space: the attribution's numbers and their unit.
    let inputs: [String: Input]

    struct Input: Encodable {
      let values, unit: String
      let sum: Double
    }
  }

  let name: String
  let truth: String?
  /// Seconds of speech, and from one frame to the next.
  let duration, hop: Double
  let sampleRate: Int
  /// The speech as a WAV file, base64.
  let audio: String
  /// The speech's samples.
  let samples: String
  let grids: [Grid]
  let views: [View]

  /// - Parameters:
  ///   - samples: The clip's speech.
  ///   - explanations: By each model and method for each target, all at the same places.
  public init(
    name: String, samples: [Float], explanations: [(model: String, explanation: Explanation)], truth: String? = nil
  ) {
    let first = explanations[0].explanation
    self.init(
      name: name, samples: samples, like: first, truth: truth,
      grids: first.inputs.compactMap { input in
        guard input.space != .waveform, let frames = first.shown(input).frames else { return nil }
        return Grid(
          space: input.space, rows: frames.rows, columns: frames.columns, values: PageNumbers.encoded(frames.values),
          label: input.space.valueLabel, maximumFrequency: input.space == .mfcc ? nil : Double(first.sampleRate) / 2)
      },
      views: explanations.map { model, explanation in
        View(
          model, explanation,
          inputs: explanation.inputs.map { ($0.space, $0.attribution.floats, explanation.quantity.unit(at: $0.space)) })
      })
  }

  /// A clip that models were compared on.
  /// - Parameter comparisons: Of each target.
  public init(name: String, samples: [Float], models: [String], comparisons: [ComparedClip], truth: String? = nil) {
    let first = comparisons[0]
    self.init(
      name: name, samples: samples, like: first.explanations[0], truth: truth,
      grids: [
        Grid(
          space: .mel, rows: first.mels, columns: first.frames, values: PageNumbers.encoded(first.logMel),
          label: InputSpace.mel.valueLabel, maximumFrequency: Double(first.explanations[0].sampleRate) / 2)
      ],
      views: comparisons.flatMap { clip in
        zip(models, clip.explanations).enumerated().map { index, pair in
          View(pair.0, pair.1, inputs: [(.mel, clip.relativeMap(index), "relative")])
        }
      })
  }

  private init(
    name: String, samples: [Float], like explanation: Explanation, truth: String?, grids: [Grid], views: [View]
  ) {
    (self.name, self.truth, self.grids) = (name, truth, grids)
    // Of one model, method and target there is one.
    var seen: Set<[String]> = []
    self.views = views.filter { seen.insert([$0.model, $0.method, $0.target]).inserted }
    (duration, hop, sampleRate) = (explanation.duration, explanation.hop, explanation.sampleRate)
    let speech = Array(samples.prefix(Int((explanation.duration * Double(sampleRate)).rounded())))
    audio = Data(PageNumbers.wav(speech, sampleRate: sampleRate)).base64EncodedString()
    self.samples = PageNumbers.encoded(speech)
  }
}

extension PageClip.View {
  init(_ model: String, _ explanation: Explanation, inputs: [(space: InputSpace, values: [Float], unit: String)]) {
    (self.model, method, target) = (model, explanation.method, explanation.targetName)
    (classes, probabilities, isSigned) = (explanation.classes, explanation.probabilities, explanation.isSigned)
    self.inputs = inputs.reduce(into: [:]) { found, input in
      found[input.space.rawValue] = Input(
        values: PageNumbers.encoded(input.values), unit: input.unit,
        sum: input.values.reduce(0) { $0 + Double($1) })
    }
  }
}

extension InputSpace {
  fileprivate var valueLabel: String {
    switch self {
    case .waveform: "amplitude"
    case .spectrogram: "magnitude (dB)"
    case .mel: "log-mel power (dB)"
    case .mfcc: "MFCC (dB)"
    }
  }
}

/// How numbers and sound stand in a page.
enum PageNumbers {
  /// Float32, little-endian, base64.
  static func encoded(_ values: [Float]) -> String {
    values.map(\.bitPattern.littleEndian).withUnsafeBytes { Data($0).base64EncodedString() }
  }

  /// A WAV file of 16 bits; what lies beyond ±1 is cut.
  static func wav(_ samples: [Float], sampleRate: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    func append(_ value: some FixedWidthInteger) { withUnsafeBytes(of: value.littleEndian) { bytes += $0 } }
    let size = UInt32(2 * samples.count)
    bytes += Array("RIFF".utf8)
    append(36 + size)
    bytes += Array("WAVEfmt ".utf8)
    append(UInt32(16))
    append(UInt16(1))  // PCM
    append(UInt16(1))  // channels
    append(UInt32(sampleRate))
    append(UInt32(2 * sampleRate))
    append(UInt16(2))
    append(UInt16(16))
    bytes += Array("data".utf8)
    append(size)
    for sample in samples { append(Int16((max(-1, min(1, sample)) * 32767).rounded())) }
    return bytes
  }
}
