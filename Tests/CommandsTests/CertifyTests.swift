import AudioFiles
import Basics
import Corpora
import Foundation
import Models
import TestSupport
import Testing

@Suite("certify")
struct CertifyTests {
  let folder: Folder

  init() throws {
    folder = try Folder()
    try folder.write(WAV().file(voice(seconds: 0.6)), to: "clip.wav")
  }

  private struct Value: Decodable { let mean: Double }

  private struct Line: Decodable {
    struct Noise: Decodable {
      let noise, level, confidence, largestRadius: Double
      let wrong, abstained: Value
      let radius, ratio: Double?
    }
    struct Curve: Decodable {
      let noise: Double
      let ratio, radius: Double?
      let accuracy: Value
    }
    struct Certificate: Decodable {
      let noise: Double
      let emotion: String?
      let count: Int
      let probability: Double
      let radius, ratio: Double?
    }
    struct Found: Decodable {
      let path, predicted: String
      let norm: Double
      let certificates: [Certificate]
    }
    let clips: Int
    let labelled, enough: Bool
    let clean: Value
    let noises: [Noise]
    let curves: [Curve]
    let found: [Found]
    let figures: [String]
  }

  private func line(_ arguments: String...) throws -> Line {
    let run = try folder.undertone(["certify"] + arguments + ["--json"])
    try #require(run.status == 0 && run.output.count == 1, "\(run)")
    return try decoded(run.output[0])
  }

  private func prediction(_ file: String) throws -> String {
    struct Prediction: Decodable { let predicted: String }
    let found: Prediction = try decoded(try #require(folder.undertone("predict", file, "--json").output.first))
    return found.predicted
  }

  @Test("A file under hardly any noise is certified to be what is predicted; two noises share the confidence")
  func file() throws {
    let arguments = ["clip.wav", "--noise", "0.02,0.00001", "--draws", "60", "--first-draws", "10"]
    let run = try folder.undertone(["certify"] + arguments + ["--json"])
    try #require(run.status == 0 && run.output.count == 1, "\(run)")
    let line: Line = try decoded(run.output[0])
    #expect(line.clips == 1 && !line.labelled && !line.enough && line.clean.mean == 1)
    #expect(line.noises.map(\.noise) == [0.00001, 0.02] && abs(line.noises[0].level + 100) < 1e-9)
    #expect(line.noises.allSatisfy { abs($0.confidence - 0.9995) < 1e-12 })
    let soft = try #require(line.found[0].certificates.first)
    #expect(try line.found[0].predicted == prediction("clip.wav") && soft.emotion == line.found[0].predicted)
    #expect(soft.count == 60 && soft.radius == line.noises[0].largestRadius)
    // σ Φ⁻¹(0.0005^(1/60)), by SciPy.
    #expect(abs(try #require(soft.radius) / 1.1800711848e-5 - 1) < 1e-6, "\(soft)")
    let samples = try AudioClip.trimmedSpeech(path: folder.path("clip.wav"), sampleRate: 16_000).samples
    let norm = samples.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    #expect(abs(line.found[0].norm / norm - 1) < 1e-6)
    #expect(abs(try #require(soft.ratio) - 20 * log10(norm / soft.radius!)) < 1e-6)
    #expect(line.curves.count == 2 * (1 + 5 + 5) && line.curves[0].accuracy.mean == 1)
    let files = folder.files(in: "output/certify").sorted()
    #expect(files == ["certify.csv", "certify.png", "certify.radius.png"] && line.figures.count == 2, "\(files)")
    #expect(try folder.lines("output/certify/certify.csv").count == 1 + 2)
    // The same again, to the bit.
    let again = try folder.undertone(["certify"] + arguments + ["--json"])
    #expect(again.output == run.output)
    let text = try folder.undertone(["certify"] + arguments)
    #expect(text.status == 0 && text.output.allSatisfy { $0.count <= 80 }, "\(text)")
    let words = text.output.joined(separator: " ").split(separator: " ").joined(separator: " ")
    for part in [
      "under white noise", "a probability of 0.999 for each clip, its 2 noises", "not certified:", "too few clips",
    ] {
      #expect(words.contains(part), "\(part): \(words)")
    }
  }

  @Test("A manifest: shares of clips that are certified to be right, which fall with the reach")
  func manifest() throws {
    let made = ["corpus", "synthesize", "--clips", "1", "--speakers", "2", "--output", "made"]
    #expect(try folder.undertone(made).status == 0)
    let arguments = ["--data", "made/manifest.csv", "--clips", "1", "--draws", "40", "--first-draws", "5"]
    let run = try folder.undertone(["certify"] + arguments)
    #expect(run.status == 0 && run.output.allSatisfy { $0.count <= 80 }, "\(run)")
    #expect(run.output.contains { $0.contains("certified accuracy against changes of this SNR or more") }, "\(run)")
    let line: Line = try decoded(
      try #require(folder.undertone(["certify"] + arguments + ["--json", "--ratio", "30,100"]).output.first))
    #expect(line.labelled && line.clips == 7 && line.noises.count == 3 && line.found.count == 7)
    for (place, noise) in line.noises.enumerated() {
      let curves = line.curves.filter { $0.noise == noise.noise }
      #expect(curves.compactMap(\.ratio) == [100, 30] && curves[0].ratio == nil && curves[0].radius == nil)
      for kind in [curves.filter { $0.radius == nil }, curves.filter { $0.ratio == nil }] {
        #expect(zip(kind, kind.dropFirst()).allSatisfy { $0.accuracy.mean >= $1.accuracy.mean })
      }
      let abstained = line.found.count { $0.certificates[place].emotion == nil }
      #expect(abs(noise.abstained.mean - Double(abstained) / 7) < 1e-9)
      #expect(abs(curves[0].accuracy.mean + noise.wrong.mean + noise.abstained.mean - 1) < 1e-9)
      for found in line.found.map({ $0.certificates[place] }) {
        #expect((found.radius == nil) == (found.emotion == nil) && (found.probability > 0.5) == (found.radius != nil))
      }
    }
    #expect(!folder.files(in: "output/certify").contains("resume.json"))
  }

  @Test("What cannot be certified has one line")
  func errors() throws {
    try folder.write(WAV().file(Array(repeating: 0, count: 8_000)), to: "silence.wav")
    try TrainedModel(
      untrained: ModelConfiguration(CNNATT.self, classes: [], dimensions: ["arousal", "valence"]), seed: 1
    ).write(to: folder.path("numbers"))
    for (arguments, status, words) in [
      ([], 64, "name either files or a manifest"), (["clip.wav", "--data", "x.csv"], 64, "name either files"),
      (["clip.wav", "--noise", "loud"], 64, "--noise: \"loud\" is no number from 0.000001 to 1"),
      (["clip.wav", "--noise", "0"], 64, "--noise: \"0\" is no number"),
      (["clip.wav", "--noise", "0.01,nan"], 64, "--noise: \"nan\" is no number"),
      (["clip.wav", "--noise", "0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.9"], 64, "--noise takes 8 numbers at most"),
      (["clip.wav", "--draws", "0"], 64, "--draws must lie between 1 and 1000000"),
      (["clip.wav", "--first-draws", "-1"], 64, "--first-draws must lie between 1 and 1000000"),
      (["clip.wav", "--confidence", "1"], 64, "--confidence must lie between 0.5 and 0.999999"),
      (["clip.wav", "--confidence", "nan"], 64, "--confidence must lie"),
      (["clip.wav", "--ratio", "200"], 64, "--ratio: \"200\" is no number from -20 to 160"),
      (["clip.wav", "--clips", "0"], 64, "--clips must be at least 1"),
      (["clip.wav", "--model", "numbers"], 64, "certify needs a model with classes"),
      (["silence.wav"], 65, "silence.wav: is silent"), (["none.wav"], 66, "none.wav"),
      (["--data", "none.csv"], 66, "none.csv"),
    ] {
      let run = try folder.undertone(["certify"] + arguments)
      #expect(run.status == Int32(status) && run.errors.contains { $0.contains(words) }, "\(arguments): \(run)")
    }
  }
}
