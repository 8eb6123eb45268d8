import Foundation
import TestSupport
import Testing

@Suite("audit")
struct AuditTests {
  let folder: Folder

  /// 28 clips of two speakers.
  init() throws {
    folder = try Folder()
    let made = ["corpus", "synthesize", "--clips", "4", "--speakers", "2", "--output", "made"]
    #expect(try folder.undertone(made).status == 0)
  }

  private struct Line: Decodable {
    struct Finding: Decodable { let topic, verdict, words: String }
    struct Change: Decodable {
      struct Estimate: Decodable { let mean: Double }
      let change: String
      let clips: Int
      let uar, stays: Estimate
    }
    struct Noise: Decodable {
      let emotion: String
      let clips: Int
    }
    let clips, speakers, tests: Int
    let noises: [Noise]
    let findings: [Finding]
    let changes: [Change]
    let figures: [String]
  }

  @Test("Verdicts first, in 80 columns, with the files; what is stopped resumes to the same numbers")
  func files() throws {
    let arguments = ["audit", "--data", "made/manifest.csv"]
    let (process, finish) = try folder.start(arguments + ["--output", "parts"])
    // Somewhere within the work: the folder is made at its start.
    let deadline = Date.now.addingTimeInterval(60)
    while !FileManager.default.fileExists(atPath: folder.path("parts")), process.isRunning, Date.now < deadline {
      usleep(20_000)
    }
    usleep(150_000)
    process.interrupt()
    let stopped = try finish()
    #expect(stopped.status == 130 && stopped.errors.last?.contains("resumes from here") == true, "\(stopped)")
    #expect(folder.files(in: "parts").contains("resume.json"))
    let run = try folder.undertone(arguments + ["--html", "--format", "png,svg", "--output", "parts"])
    #expect(run.status == 0 && run.output.allSatisfy { $0.count <= 80 }, "\(run)")
    #expect(run.output.first == "What built-in leans on that is not emotion: 28 clips of 2 speakers")
    #expect(run.output.contains("undecided: order: 2 speakers, fewer than 10"))
    #expect(run.output.contains("not judged: leakage: no --training"))
    #expect(run.output.suffix(4) == ["parts/audit.png", "parts/audit.svg", "parts/audit.csv", "parts/audit.html"])
    #expect(!folder.files(in: "parts").contains("resume.json"))
    let page = String(decoding: try folder.contents("parts/audit.html"), as: UTF8.self)
    #expect(page.contains("The rules") && page.contains("<img src="))
    // A row for each clip and change, and for the clip as it is.
    let rows = try folder.lines("parts/audit.csv")
    #expect(rows.count == 1 + 28 * 21 && rows[0].hasPrefix("path,emotion,speaker,change,predicted,stays,"))

    let other = try folder.undertone(arguments + ["--training", "made/manifest.csv", "--json"])
    #expect(other.status == 0 && other.output.count == 1, "\(other)")
    let isSame = try folder.contents("output/audit/audit.csv") == folder.contents("parts/audit.csv")
    #expect(isSame)
    let line: Line = try decoded(try #require(other.output.first))
    #expect(line.clips == 28 && line.speakers == 2 && line.figures == ["output/audit/audit.png"])
    func finding(_ topic: String) -> Line.Finding? { line.findings.first { $0.topic == topic } }
    #expect(finding("copies")?.verdict == "alarm")
    #expect(finding("copies")?.words == "28 exact and 0 near copies of training clips among 28")
    #expect(finding("speakers")?.verdict == "alarm" && finding("leakage") == nil)
    // Some made clips have long pauses, with a room's noise; each that is given another's tells of two emotions.
    let given = rows.count { $0.contains(",noise of other emotion,") && !$0.hasSuffix(",,,,") }
    let compared = line.noises.reduce(0) { $0 + $1.clips }
    #expect((8..<24).contains(given) && line.noises.count == 7 && compared == 2 * given, "\(line.noises)")
    #expect(finding("steady noise")?.verdict == "not judged")
    // What the table says, from its rows: all clips as they are, and the reversed ones.
    #expect(line.changes.first?.change == "as it is" && line.changes.first?.stays.mean == 1)
    let reversed = try #require(line.changes.first { $0.change == "reversed in time" })
    let own = rows.map { $0.components(separatedBy: ",") }.filter { $0[3] == "reversed in time" }
    #expect(own.count == 28 && reversed.clips == 28)
    #expect(abs(Double(own.count { $0[5] == "yes" }) / 28 - reversed.stays.mean) < 1e-9)
    let right = Dictionary(grouping: own) { $0[1] }.values.map { clips in
      Double(clips.count { $0[4] == $0[1] }) / Double(clips.count)
    }
    #expect(abs(right.reduce(0, +) / 7 - reversed.uar.mean) < 1e-9)
  }

  @Test(
    "A model is asked about noises in clips of digital silence, of 8 bits, and whose noise drowns the speech; some have none"
  )
  func noises() throws {
    let rows = try folder.lines("made/manifest.csv")
    let places = try rows.dropFirst().enumerated().map { number, row in
      let path = String(try #require(row.split(separator: ",").first))
      let sound = voice(seconds: 1)
      let quiet = [Float](repeating: 0, count: 8000)
      let pause = number % 3 == 2 ? (0..<8000).map { Float(sin(Double($0 * $0) / 50)) * 0.3 } : quiet
      let coarse = number % 3 == 1 ? pause.enumerated().map { $0 % 7 == 0 ? $1 + 1.0 / 128 : $1 } : pause
      try folder.write(WAV().file(coarse + sound + coarse), to: "made/odd-\(number).wav")
      return row.replacing(path, with: "odd-\(number).wav")
    }
    try folder.write(([rows[0]] + places).joined(separator: "\n") + "\n", to: "made/odd.csv")
    let run = try folder.undertone("audit", "--data", "made/odd.csv", "--json")
    #expect(run.status == 0 && run.output.count == 1, "\(run)")
    let line: Line = try decoded(try #require(run.output.first))
    let other = line.changes.first { $0.change == "noise of other emotion" }
    // The nine whose pauses are as loud as the voice have no noise that is known.
    #expect(other?.clips == 19, "\(line.changes)")
  }

  @Test("Clips that cannot be read are said in each run, with some drawn in their place, and no state is kept")
  func unreadable() throws {
    let rows = (0..<28).map { "\($0).wav,\($0 < 14 ? "angry" : "fear"),\($0 % 14)" }
    try folder.write((["path,emotion,speaker"] + rows).joined(separator: "\n") + "\n", to: "gone.csv")
    for (clips, all) in [("12", 26), ("14", 28)] {
      for _ in 1...2 {
        let run = try folder.undertone(["audit", "--data", "gone.csv", "--clips", clips])
        #expect(run.status == 66 && run.output.isEmpty, "\(run)")
        #expect(run.errors.count { $0.contains(".wav: ") } == all, "\(run)")
        #expect(run.errors.last == "undertone: \(all) of \(all) files failed", "\(run)")
        #expect(!folder.files(in: "output/audit").contains("resume.json"))
      }
    }
  }

  @Test("Too few clips, one speaker, other labels and what is not there have one line")
  func refusals() throws {
    let rows = try folder.lines("made/manifest.csv")
    func write(_ name: String, _ rows: [String]) throws {
      try folder.write(rows.joined(separator: "\n") + "\n", to: "made/\(name).csv")
    }
    let one = rows.dropFirst().filter { $0.hasPrefix("speaker-01") }
    try write("one", [rows[0]] + one + one)
    try write("strange", [rows[0]] + rows.dropFirst().map { $0.replacing(",angry,", with: ",odd,") }.prefix(4))
    try write("few", Array(rows.prefix(24)))
    for (arguments, status, words) in [
      (["--data", "made/one.csv"], 65, "all clips are of one speaker"),
      (["--data", "made/strange.csv"], 65, "needs clips of two or more of the model's emotions"),
      (["--data", "made/few.csv"], 65, "23 clips of the model's emotions"),
      (["--data", "made/manifest.csv", "--clips", "3"], 65, "21 clips of the model's emotions"),
      (["--data", "made/manifest.csv", "--clips", "0"], 64, "--clips must be at least 1"),
      (["--data", "none.csv"], 66, "none.csv"),
      (["--data", "made/manifest.csv", "--training", "none.csv"], 66, "none.csv"),
    ] {
      let run = try folder.undertone(["audit"] + arguments)
      #expect(
        run.status == Int32(status) && run.errors.contains { $0.contains(words) } && run.output.isEmpty,
        "\(arguments): \(run)")
    }
    #expect(folder.files(in: "output").isEmpty)
  }
}
