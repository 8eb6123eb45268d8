import Foundation

/// Ends the program after an error of its own: one line with the reason, and exit status 70 (sysexits.h, EX_SOFTWARE).
///
/// Built for release, `preconditionFailure` drops its message and ends with a signal; this does not.
@inline(never)
public func fault(_ message: String, file: StaticString = #fileID, line: UInt = #line) -> Never {
  let text = message.split(whereSeparator: \.isNewline).joined(separator: " ")
  writeAndEnd("undertone: internal error: \(text) (\(file):\(line))\n")
}

/// Ends the program where the system has no memory left, as ``fault(_:file:line:)`` does.
/// - Parameter purpose: The use of the memory: "a tensor of 12 floats".
@inline(never)
public func outOfMemory(_ purpose: String) -> Never { writeAndEnd("undertone: out of memory: \(purpose)\n") }

/// Checks a precondition; calls ``fault(_:file:line:)`` where it does not hold. For what can go wrong outside the
/// program, such as a damaged file, throw an error instead.
@inlinable @inline(__always)
public func demand(
  _ condition: @autoclosure () -> Bool, _ message: @autoclosure () -> String, file: StaticString = #fileID,
  line: UInt = #line
) {
  if !condition() { fault(message(), file: file, line: line) }
}

/// Turns the signals of a trap, such as an index out of range, into one line and exit status 70. Call it once, first.
public func reportTraps() {
  for number in [SIGILL, SIGTRAP, SIGABRT, SIGSEGV, SIGBUS, SIGFPE] {
    signal(number) { number in
      // Only what a signal handler may call.
      func put(_ text: StaticString) { _ = write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount) }
      put("undertone: internal error: ")
      switch number {
      case SIGBUS: put("a file that was being read became shorter, or memory is damaged (SIGBUS)")
      case SIGSEGV: put("memory was used that is not there (SIGSEGV)")
      case SIGABRT: put("a library gave up (SIGABRT)")
      default: put("a check failed (SIGILL or SIGTRAP)")
      }
      put("; please report it with the command that led here\n")
      _exit(70)
    }
  }
}

/// Writes the line and ends without `exit`, whose handlers would wait for the other threads of a parallel loop.
private func writeAndEnd(_ line: String) -> Never {
  let bytes = Array(line.utf8)
  _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
  _exit(70)
}
