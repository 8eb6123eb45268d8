import ArgumentParser

struct CorpusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "corpus",
    abstract: "Makes, describes and splits corpora.",
    discussion: """
      Examples:
        undertone corpus prepare downloads/RAVDESS --to ravdess.csv
        undertone corpus describe ravdess.csv
        undertone corpus split ravdess.csv
        undertone corpus synthesize --clips 30
      """,
    subcommands: [Prepare.self, Describe.self, Split.self, Synthesize.self])
}
