import ArgumentParser
import AudioFeatures
import AudioFiles
import Basics
import Corpora
import Figures
import Foundation
import Reports

extension CorpusCommand {
  struct Describe: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Prints counts, amplitudes, durations and voices of a manifest's clips.",
      usage: "undertone corpus describe <manifest> [<options>]",
      discussion: """
        Clips by emotion and origin with their shares; means of the largest and smallest amplitudes; durations; median F0, \
        level and spectral tilt (100 to 4000 Hz) of the speech by emotion, each with Cohen's d against the other emotions: \
        a star says that its 95 % interval, which resamples speakers, excludes zero.

        With --format it also plots the clips by emotion and origin, one clip of each emotion, and the voices.

        Examples:
          undertone corpus describe ravdess.csv
          undertone corpus describe ravdess.csv --json
          undertone corpus describe ravdess.csv --csv output/corpus
          undertone corpus describe ravdess.csv --format png --html
        """)

    @Argument(help: .manifest("The manifest"))
    var manifest: String

    @OptionGroup var drawing: RequestedFigureOption

    @Option(
      help: ArgumentHelp(
        "Also write the tables to this folder, as CSV: counts, amplitudes, durations, rates, voice. (default: none)",
        valueName: "folder"))
    var csv: String?

    @Flag(help: "Also write a self-contained HTML page: the figures, with their numbers as tables.")
    var html = false

    @OptionGroup var threads: ThreadOption

    @Option(
      help: ArgumentHelp(
        "The seed of intervals and of the clips sampled for the figure: 0 or more.", valueName: "number"))
    var seed: UInt64 = 0

    @Option(help: ArgumentHelp("The folder for figures.", valueName: "folder"))
    var output = "output/corpus"

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
      try Console.run {
        let drawing = try self.drawing.files()
        let manifest = try readManifest(self.manifest)
        let folder = try drawing.formats.isEmpty && !html ? nil : OutputFolder(output)
        let tableFolder = try csv.map { try OutputFolder($0) }
        let bar = ProgressBar("measuring", total: manifest.entries.count)
        let done = Locked(0)
        let (clips, failures) = manifest.measured {
          done.withLock { count in
            count += 1
            bar.show(count)
          }
        }
        ProgressBar.clear()
        failures.forEach(Console.report)
        if !clips.isEmpty {
          let statistics = CorpusStatistics(of: clips, seed: seed)
          let report = CorpusReport(statistics, manifest: manifest, path: self.manifest)
          try Console.print(json ? statistics.line : Self.text(report))
          if let tableFolder { try write(report.tables, to: tableFolder) }
          if let folder { try draw(report, as: drawing, in: folder) }
        }
        try Console.end(failures, of: manifest.entries.count)
      }
    }

    private func write(_ tables: [CorpusReport.Table], to folder: OutputFolder) throws {
      for table in tables {
        try folder.write(CSV.text(of: table.rows), to: "\(table.name).csv")
        if !json { try Console.print(folder.file("\(table.name).csv")) }
      }
    }

    private func draw(_ report: CorpusReport, as drawing: FigureFiles, in folder: OutputFolder) throws {
      var figures: [(name: String, figure: any Figure)] =
        [
          ("shares", report.shares), ("samples", report.samples(drawn(from: report.manifest), seed: seed)),
        ]
      if let voice = report.voice { figures.append(("voice", voice)) }
      for (name, figure) in figures {
        let paths = try drawing.write(figure, to: folder, as: name, provenance: report.provenance)
        if !json { for path in paths { try Console.print(path) } }
      }
      guard html else { return }
      var page = Page(title: report.shares.title[0], provenance: report.provenance)
      for (_, figure) in figures { try page.add(figure) }
      for table in report.tables { page.addTable(table.caption, table.rows) }
      try folder.write(page, as: "corpus", isQuiet: json)
    }

    /// The first clip of each emotion, in an order sampled by the seed, that can be read.
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

    private static func text(_ report: CorpusReport) -> String {
      func text(_ rows: [[String]]) -> String {
        var table = Table(header: rows[0])
        table.rows = Array(rows.dropFirst())
        return table.text
      }
      let d = report.statistics.durations
      let durations = wrapped(
        String(
          format:
            "duration: mean %.3f s, standard deviation %.3f s, %.3f to %.3f s, 95th percentile %.3f s, 99th %.3f s",
          d.mean, d.deviation, d.shortest, d.longest, d.percentile95, d.percentile99))
      let rates = report.statistics.sampleRates.sorted { $0.key < $1.key }.map { "\($0.key) Hz (\($0.value))" }
      let numbers = [report.counts.rows, report.amplitudes.rows].map { $0.map { $0.map(fourDigits) } }
      let tables = (numbers + [report.voiceRows]).filter { !$0.isEmpty }.map(text)
      return (tables + ["\(durations)\n\(wrapped("sample rates: " + rates.joined(separator: ", ")))"])
        .joined(separator: "\n\n")
    }
  }
}
