import ArgumentParser
import Attributions
import Basics
import Figures
import Foundation
import Models
import Ranks
import Reports
import Tensors

struct Explain: ParsableCommand, RunsOnRanks {
  static let configuration = CommandConfiguration(
    abstract: "Predicts the emotion of clips and explains the prediction.",
    usage: "undertone explain <files> ... [<options>]",
    discussion: """
      Writes a figure for each clip: the waveform, the log-mel spectrogram and the MFCC, each with its attribution, \
      and the probabilities (clip.saliency.png); with several methods, one each. A model uses a file without its quiet \
      ends, as it was trained: they are grey, and all times are the file's. Only the first minute of a longer file is \
      used. --window explains all of it, window by window; a silent window has no explanation. \
      Several ranks share files, not the windows of one.

      Examples:
        undertone explain clip.wav
        undertone explain clips/*.wav --input mel --format svg,pdf
        undertone explain clip.wav --model output/train/fcmfcc
        undertone explain clip.flac --target angry --versus happy --arrays --json
        undertone explain interview.flac --window 5 --input mel
        undertone explain clip.wav --method integrated-gradients --baseline noise:-50
        undertone explain clip.wav --method smoothgrad --around saliency --draws 20
        undertone explain clip.wav --method integrated-gradients --listen
        undertone explain clip.wav --method occlusion --tile 0.1x500 --input mel
        undertone explain clip.wav --units syllables --shapley --erasure
        undertone explain clip.wav --method saliency,deeplift --html
        undertone explain clip.wav --width 3.3in --font-size 7 --parts title,mel
        mpirun -n 4 undertone explain clips --method integrated-gradients
      """)

  @OptionGroup var files: ClipFiles

  @OptionGroup var model: ModelOption

  @OptionGroup var method: MethodOption

  @Flag(
    help: """
      Also write a self-contained HTML page: the figures, and at most 24 clips or windows to play, with \
      their attributions by method and target, the sounds of --listen, and the windows' timeline.
      """)
  var html = false

  @OptionGroup var threads: ThreadOption

  @Option(
    help: ArgumentHelp(
      """
      Inputs to explain: waveform, spectrogram, mel, mfcc or all; separate several with commas. Of a model that reads the \
      waveform only, the mel shows the spectrogram's attribution. (default: waveform,mel,mfcc as far as the model has them)
      """, valueName: "inputs"))
  var input: String?

  @Option(
    help: ArgumentHelp(
      """
      The output to explain: predicted (the predicted emotion; of a model without emotions its first dimension), or \
      one by its name, such as angry.
      """, valueName: "output"))
  var target = "predicted"

  @Option(
    help: ArgumentHelp(
      "Explain the score of the target minus that of this output. (default: the target alone)", valueName: "output"))
  var versus: String?

  @Flag(
    help:
      "Also write the salient part of the clip and the rest as two WAV files, and predict the emotion of each."
  )
  var listen = false

  @Option(
    help: ArgumentHelp(
      "Explain windows of this length: \(ClipWindows.lengthWords) s. (default: the whole clip as one)",
      valueName: "seconds"))
  var window: Double?

  @Option(
    help: ArgumentHelp(
      """
      The time from one window's start to the next: \(ClipWindows.hopWords) s. (default: the window's length)
      """, valueName: "seconds"))
  var hop: Double?

  @Option(
    help: ArgumentHelp(
      "The seed of a method's random samples (noise, masks, baselines): 0 or more.", valueName: "number"))
  var seed: UInt64 = 0

  @OptionGroup var units: UnitsOption

  @OptionGroup var drawing: OverlaidFigureOption

  @Option(
    help: ArgumentHelp(
      """
      The figure's parts: title, caption, waveform, spectrogram, mel, mfcc, probabilities; separate several with \
      commas. (default: all that there are)
      """))
  var parts: String?

  @Flag(help: "Also write arrays (.npy, float32): each attribution, its input, and the places along each axis.")
  var arrays = false

  @Flag(help: "Print one JSON object per file or window instead of text.")
  var json = false

  @Option(help: ArgumentHelp("The folder for results.", valueName: "folder"))
  var output = "output/explain"

  func validate() throws {
    try ClipWindows.check(length: window, hop: hop)
    guard hop == nil || window != nil else { throw ValidationError("--hop needs --window") }
  }

  func run() throws {
    try Console.runOnRanks { ranks in
      let files = try self.files.paths()
      if ranks.count > 1, files.contains("-") {
        throw ValidationError("standard input (-) reaches one rank only; run it without mpirun, or name a file")
      }
      var drawing = try self.drawing.files()
      drawing.parts = try parts.map { Set(try several($0, kind: "part")) }
      let model = try self.model.load()
      let emotion = target == "predicted" ? nil : try model.index(of: target)
      let other = try versus.map { try model.index(of: $0) }
      if let emotion, emotion == other { throw ValidationError("--target and --versus are the same emotion") }
      let spaces = try inputSpaces(input, of: model, standard: [.waveform, .mel, .mfcc])
      let inputs = InputSpace.allCases.map(\.rawValue)
      if let part = drawing.parts?.first(where: {
        inputs.contains($0.rawValue) && !spaces.map(\.rawValue).contains($0.rawValue)
      }) {
        throw ValidationError("--parts \(part.rawValue) needs \(part.rawValue) in --input")
      }
      let explainers = try method.makeAll(for: model, seed: seed).map {
        Explainer(model: model, method: $0, spaces: spaces)
      }
      let folder = try OutputFolder(output, isMade: ranks.isFirst)
      if listen, !spaces.contains(.mel) {
        throw ValidationError("--listen filters by the attribution on the mel; add mel to --input")
      }
      var job = ExplainJob(
        explainers: explainers, target: emotion, versus: other, folder: folder, figures: drawing, arrays: arrays,
        sounds: listen, units: try units.question(for: model, seed: seed),
        page: html
          ? ExplanationPage(model: model, source: self.files.source, overlay: drawing.overlay) : nil)
      let bar = ProgressBar("explaining", total: files.count)
      job.progress = { method, done, total in
        ProgressBar.draw(method, share: Double(done) / Double(total), note: "\(done)/\(total)")
      }
      if let window { noteUnused(ofWindow: window, by: model) }
      if files.count > 1 { bar.show(0) }
      let failures = try job.run(
        files, on: ranks, told: Console.told,
        explain: { try explain($1, for: model, as: $2, by: &$0, $3) },
        tell: { (line: TerminalLine) in try line.show() }, fail: Console.report,
        progress: { if files.count > 1 { bar.show($0) } })
      ProgressBar.clear()
      if ranks.isFirst { try job.finish { try line(on: $0)?.show() } }
      // How the first rank ends is no failure of the others.
      ranks.end()
      try Console.end(failures, of: files.count)
    }
  }

  /// Explains a file, or its windows.
  private func explain(
    _ file: String, for model: TrainedModel, as stem: String, by job: inout ExplainJob,
    _ say: (TerminalLine) throws -> Void
  ) throws {
    func tell(_ event: ExplainEvent) throws {
      if let line = try line(on: event) { try say(line) }
    }
    guard let window else {
      let speech = try model.configuration.speech(of: file)
      for words in remarks(on: speech, file) { try say(.note(words)) }
      return try job.explain(speech, of: file, as: stem, tell)
    }
    _ = try ClipWindows(length: window, hop: hop ?? window).forEach(of: file, for: model) { window, speech in
      if let speech { return try job.explain(speech, of: file, in: window, as: stem, tell) }
      if !json { try say(.result("\(ExplanationReport.place(file, window)): silent")) }
    }
  }

  private func line(on event: ExplainEvent) throws -> TerminalLine? {
    switch event {
    case .versusIsPredicted(let place):
      .note("\(place): \(versus ?? "") is the prediction itself; explained without --versus")
    case .explained(let clip): .result(try json ? clip.json : text(of: clip))
    case .warning(let line): .note("warning: \(line)")
    case .pageIsFull(let clips): .note("the page has the first \(clips) clips; figures are written of all")
    case .page(let path): json ? nil : .result(path)
    }
  }

  /// The part of the file that the model uses, where it is not all of it: " (1.06–3.30 s, trimmed)".
  private func used(_ report: ExplanationReport) -> String {
    let (place, used) = (report.explanation.place, report.explanation.used)
    guard place.isTrimmed || used != place.stretch else { return "" }
    return String(format: " (%.2f–%.2f s%@)", used.lowerBound, used.upperBound, place.isTrimmed ? ", trimmed" : "")
  }

  /// What there is to say of a clip without `--json`.
  private func text(of clip: ClipExplained) -> String {
    let report = clip.report
    let heard = (clip.listened?.parts ?? []).map { words, heard in
      let predicted = heard.emotion.map { "\($0) (p = \(String(format: "%.2f", heard.probability ?? 0))) " } ?? ""
      return "\(words): \(predicted)→ \(heard.path)"
    }
    return
      (["\(report.place)\(used(report)): \(report.prediction) → \(clip.figures.joined(separator: ", "))"]
      + (report.remarks + heard).map { "  \($0)" } + (clip.units.map { [text(of: $0.report, $0.files)] } ?? []))
      .joined(separator: "\n")
  }

  /// What each unit is worth, and how well it is known.
  private func text(of report: UnitsReport, _ files: UnitsFiles) -> String {
    func number(_ value: Double) -> String { String(format: "%+.2f", value).replacing("-", with: "−") }
    let explanation = report.explained.explanation
    var table = Table(
      header: ["unit", "from s", "to s", "left out"] + (report.shapley == nil ? [] : ["Shapley"])
        + (report.shown.map { ["\(explanation.method) (\($0.space.rawValue))"] } ?? []))
    let start = explanation.place.start
    table.rows = report.units.enumerated().map { index, unit in
      let shapley = report.shapley.map { found in
        [number(found.values[index]) + (found.errors.map { String(format: " ± %.2f", $0[index]) } ?? "")]
      }
      return [
        visible(unit.name), String(format: "%.2f", start + unit.range.lowerBound),
        String(format: "%.2f", start + unit.range.upperBound), number(report.leaveOneOut[index]),
      ] + (shapley ?? []) + (report.shown.map { [String(format: "%.3g", $0.values[index])] } ?? [])
    }
    let erasures = report.erasures.map {
      "\($0.ranking) \(number($0.erasure.comprehensiveness)) / \(number($0.erasure.sufficiency))"
    }
    var lines = [report.summary, table.text]
    if !erasures.isEmpty {
      lines.append(
        "fall of the \(report.measured) without the first units / with them alone: " + erasures.joined(separator: ", "))
    }
    lines.append("→ \((files.figures + [files.table]).joined(separator: ", "))")
    return lines.map { line in
      line.contains("\n")
        ? line.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n")
        : wrapped(line, first: "  ", indentation: "    ")
    }.joined(separator: "\n")
  }
}
