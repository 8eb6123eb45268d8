import Attributions
import AudioFiles
import Basics
import Corpora
import Foundation
import Models
import TestSupport
import Testing

@Suite("attack")
struct AttackTests {
  let folder: Folder

  init() throws {
    folder = try Folder()
    try folder.write(WAV().file(voice(seconds: 0.8)), to: "clip.wav")
  }

  private struct Value: Decodable { let mean: Double }

  private struct Line: Decodable {
    struct Curve: Decodable {
      let attack: String
      let budget: Double
      let accuracy, fooled: Value
    }
    struct Found: Decodable {
      let path, attack, from, to: String
      let budget: Double
      let ratio: Double?
      let largest: Double
      let survives: [String: Bool]
      let sound: String?
      let figures: [String]
    }
    struct Played: Decodable {
      let clips: Int
      let counts, changes: [String: Int]
    }
    struct Against: Decodable {
      struct Row: Decodable {
        let accuracy, otherAccuracy: Double
        let difference: Value
        let fooled, otherFooled, fooledByNoise, otherFooledByNoise: Double?
        let fooledDifference: Value?
      }
      let bothRight: Int
      let rows: [Row]
      let remarks: [String]
    }
    let clips, attacked: Int
    let remarks: [String]
    let against: Against?
    let labelled, enough: Bool
    let clean: Value
    let curves: [Curve]
    let played: [Played]
    let found: [Found]
  }

  private func line(_ arguments: String...) throws -> Line {
    let run = try folder.undertone(["attack"] + arguments + ["--json"])
    try #require(run.status == 0 && run.output.count == 1, "\(run)")
    return try decoded(run.output[0])
  }

  private func prediction(_ file: String) throws -> String {
    struct Prediction: Decodable { let predicted: String }
    let found: Prediction = try decoded(try #require(folder.undertone("predict", file, "--json").output.first))
    return found.predicted
  }

  @Test("The WAV that is written lies within the ratio, and is said to be what the line says, by both ways of reading")
  func sound() throws {
    let line = try line("clip.wav", "--ratio", "40,20,0", "--steps", "10", "--explain", "--attack", "pgd,deepfool")
    #expect(line.clips == 1 && line.attacked == 1 && !line.labelled && !line.enough && line.clean.mean == 1)
    #expect(line.curves.map(\.attack) == ["pgd", "deepfool", "noise"].flatMap { Array(repeating: $0, count: 3) })
    #expect(line.curves.map(\.budget) == [40, 20, 0, 40, 20, 0, 40, 20, 0])
    // At 0 dB the change is as loud as the clip.
    let found = try #require(line.found.first { $0.attack == "pgd" })
    for pair in zip(line.curves, line.curves.dropFirst())
    where pair.0.attack == pair.1.attack && pair.0.attack != "noise" {
      #expect(pair.0.fooled.mean <= pair.1.fooled.mean)
    }
    let original = try AudioClip.trimmedSpeech(path: folder.path("clip.wav"), sampleRate: 16_000)
    let model = try TrainedModel.builtIn()
    for found in line.found {
      let path = try #require(found.sound)
      let sound = try AudioClip.decode(path: folder.path(path))
      #expect(sound.samples.count == original.samples.count && path.hasSuffix("clip.\(found.attack).\(found.to).wav"))
      let change = zip(sound.samples, original.samples).map { Double($0) - Double($1) }
      let energy = original.samples.reduce(0.0) { $0 + Double($1) * Double($1) }
      let ratio = 10 * log10(energy / change.reduce(0) { $0 + $1 * $1 })
      #expect(ratio > found.budget - 0.05, "\(ratio) \(found)")
      // 16 bits have noise of their own, which is much in a tiny change.
      if let own = found.ratio, own < 55 { #expect(abs(ratio - own) < 0.1, "\(ratio) \(found)") }
      let said = try Clip(sound.samples, model: model).probabilities(path: path).likeliestClass
      #expect((model.classes[said] != found.from) == found.survives["wav"])
      #expect(try (prediction(path) != found.from) == found.survives["trimmed"])
      #expect(
        found.figures.count == 1 && folder.files(in: "output/attack").contains("clip.\(found.attack).\(found.to).png"))
    }
    #expect(try found.from == prediction("clip.wav"))
    let rows = try folder.lines("output/attack/attack.csv")
    #expect(rows.count == 1 + 2 * 3 && folder.files(in: "output/attack").contains("attack.png"))
    // The same again.
    let again = try self.line(
      "clip.wav", "--ratio", "40,20,0", "--steps", "10", "--explain", "--attack", "pgd,deepfool")
    #expect(again.found.map(\.largest) == line.found.map(\.largest) && again.found.map(\.to) == line.found.map(\.to))
  }

  @Test("A target is what the model says then; a clip of which it is said already is passed over")
  func target() throws {
    let said = try prediction("clip.wav")
    let other = said == "angry" ? "fear" : "angry"
    let line = try line("clip.wav", "--to", other, "--ratio", "-10", "--steps", "30")
    #expect(line.found.allSatisfy { $0.to == other && $0.from == said } && line.found.count == 1)
    let run = try folder.undertone("attack", "clip.wav", "--to", said, "--steps", "2")
    #expect(run.failed(64, naming: "no clip is predicted rightly and other than \(said)"), "\(run)")
  }

  @Test("On the mel and the MFCC there is no sound, and the text says so; budgets come sorted")
  func features() throws {
    for input in ["mel", "mfcc"] {
      let line = try line("clip.wav", "--input", input, "--largest", "20,1", "--steps", "5")
      #expect(line.curves.map(\.budget) == [1, 20, 1, 20] && line.played.isEmpty)
      #expect(line.found.allSatisfy { $0.sound == nil && $0.survives.isEmpty && $0.largest <= $0.budget * 1.001 })
      let run = try folder.undertone("attack", "clip.wav", "--input", input, "--steps", "2")
      #expect(run.status == 0 && run.output.contains("on features: no sound has been made that does this"), "\(run)")
    }
    #expect(!folder.files(in: "output/attack").contains { $0.hasSuffix(".wav") })
  }

  @Test("Attacks that are fitted on all clips, or measured by another norm than the budget's, are said to be so")
  func remarks() throws {
    let arguments = ["clip.wav", "--attack", "universal,deepfool", "--largest", "0.05", "--steps", "3"]
    let run = try folder.undertone(["attack"] + arguments)
    let text = run.output.joined(separator: " ")
    #expect(run.status == 0 && run.output.allSatisfy { $0.count <= 80 }, "\(run)")
    #expect(text.contains("fitted on these same clips") && text.contains("deepfool: sought is the smallest 2-norm"))
    let line: Line = try decoded(try #require(folder.undertone(["attack"] + arguments + ["--json"]).output.first))
    #expect(line.remarks.count == 2)
  }

  @Test("Where nothing is attacked, the state of the run goes, and what failed is counted")
  func nothing() throws {
    let said = try prediction("clip.wav")
    try folder.write(WAV().file(Array(repeating: 0, count: 8_000)), to: "silence.wav")
    let run = try folder.undertone("attack", "clip.wav", "silence.wav", "--to", said, "--steps", "2")
    #expect(run.status == 64 && run.errors.contains { $0.contains("1 of 2 files failed") }, "\(run)")
    #expect(run.errors.contains { $0.contains("no clip is predicted rightly and other than \(said)") })
    // No other model is attacked then.
    let beside = try folder.undertone("attack", "clip.wav", "--to", said, "--steps", "2", "--against", "built-in")
    #expect(beside.failed(64, naming: "no clip is predicted rightly and other than \(said)"), "\(beside)")
    #expect(!folder.files(in: "output/attack").contains("against"))
    // What fails of it is counted too.
    let failed = try folder.undertone("attack", "clip.wav", "silence.wav", "--steps", "2", "--against", "built-in")
    #expect(
      failed.status == 65 && failed.errors.contains { $0.contains("2 of 4 attacks on files failed") }, "\(failed)")
    #expect(!folder.files(in: "output/attack").contains("resume.json"))
  }

  @Test("A manifest: only what is right is attacked, in lines of 80 columns, with other models and explanations")
  func manifest() throws {
    let made = ["corpus", "synthesize", "--clips", "2", "--speakers", "2", "--output", "made"]
    #expect(try folder.undertone(made).status == 0)
    try TrainedModel(untrained: .init(architecture: .cnnatt), seed: 1).write(to: folder.path("new"))
    // As the model says, but for one.
    let model = try TrainedModel.builtIn()
    let manifest = try Manifest.read(folder.path("made/manifest.csv"))
    let entries = manifest.entries.prefix(6)
    let said = try entries.map { try prediction(manifest.fullPath(of: $0)) }
    let wrong = try #require(model.classes.first { $0 != said[0] })
    let rows = zip(entries, [wrong] + said.dropFirst()).enumerated().map { row, clip in
      "\(manifest.fullPath(of: clip.0)),\(clip.1),s\(row / 3)"
    }
    try folder.write((["path,emotion,speaker"] + rows).joined(separator: "\n") + "\n", to: "clips.csv")
    let arguments = [
      "attack", "--data", "clips.csv", "--ratio", "0,30", "--steps", "5", "--transfer", "new", "--explain",
    ]
    let run = try folder.undertone(arguments)
    #expect(run.status == 0 && run.output.allSatisfy { $0.count <= 80 }, "\(run)")
    let text = run.output.joined(separator: " ").split(separator: " ").joined(separator: " ")
    #expect(
      text.contains("6 clips: built-in is right for 83 % of them without an attack") && text.contains("too few clips"))
    #expect(
      text.contains("fools other models too") && text.contains("rank correlation") && text.contains("as they are"))
    #expect(try folder.lines("output/attack/attack.csv").count == 1 + 1 + 5 * 2)
    #expect(!folder.files(in: "output/attack").contains { $0.hasSuffix(".wav") || $0 == "resume.json" })
    let line: Line = try decoded(try #require(folder.undertone(arguments + ["--json"]).output.first))
    #expect(line.labelled && line.clips == 6 && line.attacked == 5 && abs(line.clean.mean - 5 / 6.0) < 1e-12)
    for curve in line.curves { #expect(abs(curve.accuracy.mean - (5 - 5 * curve.fooled.mean) / 6) < 1e-9) }
    #expect(line.played.count == 1 && line.played[0].clips == line.found.count && line.remarks.isEmpty)
    #expect(line.played[0].changes.values.allSatisfy { $0 <= line.found.count })
    for (way, count) in line.played[0].counts {
      #expect(count == line.found.count { $0.survives[way] == true })
    }

    // A model against itself is fooled as often.
    let itself = ["attack", "--data", "clips.csv", "--ratio", "0,30", "--steps", "2", "--against", "built-in"]
    let beside = try folder.undertone(itself)
    let words = beside.output.joined(separator: " ").split(separator: " ").joined(separator: " ")
    #expect(beside.status == 0 && beside.output.allSatisfy { $0.count <= 80 }, "\(beside)")
    #expect(words.contains("is not judged: both predict 5 clips rightly"), "\(beside)")
    let printed: Line = try decoded(try #require(folder.undertone(itself + ["--json"]).output.first))
    let against = try #require(printed.against)
    #expect(against.bothRight == 5 && against.rows.count == 2 && against.remarks.count == 1)
    for row in against.rows {
      #expect(row.fooled != nil && row.fooled == row.otherFooled && row.fooledDifference?.mean == 0)
      #expect(row.accuracy == row.otherAccuracy && row.difference.mean == 0)
      #expect(row.fooledByNoise != nil && row.fooledByNoise == row.otherFooledByNoise)
    }
    // What is right of one model cannot be of one that does not know the emotion: that is said before any attack.
    try TrainedModel(untrained: .init(architecture: .cnnatt, classes: ["calm", "bored"]), seed: 1)
      .write(to: folder.path("narrow"))
    let narrow = try folder.undertone("attack", "--data", "clips.csv", "--against", "narrow", "--output", "refused")
    #expect(narrow.failed(64, naming: "--against: \"", "is an emotion of built-in and not of narrow"), "\(narrow)")
    let missing = try folder.undertone("attack", "--data", "clips.csv", "--against", "none", "--output", "refused")
    #expect(missing.failed(66, naming: "none"), "\(missing)")
    #expect(!folder.files(in: ".").contains("refused"))

    // Several: each has its curve and its rows, and is compared with the tested one.
    try TrainedModel(untrained: .init(architecture: .cnnatt), seed: 2).write(to: folder.path("second"))
    let several = ["attack", "--data", "clips.csv", "--ratio", "0,30", "--steps", "2", "--against", "new, second"]
    let together = try folder.undertone(several)
    let all = together.output.joined(separator: " ").split(separator: " ").joined(separator: " ")
    #expect(together.status == 0 && together.output.allSatisfy { $0.count <= 80 }, "\(together)")
    #expect(all.contains("Whether new is harder") && all.contains("Whether second is harder"), "\(together)")
    // A remark of both is printed once.
    #expect(all.split(separator: "masked gradients", omittingEmptySubsequences: false).count == 2, "\(together)")
    let table = try folder.lines("output/attack/attack.csv")
    #expect(table[0].hasPrefix("model,path,") && table.count { $0.hasPrefix("built-in,") } == 1 + 5 * 2)
    #expect(table.count { $0.hasPrefix("new,") } >= 6 && table.count { $0.hasPrefix("second,") } >= 6)
    for (models, words) in [
      ("new,./new", "--against: ./new is named twice"), ("new,built-in", "--against: built-in is named twice, or is"),
      (",", "--against names no model"), ("new,narrow", "is an emotion of built-in and not of narrow"),
      ("a,b,c,d,e,f,g,h", "--against takes 7 models at most, and these are 8"),
    ] {
      let run = try folder.undertone("attack", "--data", "clips.csv", "--against", models, "--output", "refused")
      #expect(run.failed(64, naming: words), "\(run)")
    }
    #expect(!folder.files(in: ".").contains("refused"))
    #expect(
      try folder.undertone("attack", "--data", "clips.csv", "--on", "explanation", "--against", "new")
        .failed(64, naming: "--against"))
  }

  // MARK: On explanations

  private struct ExplanationLine: Decodable {
    struct Similarity: Decodable { let correlation, overlap: Value }
    struct Explanation: Decodable {
      struct Method: Decodable {
        struct Budget: Decodable {
          let budget: Double
          let attacked, noise: Similarity?
          let verdict: String
        }
        let name, map: String
        let own: Bool
        let budgets: [Budget]
        let another: Similarity?
      }
      struct Change: Decodable {
        let map: String
        let budget: Double
        let before, after, probability: Value
        let ratio: Double?
      }
      struct Found: Decodable {
        let path, predicted, map: String
        let budget: Double
        let sound: String?
        let figures: [String]
      }
      let space, aim: String
      let methods: [Method]
      let changes: [Change]
      let sentences: [String]
      let found: [Found]
    }
    let clips: Int
    let enough: Bool
    let remarks, figures: [String]
    let explanation: Explanation
  }

  private func explanationLine(_ arguments: [String]) throws -> ExplanationLine {
    let run = try folder.undertone(["attack", "--on", "explanation"] + arguments + ["--json"])
    try #require(run.status == 0 && run.output.count == 1, "\(run)")
    return try decoded(run.output[0])
  }

  @Test("On the explanation of a file: the WAV lies within the ratio, and is predicted as the clip")
  func explanation() throws {
    let arguments = ["clip.wav", "--ratio", "10,30", "--steps", "6", "--method", "saliency,lrp"]
    let line = try explanationLine(arguments)
    let found = line.explanation
    #expect(line.clips == 1 && !line.enough && found.space == "mel" && found.aim == "top" && line.remarks.count == 1)
    #expect(found.methods.map(\.name) == ["saliency", "lrp"] && found.methods.map(\.own) == [true, false])
    #expect(found.methods.map(\.map) == ["saliency", "input-x-gradient"])
    #expect(found.methods.allSatisfy { $0.budgets.map(\.budget) == [30, 10] && $0.another == nil })
    #expect(found.methods.flatMap(\.budgets).allSatisfy { $0.verdict == "too few clips" })
    #expect(found.changes.map(\.budget) == [30, 10, 30, 10])
    for change in found.changes {
      #expect(change.after.mean < change.before.mean && (change.ratio ?? 0) > change.budget - 0.01, "\(change)")
    }
    let saliency = try #require(found.methods[0].budgets[1].attacked)
    #expect(try saliency.correlation.mean < #require(found.methods[0].budgets[1].noise).correlation.mean)
    #expect(found.found.map(\.map) == ["saliency", "input-x-gradient"])
    let original = try AudioClip.trimmedSpeech(path: folder.path("clip.wav"), sampleRate: 16_000)
    let model = try TrainedModel.builtIn()
    for own in found.found {
      let path = try #require(own.sound)
      #expect(
        path == "output/attack/clip.explanation.\(own.map).wav" && own.figures == [path.replacing(".wav", with: ".png")]
      )
      let sound = try AudioClip.decode(path: folder.path(path))
      let change = zip(sound.samples, original.samples).map { Double($0) - Double($1) }
      let energy = original.samples.reduce(0.0) { $0 + Double($1) * Double($1) }
      #expect(10 * log10(energy / change.reduce(0) { $0 + $1 * $1 }) > own.budget - 0.1)
      let said = try Clip(sound.samples, model: model).probabilities(path: path).likeliestClass
      #expect(try own.predicted == prediction("clip.wav") && model.classes[said] == own.predicted)
    }
    #expect(try folder.lines("output/attack/explanation.csv").count == 1 + 2 * 2)
    #expect(line.figures == ["output/attack/explanation.png"])
    // The same again, as text.
    let run = try folder.undertone(["attack", "--on", "explanation"] + arguments)
    #expect(run.status == 0 && run.output.allSatisfy { $0.count <= 80 }, "\(run)")
    let text = run.output.joined(separator: " ").split(separator: " ").joined(separator: " ")
    #expect(text.contains(found.sentences[0]) && text.contains("No verdicts: too few clips (1)"))
    #expect(text.contains("only measured are lrp after the attack on input-x-gradient"))
  }

  @Test(
    "On the explanations of a manifest: all clips, with another's maps as the floor; one that is broken is left out")
  func explanations() throws {
    let made = ["corpus", "synthesize", "--clips", "2", "--speakers", "2", "--output", "made"]
    #expect(try folder.undertone(made).status == 0)
    let rows = try folder.lines("made/manifest.csv")
    let broken = rows[1].replacing("speaker-01/", with: "speaker-01/not-", maxReplacements: 1)
    try folder.write((rows + [broken]).joined(separator: "\n") + "\n", to: "made/clips.csv")
    let arguments = [
      "attack", "--on", "explanation", "--data", "made/clips.csv", "--ratio", "40,35,30,25,20", "--steps", "1", "--aim",
      "map",
      "--method", "saliency,guided-backpropagation",
    ]
    let run = try folder.undertone(arguments)
    #expect(run.status == 66 && run.output.allSatisfy { $0.count <= 80 }, "\(run)")
    let text = run.output.joined(separator: " ").split(separator: " ").joined(separator: " ")
    #expect(text.contains("14 clips: explanations of built-in on the"))
    #expect(run.output.contains { $0.hasPrefix("method") && $0.contains("another") } && text.contains("1 − cosine"))
    #expect(try folder.lines("output/attack/explanation.csv").count == 1 + 14 * 5 * 2)
    #expect(!folder.files(in: "output/attack").contains { $0.hasSuffix(".wav") || $0 == "resume.json" })
    let printed = try folder.undertone(arguments + ["--json"])
    let line: ExplanationLine = try decoded(try #require(printed.output.first))
    #expect(line.clips == 14 && line.explanation.found.isEmpty && line.explanation.aim == "map")
    #expect(line.explanation.methods.allSatisfy { $0.another != nil && $0.budgets.count == 5 })
  }

  @Test("What cannot be attacked has one line")
  func errors() throws {
    try folder.write(WAV().file(Array(repeating: 0, count: 8_000)), to: "silence.wav")
    try TrainedModel(
      untrained: ModelConfiguration(CNNATT.self, classes: [], dimensions: ["arousal", "valence"]), seed: 1
    ).write(to: folder.path("numbers"))
    for (arguments, status, words) in [
      ([], 64, "name either files or a manifest"), (["clip.wav", "--data", "x.csv"], 64, "name either files"),
      (["clip.wav", "--attack", "magic"], 64, "there is no attack \"magic\""),
      (["clip.wav", "--attack", "decision", "--to", "angry"], 64, "the attack decision has no target"),
      (
        ["clip.wav", "--attack", "pgd,deepfool", "--masked", "0"], 64,
        "deepfool seeks the change of the smallest 2-norm"
      ),
      (["clip.wav", "--to", "bored"], 64, "bored"), (["clip.wav", "--to", "angry,fear"], 64, "--to takes one emotion"),
      (["clip.wav", "--ratio", "loud"], 64, "--ratio: \"loud\" is no number from -20 to 120"),
      (["clip.wav", "--ratio", "10", "--masked", "0"], 64, "--ratio and --masked exclude each other"),
      (["clip.wav", "--input", "mel", "--ratio", "10"], 64, "--ratio is of the waveform"),
      (["clip.wav", "--input", "mfcc", "--transfer", "x"], 64, "--transfer is of the waveform"),
      (["clip.wav", "--input", "mel", "--band", "0-100"], 64, "--band is of the waveform"),
      (["clip.wav", "--input", "spectrogram"], 64, "--input takes waveform, mel or mfcc"),
      (["clip.wav", "--band", "4000"], 64, "is not two frequencies"),
      (["clip.wav", "--band", "0-9000"], 64, "the model's sound ends at 8000 Hz"),
      (["clip.wav", "--steps", "0"], 64, "--steps must be at least 1"),
      (["clip.wav", "--aim", "top"], 64, "--aim is of --on explanation"), (["clip.wav", "--on", "sleep"], 64, "sleep"),
      (["clip.wav", "--on", "explanation", "--attack", "pgd"], 64, "--attack is of --on prediction"),
      (["clip.wav", "--on", "explanation", "--to", "angry"], 64, "--to is of --on prediction"),
      (["clip.wav", "--on", "explanation", "--restarts", "2"], 64, "--restarts is of --on prediction"),
      (["clip.wav", "--on", "explanation", "--transfer", "x"], 64, "--transfer is of --on prediction"),
      (["clip.wav", "--on", "explanation", "--explain"], 64, "--explain is of --on prediction"),
      (["clip.wav", "--on", "explanation", "--input", "mel"], 64, "it does not go with --input mel"),
      (["clip.wav", "--on", "explanation", "--method", "magic"], 64, "no method \"magic\""),
      (["clip.wav", "--on", "explanation", "--method", "value-zeroing"], 64, "there is no method left"),
      (["clip.wav", "--on", "explanation", "--band", "0-9000"], 64, "the model's sound ends at 8000 Hz"),
      (["clip.wav", "--on", "explanation", "--model", "numbers"], 64, "attack needs a model with classes"),
      (["silence.wav", "--on", "explanation"], 65, "silence.wav: is silent"),
      (["clip.wav", "--model", "numbers"], 64, "attack needs a model with classes"),
      (["clip.wav", "--transfer", "numbers"], 64, "--transfer needs a model with classes"),
      (["silence.wav"], 65, "silence.wav: is silent"), (["none.wav"], 66, "none.wav"),
      (["--data", "none.csv"], 66, "none.csv"),
    ] {
      let run = try folder.undertone(["attack"] + arguments)
      #expect(run.status == Int32(status) && run.errors.contains { $0.contains(words) }, "\(arguments): \(run)")
    }
  }
}
