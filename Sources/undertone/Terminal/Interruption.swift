import Foundation

/// Outside the enumeration, because a signal handler may capture nothing.
nonisolated(unsafe) private var interruptions: sig_atomic_t = 0

/// Ctrl-C as a wish: the first asks for a clean end, the second ends at once.
enum Interruption {
  static var wasAsked: Bool { interruptions != 0 }

  static func listen() {
    // A parent may have had them blocked, and a child inherits that.
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    sigaddset(&signals, SIGTERM)
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    signal(SIGINT) { _ in
      if interruptions != 0 { _exit(130) }
      interruptions = 1
    }
    signal(SIGTERM) { _ in interruptions = 1 }
  }
}
