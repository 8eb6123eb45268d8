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
  case noSuchFolder(path: String, folder: String)
  case diskFull(path: String)
  case unwritable(path: String, reason: String)
  case noSuchFile(path: String)
  case unreadable(path: String, reason: String)
  /// Not a PNG, or a damaged one; the reason is libpng's own.
  case notPNG(path: String, reason: String)

  /// The exit status of a command that met this, in the terms of sysexits.h: 66 for a file that is not
  /// there or may not be read, 73 for a result that cannot be written, 70 for a fault of ours, else 65.
  public var exitStatus: Int32 {
    switch self {
    case .noSuchFile, .unreadable: 66
    case .noSuchFolder, .diskFull, .unwritable: 73
    case .provenance, .drawing: 70
    default: 65
    }
  }
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
    case .noSuchFolder(let path, let folder): "\(path): cannot be written: no such folder: \(folder)"
    case .diskFull(let path): "\(path): cannot be written: the disk is full"
    case .unwritable(let path, let reason): "\(path): cannot be written: \(reason)"
    case .noSuchFile(let path): "\(path): no such file"
    case .unreadable(let path, let reason): "\(path): cannot be read: \(reason)"
    case .notPNG(let path, let reason): "\(path): not a PNG that can be decoded: \(reason)"
    }
  }

  public var errorDescription: String? { description }
}
