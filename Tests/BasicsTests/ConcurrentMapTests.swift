import Basics
import Testing

@Suite("Concurrent map")
struct ConcurrentMapTests {
  @Test("Results come in the order of their numbers", arguments: [0, 1, 7, 1000])
  func order(count: Int) {
    #expect(concurrentMap(count: count) { $0 * $0 } == (0..<count).map { $0 * $0 })
  }
}
