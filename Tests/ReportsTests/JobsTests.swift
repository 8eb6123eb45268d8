import Attributions
import AudioFiles
import Basics
import Corpora
import Figures
import Foundation
import Models
import Reports
import TestSupport
import Testing

@Suite("Jobs: what commands do, without a command")
struct JobsTests {
  // Untrained weights: what the model says is of no matter here.
  let model = TrainedModel(untrained: .init(architecture: .cnnatt), seed: 1)
  let samples = (0..<16_000).map { Float(0.3 * sin(2 * .pi * 200 * Double($0) / 16_000)) }
  let path = FileManager.default.temporaryDirectory.appendingPathComponent("jobs-\(UUID())").path
  let figures = FigureFiles(formats: [.svg], scale: 1)

  var speech: AudioClip { AudioClip(samples: samples, sampleRate: 16_000) }

  func explainer(_ method: any AttributionMethod) -> Explainer {
    Explainer(model: model, method: method, spaces: [.mel])
  }

  func files() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }

  struct Stop: Error {}

  @Test("A clip is explained by each method, and its events name every file that is written")
  func explain() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    var job = ExplainJob(
      explainers: [explainer(Saliency()), explainer(Gradient())], target: nil, versus: nil,
      folder: try OutputFolder(path), figures: figures, arrays: true, sounds: true,
      page: ExplanationPage(model: model, source: "hum.wav"))
    var clips: [ClipExplained] = []
    var pages: [String] = []
    func note(_ event: ExplainEvent) {
      switch event {
      case .explained(let clip): clips.append(clip)
      case .page(let path): pages.append(path)
      case .versusIsPredicted, .pageIsFull, .warning: Issue.record("\(event)")
      }
    }
    try job.explain(
      AudioClip(samples: samples, sampleRate: 16_000, start: 5), of: "a/hum.wav", in: 5..<6,
      as: "hum", note)
    try job.finish(note)
    #expect(clips.map(\.report.explanation.method) == ["saliency", "gradient"])
    #expect(clips.map(\.figures) == ["saliency", "gradient"].map { ["\(path)/hum-0005.00.\($0).svg"] })
    #expect(pages == ["\(path)/explain.html"])
    let sounds = clips.flatMap { $0.listened?.parts.map(\.heard.path) ?? [] }
    let named = clips.flatMap { $0.figures + $0.arrays.values.flatMap(\.paths) } + sounds + pages
    #expect(sounds.count == 4 && clips.allSatisfy { Array($0.arrays.keys) == [.mel] && $0.seconds > 0 })
    #expect(try files().map { "\(path)/\($0)" } == named.sorted())
  }

  @Test("Results of files of one name have their folder's name in front, or the first number that is free behind")
  func stems() throws {
    let fresh = try FreshFolder()
    var folder = try OutputFolder(fresh.path)
    let files = ["a/x.wav", "b/x.wav", "x-3.wav", "b/x.flac", "c/b/x.wav", "b/x.ogg", "-", "a/x-2.wav"]
    #expect(files.map { folder.stem(for: $0) } == ["x", "b-x", "x-3", "x-2", "x-4", "x-5", "stdin", "a-x-2"])
    // Each looks on from the number before.
    let many = (0..<5_000).map { _ in folder.stem(for: "b/x.wav") }
    #expect(many.first == "x-6" && many.last == "x-5005" && Set(many).count == 5_000)
  }

  @Test("The prediction is not compared with itself, which is an event; what a report throws ends the clip")
  func versus() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    let predicted = try explainer(Saliency()).explain(samples, path: "hum.wav") { Target($0) }.predicted
    var job = ExplainJob(
      explainers: [explainer(Saliency())], target: nil, versus: predicted, folder: try OutputFolder(path),
      figures: figures)
    var places: [String] = []
    try job.explain(speech, of: "hum.wav", as: "hum") { event in
      if case .versusIsPredicted(let place) = event { places.append(place) }
      if case .explained(let clip) = event { #expect(clip.report.explanation.target.versus == nil) }
    }
    #expect(places == ["hum.wav"])
    #expect(try files() == ["hum.saliency.svg"])
    #expect(throws: Stop.self) { try job.explain(speech, of: "hum.wav", as: "other") { _ in throw Stop() } }
    #expect(try files() == ["hum.saliency.svg"])
  }

  @Test("Figures that are stopped resume; a failed clip keeps its status, and the numbers are those of one run")
  func figuresResume() throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    try makeFolder(path)
    try AudioClip(samples: samples, sampleRate: 16_000).write(to: "\(path)/hum.wav")
    try writeWhole("not audio", to: "\(path)/bad.wav")
    try writeWhole(
      "path,emotion\nhum.wav,angry\nbad.wav,angry\nhum.wav,fear\n", to: "\(path)/clips.csv")
    let manifest = try Manifest.read("\(path)/clips.csv")
    func job(_ folder: String) throws -> FiguresJob {
      FiguresJob(
        ClipSelection(
          model: model, method: Saliency(), target: .predicted, choice: .all, seed: 3, manifest: manifest,
          path: "clips.csv"),
        spaces: [.mel], clips: 4, drawn: 2, folder: try OutputFolder("\(path)/\(folder)"), figures: figures,
        status: { _ in 7 })
    }
    let whole = try job("whole").run()
    #expect(whole.isFinished && whole.looked == 3 && whole.failures == [7])

    var failed = 0
    let stopped = try job("parts").run(
      { if case .failed = $0 { failed += 1 } }, shouldStop: { true })
    #expect(!stopped.isFinished && stopped.looked == 2 && stopped.failures == [7] && failed == 1)
    var resumedAfter: [Int] = []
    var sheets: [String] = []
    let rest = try job("parts").run { event in
      if case .resumed(let looked, _) = event { resumedAfter.append(looked) }
      if case .sheet(let path, shown: 1, found: 1) = event { sheets.append(path) }
      if case .failed(let error) = event { Issue.record("\(error)") }
    }
    #expect(rest.isFinished && rest.looked == 3 && rest.failures == [7])
    #expect(resumedAfter == [2] && sheets == ["angry", "fear"].map { "\(path)/parts/\($0).svg" })
    for name in ["profiles.csv", "emotions.csv", "claims.csv", "angry.svg", "fear.svg"] {
      let isSame =
        try contents(of: "\(path)/parts/\(name)", limit: 1 << 30)
        == contents(of: "\(path)/whole/\(name)", limit: 1 << 30)
      #expect(isSame, "\(name)")
    }
    #expect(!FileManager.default.fileExists(atPath: "\(path)/parts/resume.json"))
  }
}
