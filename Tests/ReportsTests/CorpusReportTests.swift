import Corpora
import Testing

@testable import Reports

@Suite("Tables of a corpus")
struct CorpusReportTests {
  private func report(_ clips: [(emotion: Emotion, origin: String, level: Double?)]) -> CorpusReport {
    CorpusReport(
      CorpusStatistics(
        of: clips.enumerated().map { index, clip in
          ClipMeasurement(
            emotion: clip.emotion, origin: clip.origin, duration: Double(index + 1), maximum: 0.5, minimum: -0.25,
            sampleRate: 8000, speaker: "\(index % 3)",
            voice: clip.level.map { .init(values: [.level: $0 + 0.1 * Double(index), .tilt: -6]) })
        }), manifest: Manifest(folder: "", entries: []), path: "clips.csv")
  }

  @Test("Table 1 has sums and shares both ways, and zeros where an emotion has no clips of an origin")
  func counts() {
    let rows = report([(.angry, "a", nil), (.angry, "b", nil), (.angry, "b", nil), (.fear, "a", nil)]).counts.rows
    #expect(rows[0] == ["emotion", "a", "b", "all", "share (%)"])
    #expect(rows[1] == ["angry", "1", "2", "3", "75.00"] && rows[3] == ["fear", "1", "0", "1", "25.00"])
    #expect(rows.suffix(2) == [["all", "2", "2", "4", "100.00"], ["share (%)", "50.00", "50.00", "100.00", ""]])
  }

  @Test(
    "Voices: a star for an effect whose interval excludes zero; none where nothing was measured, or there is no spread")
  func voices() throws {
    let silent = report([(.angry, "a", nil), (.fear, "a", nil)])
    #expect(silent.voice == nil && silent.voiceRows.isEmpty)
    let loud = report((0..<12).map { ($0 % 2 == 0 ? .angry : .fear, "a", $0 % 2 == 0 ? -10.0 : -30.0) })
    let row = try #require(loud.voiceRows.first { $0[0] == "angry" })
    #expect(loud.voiceRows[0] == ["voice", "F0 (Hz)", "d", "level (dBFS)", "d", "tilt (dB/octave)", "d"])
    // No frame is voiced, and all tilts are alike.
    #expect(row[1] == "" && row[2] == "" && row[3].hasPrefix("-9.5") && row[4].hasPrefix("*+") && row[6] == "")
    #expect(try loud.voice.map { try $0.encoded().count > 1000 } == true)
    let table = try #require(loud.tables.first { $0.name == "voice" })
    #expect(table.rows.count == 5 && table.rows[1].prefix(4) == ["level", "dBFS", "angry", "6"])
  }
}
