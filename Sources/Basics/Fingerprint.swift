/// FNV-1a of 64 bits over whole words: tells data apart and notices damage; protects nothing.
public struct Fingerprint {
  public private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

  public init() {}

  public mutating func add(_ word: UInt64) { value = (value ^ word) &* 0x100_0000_01b3 }

  public mutating func add(_ text: String) {
    for byte in text.utf8 { add(UInt64(byte)) }
    add(.max)  // so that "ab", "c" differs from "a", "bc"
  }

  public mutating func add(_ floats: [Float]) {
    for float in floats { add(UInt64(float.bitPattern)) }
  }

  public mutating func add(bytes: UnsafeRawBufferPointer) {
    for byte in bytes { add(UInt64(byte)) }
  }

  public var hexadecimal: String { String(value, radix: 16) }
}
