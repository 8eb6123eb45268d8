import ArgumentParser
import Corpora
import Reports

extension CorpusCommand {
  struct Split: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Splits a manifest in two, or into folds, stratified by emotion.",
      usage: "undertone corpus split <manifest> [<options>]",
      discussion: """
        Speakers stay on one side where the manifest names them: a model that knows a speaker's voice is measured as \
        better than it is.

        Examples:
          undertone corpus split ravdess.csv
          undertone corpus split ravdess.csv --folds 5 --output output/folds
        """)

    @Argument(help: .manifest("The manifest"))
    var manifest: String

    @OptionGroup var unit: SplitOption

    @Option(
      help: ArgumentHelp(
        "Without --folds: the training part's share of the clips, above 0 and below 1.", valueName: "share"))
    var share = 0.8

    @Option(
      help: ArgumentHelp(
        "Write folds for cross-validation, the number of folds: 2 or more. (default: one split)", valueName: "count"))
    var folds: Int?

    @Option(help: ArgumentHelp("The seed of the split: 0 or more.", valueName: "number"))
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
        let (by, warning) = unit.unit(for: manifest, parts: folds ?? 2)
        var lines: [String] = []
        func write(_ part: Manifest, _ name: String) throws {
          try part.write(to: folder.file(name))
          lines.append("\(folder.file(name)): \(part.size)")
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
        if let warning { Console.note("undertone: \(warning)") }
        // When all are written, so that a reader that leaves loses none.
        try Console.print(lines.joined(separator: "\n"))
      }
    }
  }
}
