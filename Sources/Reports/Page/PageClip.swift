import Attributions
import Basics
import Figures
import Foundation
import Models

/// A clip in a page: its sound, the models' inputs made of it, and the attributions on them.
public struct PageClip: Codable, Sendable {
  /// A matrix over time that attributions lie on.
  struct Grid: Codable, Sendable {
    let space: InputSpace
    let rows, columns: Int
    let values: PageNumbers
    /// The name of the values, with their unit.
    let label: String
    /// The upper end of the highest band or bin, in Hz; nil for coefficients.
    let maximumFrequency: Double?
  }

  /// The attributions of one model for one target by one method.
  struct View: Codable, Sendable {
    let model, method, target: String
    let classes: [String]
    let probabilities: [Double]
    let dimensions: [String]
    let values: [Double]
    let isSigned: Bool
    /// The attribution on each input space.
    let inputs: [String: Input]
    /// What the attribution keeps of the clip as sound; nil where it was not asked for.
    let heard: Heard?

    struct Input: Codable, Sendable {
      /// On the waveform the means over 5 ms, which are shown.
      let values: PageNumbers
      let unit: String
      let sum: Double
    }

    /// What is kept; the rest is the clip without it. Each with its prediction in words.
    struct Heard: Codable, Sendable {
      let kept: PageSound
      let keptWords, restWords: String
    }
  }

  /// A clip's explanation by a model.
  public struct Explained {
    let model: String
    let explanation: Explanation
    let listening: Listening?

    public init(_ model: String, _ explanation: Explanation, listening: Listening? = nil) {
      (self.model, self.explanation, self.listening) = (model, explanation, listening)
    }
  }

  let name: String
  /// The file's name, which its windows have in common.
  let file: String
  /// The window of the file, in seconds; nil where the clip is all of it.
  let window: [Double]?
  let truth: String?
  /// The true values of dimensions, by name.
  let trueValues: [String: Double]
  /// Seconds of the file before the speech, of the speech, and from one frame to the next.
  let start, duration, hop: Double
  let sampleRate: Int
  /// The speech.
  let sound: PageSound
  let grids: [Grid]
  private(set) var views: [View] = []

  /// - Parameters:
  ///   - samples: The clip's speech.
  ///   - explanations: By each model and method for each target, all at the same places.
  ///   - window: The window of the file, in seconds; nil where the clip is all of it.
  public init(
    name: String, samples: [Float], explanations: [Explained], window: Range<Double>? = nil, truth: String? = nil,
    trueValues: [String: Double] = [:]
  ) throws(FigureError) {
    let first = explanations[0].explanation
    var grids: [Grid] = []
    for input in first.inputs {
      guard input.space != .waveform, let frames = first.shown(input).frames else { continue }
      grids.append(
        Grid(
          space: input.space, rows: frames.rows, columns: frames.columns, values: try .decibels(frames.values),
          label: input.space.valueLabel, maximumFrequency: input.space == .mfcc ? nil : Double(first.sampleRate) / 2))
    }
    try self.init(
      name: name, samples: samples, from: first.place.start, seconds: first.duration, like: first, window: window,
      truth: truth, trueValues: trueValues, grids: grids)
    try add(explanations)
  }

  /// Adds explanations at the same places.
  mutating func add(_ explanations: [Explained]) throws(FigureError) {
    for explained in explanations {
      let explanation = explained.explanation
      let inputs = explanation.inputs.map {
        ($0.space, $0.attribution.floats, explanation.unit(at: $0.space))
      }
      add(try View(explained.model, explanation, inputs: inputs, listening: explained.listening))
    }
  }

  /// Of one model, method and target there is one.
  mutating func add(_ view: View) {
    let isThere = views.contains { ($0.model, $0.method, $0.target) == (view.model, view.method, view.target) }
    if !isThere { views.append(view) }
  }

  /// What the attributions take in a page.
  var viewBytes: Int { views.reduce(0) { $0 + $1.inputs.values.reduce(0) { $0 + $1.values.image.utf8.count } } }

  /// A clip that models were compared on.
  /// - Parameter comparisons: Of each target.
  public init(
    name: String, samples: [Float], models: [String], comparisons: [ComparedClip], truth: String? = nil,
    trueValues: [String: Double] = [:]
  ) throws(FigureError) {
    let first = comparisons[0]
    let grid = Grid(
      space: .mel, rows: first.mels, columns: first.frames, values: try .decibels(first.logMel),
      label: InputSpace.mel.valueLabel, maximumFrequency: Double(first.explanations[0].sampleRate) / 2)
    try self.init(
      name: name, samples: samples, from: first.place.start, seconds: first.duration, like: first.explanations[0],
      window: nil, truth: truth, trueValues: trueValues,
      grids: [grid])
    try add(comparisons, of: models)
  }

  /// Adds comparisons of the same clip.
  mutating func add(_ comparisons: [ComparedClip], of models: [String]) throws(FigureError) {
    for clip in comparisons {
      for (index, (model, explanation)) in zip(models, clip.explanations).enumerated() {
        add(try View(model, explanation, inputs: [(.mel, clip.relativeMap(index), "relative")]))
      }
    }
  }

  private init(
    name: String, samples: [Float], from start: Double, seconds: Double, like explanation: Explanation,
    window: Range<Double>?, truth: String?,
    trueValues: [String: Double], grids: [Grid]
  ) throws(FigureError) {
    (file, self.truth, self.grids) = (visible(name), truth.map(visible), grids)
    self.name = ExplanationReport.place(file, window)
    self.window = window.map { [$0.lowerBound, $0.upperBound] }
    self.trueValues = Dictionary(trueValues.map { (visible($0.key), $0.value) }) { first, _ in first }
    (self.start, duration, hop, sampleRate) = (start, seconds, explanation.hop, explanation.sampleRate)
    let speech = Array(samples.prefix(Int((seconds * Double(sampleRate)).rounded())))
    sound = try PageSound(speech, sampleRate: sampleRate)
  }
}

extension PageClip.View {
  init(
    _ model: String, _ explanation: Explanation, inputs: [(space: InputSpace, values: [Float], unit: String)],
    listening: Listening? = nil
  ) throws(FigureError) {
    (self.model, method, target) = (visible(model), explanation.method, visible(explanation.targetName))
    (classes, dimensions) = (explanation.classes.map(visible), explanation.dimensions.map(visible))
    (probabilities, values, isSigned) = (explanation.probabilities, explanation.values, explanation.isSigned)
    var found: [String: Input] = [:]
    for input in inputs {
      var shown = input.values
      if input.space == .waveform {
        let speech = Int((explanation.duration * Double(explanation.sampleRate)).rounded())
        shown = PageNumbers.means(
          Array(input.values.prefix(speech)), of: Int((0.005 * Double(explanation.sampleRate)).rounded()),
          isSigned: explanation.isSigned)
      }
      found[input.space.rawValue] = Input(
        values: try .attribution(shown), unit: input.unit, sum: input.values.reduce(0) { $0 + Double($1) })
    }
    self.inputs = found
    guard let listening else {
      heard = nil
      return
    }
    func words(_ part: String, _ probabilities: [Double]) -> String {
      guard !probabilities.isEmpty else { return part }
      let likeliest = probabilities.likeliestClass
      return "\(part): \(visible(explanation.classes[likeliest])) \(String(format: "%.2f", probabilities[likeliest]))"
    }
    heard = Heard(
      kept: try PageSound(listening.kept, sampleRate: explanation.sampleRate),
      keptWords: words("what matters", listening.keptProbabilities),
      restWords: words("the rest", listening.restProbabilities))
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

/// Numbers as a page holds and shows them: multiples of a power of ten. The page shows these decimals and no more, so that
/// what it shows differs from the number by half a unit of the last decimal at most.
struct PageNumbers: Codable, Equatable, Sendable {
  /// A PNG, base64, whose bytes are the multiples' low bytes, then their next ones, and so on, little-endian. The
  /// multiples 0, −1, 1, −2 are numbered 0, 1, 2, 3.
  let image: String
  let count: Int
  /// Bytes of each number.
  let width: Int
  /// Decimals that are shown: the unit is 10 to the power of −decimals.
  let decimals: Int

  init(_ values: [Float], decimals: Int) throws(FigureError) {
    let scale = pow(10, Double(decimals))
    let numbers = values.map { value -> UInt32 in
      let multiple = Int32(max(-1e9, min(1e9, (Double(value) * scale).rounded())))
      return UInt32(bitPattern: multiple << 1 ^ multiple >> 31)
    }
    count = numbers.count
    self.decimals = decimals
    let largest = numbers.max() ?? 0
    width = largest < 1 << 8 ? 1 : largest < 1 << 16 ? 2 : 4
    let bytes = (0..<UInt32(width)).flatMap { plane in numbers.map { UInt8(truncatingIfNeeded: $0 >> (8 * plane)) } }
    image = Data(try PNGImage.holding(bytes)).base64EncodedString()
  }

  /// Values in dB, to a tenth.
  static func decibels(_ values: [Float]) throws(FigureError) -> PageNumbers { try PageNumbers(values, decimals: 1) }

  /// An attribution in 32 to 316 steps up to the magnitude that gets the strongest colour, its 99.5th percentile: two digits
  /// of it at least, and colours without visible steps. One digit more would take half as many bytes again.
  static func attribution(_ values: [Float]) throws(FigureError) -> PageNumbers {
    let sizes = values.map(abs).sorted()
    let percentile = sizes.isEmpty ? 0 : sizes[Int(0.995 * Double(sizes.count - 1))]
    let limit = Double(percentile > 0 ? percentile : sizes.last ?? 0)
    let decimals = limit > 0 ? 2 - Int(log10(limit).rounded()) : 0
    return try PageNumbers(values, decimals: min(38, decimals))
  }

  /// Means of so many values at a time; of their magnitudes where they have no sign.
  static func means(_ values: [Float], of size: Int, isSigned: Bool) -> [Float] {
    stride(from: 0, to: values.count, by: size).map { start in
      let bin = values[start..<min(values.count, start + size)]
      return bin.reduce(0) { $0 + (isSigned ? $1 : abs($1)) } / Float(bin.count)
    }
  }
}
