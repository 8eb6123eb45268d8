import Foundation

/// A cell of a table with four digits of its number, where it has a decimal point; else as it is.
public func fourDigits(_ cell: String) -> String {
  guard cell.contains("."), let value = Double(cell) else { return cell }
  return String(format: "%.4g", value)
}
