import Attributions
import Basics
import Corpora
import Figures
import Models

/// What a ``FiguresJob`` reports while it runs.
public enum FiguresEvent {
  /// An interrupted run of the same job had looked at so many clips; its file is where this one resumes from.
  case resumed(looked: Int, path: String)
  /// The next few clips are looked at; so many of all that are wanted count as done.
  case looking(Emotion, done: Int)
  /// Only the beginning of a clip, which lasts so many seconds, is used.
  case cut(path: String, seconds: Double)
  /// A clip failed; the rest go on.
  case failed(any Error)
  /// There is no clip of the kind asked for.
  case none(of: Emotion)
  /// A sheet is written: it shows so many clips of those that were found.
  case sheet(path: String, shown: Int, found: Int)
  /// A figure of all clips, or the page, is written.
  case written(path: String)
  /// A part of the results is left out, and why.
  case leftOut(String)
  /// What there is to know of the clips before the results are believed.
  case warning(String)
  /// A claim of the report, and what these clips say of it.
  case claim(String)
}

/// How a ``FiguresJob`` ended.
public struct FiguresResult {
  /// False where it was asked to stop; the same job resumes from there.
  public let isFinished: Bool
  /// Clips looked at, those of an interrupted run too.
  public let looked: Int
  /// The status of each clip that failed, those of an interrupted run too.
  public let failures: [Int32]
}

/// Explains clips of a manifest by emotion, and writes a sheet of each emotion, what all clips say together, and a page. What
/// is found is saved as it runs: after an interruption the same job resumes.
public struct FiguresJob {
  private let selection: ClipSelection
  private let spaces: [InputSpace]
  private let clips, drawn: Int
  private let folder: OutputFolder
  private let figures: FigureFiles
  private let hasPage: Bool
  private let status: (any Error) -> Int32

  /// - Parameters:
  ///   - selection: Where true emotions are explained, its model has a class for each of its manifest.
  ///   - spaces: What sheets show.
  ///   - clips: Of each emotion, at most.
  ///   - drawn: Of those, how many sheets show.
  ///   - figures: How figures are written.
  ///   - hasPage: Whether a page is written too.
  ///   - status: A number that stands for an error of a clip, so that it outlives an interruption.
  public init(
    _ selection: ClipSelection, spaces: [InputSpace], clips: Int, drawn: Int, folder: OutputFolder,
    figures: FigureFiles, hasPage: Bool = false, status: @escaping (any Error) -> Int32
  ) {
    (self.selection, self.spaces, self.clips, self.drawn) = (selection, spaces, clips, drawn)
    (self.folder, self.figures, self.hasPage, self.status) = (folder, figures, hasPage, status)
  }

  /// - Parameters:
  ///   - report: What it throws ends the run.
  ///   - shouldStop: Asked after every few clips; once true, what was found is saved and the run ends.
  /// - Throws: Where the method cannot explain the model at all, or a result cannot be written.
  public func run(
    _ report: (FiguresEvent) throws -> Void = { _ in }, shouldStop: () -> Bool = { false }
  ) throws -> FiguresResult {
    var page = hasPage ? EmotionsPage(selection, overlay: figures.overlay) : nil
    let asked =
      selection.provenance.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
      + ["\(clips) clips, \(drawn) drawn, intervals by speaker"]
    var progress = try RunProgress(
      in: folder.path, asked: asked,
      new: FigureProgress(emotions: selection.groups.map(FigureProgress.OfEmotion.init))
    ) { state in
      state.isPossible(
        candidates: selection.groups.map { group in
          (group, selection.manifest.entries.count { $0.emotion == group })
        }, clips: clips, drawn: drawn, columns: selection.clipHeader.count,
        bands: selection.model.configuration.frontEnd.mels)
    }
    if progress.state.looked > 0 { try report(.resumed(looked: progress.state.looked, path: progress.path)) }
    if selection.groups == [.none] {
      try report(.leftOut("the groups by emotion: \(selection.path) has no emotions, and its clips are one group"))
    }
    let survey = ClipSurvey(selection, spaces: spaces, clips: clips, drawn: drawn)
    var generator = SeededGenerator(seed: selection.seed)
    for index in progress.state.emotions.indices {
      let emotion = progress.state.emotions[index].emotion
      let candidates = generator.shuffled(selection.manifest.entries.filter { $0.emotion == emotion })
      while survey.isWanted(progress.state.emotions[index], of: candidates) {
        try report(.looking(emotion, done: index * clips + progress.state.emotions[index].count))
        progress.state.failures += try survey.go(on: &progress.state.emotions[index], through: candidates, report).map(
          status)
        let stops = shouldStop()
        try progress.save(atOnce: stops)
        if stops { return result(progress.state, isFinished: false) }
      }
      let shown = try survey.shown(progress.state.emotions[index], of: candidates, report)
      try writeSheets(emotion, shown, found: progress.state.emotions[index].count, page: &page, report)
    }
    try writeProfiles(of: progress.state, page: &page, report)
    for warning in progress.state.census.warnings(selection.model.name) { try report(.warning(warning)) }
    if let page { try report(.written(path: folder.write(page.page, named: "figures"))) }
    progress.remove()
    return result(progress.state, isFinished: true)
  }

  private func result(_ state: FigureProgress, isFinished: Bool) -> FiguresResult {
    FiguresResult(isFinished: isFinished, looked: state.looked, failures: state.failures)
  }

  /// A sheet for each input, and the clips that the page plays.
  private func writeSheets(
    _ emotion: Emotion, _ shown: [ClipSurvey.Shown], found: Int, page: inout EmotionsPage?,
    _ report: (FiguresEvent) throws -> Void
  ) throws {
    guard !shown.isEmpty else { return try report(.none(of: emotion)) }
    let sheets = SheetReport(emotion, shown.map { .init($0.entry, $0.explanation) }, of: selection)
    for space in spaces {
      guard let sheet = sheets.figure(at: space) else { continue }
      let stem = emotion.groupStem + (space == .mel ? "" : "-\(space.rawValue)")
      for path in try figures.write(sheet, to: folder, as: stem, provenance: sheets.provenance) {
        try report(.sheet(path: path, shown: shown.count, found: found))
      }
      try page?.add(sheet)
    }
    for clip in shown.prefix(EmotionsPage.clipsOfEmotion) {
      try page?.add(clip.explanation, clip.samples, clip.entry)
    }
  }

  /// Writes the figures and tables of all clips.
  private func writeProfiles(
    of progress: FigureProgress, page: inout EmotionsPage?, _ report: (FiguresEvent) throws -> Void
  ) throws {
    let profiles = EmotionProfiles(
      progress.emotions.map(\.profiles), seed: selection.seed, hasClaims: selection.explainsEmotions)
    guard !profiles.emotions.isEmpty else { return }
    let together = ProfilesReport(profiles, of: selection)
    let paths =
      try figures.write(together.figure, to: folder, as: "profiles", provenance: together.provenance)
      + figures.write(together.measuresFigure, to: folder, as: "measures", provenance: together.provenance)
    for path in paths { try report(.written(path: path)) }
    try folder.write(CSV.text(of: together.profileRows), to: "profiles.csv")
    try folder.write(CSV.text(of: together.emotionRows), to: "emotions.csv")
    let rows = [selection.clipHeader] + progress.emotions.flatMap(\.rows)
    try folder.write(CSV.text(of: rows), to: "clips.csv")
    if selection.explainsEmotions {
      try folder.write(CSV.text(of: together.claimRows), to: "claims.csv")
      for line in together.claimLines { try report(.claim(line)) }
    } else {
      try report(
        .leftOut(
          "the report's claims, which are about predicted or true emotions; the target is \(selection.target.name)"))
    }
    try page?.add(together, clipRows: rows, warnings: progress.census.warnings(selection.model.name))
  }
}
