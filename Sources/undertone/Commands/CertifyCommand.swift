import ArgumentParser
import Attributions
import Basics
import Corpora
import Foundation
import Models
import Reports

struct CertifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "certify",
    abstract: "How far a sound may change before a smoothed model can say another emotion.",
    usage: "undertone certify (<files> ... | --data <file>) [<options>]",
    discussion: """
      Randomised smoothing (Cohen, Rosenfeld and Kolter 2019): each clip is predicted many times under white noise. Where one \
      emotion comes surely more often than not, no change of the sound that is smaller than a radius can make another the \
      most frequent, whatever attack sought it. The radius is a 2-norm of the waveform; beside it stands the \
      signal-to-noise ratio that it means for the clip. Where the draws do not tell, the model abstains, which counts as wrong. \
      Both are of the samples that the model reads, and not of the file: decoded, of the first channel, at the model's sample \
      rate, without quiet ends, and cut to the model's length.

      What is certified is the smoothed model: what this one, with its own front-end and its own normalisation of the level, \
      says most often under the noise. It holds with the probability of --confidence for all noises of a clip together. Nothing \
      is promised of the prediction without noise, of changes of the length, of features, or of what happens before quiet ends are cut off. \
      The noise is fixed in amplitude: noise as large as each sound asks for would promise nothing. A model that was trained \
      without noise abstains often; `undertone train --augment noise` helps.

      Of a manifest the certified accuracy is printed over radii and ratios, with 95 % intervals by speaker; of files, and where an \
      emotion is no class of the model, the share of predictions that are certified. Fewer than \(Estimate.leastClips) clips \
      or \(Estimate.leastSpeakers) speakers have no intervals. A run that is stopped resumes.

      Writes certify.png and certify.radius.png (what is certified over ratios, and over radii) and certify.csv (a row for each \
      clip and noise).

      Examples:
        undertone certify clip.wav
        undertone certify clip.wav --noise 0.005 --draws 10000
        undertone certify --data validation.csv --model output/train/cnnatt --clips 5
      """)

  @OptionGroup var files: ClipFiles

  @OptionGroup var model: ModelOption

  @Option(help: .manifest("Instead of files, a manifest"))
  var data: String?

  @Option(
    help: ArgumentHelp(
      "The number of clips sampled of each emotion of a manifest, at most: 1 or more.", valueName: "count"))
  var clips = 10

  @Option(
    help: ArgumentHelp(
      """
      The standard deviations of the noise in amplitude of full scale, separated by commas, each 0.000001 to 1; the number of \
      them is 8 at most. (default: \(Self.standardNoise))
      """, valueName: "amplitudes"))
  var noise: String?

  @Option(
    help: ArgumentHelp(
      "The number of draws that bound the probability of an emotion: 1 to 1000000. More reach a larger radius.",
      valueName: "count"))
  var draws = 1000

  @Option(
    help: ArgumentHelp(
      "The number of draws before them that choose the emotion: 1 to 1000000.", valueName: "count"))
  var firstDraws = 100

  @Option(
    help: ArgumentHelp(
      "The probability with which all certificates of a clip hold, as a share of 1: 0.5 to 0.999999.",
      valueName: "share"))
  var confidence = 0.999

  @Option(
    help: ArgumentHelp(
      """
      The signal-to-noise ratios of changes at which the certified accuracy is printed, separated by commas, each -20 to 160. \
      (default: \(Self.standardRatios))
      """, valueName: "dB"))
  var ratio: String?

  @OptionGroup var drawing: FigureOption

  @OptionGroup var threads: ThreadOption

  @Flag(help: "Print one JSON object instead of text.")
  var json = false

  @Option(help: ArgumentHelp("The seed of sampled clips and of noise: 0 or more.", valueName: "number"))
  var seed: UInt64 = 0

  @Option(help: ArgumentHelp("The folder for results.", valueName: "folder"))
  var output = "output/certify"

  private static let standardNoise = "0.005,0.01,0.02", standardRatios = "80,70,60,50,40"
  private static let mostNoises = 8

  func validate() throws {
    guard clips > 0 else { throw ValidationError("--clips must be at least 1") }
    guard files.isEmpty != (data == nil) else {
      throw ValidationError("name either files or a manifest with --data")
    }
    guard (0.5...0.999_999).contains(confidence) else {
      throw ValidationError("--confidence must lie between 0.5 and 0.999999")
    }
    let range = RandomizedSmoothing.drawRange
    for (option, count) in [("--draws", draws), ("--first-draws", firstDraws)] where !range.contains(count) {
      throw ValidationError("\(option) must lie between \(range.lowerBound) and \(range.upperBound)")
    }
    _ = try (smoothings(), ratios())
  }

  func run() throws {
    try Console.run {
      Interruption.listen()
      let drawing = try self.drawing.files()  // what is wrong with them is said before the work
      let (smoothings, ratios) = try (self.smoothings(), self.ratios())
      let model = try self.model.load()
      try model.checkClasses(for: "certify")
      let (manifest, entries) = try sampledClips(files, data: data, clips: clips, seed: seed)
      let isLabelled = entries.allSatisfy { model.configuration.classIndex(of: $0.emotion) != nil }
      let folder = try OutputFolder(output)
      let job = ClipJob<ClipCertificates>(
        entries, of: manifest, sampleRate: model.configuration.frontEnd.sampleRate)
      let bar = ProgressBar("certifying", total: entries.count)
      var done = 0
      // The ratios are read from the certificates, so that a run can resume with others.
      let asked =
        CertificationReport.provenance(smoothings, seed: seed).sorted { $0.key < $1.key }.map {
          "\($0.key): \($0.value)"
        }
        + ["certify, labelled \(isLabelled)"]
      let result = try job.run(
        in: folder.path, asked: model.asked(source: data ?? files.source, manifest: manifest) + asked, groups: 1,
        status: Console.exitStatus, shouldStop: { Interruption.wasAsked },
        isPossible: { $0.isPossible(classes: model.classes.count, smoothings) },
        { event in
          if case .progress(let count) = event { done = count }
          tell(event, bar)
        }
      ) { items in
        items.map { item in
          Result {
            try ClipCertificates(item, of: model, smoothings, isLabelled: isLabelled, seed: seed) {
              bar.show(done, of: $0)
            }
          }
        }
      }
      ProgressBar.clear()
      try Console.endInterrupted(result.isFinished)
      if !result.rows.isEmpty {
        let report = CertificationReport(
          result.rows.map { ($0.entry, $0.row) }, of: model, smoothings, ratios: ratios, confidence: confidence,
          source: data ?? files.source, isLabelled: isLabelled, seed: seed)
        var figures = try drawing.write(report.figure, to: folder, as: "certify", provenance: report.provenance)
        if let figure = report.radiusFigure {
          figures += try drawing.write(figure, to: folder, as: "certify.radius", provenance: report.provenance)
        }
        try folder.write(CSV.text(of: report.csv), to: "certify.csv")
        try Console.print(
          json
            ? report.json(figures: figures)
            : ([text(report)] + figures + [folder.file("certify.csv")]).joined(separator: "\n"))
      }
      result.finish()
      try Console.end(result.failures, of: entries.count)
    }
  }

  // MARK: What is asked

  /// The smallest noise first.
  private func smoothings() throws -> [RandomizedSmoothing] {
    let range = RandomizedSmoothing.deviationRange
    let found = try numbers(noise ?? Self.standardNoise, "--noise", in: range, words: "0.000001 to 1")
    guard found.count <= Self.mostNoises else {
      throw ValidationError("--noise takes \(Self.mostNoises) numbers at most, not \(found.count)")
    }
    let each = CertificationReport.confidence(ofEachAmong: found.count, all: confidence)
    do throws(CertificationError) {
      return try found.sorted().map { number throws(CertificationError) in
        try RandomizedSmoothing(deviation: number, firstDraws: firstDraws, draws: draws, confidence: each)
      }
    } catch {
      throw ValidationError("\(error)")
    }
  }

  private func ratios() throws -> [Double] {
    try numbers(ratio ?? Self.standardRatios, "--ratio", in: -20...160)
  }

  // MARK: Text

  private func text(_ report: CertificationReport) -> String {
    var parts = [wrapped(report.words), summary(report).text]
    parts += tables(report, report.ratios, header: "SNR ≥").map {
      "\(report.measure) against changes of this SNR or more\n\($0.text)"
    }
    parts += tables(report, report.radii, header: "2-norm ≤").map {
      "\(report.measure) against changes up to this 2-norm\n\($0.text)"
    }
    parts += report.remarks.map { wrapped($0) }
    if !report.isEnough {
      parts.append(
        wrapped(
          "too few clips for intervals that say something of others: these need \(Estimate.leastClips) clips and "
            + "\(Estimate.leastSpeakers) speakers"))
    }
    if data == nil { parts.append(report.sentences.map { wrapped($0) }.joined(separator: "\n")) }
    return parts.joined(separator: "\n\n") + "\n"
  }

  private func summary(_ report: CertificationReport) -> Table {
    var table = Table(
      header: ["noise", report.isLabelled ? "right" : "certified", "wrong", "abstains", "radius", "SNR"])
    table.rows = report.noises.enumerated().map { place, noise in
      [
        CertificationReport.words(noise.smoothing), report.accuracy(place, .any).map { cell($0, report) } ?? "–",
        "\(Self.percent(noise.wrong.mean)) %", "\(Self.percent(noise.abstained.mean)) %",
        noise.radius.map(CertificationReport.words(radius:)) ?? "–",
        noise.ratio.map(CertificationReport.words(ratio:)) ?? "–",
      ]
    }
    return table
  }

  /// As many noises beside each other as have room.
  private func tables(_ report: CertificationReport, _ reaches: [CertificationReport.Reach], header: String) -> [Table]
  {
    guard !reaches.isEmpty else { return [] }
    return stride(from: 0, to: report.noises.count, by: 4).map { first in
      let places = first..<min(first + 4, report.noises.count)
      var table = Table(
        header: [header] + places.map { String(format: "noise %g", report.noises[$0].smoothing.deviation) })
      table.rows = reaches.map { reach in
        [reach.words] + places.map { place in report.accuracy(place, reach).map { cell($0, report) } ?? "–" }
      }
      return table
    }
  }

  /// "57 % (40–73)".
  private func cell(_ estimate: Estimate, _ report: CertificationReport) -> String {
    let ends = estimate.low.flatMap { low in
      estimate.high.map { " (\(Self.percent(low))–\(Self.percent($0)))" }
    }
    return "\(Self.percent(estimate.mean)) %" + (report.isEnough ? ends ?? "" : "")
  }

  private static func percent(_ share: Double) -> String { "\(Int((100 * share).rounded()))" }
}
