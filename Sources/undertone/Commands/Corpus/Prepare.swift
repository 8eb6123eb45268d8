import ArgumentParser
import Corpora
import Foundation
import Reports

extension CorpusCommand {
  struct Prepare: ParsableCommand {
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
}
