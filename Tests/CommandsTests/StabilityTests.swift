import Foundation
import TestSupport
import Testing

@Suite("stability")
struct StabilityCommandTests {
  /// What `stability --json` prints, as far as it is looked at.
  private struct Line: Decodable {
    struct Estimate: Decodable { let mean: Double }
    struct Similarity: Decodable { let correlation, overlap: Estimate }
    struct Prediction: Decodable {
      let disturbance: String
      let stays, change: Estimate
    }
    struct Method: Decodable {
      struct Disturbed: Decodable {
        let disturbance: String
        let all: Similarity?
        let verdict: String?
      }
      let name: String
      let isControl: Bool
      let disturbed: [Disturbed]
    }
    let clips: Int
    let speakers: Int?
    let predictions: [Prediction]
    let methods: [Method]
    let verdicts, figures: [String]
  }

  @Test(
    "Tables within 80 columns, a figure and a row for each number; the JSON has the means of the rows; a bad clip is left out"
  )
  func whole() throws {
    let folder = try Folder()
    let corpus = ["corpus", "synthesize", "--clips", "2", "--speakers", "2", "--output", "."]
    #expect(try folder.undertone(corpus).status == 0)
    // Of each emotion the clip of one speaker, by turns, and a clip that is not there.
    let rows = try folder.lines("manifest.csv")
    let header = rows[0].components(separatedBy: ",")
    let kept = rows.dropFirst().enumerated().filter { ($0.offset / 2 + $0.offset).isMultiple(of: 2) }.map(\.element)
    let missing = ["path": "missing.wav", "emotion": "bored", "origin": "nowhere", "speaker": "nobody"]
    let bad = header.map { missing[$0] ?? "" }.joined(separator: ",")
    try folder.write(([rows[0]] + kept + [bad]).joined(separator: "\n") + "\n", to: "clips.csv")
    let arguments = ["stability", "--data", "clips.csv", "--method", "saliency,input-x-gradient"]
    let run = try folder.undertone(arguments)
    #expect(run.status == 66 && run.errors.contains { $0.contains("missing.wav") }, "\(run)")
    #expect(run.output.first?.hasPrefix("7 clips, mel, the predicted emotion; mean ± half of the 95 %") == true)
    #expect(run.output.allSatisfy { $0.count <= 80 }, "\(run.output.filter { $0.count > 80 })")
    #expect(run.output.contains("No verdicts: too few clips (7 of 2 speakers); a verdict needs 24 clips of 10"))
    #expect(run.output.contains { $0.hasPrefix("method ") && $0.contains("noise 20  ") })
    #expect(folder.files(in: "output/stability") == ["stability.csv", "stability.png"])

    let table = try folder.lines("output/stability/stability.csv")
    let cells = table.dropFirst().map { $0.components(separatedBy: ",") }
    let columns = table[0].components(separatedBy: ",")
    func cell(_ row: [String], _ name: String) throws -> String { row[try #require(columns.firstIndex(of: name))] }
    let disturbed = try cells.filter { try cell($0, "disturbance") != "another-clip" }
    // Two methods and two controls through nine disturbances.
    #expect(disturbed.count == 7 * 9 * 4 && (cells.count - disturbed.count).isMultiple(of: 4))

    let printed = try folder.undertone(arguments + ["--json"])
    #expect(printed.status == 66 && printed.output.count == 1, "\(printed)")
    #expect(try folder.lines("output/stability/stability.csv") == table)
    let line: Line = try decoded(try #require(printed.output.first))
    #expect(line.clips == 7 && line.speakers == 2 && line.predictions.count == 9)
    #expect(line.methods.map(\.name) == ["saliency", "input-x-gradient", "loudness", "random"])
    for method in line.methods {
      #expect(method.disturbed.allSatisfy { $0.verdict == (method.isControl ? nil : "too few clips") })
      let own = try #require(method.disturbed.first { $0.disturbance == "room-0.8" }?.all)
      let values = try disturbed.filter {
        try cell($0, "method") == method.name && cell($0, "disturbance") == "room-0.8"
      }.compactMap { Double(try cell($0, "correlation")) }
      #expect(values.count == 7 && abs(values.reduce(0, +) / 7 - own.correlation.mean) < 1e-9, "\(method.name)")
    }
    let stays = try #require(line.predictions.first { $0.disturbance == "telephone" }).stays.mean
    let same = try disturbed.filter {
      try cell($0, "method") == "random" && cell($0, "disturbance") == "telephone"
        && cell($0, "predicted") == cell($0, "predicted_after")
    }
    #expect(abs(stays - Double(same.count) / 7) < 1e-9)
  }

  @Test("What cannot be examined is said in one line")
  func errors() throws {
    let folder = try Folder()
    try folder.write(WAV().file(voice(seconds: 0.5)), to: "a.wav")
    try folder.write("path,emotion\na.wav,angry\n", to: "clips.csv")
    func stability(_ arguments: String...) throws -> Run {
      try folder.undertone(["stability", "--data", "clips.csv"] + arguments)
    }
    #expect(try folder.undertone("stability", "--data", "none.csv").failed(66, naming: "none.csv"))
    #expect(try stability("--clips", "0").failed(64, naming: "--clips must be at least 1"))
    #expect(try stability("--method", "saliency,magic").failed(64, naming: "no method \"magic\""))
    let none = try stability("--method", "value-zeroing")
    #expect(none.status == 64 && none.errors.last == "undertone: there is no method left to examine", "\(none)")
    // One clip has no interval, and no other to stand beside it.
    let one = try stability("--method", "saliency")
    #expect(one.status == 0 && one.output.first?.hasSuffix("mean; one clip has no interval") == true, "\(one)")
    #expect(!one.output.contains { $0.contains("±") })
    #expect(try folder.lines("output/stability/stability.csv").count == 1 + 9 * 3)
  }
}
