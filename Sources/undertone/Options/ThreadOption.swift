import ArgumentParser
import Basics

/// The number of threads of a command that computes.
struct ThreadOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      The number of threads that compute: \(counts.lowerBound) to \(counts.upperBound). The last digits of results \
      depend on it. (default: OMP_NUM_THREADS, else one a core)
      """, valueName: "count"))
  var threads: Int?

  private static let counts = 1...1024

  /// Checks the number, and sets it: nothing has been computed yet when options are read.
  func validate() throws {
    guard let threads else { return }
    guard Self.counts.contains(threads) else {
      throw ValidationError(
        "--threads must lie between \(Self.counts.lowerBound) and \(Self.counts.upperBound)")
    }
    Threads.count = threads
  }
}
