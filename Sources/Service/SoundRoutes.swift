import Attributions
import AudioFeatures
import AudioFiles
import Basics
import Corpora
import Figures
import Foundation
import Hummingbird
import Models
import NIOCore
import Reports

/// The routes that take a sound.
struct SoundRoutes: Sendable {
  let settings: ServiceSettings
  let compute: ComputeThread
  let models: ServedModels

  /// The sound and the parameters of a request.
  private func read(
    _ request: Request, _ known: [String]
  ) async throws -> (sound: UploadedSound, parameters: RequestParameters) {
    if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > settings.mostBytes {
      throw RequestFault(.contentTooLarge, "body", "has more than \(settings.mostBytes) bytes")
    }
    let body = try await within(seconds: settings.bodySeconds) { [settings] in
      try await request.body.collect(upTo: settings.mostBytes)
    }
    let sound = try UploadedSound(Array(buffer: body), contentType: request.headers[.contentType])
    let query = request.uri.queryParameters.map { (name: String($0.key), value: String($0.value)) }
    return (sound, try RequestParameters(query + sound.parameters, known: known))
  }

  // MARK: Predict

  @Sendable func predict(_ request: Request, _ context: ServiceContext) async throws -> Response {
    let (sound, parameters) = try await read(request, ["model"])
    let model = try models.named(parameters.text("model"))
    return Answer.json(try await compute.predict(sound.speech(for: model), by: model.name))
  }

  // MARK: Explain

  private enum Format: String, CaseIterable { case json, png, svg }

  @Sendable func explain(_ request: Request, _ context: ServiceContext) async throws -> Response {
    let (sound, parameters) = try await read(
      request, ["model", "method", "target", "versus", "input", "steps", "draws", "seed", "format", "arrays"])
    let model = try models.named(parameters.text("model"))
    let question = try ExplainQuestion(parameters, of: model)
    let format: Format = try parameters.choice("format") ?? .json
    let speech = try sound.speech(for: model)
    switch format {
    case .json:
      return Answer.json(try await compute.run { try question.answer(speech, by: $0) })
    case .png, .svg:
      let bytes = try await compute.run { try question.figure(speech, as: format == .png ? .png : .svg, by: $0) }
      return Answer.data(bytes, type: format == .png ? "image/png" : "image/svg+xml")
    }
  }

  // MARK: Edit

  private enum EditFormat: String, CaseIterable { case json, wav }

  private struct Edited: Encodable {
    let model: String
    let edits: [String: Double]
    let telephone: Bool
    let before, after: EditReport.Answer
    let back: EditReport.Answer?
    /// What there is to know of the resynthesis.
    let remark: String?
  }

  @Sendable func edit(_ request: Request, _ context: ServiceContext) async throws -> Response {
    let kinds = SoundEdits.Kind.allCases
    let (sound, parameters) = try await read(
      request, ["model", "format", "telephone", "seed"] + kinds.map(\.rawValue))
    let model = try models.named(parameters.text("model"))
    let amounts = try kinds.compactMap { kind in
      try parameters.number(kind.rawValue, in: kind.limits).map { (kind, $0) }
    }
    let edits = SoundEdits(Dictionary(uniqueKeysWithValues: amounts), isTelephoned: try parameters.flag("telephone"))
    guard !edits.isEmpty else {
      throw RequestFault.wrong(
        "edit", "nothing is to be changed; there are \(kinds.map(\.rawValue).joined(separator: ", ")), telephone")
    }
    let seed = UInt64(try parameters.whole("seed", in: 0...Int.max) ?? 0)
    let format: EditFormat = try parameters.choice("format") ?? .json
    let clip = try sound.decoded(sampleRate: model.sampleRate)
    let (edited, bytes) = try await compute.run { shelf in
      let report = try EditReport(
        clip, file: UploadedSound.name, edits: edits, model: shelf.model(model.name), seed: seed)
      return (
        Edited(
          model: model.name, edits: Dictionary(uniqueKeysWithValues: amounts.map { ($0.rawValue, $1) }),
          telephone: edits.isTelephoned, before: report.before, after: report.after, back: report.back,
          remark: report.remark), format == .wav ? report.sound.encoded(as: .float32) : []
      )
    }
    return format == .wav ? Answer.data(bytes, type: "audio/wav") : Answer.json(edited)
  }

  // MARK: Compare

  @Sendable func compare(_ request: Request, _ context: ServiceContext) async throws -> Response {
    let (sound, parameters) = try await read(request, ["models", "method"])
    let names = parameters.text("models")?.split(separator: ",").map(String.init)
    let compared = try names?.map { try models.named($0) } ?? models.all
    guard compared.count > 1, Set(compared.map(\.name)).count == compared.count else {
      throw RequestFault.wrong("models", "two models or more are compared, such as a,b")
    }
    let speeches = try compared.map { try sound.speech(for: $0) }
    let method = try ServedMethod.named(parameters.text("method"))
    return Answer.json(
      try await compute.run { try ComparedModels(speeches, by: compared.map(\.name), method, shelf: $0) })
  }

  // MARK: Stream

  @Sendable func stream(_ request: Request, _ context: ServiceContext) async throws -> Response {
    let query = request.uri.queryParameters.map { (name: String($0.key), value: String($0.value)) }
    let parameters = try RequestParameters(query, known: ["model"] + SoundStream.parameters)
    let model = try models.named(parameters.text("model"))
    let start = try SoundStream(parameters, for: model)
    let compute = compute
    // A sender that falls silent is cut off by the connection's own timeout.
    return Response(
      status: .ok, headers: [.contentType: "application/x-ndjson"],
      body: ResponseBody { writer in
        var stream = start
        func line(_ part: SoundStream.Part) async throws -> ByteBuffer {
          var prediction: ClipPrediction?
          if let speech = part.speech { prediction = try await compute.predict(speech, by: model.name) }
          return ByteBuffer(bytes: stream.line(part, prediction))
        }
        do {
          for try await chunk in request.body {
            for part in try stream.feed(Array(buffer: chunk)) { try await writer.write(line(part)) }
          }
          if let part = stream.rest() { try await writer.write(line(part)) }
        } catch let error as ChannelError {
          throw error
        } catch {
          // The head is sent: an error is a line.
          try await writer.write(ByteBuffer(bytes: RequestFault(error).json(request: context.id) + [10]))
        }
        try await writer.finish(nil)
      })
  }
}

/// The result of work that must be done within so many seconds.
func within<Result: Sendable>(
  seconds: Double, _ work: @escaping @Sendable () async throws -> Result
) async throws -> Result {
  try await withThrowingTaskGroup(of: Result.self) { group in
    group.addTask { try await work() }
    group.addTask {
      try await Task.sleep(for: .seconds(seconds))
      throw RequestFault(.requestTimeout, "body", "did not arrive within \(seconds.formatted()) s")
    }
    defer { group.cancelAll() }
    return try await group.next()!
  }
}
