import ArgumentParser
import Attributions
import AudioFeatures
import Foundation
import Models

/// Which edits are tried.
struct EditKindsOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      The edits, separated by commas: \(SoundEdits.Kind.allCases.map(\.rawValue).joined(separator: ", ")). \
      (default: \(SoundEdits.Kind.voice.map(\.rawValue).joined(separator: ", ")))
      """, valueName: "names"))
  var edits: String?

  /// The kinds that are named, each once; those of the voice where none is.
  func kinds() throws -> [SoundEdits.Kind] {
    guard let edits else { return SoundEdits.Kind.voice }
    var kinds: [SoundEdits.Kind] = []
    for name in edits.split(separator: ",", omittingEmptySubsequences: false) {
      let name = name.trimmingCharacters(in: .whitespaces)
      guard let kind = SoundEdits.Kind(rawValue: name) else {
        let known = SoundEdits.Kind.allCases.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("--edits: there is no edit \"\(name)\"; there are \(known)")
      }
      if !kinds.contains(kind) { kinds.append(kind) }
    }
    return kinds
  }
}

/// The search for the smallest edit.
struct SearchOptions: ParsableArguments {
  @OptionGroup var edits: EditKindsOption

  @Option(help: ArgumentHelp("The number of kinds that are changed at once at most: 1 to 3.", valueName: "count"))
  var most = 3

  @Option(
    help: ArgumentHelp(
      "The number of edits from which on no more of several kinds are tried: 10 to 10000.", valueName: "count"))
  var budget = 300

  func validate() throws {
    guard (1...3).contains(most) else { throw ValidationError("--most must lie between 1 and 3") }
    guard (10...10_000).contains(budget) else { throw ValidationError("--budget must lie between 10 and 10000") }
    _ = try edits.kinds()
  }

  func search() throws -> CounterfactualSearch {
    CounterfactualSearch(kinds: try edits.kinds(), most: most, budget: budget)
  }
}

extension SoundEdits.Kind {
  /// The kind in a table's head, where there is little room.
  var brief: String { self == .breathiness ? "breath" : rawValue }
}

extension TrainedModel {
  /// The places of classes that are named, separated by commas, each once.
  func classIndices(of names: String) throws -> [Int] {
    var found: [Int] = []
    for name in names.split(separator: ",", omittingEmptySubsequences: false) {
      let index = try index(of: name.trimmingCharacters(in: .whitespaces))
      guard index < classes.count else {
        throw ValidationError("--to \(name): is a number, and no emotion that a model says")
      }
      if !found.contains(index) { found.append(index) }
    }
    return found
  }
}
