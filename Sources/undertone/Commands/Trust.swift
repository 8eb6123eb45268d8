import ArgumentParser
import Attributions
import Basics
import Corpora
import Figures
import Foundation
import Models
import Ranks
import Reports

struct Trust: ParsableCommand, RunsOnRanks {
  static let configuration = CommandConfiguration(
    abstract: "Measures the faithfulness of attribution methods, against loudness and chance.",
    usage: "undertone trust --data <file> [<options>]",
    discussion: """
      Explains the predicted emotion of clips of a manifest with each method and says of each: believe, with care, do \
      not believe. What is measured: whether a method finds what the score depends on, in cells and in whole syllables, \
      whether it depends on what the model learned, how steady and how concentrated it is. The same table has two \
      controls, loudness and random numbers: a method that does no better has not shown that it explains the model. \
      The rule, which is printed, is of margins whose 95 % intervals hold for all methods and criteria together \
      (Bonferroni); intervals resample speakers where the manifest names them, else clips. There is no verdict on fewer \
      than \(Estimate.leastClips) clips or \(Estimate.leastSpeakers) speakers, or where the model predicts no better than chance.

      --seeds trains the model again from other seeds, by its recipe, on its clips, into seeds/ in the folder for \
      results, and measures how far a method says the same of all: what differs is not about the emotion.

      --fine-tune trains the model further on its clips without random cells of the mel, and asks that model what it \
      loses without some of the cells that a method ranks first (FFid+), and without some of the others (FFid−): \
      removal is then nothing new to it (F-Fidelity).

      Removed cells are set to silence, the fairest to loud cells; --replacement mean is fairer to quiet ones, and \
      neighbours fills in what the cells around say, as speech has no silence where there was none. On the mel, the \
      salient part is also made audible, and the model asked about it alone and about the rest (AI, AD, AG, FF, Fid-In).

      Of a dimension, such as arousal, deletion and insertion follow the change of its value instead of a probability: \
      its distance from the value of the clip with all cells removed.

      On a corpus with a planted cue (`undertone corpus synthesize --plant angry`) half of the clips are sampled \
      from those with the cue, and the table also has what of the attribution lies inside the cue.

      Writes trust.csv (means and intervals), clips.csv (every clip), trust.json and a figure. A run that is stopped \
      resumes.

      Examples:
        undertone trust --data validation.csv
        undertone trust --data clips.csv --model output/train/fcmfcc --method saliency
        undertone trust --data validation.csv --model output/train/cnnatt --seeds 5
        undertone trust --data validation.csv --model output/train/cnnatt --fine-tune 10
        undertone trust --data validation.csv --measures verdict --clips 50
        undertone trust --data validation.csv --method integrated-gradients,lrp --steps 100
        undertone trust --data validation.csv --input mfcc --clips 50 --format pdf
        undertone trust --data validation.csv --html
        undertone trust --data validation.csv --model output/train/cnnatt --target arousal
        mpirun -n 4 undertone trust --data validation.csv --clips 400
      """)

  @OptionGroup var model: ModelOption

  @Option(help: .manifest())
  var data: String

  @OptionGroup var methods: MethodOption

  @Option(help: "The input to explain. (default: mel; of a model that reads the waveform only, spectrogram)")
  var input: InputSpace?

  @Option(
    help: "The output to explain: predicted (of a model without emotions its first dimension), or one by its name.")
  var target = "predicted"

  @Option(
    help: """
      The values that replace removed cells: silence (the clip's own), mean (of the cell's row over time), or \
      neighbours (what the cells around say; on the waveform noise like the clip's quietest tenth).
      """)
  var replacement = RemovalFilling.silence

  @Option(help: ArgumentHelp("The number of clips sampled: 1 or more.", valueName: "count"))
  var clips = 24

  @Option(
    help: ArgumentHelp(
      "Train the model again, from so many other seeds: 1 to 20. (default: not at all)", valueName: "count"))
  var seeds: Int?

  @Option(
    help: ArgumentHelp(
      "Folders of the model trained from other seeds, separated by commas. (default: none)", valueName: "folders"))
  var siblings: String?

  @Option(
    help: ArgumentHelp(
      """
      The number of epochs N to train the model further without random cells, up to \(Self.percent) of each clip's, into \
      fine-tuned-N in the folder for results: 1 to 1000. (default: not at all)
      """, valueName: "count"))
  var fineTune: Int?

  @Option(
    help: ArgumentHelp(
      """
      What is measured beside deletion and insertion: all, verdict (what the verdicts are of, in a fraction of the time), or \
      names as in trust.csv, separated by commas. What is left out is not shown, and a method that is not asked all that the \
      verdicts are of is believed with care at most.
      """, valueName: "names"))
  var measures = "all"

  @OptionGroup var drawing: FigureOption

  @Flag(help: "Also write a self-contained HTML page: the figure, with its numbers as tables.")
  var html = false

  @OptionGroup var threads: ThreadOption

  @Flag(help: "Print one JSON object.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "The seed of the sampled clips, the noise and the random weights: 0 or more.", valueName: "number"))
  var seed: UInt64 = 0

  @Option(help: ArgumentHelp("The folder for results.", valueName: "folder"))
  var output = "output/trust"

  private static var percent: String { "\(Int((100 * TrustExaminer.fineTunedShare).rounded())) %" }

  func validate() throws {
    guard clips > 0 else { throw ValidationError("--clips must be at least 1") }
    guard seeds.map((1...20).contains) ?? true else { throw ValidationError("--seeds must be 1 to 20") }
    guard fineTune.map((1...1000).contains) ?? true else { throw ValidationError("--fine-tune must be 1 to 1000") }
    let wanted = try wanted()
    if fineTune != nil, !wanted.contains(.fidelityPlus), !wanted.contains(.fidelityMinus) {
      throw ValidationError(
        "--fine-tune trains a model that --measures does not ask: name \(TrustMeasure.fidelityPlus.rawValue) or "
          + "\(TrustMeasure.fidelityMinus.rawValue) there")
    }
  }

  private func wanted() throws -> [TrustMeasure] {
    switch measures {
    case "all": TrustMeasure.allCases
    case "verdict": TrustMeasure.ofVerdicts
    default: try several(measures, kind: "measure")
    }
  }

  func run() throws {
    try Console.runOnRanks { ranks in
      let drawing = try self.drawing.files()
      Interruption.listen()
      let model = try self.model.load()
      let methods = try self.methods.makeExamined(for: model, seed: seed)
      let target = target == "predicted" ? nil : try model.index(of: target)
      let manifest = try readManifest(data)
      let folder = try OutputFolder(output, isMade: ranks.isFirst)
      var settings = TrustSettings()
      (settings.seed, settings.filling, settings.measures) = (seed, replacement, try wanted())
      let space = try inputSpace(input, of: model)
      // Of several ranks the first one trains, and the others wait and read.
      let isTrained = seeds != nil || fineTune != nil
      if isTrained, !ranks.isFirst { ranks.wait() }
      // What cannot be trained is said before anything is.
      let named = try namedSiblings(of: model)
      let again = try seeds.map { _ in
        try RepeatedTraining(
          self.model.model, for: "--seeds trains the model again",
          advice: "; --siblings takes models that are trained already")
      }
      let further = try fineTune.map { try fineTuning(of: model, at: space, epochs: $0, in: folder) }
      let trained = try again?.again(seeds ?? 0, in: folder.file("seeds")) ?? []
      let siblings = named + trained.map(self.model.precision.applied)
      let fineTuned = try further.flatMap { further in
        try fineTune.map { try further.fineTuned(epochs: $0, in: place(of: $0, in: folder), isTrained: !ranks.isFirst) }
          .map(self.model.precision.applied)
      }
      if isTrained, ranks.isFirst { ranks.wait() }
      var job = TrustJob(
        TrustExaminer(
          model: model, methods: methods, space: space, settings: settings, target: target, siblings: siblings,
          fineTuned: fineTuned),
        manifest: manifest, path: data, clips: clips)
      let bar = ProgressBar("examining", total: job.count)
      let result = try job.run(
        in: folder.path, on: ranks, told: Console.told, shouldStop: { Interruption.wasAsked },
        { tell($0, bar) })
      ProgressBar.clear()
      if let report = result.report {
        let files = try report.write(to: folder, figures: drawing, hasPage: html)
        try Console.print(json ? files.json : text(report))
        if !json { try Console.print(files.paths.joined(separator: "\n")) }
      }
      // How the first rank ends is no failure of the others.
      ranks.end()
      try Console.endInterrupted(result.isFinished)
      try Console.end(result.failures, of: result.tried)
    }
  }

  /// The models trained from other seeds that are named.
  private func namedSiblings(of model: TrainedModel) throws -> [TrainedModel] {
    let names = siblings?.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } ?? []
    return try names.map { name in
      let sibling = self.model.precision.applied(to: try TrainedModel(folder: name))
      let (own, other) = (model.configuration, sibling.configuration)
      guard own.model == other.model, own.outputs == other.outputs, own.frontEnd == other.frontEnd else {
        throw ValidationError(
          "--siblings: \(name) is not the same model from another seed: its kind, its outputs or its front-end differ")
      }
      return sibling
    }
  }

  /// The training that goes on without random cells of the mel, which can be done.
  private func fineTuning(
    of model: TrainedModel, at space: InputSpace, epochs: Int, in folder: OutputFolder
  ) throws -> RepeatedTraining {
    guard space == .mel, model.kind.pretrainedParts.isEmpty else {
      throw ValidationError(
        "--fine-tune silences cells of the mel, and "
          + (space == .mel ? "\(model.name) has a pretrained encoder" : "--input is \(space.rawValue)"))
    }
    let training = try RepeatedTraining(self.model.model, for: "--fine-tune trains the model further")
    try training.check(epochs: epochs, in: place(of: epochs, in: folder))
    return training
  }

  /// The folder of the model that is trained further for so many epochs.
  private func place(of epochs: Int, in folder: OutputFolder) -> String { folder.file("fine-tuned-\(epochs)") }

  private func tell(_ event: TrustJob.Event, _ bar: ProgressBar) {
    switch event {
    case .resumed(let clips): Console.note("undertone: resuming after \(clips) clips")
    case .leftOut(let error): Console.note("undertone: left out: \(error)")
    case .progress(let done, let share, let method): bar.show(done, of: share, note: method)
    case .cut(let path, let seconds): noteCut(path, seconds: seconds)
    case .failed(let error): Console.report(error)
    }
  }

  // MARK: Text

  private func text(_ report: TrustReport) -> String {
    let summary = report.summary
    var parts = [
      "\(summary.clips) clip\(summary.clips == 1 ? "" : "s"), \(report.space.rawValue), \(report.targetWords); "
        + (Estimate.noInterval(clips: summary.clips, speakers: summary.speakers).map { "mean; \($0)\n" }
          ?? "mean ± half of the 95 % interval\n")
        + "removed cells are set \(replacement.words)"
        + (report.dimension.map { "\nchange of \($0): its distance from the value without any cell" } ?? "")
    ]
    for (title, group) in TrustMeasure.groups {
      let measures = group.filter(summary.measures.contains)
      guard !measures.isEmpty else { continue }
      var table = Table(header: [title] + measures.map { $0.title + $0.arrow })
      for method in summary.methods {
        table.rows.append([method.name] + measures.map { method.estimates[$0]?.cell ?? "–" })
      }
      if measures.contains(.inCue), summary.cueArea != nil {
        table.rows.append(
          ["by chance"] + measures.map { report.chance(of: $0).map { String(format: "%.3f", $0) } ?? "" })
      }
      parts.append(table.text)
      parts.append(
        measures.map { wrapped("\($0.title): \($0.summary(of: report.dimension))") }.joined(separator: "\n"))
    }
    parts += agreement(summary)
    parts.append(report.remarks.map { wrapped($0) }.joined(separator: "\n"))
    parts.append(report.conclusions.map { wrapped($0) }.joined(separator: "\n"))
    parts += report.warnings.map { wrapped("Warning: \($0)") }
    return parts.joined(separator: "\n\n") + "\n"
  }

  /// How alike the methods' rankings are, in hundredths; as many columns as 80 characters hold.
  private func agreement(_ summary: TrustSummary) -> [String] {
    let names = summary.methods.enumerated().map { "\($0.offset + 1) \($0.element.name)" }
    let room = (80 - names.map(\.count).max()!) / 5
    return stride(from: 0, to: names.count, by: room).map { first in
      let columns = first..<min(names.count, first + room)
      var table = Table(header: ["agreement"] + columns.map { String($0 + 1) })
      for (row, name) in names.enumerated() {
        table.rows.append(
          [name]
            + columns.map { column in
              if row == column { return "·" }
              let value = row < column ? summary.correlation[row][column] : summary.overlap[row][column]
              return value.map { String(Int(($0 * 100).rounded())) } ?? "–"
            })
      }
      return table.text
    } + ["agreement: rank correlation above the dots, shared top tenth below, times 100"]
  }
}

extension RemovalFilling: ExpressibleByArgument {}

extension TrustMeasure {
  /// To where a good attribution lies.
  fileprivate var arrow: String {
    switch better {
    case .lower: "↓"
    case .higher: "↑"
    case .neither: ""
    }
  }
}
