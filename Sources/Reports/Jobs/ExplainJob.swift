import Attributions
import AudioFiles
import Basics
import Figures
import Foundation
import Models
import Ranks
import Tensors

/// What an ``ExplainJob`` reports while it runs.
public enum ExplainEvent {
  /// The emotion to compare with is the prediction itself: the clip is explained without it.
  case versusIsPredicted(place: String)
  /// A clip is explained by one method, and its files are written.
  case explained(ClipExplained)
  /// What there is to know of all clips before the results are believed.
  case warning(String)
  /// The page has room for no more clips than it has; the files of the others are written.
  case pageIsFull(clips: Int)
  /// The page is written.
  case page(path: String)
}

/// A clip explained by one method, with the files written of it.
public struct ClipExplained {
  public let report: ExplanationReport
  /// The paths of the figure, one a format.
  public let figures: [String]
  /// The arrays; empty where none were asked for.
  public let arrays: [InputSpace: ExplainedArrays]
  /// The sounds; nil where none were asked for, or the method has nothing on the mel.
  public let listened: ExplanationReport.Listened?
  /// What the clip's units are worth, and the files of it; nil where that was not asked.
  public let units: (report: UnitsReport, files: UnitsFiles)?
  /// What explaining and writing took.
  public let seconds: Double

  /// One line of `--json`.
  public var json: String {
    get throws {
      try report.json(
        arrays: arrays, figures: figures, listening: listened, units: units.map { $0.report.json($0.files) },
        seconds: seconds)
    }
  }
}

/// Explains clips, each by several methods, and writes what there is to show of them into a folder: figures, arrays, sounds and
/// one page.
public struct ExplainJob {
  /// A file for one of several ranks.
  private struct Work: Codable, Sendable {
    let number: Int
    /// The room that the page has left, which the files before may take; nil without a page.
    let room: ExplanationPage.Room?
  }

  /// What is found of a file, by one of the ranks, for what is said of all together.
  private struct Found: Codable, Sendable {
    var census = DomainCensus()
    /// What the page may take of it.
    var clips: ExplanationPage.Clips?
  }

  private let explainers: [Explainer]
  private let target, versus: Int?
  private let figures: FigureFiles
  private let writesArrays, writesSounds: Bool
  private let units: UnitsQuestion?
  private var folder: OutputFolder
  private var page: ExplanationPage?
  private var census = DomainCensus()
  /// Is called while a method runs many inputs, with its name, the inputs done and all of them.
  public var progress: ((_ method: String, _ done: Int, _ total: Int) -> Void)?

  /// - Parameters:
  ///   - explainers: All of one model; at least one.
  ///   - target: The output to explain; nil for the predicted one.
  ///   - versus: Explain the difference between the target and this output.
  ///   - figures: How figures are written.
  ///   - arrays: Whether each attribution is also written as an array.
  ///   - sounds: Whether what matters and the rest are also written as sounds, by the attribution on the mel.
  ///   - units: What is asked about the clips' units, if anything.
  ///   - page: What is to become the page, if any.
  public init(
    explainers: [Explainer], target: Int?, versus: Int?, folder: OutputFolder, figures: FigureFiles,
    arrays: Bool = false, sounds: Bool = false, units: UnitsQuestion? = nil, page: ExplanationPage? = nil
  ) {
    demand(!explainers.isEmpty, "a clip is explained by at least one method")
    (self.explainers, self.target, self.versus) = (explainers, target, versus)
    (self.folder, self.figures, self.page) = (folder, figures, page)
    (writesArrays, writesSounds, self.units) = (arrays, sounds, units)
  }

  /// Explains files, and returns the exit statuses of those that failed.
  /// - Parameters:
  ///   - ranks: Which share the files by need. Each writes the files of its own clips; the first one says what is said of
  ///     them, and has the rest, ``finish(_:)`` too. The others return nothing. One file is the first rank's.
  ///   - told: How an error is told: its line and its exit status.
  ///   - explain: Explains a file by the job that it gets, and says what there is to say of it. Where ranks share files, it
  ///     runs on another thread.
  ///   - tell: Gets what was said, in the order of the files.
  ///   - fail: Gets why a file failed, after what was said of it; the rest go on. Where ranks share files, the windows after
  ///     one that the page has room for, and that cannot be made for it, are explained all the same.
  ///   - progress: Gets the number of files that are done.
  /// - Throws: `RankError.differ`, `.folder` and `.failed`; the `FileError` of a folder that the first rank cannot mark;
  ///   where ranks share files what `tell` throws.
  public mutating func run<Said: Codable & Sendable>(
    _ files: [String], on ranks: any RankGroup = SingleRank(), told: @escaping (any Error) -> ToldError,
    explain:
      @escaping (
        _ job: inout ExplainJob, _ file: String, _ stem: String, _ say: (Said) throws -> Void
      ) throws -> Void,
    tell: (Said) throws -> Void, fail: (any Error) -> Void, progress: (Int) -> Void = { _ in }
  ) throws -> [Int32] {
    try ranks.check(asked(files))
    try folder.checkIsShared(by: ranks)
    let isShared = ranks.count > 1 && files.count > 1
    guard ranks.isFirst || isShared else { return [] }
    let stems = files.map { folder.stem(for: $0) }
    let new = self
    var (job, done, failures) = (self, 0, [Int32]())
    let clips = SharedClips<Work, Found, Said>(on: isShared ? ranks : SingleRank(), new: Found(), told: told)
    func look(_ work: Work, _ found: inout Found, _ say: (Said) throws -> Void) throws {
      let (file, stem) = (files[work.number], stems[work.number])
      guard isShared else { return try explain(&job, file, stem, say) }
      var part = new.part(work.room, told: told)
      defer { found = Found(census: part.census, clips: part.page?.clips) }
      try explain(&part, file, stem, say)
    }
    guard ranks.isFirst else {
      try clips.takePart(look)
      return []
    }
    try clips.handOut(
      from: 0,
      next: { number in
        let room = job.page?.roomLeft
        // What ranks make for the page while a file before theirs takes long is kept, and stays small.
        let isTooEarly = (room?.clips ?? 0) > 0 && number - done >= ExplanationPage.room
        return number < files.count && !isTooEarly ? Work(number: number, room: room) : nil
      }, look: look, tell: tell,
      join: { found in
        job.census.add(found.census)
        do {
          if let clips = found.clips { try job.page?.add(clips) }
          return nil
        } catch let error as ToldError {
          return error
        }
      }, fail: fail
    ) { number, _, failure in
      done = number + 1
      if let failure { failures.append(failure) }
      progress(done)
    }
    self = job
    return failures
  }

  /// What ranks have to be asked alike.
  private func asked(_ files: [String]) -> [String] {
    let model = explainers[0].model
    let results = (page != nil, writesArrays, writesSounds, figures.formats.map(\.rawValue))
    return model.provenance(source: "").sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
      + explainers.map(\.method.nameWithParameters) + ["\((target, versus)), \(results), \(units?.asked ?? [])"]
      + files
  }

  /// A job for one of the files, apart from the others.
  /// - Parameter room: The room that the page has left, or had.
  private func part(_ room: ExplanationPage.Room?, told: @escaping (any Error) -> ToldError) -> ExplainJob {
    var part = self
    (part.census, part.page, part.progress) = (DomainCensus(), room.flatMap { page?.part($0, told: told) }, nil)
    return part
  }

  /// Explains a clip, or a stretch of one, by every method, and writes the files.
  /// - Parameters:
  ///   - speech: Trimmed, at the model's sample rate.
  ///   - file: Where it is from, as given by the user.
  ///   - window: The window of the file in seconds; nil where it is all of it.
  ///   - stem: The beginning of the names of the file's results; a window's start and the method's name follow.
  ///   - report: Called after each method; what it throws ends the clip.
  public mutating func explain(
    _ speech: AudioClip, of file: String, in window: Range<Double>? = nil, as stem: String,
    _ report: (ExplainEvent) throws -> Void
  ) throws {
    // Sorted by name, stretches are sorted by time.
    let stem = stem + (window.map { String(format: "-%07.2f", $0.lowerBound) } ?? "")
    let model = explainers[0].model
    // One clip for all methods and targets: its front-end and its prediction are computed once.
    let clip = Clip(speech, model: model)
    census.add(clip.resemblance)
    var reports: [(report: ExplanationReport, listening: Listening?, units: UnitsReport?)] = []
    // One for all methods, so that what the model has answered is asked once.
    var game: (game: UnitGame, kind: String)?
    var undivided: UnitsError?
    for explainer in explainers {
      let start = ContinuousClock.now
      clip.progress = progress.map { progress in { progress(explainer.method.name, $0, $1) } }
      let explained = try explanation(of: clip, by: explainer, file: file, window: window, report)
      let listening = try writesSounds ? listening(to: clip, by: explained) : nil
      let units = try units(of: clip, speech, explained, &game, &undivided)
      try report(
        .explained(write(explained, listening, units, as: "\(stem).\(explainer.method.name)", since: start)))
      reports.append((explained, listening, units))
    }
    // The explanations of the other emotions too, so that the page can switch.
    try page?.add(reports, samples: speech.samples) { [explainers, versus] in
      guard versus == nil else { return [] }
      return try zip(explainers, reports).flatMap { explainer, explained in
        try model.outputs.indices.filter { $0 != explained.report.explanation.target.emotion }.map { index in
          try explainer.explain(clip, path: file) { _ in Target(index) }
        }
      }
    }
    guard let undivided else { return }
    // Windows without speech are to be expected.
    guard window != nil else { throw undivided }
    let words = "\(undivided)".replacing("\(file): ", with: "")
    try report(.warning("\(reports[0].report.place): \(words)"))
  }

  /// What the clip's units are worth, if that is asked.
  /// - Parameters:
  ///   - game: That of the methods before.
  ///   - undivided: Why the clip has no units; then it is not asked again, and explained without them.
  private func units(
    of clip: Clip, _ speech: AudioClip, _ explained: ExplanationReport, _ game: inout (game: UnitGame, kind: String)?,
    _ undivided: inout UnitsError?
  ) throws -> UnitsReport? {
    guard let question = units, undivided == nil else { return nil }
    do {
      let own =
        try game
        ?? question.game(
          clip, of: speech, target: explained.explanation.target, path: explained.file, window: explained.window)
      game = own
      return try UnitsReport(explained, game: own.game, kind: own.kind, question)
    } catch let error as UnitsError where error.isOfTheSound {
      undivided = error
      return nil
    }
  }

  /// Writes the page, if there is one, and warns of clips unlike the training's where there were several.
  public func finish(_ report: (ExplainEvent) throws -> Void) throws {
    if census.clips > 1 {
      for warning in census.warnings(explainers[0].model.name) { try report(.warning(warning)) }
    }
    guard let page else { return }
    if page.leftOut > 0 { try report(.pageIsFull(clips: ExplanationPage.room)) }
    try report(.page(path: folder.write(page.page, named: "explain")))
  }

  private func explanation(
    of clip: Clip, by explainer: Explainer, file: String, window: Range<Double>?,
    _ report: (ExplainEvent) throws -> Void
  ) throws -> ExplanationReport {
    var isSame = false
    let explanation = try explainer.explain(clip, path: file) { predicted in
      isSame = target == nil && predicted == versus
      return Target(target ?? predicted, versus: isSame ? nil : versus)
    }
    let explained = ExplanationReport(explanation, model: explainer.model, file: file, window: window)
    if isSame { try report(.versusIsPredicted(place: explained.place)) }
    return explained
  }

  private func write(
    _ report: ExplanationReport, _ listening: Listening?, _ units: UnitsReport?, as stem: String,
    since start: ContinuousClock.Instant
  ) throws -> ClipExplained {
    let paths = try figures.write(report.figure, to: folder, as: stem, provenance: report.provenance)
    let arrays = writesArrays ? try writeArrays(report, as: stem) : [:]
    let listened = try listening.map { try write($0, of: report.explanation, as: stem) }
    let written = try units.map { ($0, try $0.write(to: folder, as: stem, figures: figures)) }
    return ClipExplained(
      report: report, figures: paths, arrays: arrays, listened: listened, units: written,
      seconds: (ContinuousClock.now - start) / .seconds(1))
  }

  private func writeArrays(_ report: ExplanationReport, as stem: String) throws -> [InputSpace: ExplainedArrays] {
    var written: [InputSpace: ExplainedArrays] = [:]
    for input in report.explanation.inputs {
      written[input.space] = try ExplainedArrays(
        input, of: report.explanation, frontEnd: report.model.configuration.frontEnd, to: folder, as: stem)
    }
    return written
  }

  /// What matters and the rest; nil where the method has nothing on the mel.
  private func listening(to clip: Clip, by report: ExplanationReport) throws -> Listening? {
    let explanation = report.explanation
    guard let input = explanation.inputs.first(where: { $0.space == .mel }) else { return nil }
    return try Listening(
      clip, attribution: input.attribution, isSigned: explanation.isSigned, path: report.file)
  }

  /// Writes what matters and the rest as two sounds.
  private func write(
    _ listening: Listening, of explanation: Explanation, as stem: String
  ) throws -> ExplanationReport.Listened {
    func write(
      _ samples: [Float], _ probabilities: [Double], as name: String
    ) throws -> ExplanationReport.Listened.Part {
      let path = folder.file("\(stem).\(name).wav")
      try AudioClip(samples: samples, sampleRate: explanation.sampleRate).write(to: path)
      guard !probabilities.isEmpty else { return .init(path: path, emotion: nil, probability: nil) }
      let likeliest = probabilities.likeliestClass
      return .init(path: path, emotion: explanation.classes[likeliest], probability: probabilities[likeliest])
    }
    return .init(
      kept: try write(listening.kept, listening.keptProbabilities, as: "matters"),
      rest: try write(listening.rest, listening.restProbabilities, as: "rest"))
  }
}
