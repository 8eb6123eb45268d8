import Kernels
import Synchronization

/// A value that one thread at a time may use: a `Mutex` whose order the thread sanitizer sees, which Swift's own way of
/// waiting hides from it.
public struct Locked<Value>: ~Copyable, Sendable {
  private let mutex: Mutex<Value>
  /// An address of its own for the sanitizer to know the lock by.
  private nonisolated(unsafe) let place = UnsafeMutableRawPointer.allocate(byteCount: 1, alignment: 1)

  public init(_ initial: consuming sending Value) { mutex = Mutex(initial) }

  deinit { place.deallocate() }

  public borrowing func withLock<Result>(_ body: (inout sending Value) -> sending Result) -> sending Result {
    mutex.withLock { value in
      kernel_follow(place)
      defer { kernel_precede(place) }
      return body(&value)
    }
  }
}
