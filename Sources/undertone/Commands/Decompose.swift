import ArgumentParser
import Attributions
import AudioFeatures
import AudioFiles
import Basics
import Foundation
import Models
import Reports

struct Decompose: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Takes a clip apart into components, and finds those that a prediction rests on.",
    usage: "undertone decompose <files> ... [<options>]",
    discussion: """
      The magnitudes of the clip's STFT become a few spectra that grow louder and softer (a nonnegative factorization). Each \
      is a sound, by the clip's phases, and these sum to the clip. The model is asked for the target's score without each, \
      and of each alone; those without which it is lowest are written together, and as many taken at random are the \
      control: where they lower the score as much, the choice means little.

      Writes clip.components.png (the spectrogram, the components' spectra on its left, their activations below), \
      clip.components.csv, a WAV for each component by its number and its centre frequency (1 has most of the energy), \
      and clip.relevant.wav. A model of a fixed length is asked about the beginning of a longer clip.

      Examples:
        undertone decompose clip.wav
        undertone decompose clip.wav --components 12 --relevant 3 --target angry
        undertone decompose clips/*.wav --no-model --divergence itakura-saito --arrays
      """)

  @OptionGroup var files: ClipFiles

  @OptionGroup var model: ModelOption

  @Flag(help: "Only take the clip apart: no model is asked.")
  var noModel = false

  @Option(
    help: ArgumentHelp(
      "The number of components: \(words(counts)), and at most the clip's frames.", valueName: "count"))
  var components = 8

  @Option(
    help: """
      What the factorization makes small: euclidean, kullback-leibler, or itakura-saito, which quiet and loud parts \
      weigh alike in.
      """)
  var divergence = NonnegativeFactorization.Divergence.kullbackLeibler

  @Option(
    help: ArgumentHelp("The number of steps of the factorization: \(words(stepCounts)).", valueName: "count"))
  var iterations = 200

  @Option(
    help: ArgumentHelp(
      """
      The output whose score is compared: predicted (the predicted emotion; of a model without emotions its first \
      dimension), or one by its name, such as angry.
      """, valueName: "output"))
  var target = "predicted"

  @Option(
    help: ArgumentHelp(
      """
      The number of components that are written together, the most relevant ones: 1 or more, at most all. (default: a \
      quarter of them)
      """, valueName: "count"))
  var relevant: Int?

  @Option(
    help: ArgumentHelp(
      "The seed of the factors at the start and of the random choices: 0 or more.", valueName: "number"))
  var seed: UInt64 = 0

  @OptionGroup var drawing: FigureOption

  @Flag(
    help: """
      Also write arrays (.npy, float32): spectra, activations, the places along their axes, and the relevance of each \
      activation (gradient of the score times its magnitudes).
      """)
  var arrays = false

  @OptionGroup var threads: ThreadOption

  @Flag(help: "Print one JSON object per file instead of text.")
  var json = false

  @Option(help: ArgumentHelp("The folder for results.", valueName: "folder"))
  var output = "output/decompose"

  private static let counts = 1...32, stepCounts = 1...10_000

  private static func words(_ range: ClosedRange<Int>) -> String { "\(range.lowerBound) to \(range.upperBound)" }

  func validate() throws {
    guard Self.counts.contains(components) else {
      throw ValidationError("--components must lie between 1 and \(Self.counts.upperBound)")
    }
    guard Self.stepCounts.contains(iterations) else {
      throw ValidationError("--iterations must lie between 1 and \(Self.stepCounts.upperBound)")
    }
    guard (1...components).contains(relevant ?? 1) else {
      throw ValidationError("--relevant must lie between 1 and the number of components, \(components)")
    }
    guard noModel else { return }
    let unused = [
      ("--model", model.model != nil), ("--precision", model.precision.precision != nil),
      ("--relevant", relevant != nil), ("--target", target != "predicted"),
    ]
    if let option = unused.first(where: \.1)?.0 { throw ValidationError("\(option) has no effect with --no-model") }
  }

  func run() throws {
    try Console.run {
      let files = try self.files.paths()
      let figures = try drawing.files()
      let model = try noModel ? nil : self.model.load()
      let output = try target == "predicted" ? nil : model?.index(of: target)
      var folder = try OutputFolder(self.output)
      let features = FeatureExtractor(model?.configuration.frontEnd ?? FrontEnd())
      let bar = ProgressBar("decomposing", total: files.count)
      try Console.forEach(files) { index, file in
        if files.count > 1 { bar.show(index) }
        let speech = try model.map { try readSpeech(file, for: $0) } ?? readSpeech(file)
        let report = try self.report(on: speech, file, features, model, output)
        let written = try report.write(to: folder, as: folder.stem(for: file), figures: figures, arrays: arrays)
        try Console.print(json ? report.json(written) : text(report, written))
      }
    }
  }

  private func report(
    on speech: AudioClip, _ file: String, _ features: FeatureExtractor, _ model: TrainedModel?, _ output: Int?
  ) throws -> DecompositionReport {
    let frames = 1 + speech.samples.count / features.frontEnd.hopSamples
    guard frames >= components else {
      let purpose = "\(components) component\(components == 1 ? " needs" : "s need")"
      throw TooFewFrames(path: file, frames: frames, needed: components, purpose: purpose)
    }
    var generator = SeededGenerator(seed: seed)
    let found = SoundComponents(
      of: speech.samples, through: features, components: components, divergence: divergence, steps: iterations,
      using: &generator)
    let asked = try model.map { model in
      let clip = Clip(speech, model: model)
      let probabilities = try clip.probabilities(path: file)
      let relevance = try ComponentRelevance(
        found, of: clip, target: Target(output ?? (probabilities.isEmpty ? 0 : probabilities.likeliestClass)),
        chosen: relevant ?? (components + 3) / 4, path: file, using: &generator)
      return DecompositionReport.Asked(model: model, probabilities: probabilities, relevance: relevance)
    }
    return DecompositionReport(
      found, asked: asked, of: speech, file: file, frontEnd: features.frontEnd, seed: seed)
  }

  private func text(_ report: DecompositionReport, _ files: DecompositionReport.Files) -> String {
    let relevance = report.asked?.relevance
    func probability(_ value: Double?) -> String { value.map { String(format: "%.2f", $0) } ?? "–" }
    var table = Table(
      header: ["component", "centre Hz", "energy %"]
        + (relevance == nil ? [] : ["score without", "p without", "score alone", "p alone"]))
    table.rows = report.rows.map { row in
      [
        "\(row.component)\(row.isChosen == true ? " *" : "")", String(format: "%.0f", row.hertz),
        String(format: "%.1f", 100 * row.energyShare),
      ]
        + (relevance.map {
          [
            DecompositionReport.signed((row.scoreRemoved ?? 0) - $0.whole.score), probability(row.probabilityRemoved),
            DecompositionReport.signed((row.scoreAlone ?? 0) - $0.whole.score), probability(row.probabilityAlone),
          ]
        } ?? [])
    }
    var lines = ["\(report.file): \(report.summary)", table.text]
    if let relevance {
      func change(_ score: Double) -> String { DecompositionReport.signed(score - relevance.whole.score) }
      lines += [
        wrapped(
          "scores as changes of the whole clip's, \(String(format: "%.2f", relevance.whole.score)); without the "
            + "\(relevance.chosen.count) most relevant (*) \(change(relevance.chosenRemoved.score)), these alone "
            + "\(change(relevance.chosenAlone.score)); without \(relevance.chosen.count) at random "
            + "\(change(relevance.randomMean)) on average, and as low in "
            + "\(String(format: "%.0f", 100 * relevance.randomAsLow)) % of \(ComponentRelevance.draws) choices")
      ]
    }
    return (lines + files.all).joined(separator: "\n")
  }
}

extension NonnegativeFactorization.Divergence: ExpressibleByArgument {}
