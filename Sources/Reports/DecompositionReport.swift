import Attributions
import AudioFeatures
import AudioFiles
import Basics
import Corpora
import Figures
import Foundation
import Models
import Tensors

/// The components of a clip, and which of them a model's prediction rests on.
public struct DecompositionReport {
  /// A model, and what it makes of the components.
  public struct Asked {
    public let model: TrainedModel
    /// Of the whole clip by class; empty for a model without classes.
    public let probabilities: [Double]
    public let relevance: ComponentRelevance

    public init(model: TrainedModel, probabilities: [Double], relevance: ComponentRelevance) {
      (self.model, self.probabilities, self.relevance) = (model, probabilities, relevance)
    }

    var target: String { model.outputs[relevance.target.emotion] }

    /// "score of angry (logits)", or "value of arousal".
    var measure: String {
      relevance.target.emotion < model.classes.count ? "score of \(target) (logits)" : "value of \(target)"
    }

    /// The class with the highest probability; nil for a model without classes.
    var predicted: String? { probabilities.isEmpty ? nil : model.classes[probabilities.likeliestClass] }
  }

  public let components: SoundComponents
  /// Nil where no model was asked.
  public let asked: Asked?
  /// The path as given by the user.
  public let file: String
  public let speech: AudioClip
  public let frontEnd: FrontEnd
  public let seed: UInt64

  public init(
    _ components: SoundComponents, asked: Asked?, of speech: AudioClip, file: String, frontEnd: FrontEnd, seed: UInt64
  ) {
    (self.components, self.asked, self.file, self.speech) = (components, asked, file, speech)
    (self.frontEnd, self.seed) = (frontEnd, seed)
  }

  private var factors: NonnegativeFactorization { components.factors }
  private var steps: Int { factors.steps }

  /// "3 · 240 Hz".
  private func name(_ component: Int) -> String {
    "\(component + 1) · \(String(format: "%.0f", components.centres[component])) Hz"
  }

  // MARK: Figure

  public var figure: DecompositionFigure {
    let (bins, frames) = (components.magnitudes.shape[0], components.magnitudes.shape[1])
    let spectra = factors.components.transposed().floats
    let activations = factors.activations.floats
    guard
      case .spectrogram(let spectrogram) = ExplainedInput(
        components.magnitudes, at: .spectrogram, hop: frontEnd.hopSeconds, sampleRate: speech.sampleRate)
    else { fault("a spectrogram shown as something else") }
    return DecompositionFigure(
      title: [
        "\(shownName(file)): \(components.count) component\(components.count == 1 ? "" : "s")", summary,
      ], spectrogram: spectrogram, duration: speech.duration, place: speech.place,
      components: (0..<components.count).map {
        .init(
          name: name($0), spectrum: Array(spectra[($0 * bins)..<(($0 + 1) * bins)]),
          activation: Array(activations[($0 * frames)..<(($0 + 1) * frames)]))
      }, effects: asked.map { effects($0.relevance) } ?? [],
      effect: asked.map { "Change of the \($0.measure) without it" } ?? "")
  }

  /// "kullback-leibler, 200 steps · predicted angry (p = 0.81) · target angry · CNNATT built-in".
  public var summary: String {
    var words = ["\(factors.divergence.rawValue), \(steps) step\(steps == 1 ? "" : "s")"]
    if let asked {
      if let predicted = asked.predicted {
        words.append("predicted \(predicted) (p = \(String(format: "%.2f", asked.probabilities.max() ?? 0)))")
      }
      words += ["target \(asked.target)", "\(asked.model.title) \(asked.model.name)"]
    }
    return words.joined(separator: " · ")
  }

  private func effects(_ relevance: ComponentRelevance) -> [DecompositionFigure.Effect] {
    func change(_ answer: ComponentRelevance.Answer) -> Double { answer.score - relevance.whole.score }
    func words(_ answer: ComponentRelevance.Answer) -> [String] {
      [Self.signed(change(answer))]
        + (answer.probability.map { [String(format: "p = %.2f", $0)] } ?? [])
    }
    let each = relevance.removed.enumerated().map { index, answer in
      DecompositionFigure.Effect(
        name: name(index), kind: .component, change: change(answer), words: words(answer),
        isMarked: relevance.chosen.contains(index))
    }
    return each + [
      .init(
        name: relevance.chosen.map { "\($0 + 1)" }.joined(separator: ", ")
          + (relevance.chosen.count > 1 ? " together" : ""),
        kind: .chosen, change: change(relevance.chosenRemoved), words: words(relevance.chosenRemoved), isMarked: true),
      .init(
        name: "\(relevance.chosen.count) at random", kind: .control,
        change: relevance.randomMean - relevance.whole.score,
        words: [Self.signed(relevance.randomMean - relevance.whole.score), "mean of \(ComponentRelevance.draws)"]),
    ]
  }

  /// "−0.42" with its sign.
  public static func signed(_ value: Double) -> String {
    String(format: "%+.2f", value).replacing("-", with: "−")
  }

  /// The entries from which the figure can be made again.
  public var provenance: [String: String] {
    let source =
      asked?.model.provenance(source: file)
      ?? ["Software": "Undertone \(undertoneVersion)", "Source": shownPath(file), "Command": commandLine]
    return source.merging([
      "Method":
        "nonnegative factorization, \(components.count) components, \(factors.divergence.rawValue), \(steps) steps",
      "Seed": "\(seed)",
    ]) { $1 }
  }

  // MARK: Files

  /// The paths of what is written of a clip.
  public struct Files: Sendable {
    /// A sound for each component; the relevant ones together, where a model was asked.
    public var sounds: [String]
    public var relevant: String?
    public var figures: [String]
    public var table: String
    /// Spectra, activations, the places along their axes, and the relevance of the activations where a model was asked;
    /// empty where none were asked for.
    public var arrays: [String]

    public var all: [String] { figures + [table] + arrays + sounds + [relevant].compactMap(\.self) }
  }

  /// Writes the sounds, the figure, the table and the arrays.
  /// - Parameter stem: The beginning of the files' names.
  public func write(to folder: OutputFolder, as stem: String, figures: FigureFiles, arrays: Bool) throws -> Files {
    func write(_ chosen: [Int], _ name: String) throws -> String {
      let path = folder.file("\(stem).\(name).wav")
      var sound = [Float](repeating: 0, count: speech.samples.count)
      for component in chosen {
        let own = components.sounds.slice(axis: 0, component..<(component + 1)).floats
        for index in sound.indices { sound[index] += own[index] }
      }
      try AudioClip(samples: sound, sampleRate: speech.sampleRate).write(to: path, as: .float32)
      return path
    }
    let digits = String(components.count).count
    let sounds = try (0..<components.count).map { component in
      let number = String(component + 1)
      let padded = String(repeating: "0", count: digits - number.count) + number
      return try write([component], "\(padded)-\(String(format: "%.0f", components.centres[component]))Hz")
    }
    let relevant = try asked.map { try write($0.relevance.chosen, "relevant") }
    let table = "\(stem).components.csv"
    try folder.write(CSV.text(of: csv(sounds)), to: table)
    return Files(
      sounds: sounds, relevant: relevant,
      figures: try figures.write(figure, to: folder, as: "\(stem).components", provenance: provenance),
      table: folder.file(table), arrays: arrays ? try writeArrays(to: folder, as: stem) : [])
  }

  private func writeArrays(to folder: OutputFolder, as stem: String) throws -> [String] {
    let hertz = frontEnd.binFrequencies.map { Float($0) }
    let frames = factors.activations.shape[1]
    let seconds = (0..<frames).map { Float(speech.place.start + frontEnd.hopSeconds * Double($0)) }
    var tensors = [
      ("spectra", factors.components), ("spectra.hertz", Tensor(hertz, shape: [hertz.count])),
      ("activations", factors.activations), ("activations.seconds", Tensor(seconds, shape: [frames])),
    ]
    if let asked { tensors.append(("activations.relevance", asked.relevance.relevance)) }
    return try tensors.map { name, tensor in
      let path = folder.file("\(stem).\(name).npy")
      try NPY.write(tensor, to: path)
      return path
    }
  }

  /// The header and a row for each component.
  private func csv(_ sounds: [String]) -> [[String]] {
    func cell(_ value: Double?) -> String { value.map { String(format: "%.6f", $0) } ?? "" }
    var header = ["component", "hertz", "energy_share", "sound"]
    if asked != nil {
      header += [
        "score", "score_removed", "probability_removed", "score_alone", "probability_alone", "relevance", "chosen",
      ]
    }
    var table = [header]
    for (row, sound) in zip(rows, sounds) {
      var cells = ["\(row.component)", String(format: "%.1f", row.hertz), cell(row.energyShare), shownName(sound)]
      if let asked {
        let numbers = [
          asked.relevance.whole.score, row.scoreRemoved, row.probabilityRemoved, row.scoreAlone, row.probabilityAlone,
          row.relevance,
        ]
        cells += numbers.map(cell) + [row.isChosen == true ? "1" : "0"]
      }
      table.append(cells)
    }
    return table
  }

  /// A component with what the model makes of it.
  public struct Row: Encodable {
    /// From 1 on.
    public let component: Int
    public let hertz, energyShare: Double
    public let scoreRemoved, probabilityRemoved, scoreAlone, probabilityAlone, relevance: Double?
    public let isChosen: Bool?
    public fileprivate(set) var sound: String?
  }

  public var rows: [Row] {
    (0..<components.count).map { index in
      let relevance = asked?.relevance
      return Row(
        component: index + 1, hertz: components.centres[index], energyShare: components.shares[index],
        scoreRemoved: relevance?.removed[index].score, probabilityRemoved: relevance?.removed[index].probability,
        scoreAlone: relevance?.alone[index].score, probabilityAlone: relevance?.alone[index].probability,
        relevance: relevance.map { Double($0.relevance.slice(axis: 0, index..<(index + 1)).sum().scalar) },
        isChosen: relevance.map { $0.chosen.contains(index) })
    }
  }

  private struct Line: Encodable {
    struct Chosen: Encodable {
      let components: [Int]
      let sound: String?
      let scoreRemoved, scoreAlone: Double
      let probabilityRemoved, probabilityAlone: Double?
      let randomScoreRemoved, randomAsLow: Double
      let randomChoices: Int
    }
    let file: String
    let start, end: Double
    let divergence: String
    let iterations: Int
    let seed: UInt64
    let objective: Double
    let model, target, predicted: String?
    let score, probability: Double?
    let components: [Row]
    let chosen: Chosen?
    let figures: [String]
    let table: String
    let arrays: [String]
    let command: String
  }

  /// One line of `--json`.
  public func json(_ files: Files) throws -> String {
    let relevance = asked?.relevance
    return try Line(
      file: file, start: speech.place.start, end: speech.place.first(speech.duration).upperBound,
      divergence: factors.divergence.rawValue, iterations: steps, seed: seed, objective: factors.objectives.last ?? 0,
      model: asked?.model.name, target: asked?.target, predicted: asked?.predicted, score: relevance?.whole.score,
      probability: relevance?.whole.probability,
      components: zip(rows, files.sounds).map { row, sound in
        var row = row
        row.sound = sound
        return row
      },
      chosen: relevance.map {
        .init(
          components: $0.chosen.map { $0 + 1 }, sound: files.relevant, scoreRemoved: $0.chosenRemoved.score,
          scoreAlone: $0.chosenAlone.score, probabilityRemoved: $0.chosenRemoved.probability,
          probabilityAlone: $0.chosenAlone.probability, randomScoreRemoved: $0.randomMean,
          randomAsLow: $0.randomAsLow, randomChoices: ComponentRelevance.draws)
      }, figures: files.figures, table: files.table, arrays: files.arrays, command: commandLine
    ).line
  }
}
