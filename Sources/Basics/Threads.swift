import Foundation
import Kernels

/// The threads of OpenMP, which ``parallel(_:grain:_:)``, oneDNN and OpenBLAS share.
public enum Threads {
  /// The number of threads that compute: one a core, unless OMP_NUM_THREADS says otherwise. Set it before the first
  /// computation.
  public static var count: Int {
    get { Int(kernel_thread_count()) }
    set { kernel_set_thread_count(Int32(newValue)) }
  }

  /// The times that a thread without work looks for more before it sleeps. Two processes of two threads on two cores
  /// take turns: with GNU OpenMP's own 300,000 each waits up to 14 ms, awake, for a thread that the other keeps from
  /// running, at every one of thousands of loops. A sleeping thread costs a few microseconds to wake.
  private static let looks = "1000"

  /// Restarts the program, once, with threads that soon sleep when they have no work. GNU OpenMP reads its variables
  /// before `main`, so there is no later moment for it. Does nothing where the user has chosen (OMP_WAIT_POLICY,
  /// GOMP_SPINCOUNT), or where the program cannot be started again.
  public static func sleepWhenIdle() {
    #if os(Linux)
      guard getenv("OMP_WAIT_POLICY") == nil, getenv("GOMP_SPINCOUNT") == nil,
        let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
      else { return }
      setenv("GOMP_SPINCOUNT", looks, 1)
      execv(program, CommandLine.unsafeArgv)
    #endif
  }
}
