import Foundation

/// The path by which standard input is named.
public let standardInputPath = "-"

/// A path in a message: that of standard input in words.
public func shownPath(_ path: String) -> String { path == standardInputPath ? "standard input" : path }

/// A file's name in a title, without its folders: that of standard input in words.
public func shownName(_ path: String) -> String {
  path == standardInputPath ? shownPath(path) : URL(fileURLWithPath: path).lastPathComponent
}
