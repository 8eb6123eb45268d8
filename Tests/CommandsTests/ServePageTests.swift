import Foundation
import TestSupport
import Testing

/// What a web page asks of the service.
extension ServeTests {
  /// Requests that are wrong, each with its status and the field at fault.
  private func checkWrong(
    _ service: Service, _ body: Data, _ cases: [(path: String, status: Int, field: String)]
  ) throws {
    for (path, status, field) in cases {
      let answer = try #require(ask(service.port, "POST", path, body), "\(path)")
      let fault: Fault = try answer.json()
      #expect(answer.status == status && fault.error.field == field, "\(path): \(answer.text)")
      #expect(!fault.error.reason.isEmpty && !answer.text.contains("internal"), "\(path): \(answer.text)")
    }
  }

  private struct Packed: Decodable {
    let image: String
    let count, width: Int
  }

  @Test("An explanation is answered as the script of a page reads it, and as a page that loads nothing")
  func pages() throws {
    struct View: Decodable {
      struct Clip: Decodable {
        struct View: Decodable {
          struct Input: Decodable { let values: Packed }
          let model, method, target: String
          let inputs: [String: Input]
        }
        struct Sound: Decodable {
          let sampleRate: Int
          let differences: Packed
        }
        let name: String
        let duration: Double
        let sound: Sound
        let views: [View]
      }
      struct Colors: Decodable { let emotions: [String: String] }
      let clips: [Clip]
      let colors: Colors
    }
    let service = try Service()
    let (port, clip) = (service.port, Data(Self.clip))
    let path = "/v1/explain?method=input-x-gradient&target=fear&name=%3Cb%3Ea%26%E2%80%AE.wav"
    let answer = try #require(ask(port, "POST", path + "&format=view", clip))
    #expect(answer.status == 200 && answer.headers["content-type"] == "application/json")
    let view: View = try answer.json()
    let own = try #require(view.clips.first)
    #expect(view.clips.count == 1 && own.name == "<b>a&\\u202e.wav" && own.views.count == 1)
    #expect(own.views[0].target == "fear" && own.views[0].method == "input-x-gradient")
    #expect(Set(own.views[0].inputs.keys) == ["waveform", "mel"])
    #expect(own.sound.differences.count == Int((own.duration * Double(own.sound.sampleRate)).rounded()))
    let image = try #require(Data(base64Encoded: own.sound.differences.image))
    #expect(image.starts(with: [0x89, 0x50, 0x4E, 0x47]) && view.colors.emotions["fear"]?.hasPrefix("#") == true)

    let page = try #require(ask(port, "POST", path + "&format=html", clip))
    #expect(page.status == 200 && page.headers["content-type"] == "text/html; charset=utf-8")
    #expect(page.headers["content-disposition"] == "attachment; filename=\"explanation.html\"")
    #expect(
      page.headers["content-security-policy"]
        == "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; media-src data:; "
        + "frame-ancestors 'none'; base-uri 'none'")
    let text = page.text
    #expect(text.contains("&lt;b&gt;a&amp;\\u202e.wav") && !text.contains("<b>a") && text.contains("<img"))
    #expect(text.contains("id=\"data\"") && !text.contains("<dt>Command</dt>"))
    // Others have the rule that lets nothing in.
    #expect(answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'; base-uri 'none'")
    try checkWrong(
      service, clip,
      [
        ("/v1/explain?format=page", 400, "format"), ("/v1/explain?format=view&name=", 400, "name"),
        ("/v1/explain?name=..%2Fclip.wav", 400, "name"), ("/v1/explain?name=..", 400, "name"),
        ("/v1/explain?format=html&name=\(String(repeating: "a", count: 65))", 400, "name"),
      ])
  }

  @Test("Edits are of a region where one is asked for: outside of it every sample stays")
  func regions() throws {
    struct Edited: Decodable {
      struct Region: Decodable {
        let start, end: Double
        let low, high, gain: Double?
        let mute: Bool
      }
      struct Answer: Decodable { let predicted: String? }
      let region: Region?
      let before, after: Answer
    }
    let service = try Service()
    let (port, clip) = (service.port, Data(Self.clip))
    /// No samples where there is no sound.
    func sound(_ query: String) -> [Float] {
      guard let answer = ask(port, "POST", "/v1/edit?format=wav&\(query)", clip),
        let data = answer.body.range(of: Data("data".utf8))
      else { return [] }
      return answer.body[(data.upperBound + 4)...].withUnsafeBytes { bytes in
        (0..<(bytes.count / 4)).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
      }
    }
    let own = sound("gain=0")
    #expect(own.count == 19_200)
    let cases = [("pitch=3", 8000), ("tempo=2", 4000), ("gain=-12&low=500&high=900", 8000), ("mute=true", 8000)]
    for (query, length) in cases {
      let found = sound("start=0.5&end=1&\(query)")
      #expect(found.count == 11_200 + length, "\(query)")
      #expect(found[..<8000] == own[..<8000] && found.suffix(3200) == own.suffix(3200), "\(query)")
      #expect(found[8400..<11_000] != own[8400..<11_000], "\(query)")
    }
    let path = "/v1/edit?start=0.5&end=9&low=500&gain=-60"
    let edited: Edited = try #require(ask(port, "POST", path, clip)).json()
    let region = try #require(edited.region)
    #expect(region.start == 0.5 && region.end == 1.2 && region.low == 500 && region.high == 8000)
    #expect(region.gain == -60 && !region.mute && edited.after.predicted != nil)
    let whole: Edited = try #require(ask(port, "POST", "/v1/edit?pitch=1", clip)).json()
    #expect(whole.region == nil)
    try checkWrong(
      service, clip,
      [
        ("/v1/edit?start=0.5&pitch=1", 400, "end"), ("/v1/edit?end=0.5&pitch=1", 400, "start"),
        ("/v1/edit?start=1&end=0.5&pitch=1", 400, "end"), ("/v1/edit?start=0.5&end=0.51&pitch=1", 400, "end"),
        ("/v1/edit?start=-1&end=1&pitch=1", 400, "start"), ("/v1/edit?start=nan&end=1&pitch=1", 400, "start"),
        ("/v1/edit?start=0&end=61&pitch=1", 400, "end"), ("/v1/edit?start=0&end=1", 400, "edit"),
        ("/v1/edit?low=100&pitch=1", 400, "low"), ("/v1/edit?low=100&high=150&gain=1", 400, "high"),
        ("/v1/edit?low=7990&mute=1", 400, "high"), ("/v1/edit?low=-1&gain=1", 400, "low"),
        ("/v1/edit?gain=25", 400, "gain"), ("/v1/edit?gain=1&mute=1", 400, "gain"),
        ("/v1/edit?mute=maybe", 400, "mute"), ("/v1/edit?start=3&end=4&pitch=1", 422, "start"),
        ("/v1/edit?mute=1", 422, "file"),
      ])
    let long = Data(WAV().file(voice(seconds: 14)))
    try checkWrong(service, long, [("/v1/edit?tempo=0.5&reverberation=3", 422, "reverberation")])
  }

  @Test("Built-in clips are listed and answered as WAV, the same each time, and are sounds for the other routes")
  func clips() throws {
    struct Clips: Decodable {
      struct Clip: Decodable {
        let name, words: String
        let seconds: Double
      }
      let clips: [Clip]
    }
    let service = try Service()
    let port = service.port
    let all: Clips = try #require(ask(port, "GET", "/v1/clips")).json()
    #expect(Set(all.clips.map(\.name)).count == 6 && all.clips.allSatisfy { $0.words.hasPrefix("made voice, ") })
    var (size, sounds) = (0, Set<Data>())
    for clip in all.clips {
      let wav = try #require(ask(port, "GET", "/v1/clips/\(clip.name)"))
      #expect(wav.status == 200 && wav.headers["content-type"] == "audio/wav")
      #expect(wav.body.starts(with: Data("RIFF".utf8)))
      #expect(abs(Double(wav.body.count - 44) / 32_000 - clip.seconds) < 0.01 && (1...4).contains(clip.seconds))
      #expect(ask(port, "GET", "/v1/clips/\(clip.name)")?.body == wav.body)
      #expect(ask(port, "POST", "/v1/predict", wav.body)?.status == 200)
      size += wav.body.count
      sounds.insert(wav.body)
    }
    #expect(size <= 2 << 20 && sounds.count == 6)
    for name in ["none", "..%2F..%2Fetc%2Fpasswd"] {
      let answer = try #require(ask(port, "GET", "/v1/clips/\(name)"))
      let fault: Fault = try answer.json()
      #expect(answer.status == 404 && fault.error.field == "name", "\(answer.text)")
      #expect(fault.error.reason.contains(all.clips[0].name), "\(answer.text)")
    }
  }

  @Test("Units have their places and what the score is without each, as `explain --units` says")
  func units() throws {
    struct Units: Decodable {
      struct Unit: Decodable {
        let unit: String
        let start, end, leaveOneOut: Double
        let isPause: Bool?
        let without: Double?
      }
      let score: Double
      let units: [Unit]
    }
    struct Whole: Decodable {
      let kind, filling, target: String
      let whole: Double
    }
    struct Explained: Decodable { let units: Units }
    let service = try Service()
    // Two phrases with a pause between them.
    let silence = [Float](repeating: 0, count: 6400)
    let sound = WAV().file(voice(seconds: 0.8) + silence + voice(seconds: 0.7))
    let (port, clip) = (service.port, Data(sound))
    try service.folder.write(sound, to: "clip.wav")
    for kind in ["syllables", "voiced", "phrases"] {
      let run = try service.folder.undertone(
        "explain", "clip.wav", "--units", kind, "--target", "fear", "--method", "saliency", "--json")
      let own: Explained = try decoded(try #require(run.output.last, "\(run)"))
      let answer = try #require(ask(port, "POST", "/v1/units?units=\(kind)&target=fear", clip))
      let found: Units = try answer.json()
      #expect(found.units.map(\.unit) == own.units.units.map(\.unit) && found.units.count > 2, "\(answer.text)")
      #expect(abs(found.score - own.units.score) < 1e-4)
      for (one, other) in zip(found.units, own.units.units) {
        #expect(abs(one.start - other.start) < 1e-6 && abs(one.end - other.end) < 1e-6)
        #expect(abs(one.leaveOneOut - other.leaveOneOut) < 1e-4 && one.without.map((0...1).contains) == true)
      }
      #expect(found.units.contains { $0.isPause == true })
      let words: Whole = try answer.json()
      #expect(words.kind == kind && words.filling == "floor" && words.target == "fear")
      let predicted: Prediction = try #require(ask(port, "POST", "/v1/predict", clip)).json()
      #expect(abs(words.whole - predicted.probabilities["fear"]!) < 1e-5)
    }
    try checkWrong(
      service, clip,
      [
        ("/v1/units?units=words", 400, "units"), ("/v1/units?target=joy", 400, "target"),
        ("/v1/units?filling=file:a.wav", 400, "filling"), ("/v1/units?model=none", 404, "model"),
        ("/v1/units?seed=-1", 400, "seed"), ("/v1/units?method=saliency", 400, "method"),
      ])
    try checkWrong(service, Data(WAV().file(noise(seconds: 1))), [("/v1/units", 422, "file")])
    // Units times seconds are bounded.
    let long = WAV().file(voice(seconds: 59))
    try checkWrong(service, Data(long), [("/v1/units", 422, "units")])
  }

  @Test("The smallest change after which another emotion is predicted is answered in words and as sound")
  func counterfactual() throws {
    struct Found: Decodable {
      struct Answer: Decodable {
        let predicted: String
        let probabilities: [String: Double]
      }
      struct Sound: Decodable {
        let sampleRate: Int
        let differences: Packed
      }
      let found: Bool
      let sentence: String
      let edits, steps: [String: Double]
      let size: Double
      let tried: Int
      let before, after: Answer
      let sound: Sound?
    }
    let service = try Service()
    let port = service.port
    let clip = try #require(ask(port, "GET", "/v1/clips/made-angry")).body
    let answer = try #require(ask(port, "POST", "/v1/counterfactual", clip))
    let found: Found = try answer.json()
    try #require(found.found, "\(answer.text)")
    #expect(found.before.predicted != found.after.predicted && found.sentence.contains(found.after.predicted))
    #expect((1...2).contains(found.edits.count) && Set(found.edits.keys) == Set(found.steps.keys))
    #expect(abs(found.steps.values.reduce(0) { $0 + abs($1) } - found.size) < 1e-9 && (1...500).contains(found.tried))
    // The edit is what is found where it is asked for.
    struct Edited: Decodable { let after: Found.Answer }
    let query = found.edits.map { "\($0.key)=\($0.value)" }.joined(separator: "&")
    let edited: Edited = try #require(ask(port, "POST", "/v1/edit?\(query)", clip)).json()
    for (name, value) in found.after.probabilities { #expect(abs(edited.after.probabilities[name]! - value) < 1e-5) }
    // So is the sound, which is predicted as it says; packed it is as long.
    let path = "/v1/counterfactual?target=\(found.after.predicted)&format=wav"
    let wav = try #require(ask(port, "POST", path, clip))
    #expect(wav.headers["content-type"] == "audio/wav" && wav.status == 200)
    let predicted: Prediction = try #require(ask(port, "POST", "/v1/predict", wav.body)).json()
    #expect(predicted.predicted == found.after.predicted)
    let data = try #require(wav.body.range(of: Data("data".utf8)))
    let sound = try #require(found.sound)
    #expect(sound.sampleRate == 16_000 && sound.differences.count == (wav.body.endIndex - data.upperBound - 4) / 4)

    try checkWrong(
      service, clip,
      [
        ("/v1/counterfactual?target=\(found.before.predicted)", 400, "target"),
        ("/v1/counterfactual?target=joy", 400, "target"), ("/v1/counterfactual?format=png", 400, "format"),
        ("/v1/counterfactual?seed=a", 400, "seed"), ("/v1/counterfactual?steps=3", 400, "steps"),
        ("/v1/counterfactual?model=none", 404, "model"),
      ])
    try checkWrong(service, Data(WAV().file(voice(seconds: 10.5))), [("/v1/counterfactual", 422, "file")])
  }
}
