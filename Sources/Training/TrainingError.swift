import Basics
import Models
import Tensors

/// The reason why a training cannot start, or cannot continue. The description is one line.
public enum TrainingError: Error, Equatable, Sendable, CustomStringConvertible {
  case tooFewClips(found: Int)
  case oneClass(name: String)
  case noValidationClips
  /// A clip whose emotion is none of the model's classes.
  case unknownClass(path: String, emotion: String, classes: [String])
  /// A clip without a number for one of the model's dimensions.
  case noValue(path: String, dimension: String, found: String?)
  /// A clip without votes for any of the model's classes, or with votes that are no numbers.
  case noVotes(path: String, reason: String)
  case recipe(reason: String)
  /// The loss is NaN or infinite; `keptEpoch` is the one whose weights are in the folder.
  case diverged(epoch: Int, rate: Double, keptEpoch: Int?, folder: String)
  case nothingToResume(folder: String)
  /// A manifest that the training began with is not where it was; `option` takes its new path.
  case manifestMoved(folder: String, path: String, option: String)
  case damagedState(path: String, reason: String)
  case noHistory(folder: String)
  /// A folder in which, and below which, there is no training.
  case noRuns(folder: String)
  case damagedHistory(path: String, reason: String)
  /// A file of a cross-validation's tests.
  case damagedTests(path: String, reason: String)
  case file(FileError)
  /// The clips or their features are not those that the training began with.
  case otherData(folder: String)
  case alreadyFinished(folder: String, epochs: Int)
  /// A frozen encoder's states that are larger than they may be, in bytes.
  case statesTooLarge(folder: String, needed: Int, limit: Int)
  /// A file of a frozen encoder's states that cannot be written or read.
  case weights(TensorFileError)
  /// The pretrained parts are not those that the training began with.
  case otherEncoder(folder: String)
  /// More ranks than the clips of a batch.
  case tooManyRanks(count: Int, batch: Int)
  /// A model whose batches several ranks cannot share.
  case wholeBatches(model: String, reason: String)
  /// Ranks that were not given the same.
  case ranksDiffer

  public var description: String {
    switch self {
    case .tooFewClips(let found):
      "training needs at least 2 clips, and there \(found == 1 ? "is 1" : "are \(found)")"
    case .oneClass(let name): "training needs clips of at least 2 emotions, and all are \(name)"
    case .noValidationClips:
      "there are no validation clips; without them the best epoch cannot be known, unless the last one is to be kept (--final)"
    case .unknownClass(let path, let emotion, let classes):
      "\(path): the model has no class \(emotion.isEmpty ? "for a clip without a label" : emotion); it has \(classes.joined(separator: ", "))"
    case .noValue(let path, let dimension, let found):
      "\(path): "
        + (found.map { "\"\($0)\" in the column \(dimension) is no number" } ?? "no value in a column \(dimension)")
        + "; the model predicts one"
    case .noVotes(let path, let reason): "\(path): \(reason), and the training learns from votes"
    case .recipe(let reason): "the recipe cannot be followed: \(reason)"
    case .diverged(let epoch, let rate, let kept, let folder):
      "the training diverged in epoch \(epoch): the loss is not a number any more at rate \(rate). Try a tenth of that "
        + "rate."
        + (kept.map { " The weights of epoch \($0) are in \(folder)" } ?? "")
    case .nothingToResume(let folder): "\(folder): no training to resume: it has no resume.json"
    case .manifestMoved(let folder, let path, let option):
      "\(path): no such manifest, and \(folder) was trained on it; where it has moved, name it with \(option)"
    case .damagedState(let path, let reason): "\(path): \(reason); start the training anew"
    case .noHistory(let folder): "\(folder): no training to draw: it has no history.csv"
    case .noRuns(let folder): "\(folder): no trainings there: no history.csv in it or below it"
    case .damagedHistory(let path, let reason): "\(path): no history of a training: \(reason)"
    case .damagedTests(let path, let reason): "\(path): no tests of a cross-validation: \(reason)"
    case .file(let error): "\(error)"
    case .otherData(let folder):
      "\(folder): this training began with other clips or other features; resume it with the same, or start anew"
    case .alreadyFinished(let folder, let epochs):
      "\(folder): this training is finished after \(epochs) epochs; ask for more with --epochs to go on"
    case .statesTooLarge(let folder, let needed, let limit):
      "\(folder): the encoder's states of these clips and what is there take \(needed / 1_000_000) MB, and the limit is "
        + "\(limit / 1_000_000) MB; raise it with --cache-limit, or train on fewer clips"
    case .weights(let error): "\(error)"
    case .otherEncoder(let folder):
      "\(folder): this training began with another encoder than the one that is there now; name that one with --encoder"
    case .tooManyRanks(let count, let batch):
      "\(count) ranks cannot share batches of \(batch) clips; start at most \(batch), or take a larger --batch"
    case .wholeBatches(let model, let reason): "\(model) does not train over several ranks: \(reason)"
    case .ranksDiffer:
      "the ranks have not the same clips, settings or epochs done; all of them need the same command, manifest and, to "
        + "resume, folder"
    }
  }
}

extension Recipe {
  /// Throws where nothing can be trained with this recipe.
  func check() throws(TrainingError) {
    if let problem { throw .recipe(reason: "\(problem.key) \(problem.reason)") }
  }
}
