import Foundation
import TestSupport
import Testing

@testable import Tensors

/// Functions of single elements write into their operand's buffer where nothing else holds it.
@Suite struct InPlaceTests {
  @Test("A result takes the buffer of an operand that nothing else holds, and no other")
  func buffers() {
    let shape = [3, 70]
    func address(_ x: borrowing Tensor) -> Int { Int(bitPattern: x.storage.pointer) }
    var own = sampled(shape, 1)
    let before = address(own)
    own = (consume own).relu()
    #expect(address(own) == before)
    let held = own
    let other = own.scaled(by: 2)
    #expect(address(other) != before && held.floats == own.floats)
    let recorded = held.variable().squared()
    #expect(address(recorded) != before)
  }

  @Test("Operands that are used again keep their values, in and out of a graph")
  func operands() {
    let (x, y) = (sampled([4, 5], 1), sampled([4, 5], 2))
    let (valuesX, valuesY) = (x.floats, y.floats)
    let sum = (x + y).relu() * y - x
    let expected = zip(valuesX, valuesY).map { max($0 + $1, 0) * $1 - $0 }
    #expect(sum.floats == expected)
    let variable = x.variable()
    let recorded = (variable + y).relu() * y - variable
    #expect(recorded.floats == expected)
    let slope = gradients(of: recorded, at: [variable])[0]
    #expect(slope.floats == zip(valuesX, valuesY).map { ($0 + $1 > 0 ? $1 : 0) - 1 })
    #expect(x.floats == valuesX && y.floats == valuesY)
  }

  @Test("A norm's scale and shift as one operation are those of two, with the same gradient", arguments: [true, false])
  func scaleAndShift(learns: Bool) {
    let (x, scale, shift) = (sampled([2, 3, 5], 1).variable(), sampled([5], 2), sampled([5], 3))
    func run(_ body: (Tensor, Tensor, Tensor) -> Tensor) -> [[Float]] {
      let (scale, shift) = learns ? (scale.variable(), shift.variable()) : (scale, shift)
      let result = body(x, scale, shift)
      return [result.floats]
        + gradients(of: result, weight: sampled([2, 3, 5], 4), at: [x] + (learns ? [scale, shift] : [])).map(\.floats)
    }
    #expect(run { $0.scaled(by: $1, plus: $2) } == run { $0 * $1 + $2 })
  }

  @Test("The floats of a mapped file are never written to")
  func files() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).safetensors").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Safetensors.write(["x": StoredTensor(sampled([70], 1))], to: path)
    let stored = try Safetensors.read(path)["x"]!
    _ = stored.tensor.scaled(by: 3)
    #expect(stored.tensor.floats == sampled([70], 1).floats)
  }
}
