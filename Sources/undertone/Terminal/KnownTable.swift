import Attributions
import Basics
import Foundation

/// A direction that listeners are known to hear, beside what a model does.
struct KnownRow {
  /// "angry: pitch".
  let words: String
  let direction: KnownDirection
  let effect: Estimate
  let verdict: String
}

/// The table of known directions.
/// - Parameters:
///   - effect: What is measured, as the head of its column.
///   - digits: Of the numbers.
func knownTable(_ rows: [KnownRow], effect: String, digits: Int) -> String {
  func signed(_ number: Double) -> String {
    String(format: "%+.\(digits)f", number).replacing("-", with: "−")
  }
  var table = Table(header: ["known to listeners", "", effect, "interval", ""])
  table.rows = rows.map { row in
    let interval = row.effect.low.flatMap { low in row.effect.high.map { "\(signed(low)) to \(signed($0))" } }
    return [row.words, row.direction.arrow, signed(row.effect.mean), interval ?? "none", row.verdict]
  }
  return table.text
}
