import ArgumentParser
import Attributions
import AudioFeatures
import Basics
import Corpora
import Foundation
import Models
import Reports

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

/// The clips of a command that takes files or a manifest: all files, or a sample of each emotion.
func sampledClips(
  _ files: ClipFiles, data: String?, clips: Int, seed: UInt64
) throws -> (manifest: Manifest, entries: [Manifest.Entry]) {
  guard let data else {
    let entries = try files.paths().map { Manifest.Entry(path: $0, emotion: .none) }
    return (Manifest(folder: "", entries: entries), entries)
  }
  let manifest = try readManifest(data)
  return (manifest, manifest.sampled(clips, seed: seed))
}

extension Manifest {
  /// So many clips of each emotion at most, drawn at random.
  func sampled(_ clips: Int, seed: UInt64) -> [Entry] {
    var generator = SeededGenerator(seed: seed)
    return (emotions.isEmpty ? [Emotion.none] : emotions).flatMap { emotion in
      generator.shuffled(entries.filter { $0.emotion == emotion }).prefix(clips)
    }
  }
}

/// Shows what a ``ClipJob`` reports.
func tell<Row>(_ event: ClipJob<Row>.Event, _ bar: ProgressBar) {
  switch event {
  case .resumed(let clips): Console.note("undertone: resuming after \(clips) clips")
  case .progress(let done): bar.show(done)
  case .cut(let path, let seconds): noteCut(path, seconds: seconds)
  case .failed(let error): Console.report(error)
  }
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

  /// What a run is asked for, as far as the model and the clips say it.
  func asked(source: String, manifest: Manifest) -> [String] {
    provenance(source: source, manifest: manifest).filter { $0.key != "Command" }.sorted { $0.key < $1.key }
      .map { "\($0.key): \($0.value)" }
  }
}
