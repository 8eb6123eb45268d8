import Basics
import Foundation

extension RankGroup {
  /// Hands out numbered work by need: a rank that is done with a number gets the next one. What is found comes to the first rank
  /// in the order of the numbers, so that sums over it have the same bits on any number of ranks. The first rank calls this, the
  /// others ``computeHandedOut(_:)``.
  ///
  /// A rank by itself does one after the other, on this thread, and what it finds is not encoded. The first of several computes on
  /// a thread of its own, beside the other closures, and no rank waits until it is done with a number.
  /// - Parameters:
  ///   - start: The first number.
  ///   - next: The work of the next number, after what was taken so far; nil where it is not to be handed out. All is done where
  ///     it is not while no rank computes; of several ranks it is asked again and again until then.
  ///   - compute: Does the work. What it finds depends on nothing else, and it shares nothing that changes with the others.
  ///   - take: Gets each number and what was found.
  /// - Throws: What a closure throws, or ``RankError/failed(rank:reason:)`` of another rank's; once no rank computes any more.
  public func handOut<Work: Codable & Sendable, Found: Codable & Sendable>(
    from start: Int, next: (Int) throws -> Work?, compute: (Work) throws -> Found, take: (Int, Found) throws -> Void
  ) throws {
    demand(isFirst, "rank \(rank) hands out")
    guard count > 1 else {
      var number = start
      while let work = try next(number) {
        try take(number, compute(work))
        number += 1
      }
      return
    }
    try withoutActuallyEscaping(compute) { compute in
      // Called on the worker's thread only, which has ended when this returns.
      nonisolated(unsafe) let compute = compute
      let worker = Worker<Work, Found> { try compute($0) }
      defer { worker.end() }
      var desk = Desk(ranks: self, worker: worker, from: start)
      try desk.run(next: next, take: take)
    }
  }

  /// Computes what the first rank hands out, until there is no more.
  /// - Throws: What `compute` throws, which the first rank is told.
  public func computeHandedOut<Work: Codable & Sendable, Found: Codable & Sendable>(
    _ compute: (Work) throws -> Found
  ) throws {
    demand(!isFirst, "the first rank hands out")
    var own = HandOutMessage.ready
    var failure: (any Error)?
    while true {
      send(own.bytes, to: 0)
      let answer: HandOutAnswer<Work> = try HandOutMessage.decoded(nextMessage().bytes)
      guard let work = answer.work else { break }
      do {
        own = .found(try HandOutMessage.encoded(compute(work)))
      } catch {
        own = .failed("\(error)")
        failure = error
      }
    }
    if let failure { throw failure }
  }

  /// The next message, which this waits for without work for a processor.
  private func nextMessage() -> (rank: Int, bytes: Data) {
    while true {
      if let message = received() { return message }
      usleep(pause)
    }
  }
}

/// Microseconds between two looks for messages.
private let pause: UInt32 = 1000

/// The first rank's answer to one that has nothing to do: the next work, or nil where there is none left.
private struct HandOutAnswer<Work: Codable>: Codable {
  let work: Work?
}

/// What a rank tells the first one whenever it has nothing to do: the kind in the first byte, then the content.
private enum HandOutMessage {
  /// It has begun.
  case ready
  /// What it found.
  case found(Data)
  /// It could not compute, and why.
  case failed(String)

  // JSON keeps the bits of every number; a binary property list makes -0 the same as 0 where it holds both.
  private static let notFinite = (infinity: "inf", negative: "-inf", nan: "nan")

  static func encoded(_ found: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: notFinite.infinity, negativeInfinity: notFinite.negative, nan: notFinite.nan)
    return try encoder.encode(found)
  }

  static func decoded<Found: Decodable>(_ content: Data) throws -> Found {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: notFinite.infinity, negativeInfinity: notFinite.negative, nan: notFinite.nan)
    return try decoder.decode(Found.self, from: content)
  }

  var bytes: Data {
    switch self {
    case .ready: Data([0])
    case .found(let content): Data([1]) + content
    case .failed(let reason): Data([2]) + Data(reason.utf8)
    }
  }

  init(_ bytes: Data) {
    // A copy, whose places count from 0.
    let content = Data(bytes.dropFirst())
    switch bytes.first {
    case 0: self = .ready
    case 1: self = .found(content)
    case 2: self = .failed(String(decoding: content, as: UTF8.self))
    default: fault("a rank sent something else than what it found")
    }
  }
}

/// The first rank's side of a hand-out.
private struct Desk<Work: Codable & Sendable, Found: Codable & Sendable> {
  let ranks: any RankGroup
  let worker: Worker<Work, Found>
  /// The next number to hand out.
  var number: Int
  /// The next number to take.
  var awaited: Int
  /// What was found before that of a lower number.
  var early: [Int: Found] = [:]
  /// The numbers that ranks have, the first one's own too.
  var given: [Int: Int] = [:]
  /// The others that have nothing to do.
  var idle: [Int] = []
  var failure: (any Error)?

  init(ranks: any RankGroup, worker: Worker<Work, Found>, from start: Int) {
    (self.ranks, self.worker, number, awaited) = (ranks, worker, start, start)
  }

  mutating func run(next: (Int) throws -> Work?, take: (Int, Found) throws -> Void) throws {
    while true {
      while let (rank, bytes) = ranks.received() { note(HandOutMessage(bytes), of: rank) }
      if let found = worker.found() { note(found, of: 0) }
      do {
        while failure == nil, let found = early.removeValue(forKey: awaited) {
          try take(awaited, found)
          awaited += 1
        }
        while failure == nil, let work = try next(number), try handOut(work) {}
      } catch {
        failure = error
      }
      // Numbers that were not handed out are not wanted here.
      if given.isEmpty, idle.count == ranks.count - 1 { break }
      usleep(pause)
    }
    for rank in idle { try send(nil, to: rank) }
    if let failure { throw failure }
  }

  /// Gives the work of the next number to a rank that has nothing to do; false where there is none.
  private mutating func handOut(_ work: Work) throws -> Bool {
    if given[0] == nil {
      given[0] = number
      worker.begin(work)
    } else if let rank = idle.last {
      try send(work, to: rank)
      idle.removeLast()
      given[rank] = number
    } else {
      return false
    }
    number += 1
    return true
  }

  private func send(_ work: Work?, to rank: Int) throws {
    ranks.send(try HandOutMessage.encoded(HandOutAnswer(work: work)), to: rank)
  }

  private mutating func note(_ message: HandOutMessage, of rank: Int) {
    idle.append(rank)
    switch message {
    case .ready: break
    case .found(let content): note(Result { try HandOutMessage.decoded(content) }, of: rank)
    case .failed(let reason): note(.failure(RankError.failed(rank: rank, reason: reason)), of: rank)
    }
  }

  private mutating func note(_ found: Result<Found, any Error>, of rank: Int) {
    guard let number = given.removeValue(forKey: rank) else { fault("rank \(rank) found what it was not asked for") }
    switch found {
    case .success(let found): early[number] = found
    case .failure(let error): failure = failure ?? error
    }
  }
}

/// A thread that computes one thing at a time, beside the thread that asks it.
///
/// `@unchecked Sendable`: all that changes is used under the condition's lock.
private final class Worker<Work: Sendable, Found: Sendable>: @unchecked Sendable {
  private let condition = NSCondition()
  private var asked: Work?
  private var result: Result<Found, any Error>?
  private var hasEnded = false
  /// Used by the thread alone, which lets go of it at its end: its caller's may not outlive it.
  private var compute: (@Sendable (Work) throws -> Found)?
  private let done = DispatchSemaphore(value: 0)

  init(_ compute: @escaping @Sendable (Work) throws -> Found) {
    self.compute = compute
    // OpenMP's number of threads is that of each thread that asks for some.
    let threads = Threads.count
    let thread = Thread { [self] in
      Threads.count = threads
      work()
      self.compute = nil
      done.signal()
    }
    // As much as a process's first thread has.
    thread.stackSize = 8 << 20
    thread.start()
  }

  private func work() {
    guard let compute else { return }
    while let work = next() {
      let found = Result { try compute(work) }
      condition.withLock { result = found }
    }
  }

  /// Begins with some work; what was found before has been taken.
  func begin(_ work: Work) {
    condition.withLock {
      asked = work
      condition.signal()
    }
  }

  /// What was found, once; nil before.
  func found() -> Result<Found, any Error>? {
    condition.withLock {
      defer { result = nil }
      return result
    }
  }

  /// Ends the thread, which computes nothing any more.
  func end() {
    condition.withLock {
      hasEnded = true
      condition.signal()
    }
    done.wait()
  }

  /// The next work that is asked for; nil at the end.
  private func next() -> Work? {
    condition.withLock {
      while asked == nil, !hasEnded { condition.wait() }
      defer { asked = nil }
      return asked
    }
  }
}
