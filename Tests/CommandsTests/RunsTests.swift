import Foundation
import TestSupport
import Testing

@Suite("runs")
struct RunsTests {
  let folder: Folder

  /// Folders without weights, with only what is read: two seeds of cnnatt, one fcmfcc, a cross-validation, one without
  /// validation.
  init() throws {
    folder = try Folder()
    try write("runs/att-0", accuracies: [0.5, 0.7, 0.6], seed: 0)
    try write("runs/att-1", accuracies: [0.72, 0.74], seed: 1)
    try write("runs/deep/down/fc", accuracies: [0.61], architecture: "fcmfcc", rate: "0.0005")
    for fold in 1...2 { try write("runs/folds/fold-\(fold)", accuracies: [0.9]) }
    try folder.write(
      """
      seed,fold,clips,uar,accuracy,macro_f1,calibration_error
      0,1,14,0.5,0.25,0.4,0.1
      0,2,14,0.7,0.75,0.6,0.3

      """, to: "runs/folds/folds.csv")
    try write("runs/last", accuracies: [nil, nil])
  }

  /// Losses are 1 − accuracy, so that the best epoch is the most accurate; macro F1 is half of it.
  private func write(
    _ name: String, accuracies: [Double?], architecture: String = "cnnatt", seed: Int = 0, rate: String = "0.001"
  ) throws {
    try folder.write(
      """
      {"architecture": "\(architecture)", "training": {"recipe": "published", "rate": \(rate), "seed": \(seed),
      "training_clips": 112}}
      """, to: "\(name)/config.json")
    let rows = accuracies.enumerated().map { index, accuracy in
      let scores = accuracy.map { "\(1 - $0),\($0),\($0 / 2)" } ?? ",,"
      return "\(index + 1),1.5,\(scores),0.001,10.00"
    }
    let header = "epoch,train_loss,validation_loss,validation_accuracy,validation_macro_f1,rate,seconds"
    try folder.write(([header] + rows).joined(separator: "\n") + "\n", to: "\(name)/history.csv")
  }

  private struct Line: Decodable {
    struct Run: Decodable {
      let name, folder, architecture, recipe: String
      let seeds: [Int]
      let models, trainingClips, epochs: Int
      let bestEpoch: Int?
      let accuracy: Double?
      let seconds: Double
      let tests: Int?
      let testMean, testDeviation: Scores?
    }
    struct Scores: Decodable { let averageRecall, accuracy: Double }
    let runs: [Run]
  }

  @Test("Each training once, a cross-validation as one, the best first")
  func list() throws {
    let run = try folder.undertone("runs", "runs", "runs/deep/down", "--json")
    #expect(run.status == 0 && run.errors.isEmpty, "\(run)")
    let runs = try (decoded(run.output[0]) as Line).runs
    #expect(runs.map(\.name) == ["att-1", "att-0", "fc", "folds", "last"])
    #expect(runs.map(\.folder)[2] == "runs/deep/down/fc" && runs[2].recipe.hasPrefix("published, rate 0.0005"))
    #expect(runs.map(\.bestEpoch) == [2, 2, 1, nil, nil] && runs.map(\.epochs) == [2, 3, 1, 1, 2])
    #expect(runs.map(\.accuracy) == [0.74, 0.7, 0.61, 0.9, nil] && runs.allSatisfy { $0.trainingClips == 112 })
    #expect(runs.map(\.seconds) == [20, 30, 10, 20, 20] && runs[0].seeds == [1])
    let folds = runs[3]
    #expect(folds.models == 2 && folds.tests == 2 && folds.testMean?.averageRecall == 0.6)
    // √(2 · 0.1²), √(2 · 0.25²)
    #expect(abs((folds.testDeviation?.averageRecall ?? 0) - 0.141_421_356) < 1e-8)
    #expect(abs((folds.testDeviation?.accuracy ?? 0) - 0.353_553_391) < 1e-8)

    func order(_ key: String) throws -> [String] {
      try (decoded(folder.undertone("runs", "runs", "--json", "--sort", key).output[0]) as Line).runs.map(\.name)
    }
    #expect(try order("uar").first == "folds" && order("time").first == "fc")
    #expect(try order("loss") == ["folds", "att-1", "att-0", "fc", "last"] && order("macro-f1").first == "folds")
    #expect(try order("name") == ["att-0", "att-1", "fc", "folds", "last"])
    #expect(try order("epochs").last == "att-0")
  }

  @Test("The text fits 80 columns, and the CSV file has a row a training")
  func text() throws {
    let run = try folder.undertone("runs", "runs", "--csv", "tables/runs.csv")
    #expect(run.failed(73, naming: "tables/runs.csv"), "\(run)")
    let text = try folder.undertone("runs", "runs", "--csv", "runs.csv").output
    #expect(text.count == 11 && text.allSatisfy { $0.count <= 80 }, "\(text)")
    #expect(text[1].split(separator: " ") == ["att-1", "2", "of", "2", "0.740", "0.370", "20", "s"], "\(text)")
    #expect(text[2].hasPrefix("  cnnatt, published") && text[2].hasSuffix("seed 1, 112 clips"), "\(text)")
    #expect(
      text.contains { $0.hasPrefix("folds ") && $0.contains("2 models") && $0.contains("0.600 ± 0.141") }, "\(text)")
    let rows = try folder.lines("runs.csv")
    #expect(rows.count == 6 && rows[0].hasPrefix("run,folder,architecture,recipe,seeds,models,training_clips,epochs"))
    #expect(rows[0].components(separatedBy: ",").count == 30)
    #expect(
      rows[1].hasPrefix("att-1,runs/att-1,cnnatt,published")
        && rows[1].hasSuffix(",0.74,0.37,20.0" + String(repeating: ",", count: 17)), "\(rows)")
  }

  @Test("Table 4: means and deviations over seeds, in the report's order of models and columns")
  func table() throws {
    func printed(_ format: String) throws -> Run { try folder.undertone("runs", "runs", "--table", format) }
    let markdown = try printed("markdown")
    #expect(markdown.status == 0)
    #expect(markdown.errors == ["undertone: runs/last has no scores, and is left out"])
    // (0.74 + 0.70) / 2, and their deviation 0.04 / √2; macro F1 is half.
    #expect(
      markdown.output == [
        "| Model | Accuracy | F1 Macro | Runs |", "| --- | ---: | ---: | ---: |",
        "| FCMFCC | 0.6100 | 0.3050 | 1 |", "| CNNATT (runs/att-1) | 0.7200 ± 0.0283 | 0.3600 ± 0.0141 | 2 |",
        "| CNNATT (runs/folds) | 0.5000 ± 0.3536 | 0.5000 ± 0.1414 | 2 |",
      ], "\(markdown)")
    let latex = try printed("latex").output
    #expect(latex.first == #"\begin{tabular}{lrrr}"# && latex.last == #"\end{tabular}"#)
    #expect(latex.contains(#"CNNATT (runs/att-1) & 0.7200 $\pm$ 0.0283 & 0.3600 $\pm$ 0.0141 & 2 \\"#), "\(latex)")
    let csv = try printed("csv").output
    #expect(csv[0] == "model,accuracy,accuracy_deviation,f1_macro,f1_macro_deviation,runs")
    #expect(csv[1] == "FCMFCC,0.61,,0.305,,1" && csv.count == 4, "\(csv)")
    let one = try folder.undertone("runs", "runs/deep", "--table", "markdown").output
    #expect(
      one == ["| Model | Accuracy | F1 Macro |", "| --- | ---: | ---: |", "| FCMFCC | 0.6100 | 0.3050 |"], "\(one)")
  }

  /// Two classes, two speakers of four clips each: "plain" is right in half of each class, "more" in three of four, with its
  /// second seed in all, and as a mean of probabilities in all but one.
  private func writeTests() throws {
    for name in ["plain", "more"] {
      try write("tests/\(name)/fold-1", accuracies: [0.9])
      try folder.write(
        "seed,fold,clips,uar,accuracy,macro_f1,calibration_error\n0,1,8,0.5,0.5,0.5,0.1\n",
        to: "tests/\(name)/folds.csv")
    }
    func rows(seed: Int, angry: (Int, Int) -> Double) -> [String] {
      (0..<2).flatMap { speaker in
        (0..<4).map { clip in
          let share = angry(speaker, clip)
          return
            "s\(speaker)/\(clip).wav,s\(speaker),\(seed),1,\(clip < 2 ? "angry" : "sadness"),angry,\(share),\(1 - share)"
        }
      }
    }
    let header = "path,speaker,seed,fold,emotion,predicted,angry,sadness"
    func predictions(_ rows: [String], of name: String) throws {
      try folder.write(([header] + rows).joined(separator: "\n") + "\n", to: "tests/\(name)/predictions.csv")
    }
    // Right: clips 0 and 2.
    try predictions(rows(seed: 0) { _, clip in [0.9, 0.2, 0.1, 0.8][clip] }, of: "plain")
    // Right: of the first speaker all, of the second as before, but surer of its errors; then all.
    try predictions(
      rows(seed: 0) { speaker, clip in speaker == 0 ? [0.9, 0.8, 0.1, 0.2][clip] : [0.9, 0.1, 0.1, 0.6][clip] }
        + rows(seed: 1) { _, clip in [0.9, 0.7, 0.1, 0.3][clip] }, of: "more")
  }

  @Test("Beside another cross-validation: UAR of all clips, its difference, and of the seeds' mean probabilities")
  func against() throws {
    try writeTests()
    let run = try folder.undertone("runs", "tests", "--against", "tests/plain", "--sort", "name", "--csv", "all.csv")
    #expect(run.status == 0 && run.output.allSatisfy { $0.count <= 80 }, "\(run)")
    let text = run.output.joined(separator: " ").split(separator: " ").joined(separator: " ")
    // Of one seed 0.75, of the other 1; the mean's only error is the second speaker's clip 1: recalls 3/4 and 1. Two speakers
    // have 0.25 and 0.5 more; resampled, a difference is of the first, of the second or of both.
    #expect(
      text.contains("all 8 clips: UAR 0.875 (0.750 to 1.000), +0.375 (+0.250 to +0.500) against plain;"), "\(run)")
    #expect(text.contains("of the seeds' mean probabilities 0.875 (0.750 to 1.000)"), "\(run)")
    #expect(text.contains("all 8 clips: UAR 0.500 (0.500 to 0.500)"), "\(run)")
    #expect(try folder.undertone("runs", "tests", "--against", "./tests/plain/", "--sort", "name").output == run.output)
    let rows = try folder.lines("all.csv")
    #expect(
      rows[0].hasSuffix(
        "all_uar,all_uar_low,all_uar_high,difference,difference_low,difference_high,ensemble_uar,ensemble_uar_low,ensemble_uar_high"
      ))
    #expect(rows[1].hasSuffix(",0.875,0.75,1.0,0.375,0.25,0.5,0.875,0.75,1.0"), "\(rows)")
    #expect(rows[2].hasSuffix(",0.5,0.5,0.5,,,,,,"), "\(rows)")
    #expect(
      try folder.undertone("runs", "runs", "--against", "tests/plain").failed(
        65, naming: "runs/folds/predictions.csv: no tests of a cross-validation: there is no such file"))
    #expect(
      try folder.undertone("runs", "tests", "--against", "tests", "--json").failed(65, naming: "tests/predictions.csv"))
    for (line, problem) in [
      ("a.wav,x,0,1,angry,angry,2,0", "line 2 is not of a clip"),
      ("a.wav,x,0,1,angry,angry,1", "line 2 is not of a clip"),
      ("a.wav,x,0,1,angry,angry,1,0\na.wav,x,0,1,angry,angry,1,0", "line 3 contradicts"),
      ("a.wav,x,0,1,joy,angry,1,0", "line 2 contradicts"), ("a.wav,x,0,1,,angry,1,0", "none of its clips has a label"),
      ("\"a.wav", "a quote is opened"),
    ] {
      try folder.write(
        "path,speaker,seed,fold,emotion,predicted,angry,sadness\n\(line)\n", to: "tests/plain/predictions.csv")
      #expect(try folder.undertone("runs", "tests", "--against", "tests/more").failed(65, naming: problem), "\(line)")
    }
    #expect(try folder.undertone("runs", "runs", "--table", "csv", "--against", "x").failed(64, naming: "exclude"))
  }

  @Test("What is missing or damaged is reported in a line, and the rest is listed")
  func bad() throws {
    #expect(try folder.undertone("runs", "nowhere").failed(66, naming: "nowhere: cannot be read"))
    try folder.write("", to: "empty/keep")
    #expect(try folder.undertone("runs", "empty").failed(66, naming: "empty: no trainings there"))
    try folder.write("epoch,loss\n", to: "runs/att-1/history.csv")
    try folder.write("seed,fold\n1,1\n", to: "runs/folds/folds.csv")
    let run = try folder.undertone("runs", "runs")
    #expect(run.status == 65 && run.errors.count == 3 && run.output.count == 7, "\(run)")
    #expect(run.errors.last == "undertone: 2 of 5 trainings failed")
    #expect(try folder.undertone("runs", "runs", "--table", "csv", "--json").failed(64, naming: "exclude"))
  }
}
