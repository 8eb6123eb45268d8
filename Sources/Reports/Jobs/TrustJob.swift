import Attributions
import AudioFiles
import Basics
import Corpora
import Models
import Ranks

/// Examines attribution methods on clips of a manifest, until so many are examined; a run that was stopped resumes.
public struct TrustJob {
  public enum Event {
    /// Clips that an interrupted run had examined.
    case resumed(clips: Int)
    /// A method that the model cannot have.
    case leftOut(MethodError)
    /// Clips examined, the share of the next one that is done, and the method at work.
    case progress(Int, share: Double, method: String)
    /// Only the beginning of a clip, which lasts so long, is used.
    case cut(path: String, seconds: Double)
    case failed(any Error)
  }

  public struct Result {
    /// Nil where no clip could be examined.
    public let report: TrustReport?
    /// The exit statuses of the clips that failed, and how many clips were tried.
    public let failures: [Int32]
    public let tried: Int
    public let isFinished: Bool
  }

  private struct State: Codable {
    var next = 0
    var examined: [ClipTrust] = []
    var failures: [Int32] = []
    /// Names of the methods that the model can have; nil before the first clip.
    var methods: [String]?

    /// Folds in what was found of the next clip, or the exit status where it failed.
    mutating func take(_ found: Found, _ failure: Int32?) {
      next += 1
      methods = found.methods ?? methods
      if let clip = found.examined { examined.append(clip) }
      if let failure { failures.append(failure) }
    }
  }

  /// What is found of a clip, by one of the ranks.
  private struct Found: Codable, Sendable {
    /// Names of the methods that the model can have, where this clip was the first to show it.
    var methods: [String]?
    var examined: ClipTrust?
  }

  /// A clip of which only the beginning is used, and the seconds that it lasts.
  private struct Cut: Codable, Sendable {
    let path: String
    let seconds: Double
  }

  private var examiner: TrustExaminer
  private let manifest: Manifest
  private let path: String
  private let clips: Int

  /// - Parameters:
  ///   - path: The manifest's, as given by the user.
  ///   - clips: How many are examined.
  public init(_ examiner: TrustExaminer, manifest: Manifest, path: String, clips: Int) {
    (self.examiner, self.manifest, self.path) = (examiner, manifest, path)
    self.clips = min(clips, manifest.entries.count)
  }

  /// The number of clips that are examined.
  public var count: Int { clips }

  /// - Parameters:
  ///   - folder: Where the state is kept until the end.
  ///   - ranks: Which share the clips by need. The first one has the state and the result, which are those of one rank, and
  ///     reports; the others return nothing.
  ///   - told: How an error is told: its line and its exit status.
  ///   - shouldStop: Asked before each clip; of several ranks the first one asks all the time, hands out no more, and
  ///     takes what is found of those that are examined.
  /// - Throws: ``TrustJobError/noMethod`` where the model can have none of the methods; `RankError.differ`.
  public mutating func run(
    in folder: String, on ranks: any RankGroup = SingleRank(), told: @escaping (any Error) -> ToldError,
    shouldStop: () -> Bool = { false }, _ report: (Event) -> Void
  ) throws -> Result {
    let model = examiner.model
    let asked =
      model.provenance(source: path, manifest: manifest).sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
      + examiner.methods.map(\.nameWithParameters)
      + ["\(examiner.space.rawValue), \(examiner.settings), \(clips) clips, intervals by speaker"]
      + (examiner.target.map { ["target \(model.outputs[$0])"] } ?? [])
      + examiner.siblings.map { "beside \($0.name) \($0.digest)" }
      + (examiner.fineTuned.map { ["fine-tuned \($0.digest)"] } ?? [])
    try ranks.check(asked)
    let methods = examiner.methods.map(\.name)
    let entries = sampled()
    guard ranks.isFirst else {
      try takePart(ranks, with: entries, methods: methods, told)
      return Result(report: nil, failures: [], tried: 0, isFinished: true)
    }
    var progress = try RunProgress(in: folder, asked: asked, new: State()) { isPossible($0, of: entries) }
    if progress.state.next > 0 { report(.resumed(clips: progress.state.examined.count)) }
    if let kept = progress.state.methods { examiner.keep(kept) }
    if ranks.count > 1, progress.state.methods == nil {
      progress.state.methods = keepApplicable(onFirstOf: entries[progress.state.next...], report)
    }
    // Where the first of several ranks can read no clip, it tries them all itself.
    let isShared = try ranks.count > 1 && agree(on: progress.state.methods, of: methods, ranks)
    var (examiner, stops) = (self.examiner, false)
    try shared(by: isShared ? ranks : SingleRank(), told).handOut(from: progress.state.next) { number in
      guard number < entries.count, number - progress.state.next < clips - progress.state.examined.count, !stops
      else { return nil }
      stops = shouldStop()
      if stops { try progress.save(atOnce: true) }
      return stops ? nil : number
    } look: { number, found, say in
      // Then this is another thread.
      if isShared { return try examine(entries[number], by: &examiner, &found, say) }
      let (done, showsMethods) = (progress.state.examined.count, progress.state.methods == nil)
      try examine(entries[number], by: &examiner, &found, showsMethods: showsMethods, say) { error in
        report(.leftOut(error))
      } progress: { share, name in
        report(.progress(done, share: share, method: name))
      }
    } tell: {
      report(.cut(path: $0.path, seconds: $0.seconds))
    } fail: {
      report(.failed($0))
    } take: { _, found, failure in
      progress.state.take(found, failure)
      if isShared { report(.progress(progress.state.examined.count, share: 0, method: "")) }
      try progress.save(atOnce: stops && isShared)
    }
    self.examiner = examiner
    guard progress.state.examined.count == clips || progress.state.next == entries.count else {
      return Result(report: nil, failures: [], tried: progress.state.next, isFinished: false)
    }
    progress.remove()
    let examined = progress.state.examined
    return Result(
      report: examined.isEmpty ? nil : TrustReport(examined, by: examiner, manifest: manifest, path: path),
      failures: progress.state.failures, tried: examined.count + progress.state.failures.count, isFinished: true)
  }

  /// Whether a run can have reached a state that was read.
  private func isPossible(_ state: State, of entries: [Manifest.Entry]) -> Bool {
    var examiner = examiner
    if let kept = state.methods {
      guard kept.count > 2, kept == examiner.methods.map(\.name).filter(kept.contains) else { return false }
      examiner.keep(kept)
    }
    return (0...entries.count).contains(state.next) && state.examined.count <= clips
      && state.next == state.examined.count + state.failures.count && areStatuses(state.failures)
      && (state.methods != nil || state.examined.isEmpty)
      && state.examined.allSatisfy { $0.isPossible(by: examiner) }
  }

  /// Examines what the first rank hands out.
  private mutating func takePart(
    _ ranks: any RankGroup, with entries: [Manifest.Entry], methods: [String],
    _ told: @escaping (any Error) -> ToldError
  ) throws {
    guard try agree(on: nil, of: methods, ranks) else { return }
    var examiner = examiner
    try shared(by: ranks, told).takePart { number, found, say in
      try examine(entries[number], by: &examiner, &found, say)
    }
  }

  private func shared(
    by ranks: any RankGroup, _ told: @escaping (any Error) -> ToldError
  ) -> SharedClips<Int, Found, Cut> {
    SharedClips(on: ranks, new: Found(), told: told, endsRun: { $0 is TrustJobError })
  }

  /// Leaves out the methods that the model cannot have, as the first clip shows it that can be read; returns the names of the
  /// others, or nil where there is no such clip.
  private mutating func keepApplicable(
    onFirstOf entries: ArraySlice<Manifest.Entry>, _ report: (Event) -> Void
  ) -> [String]? {
    for entry in entries {
      guard let speech = try? self.speech(of: entry) else { continue }
      examiner.leaveOutInapplicable(on: speech.samples).forEach { report(.leftOut($0)) }
      return examiner.methods.map(\.name)
    }
    return nil
  }

  /// Keeps on all ranks the methods that the first one names; false where it names none, and no clip is shared.
  private mutating func agree(
    on names: [String]?, of all: [String], _ ranks: any RankGroup
  ) throws(TrustJobError) -> Bool {
    let marks = ranks.sum(all.map { ranks.isFirst && names?.contains($0) == true ? 1 : 0 })
    let kept = zip(all, marks).filter { $1 > 0 }.map(\.0)
    guard !kept.isEmpty else { return false }
    examiner.keep(kept)
    guard kept.count > 2 else { throw .noMethod }
    return true
  }

  private func speech(of entry: Manifest.Entry) throws(AudioFileError) -> AudioClip {
    try examiner.model.configuration.speech(of: manifest.fullPath(of: entry))
  }

  /// - Parameters:
  ///   - examiner: By which the clip is examined.
  ///   - showsMethods: Whether this clip is the first to show which methods the model can have.
  ///   - leftOut: Called with why the model cannot have a method.
  ///   - progress: Called with the share of the clip that is done, and the method at work.
  private func examine(
    _ entry: Manifest.Entry, by examiner: inout TrustExaminer, _ found: inout Found, showsMethods: Bool = false,
    _ say: (Cut) throws -> Void, leftOut: (MethodError) -> Void = { _ in },
    progress: (Double, String) -> Void = { _, _ in }
  ) throws {
    let path = manifest.fullPath(of: entry)
    let speech = try self.speech(of: entry)
    if speech.isCut { try say(Cut(path: path, seconds: speech.sourceDuration)) }
    if showsMethods {
      examiner.leaveOutInapplicable(on: speech.samples).forEach(leftOut)
      found.methods = examiner.methods.map(\.name)
      guard examiner.methods.count > 2 else { throw TrustJobError.noMethod }
    }
    let cue = CueRegion(entry).map { region in
      CueRegion(
        seconds: (region.seconds.lowerBound - speech.place.start)...(region.seconds.upperBound - speech.place.start),
        hertz: region.hertz)
    }
    found.examined = try examiner.examine(
      speech.samples, path: path, label: entry.emotion, speaker: entry.speaker, cue: cue, progress: progress)
  }

  /// The entries in random order; where some have a planted cue, one with and one without in turn.
  private func sampled() -> [Manifest.Entry] {
    var generator = SeededGenerator(seed: examiner.settings.seed)
    let entries = generator.shuffled(manifest.entries)
    let planted = entries.filter { CueRegion($0) != nil }
    let others = entries.filter { CueRegion($0) == nil }
    let pairs = zip(planted, others).flatMap { [$0, $1] }
    return pairs + planted.dropFirst(others.count) + others.dropFirst(planted.count)
  }
}

public enum TrustJobError: Error, Equatable, CustomStringConvertible {
  case noMethod

  public var description: String { "there is no method left to examine" }
}
