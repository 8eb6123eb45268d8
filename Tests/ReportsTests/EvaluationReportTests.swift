import Corpora
import Figures
import Foundation
import Models
import Reports
import TestSupport
import Testing

@testable import Training

@Suite struct EvaluationReportTests {
  // Four clips of two corpora: one angry clip is taken for fear.
  let report: EvaluationReport

  init() {
    let model = TrainedModel(untrained: .init(architecture: .cnnatt), seed: 1)
    let clips = [("a", "one", 0, 0), ("b", "one", 0, 2), ("c", "two", 2, 2), ("d", "two", 3, 3)]
    let predictions = clips.map { path, origin, label, predicted in
      Evaluation.Prediction(
        path: path, origin: origin, label: label, probabilities: (0..<7).map { $0 == predicted ? 0.4 : 0.1 })
    }
    let entries = clips.map { Manifest.Entry(path: $0.0, emotion: Emotion.known[$0.2], origin: $0.1) }
    report = EvaluationReport(
      Evaluation(classes: model.classes, predictions: predictions, loss: 1.5), model: model,
      manifest: Manifest(folder: "corpora", entries: entries), path: "corpora/clips.csv")
  }

  private struct Scores: Decodable {
    struct OfClass: Decodable {
      let precision, recall, f1: Double?
      let support: Int
    }
    let clips: Int
    let accuracy, macroF1: Double
    let confusion: [[Int]]
    let byClass: [String: OfClass]
  }

  private struct Line: Decodable {
    let model, data: String
    let loss, uar, weightedF1: Double
    let classes: [String]
    let groups: [String: [String: Scores]]
    let gaps: [String: [String: String]]
    let figure: String
    let figures: [String]
  }

  @Test("JSON says the same of all clips and of each origin, by the emotions' names")
  func json() throws {
    let text = try report.json(figures: ["a.png", "a.pdf"])
    let line: Line = try decoded(text)
    #expect(line.model == "cnnatt" && line.data == "corpora/clips.csv" && line.loss == 1.5)
    #expect(line.figure == "a.png" && line.figures == ["a.png", "a.pdf"])
    let all: Scores = try decoded(text)
    #expect(all.clips == 4 && all.accuracy == 0.75)
    #expect(all.byClass["angry"]?.recall == 0.5 && all.byClass["fear"]?.precision == 0.5)
    // Recalls 1/2, 1 and 1; F1 2/3 of two clips, 2/3 and 1.
    #expect(abs(line.uar - 2.5 / 3) < 1e-12 && abs(line.weightedF1 - (4 / 3.0 + 2 / 3.0 + 1) / 4) < 1e-12)
    #expect(line.groups.keys.map { $0 } == ["origin"] && line.gaps.isEmpty)
    let (one, two) = try (#require(line.groups["origin"]?["one"]), #require(line.groups["origin"]?["two"]))
    #expect(one.clips == 2 && one.accuracy == 0.5)
    #expect(two.accuracy == 1 && two.byClass["angry"]?.support == 0)
    #expect(two.byClass["angry"]?.recall == nil && text.contains("\"recall\":null"))
    #expect(Set(two.byClass.keys) == Set(line.classes))
  }

  @Test("The page leaves empty what an emotion without clips has not, and says that there are none")
  func absentEmotions() throws {
    let page = try report.page(played: 0).html
    #expect(page.contains("<th scope=\"row\">neutral</th><td></td><td></td><td></td><td>no clips</td>"))
  }

  @Test("Calibration: the four clips of confidence 0.4 and accuracy 0.75, in figure and JSON alike")
  func calibration() throws {
    struct Line: Decodable {
      let calibration: Calibration
    }
    let calibration = (try decoded(report.json(figures: [])) as Line).calibration
    #expect(abs(calibration.expectedCalibrationError - 0.35) < 1e-6)
    // Right: 0.6² + 6 · 0.1²; wrong: 0.9² + 0.4² + 5 · 0.1².
    #expect(abs(calibration.brierScore - (3 * 0.42 + 1.02) / 4) < 1e-6)
    let figure = try #require(report.calibration)
    #expect(figure.bins.map(\.clips) == [4] && figure.bins[0].accuracy == 0.75)
    #expect(figure.expectedCalibrationError == calibration.expectedCalibrationError)
    #expect(figure.title == report.confusion?.title)
  }

  @Test("Columns are grouped by, a temperature fitted and another model compared on the clips in common where asked")
  func options() throws {
    var manifest = report.manifest
    for index in manifest.entries.indices {
      manifest.entries[index].speaker = "\(index / 2)"
      manifest.entries[index].extra = ["sex": index < 2 ? "female" : "male", "age": index == 3 ? "" : "old"]
      if index == 3 { manifest.entries[index].extra["age"] = nil }
    }
    // The other model is right on the second clip, wrong on the third, and does not have the fourth.
    let others = report.evaluation.predictions.dropLast().map { clip in
      Evaluation.Prediction(
        path: clip.path, origin: clip.origin, label: 1,
        probabilities: clip.path == "c" ? [0.9, 0.1] : [0.1, 0.9])
    }
    let rival = RivalModel(
      TrainedModel(untrained: .init(architecture: .fcmfcc), seed: 1),
      Evaluation(classes: ["x", "y"], predictions: others, loss: 0), resemblances: [])
    let full = EvaluationReport(
      report.evaluation, model: report.model, manifest: manifest, path: report.path, columns: ["age", "sex", "age"],
      fitsTemperature: true, against: rival)
    // All are of one age.
    #expect(full.groups.map(\.column) == ["origin", "sex", "speaker"])
    #expect(full.groups[1].groups.map(\.name) == ["female", "male"])
    let difference = try #require(full.difference)
    #expect(difference.difference.clips == 3 && difference.onlyFirst == 1 && difference.onlySecond == 1)
    #expect(difference.both == 1 && difference.exactP == 1)
    #expect(full.temperature?.keepsSpeakersApart == true && full.calibration?.recalibrated != nil)
    #expect(report.calibration?.recalibrated == nil && report.difference == nil)
    #expect(full.intervals == "95 % intervals by speaker" && report.intervals == "95 % intervals by clip")
    let tables = Dictionary(uniqueKeysWithValues: full.tables.map { ($0.name, $0.rows) })
    #expect(tables["coverage"]?.count == 51 && tables["groups"]?.count == 7)
    #expect(tables["groups"]?[3].prefix(3) == ["sex", "female", "2"])
    let page = try full.page(played: 0).html
    #expect(page.contains("Against fcmfcc on 3 common clips") && page.contains("Scores by group"))
  }

  @Test("The figure has the evaluation's counts and scores; its PNG tells the manifest apart from others")
  func figure() throws {
    let figure = try #require(report.confusion)
    #expect(figure.counts[0] == [1, 0, 1, 0, 0, 0, 0])
    #expect(figure.title == ["CNNATT cnnatt on clips.csv"])
    let texts = try PNGImage(decoding: figure.encoded(provenance: report.provenance)).texts
    #expect(texts["Source"] == "corpora/clips.csv" && texts["Source digest"] == report.manifest.digest)
    var other = report.manifest
    other.entries[3].emotion = .neutral
    #expect(other.digest != report.manifest.digest)
    other = report.manifest
    other.entries.swapAt(0, 1)
    #expect(other.digest != report.manifest.digest)
  }
}
