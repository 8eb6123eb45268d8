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

  /// Restarts the program, once, with threads that soon sleep when they have no work, and with the matrix products that are the
  /// fastest on this processor. GNU OpenMP and OpenBLAS read their variables before `main`, so there is no later moment for it.
  /// What the user has chosen stays (OMP_WAIT_POLICY, GOMP_SPINCOUNT, OPENBLAS_CORETYPE).
  public static func restartPrepared() {
    #if os(Linux)
      var settings: [String: String] = [:]
      if getenv("OMP_WAIT_POLICY") == nil { settings["GOMP_SPINCOUNT"] = looks }
      // OpenBLAS before 0.3.22 takes AMD's processors with AVX-512 for ones without: trust takes 10 % longer.
      if kernel_is_amd_with_avx512() != 0 { settings["OPENBLAS_CORETYPE"] = "SkylakeX" }
      settings = settings.filter { getenv($0.key) == nil }
      guard !settings.isEmpty,
        let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
      else { return }
      for (name, value) in settings { setenv(name, value, 1) }
      execv(program, CommandLine.unsafeArgv)
    #endif
  }
}
