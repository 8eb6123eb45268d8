import Foundation
import TestSupport
import Testing

@Suite("concepts")
struct ConceptsCommandTests {
  @Test("What cannot be examined is said in one line before the work")
  func errors() throws {
    let folder = try Folder()
    let corpus = ["corpus", "synthesize", "--clips", "1", "--speakers", "3", "--output", "."]
    #expect(try folder.undertone(corpus).status == 0)
    func concepts(_ arguments: String...) throws -> Run {
      try folder.undertone(["concepts", "--data", "manifest.csv"] + arguments)
    }
    #expect(try concepts().failed(65, naming: "concept pitch has a value in 7 clips, and needs at least 20"))
    #expect(try concepts("--concept", "loudnes").failed(64, naming: "no concept or column \"loudnes\"; there is pitch"))
    #expect(try concepts("--folds", "2").failed(64, naming: "--folds must lie between 3 and 100"))
    #expect(try concepts("--clips", "19").failed(64, naming: "--clips must be at least 20"))
    #expect(try concepts("--directions", "0").failed(64, naming: "--directions must lie between 1 and 100"))
    #expect(try concepts("--directions", "2").failed(64, naming: "needs --remove probe"))
  }

  @Test("Speakers must be known; a layer must be there; lines fit 80 columns, and the table has a row for each number")
  func whole() throws {
    let folder = try Folder()
    let corpus = ["corpus", "synthesize", "--clips", "4", "--speakers", "4", "--output", "."]
    #expect(try folder.undertone(corpus).status == 0)
    let rows = try folder.lines("manifest.csv").map { $0.split(separator: ",").prefix(2).joined(separator: ",") }
    try folder.write(rows.joined(separator: "\n") + "\n", to: "nobody.csv")
    #expect(try folder.undertone("concepts", "--data", "nobody.csv").failed(65, naming: "no speaker of"))
    let known = ["concepts", "--data", "manifest.csv", "--folds", "3"]
    #expect(try folder.undertone(known + ["--layer", "blocks.9"]).failed(64, naming: "no layer \"blocks.9\""))
    let run = try folder.undertone(
      known + ["--concept", "pitch,range", "--layer", "blocks.1", "--remove", "probe", "--directions", "2"])
    #expect(run.status == 0, "\(run)")
    #expect(run.output.allSatisfy { $0.count <= 80 }, "\(run.output)")
    #expect(run.output.contains { $0.hasPrefix("pitch (semitones)") })
    #expect(Set(folder.files(in: "output/concepts")) == ["concepts.csv", "concepts.png"])
    // Of each concept three of the layer, two of each of seven classes, then the fresh probe, accuracy, agreement and the classes.
    let table = try folder.lines("output/concepts/concepts.csv")
    #expect(table.count == 1 + 2 * (3 + 2 * 7 + 1 + 2 + 7), "\(table.count)")
  }
}
