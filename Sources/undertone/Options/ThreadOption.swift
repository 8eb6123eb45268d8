import ArgumentParser
import Basics

/// The number of threads of a command that computes.
struct ThreadOption: ParsableArguments {
  @Option(
    help: """
      The number of threads that compute. The last digits of results depend on it. (default: one a core)
      """)
  var threads: Int?

  /// Checks the number, and sets it: nothing has been computed yet when options are read.
  func validate() throws {
    guard let threads else { return }
    guard (1...1024).contains(threads) else { throw ValidationError("--threads must lie between 1 and 1024") }
    Threads.count = threads
  }
}
