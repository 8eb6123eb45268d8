import ArgumentParser
import Corpora
import Foundation
import Reports

extension CorpusCommand {
  struct Split: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Splits a manifest in two, or into folds, stratified by emotion.",
      usage: "undertone corpus split <manifest> [<options>]",
      discussion: """
        Speakers stay on one side where the manifest names them: a model that knows a speaker's voice is measured as \
        better than it is. So do copies of a clip that corpus prepare found. Speakers, sentences and copies that are on both \
        sides are counted, and the emotions' shares in each part printed.

        --folds-from takes the folds that EmoBox (data/CORPUS of its repository) and EMO-SUPERB (labels_consensus_1.csv) have \
        published, and finds their clips in the manifest by the files' names.

        Examples:
          undertone corpus split ravdess.csv
          undertone corpus split ravdess.csv --folds 5 --output output/folds
          undertone corpus split all.csv --leave-one-out corpus
          undertone corpus split crema.csv --by clip --apart sentence
          undertone corpus split ravdess.csv --folds-from EmoBox/data/ravdess
        """)

    @Argument(help: .manifest("The manifest"))
    var manifest: String

    @OptionGroup var unit: SplitOption

    @Option(help: "What else a split keeps on one side: \(SplitCompanion.sentence.rawValue). (default: nothing)")
    var apart: SplitCompanion?

    @Option(
      help: ArgumentHelp(
        "Without --folds: the training part's share of the clips, above 0 and below 1.", valueName: "share"))
    var share = 0.8

    @Option(
      help: ArgumentHelp(
        "Write folds for cross-validation, the number of folds: 2 or more. (default: one split)", valueName: "count"))
    var folds: Int?

    @Option(
      help: ArgumentHelp(
        "Write a fold for each speaker, or each corpus, with that one for validation. (default: one split)",
        valueName: "unit"))
    var leaveOneOut: SplitUnit?

    @Option(
      help: ArgumentHelp(
        "Write the folds that a folder or file of EmoBox or EMO-SUPERB lists. (default: one split)", valueName: "path"))
    var foldsFrom: String?

    @Option(help: ArgumentHelp("The seed of the split: 0 or more.", valueName: "number"))
    var seed: UInt64 = 0

    @Option(help: ArgumentHelp("The folder for the manifests.", valueName: "folder"))
    var output = "output/corpus"

    func validate() throws {
      guard share > 0, share < 1 else { throw ValidationError("--share must lie between 0 and 1") }
      if let folds, folds < 2 { throw ValidationError("--folds must be at least 2") }
      if leaveOneOut == .clip { throw ValidationError("--leave-one-out takes speaker or corpus") }
      let kinds = [
        folds.map { _ in "--folds" }, leaveOneOut.map { _ in "--leave-one-out" }, foldsFrom.map { _ in "--folds-from" },
      ].compactMap { $0 }
      guard kinds.count < 2 else { throw ValidationError("\(kinds[0]) does not go with \(kinds[1])") }
      if unit.by != nil, let kind = kinds.first, kind != "--folds" {
        throw ValidationError("\(kind) does not go with --by")
      }
      if apart != nil, foldsFrom != nil { throw ValidationError("--folds-from does not go with --apart") }
    }

    /// A part of a split with the name of its file, and what to say of it.
    private struct Part {
      let name: String
      let manifest: Manifest
      var remark = ""
    }

    func run() throws {
      try Console.run {
        let manifest = try readManifest(self.manifest)
        let folder = try OutputFolder(output)
        // Parts that should share nothing.
        let splits = try parts(of: manifest)
        var lines: [String] = []
        for part in splits.joined() {
          try part.manifest.write(to: folder.file(part.name))
          lines.append("\(folder.file(part.name)): \(part.manifest.size)\(part.remark)")
        }
        // When all are written, so that a reader that leaves loses none.
        try Console.print(lines.joined(separator: "\n"))
        try Console.print("on both sides: \(Self.words(SplitOverlap(of: splits.map { $0.map(\.manifest) })))")
        if !manifest.emotions.isEmpty {
          try Console.print("\n\(Self.shares(of: Array(splits.joined()), emotions: manifest.emotions).text)")
        }
      }
    }

    private func parts(of manifest: Manifest) throws -> [[Part]] {
      func parts(_ split: ManifestSplit, fold: Int? = nil, remark: String = "") -> [Part] {
        let prefix = fold.map { "fold-\($0)-" } ?? ""
        return [
          Part(name: "\(prefix)train.csv", manifest: split.training),
          Part(name: "\(prefix)validation.csv", manifest: split.validation, remark: remark),
        ]
      }
      if let foldsFrom { return try published(foldsFrom, for: manifest) }
      let apart = apart == .sentence
      if let leaveOneOut {
        return try manifest.foldsLeavingOut(one: leaveOneOut, sentencesApart: apart).enumerated().map { index, fold in
          parts(fold.split, fold: index + 1, remark: ": \(fold.leftOut.joined(separator: " and "))")
        }
      }
      let (by, warning) = unit.unit(for: manifest, parts: folds ?? 2)
      if let warning { Console.note("undertone: \(warning)") }
      if let folds {
        return try manifest.folds(folds, by: by, sentencesApart: apart, seed: seed).enumerated().map { index, split in
          parts(split, fold: index + 1)
        }
      }
      return [parts(try manifest.split(trainingShare: share, by: by, sentencesApart: apart, seed: seed))]
    }

    private func published(_ path: String, for manifest: Manifest) throws -> [[Part]] {
      let folds = try PublishedFolds(path).matched(with: manifest)
      guard folds.contains(where: { $0.parts.contains { !$0.manifest.entries.isEmpty } }) else {
        throw ManifestError.noFoldClips(path: path, manifest: self.manifest)
      }
      for fold in folds {
        if let first = fold.absent.first {
          Console.note(
            "undertone: fold \(fold.number): \(fold.absent.count) of its clips are not in the manifest, such as \(first)"
          )
        }
        if let first = fold.unlisted.first {
          Console.note(
            "undertone: fold \(fold.number): \(fold.unlisted.count) clips of the manifest are in none of its parts, such as "
              + first)
        }
        if let shared = SplitOverlap(of: [fold.parts.map(\.manifest)]).speakers, !shared.isEmpty {
          Console.note(
            "undertone: fold \(fold.number): \(SplitUnit.speaker.counted(shared.count)) on both sides: results are better "
              + "than they will be on new speakers")
        }
      }
      return folds.map { fold in
        fold.parts.filter { !$0.manifest.entries.isEmpty }.map { part, manifest in
          Part(name: "fold-\(fold.number)-\(part == .training ? "train" : part.rawValue).csv", manifest: manifest)
        }
      }
    }

    /// "no speakers, 2 sentences (ravdess-01, ravdess-02), no copies".
    private static func words(_ overlap: SplitOverlap) -> String {
      func words(_ names: [String]?, _ one: String, _ several: String) -> String? {
        guard let names else { return nil }
        if names.isEmpty { return "no \(several)" }
        let some = names.prefix(3).joined(separator: ", ") + (names.count > 3 ? ", …" : "")
        return "\(names.count) \(names.count == 1 ? one : several) (\(some))"
      }
      return [
        words(overlap.speakers, "speaker", "speakers"), words(overlap.sentences, "sentence", "sentences"),
        words(overlap.duplicates, "copied clip", "copied clips"),
      ].compactMap { $0 }.joined(separator: ", ")
    }

    /// The emotions' shares of each part.
    private static func shares(of parts: [Part], emotions: [Emotion]) -> Table {
      var table = Table(header: ["share of clips"] + emotions.map(\.rawValue))
      for part in parts {
        table.rows.append(
          [part.name]
            + emotions.map { emotion in
              let count = part.manifest.entries.count { $0.emotion == emotion }
              return String(format: "%.1f %%", 100 * Double(count) / Double(max(1, part.manifest.entries.count)))
            })
      }
      return table
    }
  }
}

/// What a split can keep on one side beside its unit.
enum SplitCompanion: String, CaseIterable, ExpressibleByArgument { case sentence }
