import AudioFiles
import Foundation
import TestSupport
import Testing

@Suite("edit")
struct EditTests {
  let folder: Folder

  init() throws {
    folder = try Folder()
    try folder.write(WAV().file(voice(seconds: 0.8)), to: "clip.wav")
  }

  private struct Line: Decodable {
    struct Answer: Decodable {
      let predicted: String
      let probabilities: [String: Double]
    }
    let edits: [String: Double]
    let telephone: Bool
    let before, after: Answer
    let back: Answer?
    let sound: String
  }

  @Test("The sound is written, the model answers before and after; the answers are those of predict")
  func answers() throws {
    let run = try folder.undertone("edit", "clip.wav", "--pitch", "+4", "--tempo", "1.1", "--json")
    #expect(run.status == 0 && run.output.count == 1, "\(run)")
    let line: Line = try decoded(try #require(run.output.first))
    #expect(line.edits == ["pitch": 4, "tempo": 1.1] && !line.telephone && line.back != nil)
    let written = try AudioClip.decode(path: folder.path(line.sound))
    let own = try AudioClip.decode(path: folder.path("clip.wav"))
    #expect(abs(written.duration * 1.1 - own.duration) < 1e-3)
    struct Prediction: Decodable { let probabilities: [String: Double] }
    for (file, answer) in [("clip.wav", line.before), (line.sound, line.after)] {
      let found: Prediction = try decoded(try #require(folder.undertone("predict", file, "--json").output.first))
      for (name, probability) in found.probabilities {
        #expect(abs(probability - (answer.probabilities[name] ?? 9)) < 1e-3)
      }
    }
    let again: Line = try decoded(
      try #require(folder.undertone("edit", "clip.wav", "--pitch", "+4", "--tempo", "1.1", "--json").output.first))
    #expect(again.after.probabilities == line.after.probabilities)
  }

  @Test("Text has the change in words; what puts no voice together has no way back")
  func text() throws {
    let run = try folder.undertone("edit", "clip.wav", "--tilt", "-3", "--telephone", "--noise", "20")
    #expect(run.status == 0 && run.output.count == 1)
    #expect(
      run.output[0].hasPrefix("clip.wav: tilt −3.0 dB an octave, noise 20 dB under the sound, a telephone line: "),
      "\(run.output)")
    let voice = try folder.undertone("edit", "clip.wav", "--formants", "1.1", "--range", "0.5")
    #expect(voice.output.count > 1 && voice.output[1].contains("changed and changed back"))
  }

  @Test("What cannot be made has one line")
  func errors() throws {
    try folder.write(WAV().file(noise(seconds: 1)), to: "noise.wav")
    try folder.write(WAV().file(Array(repeating: 0, count: 8_000)), to: "silence.wav")
    for (arguments, status, words) in [
      (["clip.wav"], 64, "nothing is to be changed"), (["clip.wav", "--pitch", "13"], 64, "--pitch must lie between"),
      (["clip.wav", "--tempo", "nan"], 64, "--tempo"), (["clip.wav", "--low-pass", "20"], 64, "between 200 and 8000"),
      (["noise.wav", "--pitch", "2"], 65, "no period of a voice is found in it, so that pitch +2.0 semitones"),
      (["noise.wav", "--breathiness", "5"], 65, "breath 5 dB under the voice cannot be made"),
      (["silence.wav", "--tilt", "2"], 65, "silence.wav: is silent"), (["none.wav", "--tilt", "2"], 66, "none.wav"),
    ] {
      let run = try folder.undertone(["edit"] + arguments)
      #expect(run.status == Int32(status) && run.errors.contains { $0.contains(words) }, "\(run)")
    }
    #expect(try folder.undertone("edit", "noise.wav", "--tempo", "1.2").status == 0)
  }
}
