import Figures
import Foundation
import TestSupport
import Testing

@Suite("curves")
struct CurvesTests {
  let folder: Folder

  init() throws { folder = try Folder() }

  /// A model folder without its weights: only what is read.
  private func write(
    _ name: String, losses: [Double], architecture: String = "cnnatt", seed: Int = 0, rate: String = "0.001"
  ) throws {
    try folder.write(
      """
      {"architecture": "\(architecture)", "training": {"recipe": "published", "rate": "\(rate)", "seed": "\(seed)"}}
      """, to: "\(name)/config.json")
    let rows = losses.enumerated().map { "\($0.offset + 1),1.5,\($0.element),\(1 - $0.element),0.5,0.001,1.00" }
    let header = "epoch,train_loss,validation_loss,validation_accuracy,validation_macro_f1,rate,seconds"
    try folder.write(([header] + rows).joined(separator: "\n") + "\n", to: "\(name)/history.csv")
  }

  private struct Line: Decodable {
    struct Run: Decodable {
      let name, group: String
      let epochs, bestEpoch: Int
      let accuracy: Double
    }
    struct Spread: Decodable {
      let mean, lowest, highest: Double
    }
    struct Group: Decodable {
      let name: String
      let runs: Int
      let accuracy: Spread
    }
    let runs: [Run]
    let groups: [Group]
    let all: Group
    let figures: [String]
  }

  @Test("Best epochs, means and ranges; runs that differ in their seed only are one group; the PNG says which runs")
  func manyRuns() throws {
    try write("runs/att-0", losses: [0.9, 0.5, 0.7], seed: 0)
    try write("runs/att-1", losses: [0.8, 0.6, 0.3, 0.4], seed: 1)
    try write("runs/slow", losses: [0.8], seed: 1, rate: "0.0001")
    let run = try folder.undertone("curves", "runs/att-0", "runs/att-1", "runs/slow/", "--json", "--format", "png,svg")
    #expect(run.status == 0 && run.errors.isEmpty && run.output.count == 1, "\(run)")
    let line: Line = try decoded(run.output[0])
    #expect(line.runs.map(\.name) == ["att-0", "att-1", "slow"] && line.runs.map(\.group) == ["att", "att", "slow"])
    #expect(line.runs.map(\.bestEpoch) == [2, 3, 1] && line.runs.map(\.epochs) == [3, 4, 1])
    #expect(line.groups.map(\.runs) == [2, 1] && line.all.runs == 3)
    #expect(abs(line.groups[0].accuracy.mean - 0.6) < 1e-12 && abs(line.groups[0].accuracy.highest - 0.7) < 1e-12)
    #expect(abs(line.all.accuracy.lowest - 0.2) < 1e-12)
    #expect(line.figures == ["output/curves/curves.png", "output/curves/curves.svg"])
    let texts = try PNGImage(contentsOf: folder.path("output/curves/curves.png")).texts
    #expect(texts["Source"] == "runs/att-0\nruns/att-1\nruns/slow/" && texts["Source digest"] != nil)
    #expect(texts["Runs"]?.contains("cnnatt, recipe published, rate 0.0001, seed 1") == true)

    let text = try folder.undertone("curves", "runs/att-0", "runs/att-1", "runs/slow").output
    #expect(text.allSatisfy { $0.count <= 80 } && text.last == "output/curves/curves.png", "\(text)")
    #expect(text[1].split(separator: " ") == ["att-0", "3", "2", "0.500", "0.500", "0.500"])
    #expect(text.contains { $0.hasPrefix("all ") && $0.contains("0.467 (0.200–0.700)") }, "\(text)")
  }

  @Test("Folders with the same last name are told apart by the one above")
  func names() throws {
    for name in ["a/model", "b/model", "c"] { try write(name, losses: [0.5, 0.4]) }
    let line: Line = try decoded(try folder.undertone("curves", "a/model", "b/model", "c", "--json").output[0])
    #expect(line.runs.map(\.name) == ["a/model", "b/model", "c"])
  }

  @Test("One bad folder is reported in one line and the rest are drawn")
  func badFolders() throws {
    try write("good", losses: [0.5])
    try write("bare", losses: [0.5])
    try FileManager.default.removeItem(atPath: folder.path("bare/history.csv"))
    try write("damaged", losses: [0.5])
    try folder.write("epoch,loss\n1,2\n", to: "damaged/history.csv")
    try folder.write("", to: "empty/keep")
    #expect(try folder.undertone("curves", "bare").failed(66, naming: "bare: ", "no history.csv"))
    #expect(try folder.undertone("curves", "damaged").failed(65, naming: "damaged/history.csv: "))
    #expect(try folder.undertone("curves", "empty").failed(65, naming: "empty: ", "config.json"))
    #expect(try folder.undertone("curves", "nowhere").failed(66, naming: "nowhere: no such model folder"))
    #expect(try folder.undertone("curves", "good", "./good/").failed(64, naming: "./good/", "twice"))
    #expect(try folder.undertone("curves").status == 64)
    #expect(folder.files(in: "output") == [])
    let run = try folder.undertone("curves", "bare", "good", "damaged")
    #expect(
      run.status == 66 && run.errors.count == 3 && run.errors.last == "undertone: 2 of 3 folders failed", "\(run)")
    #expect(run.output.last == "output/curves/curves.png")
  }
}
