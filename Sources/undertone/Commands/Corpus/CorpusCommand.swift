import ArgumentParser
import AudioFeatures
import AudioFiles
import Basics
import Corpora
import Figures
import Foundation
import Reports

struct CorpusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "corpus",
    abstract: "Makes, describes and splits corpora.",
    discussion: """
      Examples:
        undertone corpus prepare downloads/RAVDESS --to ravdess.csv
        undertone corpus describe ravdess.csv
        undertone corpus split ravdess.csv --by speaker
        undertone corpus synthesize --clips 30
      """,
    subcommands: [Prepare.self, Describe.self, Split.self, Synthesize.self])
}

private struct Prepare: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: """
      Writes a manifest of a folder of \(KnownCorpora.all.map { $0.title }.alternatives) clips, recognised by file name.
      """,
    discussion: """
      Corpora:
      \(list)

      Examples:
        undertone corpus prepare downloads/RAVDESS --to ravdess.csv
        undertone corpus prepare downloads --corpora crema,tess --to both.csv
      """)

  private static var list: String {
    let width = KnownCorpora.names.map(\.count).max() ?? 0
    return KnownCorpora.all.map { corpus in
      "  \(corpus.name.padding(toLength: width, withPad: " ", startingAt: 0))  \(corpus.title): \(corpus.summary)"
    }.joined(separator: "\n")
  }

  @Argument(help: "The folder; sub-folders are searched too, also through links.")
  var folder: String

  @Option(
    help: "Only these corpora: \(KnownCorpora.names.joined(separator: ", ")); separate several with commas.")
  var corpora = KnownCorpora.names.joined(separator: ",")

  @Option(name: .customLong("to"), help: ArgumentHelp("The manifest to write.", valueName: "file"))
  var destination = "output/corpus/manifest.csv"

  func run() throws {
    try Console.run {
      let names = try several(corpora, of: KnownCorpora.names, kind: "corpus")
      let scan = try CorpusScan(folder: folder, corpora: names.compactMap(KnownCorpora.named))
      _ = try OutputFolder(URL(fileURLWithPath: destination).deletingLastPathComponent().path)
      try scan.manifest.write(to: destination)
      try Console.print("\(destination): \(scan.manifest.entries.count) clips")
      for (omission, count) in scan.leftOut.sorted(by: { $0.key.kind < $1.key.kind }) {
        try Console.print("skipped \(omission.words(count))")
      }
      if !scan.unrecognised.isEmpty {
        try Console.print(
          "skipped \(scan.unrecognised.count) files with unrecognised names, such as \(scan.unrecognised[0])")
      }
      scan.failures.forEach(Console.report)
      if let first = scan.failures.first { throw ExitCode(Console.exitStatus(first)) }
    }
  }
}

private struct Describe: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prints counts, amplitudes and durations of a manifest's clips.",
    usage: "undertone corpus describe <manifest> [<options>]",
    discussion: """
      With --format it also plots the clips by emotion and origin, and one clip of each emotion.

      Examples:
        undertone corpus describe ravdess.csv
        undertone corpus describe ravdess.csv --json
        undertone corpus describe ravdess.csv --format png --html
      """)

  @Argument(help: "The manifest.")
  var manifest: String

  @OptionGroup var drawing: FigureOption

  @OptionGroup var page: PageOption

  @Option(help: "The seed of the clips sampled for the figure.")
  var seed: UInt64 = 0

  @Option(help: ArgumentHelp("The folder for figures.", valueName: "folder"))
  var output = "output/corpus"

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    try Console.run {
      let drawing = try self.drawing.files(unnamed: [])
      let manifest = try readManifest(self.manifest)
      let folder = try drawing.formats.isEmpty && !page.html ? nil : OutputFolder(output)
      let (clips, failures) = manifest.measured()
      failures.forEach(Console.report)
      if !clips.isEmpty {
        let statistics = CorpusStatistics(of: clips)
        try Console.print(json ? statistics.line : Self.text(statistics))
        if let folder {
          let report = CorpusReport(statistics, manifest: manifest, path: self.manifest)
          try draw(report, as: drawing, in: folder)
        }
      }
      try Console.end(failures, of: manifest.entries.count)
    }
  }

  private func draw(_ report: CorpusReport, as drawing: FigureFiles, in folder: OutputFolder) throws {
    let figures: [(name: String, figure: any Figure)] = [
      ("shares", report.shares), ("samples", report.samples(drawn(from: report.manifest), seed: seed)),
    ]
    for (name, figure) in figures {
      let paths = try drawing.write(figure, to: folder, as: name, provenance: report.provenance)
      if !json { for path in paths { try Console.print(path) } }
    }
    guard page.html else { return }
    var page = Page(title: report.shares.title[0], provenance: report.provenance)
    for (_, figure) in figures { try page.add(figure) }
    let origins = report.statistics.origins
    page.addTable(
      "Clips by emotion and origin",
      [["emotion"] + origins]
        + report.statistics.emotions.map { emotion in
          [emotion.rawValue] + origins.map { String(report.statistics.counts[emotion]?[$0] ?? 0) }
        })
    try folder.write(page, as: "corpus", isQuiet: json)
  }

  /// The first clip of each emotion, in an order drawn by the seed, that can be read.
  private func drawn(from manifest: Manifest) -> [(entry: Manifest.Entry, samples: [Float])] {
    var generator = SeededGenerator(seed: seed)
    return manifest.emotions.compactMap { emotion in
      for entry in generator.shuffled(manifest.entries.filter { $0.emotion == emotion }) {
        let clip = try? AudioClip.trimmedSpeech(
          path: manifest.fullPath(of: entry), sampleRate: FrontEnd().sampleRate)
        if let clip { return (entry, clip.samples) }
      }
      return nil
    }
  }

  private static func text(_ statistics: CorpusStatistics) -> String {
    var counts = Table(header: ["emotion"] + statistics.origins + ["all"])
    for emotion in statistics.emotions {
      let row = statistics.origins.map { statistics.counts[emotion]?[$0] ?? 0 }
      counts.rows.append([emotion.rawValue] + (row + [row.reduce(0, +)]).map(String.init))
    }
    var amplitudes = Table(header: ["amplitude", "mean maximum", "mean minimum"])
    func add(_ name: String, _ amplitude: CorpusStatistics.Amplitude) {
      amplitudes.rows.append([
        name, String(format: "%.3f", amplitude.maximum), String(format: "%.3f", amplitude.minimum),
      ])
    }
    add("all", statistics.amplitude)
    for emotion in statistics.emotions {
      if let amplitude = statistics.amplitudeByEmotion[emotion] { add(emotion.rawValue, amplitude) }
    }
    for origin in statistics.origins {
      if let amplitude = statistics.amplitudeByOrigin[origin] { add(origin, amplitude) }
    }
    let d = statistics.durations
    let durations = String(
      format: "duration: mean %.2f s, standard deviation %.2f s, %.2f to %.2f s, 95th percentile %.2f s",
      d.mean, d.deviation, d.shortest, d.longest, d.percentile95)
    let rates = statistics.sampleRates.sorted { $0.key < $1.key }.map { "\($0.key) Hz (\($0.value))" }
    return "\(counts.text)\n\n\(amplitudes.text)\n\n\(durations)\nsample rates: \(rates.joined(separator: ", "))"
  }
}

private struct Split: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Splits a manifest in two, or into folds, stratified by emotion.",
    usage: "undertone corpus split <manifest> [<options>]",
    discussion: """
      With a random split the model can recognise the speaker; --by speaker keeps each speaker on one side.

      Examples:
        undertone corpus split ravdess.csv --by speaker
        undertone corpus split ravdess.csv --folds 5 --output output/folds
      """)

  @Argument(help: "The manifest.")
  var manifest: String

  @Option(help: "The unit that stays on one side: clip or speaker.")
  var by = SplitUnit.clip

  @Option(help: "The training part's share of the clips.")
  var share = 0.8

  @Option(help: "Write this number of folds for cross-validation instead.")
  var folds: Int?

  @Option(help: "The seed of the split.")
  var seed: UInt64 = 0

  @Option(help: ArgumentHelp("The folder for the manifests.", valueName: "folder"))
  var output = "output/corpus"

  func validate() throws {
    guard share > 0, share < 1 else { throw ValidationError("--share must lie between 0 and 1") }
    if let folds, folds < 2 { throw ValidationError("--folds must be at least 2") }
  }

  func run() throws {
    try Console.run {
      let manifest = try readManifest(self.manifest)
      let folder = try OutputFolder(output)
      var lines: [String] = []
      func write(_ part: Manifest, _ name: String) throws {
        try part.write(to: folder.file(name))
        lines.append("\(folder.file(name)): \(part.entries.count) clips")
      }
      if let folds {
        for (index, fold) in try manifest.folds(folds, by: by, seed: seed).enumerated() {
          try write(fold.training, "fold-\(index + 1)-train.csv")
          try write(fold.validation, "fold-\(index + 1)-validation.csv")
        }
      } else {
        let parts = try manifest.split(trainingShare: share, by: by, seed: seed)
        try write(parts.training, "train.csv")
        try write(parts.validation, "validation.csv")
      }
      // When all are written, so that a reader that leaves loses none.
      try Console.print(lines.joined(separator: "\n"))
    }
  }
}

extension SplitUnit: ExpressibleByArgument {}
extension Emotion: ExpressibleByArgument {
  public init?(argument: String) {
    guard let known = Emotion.known.first(where: { $0.rawValue == argument }) else { return nil }
    self = known
  }

  public static var allValueStrings: [String] { known.map(\.rawValue) }
}

private struct Synthesize: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Makes a small corpus of speech-like clips whose emotional cues are known.",
    usage: "undertone corpus synthesize [<options>]",
    discussion: """
      Voiced, source-filter utterances in the seven emotions; pitch, loudness, rate, spectral tilt and harmonics \
      follow the emotion, and their values are in the manifest. The same seed makes the same corpus.

      --plant adds a tone burst to every clip of one emotion; its time and frequency are in the manifest (cue_start_s, \
      cue_end_s, cue_low_hz, cue_high_hz), and `undertone trust` measures whether attributions find it.

      Examples:
        undertone corpus synthesize --clips 30 --output output/synthetic
        undertone corpus synthesize --plant angry --only-cue --clips 60
        undertone corpus synthesize --plant fear --at 1.0 --band 2000-2500
      """)

  @Option(help: "The number of clips per emotion.")
  var clips = 30

  @Option(help: "The number of speakers.")
  var speakers = 10

  @Option(help: "Plant a tone burst in this emotion.")
  var plant: Emotion?

  @Option(
    help: ArgumentHelp(
      "The start of the burst in the clip, within the speech. (default: a random time in the speech)",
      valueName: "seconds"))
  var at: Double?

  @Option(help: ArgumentHelp("The burst's lowest and highest frequency. (default: 2900-3100)", valueName: "Hz-Hz"))
  var band: String?

  @Option(
    help: ArgumentHelp("The burst's length, at most 1 s. (default: 0.3)", valueName: "seconds"))
  var duration: Double?

  @Option(help: ArgumentHelp("The burst's level relative to the speech. (default: -6)", valueName: "dB"))
  var level: Double?

  @Flag(help: "Make only this emotion and neutral, spoken alike, so that the burst is the only cue to learn.")
  var onlyCue = false

  @Option(help: "The seed of the corpus.")
  var seed: UInt64 = 0

  @Option(help: ArgumentHelp("The folder for the clips and manifest.csv.", valueName: "folder"))
  var output = "output/corpus/synthetic"

  func validate() throws {
    guard (1...10_000).contains(clips) else { throw ValidationError("--clips must lie between 1 and 10000") }
    guard (1...1000).contains(speakers) else { throw ValidationError("--speakers must lie between 1 and 1000") }
    guard plant != nil || (at == nil && band == nil && duration == nil && level == nil && !onlyCue) else {
      throw ValidationError("--at, --band, --duration, --level and --only-cue need --plant")
    }
    if let at, !(at >= 0 && at.isFinite) { throw ValidationError("--at must not be below 0") }
    if let duration, !(duration > 0.01 && duration <= 1) {
      throw ValidationError("--duration must lie between 0.01 and 1")
    }
    if let level, !(abs(level) <= 40) { throw ValidationError("--level must lie between -40 and 40") }
    _ = try plantedCue()
  }

  private func plantedCue() throws -> PlantedCue? {
    guard let plant else { return nil }
    var cue = PlantedCue(in: plant, at: at, isOnlyCue: onlyCue)
    cue.duration = duration ?? cue.duration
    cue.decibels = level ?? cue.decibels
    if let band {
      let bounds = band.split(separator: "-", omittingEmptySubsequences: false).map { Double($0) ?? .nan }
      guard bounds.count == 2, bounds[0] > 0, bounds[0] <= bounds[1], bounds[1] < 8000 else {
        throw ValidationError("--band must be two frequencies between 0 and 8000 Hz, the lower first: 2000-2500")
      }
      cue.frequencies = bounds[0]...bounds[1]
    }
    return cue
  }

  func run() throws {
    try Console.run {
      let folder = try OutputFolder(output)
      let corpus = SyntheticCorpus(
        clipsPerEmotion: clips, speakers: speakers, seed: seed, plantedCue: try plantedCue())
      let manifest = try corpus.write(to: folder.path)
      try Console.print("\(folder.file("manifest.csv")): \(manifest.entries.count) clips")
    }
  }
}
