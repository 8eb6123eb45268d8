import Foundation
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
    #expect(prediction.start == nil && prediction.end == nil && prediction.model == "built-in")
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

  @Test("--csv: a header, a row a file or window, quotes where a name has a comma")
  func csv() throws {
    let header = "file,start,end,angry,disgust,fear,happy,neutral,sadness,surprise"
    let whole = try folder.undertone("predict", "clip, one.wav", "short.wav", "--csv").output
    #expect(whole.count == 3 && whole[0] == header)
    #expect(whole[1].hasPrefix("\"clip, one.wav\",,,") && whole[2].hasPrefix("short.wav,,,"))
    let windows = try folder.undertone("predict", "short.wav", "--csv", "--window", "0.2", "--hop", "0.1").output
    #expect(windows[0] == header)
    #expect(
      windows.dropFirst().map { $0.split(separator: ",").prefix(3).joined(separator: " ") }
        == ["short.wav 0.000 0.200", "short.wav 0.100 0.300", "short.wav 0.200 0.400"])
    for row in windows.dropFirst() {
      let numbers = row.split(separator: ",").dropFirst(3).compactMap { Double($0) }
      #expect(numbers.count == 7 && abs(numbers.reduce(0, +) - 1) < 1e-5)
    }
  }
}
