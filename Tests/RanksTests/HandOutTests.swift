import Basics
import Foundation
import Ranks
import TestSupport
import Testing

@Suite("Numbers handed out to ranks by need")
struct HandOutTests {
  struct Broken: Error, Equatable, CustomStringConvertible {
    let number: Int
    var description: String { "number \(number) is broken" }
  }

  /// What a rank found of a number.
  struct Found: Codable, Sendable, Equatable {
    let number: Int
    let rank: Int
    let bytes: Data
    let values: [Double]
  }

  /// The bytes of a number: none, few, and megabytes.
  private static func bytes(_ number: Int) -> Data {
    Data(repeating: UInt8(number), count: [0, 5 << 20, 1, 999][number % 4])
  }

  /// Runs a hand-out of the numbers from 3 on, and returns what the first rank took, in its order.
  private func handOut(
    _ ranks: any RankGroup, while isWanted: (Int) throws -> Bool,
    compute: (Int) throws -> Void = { _ in }, take: (Int) throws -> Void = { _ in }
  ) throws -> [Found] {
    func find(_ number: Int) throws -> Found {
      try compute(number)
      return Found(
        number: number, rank: ranks.rank, bytes: Self.bytes(number), values: [0.1, -0.0, 1 / Double(number), .infinity])
    }
    var taken: [Found] = []
    guard ranks.isFirst else {
      try ranks.computeHandedOut(find)
      return []
    }
    try ranks.handOut(from: 3, next: { try isWanted($0) ? $0 : nil }, compute: find) { number, found in
      #expect(found.number == number)
      try take(number)
      taken.append(found)
    }
    return taken
  }

  @Test("Each number is computed once and taken in order, with all its bits", arguments: [1, 2, 4])
  func order(ranks: Int) throws {
    let (log, begun) = (Log(), Log())
    let taken = try onRanks(ranks) { group in
      try handOut(group, while: { $0 < 20 }) { number in
        log.add(number)
        // Until each rank has a number.
        begun.add(group.rank)
        while Set(begun.numbers).count < ranks { usleep(1000) }
        // Some take longer than those after them.
        usleep(UInt32([20_000, 0, 5_000][number % 3]))
      }
    }[0]
    #expect(taken.map(\.number) == Array(3..<20) && log.numbers.sorted() == Array(3..<20))
    for found in taken {
      #expect(found.bytes == Self.bytes(found.number))
      #expect(
        found.values.map(\.bitPattern) == [0.1, -0.0, 1 / Double(found.number), .infinity].map(\.bitPattern))
    }
    #expect(Set(taken.map(\.rank)).count == ranks)
  }

  @Test("A rank that is slow gets fewer numbers, and the others wait for none of its")
  func need() throws {
    let (others, slow) = (Log(), Log())
    let taken = try onRanks(3) { group in
      try handOut(group, while: { $0 < 12 }) { number in
        guard group.rank == 2 else {
          while slow.numbers.isEmpty { usleep(1000) }
          return others.add(number)
        }
        slow.add(number)
        // Until the others have done all the rest.
        while others.numbers.count < 8 { usleep(1000) }
      }
    }[0]
    #expect(taken.map(\.number) == Array(3..<12) && taken.count { $0.rank == 2 } == 1)
  }

  @Test("What is wanted follows what was taken, so that no rank computes more than one would", arguments: [1, 2, 4])
  func replaced(ranks: Int) throws {
    // Seven that are even are wanted, of which each odd one is replaced by the next.
    let log = Log()
    let taken = try onRanks(ranks) { group in
      var (even, next) = (0, 3)
      return try handOut(group, while: { $0 - next < 7 - even }, compute: log.add) { number in
        next += 1
        if number.isMultiple(of: 2) { even += 1 }
      }
    }[0]
    #expect(taken.map(\.number) == Array(3...16) && log.numbers.sorted() == Array(3...16))
  }

  @Test("A number's work is what there is to say of it as it is handed out", arguments: [1, 2, 4])
  func work(ranks: Int) throws {
    struct Work: Codable { let number, taken: Int }
    let taken = try onRanks(ranks) { group -> [[Int]] in
      func find(_ work: Work) -> [Int] { [work.number, work.taken] }
      guard group.isFirst else {
        try group.computeHandedOut(find)
        return []
      }
      var taken: [[Int]] = []
      try group.handOut(
        from: 0, next: { $0 < 9 ? Work(number: $0, taken: taken.count) : nil }, compute: find
      ) { _, found in taken.append(found) }
      return taken
    }[0]
    #expect(taken.map(\.[0]) == Array(0..<9) && taken.map(\.[1]) == taken.map(\.[1]).sorted())
    #expect(taken.allSatisfy { ranks == 1 ? $0[1] == $0[0] : $0[1] <= $0[0] })
  }

  @Test("A hand-out of nothing ends all ranks, and so does one after the other", arguments: [1, 2, 4])
  func none(ranks: Int) throws {
    let taken = try onRanks(ranks) { group in
      try handOut(group, while: { _ in false }) + handOut(group, while: { $0 < 5 })
    }
    #expect(taken[0].map(\.number) == [3, 4])
  }

  @Test("What a rank cannot compute ends all: it throws its own error, and the first one says whose it is")
  func compute() throws {
    for broken in 0..<3 {
      let errors = try onRanks(3) { group -> String in
        do {
          _ = try handOut(group, while: { _ in true }) { number in
            if group.rank == broken, number > 5 { throw Broken(number: 9) }
            usleep(1000)
          }
          return ""
        } catch {
          return "\(error)"
        }
      }
      var expected = ["", "", ""]
      expected[broken] = "number 9 is broken"
      if broken > 0 { expected[0] = "on rank \(broken): number 9 is broken" }
      #expect(errors == expected)
    }
  }

  @Test("What cannot be taken ends all ranks, after what was taken before", arguments: [1, 2, 4])
  func take(ranks: Int) throws {
    let taken = Log()
    #expect(throws: Broken(number: 7)) {
      try onRanks(ranks) { group in
        try handOut(
          group, while: { _ in true },
          take: { number in
            if number == 7 { throw Broken(number: 7) }
            taken.add(number)
          })
      }
    }
    #expect(taken.numbers == [3, 4, 5, 6])
  }
}

/// Numbers from several threads.
///
/// `@unchecked Sendable`: all that changes is used under the lock.
private final class Log: @unchecked Sendable {
  private let lock = NSLock()
  private var all: [Int] = []

  func add(_ number: Int) { lock.withLock { all.append(number) } }
  var numbers: [Int] { lock.withLock { all } }
}
