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
    let loss, topTwo: Double
    let classes: [String]
    let byOrigin: [String: Scores]
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
    #expect(line.byOrigin["one"]?.clips == 2 && line.byOrigin["one"]?.accuracy == 0.5)
    #expect(line.byOrigin["two"]?.accuracy == 1 && line.byOrigin["two"]?.byClass["angry"]?.support == 0)
    #expect(line.byOrigin["two"]?.byClass["angry"]?.recall == nil && text.contains("\"recall\":null"))
    #expect(Set(line.byOrigin["two"]?.byClass.keys.map { $0 } ?? []) == Set(line.classes))
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
