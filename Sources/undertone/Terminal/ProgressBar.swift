import Basics
import Foundation

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
    guard Console.isTerminal, !Console.isSilent else { return }
    let width = 24
    let filled = Int(Double(width) * min(1, max(0, share)))
    let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
    // One column is left free: a line that fills its row begins another, which the next wipe does not reach.
    let line = visible("\(label) \(bar) \(note)").prefix(Console.columns - 1)
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
