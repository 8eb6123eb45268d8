import Basics
import Foundation
import TestSupport
import Testing

@Suite("Clips unlike the training data, and clips of it")
struct DomainTests {
  private struct Line: Decodable {
    struct Place: Decodable {
      let distance: Double
      let outside, trainedOn: Bool
      let reasons: [String]
    }
    let trainingData: Place
  }
  private struct Counts: Decodable {
    struct Census: Decodable { let clips, outside, trainedOn: Int }
    let trainingData: Census
    let warnings: [String]
  }

  @Test("A trained model knows its clips in every command, and a clip that is ten times as loud or filtered noise")
  func known() throws {
    let folder = try Folder()
    _ = try folder.undertone("corpus", "synthesize", "--clips", "8", "--output", "corpus")
    let trained = try folder.undertone(
      "train", "cnnatt", "--data", "corpus/manifest.csv", "--by", "clip", "--epochs", "1", "--batch", "4", "--output",
      "model")
    #expect(trained.status == 0, "\(trained)")
    func isWarned(_ run: Run) -> Bool {
      run.status == 0 && run.warnings.contains { $0.hasPrefix("undertone: warning: model was trained on ") }
    }
    let evaluated = try folder.undertone("evaluate", "--data", "corpus/manifest.csv", "--model", "model", "--json")
    #expect(isWarned(evaluated), "\(evaluated)")
    let counts: Counts = try decoded(evaluated.output[0])
    // Four fifths of the clips; those of validation set the limit.
    #expect(counts.trainingData.clips == 56 && (40...46).contains(counts.trainingData.trainedOn), "\(counts)")
    #expect(counts.trainingData.outside <= 3 && counts.warnings.count == 1)

    let data = ["--data", "corpus/manifest.csv", "--clips", "3", "--method", "saliency"]
    #expect(try isWarned(folder.undertone(["figures", "--model", "model"] + data)))
    let compared = try folder.undertone(["compare", "--model", "model", "--model", "built-in"] + data)
    #expect(isWarned(compared), "\(compared)")
    let examined = try folder.undertone(["trust", "--model", "model", "--json"] + data)
    let examination: Counts = try decoded(examined.output[0])
    #expect(examination.trainingData.clips == 3 && examination.trainingData.trainedOn <= 3)
    // Of so few clips a single one outside is more than chance.
    let places = [examination.trainingData.trainedOn, examination.trainingData.outside]
    #expect(examination.warnings.count == places.count { $0 > 0 }, "\(examination)")

    var generator = SeededGenerator(seed: 1)
    let entry = try #require(folder.lines("corpus/manifest.csv").dropFirst().first).split(separator: ",")[0]
    try folder.write(WAV().file((0..<32_000).map { _ in Float(generator.uniform(in: -0.9..<0.9)) }), to: "noise.wav")
    let run = try folder.undertone("predict", "corpus/\(entry)", "noise.wav", "--model", "model", "--json")
    let lines: [Line] = try run.output.map(decoded)
    #expect(lines[1].trainingData.outside && !lines[1].trainingData.trainedOn, "\(lines)")
    #expect(lines[1].trainingData.distance > 1 && lines[1].trainingData.reasons.count >= 1)
    #expect(run.warnings.contains { $0.hasPrefix("undertone: noise.wav: unlike the training data (distance ") })
    let explained = try folder.undertone("explain", "noise.wav", "--model", "model", "--input", "mel")
    #expect(explained.warnings.contains { $0.hasPrefix("  unlike the training data (distance ") }, "\(explained)")
  }
}
