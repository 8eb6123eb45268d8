import Basics
import Foundation

/// The processes of one run. Each has a rank and a part of the work, and they exchange numbers in calls that all of them make, in
/// the same order, or messages.
public protocol RankGroup: Sendable {
  /// From 0.
  var rank: Int { get }
  /// The number of ranks.
  var count: Int { get }

  /// Replaces each number by its sum over the ranks, which has the same bits on all of them.
  func sum(_ numbers: UnsafeMutableBufferPointer<Float>)
  func sum(_ numbers: UnsafeMutableBufferPointer<Double>)
  /// Replaces the numbers by those of the first rank.
  func broadcast(_ numbers: UnsafeMutableBufferPointer<Float>)
  /// Waits for all ranks, without work for a processor.
  func wait()
  /// Sends a message to another rank, which takes it with ``received()``; those of one rank arrive in their order.
  func send(_ bytes: Data, to rank: Int)
  /// The next message that has arrived, and the rank that it is from; nil where there is none.
  func received() -> (rank: Int, bytes: Data)?
  /// Leaves the group, once all ranks are here. Nothing is exchanged after it; a second call does nothing.
  func end()
  /// Ends all ranks at once, or after ``end()`` this one only.
  func abort(status: Int32) -> Never
}

extension RankGroup {
  /// Whether this is the rank that writes and prints.
  public var isFirst: Bool { rank == 0 }

  /// The sums over the ranks.
  public func sum(_ numbers: [Double]) -> [Double] {
    var sums = numbers
    sums.withUnsafeMutableBufferPointer { sum($0) }
    return sums
  }

  /// The first rank's number.
  public func first(_ number: Double) -> Double { sum([isFirst ? number : 0])[0] }

  /// Whether something holds on any of the ranks.
  public func any(_ holds: Bool) -> Bool { sum([holds ? 1 : 0])[0] > 0 }

  /// Whether all ranks have the same word.
  public func isShared(_ word: UInt64) -> Bool {
    // Halves, which a double has room for.
    let halves = [word >> 32, word & 0xffff_ffff].map(Double.init)
    return !any(halves != halves.map(first))
  }

  /// Throws ``RankError/differ`` where the ranks have not all the same lines.
  public func check(_ lines: [String]) throws(RankError) {
    var print = Fingerprint()
    lines.forEach { print.add($0) }
    guard isShared(print.value) else { throw .differ }
  }
}

/// A process by itself: nothing is exchanged.
public struct SingleRank: RankGroup {
  public init() {}

  public var rank: Int { 0 }
  public var count: Int { 1 }
  public func sum(_ numbers: UnsafeMutableBufferPointer<Float>) {}
  public func sum(_ numbers: UnsafeMutableBufferPointer<Double>) {}
  public func broadcast(_ numbers: UnsafeMutableBufferPointer<Float>) {}
  public func wait() {}
  public func send(_ bytes: Data, to rank: Int) { fault("a message from a rank by itself") }
  public func received() -> (rank: Int, bytes: Data)? { nil }
  public func end() {}
  public func abort(status: Int32) -> Never { exit(status) }
}
