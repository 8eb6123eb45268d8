import Basics
import Testing

struct FingerprintTests {
  // Of Fowler, Noll and Vo's own list of test vectors.
  @Test(
    "Words that are the bytes of a text have the 64-bit FNV-1a hash that its authors publish",
    arguments: [("", 0xcbf2_9ce4_8422_2325), ("a", 0xaf63_dc4c_8601_ec8c), ("foobar", 0x8594_4171_f739_67e8)]
      as [(String, UInt64)])
  func vectors(text: String, expected: UInt64) {
    var print = Fingerprint()
    for byte in text.utf8 { print.add(UInt64(byte)) }
    #expect(print.value == expected)
    #expect(print.hexadecimal == String(expected, radix: 16))
  }

  @Test("Many bytes have one fingerprint, and every byte and the number of them makes a difference")
  func bytes() {
    func print(_ bytes: [UInt8]) -> UInt64 {
      var print = Fingerprint()
      bytes.withUnsafeBytes { print.add(bytes: $0) }
      return print.value
    }
    let bytes = (0..<3_000_005).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    #expect(print(bytes) == print(bytes))
    for place in [0, 7, 1 << 20, 2_999_999, 3_000_004] {
      var other = bytes
      other[place] ^= 1
      #expect(print(other) != print(bytes), "byte \(place)")
    }
    #expect(print(bytes + [0]) != print(bytes))
    #expect(print([]) != print([0]))
  }

  @Test("Where one text ends and the next begins makes a difference")
  func borders() {
    func print(_ texts: String...) -> UInt64 {
      var print = Fingerprint()
      texts.forEach { print.add($0) }
      return print.value
    }
    #expect(print("ab", "c") != print("a", "bc"))
  }
}
