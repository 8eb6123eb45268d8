import Foundation

/// WAV files, byte by byte as Microsoft and IBM described them in 1991: a header of 44 bytes, then the samples.
struct WAV {
  enum Samples {
    /// One byte, 128 is zero.
    case unsigned8
    case signed16
    case signed24
    case float32
  }

  var rate = 16_000
  var channels = 1
  var format = Samples.signed16

  private var bytesInSample: Int {
    switch format {
    case .unsigned8: 1
    case .signed16: 2
    case .signed24: 3
    case .float32: 4
    }
  }

  /// - Parameter samples: In −1…1; of several channels by turns.
  func file(_ samples: [Float]) -> [UInt8] { header(samples: samples.count) + samples.flatMap(bytes) }

  /// The header of so many samples.
  func header(samples: Int) -> [UInt8] {
    let length = samples * bytesInSample
    let frame = channels * bytesInSample
    return Array("RIFF".utf8) + little(UInt32(36 + length)) + Array("WAVEfmt ".utf8) + little(UInt32(16))
      + little(UInt16(format == .float32 ? 3 : 1)) + little(UInt16(channels)) + little(UInt32(rate))
      + little(UInt32(rate * frame)) + little(UInt16(frame)) + little(UInt16(8 * bytesInSample))
      + Array("data".utf8) + little(UInt32(length))
  }

  private func bytes(_ sample: Float) -> [UInt8] {
    switch format {
    case .unsigned8: [UInt8(128 + steps(sample, of: 8))]
    case .signed16: little(Int16(steps(sample, of: 16)))
    case .signed24: Array(little(Int32(steps(sample, of: 24))).prefix(3))
    case .float32: little(sample.bitPattern)
    }
  }

  /// The nearest whole number of steps of a depth: of 16 bits, 1/32,768 each; the last one stands for 1.
  private func steps(_ sample: Float, of bits: Int) -> Float {
    let full = Float(1 << (bits - 1))
    return min((full * sample).rounded(), full - 1)
  }

  private func little<Integer: FixedWidthInteger>(_ value: Integer) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian, Array.init)
  }
}

/// Something like a voice: ten harmonics of 140 Hz that swell four times a second.
func voice(seconds: Double, rate: Int = 16_000) -> [Float] {
  (0..<Int(seconds * Double(rate))).map { index in
    let time = Double(index) / Double(rate)
    let harmonics = (1...10).filter { Double(140 * $0) < Double(rate) / 2 }
    let sum = harmonics.reduce(0.0) { $0 + sin(2 * .pi * 140 * Double($1) * time) / Double($1) }
    return Float(0.2 * sum * (0.6 - 0.4 * cos(2 * .pi * 4 * time)))
  }
}

/// Noise, in which no frame is voiced.
func noise(seconds: Double) -> [Float] {
  var state: UInt64 = 9
  return (0..<Int(16_000 * seconds)).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return 0.3 * Float(Int64(bitPattern: state) >> 40) / Float(1 << 23)
  }
}
