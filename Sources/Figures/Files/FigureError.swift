import Basics
import Foundation

/// Why a figure was not drawn, written or read. The description is one line: the thing, then the reason.
public enum FigureError: Error, Equatable, Sendable {
  /// A NaN or an infinity in the numbers to draw; `index` counts in row-major order.
  case notFinite(name: String, index: Int)
  /// Numbers of another shape than the figure needs.
  case shape(name: String, expected: [Int], found: [Int])
  /// Nothing to draw.
  case empty(name: String)
  /// A number that cannot be what it stands for: a probability above 1, a duration of 0.
  case outOfRange(name: String, value: Double, expected: String)
  /// Something of another kind than what it is drawn beside.
  case mixed(name: String, expected: String, found: String)
  /// A key or value that a PNG text chunk cannot hold.
  case provenance(key: String, reason: String)
  /// Cairo or libpng gave up: out of memory, or a picture larger than they draw.
  case drawing(reason: String)
  case file(FileError)
  case noSuchFile(path: String)
  /// Not a PNG, or a damaged one; the reason is libpng's own.
  case notPNG(path: String, reason: String)
}

extension FigureError: CustomStringConvertible, LocalizedError {
  public var description: String {
    switch self {
    case .notFinite(let name, let index): "\(name): value \(index) is not a finite number"
    case .shape(let name, let expected, let found):
      "\(name): expected the shape \(expected), found \(found)"
    case .empty(let name): "\(name): there is nothing to draw"
    case .outOfRange(let name, let value, let expected): "\(name): \(value) is not \(expected)"
    case .mixed(let name, let expected, let found): "\(name): \(found), where the others are \(expected)"
    case .provenance(let key, let reason): "provenance “\(key)”: \(reason)"
    case .drawing(let reason): "the figure cannot be drawn: \(reason)"
    case .file(let error): "\(error)"
    case .noSuchFile(let path): "\(path): no such file"
    case .notPNG(let path, let reason): "\(path): not a PNG that can be decoded: \(reason)"
    }
  }

  public var errorDescription: String? { description }
}
