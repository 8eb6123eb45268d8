import Basics
import Foundation
import Ranks

/// The results of `body` on each of so many threads, which are ranks to each other, in the order of ranks.
/// - Throws: The error of the lowest rank that has one.
public func onRanks<Result: Sendable>(
  _ count: Int, _ body: @escaping @Sendable (any RankGroup) throws -> Result
) throws -> [Result] {
  let (meeting, results, done) = (Meeting(count), Results<Result>(), DispatchSemaphore(value: 0))
  for rank in 0..<count {
    let thread = Thread {
      let found = Swift.Result { try body(ThreadRank(rank: rank, meeting: meeting)) }
      meeting.leave()
      results.set(found, of: rank)
      done.signal()
    }
    // As much as a process's first thread has.
    thread.stackSize = 8 << 20
    thread.start()
  }
  for _ in 0..<count { done.wait() }
  return try (0..<count).map { try results[$0].get() }
}

/// `@unchecked Sendable`: all that changes is used under the lock.
private final class Results<Value: Sendable>: @unchecked Sendable {
  private let lock = NSLock()
  private var found: [Int: Result<Value, any Error>] = [:]

  func set(_ result: Result<Value, any Error>, of rank: Int) { lock.withLock { found[rank] = result } }

  subscript(rank: Int) -> Result<Value, any Error> { lock.withLock { found[rank]! } }
}

/// One of the threads.
private struct ThreadRank: RankGroup {
  let rank: Int
  let meeting: Meeting

  var count: Int { meeting.count }

  private func exchanged(_ numbers: some Collection<Float>) -> [[Double]] {
    meeting.exchanged(numbers.map(Double.init), rank: rank)
  }

  func sum(_ numbers: UnsafeMutableBufferPointer<Float>) {
    let all = exchanged(numbers)
    for place in numbers.indices { numbers[place] = Float(all.reduce(0) { $0 + $1[place] }) }
  }

  func sum(_ numbers: UnsafeMutableBufferPointer<Double>) {
    let all = meeting.exchanged(Array(numbers), rank: rank)
    for place in numbers.indices { numbers[place] = all.reduce(0) { $0 + $1[place] } }
  }

  func broadcast(_ numbers: UnsafeMutableBufferPointer<Float>) {
    let first = exchanged(numbers)[0]
    for place in numbers.indices { numbers[place] = Float(first[place]) }
  }

  func wait() { _ = meeting.exchanged([], rank: rank) }
  func send(_ bytes: Data, to other: Int) { meeting.send(bytes, from: rank, to: other) }
  func received() -> (rank: Int, bytes: Data)? { meeting.received(by: rank) }
  func end() { wait() }
  func abort(status: Int32) -> Never { fault("rank \(rank) ended all with status \(status)") }
}

/// Where ranks exchange numbers.
///
/// `@unchecked Sendable`: all that changes is used under the condition's lock.
private final class Meeting: @unchecked Sendable {
  let count: Int
  private let condition = NSCondition()
  private var brought: [[Double]]
  /// Those of the last exchange. The next one cannot end before all ranks have taken these.
  private var all: [[Double]] = []
  private var arrived = 0
  private var exchanges = 0
  private var hasLeft = false
  /// The messages to each rank.
  private var messages: [[(rank: Int, bytes: Data)]]

  init(_ count: Int) {
    self.count = count
    brought = Array(repeating: [], count: count)
    messages = Array(repeating: [], count: count)
  }

  /// The numbers of all ranks, in their order.
  func exchanged(_ own: [Double], rank: Int) -> [[Double]] {
    condition.withLock {
      brought[rank] = own
      arrived += 1
      let number = exchanges
      if arrived == count {
        demand(Set(brought.map(\.count)).count == 1, "ranks that exchange different things: \(brought.map(\.count))")
        (all, arrived) = (brought, 0)
        exchanges += 1
        condition.broadcast()
      }
      while exchanges == number {
        demand(!hasLeft, "a rank waits for one that has ended")
        condition.wait()
      }
      return all
    }
  }

  func send(_ bytes: Data, from rank: Int, to other: Int) {
    condition.withLock { messages[other].append((rank, bytes)) }
  }

  func received(by rank: Int) -> (rank: Int, bytes: Data)? {
    condition.withLock { messages[rank].isEmpty ? nil : messages[rank].removeFirst() }
  }

  /// Ends a rank, after which no other may wait for it.
  func leave() {
    condition.withLock {
      hasLeft = true
      condition.broadcast()
    }
  }
}
