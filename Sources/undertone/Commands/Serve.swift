import ArgumentParser
import Basics
import Foundation
import Models
import Service

struct Serve: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Answers requests about sounds over HTTP.",
    discussion: """
      POST /v1/predict, /v1/explain (JSON, PNG, SVG or a page), /v1/edit (JSON or WAV; of the whole sound or of a \
      stretch and a band), /v1/units (what each syllable is worth), /v1/counterfactual (the smallest change after which \
      another emotion is predicted) and /v1/compare take a sound as their body, or as the part "file" of a form, and \
      parameters in the query. POST /v1/stream takes samples of 16 bits as they come, and answers with a line of JSON for \
      each window. GET /v1/models, /v1/methods, /v1/clips (made voices), /v1/openapi.json (all routes with their \
      parameters), /healthz and /metrics (Prometheus). A wrong request gets a status and an error in JSON, with its \
      field, its reason and an id.

      The service listens on this machine only. With another --host it needs a token, from the file of --token-file or the \
      variable UNDERTONE_TOKEN: requests then carry "Authorization: Bearer TOKEN". It reads no files but the \
      models', and writes none. Predictions that come together and are of one length are made together, and before \
      and within explanations, which take longer. What a client asked for that has left is not computed. Ctrl-C, or \
      SIGTERM, lets the service finish what it has.

      POST /v1/models/NAME/reload reads a model's files again, between two requests.

      Examples:
        undertone serve
        undertone serve --model output/train/cnnatt --model built-in --port 9000
        curl --data-binary @clip.wav http://127.0.0.1:8080/v1/predict
        curl --data-binary @clip.wav 'http://127.0.0.1:8080/v1/explain?method=lrp&format=png' -o clip.png
        curl -F file=@clip.wav -F pitch=3 -F format=wav http://127.0.0.1:8080/v1/edit -o higher.wav
        sox clip.wav -t s16 -r 16000 -c 1 - | curl -NT - 'http://127.0.0.1:8080/v1/stream?hop=0.5' -X POST
      """)

  @Option(
    name: .customLong("model"),
    help: ArgumentHelp(
      """
      A model folder, or built-in; several times for several models, the first of which answers where none is named. \
      (default: built-in)
      """, valueName: "folder"))
  var models: [String] = []

  @Option(help: ArgumentHelp("The address to listen on.", valueName: "address"))
  var host = "localhost"

  @Option(help: ArgumentHelp("The number of the port to listen on, 0 for a free one: 0 to 65535.", valueName: "number"))
  var port = 8080

  @Option(
    help: ArgumentHelp(
      "The file that holds the token of requests. (default: UNDERTONE_TOKEN, or none)", valueName: "file"))
  var tokenFile: String?

  @Option(
    help: ArgumentHelp(
      "The origin, such as https://example.org, of a web page whose scripts may ask. (default: none)",
      valueName: "origin"))
  var origin: String?

  @Option(
    help: ArgumentHelp(
      "The number of predictions, of longer requests, and of edits that may wait: 1 to 100000.",
      valueName: "count"))
  var waiting = 256

  @Option(help: ArgumentHelp("The number of megabytes of a request at most: 1 to 1024.", valueName: "megabytes"))
  var largest = 32

  @Option(
    help: ArgumentHelp(
      "The number of seconds that an explanation, a comparison or an edit's sounds may be computed: 0.1 to 3600.",
      valueName: "seconds"))
  var longest = 120.0

  @OptionGroup var precision: PrecisionOption
  @OptionGroup var threads: ThreadOption

  func validate() throws {
    guard (0...65_535).contains(port) else { throw ValidationError("--port must be 0 to 65535") }
    guard (1...100_000).contains(waiting) else { throw ValidationError("--waiting must be 1 to 100000") }
    guard (0.1...3600).contains(longest) else { throw ValidationError("--longest must be 0.1 to 3600") }
    guard (1...1024).contains(largest) else { throw ValidationError("--largest must be 1 to 1024") }
  }

  func run() throws {
    try Console.run {
      // A client that leaves is no reason to end.
      signal(SIGPIPE, SIG_IGN)
      var settings = ServiceSettings()
      (settings.port, settings.origin) = (port, origin)
      if host != "localhost" { settings.host = host }
      (settings.mostWaiting, settings.mostBytes) = (waiting, largest << 20)
      settings.mostSeconds = longest
      settings.token = try token()
      guard settings.isLocal || settings.token != nil else {
        throw ValidationError("--host \(host) is open to others, and needs a token: --token-file, or UNDERTONE_TOKEN")
      }
      let folders = models.isEmpty ? ["built-in"] : models
      let names = distinctNames(of: folders)
      if precision.precision != nil { try precision.check(folders.map { try .named($0) }) }
      let error = awaited { [settings, precision] in
        let service = try await UndertoneService(settings) {
          try ModelShelf(
            zip(folders, names).map { folder, name in
              try ModelShelf.Entry(name) { precision.applied(to: try .named(folder, as: name)) }
            })
        }
        do {
          try await service.run { port in
            let host = settings.host.contains(":") ? "[\(settings.host)]" : settings.host
            Console.note("undertone: listening on http://\(host):\(port) (\(names.joined(separator: ", ")))")
          }
        } catch let error as ServiceError {
          throw ValidationError("--host \(settings.host) --port \(settings.port): \(error)")
        }
      }
      if let error { throw error }
      Console.note("undertone: stopped")
    }
  }

  private func token() throws -> String? {
    guard let tokenFile else {
      return ProcessInfo.processInfo.environment["UNDERTONE_TOKEN"].flatMap { $0.isEmpty ? nil : $0 }
    }
    guard let text = try? String(contentsOfFile: tokenFile, encoding: .utf8) else {
      throw FileError.unreadable(path: tokenFile, reason: "it cannot be read as text")
    }
    let token = text.trimmingCharacters(in: .whitespacesAndNewlines)
    guard !token.isEmpty else { throw ValidationError("--token-file \(tokenFile): the file is empty") }
    return token
  }

  /// Waits for work to end; returns its error.
  private func awaited(_ work: @escaping @Sendable () async throws -> Void) -> (any Error)? {
    let ended = DispatchSemaphore(value: 0)
    let outcome = Locked<(any Error)?>(nil)
    Task.detached {
      do { try await work() } catch { outcome.withLock { $0 = error } }
      ended.signal()
    }
    ended.wait()
    return outcome.withLock { $0 }
  }
}
