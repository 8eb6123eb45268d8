import Basics
import Foundation

/// An error in a manifest or a folder of corpora. The description is one line: the file, then the reason.
public enum ManifestError: Error, Equatable, Sendable {
  case noSuchManifest(path: String)
  case file(FileError)
  case notUTF8(path: String)
  case syntax(path: String, line: Int, reason: String)
  case missingColumn(path: String, name: String, found: [String])
  /// A row with more fields than the header has.
  case fieldCount(path: String, line: Int, expected: Int, found: Int)
  /// A manifest without usable rows; `droppedRows` had an empty value.
  case empty(path: String, droppedRows: Int)
  /// A folder of corpora that does not exist.
  case noSuchFolder(path: String)
  /// A folder without usable clips: the names of `unrecognised` audio files belong to no corpus; `leftOut` files belong
  /// to one that does not use files of these kinds.
  case noClips(folder: String, unrecognised: Int, leftOut: Int, kinds: [String])
  /// A folder in a manifest's place that holds none, and whose files are not labelled by their names either.
  indirect case noManifest(ManifestError)
  /// Neither a file of published folds nor a folder with some.
  case noFolds(path: String)
  /// A fold of which only one part is there.
  case incompleteFold(path: String, number: Int, part: String)
  /// Published folds of other clips than a manifest's.
  case noFoldClips(path: String, manifest: String)
  /// A clip that a published fold has twice.
  case inTwoParts(clip: String, fold: Int, first: String, second: String)
}

extension ManifestError: CustomStringConvertible, LocalizedError {
  public var description: String {
    switch self {
    case .noSuchManifest(let path): "\(path): no such manifest"
    case .file(let error): "\(error)"
    case .notUTF8(let path): "\(path): not a CSV file in UTF-8"
    case .syntax(let path, let line, let reason): "\(path), line \(line): \(reason)"
    case .missingColumn(let path, let name, let found):
      "\(path): no column \"\(name)\" in its first line, which has \(found.joined(separator: ", "))"
    case .fieldCount(let path, let line, let expected, let found):
      "\(path), line \(line): \(found) fields, but the first line names \(expected) (quote a value with commas)"
    case .empty(let path, 0): "\(path): the manifest lists no clips"
    case .empty(let path, let dropped):
      "\(path): the manifest lists no clips (\(dropped) rows with an empty value dropped)"
    case .noSuchFolder(let path): "\(path): no such folder"
    case .noClips(let folder, 0, 0, _): "\(folder): no clips in it"
    case .noClips(let folder, let unrecognised, 0, _):
      "\(folder): none of its \(unrecognised) audio files is named as the corpora name theirs"
    case .noClips(let folder, let unrecognised, let leftOut, let kinds):
      "\(folder): no clips of speech in one of the seven emotions (\(leftOut) files of \(kinds.alternatives)"
        + (unrecognised > 0 ? ", \(unrecognised) of other names)" : ")")
    case .noManifest(let error):
      "\(error), and there is no manifest.csv in it: write one, with the columns path and emotion"
    case .noFolds(let path):
      "\(path): no folds, neither EmoBox's (NAME_train_fold_1.jsonl) nor EMO-SUPERB's (NAME_1.csv with a Split_Set)"
    case .incompleteFold(let path, let number, let part):
      "\(path): fold \(number) has a \(part) part only; name the folder with the others"
    case .noFoldClips(let path, let manifest): "\(path): has no clip of \(manifest), by the names of files"
    case .inTwoParts(let clip, let fold, let first, let second):
      "\(clip): is in the \(first) and in the \(second) part of fold \(fold)"
    }
  }

  public var errorDescription: String? { description }
}
