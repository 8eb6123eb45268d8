import Attributions
import AudioFiles
import Basics
import Foundation

/// The one thread that models run on: a network uses all cores itself, and two at once would wait for each other. Jobs are
/// done in the order in which they came, from a queue of bounded length; predictions by one model of clips of one length
/// that wait together are one pass through the network.
///
/// The models live on this thread alone; what goes in and comes out is `Sendable`.
final class ComputeThread: Sendable {
  private enum Work {
    case job(@Sendable (ModelShelf) -> Void)
    case prediction(Prediction)
  }

  private struct Prediction {
    let speech: AudioClip
    let model: ServedModel
    /// Samples that the model reads of it.
    let length: Int
    let answer: @Sendable (Result<ClipPrediction, any Error>) -> Void
  }

  private struct Waiting {
    let work: Work
    let since: ContinuousClock.Instant
    /// Ends the wait without an answer.
    let giveUp: @Sendable (RequestFault) -> Void
  }

  private struct State {
    var queue: [Waiting] = []
    var isStopping = false
  }

  private let settings: ServiceSettings
  private let metrics: ServiceMetrics
  private let condition = NSCondition()
  /// Of ``condition``.
  private nonisolated(unsafe) var state = State()

  /// - Parameter shelf: Makes the models, on the new thread.
  /// - Throws: What it throws.
  init(
    _ settings: ServiceSettings, _ metrics: ServiceMetrics, shelf: @escaping @Sendable () throws -> ModelShelf
  ) async throws {
    (self.settings, self.metrics) = (settings, metrics)
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
      let thread = Thread { [self] in
        do {
          let shelf = try shelf()
          continuation.resume()
          while let work = next() { perform(work, shelf) }
        } catch {
          continuation.resume(throwing: error)
        }
      }
      thread.stackSize = 16 << 20
      thread.name = "models"
      thread.start()
    }
  }

  /// The jobs that wait.
  var waiting: Int { locked { $0.queue.count } }

  /// Takes no more jobs; those that wait are still done.
  func stop() {
    locked { $0.isStopping = true }
  }

  // MARK: For requests

  /// The result of work on the models' thread.
  func run<Answer: Sendable>(_ work: @escaping @Sendable (ModelShelf) throws -> Answer) async throws -> Answer {
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Answer, any Error>) in
      enqueue(
        .job { shelf in continuation.resume(with: Result { try work(shelf) }) },
        giveUp: { continuation.resume(throwing: $0) })
    }
  }

  /// A model's prediction of speech that is trimmed and has the model's sample rate.
  func predict(_ speech: AudioClip, by model: ServedModel) async throws -> ClipPrediction {
    let length = model.length(of: speech)
    return try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<ClipPrediction, any Error>) in
      enqueue(
        .prediction(Prediction(speech: speech, model: model, length: length) { continuation.resume(with: $0) }),
        giveUp: { continuation.resume(throwing: $0) })
    }
  }

  private func enqueue(_ work: Work, giveUp: @escaping @Sendable (RequestFault) -> Void) {
    let refusal: RequestFault? = locked { state in
      if state.isStopping { return .stopping }
      if state.queue.count >= settings.mostWaiting { return .busy }
      state.queue.append(Waiting(work: work, since: .now, giveUp: giveUp))
      return nil
    }
    if let refusal { giveUp(refusal) }
  }

  private func locked<Result>(_ body: (inout State) -> Result) -> Result {
    condition.lock()
    defer {
      condition.signal()
      condition.unlock()
    }
    return body(&state)
  }

  // MARK: The thread

  /// The next work: a job, or predictions that go together; nil after the last.
  private func next() -> [Work]? {
    condition.lock()
    defer { condition.unlock() }
    while true {
      forgetTheLate()
      guard let first = state.queue.first else {
        if state.isStopping { return nil }
        condition.wait()
        continue
      }
      guard case .prediction(let prediction) = first.work else { return [state.queue.removeFirst().work] }
      let alike = state.queue.indices.filter { place in
        if case .prediction(let other) = state.queue[place].work {
          return other.model.digest == prediction.model.digest && other.model.name == prediction.model.name
            && other.length == prediction.length
        }
        return false
      }.prefix(settings.mostTogether)
      let end = first.since + .seconds(settings.batchSeconds)
      // Whoever waits alone waits a little for others; where other work waits, it does not.
      if alike.count == state.queue.count, alike.count < settings.mostTogether, .now < end, !state.isStopping {
        _ = condition.wait(until: Date(timeIntervalSinceNow: settings.batchSeconds))
        if .now < end { continue }
      }
      let works = alike.map { state.queue[$0].work }
      for place in alike.reversed() { state.queue.remove(at: place) }
      return works
    }
  }

  /// Ends the waits that have lasted too long; asked for from time to time, as a job may take longer.
  func forget() {
    condition.lock()
    defer { condition.unlock() }
    forgetTheLate()
  }

  private func forgetTheLate() {
    let limit = ContinuousClock.now - .seconds(settings.patience)
    guard let first = state.queue.first, first.since < limit else { return }
    let late = state.queue.prefix(while: { $0.since < limit })
    state.queue.removeFirst(late.count)
    for waiting in late { waiting.giveUp(.late) }
  }

  private func perform(_ works: [Work], _ shelf: ModelShelf) {
    let start = ContinuousClock.now
    defer { metrics.add(computed: (ContinuousClock.now - start) / .seconds(1)) }
    if case .job(let job) = works[0] { return job(shelf) }
    let predictions = works.compactMap { work -> Prediction? in
      if case .prediction(let prediction) = work { prediction } else { nil }
    }
    metrics.add(together: predictions.count)
    do {
      let model = try shelf.model(predictions[0].model)
      let clips = predictions.map { Clip($0.speech, model: model) }
      Clip.predictTogether(clips)
      for (prediction, clip) in zip(predictions, clips) {
        prediction.answer(Result { try ClipPrediction(clip, as: prediction.model.name) })
      }
    } catch {
      for prediction in predictions { prediction.answer(.failure(error)) }
    }
  }
}
