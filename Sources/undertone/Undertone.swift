import ArgumentParser
import AudioFiles
import Basics
import Foundation
import Reports
import Tensors

@main
struct Undertone: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "undertone",
    abstract: "Explains the predictions of speech-emotion models.",
    discussion: """
      Examples:
        undertone explain clip.wav                a prediction and its explanation
        undertone predict clips/*.wav             probabilities of the emotions
        undertone train cnnatt --data train.csv   a model of your own
        undertone explain --help                  a command's options and examples

      Exit status:
        0    done                     66   no such file
        1    a test of `check` fails  73   a result cannot be written
        64   wrong usage              70   an internal error
        65   bad data                 130  interrupted

      When a file of a batch fails, the error is printed, the other files are still \
      processed, and the status is that of the first failure.
      """,
    version: undertoneVersion,
    subcommands: [
      Explain.self, Predict.self, Train.self, Curves.self, Runs.self, Evaluate.self, FiguresCommand.self, Compare.self,
      Trust.self, Stability.self, Check.self, Audit.self, AttackCommand.self, CertifyCommand.self, CorpusCommand.self,
      Features.self, Decompose.self,
      Edit.self, ResponseCommand.self, CounterfactualCommand.self, Flips.self, Cues.self, Concepts.self,
      LayersCommand.self, ModalitiesCommand.self,
      MethodsCommand.self, ModelsCommand.self, Serve.self, Doctor.self,
    ])

  /// ArgumentParser's own, but for its words on wrong usage: one line, as every other error has.
  static func main() {
    reportTraps()
    Threads.restartPrepared()
    Engine.reserveBuffers()
    quietDecoders()
    // As other programs, without a word where the reader of a pipe has enough; a parent may have had it ignored.
    signal(SIGPIPE, SIG_DFL)
    // A file that may not be larger (ulimit -f) is an error of writing, as a full disk is, and not the end.
    signal(SIGXFSZ, SIG_IGN)
    do {
      var command = try parseAsRoot(joiningNegativeNumbers(CommandLine.arguments.dropFirst()))
      try command.checkRanks()
      try command.run()
    } catch {
      // An `ExitCode` comes from `Console.run`, which has told the reason.
      guard exitCode(for: error) == .validationFailure, !(error is ExitCode) else { exit(withError: error) }
      // The last line of the long message names the command whose help fits.
      let help = fullMessage(for: error).split(separator: "\n").last?.firstMatch(of: /'(.+ --help)'/)?.1
      Console.note("undertone: \(message(for: error))\(help.map { " (see `\($0)`)" } ?? "")")
      exit(withError: ExitCode.validationFailure)
    }
  }

  /// `--epochs -1` as `--epochs=-1`, so that the number is judged, and not the option said to have no value. After `--`
  /// all are files.
  private static func joiningNegativeNumbers(_ arguments: some Collection<String>) -> [String] {
    let options = arguments.prefix { $0 != "--" }
    return joined(options) + arguments.dropFirst(options.count)
  }

  private static func joined(_ options: some Sequence<String>) -> [String] {
    options.reduce(into: []) { joined, argument in
      if let last = joined.last, last.hasPrefix("--"), !last.contains("="), Double(argument).map({ $0 < 0 }) == true {
        joined[joined.count - 1] += "=\(argument)"
      } else {
        joined.append(argument)
      }
    }
  }
}
