import AudioFiles
import Foundation
import TestSupport
import Testing

@Suite("decompose")
struct DecomposeTests {
  let folder: Folder

  init() throws {
    folder = try Folder()
    try folder.write(WAV().file(voice(seconds: 0.8)), to: "clip.wav")
  }

  struct Line: Decodable {
    struct Component: Decodable {
      let component: Int
      let hertz, energyShare: Double
      let scoreRemoved: Double?
      let sound: String
    }
    struct Chosen: Decodable {
      let components: [Int]
      let sound: String
      let scoreRemoved, randomScoreRemoved, randomAsLow: Double
    }
    let divergence: String
    let iterations: Int
    let objective: Double
    let model, target: String?
    let score: Double?
    let components: [Component]
    let chosen: Chosen?
    let figures, arrays: [String]
    let table: String
  }

  private func samples(_ name: String) throws -> [Float] {
    try AudioClip.decode(path: folder.path(name)).samples
  }

  @Test("The sounds sum to the clip; the chosen ones to relevant.wav; the table has a row a component")
  func sounds() throws {
    let run = try folder.undertone(
      "decompose", "clip.wav", "--components", "3", "--relevant", "2", "--iterations", "50", "--json", "--arrays")
    #expect(run.status == 0 && run.errors.isEmpty && run.output.count == 1, "\(run)")
    let line: Line = try decoded(try #require(run.output.first))
    #expect(line.divergence == "kullback-leibler" && line.iterations == 50 && line.model == "built-in")
    let parts = try line.components.map { try samples($0.sound) }
    let clip = try samples("clip.wav")
    // Nothing of this clip is trimmed.
    #expect(parts.map(\.count) == [clip.count, clip.count, clip.count])
    let sum = clip.indices.map { index in parts.reduce(0) { $0 + $1[index] } }
    #expect(largestDifference(sum, clip) < 1e-5)
    let chosen = try #require(line.chosen)
    let together = clip.indices.map { index in chosen.components.reduce(0) { $0 + parts[$1 - 1][index] } }
    #expect(chosen.components.count == 2)
    #expect(try largestDifference(samples(chosen.sound), together) < 1e-6)
    // The one without which the score is lowest comes first.
    let lowest = line.components.min { $0.scoreRemoved! < $1.scoreRemoved! }
    #expect(chosen.components.first == lowest?.component)
    #expect(abs(line.components.reduce(0) { $0 + $1.energyShare } - 1) < 1e-5)

    let table = try folder.lines(line.table)
    #expect(table.count == 4 && table[0].hasPrefix("component,hertz,energy_share,sound,score,score_removed,"))
    #expect(table[1].hasPrefix("1,") && table.dropFirst().count { $0.hasSuffix(",1") } == 2)
    #expect(
      folder.files(in: "output/decompose")
        == ([line.figures[0], line.table, chosen.sound] + line.arrays + line.components.map(\.sound))
        .map { String($0.dropFirst("output/decompose/".count)) }.sorted())
    #expect(line.arrays.count == 5 && line.components[0].sound.hasSuffix("Hz.wav"))
    // The same seed gives the same files.
    let figure = try folder.contents(line.figures[0])
    _ = try folder.undertone(
      "decompose", "clip.wav", "--components", "3", "--relevant", "2", "--iterations", "50", "--json", "--arrays")
    #expect(try folder.contents(line.figures[0]) == figure)
  }

  @Test("Without a model there are the components and nothing else; text names all files")
  func withoutModel() throws {
    let run = try folder.undertone(
      "decompose", "clip.wav", "--no-model", "--components", "2", "--divergence", "itakura-saito", "--format", "svg")
    #expect(run.status == 0 && run.errors.isEmpty, "\(run)")
    let files = folder.files(in: "output/decompose")
    #expect(files.count == 4 && files.allSatisfy { $0.hasPrefix("clip.") }, "\(files)")
    #expect(run.output.suffix(4).map { String($0.dropFirst("output/decompose/".count)) }.sorted() == files)
    #expect(run.output[0] == "clip.wav: itakura-saito, 200 steps")
    #expect(try folder.lines("output/decompose/clip.components.csv")[0] == "component,hertz,energy_share,sound")
    let json = try folder.undertone("decompose", "clip.wav", "--no-model", "--iterations", "2", "--json")
    let line: Line = try decoded(try #require(json.output.first))
    #expect(line.components.count == 8 && line.chosen == nil && line.score == nil && line.arrays.isEmpty)
  }

  @Test("One component is the clip, of stereo the first channel, and of a clip of one frame")
  func small() throws {
    let voice = voice(seconds: 0.5)
    try folder.write(WAV(channels: 2).file(voice.flatMap { [$0, -0.5 * $0] }), to: "stereo.wav")
    try folder.write(WAV().file(Array(voice.prefix(200))), to: "frame.wav")
    let run = try folder.undertone("decompose", "stereo.wav", "frame.wav", "--components", "1", "--json")
    #expect(run.status == 0, "\(run)")
    for (line, name) in zip(run.output, ["stereo.wav", "frame.wav"]) {
      let line: Line = try decoded(line)
      let expected = try samples(name)
      let found = try samples(line.components[0].sound)
      #expect(largestDifference(found, expected) < 1e-5 && line.components[0].energyShare == 1)
    }
  }

  @Test("Bad input: exit status, one line with the name and the reason")
  func failures() throws {
    try folder.write(WAV().file([Float](repeating: 0, count: 16_000)), to: "silent.wav")
    try folder.write(WAV().file(Array(voice(seconds: 0.5).prefix(700))), to: "short.wav")
    try folder.write("no sound", to: "text.wav")
    func decompose(_ arguments: String...) throws -> Run { try folder.undertone(["decompose"] + arguments) }
    #expect(try decompose("silent.wav").failed(65, naming: "silent.wav", "silent"))
    #expect(
      try decompose("short.wav").failed(65, naming: "short.wav: has 3 frames, and 8 components need at least 8"))
    #expect(try decompose("text.wav").failed(65, naming: "text.wav"))
    #expect(try decompose("missing.wav").failed(66, naming: "missing.wav"))
    #expect(try decompose("clip.wav", "--components", "33").failed(64, naming: "between 1 and 32"))
    #expect(try decompose("clip.wav", "--components", "0").failed(64, naming: "between 1 and 32"))
    #expect(try decompose("clip.wav", "--iterations", "0").failed(64, naming: "--iterations"))
    #expect(try decompose("clip.wav", "--relevant", "9").failed(64, naming: "--relevant", "8"))
    #expect(try decompose("clip.wav", "--divergence", "beta").failed(64, naming: "beta"))
    #expect(try decompose("clip.wav", "--target", "bored").failed(64, naming: "bored", "angry"))
    #expect(try decompose("clip.wav", "--no-model", "--target", "fear").failed(64, naming: "--target", "--no-model"))
    // One bad file does not stop the others.
    let mixed = try decompose("short.wav", "clip.wav", "--output", "mixed", "--no-model", "--iterations", "3")
    #expect(mixed.status == 65 && folder.files(in: "mixed").contains("clip.components.png"), "\(mixed)")
  }
}
