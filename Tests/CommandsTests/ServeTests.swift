import AudioFeatures
import Foundation
import TestSupport
import Testing

@Suite("serve", .serialized)
struct ServeTests {
  /// A service on a port of its own, which ends with the test.
  final class Service {
    let port: Int
    let folder: Folder
    private let process: Process
    private let finish: () throws -> Run

    init(_ arguments: String..., environment: [String: String] = [:]) throws {
      folder = try Folder()
      try folder.write("", to: "said")
      let said = folder.url.appendingPathComponent("said")
      (process, finish) = try folder.start(
        ["serve", "--port", "0"] + arguments, errors: FileHandle(forWritingTo: said))
      var port: Int?
      for _ in 0..<600 where port == nil {
        let text = try String(contentsOf: said, encoding: .utf8)
        port = text.firstMatch(of: /http:\/\/127\.0\.0\.1:(\d+)/).flatMap { Int($0.1) }
        if port == nil { usleep(50_000) }
      }
      guard let port else {
        process.terminate()
        throw NoPort()
      }
      self.port = port
    }

    deinit { process.terminate() }

    func stopped() throws -> Int32 {
      process.terminate()
      return try finish().status
    }
  }

  private struct NoPort: Error {}

  struct Prediction: Decodable {
    let model: String
    let predicted: String?
    let probabilities: [String: Double]
  }

  struct Fault: Decodable {
    struct Inner: Decodable {
      let status: Int
      let field: String?
      let reason: String
    }
    let error: Inner
    let requestId: String
  }

  /// The results of work on as many threads as there are numbers.
  private func together<Value>(_ count: Int, _ work: @escaping @Sendable (Int) -> Value) -> [Value] {
    let slots = UnsafeMutableBufferPointer<Value?>.allocate(capacity: count)
    slots.initialize(repeating: nil)
    defer { slots.deallocate() }
    nonisolated(unsafe) let own = slots
    let ended = DispatchSemaphore(value: 0)
    for number in 0..<count {
      Thread {
        own[number] = work(number)
        ended.signal()
      }.start()
    }
    for _ in 0..<count { ended.wait() }
    return slots.map { $0! }
  }

  static let clip = WAV().file(voice(seconds: 1.2))

  @Test("Predicts as `predict` does, of a body and of a form, alone and together with others")
  func predicts() throws {
    let service = try Service()
    try service.folder.write(Self.clip, to: "clip.wav")
    let own: Prediction = try decoded(service.folder.undertone("predict", "clip.wav", "--json").output[0])
    let answer = try #require(ask(service.port, "POST", "/v1/predict", Data(Self.clip)))
    #expect(answer.status == 200 && answer.headers["content-type"] == "application/json")
    let found: Prediction = try answer.json()
    #expect(found.model == "built-in" && found.predicted == own.predicted)
    for (name, value) in own.probabilities { #expect(abs(found.probabilities[name]! - value) < 1e-6) }

    var form = Data("--XX\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nbuilt-in\r\n".utf8)
    form += Data("--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\n".utf8)
    form += Data(Self.clip) + Data("\r\n--XX--\r\n".utf8)
    let formed = try #require(
      ask(service.port, "POST", "/v1/predict", form, headers: ["Content-Type": "multipart/form-data; boundary=XX"]))
    let same: Prediction = try formed.json()
    #expect(same.probabilities == found.probabilities)

    // Several at once are one pass, or a few, and the answers are each its own.
    let other = WAV().file(voice(seconds: 1.2).map { $0 * 0.5 })
    let (port, clip) = (service.port, Data(Self.clip))
    let answers = together(24) { ask(port, "POST", "/v1/predict", $0 % 2 == 0 ? clip : Data(other)) }
    for (number, answer) in answers.enumerated() {
      let one: Prediction = try #require(answer).json()
      if number % 2 == 0 {
        for (name, value) in found.probabilities { #expect(abs(one.probabilities[name]! - value) < 1e-5) }
      }
    }
    let metrics = try #require(ask(service.port, "GET", "/metrics")).text
    let passes = try #require(
      metrics.firstMatch(of: /undertone_passes_total (\d+)/).flatMap { Int($0.1) })
    #expect(passes < 26, "\(metrics)")
    #expect(metrics.contains("undertone_predictions_total 26"), "\(metrics)")
    #expect(metrics.contains(#"undertone_requests_total{route="/v1/predict",status="200"} 26"#))
    #expect(try service.stopped() == 0)
  }

  @Test("Explains as JSON and as pictures, edits, compares, and tells what there is")
  func answers() throws {
    struct Explanation: Decodable {
      struct Input: Decodable {
        let shape: [Int]
        let attribution: [Double]?
      }
      let target, method: String
      let inputs: [String: Input]
    }
    struct Edited: Decodable {
      struct Answer: Decodable {
        let predicted: String?
        let probabilities: [String: Double]
      }
      let before, after: Answer
      let back: Answer?
      let edits: [String: Double]
    }
    struct Compared: Decodable {
      struct Prediction: Decodable { let model: String }
      let predictions: [Prediction]
      let correlation: [[Double?]]
    }
    let folder = try Folder()
    let made = try folder.undertone("corpus", "synthesize", "--clips", "2", "--output", "corpus")
    #expect(made.status == 0)
    let train = ["train", "fcmfcc", "--data", "corpus/manifest.csv", "--epochs", "1", "--output", "model"]
    #expect(try folder.undertone(train).status == 0)
    let service = try Service(
      "--model", "built-in", "--model", folder.url.appendingPathComponent("model").path)
    let (port, clip) = (service.port, Data(Self.clip))
    let path = "/v1/explain?method=integrated-gradients&steps=4&target=angry&input=mel"
    let explained: Explanation = try #require(ask(port, "POST", path + "&arrays=true", clip)).json()
    #expect(explained.target == "angry" && explained.method == "integrated-gradients")
    let mel = try #require(explained.inputs["mel"])
    #expect(mel.attribution?.count == mel.shape.reduce(1, *) && explained.inputs.count == 1)
    let png = try #require(ask(port, "POST", path + "&format=png", clip))
    #expect(png.headers["content-type"] == "image/png" && png.body.starts(with: [0x89, 0x50, 0x4E, 0x47]))
    let svg = try #require(ask(port, "POST", path + "&format=svg", clip))
    #expect(svg.text.contains("<svg") && !svg.text.contains(service.folder.url.path))

    let edited: Edited = try #require(ask(port, "POST", "/v1/edit?loudness=-6", clip)).json()
    #expect(edited.edits == ["loudness": -6] && edited.before.predicted != nil)
    let sound = try #require(ask(port, "POST", "/v1/edit?loudness=-6&format=wav", clip))
    #expect(sound.headers["content-type"] == "audio/wav" && sound.body.starts(with: Data("RIFF".utf8)))
    // The answers are those of `edit`.
    try service.folder.write(Self.clip, to: "clip.wav")
    let own: Edited = try decoded(
      service.folder.undertone("edit", "clip.wav", "--pitch", "2", "--roughness", "1", "--json").output[0])
    let same: Edited = try #require(ask(port, "POST", "/v1/edit?pitch=2&roughness=1", clip)).json()
    let ownBack = try #require(own.back)
    for (own, same) in [(own.before, same.before), (own.after, same.after), (ownBack, try #require(same.back))] {
      for (name, value) in own.probabilities { #expect(abs((same.probabilities[name] ?? 9) - value) < 1e-6) }
    }

    let compared: Compared = try #require(ask(port, "POST", "/v1/compare", clip)).json()
    #expect(compared.correlation.count == 2 && compared.correlation[0][0] == 1 && compared.correlation[1][1] == 1)
    // A model that the method cannot explain, as it has no attention, is predicted by all the same.
    let partly: Compared = try #require(ask(port, "POST", "/v1/compare?method=attention", clip)).json()
    #expect(partly.predictions.map(\.model) == ["built-in", "model"])
    #expect(partly.correlation == [[1, nil], [nil, nil]])
    // Passes × models × seconds have a bound.
    let long = Data(WAV().file(voice(seconds: 20)))
    let refusedPasses = try #require(ask(port, "POST", "/v1/compare?method=rise", long))
    let fault: Fault = try refusedPasses.json()
    #expect(refusedPasses.status == 422 && fault.error.field == "method", "\(refusedPasses.text)")
    #expect(fault.error.reason.contains("(1000) × models (2)"), "\(fault.error.reason)")

    for route in ["/v1/models", "/v1/methods", "/v1/openapi.json", "/healthz"] {
      #expect(ask(port, "GET", route)?.status == 200, "\(route)")
    }
    // The document has each edit with its limits.
    struct Document: Decodable {
      struct Route: Decodable {
        struct Method: Decodable {
          struct Parameter: Decodable {
            struct Schema: Decodable { let minimum, maximum: Double? }
            let name: String
            let schema: Schema
          }
          let parameters: [Parameter]?
        }
        let post: Method?
      }
      let paths: [String: Route]
    }
    let document: Document = try #require(ask(port, "GET", "/v1/openapi.json")).json()
    let parameters = try #require(document.paths["/v1/edit"]?.post?.parameters)
    for kind in SoundEdits.Kind.allCases {
      let schema = try #require(parameters.first { $0.name == kind.rawValue }?.schema, "\(kind)")
      #expect(schema.minimum == kind.limits.lowerBound && schema.maximum == kind.limits.upperBound, "\(kind)")
    }
    // Another training in its folder is taken up, and one that cannot be read is not.
    let before = try #require(ask(port, "GET", "/v1/models")).text
    #expect(try folder.undertone(train + ["--seed", "3", "--overwrite"]).status == 0)
    #expect(ask(port, "POST", "/v1/models/model/reload")?.status == 200)
    #expect(try #require(ask(port, "GET", "/v1/models")).text != before)
    try folder.write("nothing", to: "model/model.safetensors")
    // Requests while a model is loaded again are answered by the one or the other.
    let statuses = together(12) { number in
      number == 5
        ? ask(port, "POST", "/v1/models/built-in/reload")?.status : ask(port, "POST", "/v1/predict", clip)?.status
    }
    #expect(statuses.allSatisfy { $0 == 200 }, "\(statuses)")
    let refused = try #require(ask(port, "POST", "/v1/models/model/reload"))
    #expect(refused.status == 409 && !refused.text.contains(folder.url.path))
    #expect(ask(port, "POST", "/v1/predict?model=model", clip)?.status == 200)
    #expect(try service.stopped() == 0)
  }

  @Test("A stream is answered window by window, silence and a last piece among them")
  func streams() throws {
    struct Line: Decodable {
      let start, end: Double
      let predicted: String?
      let isSilent: Bool
      let probabilities: [String: Double]?
    }
    let service = try Service()
    let sound = voice(seconds: 2.5) + [Float](repeating: 0, count: 16_000 * 3)
    let bytes = sound.flatMap { sample -> [UInt8] in
      let value = UInt16(bitPattern: Int16(sample * 32_000))
      return [UInt8(value & 255), UInt8(value >> 8)]
    }
    let connection = try #require(Connection(port: service.port))
    connection.send(
      "POST /v1/stream?rate=16000&window=2&hop=1&abstain=0.01 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        .utf8)
    // Pieces of an odd number of bytes.
    var place = 0
    while place < bytes.count {
      let piece = bytes[place..<min(place + 9_999, bytes.count)]
      connection.send(Array("\(String(piece.count, radix: 16))\r\n".utf8) + piece + Array("\r\n".utf8))
      place += piece.count
    }
    connection.send("0\r\n\r\n".utf8)
    let answer = try #require(connection.answer())
    #expect(answer.status == 200)
    let lines: [Line] = try answer.text.split(separator: "\n").map { try decoded(String($0)) }
    #expect(lines.map(\.end) == [2, 3, 4, 5, 5.5], "\(answer.text)")
    #expect(lines.map(\.start) == [0, 1, 2, 3, 3.5])
    #expect(lines.map(\.isSilent) == [false, false, false, true, true])
    #expect(lines[0].predicted != nil && abs(lines[0].probabilities!.values.reduce(0, +) - 1) < 1e-6)
    #expect(lines[4].predicted == nil && lines[4].probabilities == nil)
  }

  @Test("Each wrong request has a status, the field, a reason and an id, and the service goes on")
  func wrong() throws {
    let service = try Service("--largest", "1")
    let (port, clip) = (service.port, Data(Self.clip))
    let form = ["Content-Type": "multipart/form-data; boundary=XX"]
    let cases: [(String, String, Data, [String: String], Int, String?)] = [
      ("POST", "/v1/predict", Data("no sound".utf8), [:], 422, "file"),
      ("POST", "/v1/predict", Data(), [:], 400, "file"),
      ("POST", "/v1/predict", clip.prefix(30), [:], 422, "file"),
      ("POST", "/v1/predict", Data(WAV().file([Float](repeating: 0, count: 16_000))), [:], 422, "file"),
      ("POST", "/v1/predict", Data(count: 3 << 20), [:], 413, "body"),
      ("POST", "/v1/predict?model=none", clip, [:], 404, "model"),
      ("POST", "/v1/predict?mode=none", clip, [:], 400, "mode"),
      ("POST", "/v1/predict?model=../../etc/passwd", clip, [:], 404, "model"),
      ("POST", "/v1/predict", clip, form, 400, "body"),
      ("POST", "/v1/predict", clip, ["Content-Type": "multipart/form-data"], 400, "content-type"),
      ("POST", "/v1/explain?method=magic", clip, [:], 400, "method"),
      ("POST", "/v1/explain?method=saliency&steps=3", clip, [:], 400, "method"),
      ("POST", "/v1/explain?method=integrated-gradients&steps=0", clip, [:], 400, "steps"),
      ("POST", "/v1/explain?target=joy", clip, [:], 400, "target"),
      ("POST", "/v1/explain?target=angry&versus=angry", clip, [:], 400, "versus"),
      ("POST", "/v1/explain?input=smell", clip, [:], 400, "input"),
      ("POST", "/v1/explain?input=mel,mel", clip, [:], 400, "input"),
      ("POST", "/v1/explain?format=gif", clip, [:], 400, "format"),
      ("POST", "/v1/explain?format=png&arrays=true", clip, [:], 400, "arrays"),
      ("POST", "/v1/explain?seed=-1", clip, [:], 400, "seed"),
      ("POST", "/v1/edit", clip, [:], 400, "edit"),
      ("POST", "/v1/edit?pitch=99", clip, [:], 400, "pitch"),
      ("POST", "/v1/edit?pitch=1&pitch=2", clip, [:], 400, "pitch"),
      ("POST", "/v1/edit?low-pass=8000", clip, [:], 422, "low-pass"),
      ("POST", "/v1/compare", clip, [:], 400, "models"),
      ("POST", "/v1/stream?hop=0", Data(), [:], 400, "hop"),
      ("POST", "/v1/models/none/reload", Data(), [:], 404, "model"),
      ("GET", "/v1/predict", Data(), [:], 405, nil),
      ("GET", "/v1/prediction", Data(), [:], 404, nil),
      ("POST", "/v1/predict", clip, ["Expect": "applause"], 417, "expect"),
      ("GET", "/../../etc/passwd", Data(), [:], 404, nil),
      ("GET", "/v1/%2e%2e/secret", Data(), [:], 404, nil),
    ]
    for (method, path, body, headers, status, field) in cases {
      let answer = try #require(ask(port, method, path, body, headers: headers), "\(path)")
      let fault: Fault = try answer.json()
      #expect(answer.status == status && fault.error.status == status, "\(path): \(answer.text)")
      #expect(fault.error.field == field, "\(path): \(answer.text)")
      #expect(!fault.error.reason.isEmpty && fault.requestId == answer.headers["x-request-id"], "\(path)")
      #expect(answer.headers["content-security-policy"] != nil && answer.headers["x-content-type-options"] == "nosniff")
    }
    // No requests of HTTP at all, and some that end early.
    for bytes in ["\u{0}\u{1}\u{2}\r\n\r\n", "GET\r\n\r\n", "POST /v1/predict HTTP/1.1\r\nContent-Length: -1\r\n\r\n"]
      + ["GET / HTTP/1.1\r\n" + String(repeating: "X-A: b\r\n", count: 3000) + "\r\n"]
      + ["GET /healthz HTTP/1.1\r\nX-A: \(String(repeating: "a", count: 100_000))\r\n\r\n"]
    {
      let connection = try #require(Connection(port: port, seconds: 20))
      connection.send(bytes.utf8)
      #expect(connection.answer().map { (400..<500).contains($0.status) } == true, "\(bytes.prefix(40))")
    }
    // Bodies in chunks: too large a one, and one that is none.
    for (chunks, status) in [
      (String(repeating: "10000\r\n" + String(repeating: "a", count: 65_536) + "\r\n", count: 40), 413),
      ("ZZ\r\n", 400),
    ] {
      let connection = try #require(Connection(port: port))
      connection.send("POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
      connection.send(chunks.utf8)
      #expect(connection.answer()?.status == status)
    }
    // Damaged files that ask for places beyond all numbers.
    for name in ["ds64", "wave64"] {
      let answer = try #require(ask(port, "POST", "/v1/predict", Data(Self.endless(name))), "\(name)")
      #expect([200, 422].contains(answer.status), "\(name): \(answer.text)")
    }
    // A route without the method names those that it has.
    for (method, path, allowed) in [
      ("GET", "/v1/predict", "POST"), ("PUT", "/v1/models/built-in/reload", "POST"),
      ("DELETE", "/healthz", "GET, HEAD"), ("POST", "/v1/models", "GET, HEAD"), ("OPTIONS", "/v1/stream", "POST"),
    ] {
      let answer = try #require(ask(port, method, path))
      #expect(answer.status == 405 && answer.headers["allow"] == allowed, "\(method) \(path): \(answer.headers)")
    }
    // Who may only look sees no content, and who is another page sees nothing.
    let head = try #require(ask(port, "HEAD", "/healthz"))
    #expect(head.status == 200 && head.body.isEmpty && head.headers["content-length"] == "3")
    #expect(ask(port, "POST", "/v1/predict", clip, headers: ["Origin": "https://example.org"])?.status == 403)
    #expect(ask(port, "POST", "/v1/predict", clip, headers: ["Origin": "http://localhost"])?.status == 200)
    do {
      let other = try #require(Connection(port: port))
      other.send("GET /v1/models HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n\r\n".utf8)
      #expect(other.answer()?.status == 403)
    }
    do {
      let cut = try #require(Connection(port: port))
      cut.send("POST /v1/predict HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\nRIFF".utf8)
    }
    #expect(ask(port, "POST", "/v1/predict", clip)?.status == 200)
    #expect(try service.stopped() == 0)
  }

  /// A header of RF64 or Wave64 whose data is as long as a number can be.
  private static func endless(_ kind: String) -> [UInt8] {
    func bytes(_ value: UInt64, _ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
    }
    let format = bytes(1, 2) + bytes(1, 2) + bytes(16_000, 4) + bytes(32_000, 4) + bytes(2, 2) + bytes(16, 2)
    let most = bytes(0x7fff_ffff_ffff_fff0, 8)
    if kind == "ds64" {
      return Array("RF64".utf8) + bytes(0xffff_ffff, 4) + Array("WAVEds64".utf8) + bytes(28, 4) + most + most + most
        + bytes(0, 4) + Array("fmt ".utf8) + bytes(16, 4) + format + Array("data".utf8) + bytes(0xffff_ffff, 4)
        + [UInt8](repeating: 1, count: 5000)
    }
    let rest: [UInt8] = [0xF3, 0xAC, 0xD3, 0x11, 0x8C, 0xD1, 0x00, 0xC0, 0x4F, 0x8E, 0xDB, 0x8A]
    let riff: [UInt8] = [0x2E, 0x91, 0xCF, 0x11, 0xA5, 0xD6, 0x28, 0xDB, 0x04, 0xC1, 0x00, 0x00]
    return Array("riff".utf8) + riff + most + Array("wave".utf8) + rest + Array("fmt ".utf8) + rest + bytes(40, 8)
      + format
      + Array("data".utf8) + rest + most + [UInt8](repeating: 1, count: 5000)
  }

  @Test("A connection ends behind its answer where that is asked for, and a body is asked for where that is waited for")
  func connections() throws {
    let service = try Service("--largest", "1")
    let (port, clip) = (service.port, Data(Self.clip))
    for head in ["GET /healthz HTTP/1.0", "GET /healthz HTTP/1.1\r\nConnection: Keep-Alive, Close"] {
      let connection = try #require(Connection(port: port))
      connection.send("\(head)\r\nHost: localhost\r\n\r\n".utf8)
      let answer = try #require(connection.answer())
      #expect(connection.isEnded && answer.text == "ok\n" && answer.headers["connection"] == "close", "\(head)")
    }
    // What follows a last request is not answered, and a client that stays is left.
    let staying = try #require(Connection(port: port))
    let get = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
    staying.send("\(get)Connection: close\r\n\r\n\(get)\r\n".utf8)
    #expect(staying.answer()?.text == "ok\n")
    #expect(staying.isEnded && staying.isRefused())
    // A body that no route reads need have no end, whatever the answer is; one that has been read whole leaves the
    // connection for another request.
    for (head, status) in [
      ("GET /healthz", 200), ("GET /metrics", 200), ("GET /v1/clips", 200), ("GET /", 200), ("HEAD /healthz", 200),
      ("POST /v1/models/built-in/reload", 200), ("POST /v1/models", 405), ("GET /none", 404),
    ] {
      let endless = try #require(Connection(port: port))
      endless.send("\(head) HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n".utf8)
      let answer = try #require(endless.answer(), "\(head)")
      #expect(endless.isEnded && answer.status == status && answer.headers["connection"] == "close", "\(head)")
    }
    let kept = try #require(Connection(port: port))
    kept.send("POST /v1/models HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\na".utf8)
    kept.send("\(get)Connection: close\r\n\r\n".utf8)
    #expect(kept.head()?.hasPrefix("HTTP/1.1 405 ") == true)
    #expect(String(decoding: kept.received(), as: UTF8.self).hasSuffix("ok\n"))
    // An answer without a length, which HTTP/1.0 ends by the connection's end.
    let old = try #require(Connection(port: port))
    let sound = voice(seconds: 1.2).flatMap { sample -> [UInt8] in
      let value = UInt16(bitPattern: Int16(sample * 32_000))
      return [UInt8(value & 255), UInt8(value >> 8)]
    }
    old.send(
      "POST /v1/stream?rate=16000&window=1 HTTP/1.0\r\nHost: localhost\r\nContent-Length: \(sound.count)\r\n\r\n".utf8)
    old.send(sound)
    let lines = try #require(old.answer())
    #expect(old.isEnded && lines.headers["transfer-encoding"] == nil)
    #expect(lines.text.split(separator: "\n").count == 2 && lines.text.hasPrefix("{"), "\(lines.text)")

    func expecting(_ length: Int) throws -> Connection {
      let connection = try #require(Connection(port: port))
      connection.send(
        ("POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
          + "Expect: 100-continue\r\nContent-Length: \(length)\r\n\r\n").utf8)
      return connection
    }
    let waiting = try expecting(clip.count)
    #expect(waiting.head()?.hasPrefix("HTTP/1.1 100 ") == true)
    waiting.send(clip)
    #expect(waiting.answer()?.status == 200)
    #expect(try expecting(2 << 20).head()?.hasPrefix("HTTP/1.1 413 ") == true)
    // Who sends the body at once need not be asked.
    #expect(ask(port, "POST", "/v1/predict", clip)?.status == 200)
    #expect(try service.stopped() == 0)
  }

  /// Waits until the service's counts hold a text.
  private func waits(_ port: Int, for text: String) -> Bool {
    for _ in 0..<1200 {
      if ask(port, "GET", "/metrics")?.text.contains(text) == true { return true }
      usleep(50_000)
    }
    return false
  }

  /// Asks for as long an explanation as may be, whose answer is not waited for.
  private func askedForLong(_ port: Int) throws -> Connection {
    let connection = try #require(Connection(port: port))
    let sound = WAV().file(voice(seconds: 1.9))
    let path = "/v1/explain?method=smoothgrad&draws=2000&input=waveform,spectrogram,mel"
    connection.send("POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(sound.count)\r\n\r\n".utf8)
    connection.send(sound)
    return connection
  }

  @Test("A prediction does not wait for an explanation's end, and whoever leaves is not computed for")
  func leaves() throws {
    let service = try Service()
    let port = service.port
    let first = try askedForLong(port)
    #expect(waits(port, for: "undertone_long_running 1"))
    let second = try askedForLong(port)
    #expect(waits(port, for: "undertone_waiting 1"))
    #expect(ask(port, "POST", "/v1/predict", Data(Self.clip))?.status == 200)
    let metrics = try #require(ask(port, "GET", "/metrics")).text
    #expect(metrics.contains("undertone_long_running 1") && !metrics.contains(#"route="/v1/explain""#), "\(metrics)")
    // The one that waits is taken from its queue, and then the one that runs ends between two passes.
    func left(_ count: Int) -> String { #"undertone_requests_total{route="/v1/explain",status="499"} "# + "\(count)" }
    second.leave()
    #expect(waits(port, for: left(1)))
    #expect(waits(port, for: "undertone_long_running 1"))
    first.leave()
    #expect(waits(port, for: left(2)))
    #expect(waits(port, for: "undertone_long_running 0"))
    #expect(ask(port, "POST", "/v1/predict", Data(Self.clip))?.status == 200)
    #expect(try service.stopped() == 0)
  }

  @Test("A prediction does not wait for the making of edits' sounds, and whoever leaves is not edited for")
  func edits() throws {
    let service = try Service()
    let port = service.port
    let sound = WAV().file(voice(seconds: 59))
    func asked() throws -> Connection {
      let connection = try #require(Connection(port: port))
      let path = "/v1/edit?pitch=3&tempo=0.5&formants=1.1&breathiness=20&reverberation=0.6"
      connection.send("POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(sound.count)\r\n\r\n".utf8)
      connection.send(sound)
      return connection
    }
    let connections = try (0..<3).map { _ in try asked() }
    #expect(waits(port, for: "undertone_edits_running 1"))
    #expect(waits(port, for: "undertone_edits_waiting 2"))
    #expect(ask(port, "POST", "/v1/predict", Data(Self.clip))?.status == 200)
    let metrics = try #require(ask(port, "GET", "/metrics")).text
    #expect(
      metrics.contains("undertone_edits_running 1") && metrics.contains("undertone_long_running 0"), "\(metrics)")
    #expect(!metrics.contains(#"route="/v1/edit""#), "\(metrics)")
    for connection in connections { connection.leave() }
    #expect(waits(port, for: #"undertone_requests_total{route="/v1/edit",status="499"} 3"#))
    #expect(waits(port, for: "undertone_edits_running 0"))
    #expect(ask(port, "POST", "/v1/edit?loudness=-6", Data(Self.clip))?.status == 200)
    #expect(try service.stopped() == 0)
  }

  @Test("Predictions between the passes of an explanation leave it as it is, and are as they are alone")
  func between() throws {
    let service = try Service()
    let (port, clip) = (service.port, Data(Self.clip))
    let path = "/v1/explain?method=smoothgrad&draws=1000&input=mel&arrays=true"
    let alone = try #require(ask(port, "POST", path, clip))
    let predicted: Prediction = try #require(ask(port, "POST", "/v1/predict", clip)).json()
    let explained = try #require(Connection(port: port))
    let head = "Host: localhost\r\nConnection: close\r\nContent-Length: \(clip.count)"
    explained.send(Data("POST \(path) HTTP/1.1\r\n\(head)\r\n\r\n".utf8) + clip)
    #expect(waits(port, for: "undertone_long_running 1"))
    let answers = together(11) { _ in ask(port, "POST", "/v1/predict", clip) }
    // All of them came between two of its passes.
    #expect(ask(port, "GET", "/metrics")?.text.contains("undertone_long_running 1") == true)
    #expect(alone.status == 200 && explained.answer()?.body == alone.body)
    #expect(ask(port, "GET", "/metrics")?.text.contains("undertone_long_running 0") == true)
    for answer in answers {
      let found: Prediction = try #require(answer).json()
      for (name, value) in predicted.probabilities { #expect(abs(found.probabilities[name]! - value) < 1e-5) }
    }
  }

  @Test("An explanation that takes longer than it may is ended")
  func tooLong() throws {
    let service = try Service("--longest", "0.1")
    let connection = try askedForLong(service.port)
    #expect(connection.head()?.hasPrefix("HTTP/1.1 503 ") == true)
    #expect(String(decoding: connection.received(), as: UTF8.self).contains("0.1 s of computing"))
    // So is a search, between two sounds.
    let searched = try #require(ask(service.port, "POST", "/v1/counterfactual", Data(WAV().file(voice(seconds: 9)))))
    #expect(searched.status == 503 && searched.text.contains("0.1 s of computing"), "\(searched.text)")
    // And an edit, between two of its own.
    let long = Data(WAV().file(voice(seconds: 50)))
    let edited = try #require(ask(service.port, "POST", "/v1/edit?pitch=3&tempo=0.5&reverberation=0.7", long))
    #expect(edited.status == 503 && edited.text.contains("0.1 s of computing"), "\(edited.text)")
    #expect(ask(service.port, "POST", "/v1/predict", Data(Self.clip))?.status == 200)
    #expect(try service.folder.undertone("serve", "--longest", "0").failed(64, naming: "--longest"))
  }

  @Test("Of many at once that may not wait, some are told so with a time to come again, and the others are answered")
  func full() throws {
    let service = try Service("--waiting", "1")
    let (port, clip) = (service.port, Data(Self.clip))
    let path = "/v1/explain?method=smoothgrad&draws=200&input=mel"
    let statuses = together(24) { _ in
      let answer = ask(port, "POST", path, clip)
      return answer?.status == 429 && answer?.headers["retry-after"] == nil ? nil : answer?.status
    }
    #expect(
      Set(statuses).isSubset(of: [200, 429]) && statuses.contains(200) && statuses.contains(429), "\(statuses)")
    // Edits wait in a queue of their own.
    let long = Data(WAV().file(voice(seconds: 10)))
    let edited = together(24) { _ in ask(port, "POST", "/v1/edit?pitch=1&reverberation=1", long)?.status }
    #expect(Set(edited).isSubset(of: [200, 429]) && edited.contains(200) && edited.contains(429), "\(edited)")
  }

  @Test("Asked to stop, it ends what it has: a large answer is whole, a stream has a last line")
  func stops() throws {
    let service = try Service()
    let port = service.port
    let stream = try #require(Connection(port: port))
    stream.send(
      "POST /v1/stream?hop=0.5 HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n\u{0}\u{0}\u{0}\u{0}\r\n"
        .utf8)
    let explained = try #require(Connection(port: port))
    let sound = WAV().file(voice(seconds: 20))
    let path = "/v1/explain?method=integrated-gradients&steps=100&input=waveform,spectrogram,mel&arrays=1"
    explained.send("POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(sound.count)\r\n\r\n".utf8)
    explained.send(sound)
    usleep(700_000)
    let stopping = DispatchQueue(label: "stop")
    nonisolated(unsafe) let service2 = service
    nonisolated(unsafe) var status: Int32?
    stopping.async { status = try? service2.stopped() }
    let answer = try #require(explained.answer())
    #expect(answer.status == 200 && Int(answer.headers["content-length"] ?? "") == answer.body.count)
    // A stream is asked again when more of it comes.
    stream.send("4\r\n\u{0}\u{0}\u{0}\u{0}\r\n".utf8)
    #expect(stream.answer()?.text.contains("the service is stopping") == true)
    stopping.sync {}
    #expect(status == 0)
  }

  @Test("A token is asked for, of all but /healthz; who is open to others must have one; a port that is taken is named")
  func guarded() throws {
    let folder = try Folder()
    try folder.write("secret\n", to: "token")
    let service = try Service("--token-file", folder.url.appendingPathComponent("token").path)
    let port = service.port
    #expect(ask(port, "GET", "/healthz")?.status == 200)
    #expect(try service.folder.undertone("serve", "--port", "\(port)").failed(64, naming: "--port \(port)", "in use"))
    #expect(ask(port, "GET", "/v1/models", headers: ["Authorization": "bearer secret"])?.status == 200)
    for headers in [[:], ["Authorization": "Bearer wrong"], ["Authorization": "secret"]] {
      #expect(ask(port, "GET", "/v1/models", headers: headers)?.status == 401)
      #expect(ask(port, "GET", "/metrics", headers: headers)?.status == 401)
    }
    #expect(ask(port, "GET", "/v1/models", headers: ["Authorization": "Bearer secret"])?.status == 200)
    #expect(try service.stopped() == 0)
    #expect(try folder.undertone("serve", "--host", "0.0.0.0").failed(64, naming: "--host", "token"))
    #expect(
      try folder.undertone("serve", "--host", "nowhere.invalid", "--token-file", "token")
        .failed(64, naming: "nowhere.invalid"))
    #expect(try folder.undertone("serve", "--port", "70000").failed(64, naming: "--port"))
    #expect(try folder.undertone("serve", "--model", "none").failed(66, naming: "none"))
    #expect(try folder.undertone("serve", "--token-file", "none").failed(66, naming: "none"))
  }
}
