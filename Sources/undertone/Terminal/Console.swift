import ArgumentParser
import Attributions
import AudioFiles
import Basics
import Corpora
import Figures
import Foundation
import Layers
import Models
import Ranks
import Reports
import Tensors
import Training

/// What the program says on standard error, and how it ends.
enum Console {
  static let isTerminal = isatty(STDERR_FILENO) == 1

  /// Of several ranks, the others than the first say nothing but why they end.
  nonisolated(unsafe) private(set) static var isSilent = false

  /// Columns of the terminal on standard error at this moment; 80 where it is not known.
  static var columns: Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// A result, on standard output: at once, so that whoever reads a pipe need not wait for the end, and with an error
  /// where it cannot be written. What could steer the terminal is visible.
  static func print(_ text: String) throws(FileError) {
    guard !isSilent else { return }
    ProgressBar.clear()
    do {
      try FileHandle.standardOutput.write(contentsOf: Data("\(visible(text))\n".utf8))
    } catch {
      throw .unwritable(path: "standard output", reason: systemReason(of: error))
    }
  }

  /// One line on standard error, whatever line ends a file's name may hold.
  static func note(_ text: String) {
    guard !isSilent else { return }
    ProgressBar.clear()
    let line = visible(text.split(whereSeparator: \.isNewline).joined(separator: " "))
    try? FileHandle.standardError.write(contentsOf: Data("\(line)\n".utf8))
  }

  /// One line that names the thing and the reason.
  static func report(_ error: any Error) { note("undertone: \(describe(error))") }

  static func describe(_ error: any Error) -> String {
    // Our errors describe themselves; Foundation's do it in an Objective-C way.
    type(of: error) == NSError.self ? error.localizedDescription : "\(error)"
  }

  /// As one of several ranks tells it to the first one.
  static func told(_ error: any Error) -> ToldError { ToldError(describe(error), status: exitStatus(error)) }

  /// The status of `check` where a test fails.
  static let testFailed: Int32 = 1

  /// sysexits.h: 65 bad data in a file, 66 no such file, 73 a result that cannot be written, 70 a fault of ours.
  static func exitStatus(_ error: any Error) -> Int32 {
    switch error {
    case RankError.failed: 70
    case RankError.folder: 73
    case FileError.tooLarge, FileError.damaged: 65
    case let error as FileError: error.isOfWriting ? 73 : 66
    case AudioFileError.file(let error), ManifestError.file(let error), FigureError.file(let error),
      TensorFileError.file(let error), CheckpointError.file(let error), TrainingError.file(let error),
      TOMLFileError.file(let error), AnnotationError.file(let error):
      exitStatus(error)
    case CheckError.cause(_, _, _, let error): exitStatus(error)
    case AudioFileError.noSuchFile, ManifestError.noSuchManifest, ManifestError.noSuchFolder, FigureError.noSuchFile,
      CheckpointError.noSuchFolder, TrainingError.nothingToResume, TrainingError.manifestMoved, TrainingError.noHistory,
      TrainingError.noRuns, AnnotationError.noSuchFile, UnitsError.missing:
      66
    case FigureError.provenance, FigureError.drawing: 70
    case RunProgressError.damaged, RunProgressError.another: 65
    case ExplanationError.method, is TrustJobError, TrainingError.alreadyFinished, TrainingError.recipe,
      TrainingError.tooManyRanks, TrainingError.wholeBatches, is RankError, ConceptError.noColumn, ConceptError.noLayer:
      64
    case is AudioFileError, is ManifestError, is FigureError, is SplitError, is ExplanationError, is TooFewFrames,
      is TensorFileError,
      is CheckpointError, is ParameterError, is TrainingError, is TOMLFileError, is AnnotationError, is UnitsError,
      is EditError, is ConceptError, is SalientCuesError,
      is CheckError, is AttackError, is AuditError, is CertificationError:
      65
    default: 70
    }
  }

  /// Runs the body of a command: an error is told in one line and becomes the exit status.
  static func run(_ body: () throws -> Void) throws {
    do {
      try body()
    } catch let error as ExitCode {
      throw error
    } catch let error as ValidationError {
      note("undertone: \(error.message)")
      throw ExitCode.validationFailure
    } catch {
      report(error)
      throw ExitCode(exitStatus(error))
    }
  }

  /// Seconds in which the first rank tells an error that all have, and ends the others.
  static let patience: UInt32 = 2

  /// Runs the body of a command on one of several ranks; where it fails on any, all end.
  static func run(on ranks: any RankGroup, _ body: () throws -> Void) throws {
    guard ranks.count > 1 else { return try run(body) }
    isSilent = !ranks.isFirst
    do {
      try run {
        do {
          try body()
        } catch  where !(error is ExitCode) && isSilent {
          sleep(patience)
          isSilent = false
          note("undertone: on rank \(ranks.rank):")
          throw error
        }
      }
    } catch let status as ExitCode {
      ranks.abort(status: status.rawValue)
    }
    ranks.end()
  }

  /// Runs the body of a command that several ranks can share.
  static func runOnRanks(_ body: (any RankGroup) throws -> Void) throws {
    try run {
      let ranks = try startedRanks()
      try run(on: ranks) { try body(ranks) }
    }
  }

  /// Each item in turn: one that fails is reported and the rest go on. `atEnd` is what there is to do after all.
  static func forEach<Item>(
    _ items: [Item], atEnd: () throws -> Void = {}, _ body: (Int, Item) throws -> Void
  ) throws {
    var failures: [any Error] = []
    for (index, item) in items.enumerated() {
      do {
        try body(index, item)
      } catch {
        report(error)
        failures.append(error)
      }
    }
    try atEnd()
    try end(failures, of: items.count)
  }

  /// The end of a run that was stopped: the same command resumes it.
  static func endInterrupted(_ isFinished: Bool) throws {
    guard !isFinished else { return }
    note("undertone: stopped; the same command resumes from here")
    throw ExitCode(130)
  }

  /// The end of a batch: where files failed, the exit status is the first one's.
  static func end(_ failures: [any Error], of count: Int, _ items: String = "files") throws {
    try end(failures.map(exitStatus), of: count, items)
  }

  /// Ends a batch with the first of the exit statuses of what failed.
  static func end(_ statuses: [Int32], of count: Int, _ items: String = "files") throws {
    guard let first = statuses.first else { return }
    if count > 1 { note("undertone: \(statuses.count) of \(count) \(items) failed") }
    throw ExitCode(first)
  }
}
