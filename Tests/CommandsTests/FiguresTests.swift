import Figures
import Foundation
import Testing

@Suite("Figures of what a model hears, by emotion")
struct FiguresTests {
  private func corpus(clips: Int) throws -> Folder {
    let folder = try Folder()
    let run = try folder.undertone("corpus", "synthesize", "--clips", "\(clips)", "--output", "corpus")
    #expect(run.status == 0)
    return folder
  }

  @Test("A sheet for each emotion and input, what all clips say together, and a page")
  func whole() throws {
    let folder = try corpus(clips: 3)
    let run = try folder.undertone(
      "figures", "--data", "corpus/manifest.csv", "--clips", "3", "--drawn", "2", "--input", "mel,waveform,mfcc",
      "--output", "out", "--html")
    #expect(run.status == 0 && run.output.last == "out/figures.html", "\(run)")
    let files = folder.files(in: "out")
    for emotion in EmotionColors.names {
      for name in [emotion, "\(emotion)-waveform", "\(emotion)-mfcc"] { #expect(files.contains("\(name).png")) }
    }
    for name in ["profiles.png", "measures.png", "profiles.csv", "emotions.csv", "claims.csv"] {
      #expect(files.contains(name))
    }
    #expect(!files.contains("resume.json") && run.output.allSatisfy { $0.count <= 80 })
    #expect(run.output.contains("out/fear-mfcc.png: 2 clips of 3"))
    let measures = try folder.lines("out/emotions.csv")
    for measure in ["voiced (log2)", "pitch (semitones)", "loudness (dB)", "tilt (dB/octave)", "centroid (octaves)"] {
      #expect(measures.contains { $0.contains(measure) }, "\(measure)")
    }
    let page = String(decoding: try folder.contents("out/figures.html"), as: UTF8.self)
    // 21 sheets, two figures of all clips.
    #expect(page.components(separatedBy: "<img src=").count == 24 && page.contains("id=\"data\""))
  }

  @Test("What was interrupted goes on and comes to the same numbers; something else that is asked begins anew")
  func resumed() throws {
    let folder = try corpus(clips: 4)
    let arguments = [
      "figures", "--data", "corpus/manifest.csv", "--clips", "4", "--method", "integrated-gradients", "--steps", "64",
    ]
    #expect(try folder.undertone(arguments + ["--output", "whole"]).status == 0)
    let (process, finish) = try folder.start(arguments + ["--output", "parts"])
    // As soon as the first sheet is there.
    let deadline = Date.now.addingTimeInterval(120)
    while !folder.files(in: "parts").contains("disgust.png"), process.isRunning, Date.now < deadline { usleep(20_000) }
    process.interrupt()
    let stopped = try finish()
    #expect(stopped.status == 130 && stopped.errors.last?.contains("resumes from here") == true, "\(stopped)")
    #expect(folder.files(in: "parts").contains("resume.json"))
    let other = try folder.undertone(
      "figures", "--data", "corpus/manifest.csv", "--clips", "1", "--output", "other")
    #expect(other.status == 0 && other.errors.isEmpty)
    let run = try folder.undertone(arguments + ["--output", "parts"])
    #expect(run.status == 0 && run.errors.contains { $0.contains("resuming after") }, "\(run)")
    for name in ["profiles.csv", "emotions.csv", "claims.csv", "angry.png", "surprise.png"] {
      let isSame = try folder.contents("parts/\(name)") == folder.contents("whole/\(name)")
      #expect(isSame, "\(name)")
    }
    #expect(!folder.files(in: "parts").contains("resume.json"))
  }

  @Test("A bad clip is reported and the rest go on; one clip, and none of an emotion, are enough")
  func badInput() throws {
    let folder = try corpus(clips: 2)
    try folder.write("not audio", to: "corpus/bad.wav")
    let clips = ["bad.wav,fear", "speaker-01/angry-001.wav,angry", "speaker-02/fear-002.wav,fear"]
    try folder.write((["path,emotion"] + clips).joined(separator: "\n") + "\n", to: "corpus/mixed.csv")
    let mixed = try folder.undertone("figures", "--data", "corpus/mixed.csv", "--clips", "5", "--output", "mixed")
    #expect(mixed.status == 65 && mixed.errors.count == 2, "\(mixed)")
    #expect(mixed.errors[0].contains("bad.wav") && mixed.errors[1].contains("1 of 3"))
    #expect(folder.files(in: "mixed").contains("fear.png"))

    try folder.write("path,emotion\nspeaker-01/angry-001.wav,angry\n", to: "corpus/one.csv")
    let one = try folder.undertone("figures", "--data", "corpus/one.csv", "--output", "one")
    #expect(one.status == 0 && folder.files(in: "one").contains("measures.png"), "\(one)")

    // What no clip can do better is said once.
    #expect(
      try folder.undertone("figures", "--data", "corpus/mixed.csv", "--method", "grad-cam", "--layer", "none")
        .failed(64, naming: "none"))
    // This clip is one or the other.
    let kinds = try ["correct", "errors"].map { kind in
      try folder.undertone("figures", "--data", "corpus/one.csv", "--which", kind, "--output", kind)
    }
    #expect(kinds.allSatisfy { $0.status == 0 })
    #expect(kinds.count { $0.errors.contains { $0.contains("no clip of angry is among the") } } == 1)
    #expect(["correct", "errors"].count { folder.files(in: $0).contains("angry.png") } == 1)
  }
}
