import Figures
import Foundation
import TestSupport
import Testing

@Suite("predict")
struct PredictTests {
  let folder: Folder

  init() throws {
    folder = try Folder()
    try folder.write(WAV().file(voice(seconds: 3)), to: "clip, one.wav")
    try folder.write(WAV().file(voice(seconds: 0.4)), to: "short.wav")
  }

  @Test("Probabilities sum to one; --top counts emotions, the most probable first")
  func whole() throws {
    let prediction: Prediction = try decoded(
      #require(folder.undertone("predict", "clip, one.wav", "--json").output.first))
    #expect(abs(prediction.probabilities.values.reduce(0, +) - 1) < 1e-5)
    #expect(prediction.start! >= 0 && prediction.end! <= 3 && prediction.model == "built-in")
    let ranked = prediction.probabilities.sorted { $0.value > $1.value }
    #expect(prediction.predicted == ranked[0].key)
    for count in [1, 3, 7, 9] {
      let line = try #require(folder.undertone("predict", "clip, one.wav", "--top", "\(count)").output.first)
      let expected = ranked.prefix(count).map { "\($0.key) \(String(format: "%.2f", $0.value))" }
      #expect(line == "clip, one.wav: \(expected.joined(separator: ", "))")
    }
  }

  @Test("After -- all are files, whatever they are called")
  func names() throws {
    for name in ["-1", "--top", "--"] { try folder.write(folder.contents("short.wav"), to: name) }
    let run = try folder.undertone("predict", "--top", "1", "--", "-1", "--top", "-1", "--")
    #expect(run.status == 0 && run.errors.isEmpty, "\(run)")
    #expect(run.output.compactMap { $0.split(separator: ":").first } == ["-1", "--top", "-1", "--"])
  }

  @Test("--window: windows of the file as it stands, a hop apart; a shorter file is one window")
  func timeline() throws {
    let run = try folder.undertone("predict", "clip, one.wav", "short.wav", "--window", "1", "--hop", "0.5", "--json")
    let windows: [Prediction] = try run.output.map(decoded)
    #expect(windows.prefix(5).map(\.start) == [0, 0.5, 1, 1.5, 2])
    #expect(windows.prefix(5).map(\.end) == [1, 1.5, 2, 2.5, 3])
    #expect(windows.dropFirst(5).map(\.file) == ["short.wav"])
    #expect(windows.last?.start == 0 && windows.last?.end == 0.4)
    #expect(windows.allSatisfy { abs($0.probabilities.values.reduce(0, +) - 1) < 1e-5 })
    // The voice swells four times a second, so every window holds the same.
    for window in windows[1..<5] {
      for (emotion, probability) in window.probabilities {
        #expect(abs(probability - windows[0].probabilities[emotion]!) < 0.02)
      }
    }
  }

  @Test("A file as one window gives what the whole file does, quiet ends or not")
  func oneWindow() throws {
    let quiet = [Float](repeating: 0, count: 16_000)
    try folder.write(WAV().file(quiet + voice(seconds: 1) + quiet), to: "quiet.wav")
    for file in ["quiet.wav", "short.wav", "clip, one.wav"] {
      let whole: Prediction = try decoded(#require(folder.undertone("predict", file, "--json").output.first))
      let window: Prediction = try decoded(
        #require(folder.undertone("predict", file, "--window", "10", "--json").output.first))
      #expect(whole.probabilities == window.probabilities)
    }
    let row = try folder.undertone("predict", "quiet.wav", "--csv").output[1].split(separator: ",")
    #expect(abs(Double(row[1])! - 1) < 0.07 && abs(Double(row[2])! - 2) < 0.07, "\(row)")
  }

  @Test("--window goes to the end of the file, whatever is left there")
  func lastWindow() throws {
    try folder.write(WAV(rate: 8000).file(voice(seconds: 12.9, rate: 8000)), to: "long.wav")
    let rows = try folder.undertone("predict", "long.wav", "--window", "5", "--hop", "5", "--csv").output
    #expect(
      rows.dropFirst().map { $0.split(separator: ",")[1...2].joined(separator: " ") }
        == ["0.000 5.000", "5.000 10.000", "10.000 12.900"])
  }

  @Test("A silent window has no probabilities, in text, CSV and JSON; a silent file fails")
  func silentWindows() throws {
    let sound = voice(seconds: 1)
    try folder.write(WAV().file(sound + [Float](repeating: 0, count: 32_000) + sound), to: "gap.wav")
    try folder.write(WAV().file([Float](repeating: 0, count: 32_000)), to: "silence.wav")
    func predict(_ file: String, _ arguments: String...) throws -> Run {
      try folder.undertone(["predict", file, "--window", "1", "--hop", "1"] + arguments)
    }
    let text = try predict("gap.wav")
    #expect(text.status == 0 && text.errors.isEmpty && text.output.count == 4)
    #expect(text.output[1...2] == ["gap.wav   1.00–2.00 s: silent", "gap.wav   2.00–3.00 s: silent"])
    #expect(!text.output[0].contains("silent") && !text.output[3].contains("silent"))
    let csv = try predict("gap.wav", "--csv").output
    #expect(csv[2...3] == ["gap.wav,1.000,2.000,,,,,,,,,,", "gap.wav,2.000,3.000,,,,,,,,,,"])
    let json = try predict("gap.wav", "--json").output
    let nulls = try JSONSerialization.jsonObject(with: Data(json[1].utf8)) as? [String: Any]
    #expect(nulls?["probabilities"] is NSNull && nulls?["predicted"] is NSNull && nulls?["end"] as? Double == 2)
    #expect((try decoded(json[3]) as Prediction).probabilities.count == 7)
    let silence = try predict("silence.wav")
    #expect(silence.status == 65 && silence.errors == ["undertone: silence.wav: is silent"], "\(silence)")
  }

  @Test("Four hours of windows fit in less memory than four hours of samples")
  func memory() throws {
    let wav = WAV(format: .unsigned8)
    try folder.write(
      wav.header(samples: 4 * 3600 * 16_000) + wav.file(voice(seconds: 60)).dropFirst(44), to: "long.wav")
    // The rest is a hole in the file: zeros, which are a constant of −1.
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: folder.path("long.wav")))
    try file.truncate(atOffset: UInt64(44 + 4 * 3600 * 16_000))
    try file.close()
    // The samples alone are 920 MB; the libraries need about 860 MB at the start, however short the file.
    let run = try folder.undertone(
      after: "ulimit -d 1100000; export OMP_NUM_THREADS=2", "predict", "long.wav", "--window", "5", "--hop", "3600")
    #expect(run.status == 0 && run.output.count == 4, "\(run)")
  }

  @Test("--format draws the timeline of each file; it needs windows")
  func figure() throws {
    let run = try folder.undertone(
      "predict", "clip, one.wav", "short.wav", "--window", "1", "--format", "png,svg", "--top", "1")
    #expect(run.status == 0 && run.errors.isEmpty, "\(run)")
    #expect(folder.files(in: "output/predict") == ["clip, one.png", "clip, one.svg", "short.png", "short.svg"])
    #expect(run.output.filter { $0.contains("→") }.count == 4)
    let texts = try PNGImage(contentsOf: folder.path("output/predict/clip, one.png")).texts
    #expect(texts["Source"] == "clip, one.wav" && texts["Window"] == "1.0 s" && texts["Hop"] == "1.0 s")
    let rows = try folder.undertone("predict", "short.wav", "--window", "1", "--csv", "--format", "pdf").output
    #expect(rows.count == 2)
    #expect(try folder.undertone("predict", "short.wav", "--format", "png").failed(64, naming: "--format", "--window"))
  }

  @Test("--csv: a header, a row a file or window, quotes where a name has a comma")
  func csv() throws {
    let header = "file,start,end,angry,disgust,fear,happy,neutral,sadness,surprise,distance,outside,trained_on"
    let whole = try folder.undertone("predict", "clip, one.wav", "short.wav", "--csv").output
    // Where the clip lies by the training data, as JSON has it.
    struct Line: Decodable {
      struct Place: Decodable {
        let distance: Double
        let outside: Bool
      }
      let trainingData: Place
    }
    let line: Line = try decoded(#require(folder.undertone("predict", "short.wav", "--json").output.first))
    let cells = whole[2].split(separator: ",").suffix(3)
    #expect(
      cells.first == "\(line.trainingData.distance)"
        && cells.dropFirst().first == (line.trainingData.outside ? "yes" : "no"))
    #expect(whole.count == 3 && whole[0] == header)
    #expect(whole[1].hasPrefix("\"clip, one.wav\",0.000,") && whole[2].hasPrefix("short.wav,0.000,0.400,"))
    let windows = try folder.undertone("predict", "short.wav", "--csv", "--window", "0.2", "--hop", "0.1").output
    #expect(windows[0] == header)
    #expect(
      windows.dropFirst().map { $0.split(separator: ",").prefix(3).joined(separator: " ") }
        == ["short.wav 0.000 0.200", "short.wav 0.100 0.300", "short.wav 0.200 0.400"])
    for row in windows.dropFirst() {
      let numbers = row.split(separator: ",").dropFirst(3).prefix(7).compactMap { Double($0) }
      #expect(numbers.count == 7 && abs(numbers.reduce(0, +) - 1) < 1e-5)
    }
  }
}
