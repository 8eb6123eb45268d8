import Kernels
import Synchronization

/// The results of `body` for 0..<count, in order, computed on the threads of ``parallel(_:grain:_:)``: a thread takes
/// the next number when it has finished its last. Tensor operations inside `body` run on its own thread; convolutions
/// are not allowed there.
public func concurrentMap<Result: Sendable>(count: Int, _ body: @Sendable (Int) -> Result) -> [Result] {
  var results = [Result?](repeating: nil, count: count)
  let next = Atomic(0)
  results.withUnsafeMutableBufferPointer { slots in
    // Every number writes its own slot and reads no other.
    nonisolated(unsafe) let slots = slots
    parallel(min(count, Threads.count)) { workers in
      for _ in workers {
        while true {
          let number = next.add(1, ordering: .relaxed).oldValue
          guard number < count else { break }
          slots[number] = body(number)
        }
      }
    }
  }
  return results.map { $0! }
}
