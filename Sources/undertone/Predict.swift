import ArgumentParser
import Attributions
import AudioFeatures
import AudioFiles
import Corpora
import Foundation
import Models
import Reports
import Tensors

struct Predict: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prints the probabilities of the emotions of clips.",
    usage: "undertone predict <files> ... [<options>]",
    discussion: """
      Of a file longer than a minute, the first minute is used; --window goes through all of it.

      Examples:
        undertone predict clip.wav
        undertone predict clips/*.wav --top 3
        undertone predict interview.flac --window 5 --hop 1 --csv > timeline.csv
      """)

  @Argument(help: "Audio files: WAV, FLAC, OGG, MP3 and others, any sample rate; the first channel is used.")
  var files: [String]

  @OptionGroup var model: ModelOption

  @Option(help: "How many emotions to print, the most probable first.")
  var top = 3

  @Option(help: ArgumentHelp("Predict windows of so many seconds instead of the whole clip.", valueName: "seconds"))
  var window: Double?

  @Option(help: ArgumentHelp("From one window's start to the next.", valueName: "seconds"))
  var hop = 1.0

  @Flag(help: "Print CSV: file, start, end, and a column an emotion.")
  var csv = false

  @Flag(help: "Print one JSON object a file or window.")
  var json = false

  func validate() throws {
    if top < 1 { throw ValidationError("--top must be at least 1") }
    if let window, !(0.1...AudioClip.longestSpeech).contains(window) {
      throw ValidationError("--window must lie between 0.1 and \(Int(AudioClip.longestSpeech)) seconds")
    }
    guard (0.01...3600).contains(hop) else { throw ValidationError("--hop must lie between 0.01 and 3600 seconds") }
    guard !(csv && json) else { throw ValidationError("--csv and --json exclude each other") }
  }

  func run() throws {
    try Console.run {
      let model = try self.model.load()
      if csv { try Console.print((["file", "start", "end"] + model.classes).joined(separator: ",")) }
      try Console.forEach(files) { _, file in
        if let window {
          try timeline(file, window: window, model)
        } else {
          let samples = try readClip(file, for: model)
          try show(ClipPath(samples, model: model).probabilities(path: file), file: file, from: nil, model)
        }
      }
    }
  }

  /// Every window of the file as it stands, quiet ends included, so that times are the file's own.
  private func timeline(_ file: String, window: Double, _ model: TrainedModel) throws {
    let rate = Double(model.configuration.frontEnd.sampleRate)
    let samples = try AudioClip.decode(path: file, resampledTo: Int(rate)).samples
    guard !isSilent(samples) else { throw AudioFileError.silent(path: file, isCut: false) }
    let length = Int(window * rate)
    for start in stride(from: 0, through: max(0, samples.count - length), by: Int(hop * rate)) {
      let part = Array(samples[start..<min(start + length, samples.count)])
      let range = (Double(start) / rate)..<(Double(start + part.count) / rate)
      try show(ClipPath(part, model: model).probabilities(path: file), file: file, from: range, model)
    }
  }

  private func show(_ probabilities: [Double], file: String, from range: Range<Double>?, _ model: TrainedModel) throws {
    let seconds = range.map { [$0.lowerBound, $0.upperBound] }
    if csv {
      let times = seconds?.map { String(format: "%.3f", $0) } ?? ["", ""]
      try Console.print(CSV.line(of: [file] + times + probabilities.map { String(format: "%.6f", $0) }))
      return
    }
    let ranked = probabilities.indices.sorted { probabilities[$0] > probabilities[$1] }
    if json {
      let line = PredictionLine(
        file: file, model: model.name, start: seconds?[0], end: seconds?[1], predicted: model.classes[ranked[0]],
        probabilities: Dictionary(uniqueKeysWithValues: zip(model.classes, probabilities)))
      try Console.print(try line.line)
      return
    }
    let place = seconds.map { String(format: " %6.2f–%.2f s", $0[0], $0[1]) } ?? ""
    let shown = ranked.prefix(top).map { "\(model.classes[$0]) \(String(format: "%.2f", probabilities[$0]))" }
    try Console.print("\(file)\(place): \(shown.joined(separator: ", "))")
  }
}

private struct PredictionLine: Encodable {
  let file, model: String
  let start, end: Double?
  let predicted: String
  let probabilities: [String: Double]
}
