import Attributions
import AudioFiles
import Basics
import Foundation

/// The one thread that models run on: a network uses all cores itself, and two at once would wait for each other. Work is
/// quick or long, each with a queue of bounded length, in which it is done in the order in which it came. Quick work goes
/// first, and between two passes of a long job; predictions by one model of clips of one length that wait together are one
/// pass through the network. Work that nobody waits for is not begun, and a long job ends at its next pass.
///
/// The models live on this thread alone; what goes in and comes out is `Sendable`. Sounds are edited on another such thread,
/// one at a time, which has no models and whose work is all long.
final class ComputeThread: Sendable {
  /// What a thread is for.
  enum Purpose: String { case models, edits }

  /// How much work waits, whether a long job is done, and the seconds worked so far.
  struct Load {
    let waiting: Int
    let isLong: Bool
    let computed: Double
  }

  /// How long work holds up what comes after it.
  enum Kind { case quick, long }

  private enum Work {
    /// - Parameter end: Called once, when the work is done and before its answer is known: why a job was stopped, or is not
    ///   waited for; nil where it is.
    case job(@Sendable (ModelShelf, _ end: () -> RequestFault?) -> Void)
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
    let number: Int
    let work: Work
    let since: ContinuousClock.Instant
    /// Ends the wait without an answer.
    let giveUp: @Sendable (RequestFault) -> Void
  }

  private struct State {
    var quick: [Waiting] = []
    var long: [Waiting] = []
    /// The long job that is done, and why it is to end early.
    var running: (number: Int, fault: RequestFault?)?
    /// Quick work that was done while a long job waited to begin.
    var passed = 0
    /// Of the work that came last.
    var number = 0
    var isStopping = false
    /// Seconds worked.
    var computed = 0.0
  }

  /// Turns of quick work at most, each a pass or a job, before a long job has its own: to begin, or to make its next pass.
  private static let mostPassing = 8

  private let settings: ServiceSettings
  private let metrics: ServiceMetrics
  private let condition = NSCondition()
  /// Of ``condition``.
  private nonisolated(unsafe) var state = State()

  /// - Parameter shelf: Makes the models, on the new thread.
  /// - Throws: What it throws.
  init(
    for purpose: Purpose, _ settings: ServiceSettings, _ metrics: ServiceMetrics,
    shelf: @escaping @Sendable () throws -> ModelShelf
  ) async throws {
    (self.settings, self.metrics) = (settings, metrics)
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
      // OpenMP's number of threads is that of each thread that asks for some.
      let threads = Threads.count
      let thread = Thread { [self] in
        Threads.count = threads
        do {
          let shelf = try shelf()
          continuation.resume()
          while let turn = next() {
            switch turn {
            case .quick(let works): perform(works, shelf)
            case .long(let work): perform(work, shelf)
            }
          }
        } catch {
          continuation.resume(throwing: error)
        }
      }
      thread.stackSize = 16 << 20
      thread.name = purpose.rawValue
      thread.start()
    }
  }

  var load: Load {
    locked { Load(waiting: $0.quick.count + $0.long.count, isLong: $0.running != nil, computed: $0.computed) }
  }

  /// Takes no more work; what waits is still done.
  func stop() {
    locked { $0.isStopping = true }
  }

  // MARK: For requests

  /// The result of work on the models' thread.
  func run<Answer: Sendable>(
    _ kind: Kind = .long, _ work: @escaping @Sendable (ModelShelf) throws -> Answer
  ) async throws -> Answer {
    try await result(of: kind) { answer in
      .job { shelf, end in
        let found = Result { try work(shelf) }
        answer(end().map { .failure($0) } ?? found)
      }
    }
  }

  /// A model's prediction of speech that is trimmed and has the model's sample rate.
  func predict(_ speech: AudioClip, by model: ServedModel) async throws -> ClipPrediction {
    let length = model.length(of: speech)
    return try await result(of: .quick) { answer in
      .prediction(Prediction(speech: speech, model: model, length: length, answer: answer))
    }
  }

  /// Waits for work, as long as the client does and the task is not cancelled.
  /// - Parameter make: Makes the work, which calls what it is given once, unless it is taken from the queue before.
  private func result<Answer: Sendable>(
    of kind: Kind, _ make: (@escaping @Sendable (Result<Answer, any Error>) -> Void) -> Work
  ) async throws -> Answer {
    let client = Client.current
    let number = locked { state in
      state.number += 1
      return state.number
    }
    let place = client?.whenLeft { [self] in drop(number, .left) }
    defer { if let place { client?.forget(place) } }
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Answer, any Error>) in
        let answer: @Sendable (Result<Answer, any Error>) -> Void = { continuation.resume(with: $0) }
        enqueue(
          Waiting(number: number, work: make(answer), since: .now, giveUp: { answer(.failure($0)) }), kind, client)
      }
    } onCancel: {
      drop(number, .stopping)
    }
  }

  private func enqueue(_ waiting: Waiting, _ kind: Kind, _ client: Client?) {
    let refusal: RequestFault? = locked { state in
      // Whoever leaves from here on finds the work in its queue.
      if state.isStopping || Task.isCancelled { return .stopping }
      if client?.hasLeft == true { return .left }
      switch kind {
      case .quick:
        if state.quick.count >= settings.mostWaiting { return .busy }
        state.quick.append(waiting)
      case .long:
        if state.long.count >= settings.mostWaiting { return .busy }
        state.long.append(waiting)
      }
      return nil
    }
    if let refusal { waiting.giveUp(refusal) }
  }

  /// Takes work from its queue, or lets a long job end at its next pass.
  private func drop(_ number: Int, _ fault: RequestFault) {
    let dropped: Waiting? = locked { state in
      if let place = state.quick.firstIndex(where: { $0.number == number }) { return state.quick.remove(at: place) }
      if let place = state.long.firstIndex(where: { $0.number == number }) { return state.long.remove(at: place) }
      // A service that stops closes connections too: what it did first is why.
      if let running = state.running, running.number == number, running.fault == nil || fault == .stopping {
        state.running?.fault = fault
      }
      return nil
    }
    dropped?.giveUp(fault)
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

  private enum Turn {
    /// A job, or predictions that go together.
    case quick([Work])
    case long(Waiting)
  }

  /// The next work; nil after the last.
  private func next() -> Turn? {
    condition.lock()
    defer { condition.unlock() }
    while true {
      forgetTheLate()
      if !state.long.isEmpty, state.quick.isEmpty || state.passed >= Self.mostPassing {
        let work = state.long.removeFirst()
        (state.running, state.passed) = ((work.number, nil), 0)
        return .long(work)
      }
      guard let first = state.quick.first else {
        if state.isStopping { return nil }
        condition.wait()
        continue
      }
      let together = together()
      let end = first.since + .seconds(settings.batchSeconds)
      // Whoever waits alone waits a little for others; where other work waits, it does not.
      if case .prediction = first.work, together.count == state.quick.count, together.count < settings.mostTogether,
        state.long.isEmpty, .now < end, !state.isStopping
      {
        _ = condition.wait(until: Date(timeIntervalSinceNow: settings.batchSeconds))
        continue
      }
      state.passed = state.long.isEmpty ? 0 : state.passed + 1
      return .quick(take(together))
    }
  }

  /// The places of the quick work that comes next: of a job, or of predictions that go together.
  private func together() -> [Int] {
    guard let first = state.quick.first else { return [] }
    guard case .prediction(let prediction) = first.work else { return [0] }
    return state.quick.indices.filter { place in
      if case .prediction(let other) = state.quick[place].work {
        return other.model.digest == prediction.model.digest && other.model.name == prediction.model.name
          && other.length == prediction.length
      }
      return false
    }.prefix(settings.mostTogether).map(\.self)
  }

  private func take(_ places: [Int]) -> [Work] {
    let works = places.map { state.quick[$0].work }
    for place in places.reversed() { state.quick.remove(at: place) }
    return works
  }

  /// Ends the waits that have lasted too long; asked for from time to time, as a job may take longer.
  func forget() {
    condition.lock()
    defer { condition.unlock() }
    forgetTheLate()
  }

  private func forgetTheLate() {
    func late(_ queue: inout [Waiting], after patience: Double) {
      let limit = ContinuousClock.now - .seconds(patience)
      guard let first = queue.first, first.since < limit else { return }
      let late = queue.prefix(while: { $0.since < limit })
      queue.removeFirst(late.count)
      for waiting in late { waiting.giveUp(.late) }
    }
    late(&state.quick, after: settings.patience)
    late(&state.long, after: settings.longPatience)
  }

  private func perform(_ works: [Work], _ shelf: ModelShelf) {
    let start = ContinuousClock.now
    defer {
      let computed = (ContinuousClock.now - start) / .seconds(1)
      locked { $0.computed += computed }
    }
    if case .job(let job) = works[0] { return job(shelf) { nil } }
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

  private func perform(_ long: Waiting, _ shelf: ModelShelf) {
    guard case .job(let job) = long.work else { return }
    let start = ContinuousClock.now
    // Of quick work in between.
    var others = Duration.zero
    var fault: RequestFault?
    shelf.atPause = { [self] () throws(MethodError) in
      let begin = ContinuousClock.now
      for _ in 0..<Self.mostPassing {
        guard let works = quick() else { break }
        perform(works, shelf)
      }
      let end = ContinuousClock.now
      others += end - begin
      fault = locked { $0.running?.fault }
      if fault == nil, end - start - others > .seconds(settings.mostSeconds) { fault = .tooLong(settings.mostSeconds) }
      if fault != nil { throw .stopped }
    }
    job(shelf) { [self] in
      let computed = (ContinuousClock.now - start - others) / .seconds(1)
      return locked { state in
        state.computed += computed
        defer { state.running = nil }
        return fault ?? state.running?.fault
      }
    }
    shelf.atPause = nil
  }

  /// Quick work that goes together and need not wait; nil where there is none.
  private func quick() -> [Work]? {
    condition.lock()
    defer { condition.unlock() }
    forgetTheLate()
    let together = together()
    return together.isEmpty ? nil : take(together)
  }
}
