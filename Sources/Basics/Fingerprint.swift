/// FNV-1a of 64 bits over whole words: distinguishes data and detects damage, but protects nothing.
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

  /// Adds bytes by words of eight, one megabyte per thread at a time.
  public mutating func add(bytes: UnsafeRawBufferPointer) {
    let part = 1 << 20
    nonisolated(unsafe) let bytes = bytes
    let parts = concurrentMap(count: (bytes.count + part - 1) / part) { number in
      var print = Fingerprint()
      let own = UnsafeRawBufferPointer(rebasing: bytes[(number * part)..<min(bytes.count, (number + 1) * part)])
      for word in stride(from: 0, to: own.count & ~7, by: 8) {
        print.add(own.loadUnaligned(fromByteOffset: word, as: UInt64.self).littleEndian)
      }
      for byte in own[(own.count & ~7)...] { print.add(UInt64(byte)) }
      return print.value
    }
    add(UInt64(bytes.count))
    parts.forEach { add($0) }
  }

  public var hexadecimal: String { String(value, radix: 16) }
}
