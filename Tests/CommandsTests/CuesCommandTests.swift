import Foundation
import TestSupport
import Testing

@Suite("cues")
struct CuesCommandTests {
  let folder: Folder

  init() throws {
    folder = try Folder()
    try folder.write(WAV().file(voice(seconds: 1.2)), to: "clip.wav")
  }

  private struct Line: Decodable {
    struct Cue: Decodable, Equatable {
      let cue: String
      let unit: String?
      let mean, inside, outside, difference, deviation, standardised, control: Double
      let framesInside, framesOutside: Int
    }
    let explained, table: String
    let audible, salient: Int
    let cues: [Cue]
    let leftOut: [String]
  }

  @Test("The means of a line are those of the table's frames; it is the same again")
  func numbers() throws {
    let run = try folder.undertone("cues", "clip.wav", "--json")
    #expect(run.status == 0 && run.output.count == 1, "\(run)")
    let line: Line = try decoded(try #require(run.output.first))
    #expect(line.cues.count + line.leftOut.count == 25 && line.salient * 2 <= line.audible + 1)
    #expect(line.table == "output/cues/clip.cues.csv")
    let rows = try folder.lines(line.table).map { $0.components(separatedBy: ",") }
    #expect(rows[0].prefix(4) == ["seconds", "part_20ms", "part_60ms", "Loudness"] && rows[0].count == 28)
    for (name, part) in [("Loudness", 1), ("F0semitoneFrom27.5Hz", 2)] {
      let own = try #require(line.cues.first { $0.cue == name }, "\(name) of \(line.leftOut)")
      let column = try #require(rows[0].firstIndex(of: name))
      func values(_ wanted: String) -> [Double] {
        rows.dropFirst().filter { $0[part] == wanted }.compactMap { Double($0[column]) }
      }
      let (inside, outside) = (values("inside"), values("outside"))
      #expect(inside.count == own.framesInside && outside.count == own.framesOutside)
      #expect(abs(inside.reduce(0, +) / Double(inside.count) - own.inside) < 1e-4)
      #expect(abs(outside.reduce(0, +) / Double(outside.count) - own.outside) < 1e-4)
      #expect(abs(own.inside - own.outside - own.difference) < 1e-9)
      #expect(abs(own.difference / own.deviation - own.standardised) < 1e-9)
    }
    let again: Line = try decoded(try #require(folder.undertone("cues", "clip.wav", "--json").output.first))
    #expect(again.cues == line.cues)
  }

  @Test("Text has a table of 80 columns for each file")
  func text() throws {
    try folder.write(WAV().file(voice(seconds: 0.8)), to: "other.wav")
    let run = try folder.undertone("cues", "clip.wav", "other.wav", "--method", "input-x-gradient")
    #expect(run.status == 0 && run.output.allSatisfy { $0.count <= 80 }, "\(run)")
    #expect(run.output.count { $0.hasPrefix("cue ") && $0.contains("inside  outside  difference") } == 2)
    #expect(run.output.contains { $0.hasPrefix("Loudness ") } && run.output.contains { $0.hasPrefix("Pitch ") })
    #expect(folder.files(in: "output/cues") == ["clip.cues.csv", "other.cues.csv"])
  }

  @Test("Without a voice its cues are left out, and a note says so")
  func noVoice() throws {
    var state: UInt64 = 9
    // Below the level from which there is a voice.
    let noise = (0..<16_000).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return 0.001 * Float(Int64(bitPattern: state) >> 40) / Float(1 << 23)
    }
    try folder.write(WAV(format: .float32).file(noise), to: "noise.wav")
    let run = try folder.undertone("cues", "noise.wav", "--json")
    #expect(
      run.status == 0 && run.errors.contains { $0.contains("noise.wav: no frame is voiced: left out: ") }, "\(run)")
    let line: Line = try decoded(try #require(run.output.first))
    #expect(line.leftOut.count >= 15 && line.leftOut.contains("F1frequency") && !line.cues.isEmpty)
  }

  @Test("Of a manifest there are a figure, a table for each emotion and cue, and verdicts; it is the same again")
  func data() throws {
    let made = try folder.undertone("corpus", "synthesize", "--clips", "2", "--speakers", "3", "--output", "corpus")
    #expect(made.status == 0)
    let arguments = ["cues", "--data", "corpus/manifest.csv", "--clips", "4"]
    let run = try folder.undertone(arguments)
    #expect(run.status == 0 && run.output.allSatisfy { $0.count <= 80 }, "\(run)")
    #expect(run.output.suffix(2) == ["output/cues/cues.png", "output/cues/cues.csv"])
    #expect(run.output.contains { $0.hasPrefix("cue  ") } && run.output.contains { $0.hasPrefix("angry: Pitch") })
    #expect(folder.files(in: "output/cues").allSatisfy { ["cues.csv", "cues.png"].contains($0) || $0.hasPrefix(".") })

    struct Whole: Decodable {
      struct Estimate: Decodable, Equatable {
        let mean: Double
        let low, high: Double?
      }
      struct Cue: Decodable, Equatable {
        let cue: String
        let standardised, control: Double
        let net: Estimate
        let known, verdict: String?
      }
      struct OfEmotion: Decodable, Equatable {
        let emotion: String
        let clips: Int
        let cues: [Cue]
      }
      let emotions: [OfEmotion]
      let clips: Int
    }
    let first: Whole = try decoded(try #require(folder.undertone(arguments + ["--json"]).output.first))
    #expect(first.emotions.map(\.clips).reduce(0, +) == first.clips)
    for emotion in first.emotions {
      #expect(emotion.clips <= 4)
      for own in emotion.cues {
        #expect(abs(own.standardised - own.control - own.net.mean) < 1e-9 && (own.known == nil) == (own.verdict == nil))
      }
    }
    let angry = try #require(first.emotions.first { $0.emotion == "angry" })
    #expect(angry.cues.first { $0.cue == "hammarbergIndex" }?.known == "lower")
    #expect(angry.cues.first { $0.cue == "alphaRatio" }?.known == "higher")
    let table = try folder.lines("output/cues/cues.csv")
    #expect(table.count == 1 + first.emotions.reduce(0) { $0 + $1.cues.count })
    let again: Whole = try decoded(try #require(folder.undertone(arguments + ["--json"]).output.first))
    #expect(again.emotions == first.emotions)
  }

  @Test("What cannot be measured has one line")
  func errors() throws {
    try folder.write(WAV().file(Array(repeating: 0, count: 8_000)), to: "silence.wav")
    try folder.write(WAV().file(voice(seconds: 0.1)), to: "short.wav")
    for (arguments, status, words) in [
      ([], 64, "name either files or a manifest"), (["clip.wav", "--data", "clips.csv"], 64, "name either files"),
      (["clip.wav", "--clips", "0"], 64, "--clips must be at least 1"),
      (["clip.wav", "--format", "svg"], 64, "--format is of the figure, which is drawn with --data"),
      (["silence.wav"], 65, "silence.wav: is silent"), (["short.wav"], 65, "short.wav: has 7 audible frames"),
      (["none.wav"], 66, "none.wav"), (["clip.wav", "--method", "magic"], 64, "magic"),
    ] {
      let run = try folder.undertone(["cues"] + arguments)
      #expect(run.failed(Int32(status), naming: words), "\(run)")
    }
    // A file that fails does not end the others.
    let run = try folder.undertone("cues", "short.wav", "clip.wav", "--json")
    #expect(run.status == 65 && run.output.count == 1, "\(run)")
  }
}
