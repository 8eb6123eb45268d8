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
}
