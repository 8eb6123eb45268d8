import Basics
import Testing

struct NormTests {
  @Test("The 2-norm of numbers, by hand; a part of them, none, and squares that a Float cannot hold")
  func norm() {
    let numbers: [Float] = [3, -4, 12]
    #expect(numbers.norm == 13 && numbers.prefix(2).norm == 5 && [Float]().norm == 0)
    #expect(abs([Float(1e30), 0].norm / 1e30 - 1) < 1e-7)
  }
}
