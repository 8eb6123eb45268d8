import ArgumentParser
import AudioFiles
import Basics
import Corpora
import Foundation
import Reports

extension CorpusCommand {
  struct Prepare: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: """
        Writes a manifest of folders of \(KnownCorpora.all.map { $0.title }.alternatives) clips, recognised by file name.
        """,
      usage: "undertone corpus prepare <source> ... [<options>]",
      discussion: """
        A source can also be a manifest, such as the challenge's CSV: all become one manifest. Beside path, emotion, origin \
        and speaker it has the columns sex, age, sentence and intensity where a corpus tells them.

        With --audio the clips are read once and written as small files of 16 kHz, and the manifest lists these. A run that \
        was stopped resumes with the same command. Copies of a clip, exact or through a codec, at another level or with other \
        silence around, share a value in the column duplicate_group, and no split puts them on two sides.

        Corpora:
        \(list)

        Examples:
          undertone corpus prepare downloads/RAVDESS --to ravdess.csv
          undertone corpus prepare downloads --corpora crema,tess --to both.csv
          undertone corpus prepare CREMA-D RAVDESS SAVEE TESS --audio audio --to all.csv
          undertone corpus prepare RAVDESS challenge.csv --duplicates
        """)

    private static var list: String {
      let width = KnownCorpora.names.map(\.count).max() ?? 0
      return KnownCorpora.all.map { corpus in
        "  \(corpus.name.padding(toLength: width, withPad: " ", startingAt: 0))  \(corpus.title): \(corpus.summary)"
      }.joined(separator: "\n")
    }

    @Argument(
      help: ArgumentHelp(
        "Folders, whose sub-folders are searched too, also through links; manifests.", valueName: "source"))
    var sources: [String]

    @Option(
      help: "Only these corpora: \(KnownCorpora.names.joined(separator: ", ")); separate several with commas.")
    var corpora = KnownCorpora.names.joined(separator: ",")

    @Option(name: .customLong("to"), help: ArgumentHelp("The manifest to write.", valueName: "file"))
    var destination = "output/corpus/manifest.csv"

    @Option(
      help: ArgumentHelp(
        """
        A folder for the clips as FLAC, 16 kHz, the first channel, at most \(Int(AudioClip.longestSpeech)) s. (default: \
        they stay as they are)
        """, valueName: "folder"))
    var audio: String?

    @Flag(help: "Look for copies of clips without --audio too, which reads them all.")
    var duplicates = false

    @OptionGroup var threads: ThreadOption

    func run() throws {
      try Console.run {
        let names = try several(self.corpora, of: KnownCorpora.names, kind: "corpus")
        let corpora = names.compactMap(KnownCorpora.named)
        var scans: [CorpusScan] = []
        let manifests = try sources.map { source in
          guard !Self.isManifest(source) else { return try readManifest(source) }
          scans.append(try CorpusScan(folder: source, corpora: corpora))
          return scans[scans.count - 1].manifest
        }
        let (all, repeated) = Manifest.joined(manifests)
        _ = try OutputFolder(URL(fileURLWithPath: destination).deletingLastPathComponent().path)
        let outcome = audio == nil && !duplicates ? nil : try prepared(all)
        let manifest = outcome?.manifest ?? all
        if !manifest.entries.isEmpty {
          try manifest.write(to: destination)
          try Console.print("\(destination): \(manifest.entries.count) clips")
        }
        if let outcome { try report(outcome) }
        try report(scans, repeated: repeated)
        let failures = outcome?.failures ?? []
        let unreachable = scans.flatMap(\.failures)
        unreachable.forEach(Console.report)
        if let first = unreachable.first, failures.isEmpty { throw ExitCode(Console.exitStatus(first)) }
        try Console.end(failures, of: all.entries.count)
      }
    }

    /// Anything but a folder; what does not exist is named as a folder.
    private static func isManifest(_ source: String) -> Bool {
      var isFolder: ObjCBool = false
      return source == Manifest.standardInput
        || FileManager.default.fileExists(atPath: source, isDirectory: &isFolder) && !isFolder.boolValue
    }

    private func prepared(_ all: Manifest) throws -> CorpusPreparation.Outcome {
      let folder = try audio.map { try OutputFolder($0) }
      let lock = try folder.map { try FolderLock($0.path) }
      // A folder for the clips may be among the sources: what is prepared is no source.
      let own = folder.map { all.outside($0.path) } ?? all
      guard !own.entries.isEmpty else {
        throw ValidationError("--audio \(audio ?? ""): all clips are in this folder already")
      }
      Interruption.listen()
      let bar = ProgressBar(audio == nil ? "comparing" : "preparing", total: own.entries.count)
      let outcome = try CorpusPreparation(own, audioFolder: folder?.path)
        .run(progress: { bar.show($0) }, shouldStop: { Interruption.wasAsked })
      ProgressBar.clear()
      withExtendedLifetime(lock) {}
      guard let outcome else {
        if audio != nil { try Console.endInterrupted(false) }
        throw ExitCode(130)
      }
      outcome.failures.forEach(Console.report)
      return outcome
    }

    private func report(_ outcome: CorpusPreparation.Outcome) throws {
      if let audio { try Console.print("\(audio): \(outcome.made) clips written, \(outcome.kept) were there") }
      for path in outcome.cut.prefix(10) {
        Console.note("undertone: \(path): longer than \(Int(AudioClip.longestSpeech)) s; its beginning was written")
      }
      if outcome.cut.count > 10 { Console.note("undertone: and \(outcome.cut.count - 10) more files that are longer") }
      let duplicates = outcome.duplicates
      guard let first = duplicates.groups.first else {
        return try Console.print("no copies of a clip")
      }
      let entries = outcome.manifest.entries
      func across(_ value: (Manifest.Entry) -> String?) -> Int {
        duplicates.groups.count { Set($0.compactMap { value(entries[$0]) }).count > 1 }
      }
      try Console.print(
        "copies of clips: \(duplicates.exactCopies) exact, \(duplicates.nearCopies) near, in \(duplicates.groups.count) group"
          + "\(duplicates.groups.count == 1 ? "" : "s"), such as \(entries[first[0]].path) and \(entries[first[1]].path)"
      )
      try Console.print(
        "groups across corpora: \(across { $0.origin }), across speakers: \(across { $0.speaker }), with several emotions: "
          + "\(across { $0.emotion.rawValue })")
    }

    private func report(_ scans: [CorpusScan], repeated: Int) throws {
      let leftOut = scans.reduce(into: [:]) { $0.merge($1.leftOut, uniquingKeysWith: +) }
      for (omission, count) in leftOut.sorted(by: { $0.key.kind < $1.key.kind }) {
        try Console.print("skipped \(omission.words(count))")
      }
      let unrecognised = scans.flatMap(\.unrecognised)
      if !unrecognised.isEmpty {
        try Console.print(
          "skipped \(unrecognised.count) files with unrecognised names, such as \(unrecognised[0])")
      }
      if repeated > 0 { try Console.print("skipped \(repeated) clips that are listed twice") }
    }
  }
}
