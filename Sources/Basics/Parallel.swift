import Kernels

/// Calls `body` on parts of `0..<count`, each at least `grain` long, one part a thread, on the threads that oneDNN and
/// OpenBLAS use. Inside such a call another one is serial, and convolutions are not allowed: oneDNN's threads would
/// wait for each other for ever.
public func parallel(_ count: Int, grain: Int = 1, _ body: (Range<Int>) -> Void) {
  withoutActuallyEscaping(body) { body in
    var body = body
    withUnsafeMutablePointer(to: &body) { context in
      kernel_parallel(
        count, grain,
        { context, begin, end in
          context!.assumingMemoryBound(to: ((Range<Int>) -> Void).self).pointee(begin..<end)
        }, context)
    }
  }
}
