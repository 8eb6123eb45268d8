import Attributions
import AudioFiles
import Basics
import Corpora
import Figures
import Foundation
import Hummingbird
import Models
import NIOCore
import Reports
import ServiceLifecycle

/// The routes that take a sound.
struct SoundRoutes: Sendable {
  /// The threads of models, and of sounds that are edited.
  let compute, edits: ComputeThread
  let models: ServedModels
  let uploads: Uploads

  /// The answer to a request's sound and parameters. A model that is loaded again meanwhile is asked again.
  func answer(
    _ request: Request, _ known: [String], _ work: (UploadedSound, RequestParameters) async throws -> Response
  ) async throws -> Response {
    try await uploads.withBody(of: request) { body in
      let sound = try UploadedSound(body, contentType: request.headers[.contentType])
      let parameters = try RequestParameters(request, sound.parameters, known: known)
      for _ in 0..<Self.tries {
        do {
          return try await work(sound, parameters)
        } catch let fault as RequestFault where fault == .exchanged {
          continue
        }
      }
      throw RequestFault.exchanged
    }
  }

  private static let tries = 3

  func model(_ parameters: RequestParameters) throws(RequestFault) -> ServedModel {
    try models.named(parameters.text("model"))
  }

  // MARK: Predict

  @Sendable func predict(_ request: Request, _ context: ServiceContext) async throws -> Response {
    try await answer(request, ["model"]) { sound, parameters in
      let model = try model(parameters)
      let speech = try await uploads.decoded { try sound.speech(for: model) }
      return try Answer.json(await compute.predict(speech, by: model), on: context.channel)
    }
  }

  // MARK: Explain

  private enum Format: String, CaseIterable { case json, png, svg, view, html }

  @Sendable func explain(_ request: Request, _ context: ServiceContext) async throws -> Response {
    let known = [
      "model", "method", "target", "versus", "input", "steps", "draws", "seed", "format", "arrays", "name",
    ]
    return try await answer(request, known) { sound, parameters in
      let model = try model(parameters)
      let question = try ExplainQuestion(parameters, of: model)
      let format: Format = try parameters.choice("format") ?? .json
      if format != .json, try parameters.flag("arrays") {
        throw RequestFault.wrong("arrays", "are a part of json, and not of \(format.rawValue)")
      }
      let speech = try await uploads.decoded { try sound.speech(for: model) }
      try question.check(speech)
      switch format {
      case .json:
        return try Answer.json(await compute.run { try question.answer(speech, by: $0) }, on: context.channel)
      case .png, .svg:
        let bytes = try await compute.run { try question.figure(speech, as: format == .png ? .png : .svg, by: $0) }
        return Answer.data(bytes, type: format == .png ? "image/png" : "image/svg+xml", on: context.channel)
      case .view:
        let view = try await compute.run { try question.view(speech, by: $0) }
        return Answer.data(view.utf8, type: "application/json", on: context.channel)
      case .html:
        let page = try await compute.run { try question.page(speech, by: $0) }
        return Answer.page(page, named: "explanation.html", on: context.channel)
      }
    }
  }

  // MARK: Compare

  @Sendable func compare(_ request: Request, _ context: ServiceContext) async throws -> Response {
    try await answer(request, ["models", "method"]) { sound, parameters in
      let names = parameters.text("models")?.split(separator: ",").map(String.init)
      let compared = try names?.map { try models.named($0) } ?? models.all
      guard compared.count > 1, Set(compared.map(\.name)).count == compared.count else {
        throw RequestFault.wrong("models", "two models or more are compared, such as a,b")
      }
      let method = try ServedMethod.named(parameters.text("method"))
      let speeches = try await uploads.decoded { try compared.map { try sound.speech(for: $0) } }
      let passes = PassLimit.passes(of: method)
      if let longest = speeches.max(by: { $0.duration < $1.duration }) {
        try PassLimit.check(
          passes * compared.count, longest, field: "method",
          "steps or draws (\(passes)) × models (\(compared.count))")
      }
      return try Answer.json(
        await compute.run { try ComparedModels(speeches, by: compared, method, shelf: $0) }, on: context.channel)
    }
  }

  // MARK: Stream

  @Sendable func stream(_ request: Request, _ context: ServiceContext) async throws -> Response {
    let parameters = try RequestParameters(request, known: ["model"] + SoundStream.parameters)
    let model = try model(parameters)
    let start = try SoundStream(parameters, for: model)
    Client.current?.takeBody()
    return Response(
      status: .ok, headers: [.contentType: "application/x-ndjson"],
      body: ResponseBody { writer in
        var stream = start
        let begin = ContinuousClock.now
        func line(_ part: SoundStream.Part) async throws -> ByteBuffer {
          let prediction = try await part.speech.asyncMap { try await predict($0) }
          return ByteBuffer(bytes: try stream.line(part, prediction))
        }
        do {
          for try await chunk in request.body {
            try stream.feed(Array(buffer: chunk))
            while let part = stream.next() { try await writer.write(line(part)) }
            // A stream need have no end of its own.
            guard !Task.isShuttingDownGracefully else { throw RequestFault.stopping }
            guard ContinuousClock.now - begin < .seconds(SoundStream.mostSeconds) else {
              throw RequestFault(.requestTimeout, "body", "lasts longer than \(Int(SoundStream.mostSeconds)) s")
            }
          }
          if let part = stream.rest() { try await writer.write(line(part)) }
        } catch let error as ChannelError {
          throw error
        } catch {
          // The head is sent: an error is a line, and the end.
          try await writer.write(ByteBuffer(bytes: RequestFault(error).json(request: context.id) + [10]))
          try await writer.finish(nil)
          try? await context.channel.close()
          return
        }
        try await writer.finish(nil)

        /// Where too many requests wait, the window waits too.
        func predict(_ speech: AudioClip) async throws -> ClipPrediction {
          while true {
            do {
              return try await compute.predict(speech, by: models.named(model.name))
            } catch let fault as RequestFault where fault == .busy {
              try await Task.sleep(for: .milliseconds(200))
            } catch let fault as RequestFault where fault == .exchanged {
              continue
            }
          }
        }
      })
  }
}

extension Optional {
  /// The result of asynchronous work on the value; nil where there is none.
  fileprivate func asyncMap<Result>(_ work: (Wrapped) async throws -> Result) async rethrows -> Result? {
    guard let value = self else { return nil }
    return try await work(value)
  }
}
