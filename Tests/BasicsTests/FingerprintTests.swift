import Basics
import Testing

struct FingerprintTests {
  // Of Fowler, Noll and Vo's own list of test vectors.
  @Test(
    "The bytes of a text have the 64-bit FNV-1a hash that its authors publish",
    arguments: [("", 0xcbf2_9ce4_8422_2325), ("a", 0xaf63_dc4c_8601_ec8c), ("foobar", 0x8594_4171_f739_67e8)]
      as [(String, UInt64)])
  func vectors(text: String, expected: UInt64) {
    var print = Fingerprint()
    Array(text.utf8).withUnsafeBytes { print.add(bytes: $0) }
    #expect(print.value == expected)
    #expect(print.hexadecimal == String(expected, radix: 16))
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
