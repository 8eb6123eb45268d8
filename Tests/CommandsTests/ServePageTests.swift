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
    func sound(_ query: String) throws -> [Float] {
      let answer = try #require(ask(port, "POST", "/v1/edit?format=wav&\(query)", clip))
      let data = try #require(answer.body.range(of: Data("data".utf8)))
      return answer.body[(data.upperBound + 4)...].withUnsafeBytes { bytes in
        (0..<(bytes.count / 4)).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
      }
    }
    let own = try sound("gain=0")
    #expect(own.count == 19_200)
    let cases = [("pitch=3", 8000), ("tempo=2", 4000), ("gain=-12&low=500&high=900", 8000), ("mute=true", 8000)]
    for (query, length) in cases {
      let found = try sound("start=0.5&end=1&\(query)")
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
  }
}
