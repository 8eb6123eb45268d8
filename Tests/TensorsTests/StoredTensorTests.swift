import Basics
import Foundation
import TestSupport
import Testing

@testable import Tensors

@Suite struct StoredTensorTests {
  private func stored(_ element: StoredTensor.Element, _ shape: [Int], _ bytes: Data, at place: Int = 0) -> StoredTensor
  {
    let file = FileBytes(copying: Data(count: place) + bytes)
    return StoredTensor(element: element, shape: shape, file: file, range: place..<place + bytes.count)
  }

  /// ± fraction · 2^exponent as IEEE 754 defines half precision, in double.
  private func value(ofHalf bits: UInt16) -> Double {
    let (sign, exponent, fraction) = (bits >> 15 == 0 ? 1.0 : -1.0, Int(bits >> 10) & 31, Double(bits & 1023))
    switch exponent {
    case 0: return sign * fraction * 0x1p-24
    case 31: return fraction == 0 ? sign * .infinity : .nan
    default: return sign * (1 + fraction / 1024) * scalbn(1, exponent - 15)
    }
  }

  @Test("Each of the 65,536 halves is widened to its value, on any byte", arguments: [0, 1])
  func halves(place: Int) {
    let bits = (0...UInt16.max).map(\.self)
    let floats = stored(.float16, [65_536], bits.reduce(into: Data()) { $0 += little($1) }, at: place).tensor.floats
    for (bits, float) in zip(bits, floats) {
      let expected = value(ofHalf: bits)
      #expect(Double(float) == expected || (float.isNaN && expected.isNaN), "\(bits)")
      #expect(float.sign == (bits >> 15 == 0 ? .plus : .minus), "\(bits)")
    }
  }

  @Test("Each of the 65,536 bfloat16 is widened to the float of which it is the upper half", arguments: [0, 1])
  func upperHalves(place: Int) {
    let bits = (0...UInt16.max).map(\.self)
    let tensor = stored(.bfloat16, [65_536], bits.reduce(into: Data()) { $0 += little($1) }, at: place).tensor
    #expect(tensor.floats.map(\.bitPattern) == bits.map { UInt32($0) << 16 })
  }

  @Test("Other types become the nearest floats")
  func others() {
    let doubles = [0.1, 1e300, -1e-300, .nan].reduce(into: Data()) { $0 += little($1.bitPattern) }
    let floats = stored(.float64, [4], doubles, at: 4).tensor.floats
    #expect(floats.prefix(3) == [0.1, .infinity, -0.0] && floats[3].isNaN)
    #expect(stored(.int32, [2], little(Int32.min) + little(Int32(7)), at: 1).tensor.floats == [-0x1p31, 7])
    #expect(stored(.int64, [1], little(Int64.max)).tensor.floats == [0x1p63])
    #expect(stored(.uint8, [3], Data([0, 1, 255])).tensor.floats == [0, 1, 255])
    #expect(stored(.bool, [1, 2], Data([0, 1])).tensor.floats == [0, 1])
    #expect(stored(.float32, [1], little(Float(-2.5).bitPattern), at: 3).tensor.floats == [-2.5])
    for element in StoredTensor.Element.allCases {
      #expect(stored(element, [0, 2], Data(), at: 1).tensor.floats.isEmpty)
    }
  }

  @Test(
    "A view's bytes are those of its elements, whatever their size and order", arguments: StoredTensor.Element.allCases)
  func views(element: StoredTensor.Element) {
    // Element i of the file consists of bytes i.
    let file = FileBytes(copying: Data((0..<24).flatMap { [UInt8](repeating: $0, count: element.size) }))
    func elements(_ shape: [Int], _ strides: [Int], from start: Int) -> [UInt8] {
      let view = StoredTensor(element: element, shape: shape, strides: strides, file: file, start: start * element.size)
      return stride(from: 0, to: view.byteCount, by: element.size).map { [UInt8](view.bytes)[$0] }
    }
    #expect(elements([3, 2], [1, 3], from: 1) == [1, 4, 2, 5, 3, 6])
    #expect(elements([2, 3, 4], [12, 4, 1], from: 0) == Array(0..<24))
    var turned: [UInt8] = []
    for i in 0..<4 { for j in 0..<3 { turned += [UInt8(i + 4 * j), UInt8(i + 4 * j + 12)] } }
    #expect(elements([4, 3, 2], [1, 4, 12], from: 0) == turned)
    #expect(elements([3], [7], from: 2) == [2, 9, 16])
    #expect(elements([2, 2], [0, 5], from: 3) == [3, 8, 3, 8])
    #expect(elements([2, 1, 2], [5, 99, 1], from: 3) == [3, 4, 8, 9])
    #expect(elements([], [], from: 23) == [23])
    #expect(elements([2, 0], [1, 1], from: 0) == [])
  }

  @Test(
    "380 million halves are widened in about a second, once the memory for them is there",
    .serialized, .enabled(if: ProcessInfo.processInfo.environment["UNDERTONE_REPORT"] != nil),
    arguments: [StoredTensor.Element.float16, .bfloat16])
  func speed(element: StoredTensor.Element) {
    let count = 380_000_000
    let file = FileBytes(count: 2 * count)
    file.start.initializeMemory(as: UInt8.self, repeating: 0x2C, count: file.count)
    let stored = StoredTensor(element: element, shape: [count], file: file, range: 0..<file.count)
    let took = (0..<2).map { _ in ContinuousClock().measure { _ = stored.tensor } }
    print(count, element.rawValue, "are widened in", took[0], "and again in", took[1])
  }
}
