import Basics
import Corpora

/// Why there is nothing to say of what a model leans on.
public enum AuditError: Error, Equatable, CustomStringConvertible {
  case noClasses(model: String)
  /// No clip is labelled with a class of the model, or only clips of one class are.
  case tooFewClasses(path: String, found: [Emotion], classes: [String])
  case tooFewClips(path: String, found: Int)
  case oneSpeaker(path: String)

  public var description: String {
    switch self {
    case .noClasses(let model): "\(model) has no emotions to tell apart, only numbers: there is nothing to audit"
    case .tooFewClasses(let path, let found, let classes):
      "\(path): needs clips of two or more of the model's emotions (\(classes.joined(separator: ", "))), and has "
        + (found.isEmpty ? "none" : "\(found[0]) only")
    case .tooFewClips(let path, let found):
      "\(path): \(found) clip\(found == 1 ? "" : "s") of the model's emotions: nothing can be said of fewer than "
        + "\(Estimate.leastClips)"
    case .oneSpeaker(let path): "\(path): all clips are of one speaker: nothing can be said of how others differ"
    }
  }
}
