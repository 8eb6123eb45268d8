import Attributions
import AudioFeatures
import AudioFiles
import Basics
import Corpora
import Foundation
import Models
import TestSupport
import Testing

@testable import Reports

@Suite("Jobs that were stopped")
struct StoppedJobsTests {
  /// Calls with a folder of three short clips, and their manifest.
  private func withClips(_ body: (URL, Manifest) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try makeFolder(folder.path)
    defer { try? FileManager.default.removeItem(at: folder) }
    let labels = [Emotion.angry, .fear, .happy]
    for (index, label) in labels.enumerated() {
      var generator = SeededGenerator(seed: UInt64(index))
      let samples = (0..<8_000).map { i in
        Float(0.3 * sin(Double(i) * 0.05 * Double(index + 1)) + 0.05 * generator.normal())
      }
      try AudioClip(samples: samples, sampleRate: 16_000).write(to: folder.appendingPathComponent("\(label).wav").path)
    }
    try body(folder, Manifest(folder: folder.path, entries: labels.map { .init(path: "\($0).wav", emotion: $0) }))
  }

  /// True from the second time on.
  private func afterOneClip() -> () -> Bool {
    var asked = 0
    return {
      asked += 1
      return asked > 1
    }
  }

  private func model(seed: UInt64) -> TrainedModel { TrainedModel(untrained: .init(architecture: .cnnatt), seed: seed) }

  @Test("An examination that was stopped resumes with the clips that it has, to the same numbers")
  func trust() throws {
    try withClips { folder, manifest in
      var settings = TrustSettings()
      (settings.parts, settings.offsets, settings.steps) = (4, 2, 4)
      let model = model(seed: 1)
      func job() -> TrustJob {
        let examiner = TrustExaminer(model: model, methods: [Saliency()], space: .mel, settings: settings)
        return TrustJob(examiner, manifest: manifest, path: "clips.csv", clips: 3)
      }
      func run(_ name: String, stop: () -> Bool = { false }) throws -> (result: TrustJob.Result, resumed: Int?) {
        let path = folder.appendingPathComponent(name).path
        try makeFolder(path)
        var resumed: Int?
        var job = job()
        let result = try job.run(in: path, told: { ToldError("\($0)", status: 65) }, shouldStop: stop) { event in
          if case .resumed(let clips) = event { resumed = clips }
        }
        return (result, resumed)
      }
      let whole = try run("whole")
      #expect(whole.resumed == nil && whole.result.isFinished)
      let stopped = try run("parts", stop: afterOneClip())
      #expect(!stopped.result.isFinished && stopped.result.report == nil)
      let after = try run("parts")
      #expect(after.resumed == 1 && after.result.isFinished)
      #expect(after.result.report?.clipRows == whole.result.report?.clipRows)
      #expect(after.result.report?.summaryRows == whole.result.report?.summaryRows)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.appendingPathComponent("parts").path).isEmpty)
    }
  }

  @Test(
    "Curves and flips that were stopped resume with the clips that they have, a broken one among them, to the same rows"
  )
  func edits() throws {
    try withClips { folder, manifest in
      try writeWhole("no sound", to: manifest.fullPath(of: manifest.entries[1]))
      let model = try TrainedModel.builtIn()
      let search = CounterfactualSearch(kinds: [.tilt, .tempo], most: 1, budget: 30)
      typealias Found = (rows: [[String]], resumed: Int?, isFinished: Bool, failures: Int)
      func run<Row: Codable>(
        _ name: String, stop: () -> Bool, _ isPossible: (Row) -> Bool, _ look: (EditedClip) throws -> Row,
        rows: ([(entry: Manifest.Entry, row: Row)]) -> [[String]]
      ) throws -> Found {
        let path = folder.appendingPathComponent(name).path
        try makeFolder(path)
        var resumed: Int?
        let job = ClipJob<Row>(manifest.entries, of: manifest, sampleRate: 16_000)
        let result = try job.run(
          in: path, asked: [name], status: { _ in 65 }, shouldStop: stop, isPossible: isPossible,
          { if case .resumed(let clips) = $0 { resumed = clips } }
        ) { _, path, clip in
          try look(EditedClip(clip.samples, path: path, model: model, seed: 1))
        }
        return (
          result.rows.isEmpty ? [] : rows(result.rows), resumed, result.isFinished, result.failures.count
        )
      }
      func flips(_ name: String, stop: @escaping () -> Bool = { false }) throws -> Found {
        try run(name, stop: stop) { (row: ClipFlips) in
          row.isPossible(classes: 7)
        } _: {
          try ClipFlips($0, to: Array(0..<7), search: search, seed: 1) { _ in }
        } rows: {
          FlipsReport($0.map { ($0.entry, $0.row) }, of: model, kinds: search.kinds, data: "x", seed: 1).csv
        }
      }
      func curves(_ name: String, stop: @escaping () -> Bool = { false }) throws -> Found {
        try run(name, stop: stop) { (row: ClipResponse) in
          row.isPossible(search.kinds, outputs: 7)
        } _: {
          try ClipResponse($0, kinds: search.kinds, hasControl: true)
        } rows: {
          ResponseReport($0.map { ($0.entry, $0.row) }, of: model, kinds: search.kinds, source: "x", seed: 1).csv
        }
      }
      for (run, name) in [(flips, "flips"), (curves, "curves")] {
        let whole = try run(name, { false })
        #expect(whole.isFinished && whole.resumed == nil && whole.failures == 1 && whole.rows.count > 2)
        let stopped = try run("\(name)-parts", afterOneClip())
        #expect(!stopped.isFinished)
        let after = try run("\(name)-parts", { false })
        #expect(after.isFinished && after.resumed == 1 && after.failures == 1 && after.rows == whole.rows)
      }
    }
  }

  @Test("Clips that are disturbed resume with those that they have, a broken one among them, to the same rows")
  func stability() throws {
    try withClips { folder, manifest in
      try writeWhole("no sound", to: manifest.fullPath(of: manifest.entries[1]))
      let examiner = StabilityExaminer(model: model(seed: 1), methods: [Saliency()], space: .mel)
      func run(
        _ name: String, stop: () -> Bool = { false }
      ) throws -> (rows: [[String]], resumed: Int?, isFinished: Bool) {
        let path = folder.appendingPathComponent(name).path
        try makeFolder(path)
        var resumed: Int?
        let alike = AlikeClips(manifest.entries.map(manifest.fullPath), model: examiner.model)
        let job = ClipJob<ClipStability>(manifest.entries, of: manifest, sampleRate: 16_000)
        let result = try job.run(
          in: path, asked: ["stability"], status: { _ in 65 }, shouldStop: stop,
          isPossible: { $0.isPossible(by: examiner) }, { if case .resumed(let clips) = $0 { resumed = clips } }
        ) { _, path, clip in
          try examiner.examine(clip, path: path) { alike.another(than: path, predicted: $0) }
        }
        let rows = result.rows.map { ($0.entry, $0.row) }
        return (
          rows.isEmpty ? [] : StabilityReport(rows, by: examiner, data: "x").csv, resumed, result.isFinished
        )
      }
      let whole = try run("whole")
      // Two clips, three methods, nine disturbances.
      #expect(whole.isFinished && whole.resumed == nil && whole.rows.count >= 1 + 2 * 3 * 9)
      #expect(try !run("parts", stop: afterOneClip()).isFinished)
      let after = try run("parts")
      #expect(after.isFinished && after.resumed == 1 && after.rows == whole.rows)
    }
  }

  @Test("A comparison that was stopped resumes, to the same rows, plotting what it had not")
  func comparison() throws {
    try withClips { folder, manifest in
      let models = [model(seed: 1), model(seed: 2)]
      let reports = try [Saliency() as any AttributionMethod, InputXGradient()].map {
        ComparisonReport(
          try ModelComparer(models, method: $0, space: .mel), target: "each model's prediction", seed: 0, source: "x")
      }
      let items = manifest.entries.map { ComparisonJob.Item(manifest.fullPath(of: $0), truth: $0.emotion) }
      func run(
        _ name: String, stop: () -> Bool = { false }
      ) throws -> (result: ComparisonJob.Result, plotted: [(String, Bool)]) {
        let path = folder.appendingPathComponent(name).path
        try makeFolder(path)
        var plotted: [(String, Bool)] = []
        let job = ComparisonJob(reports, items: items, target: .predicted, seed: 0, plottedDisagreements: nil)
        let result = try job.run(
          in: path, plotsAgain: false, status: { _ in 65 }, shouldStop: stop, { _ in }
        ) { clip in
          plotted.append((clip.item.path, clip.isAgain))
          return ["\(plotted.count).png"]
        }
        return (result, plotted)
      }
      let whole = try run("whole")
      let stopped = try run("parts", stop: afterOneClip())
      #expect(!stopped.result.isFinished && stopped.plotted.map(\.1) == [false])
      let after = try run("parts")
      #expect(after.plotted.map(\.0) == whole.plotted.map(\.0) && after.plotted.map(\.1) == [true, false, false])
      #expect(after.result.rows == whole.result.rows && after.result.figures == whole.result.figures)
      #expect(
        ComparisonReport.rows(Array(zip(reports, after.result.summaries)))
          == ComparisonReport.rows(Array(zip(reports, whole.result.summaries))))
    }
  }

  @Test("Of a dimension the clips of the largest differences are plotted, in the end and after a stop alike")
  func largestDifferences() throws {
    try withClips { folder, manifest in
      let models = (1...2).map { seed in
        TrainedModel(
          untrained: .init(architecture: .cnnatt, classes: [], dimensions: ["arousal"]), seed: UInt64(seed))
      }
      let report = ComparisonReport(
        try ModelComparer(models, method: Saliency(), space: .mel), target: "arousal", dimension: "arousal", seed: 0,
        source: "x")
      let items = manifest.entries.map { ComparisonJob.Item(manifest.fullPath(of: $0), trueValues: ["arousal": 0.5]) }
      func run(
        _ name: String, stop: () -> Bool = { false }
      ) throws -> (result: ComparisonJob.Result, plotted: [String]) {
        let path = folder.appendingPathComponent(name).path
        try makeFolder(path)
        var plotted: [String] = []
        let job = ComparisonJob([report], items: items, target: .named("arousal"), seed: 0, plottedDisagreements: 2)
        let result = try job.run(in: path, plotsAgain: false, status: { _ in 65 }, shouldStop: stop, { _ in }) { clip in
          plotted.append(clip.item.path)
          return []
        }
        return (result, plotted)
      }
      let whole = try run("whole")
      #expect(try run("parts", stop: afterOneClip()).plotted.isEmpty)
      let after = try run("parts")
      let differences = whole.result.disagreements.compactMap(\.difference)
      #expect(differences.count == 3 && differences == differences.sorted(by: >))
      #expect(whole.plotted == whole.result.disagreements.prefix(2).map(\.path) && after.plotted == whole.plotted)
      #expect(after.result.rows == whole.result.rows && whole.result.rows[1].dropFirst(5).prefix(2).last == "0.5")
      let mean = try #require(whole.result.summaries[0].meanDifference)
      #expect(abs(mean - differences.reduce(0, +) / 3) < 1e-12)
    }
  }

  @Test("A damaged state is refused by name; that of another run is not used")
  func damaged() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    try makeFolder(folder)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    // Its lock on the folder ends with it.
    func run() throws {
      var progress = try RunProgress(in: folder, asked: ["a"], new: [1, 2])
      progress.state.append(3)
      try progress.save(atOnce: true)
    }
    try run()
    #expect(try RunProgress(in: folder, asked: ["a"], new: [0]).state == [1, 2, 3])
    #expect(try RunProgress(in: folder, asked: ["b"], new: [0]).state == [0])
    let path = "\(folder)/resume.json"
    let whole = try String(contentsOfFile: path, encoding: .utf8)
    for damaged in [whole.replacing("3", with: "4"), String(whole.dropLast(5)), "", "{}", "[]"] {
      try writeWhole(damaged, to: path)
      #expect(throws: RunProgressError.damaged(path: path)) { try RunProgress(in: folder, asked: ["a"], new: [0]) }
    }
  }
}
