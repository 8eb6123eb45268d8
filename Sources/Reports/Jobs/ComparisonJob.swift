import Attributions
import AudioFiles
import Basics
import Corpora
import Models

/// Compares models on clips, by one method or several; a run that was stopped resumes.
public struct ComparisonJob {
  /// A clip to compare the models on.
  public struct Item {
    public let path: String
    /// Nil where it is not known.
    public let truth: Emotion?
    /// By whom intervals are resampled, where it is known.
    public let speaker: String?
    /// The true values of dimensions that are known, by name.
    public let trueValues: [String: Double]

    public init(
      _ path: String, truth: Emotion? = nil, speaker: String? = nil, trueValues: [String: Double] = [:]
    ) {
      (self.path, self.truth, self.speaker, self.trueValues) = (path, truth, speaker, trueValues)
    }
  }

  /// Which output of each model is explained.
  public enum Target: Equatable {
    case predicted, label
    /// A class or dimension by its name.
    case named(String)

    public var words: String {
      switch self {
      case .predicted: "each model's prediction"
      case .label: "the true emotion"
      case .named(let name): name
      }
    }

    /// The dimension that it is in all models; nil where it is a class of one.
    public func dimension(of models: [TrainedModel]) -> String? {
      guard case .named(let name) = self, models.allSatisfy({ $0.dimensions.contains(name) }) else { return nil }
      return name
    }
  }

  /// A clip that is plotted, by method.
  public struct Plotted {
    public let item: Item
    public let compared: [ComparedClip]
    /// The clip as each model takes it.
    public let clips: [Clip]
    /// The file's, where a model uses them.
    public let samples: [Float]
    /// Whether an interrupted run had plotted it: only a page needs it again.
    public let isAgain: Bool
  }

  public enum Event {
    /// Clips that an interrupted run had compared.
    case resumed(clips: Int)
    case progress(Int)
    /// Only the beginning of a clip, which lasts so long, is used.
    case cut(path: String, seconds: Double)
    case failed(any Error)
  }

  /// A clip on which the models predict different classes, or any clip where a dimension is explained.
  public struct Disagreement: Codable {
    public let path: String
    public let predictions: [String]
    /// How far the values of the explained dimension are apart; nil of classes.
    public let difference: Double?
    /// The clip's place among the items.
    let place: Int
  }

  public struct Result {
    /// Agreements by method; empty where no clip could be compared.
    public let summaries: [AgreementSummary]
    /// The table of clips, its header first.
    public let rows: [[String]]
    /// Where a dimension is explained, those that differ most come first.
    public let disagreements: [Disagreement]
    /// The figures written.
    public let figures: [String]
    /// What there is to know of the clips before the results are believed.
    public let warnings: [String]
    /// Of all clips together.
    public let seconds: ComparisonSeconds
    /// The exit statuses of the clips that failed.
    public let failures: [Int32]
    public let isFinished: Bool
  }

  private struct State: Codable {
    var next = 0
    /// Agreements by method, clip and pair of models.
    var agreements: [[[Agreement]]]
    /// The speaker of each of those clips.
    var speakers: [String?] = []
    var seconds: [ComparisonSeconds] = []
    var rows: [[String]]
    var disagreements: [Disagreement] = []
    /// The places of the clips that were plotted, and the figures written.
    var plotted: [Int] = []
    var figures: [String] = []
    var failures: [Int32] = []
    /// Where the clips lie by the training of each model.
    var censuses: [DomainCensus]
  }

  public let reports: [ComparisonReport]
  private let items: [Item]
  private let target: Target
  private let seed: UInt64
  /// Clips that are plotted: the first with different classes, or those whose values differ most; nil plots every clip.
  private let plottedDisagreements: Int?

  /// - Parameter reports: By method, of the same models.
  public init(
    _ reports: [ComparisonReport], items: [Item], target: Target, seed: UInt64, plottedDisagreements: Int?
  ) {
    (self.reports, self.items, self.target, self.seed) = (reports, items, target, seed)
    self.plottedDisagreements = plottedDisagreements
  }

  /// - Parameters:
  ///   - folder: Where the state is kept until the end.
  ///   - plotsAgain: Whether clips that an interrupted run plotted are computed again, for a page.
  ///   - status: The exit status of an error.
  ///   - shouldStop: Asked before each clip.
  ///   - plot: Plots a clip and returns the figures written.
  public func run(
    in folder: String, plotsAgain: Bool, status: (any Error) -> Int32, shouldStop: () -> Bool = { false },
    _ report: (Event) -> Void, plot: (Plotted) throws -> [String]
  ) throws -> Result {
    let asked =
      reports.flatMap { $0.provenance().sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" } }
      + ["\(target), seed \(seed), intervals by speaker"] + items.map(\.path)
    var progress = try RunProgress(
      in: folder, asked: asked,
      new: State(
        agreements: reports.map { _ in [] }, rows: [reports[0].clipHeader],
        censuses: reports[0].comparer.models.map { _ in DomainCensus() }),

      isPossible: isPossible)
    if progress.state.next > 0 { report(.resumed(clips: progress.state.next)) }
    for place in progress.state.plotted {
      // Its name among the results is taken either way.
      let found = plotsAgain ? try compared(items[place], report) : nil
      _ = try plot(
        Plotted(
          item: items[place], compared: found?.compared ?? [], clips: found?.clips ?? [],
          samples: found?.samples ?? [], isAgain: true))
    }
    while progress.state.next < items.count {
      if shouldStop() {
        try progress.save(atOnce: true)
        return Result(
          summaries: [], rows: [], disagreements: [], figures: [], warnings: [], seconds: ComparisonSeconds(),
          failures: [], isFinished: false)
      }
      try compareNext(&progress.state, status, report, plot)
      try progress.save(atOnce: false)
    }
    progress.state.disagreements.sort { ($0.difference ?? 0, $1.place) > ($1.difference ?? 0, $0.place) }
    if reports[0].dimension != nil, let plottedDisagreements {
      for clip in progress.state.disagreements.prefix(plottedDisagreements)
      where !progress.state.plotted.contains(clip.place) {
        try self.plot(clip.place, try compared(items[clip.place], { _ in }), &progress.state, plot)
        try progress.save(atOnce: false)
      }
    }
    progress.remove()
    return result(of: progress.state)
  }

  /// Whether a run can have reached a state that was read.
  private func isPossible(_ state: State) -> Bool {
    let models = reports[0].comparer.models.count
    let (pairs, done) = (AgreementSummary.pairs(models).count, state.next - min(state.next, state.failures.count))
    let places = state.disagreements.map(\.place)
    return (0...items.count).contains(state.next) && state.failures.count <= state.next && areStatuses(state.failures)
      && state.agreements.count == reports.count
      && state.agreements.allSatisfy { clips in
        // A clip that failed while it was plotted is in the tables.
        (done...state.next).contains(clips.count) && clips.count == state.agreements[0].count
          && clips.allSatisfy {
            $0.count == pairs && $0.allSatisfy { $0.values.values.allSatisfy { abs($0) <= 1.001 } }
          }
      }
      && state.speakers.count == state.agreements[0].count && state.seconds.count == state.speakers.count
      && state.seconds.allSatisfy(\.isPossible) && state.censuses.count == models
      && state.censuses.allSatisfy { $0.isPossible(of: state.next) }
      && state.rows.first == reports[0].clipHeader
      && state.rows.count == 1 + reports.count * state.agreements[0].count
      && state.rows.allSatisfy { $0.count == state.rows[0].count }
      && places.allSatisfy { (0..<state.next).contains($0) } && Set(places).count == places.count
      && state.disagreements.allSatisfy {
        $0.path == items[$0.place].path && $0.predictions.count == models
          && ($0.difference == nil) == (reports[0].dimension == nil) && abs($0.difference ?? 0) < 1e30
      }
      && state.plotted.allSatisfy { (0..<state.next).contains($0) } && Set(state.plotted).count == state.plotted.count
  }

  /// Compares the models on the next clip, and plots it where it is known already that it is to be plotted.
  private func compareNext(
    _ state: inout State, _ status: (any Error) -> Int32, _ report: (Event) -> Void,
    _ plot: (Plotted) throws -> [String]
  ) throws {
    let (place, item) = (state.next, items[state.next])
    report(.progress(place))
    state.next += 1
    do {
      let found = try compared(item, report)
      for (number, clip) in found.compared.enumerated() {
        let agreements = AgreementSummary.pairs(clip.maps.count).map { clip.agreement($0.0, $0.1) }
        state.agreements[number].append(agreements)
        state.rows.append(
          reports[number].row(clip, truth: item.truth?.rawValue, trueValues: item.trueValues, agreements: agreements))
      }
      state.speakers.append(item.speaker)
      state.seconds.append(
        ComparisonSeconds(used: found.compared[0].duration, shared: found.compared[0].sharedDuration))
      for (model, clip) in found.clips.enumerated() { state.censuses[model].add(clip.resemblance) }
      // Each method has the same predictions.
      let first = found.compared[0]
      if !first.areOneMind || first.difference != nil {
        state.disagreements.append(
          Disagreement(path: item.path, predictions: first.predictions, difference: first.difference, place: place))
      }
      // The largest differences are known at the end.
      let isPlotted =
        plottedDisagreements.map {
          first.difference == nil && !first.areOneMind && state.disagreements.count <= $0
        } ?? true
      if isPlotted { try self.plot(place, found, &state, plot) }
    } catch let error as ExplanationError where error.isOfTheMethod {
      throw error
    } catch {
      report(.failed(error))
      state.failures.append(status(error))
    }
  }

  private func result(of state: State) -> Result {
    let summaries =
      state.agreements[0].isEmpty
      ? []
      : state.agreements.map { found in
        AgreementSummary(
          models: reports[0].comparer.models.map(\.name), clips: found, speakers: state.speakers,
          disagreements: state.disagreements.count,
          differences: state.disagreements.compactMap(\.difference), seed: seed)
      }
    return Result(
      summaries: summaries, rows: state.rows, disagreements: state.disagreements, figures: state.figures,
      warnings: zip(reports[0].comparer.models, state.censuses).flatMap { $1.warnings($0.name) },
      seconds: state.seconds.reduce(into: ComparisonSeconds()) { $0.add($1) }, failures: state.failures,
      isFinished: true)
  }

  private typealias Found = (compared: [ComparedClip], clips: [Clip], samples: [Float])

  private func plot(
    _ place: Int, _ found: Found, _ state: inout State, _ plot: (Plotted) throws -> [String]
  ) throws {
    state.figures += try plot(
      Plotted(
        item: items[place], compared: found.compared, clips: found.clips, samples: found.samples, isAgain: false))
    state.plotted.append(place)
  }

  private func compared(_ item: Item, _ report: (Event) -> Void) throws -> Found {
    let comparer = reports[0].comparer
    let rate = comparer.frontEnd.sampleRate
    let file = try AudioClip.trimmedSpeech(path: item.path, sampleRate: rate, trimming: .off)
    if file.isCut { report(.cut(path: item.path, seconds: file.sourceDuration)) }
    let clips = comparer.clips(of: file)
    let compared = try reports.map { report in
      try report.comparer.compare(clips, path: item.path) { model in
        switch target {
        case .predicted: nil
        case .label: model.outputs.firstIndex(of: item.truth!.rawValue)
        case .named(let name): model.outputs.firstIndex(of: name)
        }
      }
    }
    let used = compared[0].place.speech
    func sample(_ seconds: Double) -> Int { min(file.samples.count, Int((seconds * Double(rate)).rounded())) }
    return (compared, clips, Array(file.samples[sample(used.lowerBound)..<sample(used.upperBound)]))
  }
}

/// How much of some clips models were compared on.
public struct ComparisonSeconds: Codable, Sendable {
  /// Seconds that at least one model uses, and those that all use, over which agreement is measured.
  public private(set) var used = 0.0
  public private(set) var shared = 0.0

  public init() {}

  public init(used: Double, shared: Double) { (self.used, self.shared) = (used, shared) }

  public mutating func add(_ other: ComparisonSeconds) {
    (used, shared) = (used + other.used, shared + other.shared)
  }

  /// Counts from a file can be anything.
  var isPossible: Bool { used > 0 && used < 1e9 && shared >= 0 && shared <= used + 1e-6 }

  /// Where the models use different parts of the clips, that, in words; else nil.
  public var words: String? {
    guard used - shared > 0.05 else { return nil }
    return String(format: "all models use %.2f of %.2f s; two agree over what both use", shared, used)
  }
}
