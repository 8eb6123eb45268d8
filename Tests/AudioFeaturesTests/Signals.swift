import Foundation
import Tensors
import TestSupport

/// The signals of Tests/Fixtures/features.py, made by the same formulas: [samples].
enum Signals {
  static let names = [
    "noise", "chirp", "click", "quiet", "silence", "padded", "1 sample", "2 samples", "300 samples",
    "512 samples", "513 samples", "700 samples", "1025 samples",
  ]

  static func named(_ name: String) -> [Float] {
    switch name {
    case "noise": noise(80_000, seed: 1).map { $0 * 0.25 }
    case "chirp": chirp(80_000)
    case "click": (0..<20_000).map { $0 == 10_000 ? 1 : 0 }
    case "quiet": noise(5_000, seed: 2).map { $0 * 1e-6 }
    case "silence": [Float](repeating: 0, count: 5_000)
    case "padded": noise(9_000, seed: 3) + [Float](repeating: 0, count: 11_000)
    case "1 sample": [0.5]
    case "2 samples": [0.5, -0.25]
    case "300 samples": noise(300, seed: 4)
    case "512 samples": noise(512, seed: 5)
    case "513 samples": noise(513, seed: 6)
    case "700 samples": noise(700, seed: 7)
    case "1025 samples": chirp(1025)
    default: preconditionFailure("there is no signal \(name)")
    }
  }

  /// −1..<1 that look random: SplitMix64's output function of seed and position.
  static func noise(_ count: Int, seed: UInt64) -> [Float] {
    (0..<UInt64(count)).map { position in
      var z = (seed &* 1_000_003 &+ position) &* 0x9e37_79b9_7f4a_7c15
      z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
      return Float((z ^ (z >> 31)) >> 40) / 8_388_608 - 1
    }
  }

  /// 0.5 sin(2π (50 t + 700 t²)): from 50 Hz up by 1.4 kHz a second.
  static func chirp(_ count: Int) -> [Float] {
    (0..<count).map { i in
      let t = Double(i) / 16_000
      return Float(0.5 * sin(2 * .pi * (50 * t + 700 * t * t)))
    }
  }
}

/// What librosa and SciPy made of them: Tests/Fixtures/features.py writes the file.
enum LibrosaNumbers {
  nonisolated(unsafe) static let stored: [String: StoredTensor] = {
    (try? Safetensors.read(Checkout.fixture("features.safetensors").path)) ?? [:]
  }()

  /// Every n-th element, n the smallest odd number that leaves at most 1500.
  static func kept(_ values: [Float]) -> [Float] {
    let step = (values.count + 1499) / 1500 / 2 * 2 + 1
    return stride(from: 0, to: values.count, by: step).map { values[$0] }
  }
}
