import Attributions
import Corpora
import Figures
import Foundation
import Models
import Reports
import TestSupport
import Testing

@Suite("Trust report")
struct TrustReportTests {
  private func report(clips count: Int = 2, measures: [TrustMeasure] = TrustMeasure.allCases) throws -> TrustReport {
    var settings = TrustSettings()
    settings.measures = measures
    (settings.steps, settings.parts, settings.offsets, settings.seed) = (4, 8, 2, 11)
    let model = TrainedModel(untrained: .init(architecture: .cnnatt), seed: 1)
    let examiner = TrustExaminer(model: model, methods: [Saliency()], space: .mel, settings: settings)
    let clips = try (0..<count).map { clip in
      let samples = (0..<9_000).map { Float(sin(Double($0 * $0) * 1e-6 * Double(clip + 1)) * 0.3) }
      return try examiner.examine(samples, path: "clip-\(clip).wav")
    }
    let entries = clips.map { Manifest.Entry(path: $0.path, emotion: .angry) }
    return TrustReport(clips, by: examiner, manifest: Manifest(folder: ".", entries: entries), path: "data.csv")
  }

  @Test("The figure's PNG says what made it, which clips, and what replaced what was taken away")
  func provenance() throws {
    let report = try report()
    let image = try PNGImage(decoding: report.figure.encoded(provenance: report.provenance))
    #expect(image.texts["Source"] == "data.csv" && image.texts["Seed"] == "11")
    #expect(image.texts["Methods"] == "saliency, loudness, random" && image.texts["Replacement"] == "silence")
    #expect(image.texts["Clips"] == "clip-0.wav; clip-1.wav" && image.texts["Source digest"] != nil)
  }

  @Test("What is measured is in the JSON, and where that is not all, in the provenance")
  func measured() throws {
    struct Line: Decodable { let measured: [String] }
    func line(_ report: TrustReport) throws -> Line { try decoded(report.json(figures: [])) }
    let (all, some) = (try report(), try report(measures: [.gini]))
    #expect(try line(all).measured == TrustMeasure.allCases.map(\.rawValue) && all.provenance["Measures"] == nil)
    #expect(try line(some).measured == ["deletion", "insertion", "gini"])
    #expect(some.provenance["Measures"] == "deletion, insertion, gini")
  }

  @Test("Clips that were read by their full paths are named as the manifest names them")
  func relativeNames() throws {
    let entry = Manifest.Entry(path: "deep/a.wav", emotion: .angry)
    let manifest = Manifest(folder: "/corpus", entries: [entry])
    var settings = TrustSettings()
    (settings.steps, settings.parts, settings.offsets) = (2, 2, 1)
    let model = TrainedModel(untrained: .init(architecture: .cnnatt), seed: 1)
    let examiner = TrustExaminer(model: model, methods: [Saliency()], space: .mel, settings: settings)
    let clip = try examiner.examine((0..<4_000).map { sin(Float($0) / 9) }, path: manifest.fullPath(of: entry))
    #expect(
      TrustReport([clip], by: examiner, manifest: manifest, path: "x").provenance["Clips"] == "deep/a.wav")
  }

  @Test("A row a clip and method, and a row a method and measure whose mean is that of the clips")
  func rows() throws {
    let report = try report()
    let clips = report.clipRows
    #expect(clips.count == 1 + 2 * 3 && clips.allSatisfy { $0.count == clips[0].count })
    let column = try #require(clips[0].firstIndex(of: "gini"))
    let ginis = clips.filter { $0[2] == "saliency" }.compactMap { Double($0[column]) }
    let row = try #require(report.summaryRows.first { $0[0] == "saliency" && $0[1] == "gini" })
    #expect(ginis.count == 2 && row[5] == "2")
    #expect(abs(try #require(Double(row[2])) - (ginis[0] + ginis[1]) / 2) < 1e-12)
    // Nothing was planted.
    #expect(!report.summaryRows.contains { $0[1] == "in_cue" } && report.chance(of: .inCue) == nil)
  }
}
