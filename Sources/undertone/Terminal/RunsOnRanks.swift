import ArgumentParser
import Foundation

/// A command that several ranks can share, or that each of them may run by itself.
protocol RunsOnRanks: ParsableCommand {}

extension ParsableCommand {
  /// Refuses another command as one of several ranks of mpirun, which would all do the same, in the same folder. The first rank
  /// says it; the others end a little later.
  func checkRanks() throws {
    let settings = ProcessInfo.processInfo.environment
    func number(_ name: String) -> Int? { settings["OMPI_COMM_WORLD_\(name)"].flatMap { Int($0) } }
    guard !(self is any RunsOnRanks), let count = number("SIZE"), count > 1 else { return }
    if number("RANK") ?? 0 > 0 {
      sleep(Console.patience)
      throw ExitCode.validationFailure
    }
    throw ValidationError(
      "this command runs on one rank only; start it without mpirun, which is for train, trust and explain")
  }
}
