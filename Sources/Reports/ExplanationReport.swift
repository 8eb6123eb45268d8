import Attributions
import Basics
import Figures
import Foundation
import Models
import Tensors

/// The figure of an explanation, and its JSON.
public struct ExplanationReport {
  public let explanation: Explanation
  public let model: TrainedModel
  /// The path as given by the user.
  public let file: String
  /// The window of the file that was explained, in seconds; nil where it is the whole file.
  public let window: Range<Double>?

  public init(_ explanation: Explanation, model: TrainedModel, file: String, window: Range<Double>? = nil) {
    (self.explanation, self.model, self.file, self.window) = (explanation, model, file, window)
  }

  /// "talk.wav", or "talk.wav 5.00–10.00 s".
  public static func place(_ file: String, _ range: Range<Double>?) -> String {
    file + (range.map { String(format: " %.2f–%.2f s", $0.lowerBound, $0.upperBound) } ?? "")
  }

  public var place: String { Self.place(file, window) }

  /// The lines of a figure's title.
  var title: [String] {
    ExplanationFigure.title(
      clip: Self.place(shownName(file), window),
      predicted: predictedWords, probability: predictedProbability, target: explanation.targetName,
      method: explanation.method, model: "\(model.title) \(model.name)")
  }

  public var figure: ExplanationFigure {
    var figure = ExplanationFigure(
      title: title,
      duration: explanation.duration, emotions: explanation.classes, probabilities: explanation.probabilities,
      dimensions: explanation.dimensions, values: explanation.values, target: explanation.target.emotion,
      versus: explanation.target.versus)
    (figure.place, figure.caption) = (explanation.place, explanation.caption)
    for input in explanation.inputs {
      switch explanation.shown(input) {
      case .waveform(let waveform): figure.waveform = waveform
      case .spectrogram(let spectrogram): figure.spectrogram = spectrogram
      case .logMel(let mel): figure.logMel = mel
      case .mfcc(let mfcc): figure.mfcc = mfcc
      }
    }
    return figure
  }

  private var predictedWords: String {
    explanation.classes.isEmpty ? prediction : explanation.classes[explanation.predicted]
  }

  /// Nil of a model without classes.
  private var predictedProbability: Double? {
    explanation.classes.isEmpty ? nil : explanation.probabilities[explanation.predicted]
  }

  /// "angry (p = 0.93)", and the dimensions' values: "arousal 0.71, valence 0.22".
  public var prediction: String {
    let emotion =
      explanation.classes.isEmpty
      ? []
      : [
        "\(explanation.classes[explanation.predicted]) "
          + String(format: "(p = %.2f)", explanation.probabilities[explanation.predicted])
      ]
    let values = zip(explanation.dimensions, explanation.values).map { name, value in
      "\(name) " + String(format: "%.2f", value).replacing("-", with: "−")
    }
    return (emotion + values).joined(separator: ", ")
  }

  /// Words on the places where the attributions are strongest, for readers who cannot see the figure.
  public var words: String {
    let frontEnd = model.configuration.frontEnd
    return explanation.inputs.compactMap { input in
      let sizes = input.attribution.floats.map(abs)
      guard let place = sizes.indices.max(by: { sizes[$0] < sizes[$1] }), sizes[place] > 0 else { return nil }
      let columns = input.attribution.shape.last!
      let (row, column) = (place / columns, place % columns)
      let seconds =
        explanation.place.start + Double(column)
        * (input.space == .waveform ? 1 / Double(explanation.sampleRate) : explanation.hop)
      let height =
        switch input.space {
        case .waveform: ""
        case .spectrogram: String(format: ", %.0f Hz", frontEnd.binFrequencies[row])
        case .mel: String(format: ", %.0f Hz", frontEnd.melCentres[row])
        case .mfcc: ", coefficient \(row)"
        }
      return "On the \(input.space.words) strongest at " + String(format: "%.2f s", seconds) + height
    }.joined(separator: ". ")
  }

  /// The entries from which the figure can be made again.
  public var provenance: [String: String] {
    model.provenance(source: place).merging([
      "Method": explanation.methodWithParameters, "Target": explanation.targetName, "Speech": speech,
    ]) { $1 }
  }

  /// The part of the file that the model uses: "1.056–3.296 s of 0–4.372 s, trimmed 20 dB below the loudest frame".
  public var speech: String {
    func words(_ range: Range<Double>) -> String { String(format: "%.3f–%.3f s", range.lowerBound, range.upperBound) }
    let place = explanation.place
    let used = words(explanation.used)
    guard case .decibels(let decibels) = model.configuration.trimming, place.isTrimmed else {
      return used == words(place.stretch) ? used : "\(used) of \(words(place.stretch))"
    }
    return "\(used) of \(words(place.stretch)), trimmed \(decibels.formatted()) dB below the loudest frame"
  }

  /// Remarks on the attributions, a line each: whether the clip is unlike the training data, how the method was asked, how
  /// near it came to what it promises, what is zero everywhere, and what there is to know of the values.
  public var remarks: [String] {
    var lines = [explanation.resemblance?.warning].compactMap { $0 }
    if !explanation.parameters.isEmpty { lines.append(explanation.methodWithParameters) }
    for input in explanation.inputs {
      if let promise = input.completeness {
        var line = String(
          format: "%@: Σ %.4g, f(x) − %@ %.4g, gap %.2g", input.space.rawValue as NSString, promise.sum,
          promise.remainder.words as NSString, promise.difference, promise.gap
        ).replacing("-", with: "−")
        if promise.relativeGap > 0.01 {
          line +=
            ": \(promise.relativeGapText) off"
            + (explanation.parameters["steps"] == nil ? "" : "; more steps come nearer")
        }
        lines.append(line)
      }
      if input.attribution.floats.allSatisfy({ $0 == 0 }) {
        lines.append("\(input.space.rawValue): the attribution is zero everywhere: nothing here changes the score")
      }
    }
    for note in explanation.inputs.compactMap(\.note) where !lines.contains(note) { lines.append(note) }
    for (space, reason) in explanation.leftOut { lines.append("\(space.rawValue): left out: \(reason)") }
    return lines
  }

  /// One line of `--json`.
  /// - Parameters:
  ///   - arrays: The array files written for an input space, if any.
  ///   - figures: The figures written.
  ///   - listening: The sounds written, if any.
  ///   - units: What the clip's units are worth, if that was asked.
  ///   - seconds: What the whole took.
  func json(
    arrays: [InputSpace: ExplainedArrays], figures: [String], listening: Listened? = nil,
    units: UnitsReport.JSON? = nil, seconds: Double
  ) throws -> String {
    let inputs = explanation.inputs.map { input in
      (
        input.space.rawValue,
        JSON.Input(
          shape: input.attribution.shape, array: arrays[input.space]?.attribution,
          feature: arrays[input.space]?.feature,
          axes: arrays[input.space]?.axes,
          unit: explanation.unit(at: input.space), sum: Double(input.attribution.sum().scalar),
          score: input.completeness?.score, baselineScore: input.completeness?.value(of: .baseline),
          biases: input.completeness?.value(of: .constants),
          gap: input.completeness?.gap, note: input.note)
      )
    }
    return try JSON(
      file: file, start: explanation.used.lowerBound, end: explanation.used.upperBound,
      window: window.map { [$0.lowerBound, $0.upperBound] }, model: model.name, method: explanation.method,
      parameters: explanation.parameters.mapValues(NumberOrText.init(text:)),
      target: explanation.outputs[explanation.target.emotion],
      versus: explanation.target.versus.map { explanation.outputs[$0] },
      predicted: explanation.classes.isEmpty ? nil : explanation.classes[explanation.predicted],
      values: explanation.dimensions.isEmpty
        ? nil : Dictionary(uniqueKeysWithValues: zip(explanation.dimensions, explanation.values)),
      trainingData: explanation.resemblance,
      probabilities: Dictionary(uniqueKeysWithValues: zip(explanation.classes, explanation.probabilities)),
      inputs: Dictionary(uniqueKeysWithValues: inputs), figure: figures.first, figures: figures, listening: listening,
      units: units, elapsedSeconds: seconds, command: commandLine
    ).line
  }

  private struct JSON: Encodable {
    struct Input: Encodable {
      let shape: [Int]
      /// Paths of arrays: the attribution, the input that it is of, and the places along each axis.
      let array, feature: String?
      let axes: [ExplainedArrays.Axis]?
      let unit: String
      let sum: Double
      /// f(x); f(baseline), or in relevance propagation what biases have of f(x); and what the sum misses of the rest.
      let score, baselineScore, biases, gap: Double?
      let note: String?
    }
    let file: String
    /// The part of the file that the model uses, in seconds.
    let start, end: Double
    /// The window's start and end in seconds.
    let window: [Double]?
    let model, method: String
    let parameters: [String: NumberOrText]
    let target: String
    /// The output that the target is compared with.
    let versus: String?
    let predicted: String?
    /// Predicted values by dimension.
    let values: [String: Double]?
    /// Where the clip lies by the training data; nil where the model does not know it.
    let trainingData: Resemblance?
    let probabilities: [String: Double]
    let inputs: [String: Input]
    let figure: String?
    let figures: [String]
    let listening: Listened?
    let units: UnitsReport.JSON?
    /// Seconds that explaining and writing took.
    let elapsedSeconds: Double
    let command: String
  }

  /// The salient part of a clip as sound and the rest, with the prediction for each.
  public struct Listened: Encodable {
    public struct Part: Encodable {
      public let path: String
      /// The predicted class and its probability; nil of a model without classes.
      public let emotion: String?
      public let probability: Double?

      public init(path: String, emotion: String?, probability: Double?) {
        (self.path, self.emotion, self.probability) = (path, emotion, probability)
      }
    }
    public let kept, rest: Part

    public init(kept: Part, rest: Part) { (self.kept, self.rest) = (kept, rest) }

    /// Both sounds with a name for each.
    public var parts: [(words: String, heard: Part)] { [("what matters", kept), ("the rest", rest)] }
  }
}

extension Explanation {
  /// The lines under a figure's title: whether the clip is unlike the training data; the baseline and the steps; and how far the attributions miss the sum that the
  /// method promises, with a plain word where that is more than 5 %. None where a method has no such thing.
  var caption: [String] {
    let settings = [
      parameters["baseline"].map { "baseline \($0)" }, parameters["steps"].map { $0 == "1" ? "1 step" : "\($0) steps" },
    ].compactMap { $0 }
    let promises = inputs.compactMap { input in input.completeness.map { (input.space.words, $0) } }
    let gaps = promises.map { words, promise in "\(promise.relativeGapText) on the \(words)" }
    let isWide = promises.contains { $0.1.relativeGap > Completeness.tolerance }
    return [
      resemblance?.warning ?? "", settings.joined(separator: ", "),
      gaps.isEmpty
        ? ""
        : "completeness gap: \(gaps.joined(separator: ", "))"
          + (isWide ? " – over 5 %: the attributions do not add up to the score" : ""),
    ].filter { !$0.isEmpty }
  }

  /// An input with its attribution, as figures take it.
  func shown(_ input: Input) -> ExplainedInput {
    let attribution = Attribution(
      values: input.attribution.floats, isSigned: isSigned, name: method, unit: unit(at: input.space))
    return ExplainedInput(
      input.values, at: input.space, hop: hop, sampleRate: sampleRate, attribution: attribution)
  }
}
