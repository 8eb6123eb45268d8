import Basics

extension AudioStream {
  /// Windows of `length` samples, one every `hop` samples from the first on, up to the end; no more than two of them and
  /// a block are held at a time.
  ///
  /// Where the last whole window ends before the file does, one more reaches the end: it begins a hop later and is
  /// shorter, or, where less than half a window would be left, is whole and begins as late as it can. A file shorter than
  /// a window is one window.
  /// - Parameter body: Receives the index in the file of a window's first sample, and the window.
  /// - Returns: The samples of the whole file.
  public func forEachWindow(of length: Int, every hop: Int, _ body: (Int, [Float]) throws -> Void) throws -> Int {
    demand(length > 0 && hop > 0, "windows of \(length) samples every \(hop)")
    var held: [Float] = []
    // Where `held` begins in the file, and where the next window does.
    var (first, start) = (0, 0)
    while true {
      while first + held.count < start + length, try read(into: &held) {
        // A last window may begin up to a length before `start`.
        let passed = min(held.count, max(0, start - length - first))
        held.removeFirst(passed)
        first += passed
      }
      let end = first + held.count
      guard start + length <= end else { break }
      try body(start, Array(held[(start - first)..<(start + length - first)]))
      start += hop
    }
    let total = first + held.count
    if start < total, start == 0 || start - hop + length < total {
      let last = 2 * (total - start) >= length ? start : max(0, total - length)
      try body(last, Array(held[(last - first)...]))
    }
    return total
  }
}
