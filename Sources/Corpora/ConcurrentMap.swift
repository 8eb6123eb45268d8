import Dispatch

/// `body` of 0..<count on all cores, in order.
public func concurrentMap<Result: Sendable>(count: Int, _ body: @Sendable (Int) -> Result) -> [Result] {
  var results = [Result?](repeating: nil, count: count)
  results.withUnsafeMutableBufferPointer { slots in
    // Every index writes its own slot and reads no other.
    nonisolated(unsafe) let slots = slots
    DispatchQueue.concurrentPerform(iterations: count) { slots[$0] = body($0) }
  }
  return results.map { $0! }
}
