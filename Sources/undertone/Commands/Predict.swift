import ArgumentParser
import Attributions
import Basics
import Corpora
import Figures
import Foundation
import Models
import Reports
import Tensors

struct Predict: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prints the probabilities of the emotions of clips, and the values of dimensions.",
    usage: "undertone predict <files> ... [<options>]",
    discussion: """
      Only the first minute of a longer file is used. --window covers all of it: the last window is shorter, or, if less \
      than half of it would be left, starts earlier. A silent window has no prediction. With --format, the \
      predictions over time are also plotted.

      Examples:
        undertone predict clip.wav
        undertone predict clips/*.wav --top 3
        undertone predict interview.flac --window 5 --hop 1 --csv > timeline.csv
        undertone predict interview.flac --window 5 --format png,pdf
      """)

  @OptionGroup var files: ClipFiles

  @OptionGroup var model: ModelOption

  @Option(
    help: ArgumentHelp(
      "The number of emotions to print, the most probable first: 1 or more.", valueName: "count"))
  var top = 3

  @Option(
    help: ArgumentHelp(
      "Predict windows of this length: \(ClipWindows.lengthWords) s. (default: the whole clip as one)",
      valueName: "seconds"))
  var window: Double?

  @Option(
    help: ArgumentHelp(
      "The time from one window's start to the next: \(ClipWindows.hopWords) s. (default: \(standardHop.formatted()))",
      valueName: "seconds"))
  var hop: Double?

  @OptionGroup var drawing: RequestedFigureOption

  @Flag(
    help: """
      With --window: also write a self-contained HTML page: the predictions over time as a figure and a \
      table, with two minutes of sound at most to play.
      """)
  var html = false

  @OptionGroup var threads: ThreadOption

  @Option(help: ArgumentHelp("The folder for figures.", valueName: "folder"))
  var output = "output/predict"

  @Flag(
    help: """
      Print CSV: file, start, end, one column per emotion and dimension, and where the clip lies by the training data: \
      distance (above 1 outside), outside, trained_on.
      """)
  var csv = false

  @Flag(help: "Print one JSON object per file or window.")
  var json = false

  /// Clips that are unlike the training data, or of it, are named one by one up to so many.
  private static let namedClips = 10

  private static let standardHop = 1.0
  private var hopSeconds: Double { hop ?? Self.standardHop }

  func validate() throws {
    if top < 1 { throw ValidationError("--top must be at least 1") }
    try ClipWindows.check(length: window, hop: hop)
    guard hop == nil || window != nil else { throw ValidationError("--hop needs --window") }
    guard window != nil || drawing.format == nil else {
      throw ValidationError("--format plots a timeline: it needs --window")
    }
    guard window != nil || !html else { throw ValidationError("--html shows a timeline: it needs --window") }
    guard !(csv && json) else { throw ValidationError("--csv and --json exclude each other") }
  }

  func run() throws {
    try Console.run {
      let files = try self.files.paths()
      let drawing = try self.drawing.files()
      let model = try self.model.load()
      var folder = try drawing.formats.isEmpty && !html ? nil : OutputFolder(output)
      var page =
        html
        ? Page(title: "Predictions over time", provenance: model.provenance(source: self.files.source))
        : nil
      if csv { try Console.print(CSV.line(of: ["file", "start", "end"] + model.outputs + Resemblance.header)) }
      var census = DomainCensus()
      func end() throws {
        if files.count > 1 { census.warnings(model.name).forEach { Console.note("undertone: warning: \($0)") } }
        if let page { try folder?.write(page, as: "predict", isQuiet: csv || json) }
      }
      if let window { noteUnused(ofWindow: window, by: model) }
      try Console.forEach(files, atEnd: end) { _, file in
        if let window {
          let (timeline, places) = try timeline(file, window: window, model)
          try page?.add(timeline, places: places, of: file, sampleRate: model.configuration.frontEnd.sampleRate)
          guard let stem = folder?.stem(for: file) else { return }
          let provenance = model.provenance(source: file).merging(["Window": "\(window) s", "Hop": "\(hopSeconds) s"]) {
            $1
          }
          let paths = try drawing.write(timeline, to: folder!, as: stem, provenance: provenance)
          if !csv, !json { for path in paths { try Console.print("\(file) → \(path)") } }
        } else {
          let clip = Clip(try readSpeech(file, for: model), model: model)
          try show(clip, file: file, model)
          census.add(clip.resemblance)
          if let warning = clip.resemblance?.warning, census.outside + census.trainedOn <= Self.namedClips {
            Console.note("undertone: \(file): \(warning)")
          }
        }
      }
    }
  }

  private func timeline(_ file: String, window: Double, _ model: TrainedModel) throws
    -> (PredictionTimeline, places: [Range<Double>])
  {
    var places: [Range<Double>] = []
    var probabilities: [[Double]?] = []
    var values: [[Double]?] = []
    var census = DomainCensus()
    let duration = try ClipWindows(length: window, hop: hopSeconds).forEach(of: file, for: model) { window, speech in
      let clip = speech.map { Clip($0, model: model) }
      try show(clip, file: file, in: window, model)
      places.append(window)
      probabilities.append(try clip?.probabilities(path: file))
      values.append(clip?.values)
      census.add(clip?.resemblance)
    }
    let words = census.warnings(model.name, "windows")
    words.forEach { Console.note("undertone: \(file): warning: \($0)") }
    let name = shownName(file)
    let timeline = PredictionTimeline(
      title: [
        "\(name): \(model.dimensions.isEmpty ? "probabilities" : "predictions") in windows of \(window.formatted()) s",
        "\(model.title) \(model.name) · a window every \(hopSeconds.formatted()) s, drawn at its middle",
      ], emotions: model.classes, dimensions: model.dimensions,
      times: places.map { ($0.lowerBound + $0.upperBound) / 2 }, probabilities: probabilities, values: values,
      duration: duration)
    return (timeline, places)
  }

  /// - Parameter clip: Nil of silence.
  private func show(_ clip: Clip?, file: String, in window: Range<Double>? = nil, _ model: TrainedModel) throws {
    let probabilities = try clip?.probabilities(path: file)
    let seconds = window ?? clip?.used
    if csv {
      let times = seconds.map { [$0.lowerBound, $0.upperBound].map { String(format: "%.3f", $0) } } ?? ["", ""]
      let cells = (probabilities ?? []) + (clip?.values ?? [])
      try Console.print(
        CSV.line(
          of: [file] + times
            + (clip == nil ? model.outputs.map { _ in "" } : cells.map { String(format: "%.6f", $0) })
            + Resemblance.cells(of: clip?.resemblance)))
      return
    }
    let ranked = (probabilities ?? []).enumerated().sorted { $0.element > $1.element }
    if json {
      let line = PredictionLine(
        file: file, model: model.name, start: seconds?.lowerBound, end: seconds?.upperBound,
        predicted: ranked.first.map { model.classes[$0.offset] },
        probabilities: probabilities.map { Dictionary(uniqueKeysWithValues: zip(model.classes, $0)) },
        values: model.dimensions.isEmpty
          ? nil : clip.map { Dictionary(uniqueKeysWithValues: zip(model.dimensions, $0.values)) },
        trainingData: clip?.resemblance)
      try Console.print(try line.line)
      return
    }
    let place = window.map { String(format: " %6.2f–%.2f s", $0.lowerBound, $0.upperBound) } ?? ""
    let shown =
      ranked.prefix(top).map { "\(model.classes[$0.offset]) \(String(format: "%.2f", $0.element))" }
      + zip(model.dimensions, clip?.values ?? []).map { "\($0) \(String(format: "%.2f", $1))" }
    try Console.print("\(file)\(place): \(shown.isEmpty ? "silent" : shown.joined(separator: ", "))")
  }
}

private struct PredictionLine: Encodable {
  let file, model: String
  /// Seconds of the file: the window, or what the model uses of the file.
  let start, end: Double?
  /// nil in a silent window.
  let predicted: String?
  let probabilities: [String: Double]?
  /// By dimension; nil of a model without dimensions.
  let values: [String: Double]?
  /// Where the clip lies by the training data; nil where the model does not know it.
  let trainingData: Resemblance?

  enum CodingKeys: CodingKey { case file, model, start, end, predicted, probabilities, values, trainingData }

  /// A silent window has `null` for what is not there.
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(file, forKey: .file)
    try container.encode(model, forKey: .model)
    try container.encodeIfPresent(start, forKey: .start)
    try container.encodeIfPresent(end, forKey: .end)
    try container.encode(predicted, forKey: .predicted)
    try container.encode(probabilities, forKey: .probabilities)
    try container.encodeIfPresent(values, forKey: .values)
    try container.encodeIfPresent(trainingData, forKey: .trainingData)
  }
}
