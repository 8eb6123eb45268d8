import Basics
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle

/// A service that answers requests about sounds over HTTP until it is asked to stop (SIGTERM, SIGINT); then it takes no more,
/// finishes what it has, and returns.
public struct UndertoneService: Sendable {
  private let settings: ServiceSettings
  private let metrics = ServiceMetrics()
  private let compute, edits: ComputeThread
  private let models: ServedModels
  private let uploads: Uploads

  /// - Parameter shelf: Makes the models, on the thread that they will live on.
  /// - Throws: What it throws.
  public init(
    _ settings: ServiceSettings, shelf: @escaping @Sendable () throws -> ModelShelf
  ) async throws {
    self.settings = settings
    compute = try await ComputeThread(for: .models, settings, metrics, shelf: shelf)
    edits = try await ComputeThread(for: .edits, settings, metrics) { ModelShelf() }
    models = ServedModels(try await compute.run { $0.served })
    uploads = Uploads(settings)
  }

  /// Runs until it is asked to stop.
  /// - Parameter started: Called with the port once connections are taken.
  public func run(started: @escaping @Sendable (Int) -> Void) async throws {
    let router = Router(context: ServiceContext.self, options: .autoGenerateHeadEndpoints)
    router.middlewares.add(Envelope(settings: settings, metrics: metrics))
    router.middlewares.add(Gate(settings: settings))
    addRoutes(to: router)
    // Hummingbird keeps the request's id in the logger.
    var logger = Logger(label: "undertone") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = .critical
    let application = Application(
      router: router,
      server: HTTPServerBuilder { responder in
        ServiceChannel(
          http: HTTP1Channel(
            responder: responder,
            configuration: .init(
              // Who sends a body is not read from while the models are busy, and counts as idle.
              idleTimeout: .milliseconds(Int64(1000 * (settings.bodySeconds + settings.patience))),
              httpDecoderConfiguration: .init(
                maxHeaderFieldSize: 16 << 10, maxHeaderListSize: 32 << 10, maxHeaderFieldCount: 100))),
          longestStall: .milliseconds(Int64(1000 * settings.lastSeconds)))
      },
      configuration: ApplicationConfiguration(
        address: .hostname(settings.host, port: settings.port),
        availableConnectionsDelegate: MaximumAvailableConnections(settings.mostConnections)),
      onServerRunning: { channel in started(channel.localAddress?.port ?? settings.port) },
      logger: logger)
    defer {
      compute.stop()
      edits.stop()
    }
    var group = ServiceGroupConfiguration(
      services: [application, Patience(threads: [compute, edits])], gracefulShutdownSignals: [.sigterm, .sigint],
      logger: logger)
    group.maximumGracefulShutdownDuration = .milliseconds(Int64(1000 * settings.lastSeconds))
    do {
      try await ServiceGroup(configuration: group).run()
    } catch let error as IOError {
      throw ServiceError.address(reason: systemReason(error.errnoCode))
    } catch let error as SocketAddressError.UnknownHost {
      throw ServiceError.address(reason: "there is no host \(error.host)")
    } catch let error as SocketAddressError {
      throw ServiceError.address(reason: "\(error)")
    }
  }

  /// Ends the waits for a thread that have lasted too long.
  private struct Patience: ServiceLifecycle.Service {
    let threads: [ComputeThread]

    func run() async throws {
      while !Task.isShuttingDownGracefully, !Task.isCancelled {
        try? await Task.sleep(for: .milliseconds(100))
        for thread in threads { thread.forget() }
      }
    }
  }

  private func addRoutes(to router: Router<ServiceContext>) {
    let sounds = SoundRoutes(compute: compute, edits: edits, models: models, uploads: uploads)
    PageRoutes.add(to: router)
    router.get("healthz") { _, context in Answer.text("ok\n", on: context.channel) }
    router.get("metrics") { [metrics, compute, edits] _, context in
      Answer.text(
        metrics.text(models: compute.load, edits: edits.load), type: "text/plain; version=0.0.4", on: context.channel)
    }
    router.get("v1/openapi.json") { _, context in
      Answer.data(PackageResources.openapi_json, type: "application/json", on: context.channel)
    }
    router.get("v1/models") { [models] _, context in
      try Answer.json(["models": models.all], on: context.channel)
    }
    router.get("v1/methods") { _, context in
      try Answer.json(["methods": ServedMethod.all], on: context.channel)
    }
    router.post("v1/models/:name/reload") { [models, compute] _, context in
      let name = context.parameters.get("name") ?? ""
      try await compute.run(.quick) { shelf in
        try shelf.reload(name)
        models.all = shelf.served
      }
      return try Answer.json(models.named(name), on: context.channel)
    }
    router.post("v1/predict", use: sounds.predict)
    router.post("v1/explain", use: sounds.explain)
    router.post("v1/edit", use: sounds.edit)
    router.post("v1/units", use: sounds.units)
    router.post("v1/counterfactual", use: sounds.counterfactual)
    router.get("v1/clips", use: sounds.clips)
    router.get("v1/clips/:name", use: sounds.clip)
    router.post("v1/compare", use: sounds.compare)
    router.post("v1/stream", use: sounds.stream)
    refuseOtherMethods(of: router)
  }

  /// Answers the methods that a path has no route for.
  private func refuseOtherMethods(of router: Router<ServiceContext>) {
    for routes in Dictionary(grouping: router.routes, by: \.path.description).values {
      var known = Set(routes.map(\.method))
      if known.contains(.get) { known.insert(.head) }
      let allowed = known.map(\.rawValue).sorted().joined(separator: ", ")
      for method in Self.methods where !known.contains(method) {
        router.on(routes[0].path, method: method) { request, _ -> Response in
          throw RequestFault.noMethod(request.method.rawValue, allowed: allowed)
        }
      }
    }
  }

  private static let methods: [HTTPRequest.Method] = [
    .get, .head, .post, .put, .patch, .delete, .options, .trace, .connect,
  ]
}

public enum ServiceError: Error, CustomStringConvertible {
  /// It cannot be listened on.
  case address(reason: String)

  public var description: String {
    switch self {
    case .address(let reason): "cannot be listened on: \(reason)"
    }
  }
}

/// What is known of the models, for requests before they reach the models' thread.
final class ServedModels: Sendable {
  private let kept: Locked<[ServedModel]>

  init(_ models: [ServedModel]) { kept = Locked(models) }

  var all: [ServedModel] {
    get { kept.withLock { $0 } }
    set { kept.withLock { $0 = newValue } }
  }

  /// The model of a name; the first where none is given.
  func named(_ name: String?) throws(RequestFault) -> ServedModel {
    let models = all
    guard let name else { return models[0] }
    guard let model = models.first(where: { $0.name == name }) else { throw .noModel(name, among: models.map(\.name)) }
    return model
  }
}
