import TestSupport
import Tensors
import Testing

@Suite("Distances that tests measure")
struct DistancesTests {
  @Test("Lengths or shapes that differ, and NaN, are infinitely far; else ‖a − b‖ / ‖b‖ and the largest |a − b|")
  func distances() {
    #expect(
      relativeDistance([1.0, 2], [1, 2, 3]) == .infinity && relativeDistance([1.0, 2, 3], [1, 2]) == .infinity)
    #expect(relativeDistance(Tensor.ones([2, 3]), Tensor.ones([3, 2])) == .infinity)
    #expect(relativeDistance([1.0, .nan], [1, 2]) == .infinity)
    #expect(relativeDistance([3.0, 4, 1], [3, 4, 0]) == 0.2 && relativeDistance([1.0, 2], [1, 2]) == 0)
    #expect(largestDifference([1.0], [1, 2]) == .infinity && largestDifference([1.0, .nan], [1, 2]) == .infinity)
    #expect(largestDifference([1.0, 5, 2], [1, 2, 4]) == 3)
  }
}
