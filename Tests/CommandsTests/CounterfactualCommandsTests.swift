import AudioFiles
import Foundation
import TestSupport
import Testing

@Suite("response, counterfactual and flips")
struct CounterfactualCommandsTests {
  let folder: Folder

  init() throws {
    folder = try Folder()
    try folder.write(WAV().file(voice(seconds: 0.8)), to: "clip.wav")
  }

  private struct Answer: Decodable {
    let predicted: String
    let probabilities: [String: Double]
  }

  private struct Line: Decodable {
    let target: String?
    let found: Bool
    let edits, steps: [String: Double]
    let size: Double
    let before, after: Answer
    let sound: String?
  }

  @Test("The sound that is written is predicted as the line says; each other emotion has a line; it is the same again")
  func counterfactual() throws {
    let arguments = ["counterfactual", "clip.wav", "--to", "all", "--budget", "150", "--json"]
    let run = try folder.undertone(arguments)
    #expect(run.status == 0 && run.output.count == 6, "\(run)")
    let lines: [Line] = try run.output.map { try decoded($0) }
    #expect(Set(lines.compactMap(\.target)).count == 6 && lines.contains { $0.found })
    for line in lines {
      #expect(line.target != line.before.predicted && line.found == (line.after.predicted == line.target))
      #expect(abs(line.steps.values.reduce(0) { $0 + abs($1) } - line.size) < 1e-9)
      #expect(line.found == (line.sound != nil) && Set(line.steps.keys) == Set(line.edits.keys))
      guard let sound = line.sound else { continue }
      struct Prediction: Decodable { let probabilities: [String: Double] }
      let found: Prediction = try decoded(try #require(folder.undertone("predict", sound, "--json").output.first))
      for (name, probability) in found.probabilities {
        #expect(abs(probability - (line.after.probabilities[name] ?? 9)) < 1e-3)
      }
      #expect(folder.files(in: "output/counterfactual").contains("clip.\(line.after.predicted).png"))
    }
    let again: [Line] = try folder.undertone(arguments).output.map { try decoded($0) }
    #expect(again.map(\.steps) == lines.map(\.steps))
  }

  @Test("Text has the sentence, what else was tried, and the files")
  func text() throws {
    let run = try folder.undertone("counterfactual", "clip.wav", "--edits", "tilt,formants,pitch", "--most", "2")
    #expect(run.status == 0, "\(run)")
    let text = run.output.joined(separator: " ")
    #expect(text.hasPrefix("clip.wav: ") && (text.contains(" → ") || text.contains("none of the edits tried")))
    #expect(run.output.allSatisfy { $0.count <= 80 } && text.contains("edits tried"))
  }

  @Test("A manifest's flips and curves, with intervals by speaker; a run that is stopped and one anew agree")
  func corpus() throws {
    let made = ["corpus", "synthesize", "--clips", "2", "--speakers", "2", "--output", "made"]
    #expect(try folder.undertone(made).status == 0)
    let manifest = "made/manifest.csv"
    let flips = try folder.undertone(
      "flips", "--data", manifest, "--clips", "1", "--budget", "60", "--most", "1", "--edits", "pitch,tilt,tempo")
    #expect(flips.status == 0 && flips.output.first?.hasPrefix("7 clips: share") == true, "\(flips)")
    #expect(flips.output.allSatisfy { $0.count <= 80 }, "\(flips.output)")
    let rows = try folder.lines("output/flips/flips.csv")
    #expect(rows.count == 1 + 7 * 6 && rows[0].hasSuffix("pitch_steps,tilt_steps,tempo_steps"))
    #expect(folder.files(in: "output/flips").contains("flips.png"))
    let response = try folder.undertone(
      "response", "--data", manifest, "--edits", "pitch,tempo", "--clips", "1", "--no-control", "--groups")
    #expect(response.status == 0 && response.output.allSatisfy { $0.count <= 80 }, "\(response)")
    #expect(response.output.contains { $0.hasPrefix("angry: pitch") })
    #expect(folder.files(in: "output/response").contains("response.emotion-fear.png"))
    let curves = try folder.lines("output/response/response.csv")
    // All and seven emotions; 9 and 11 places; seven outputs.
    #expect(curves.count == 1 + 8 * (9 + 11) * 7)
  }

  @Test("What cannot be searched has one line")
  func errors() throws {
    try folder.write(WAV().file(Array(repeating: 0, count: 8_000)), to: "silence.wav")
    try folder.write(WAV().file(noise(seconds: 1)), to: "noise.wav")
    let predicted: Line = try decoded(
      try #require(folder.undertone("counterfactual", "clip.wav", "--json").output.first))
    for (arguments, status, words) in [
      (["counterfactual", "clip.wav", "--to", predicted.before.predicted], 65, "as it is"),
      (["counterfactual", "clip.wav", "--to", "bored"], 64, "bored"),
      (["counterfactual", "clip.wav", "--most", "4"], 64, "--most must lie between 1 and 3"),
      (["counterfactual", "clip.wav", "--budget", "1"], 64, "--budget must lie between 10 and 10000"),
      (["counterfactual", "clip.wav", "--edits", "pitch,hue"], 64, "there is no edit \"hue\""),
      (["counterfactual"], 64, "there are no clips"), (["counterfactual", "silence.wav"], 65, "is silent"),
      (["counterfactual", "noise.wav", "--edits", "pitch"], 65, "no period of a voice is found in it"),
      (["response"], 64, "name either files or a manifest"),
      (["response", "clip.wav", "--data", "x.csv"], 64, "name either files or a manifest"),
      (["response", "noise.wav", "--edits", "range"], 65, "no period of a voice is found in it"),
      (["response", "none.wav"], 66, "none.wav"), (["flips", "--data", "none.csv"], 66, "none.csv"),
      (["corpus", "synthesize", "--cue", "pitch"], 64, "--cue and --amount need --plant"),
      (["corpus", "synthesize", "--plant", "angry", "--cue", "tilt", "--amount", "9"], 64, "--amount: tilt -6 to 6"),
      (["corpus", "synthesize", "--plant", "angry", "--cue", "tempo", "--at", "1"], 64, "are of a burst"),
    ] {
      let run = try folder.undertone(arguments)
      #expect(run.status == Int32(status) && run.errors.contains { $0.contains(words) }, "\(arguments): \(run)")
    }
  }
}
