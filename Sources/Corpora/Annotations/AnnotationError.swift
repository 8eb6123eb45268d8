import Basics
import Foundation

/// An error in a file of annotations. The description is one line: the file, then the reason.
public enum AnnotationError: Error, Equatable, Sendable {
  case noSuchFile(path: String)
  case file(FileError)
  /// A file whose name does not end as those of a format do.
  case unknownFormat(path: String)
  /// A file whose content is not that of its format, or that has no annotations.
  /// - Parameter line: Nil where no line is at fault.
  case damaged(path: String, line: Int?, reason: String)
  /// A file without a tier of the name; for no name, one with several tiers of which not exactly one is of words.
  case noTier(named: String?, path: String, found: [String])
}

extension AnnotationError: CustomStringConvertible, LocalizedError {
  public var description: String {
    // Names of tiers and labels are quoted, and these can have line ends.
    text.split(whereSeparator: \.isNewline).joined(separator: " ")
  }

  public var errorDescription: String? { description }

  private var text: String {
    switch self {
    case .noSuchFile(let path): "\(path): no such file"
    case .file(let error): "\(error)"
    case .unknownFormat(let path): "\(path): not a file of annotations: their names end in .TextGrid, .ctm or .eaf"
    case .damaged(let path, .some(let line), let reason): "\(path), line \(line): \(reason)"
    case .damaged(let path, .none, let reason): "\(path): \(reason)"
    case .noTier(.some(let name), let path, let found):
      "\(path): no tier \"\(name)\"; its tiers are \(Self.list(found))"
    case .noTier(.none, let path, let found):
      "\(path): several tiers, and not exactly one that is named as tiers of words are; name one of \(Self.list(found))"
    }
  }

  private static func list(_ names: [String]) -> String { names.map { "\"\($0)\"" }.joined(separator: ", ") }
}

/// What is wrong with the content of a file of annotations.
struct AnnotationDamage: Error, Equatable {
  let reason: String
  let line: Int?

  init(_ reason: String, line: Int?) { (self.reason, self.line) = (reason, line) }
}
