import Attributions
import AudioFiles
import Basics
import Corpora
import Figures
import Foundation
import Models
import Ranks
import TestSupport
import Testing

@testable import Reports

private func inWords(_ error: any Error) -> ToldError { ToldError("\(error)", status: 65) }

@Suite("Jobs that ranks share")
struct SharedJobsTests {
  private let fresh: FreshFolder
  private var path: String { fresh.path }

  /// Seven short clips, the third of which is no sound.
  private let manifest: Manifest

  init() throws {
    fresh = try FreshFolder()
    let path = fresh.path
    let entries = (0..<7).map { Manifest.Entry(path: "\($0).wav", emotion: $0.isMultiple(of: 2) ? .angry : .fear) }
    for (index, entry) in entries.enumerated() {
      var generator = SeededGenerator(seed: UInt64(index))
      let samples = (0..<8_000).map { i in
        Float(0.3 * sin(Double(i) * 0.05 * Double(index + 1)) + 0.05 * generator.normal())
      }
      try AudioClip(samples: samples, sampleRate: 16_000).write(to: "\(path)/\(entry.path)")
    }
    try writeWhole("no sound", to: "\(path)/2.wav")
    manifest = Manifest(folder: path, entries: entries)
  }

  /// The bytes of each file in a folder, whose own name is in some texts.
  private func files(_ folder: String) throws -> [String: Data] {
    try Dictionary(
      uniqueKeysWithValues: fresh.files(in: folder).map { name in
        let bytes = try fresh.contents("\(folder)/\(name)")
        guard let text = String(validating: bytes, as: UTF8.self) else { return (name, bytes) }
        return (name, Data(text.replacing("/\(folder)/", with: "/").utf8))
      })
  }

  /// What a run of a job was, on the first rank.
  private struct Run: Sendable, Equatable {
    let isFinished: Bool
    let failures: [Int32]
    var told: [String]
    var resumed: Int?
  }

  private static func model() -> TrainedModel { TrainedModel(untrained: .init(architecture: .cnnatt), seed: 1) }

  /// Examines the clips but for the broken one; a run that stops does so after two at most.
  private func trust(_ folder: String, ranks: Int, stops: Bool = false) throws -> Run {
    let (manifest, path) = (manifest, path)
    try makeFolder("\(path)/\(folder)")
    return try onRanks(ranks) { group in
      var settings = TrustSettings()
      (settings.parts, settings.steps, settings.measures) = (4, 4, [.gini, .infidelity])
      let examiner = try TrustExaminer(
        model: Self.model(), methods: [Saliency(), InputXGradient(), ValueZeroing()], space: .mel,
        settings: settings)
      var job = TrustJob(examiner, manifest: manifest, path: "clips.csv", clips: 6)
      var (told, resumed, asked): ([String], Int?, Int) = ([], nil, 0)
      let result = try job.run(
        in: "\(path)/\(folder)", on: group, told: inWords,
        shouldStop: {
          asked += 1
          return stops && asked > 2
        }
      ) { event in
        switch event {
        case .resumed(let clips): resumed = clips
        case .failed(let error): told.append("\(error)")
        case .leftOut(let error): told.append("\(error)")
        case .cut, .progress: break
        }
      }
      let isFirst = group.isFirst
      #expect(isFirst || (told.isEmpty && result.report == nil && result.failures.isEmpty))
      if let report = result.report {
        _ = try report.write(
          to: try OutputFolder("\(path)/\(folder)"), figures: FigureFiles(formats: [.svg], scale: 1), hasPage: true)
      }
      return Run(isFinished: result.isFinished, failures: result.failures, told: told, resumed: resumed)
    }[0]
  }

  @Test("An examination that ranks share is that of one, with a broken clip, and resumed by any number of ranks")
  func examination() throws {
    let alone = try trust("alone", ranks: 1)
    #expect(alone.isFinished && alone.failures == [65] && alone.resumed == nil && alone.told.count == 2)
    let expected = try files("alone")
    #expect(Set(expected.keys) == ["trust.csv", "clips.csv", "trust.json", "trust.svg", "trust.html"])
    for ranks in [2, 4] {
      let whole = try trust("of-\(ranks)", ranks: ranks)
      #expect(whole.isFinished && whole.failures == [65] && Set(whole.told) == Set(alone.told))
      #expect(Set(try files("of-\(ranks)").keys) == Set(expected.keys))
      for (name, bytes) in try files("of-\(ranks)") {
        #expect(bytes == expected[name], "\(name) of \(ranks) ranks")
      }
    }
    for (first, then) in [(2, 2), (1, 4), (4, 1)] {
      let folder = "stopped-\(first)-\(then)"
      let stopped = try trust(folder, ranks: first, stops: true)
      #expect(!stopped.isFinished && fresh.files(in: folder) == ["resume.json"])
      let rest = try trust(folder, ranks: then)
      #expect(rest.isFinished && rest.failures == [65] && (0...2).contains(rest.resumed ?? 9))
      #expect(try files(folder) == expected, "\(folder)")
    }
  }

  private struct Broken: Error, CustomStringConvertible {
    let description: String
  }

  /// Explains the clips, each as five windows of a file, and of one that breaks two: more than a page has room for.
  private func explain(_ folder: String, ranks: Int) throws -> Run {
    let (files, path) = (manifest.entries.map(manifest.fullPath), path)
    try writeWhole(
      (0..<10).map { "a 1 \(Double($0) / 2) 0.5 word\($0)" }.joined(separator: "\n"), to: "\(path)/words.ctm")
    return try onRanks(ranks) { group in
      let model = Self.model()
      let explainers = [Saliency(), InputXGradient()].map { (method: any AttributionMethod) in
        Explainer(model: model, method: method, spaces: [.mel])
      }
      var job = ExplainJob(
        explainers: explainers, target: nil, versus: nil,
        folder: try OutputFolder("\(path)/\(folder)", isMade: group.isFirst),
        figures: FigureFiles(formats: [.svg], scale: 1), arrays: true, sounds: true,
        units: UnitsQuestion(
          .annotated("\(path)/words.ctm", tier: nil), filling: .floor, shapley: false, erasure: false, seed: 0),
        page: ExplanationPage(model: model, source: "clips"))
      var (told, done): ([String], [Int]) = ([], [])
      func words(_ event: ExplainEvent) -> String {
        switch event {
        case .explained(let clip):
          "\(clip.report.place): \(clip.report.prediction) \(clip.figures) \(clip.arrays.values.flatMap(\.paths))"
        case .versusIsPredicted, .warning, .pageIsFull, .page: "\(event)"
        }
      }
      let failures = try job.run(
        files, on: group, told: inWords,
        explain: { job, file, stem, say in
          let samples = try model.configuration.speech(of: file).samples
          for second in 0..<5 {
            if second == 2, stem == "4" { throw Broken(description: "\(file): broken") }
            let window = Double(second)..<Double(second + 1)
            let speech = AudioClip(samples: samples + samples, sampleRate: 16_000, start: window.lowerBound)
            try job.explain(speech, of: file, in: window, as: stem) { try say(words($0)) }
          }
        }, tell: { told.append($0) }, fail: { told.append("\($0)") }, progress: { done.append($0) })
      if group.isFirst { try job.finish { told.append(words($0)) } }
      #expect(done == (group.isFirst ? Array(1...7) : []) && (group.isFirst || (told.isEmpty && failures.isEmpty)))
      return Run(
        isFinished: true, failures: failures, told: told.map { $0.replacing("/\(folder)/", with: "/") }, resumed: nil
      )
    }[0]
  }

  @Test("Explanations that ranks share are those of one: files, page and words, in the order of the clips")
  func explanations() throws {
    let alone = try explain("alone", ranks: 1)
    let expected = try files("alone")
    // Five clips of five windows and one of two by two methods, the two that fail, and the page that is full and written.
    #expect(alone.failures == [65, 65] && alone.told.count == 27 * 2 + 2 + 2)
    #expect(alone.told.contains("pageIsFull(clips: 24)"))
    let page = String(decoding: try #require(expected["explain.html"]), as: UTF8.self)
    #expect(page.contains("To stay small, this page is without figures as printed of "))
    // Of each a figure, four arrays, two sounds, and the units' figure and table.
    #expect(expected.count == 27 * 2 * 9 + 1)
    for ranks in [2, 4] {
      #expect(try explain("of-\(ranks)", ranks: ranks) == alone)
      let found = try files("of-\(ranks)")
      #expect(Set(found.keys) == Set(expected.keys))
      for (name, bytes) in found { #expect(bytes == expected[name], "\(name) of \(ranks) ranks") }
    }
  }

  @Test("One file is the first rank's, which says at once what there is to say of it")
  func oneFile() throws {
    let path = path
    let lines = try onRanks(2) { group in
      let explainer = Explainer(model: Self.model(), method: Saliency(), spaces: [.mel])
      var job = ExplainJob(
        explainers: [explainer], target: nil, versus: nil,
        folder: try OutputFolder("\(path)/one", isMade: group.isFirst),
        figures: FigureFiles(formats: [.svg], scale: 1))
      var (lines, steps) = ([String](), 0)
      job.progress = { _, _, _ in steps += 1 }
      let failures = try job.run(
        ["\(path)/0.wav"], on: group, told: inWords,
        explain: { job, file, stem, say in
          #expect(group.isFirst && job.progress != nil)
          try say(stem)
          lines.append("said")
          throw Broken(description: "broken")
        }, tell: { lines.append($0) }, fail: { lines.append("\($0)") })
      #expect(failures == (group.isFirst ? [65] : []))
      return lines
    }
    #expect(lines == [["0", "said", "broken"], []])
  }

  @Test("What cannot be said ends the first rank, and the others have no more to do")
  func unsaid() throws {
    let (files, path) = (manifest.entries.map(manifest.fullPath), path)
    let ends = try onRanks(3) { group in
      let explainer = Explainer(model: Self.model(), method: Saliency(), spaces: [.mel])
      var job = ExplainJob(
        explainers: [explainer], target: nil, versus: nil,
        folder: try OutputFolder("\(path)/unsaid", isMade: group.isFirst),
        figures: FigureFiles(formats: [.svg], scale: 1))
      var said: [String] = []
      do {
        _ = try job.run(
          files, on: group, told: inWords, explain: { _, _, stem, say in try say(stem) },
          tell: { stem in
            if stem == "3" { throw Broken(description: "no room for \(stem)") }
            said.append(stem)
          }, fail: { _ in })
      } catch {
        said.append("\(error)")
      }
      return said
    }
    #expect(ends == [["0", "1", "2", "no room for 3"], [], []])
  }

  @Test("Ranks that were asked for other results of explanations explain nothing")
  func otherResults() throws {
    let path = path
    try makeFolder("\(path)/same")
    @Sendable func units(_ seed: UInt64) -> UnitsQuestion {
      UnitsQuestion(.found(.voiced), filling: .floor, shapley: false, erasure: false, seed: seed)
    }
    let changes: [@Sendable () throws -> ExplainJob] = [
      { try Self.job(in: path, target: 1) }, { try Self.job(in: path, versus: 1) },
      { try Self.job(in: path, formats: [.svg, .png]) }, { try Self.job(in: path, arrays: true) },
      { try Self.job(in: path, sounds: true) }, { try Self.job(in: path, units: units(0)) },
      { try Self.job(in: path, page: ExplanationPage(model: Self.model(), source: "clips")) },
    ]
    func error(_ own: @escaping @Sendable () throws -> ExplainJob, _ other: @escaping @Sendable () throws -> ExplainJob)
      throws -> [RankError?]
    {
      try onRanks(2) { group in
        var job = try group.isFirst ? own() : other()
        do {
          _ = try job.run(
            [], on: group, told: inWords, explain: { _, _, _, _ in }, tell: { (_: String) in }, fail: { _ in })
          return nil
        } catch {
          return error as? RankError
        }
      }
    }
    for change in changes {
      #expect(try error({ try Self.job(in: path) }, change) == [.differ, .differ])
      #expect(try error(change, change) == [nil, nil])
    }
    #expect(
      try error({ try Self.job(in: path, units: units(0)) }, { try Self.job(in: path, units: units(1)) })
        == [.differ, .differ])
  }

  private static func job(
    in path: String, target: Int? = nil, versus: Int? = nil, formats: [FigureFormat] = [.svg], arrays: Bool = false,
    sounds: Bool = false, units: UnitsQuestion? = nil, page: ExplanationPage? = nil
  ) throws -> ExplainJob {
    ExplainJob(
      explainers: [Explainer(model: model(), method: Saliency(), spaces: [.mel])], target: target, versus: versus,
      folder: try OutputFolder("\(path)/same"), figures: FigureFiles(formats: formats, scale: 1), arrays: arrays,
      sounds: sounds, units: units, page: page)
  }

  @Test("Ranks that have not the same files, or do not see the folder, explain nothing")
  func apart() throws {
    let path = path
    func errors(_ files: @escaping @Sendable (Int) -> [String], _ folder: @escaping @Sendable (Int) -> String) throws
      -> [RankError?]
    {
      try onRanks(2) { group in
        let explainer = Explainer(model: Self.model(), method: Saliency(), spaces: [.mel])
        var job = ExplainJob(
          explainers: [explainer], target: nil, versus: nil,
          folder: try OutputFolder(folder(group.rank), isMade: group.isFirst),
          figures: FigureFiles(formats: [.svg], scale: 1))
        do {
          _ = try job.run(
            files(group.rank), on: group, told: inWords,
            explain: { _, _, _, _ in Issue.record("a file is explained") }, tell: { (_: String) in }, fail: { _ in })
          return nil
        } catch {
          return error as? RankError
        }
      }
    }
    let (made, other) = ("\(path)/made", "\(path)/other")
    #expect(try errors({ ["\($0).wav"] }, { _ in made }) == [.differ, .differ])
    // Whether it is there or not.
    for _ in 0..<2 {
      #expect(try errors({ _ in [] }, { $0 == 0 ? made : other }) == [.folder(made), .folder(other)])
      try makeFolder(other)
    }
    #expect(try errors({ _ in [] }, { _ in made }) == [nil, nil] && fresh.files(in: "made").isEmpty)
  }

  @Test("Ranks that were asked for different things examine nothing")
  func different() throws {
    let (manifest, path) = (manifest, path)
    let errors = try onRanks(2) { group in
      let examiner = TrustExaminer(model: Self.model(), methods: [Saliency()], space: .mel)
      var job = TrustJob(examiner, manifest: manifest, path: "clips.csv", clips: 2 + group.rank)
      return #expect(throws: RankError.differ) {
        try job.run(in: path, on: group, told: inWords) { _ in }
      } != nil
    }
    #expect(errors == [true, true])
  }

  @Test("Without a method that the model can have, all ranks end with the reason")
  func noMethod() throws {
    let (manifest, path) = (manifest, path)
    let errors = try onRanks(2) { group in
      let examiner = try TrustExaminer(model: Self.model(), methods: [ValueZeroing()], space: .mel)
      var job = TrustJob(examiner, manifest: manifest, path: "clips.csv", clips: 2)
      return #expect(throws: TrustJobError.noMethod) {
        try job.run(in: path, on: group, told: inWords) { _ in }
      } != nil
    }
    #expect(errors == [true, true])
  }
}
