import ArgumentParser
import AudioFeatures
import AudioFiles
import Basics
import Corpora
import Figures
import Foundation
import Models
import Reports
import Tensors
import Training

struct Features: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Computes what models read of a clip: spectrogram, mel, MFCC, deltas, pitch.",
    usage: "undertone features <files> ... [<options>]",
    discussion: """
      Writes clip.features.png, or each kind as clip.mel.npy and clip.mel.csv, of the clip without its quiet ends. \
      With --augment it shows instead what changes of a training clip do (clip.augmented.png, and the changed sounds as \
      clip.stretch.wav and so on): the clip as it is, and changed once by each.

      Examples:
        undertone features clip.wav
        undertone features clip.wav --kind mel,mfcc,delta --format npy,csv
        undertone features clip.wav --kind mfcc --format npy --model output/train/cnnatt
        undertone features clip.wav --augment stretch,pitch:3,noise,masks --seed 1
      """)

  @OptionGroup var files: ClipFiles

  @OptionGroup var model: ModelOption

  @Option(
    help: ArgumentHelp(
      """
      What to compute: waveform, spectrogram (magnitudes), mel (log-mel), mfcc, delta and delta-delta (of the MFCC), pitch \
      (F0; NaN where there is no voice); separate several with commas. (default: waveform,mel,mfcc,pitch)
      """, valueName: "kinds"))
  var kind: String?

  @Option(
    help: ArgumentHelp(
      """
      What to write: npy (float32, rows by frames), csv (a line a frame), png, svg, pdf; separate several with commas. \
      (default: png)
      """, valueName: "formats"))
  var format: String?

  @Option(
    help: ArgumentHelp(
      """
      Changes of training clips, as `undertone train --augment` takes them: \(kinds.joined(separator: ", ")), each perhaps \
      with a number, as in pitch:3. (default: none)
      """, valueName: "kinds"), transform: { try Augmentation(text: $0) })
  var augment: Augmentation?

  @Option(help: ArgumentHelp("With --augment: the seed of the changes: 0 or more. (default: 0)", valueName: "number"))
  var seed: UInt64?

  @OptionGroup var size: FigureSizeOption

  @OptionGroup var threads: ThreadOption

  @Option(help: ArgumentHelp("The folder for results.", valueName: "folder"))
  var output = "output/features"

  private static let arrayFormats = ["npy", "csv"]
  private static let kinds = Augmentation.Kind.allCases.filter { $0.changesSound || $0.changesMel }.map(\.rawValue)

  /// The formats in the order of the help.
  private func formats() throws -> [String] {
    try format.map {
      try several($0, of: Self.arrayFormats + FigureFormat.allCases.map(\.rawValue), kind: "format")
    } ?? [FigureFormat.png.rawValue]
  }

  func validate() throws {
    guard model.precision.precision == nil else {
      throw ValidationError("--precision has no effect on features, which are computed before a model")
    }
    let formats = try self.formats()
    if let option = size.given, !formats.contains(where: { FigureFormat(rawValue: $0) != nil }) {
      throw ValidationError("\(option) is of figures, and none are plotted")
    }
    guard let augment else {
      guard seed == nil else { throw ValidationError("--seed needs --augment") }
      return
    }
    guard kind == nil else {
      throw ValidationError("--augment shows the waveform and the mel; it does not go with --kind")
    }
    if let array = formats.first(where: Self.arrayFormats.contains) {
      throw ValidationError("--augment draws figures and writes sounds; it does not go with --format \(array)")
    }
    if let step = augment.steps.first(where: { !Self.kinds.contains($0.kind.rawValue) }) {
      throw ValidationError(
        step.kind.asksNetwork
          ? "--augment \(step.kind.rawValue) is against a network in training; there is none to show it of"
          : "--augment \(step.kind.rawValue) mixes two clips; there is one to show")
    }
  }

  func run() throws {
    try Console.run {
      let files = try self.files.paths()
      let formats = try self.formats()
      let figures = size.files(formats.compactMap(FigureFormat.init))
      let kinds: [FeatureKind] =
        try augment != nil ? [] : kind.map { try several($0, kind: "kind") } ?? [.waveform, .mel, .mfcc, .pitch]
      let configuration = try model.load().configuration
      var folder = try OutputFolder(output)
      let features = FeatureExtractor(configuration.frontEnd)
      try Console.forEach(files) { _, file in
        let speech = try readSpeech(file, sampleRate: configuration.frontEnd.sampleRate, configuration.trimming)
        let report = try FeaturesReport(speech, file: file, through: features, kinds: kinds)
        let stem = folder.stem(for: file)
        if let augment { return try show(augment, report, figures, folder, stem) }
        for kind in kinds {
          var paths: [String] = []
          if formats.contains("npy") {
            paths.append(folder.file("\(stem).\(kind.rawValue).npy"))
            try NPY.write(report.values(kind), to: paths.last!)
          }
          if formats.contains("csv") {
            paths.append(folder.file("\(stem).\(kind.rawValue).csv"))
            try folder.write(CSV.text(of: report.csv(kind)), to: "\(stem).\(kind.rawValue).csv")
          }
          try Console.print(
            "\(file): \(report.words(kind))" + (paths.isEmpty ? "" : " → \(paths.joined(separator: ", "))"))
        }
        guard !figures.formats.isEmpty else { return }
        let paths = try figures.write(
          report.figure, to: folder, as: "\(stem).features", provenance: report.provenance)
        try paths.forEach { try Console.print($0) }
      }
    }
  }

  private func show(
    _ augmentation: Augmentation, _ report: FeaturesReport, _ figures: FigureFiles, _ folder: OutputFolder,
    _ stem: String
  ) throws {
    var generator = SeededGenerator(seed: seed ?? 0)
    let changes = report.changed(by: augmentation, using: &generator)
    for change in changes {
      var path = ""
      if let sound = change.sound {
        path = folder.file("\(stem).\(change.step.kind.rawValue).wav")
        try sound.write(to: path)
      }
      try Console.print("\(report.file): \(change.words)" + (path.isEmpty ? "" : " → \(path)"))
    }
    let paths = try figures.write(
      report.figure(of: changes, seed: seed ?? 0), to: folder, as: "\(stem).augmented", provenance: report.provenance)
    try paths.forEach { try Console.print($0) }
  }
}
