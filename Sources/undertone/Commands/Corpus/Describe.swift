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
      abstract: "Prints counts, amplitudes and durations of a manifest's clips.",
      usage: "undertone corpus describe <manifest> [<options>]",
      discussion: """
        With --format it also plots the clips by emotion and origin, and one clip of each emotion.

        Examples:
          undertone corpus describe ravdess.csv
          undertone corpus describe ravdess.csv --json
          undertone corpus describe ravdess.csv --format png --html
        """)

    @Argument(help: .manifest("The manifest"))
    var manifest: String

    @OptionGroup var drawing: RequestedFigureOption

    @Flag(help: "Also write a self-contained HTML page: the figures, with their numbers as a table.")
    var html = false

    @OptionGroup var threads: ThreadOption

    @Option(help: ArgumentHelp("The seed of the clips sampled for the figure: 0 or more.", valueName: "number"))
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
      guard html else { return }
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
}
