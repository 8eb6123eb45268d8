import ArgumentParser
import Reports

@main
struct Undertone: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "undertone",
    abstract: "Shows what a speech-emotion model hears.",
    discussion: """
      Examples:
        undertone explain clip.wav                    what the built-in model heard, as a figure
        undertone predict clips/*.wav                 probabilities of the seven emotions
        undertone train cnnatt --data train.csv       a model of your own
        undertone COMMAND --help                      more, with examples
      """,
    version: undertoneVersion,
    subcommands: [
      Explain.self, Predict.self, Train.self, Evaluate.self, FigureSheets.self, CorpusCommand.self, Methods.self,
      Models.self, Doctor.self,
    ])
}
