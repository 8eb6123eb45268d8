import ArgumentParser
import Attributions
import AudioFiles
import Basics
import Figures
import Foundation
import Models
import Reports
import Tensors

struct Explain: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Predicts the emotion of clips and shows what the model heard.",
    usage: "undertone explain <files> ... [<options>]",
    discussion: """
      Writes a figure for each clip: the waveform, the log-mel spectrogram and the MFCC, each with its attribution, \
      and the probabilities; of several methods, a figure each (clip.saliency.png). Of a file longer than a minute, the first minute is used. --window explains all of it, \
      window by window, to the end; a silent window has no explanation.

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
        undertone explain clip.wav --method saliency,deeplift --html
      """)

  @Argument(help: "Audio files: WAV, FLAC, OGG, MP3 and others, any sample rate; the first channel is used.")
  var files: [String]

  @OptionGroup var model: ModelOption

  @OptionGroup var method: MethodOption

  @OptionGroup var page: PageOption

  @Option(help: "Where to explain: waveform, spectrogram, mel, mfcc or all; several with commas.")
  var input = "waveform,mel,mfcc"

  @Option(help: "The emotion to explain, or `predicted`.")
  var target = "predicted"

  @Option(help: "Explain the difference between the target and this emotion.")
  var versus: String?

  @Flag(
    help:
      "Also write what matters of the clip as sound, and the rest, as two WAV files; with what the model hears in each."
  )
  var listen = false

  @Option(help: ArgumentHelp("Explain windows of so many seconds instead of the whole clip.", valueName: "seconds"))
  var window: Double?

  @Option(
    help: ArgumentHelp(
      "From one window's start to the next. (default: the window's length)", valueName: "seconds"))
  var hop: Double?

  @Option(help: "Of what a method draws: noise, masks, baselines.")
  var seed: UInt64 = 0

  @OptionGroup var drawing: OverlaidFigureOption

  @Flag(help: "Also write each attribution as a .npy array (float32).")
  var arrays = false

  @Flag(help: "Print one JSON object a file or window instead of text.")
  var json = false

  @Option(help: ArgumentHelp("The folder for results.", valueName: "folder"))
  var output = "output/explain"

  func validate() throws {
    try Windows.check(length: window, hop: hop)
    guard hop == nil || window != nil else { throw ValidationError("--hop is that of --window") }
  }

  func run() throws {
    try Console.run {
      let drawing = try self.drawing.files()
      let model = try self.model.load()
      let emotion = target == "predicted" ? nil : try model.index(of: target)
      let other = try versus.map { try model.index(of: $0) }
      if let emotion, emotion == other { throw ValidationError("--target and --versus are the same emotion") }
      let spaces = try inputSpaces(input)
      let explainers = try method.makeAll(for: model, seed: seed).map {
        Explainer(model: model, method: $0, spaces: spaces)
      }
      var folder = try OutputFolder(output)
      if listen, !spaces.contains(.mel) {
        throw ValidationError("--listen filters by the attribution on the mel; add mel to --input")
      }
      var page =
        page.html ? ExplanationPage(model: model, source: files.joined(separator: "; "), overlay: drawing.overlay) : nil
      let bar = ProgressBar("explaining", total: files.count)

      /// Explains what was heard at a place of a file, writes it under a stem and says so.
      func explain(_ samples: [Float], of file: String, at range: Range<Double>?, to stem: String) throws {
        var reports: [ExplanationReport] = []
        for explainer in explainers {
          let stem = explainers.count > 1 ? "\(stem).\(explainer.method.name)" : stem
          reports.append(try explain(samples, with: explainer, of: file, at: range, to: stem))
        }
        // What speaks for the other emotions too, so that the page can switch.
        try page?.add(reports, samples: samples) {
          guard other == nil else { return [] }
          return try zip(explainers, reports).flatMap { explainer, report in
            try model.classes.indices.filter { $0 != report.explanation.target.emotion }.map { index in
              try explainer.explain(samples, path: file) { _ in Target(index) }
            }
          }
        }
      }

      func explain(
        _ samples: [Float], with explainer: Explainer, of file: String, at range: Range<Double>?, to stem: String
      ) throws -> ExplanationReport {
        let start = ContinuousClock.now
        var same = false
        let explanation = try explainer.explain(samples, path: file) { predicted in
          same = emotion == nil && predicted == other
          return Target(emotion ?? predicted, versus: same ? nil : other)
        }
        let report = ExplanationReport(explanation, model: model, file: file, range: range)
        if same {
          Console.note("undertone: \(report.place): \(versus!) is the prediction itself; explained without --versus")
        }
        let figures = try drawing.write(report.figure, to: folder, as: stem, provenance: report.provenance)
        var written: [InputSpace: String] = [:]
        if arrays {
          for input in explanation.inputs {
            let path = folder.file("\(stem).\(input.space.rawValue).npy")
            try NPY.write(input.attribution, to: path)
            written[input.space] = path
          }
        }
        let listening = listen ? try listenTo(samples, explanation, file: file, stem: stem) : nil
        if json {
          let seconds = (ContinuousClock.now - start) / .seconds(1)
          try Console.print(
            report.json(arrays: written, figures: figures, listening: listening, seconds: seconds))
        } else {
          let probability = String(format: "%.2f", explanation.probabilities[explanation.predicted])
          try Console.print(
            "\(report.place): \(explanation.classes[explanation.predicted]) (p = \(probability)) → "
              + figures.joined(separator: ", "))
          for remark in report.remarks { try Console.print("  \(remark)") }
          for (words, heard) in listening?.parts ?? [] {
            let probability = String(format: "%.2f", heard.probability)
            try Console.print("  \(words): \(heard.emotion) (p = \(probability)) → \(heard.path)")
          }
        }
        return report
      }

      /// What matters and the rest, written as sound; nil where the method has nothing on the mel.
      func listenTo(
        _ samples: [Float], _ explanation: Explanation, file: String, stem: String
      ) throws -> ExplanationReport.Listened? {
        guard let input = explanation.inputs.first(where: { $0.space == .mel }) else { return nil }
        let parts = try Listening(
          samples, attribution: input.attribution, isSigned: explanation.isSigned, model: model, path: file)
        func write(
          _ samples: [Float], _ probabilities: [Double], as name: String
        ) throws -> ExplanationReport.Listened.Part {
          let path = folder.file("\(stem).\(name).wav")
          try AudioClip(samples: samples, sampleRate: explanation.sampleRate).write(to: path)
          let likeliest = probabilities.likeliestClass
          return .init(path: path, emotion: explanation.classes[likeliest], probability: probabilities[likeliest])
        }
        return .init(
          kept: try write(parts.kept, parts.keptProbabilities, as: "matters"),
          rest: try write(parts.rest, parts.restProbabilities, as: "rest"))
      }

      func writePage() throws {
        guard let page else { return }
        if page.leftOut > 0 {
          Console.note("undertone: the page has the first \(ExplanationPage.room) clips; figures are written of all")
        }
        try folder.write(page.page, as: "explain", isQuiet: json)
      }

      try Console.forEach(files, atEnd: writePage) { index, file in
        if files.count > 1 { bar.show(index) }
        guard let window else {
          let samples = try readClip(file, for: model)
          return try explain(samples, of: file, at: nil, to: folder.stem(for: file))
        }
        let stem = folder.stem(for: file)
        _ = try Windows(length: window, hop: hop ?? window).forEach(of: file, for: model) { range, samples in
          // Sorted by name they are sorted by time.
          let name = stem + String(format: "-%07.2f", range.lowerBound)
          if let samples { return try explain(samples, of: file, at: range, to: name) }
          if !json { try Console.print("\(ExplanationReport.place(file, range)): silent") }
        }
      }
    }
  }
}

/// "mel,mfcc" or "all".
func inputSpaces(_ text: String) throws -> [InputSpace] {
  text == "all" ? InputSpace.allCases : try several(text, kind: "input")
}

/// Names with commas between, as values in their own order, each once.
func several<Value: CaseIterable & RawRepresentable<String> & Hashable>(
  _ text: String, kind: String
) throws -> [Value] {
  let names = text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
  let known = Value.allCases.map(\.rawValue).joined(separator: ", ")
  guard !names.isEmpty else { throw ValidationError("no \(kind) is named; there are \(known)") }
  let values = try names.map { name in
    guard let value = Value(rawValue: name) else {
      throw ValidationError("there is no \(kind) \"\(name)\"; there are \(known)")
    }
    return value
  }
  return Value.allCases.filter(values.contains)
}
