import Foundation
import TestSupport
import Testing

/// What a run of the program left behind.
struct Run {
  let status: Int32
  /// Standard output and standard error, line by line, without ``warnings``.
  let output, errors: [String]
  /// What was said on either of clips unlike a model's training or of it: the clips of tests mostly are.
  let warnings: [String]

  init(status: Int32, output: [String], errors: [String]) {
    func isWarning(_ line: String) -> Bool {
      ["unlike the training data", "sound unlike those", "it looks better on them", "was trained on this clip"]
        .contains { line.contains($0) } && !line.hasPrefix("{")
    }
    self.status = status
    self.output = output.filter { !isWarning($0) }
    self.errors = errors.filter { !isWarning($0) }
    warnings = (output + errors).filter(isWarning)
  }

  /// The errors that are the program's own, and not mpirun's.
  var told: [String] { errors.filter { $0.hasPrefix("undertone: ") } }

  /// Whether it failed with `status` and exactly one line, which names every one of `words`.
  func failed(_ status: Int32, naming words: String...) -> Bool {
    self.status == status && output.isEmpty && errors.count == 1 && errors[0].hasPrefix("undertone: ")
      && words.allSatisfy { errors[0].contains($0) }
  }
}

/// A folder that a test's runs have as their current one.
typealias Folder = FreshFolder

extension FreshFolder {
  func lines(_ name: String) throws -> [String] { Self.lines(try contents(name)) }

  /// Runs the program with this as its current folder.
  func undertone(_ arguments: String...) throws -> Run { try undertone(arguments) }

  func undertone(_ arguments: [String]) throws -> Run { try start(arguments).finish() }

  /// Runs the program from a shell, after a setting such as `ulimit -f 8`.
  func undertone(after setting: String, _ arguments: String...) throws -> Run {
    try undertone(after: setting, arguments)
  }

  func undertone(after setting: String, _ arguments: [String]) throws -> Run {
    try start(
      ["-c", "\(setting); exec \"$0\" \"$@\"", program.path] + arguments,
      executable: URL(fileURLWithPath: "/bin/sh")
    ).finish()
  }

  #if MPI
    /// Runs the program as two ranks of mpirun.
    func undertoneOnRanks(_ arguments: [String]) throws -> Run {
      let start = "exec mpirun --allow-run-as-root --oversubscribe --bind-to none -n 2 \"$0\" \"$@\""
      return try self.start(
        ["-c", start, program.path] + arguments, executable: URL(fileURLWithPath: "/bin/sh")
      ).finish()
    }
  #endif

  /// Starts the program; `finish` waits for its end. Into files, not pipes, which could fill up.
  /// - Parameter errors: Where standard error goes instead.
  func start(
    _ arguments: [String], executable: URL = program, errors: FileHandle? = nil
  ) throws -> (process: Process, finish: () throws -> Run) {
    let name = ".run-\(UUID().uuidString)"
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    process.currentDirectoryURL = url
    process.environment = ProcessInfo.processInfo.environment.merging(["COLUMNS": "80"]) { $1 }
    // Set for the tests' own process; the program is to see to this itself.
    process.environment?["OMP_WAIT_POLICY"] = nil
    try write("", to: "\(name)/output")
    try write("", to: "\(name)/errors")
    process.standardOutput = try FileHandle(forWritingTo: url.appendingPathComponent("\(name)/output"))
    process.standardError = try errors ?? FileHandle(forWritingTo: url.appendingPathComponent("\(name)/errors"))
    try process.run()
    return (
      process,
      { [self] in
        process.waitUntilExit()
        // A signal is told as a shell tells it, so that a crash is no exit status of ours.
        let status = process.terminationStatus + (process.terminationReason == .uncaughtSignal ? 128 : 0)
        return Run(
          status: status, output: try lines("\(name)/output"), errors: try lines("\(name)/errors"))
      }
    )
  }

  private static func lines(_ data: Data) -> [String] {
    String(decoding: data, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).dropLast()
      .map(String.init)
  }
}

/// The program, built beside the tests.
let program: URL = {
  let tests = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundleURL.deletingLastPathComponent()
  return (tests ?? Bundle.main.bundleURL).appendingPathComponent("undertone")
}()

/// A file of Tests/Fixtures/audio, made by soundfile.
func fixture(_ name: String) -> String {
  Checkout.fixture("audio/\(name)").path
}

/// The names of what `explain --arrays` writes of a clip, sorted.
func explainedFiles(_ stem: String) -> [String] {
  let rows = ["waveform": [], "mel": [".hertz"], "mfcc": [".coefficients"]]
  let arrays = rows.flatMap { space, own in (["", ".feature", ".seconds"] + own).map { "\(stem).\(space)\($0).npy" } }
  return (arrays + ["\(stem).png"]).sorted()
}
