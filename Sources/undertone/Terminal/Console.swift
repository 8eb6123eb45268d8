import ArgumentParser
import Attributions
import AudioFiles
import Basics
import Corpora
import Figures
import Foundation
import Layers
import Models
import Reports
import Tensors
import Training

/// What the program says on standard error, and how it ends.
enum Console {
  static let isTerminal = isatty(STDERR_FILENO) == 1

  /// Of the terminal that standard error is, as wide as it is now; 80 where it does not say.
  static var columns: Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// A result, on standard output: at once, so that whoever reads a pipe need not wait for the end, and with an error
  /// where it cannot be written.
  static func print(_ text: String) throws(FileError) {
    ProgressBar.clear()
    do {
      try FileHandle.standardOutput.write(contentsOf: Data("\(text)\n".utf8))
    } catch {
      throw .unwritable(path: "standard output", reason: systemReason(of: error))
    }
  }

  /// One line on standard error, whatever line ends a file's name may hold.
  static func note(_ text: String) {
    ProgressBar.clear()
    let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
    try? FileHandle.standardError.write(contentsOf: Data("\(line)\n".utf8))
  }

  /// One line that names the thing and the reason.
  static func report(_ error: any Error) { note("undertone: \(describe(error))") }

  static func describe(_ error: any Error) -> String {
    // Our errors describe themselves; Foundation's do it in an Objective-C way.
    type(of: error) == NSError.self ? error.localizedDescription : "\(error)"
  }

  /// sysexits.h: 65 bad data in a file, 66 no such file, 73 a result that cannot be written, 70 a fault of ours.
  static func exitStatus(_ error: any Error) -> Int32 {
    switch error {
    case let error as FileError: error.isOfWriting ? 73 : 66
    case AudioFileError.file(let error), ManifestError.file(let error), FigureError.file(let error),
      TensorFileError.file(let error), CheckpointError.file(let error), TrainingError.file(let error):
      exitStatus(error)
    case AudioFileError.noSuchFile, ManifestError.noSuchManifest, ManifestError.noSuchFolder, FigureError.noSuchFile,
      CheckpointError.noSuchFolder, TrainingError.nothingToResume, TrainingError.manifestMoved, TrainingError.noHistory:
      66
    case FigureError.provenance, FigureError.drawing: 70
    case RunProgressError.damaged: 65
    case ExplanationError.method, TrainingError.alreadyFinished, TrainingError.recipe: 64
    case is AudioFileError, is ManifestError, is FigureError, is SplitError, is ExplanationError, is TensorFileError,
      is CheckpointError, is ParameterError, is TrainingError:
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

  /// The same by the exit statuses of what failed.
  static func end(_ statuses: [Int32], of count: Int, _ items: String = "files") throws {
    guard let first = statuses.first else { return }
    if count > 1 { note("undertone: \(statuses.count) of \(count) \(items) failed") }
    throw ExitCode(first)
  }
}

/// A bar on standard error while something runs; nothing where that is not a terminal.
struct ProgressBar {
  let label: String
  let total: Int
  private let start = ContinuousClock.now
  nonisolated(unsafe) private static var isShown = false

  init(_ label: String, total: Int) { (self.label, self.total) = (label, total) }

  /// - Parameter share: How much of the next is done, 0…1.
  func show(_ done: Int, of share: Double = 0, note: String = "") {
    guard total > 0 else { return }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let whole = Double(done) + share
    let left = whole > 0 ? "\(Self.time(seconds / whole * (Double(total) - whole))) left  " : ""
    Self.draw(label, share: whole / Double(total), note: "\(done)/\(total)  \(left)\(note)")
  }

  static func draw(_ label: String, share: Double, note: String) {
    guard Console.isTerminal else { return }
    let width = 24
    let filled = Int(Double(width) * min(1, max(0, share)))
    let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
    // One column is left free: a line that fills its row begins another, which the next wipe does not reach.
    let line = "\(label) \(bar) \(note)".prefix(Console.columns - 1)
    try? FileHandle.standardError.write(contentsOf: Data("\r\u{1B}[K\(line)".utf8))
    isShown = true
  }

  /// Wipes a bar that is shown, so that a line can be written.
  static func clear() {
    guard isShown else { return }
    try? FileHandle.standardError.write(contentsOf: Data("\r\u{1B}[K".utf8))
    isShown = false
  }

  /// "45 s", "3 min", "1 h 05 min".
  static func time(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded())
    switch whole {
    case ..<90: return "\(whole) s"
    case ..<5400: return "\((whole + 30) / 60) min"
    default:
      let minutes = whole / 60 % 60
      return "\(whole / 3600) h \(minutes < 10 ? "0" : "")\(minutes) min"
    }
  }
}
