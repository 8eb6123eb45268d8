import Foundation
import TestSupport
import Testing

@testable import Tensors

@Suite struct STFTTests {
  /// Periodic: sin²(πi/n).
  private func hann(_ length: Int) -> [Float] {
    (0..<length).map { Float(pow(sin(.pi * Double($0) / Double(length)), 2)) }
  }

  @Test(
    "Derivatives, with reflections longer than the signal too",
    arguments: [(1, 8, 2), (2, 8, 3), (3, 16, 4), (5, 8, 3), (9, 8, 4), (23, 8, 4), (24, 6, 5), (4, 2, 1)])
  func derivatives(sizes: (samples: Int, length: Int, hop: Int)) {
    let x = sampled([2, sizes.samples], 1)
    // Not a Hann window, whose first zero would hide that place.
    let window = sampled([sizes.length], 5).floats
    expectDerivatives(at: [x]) { $0[0].stft(window: window, hop: sizes.hop) }
    expectDerivatives(at: [x]) { $0[0].stft(window: window, hop: sizes.hop).power() }
  }

  @Test(
    "PyTorch's numbers",
    arguments: [
      (1000, 64, 16), (1001, 64, 24), (40, 64, 16), (33, 64, 16), (7, 16, 5), (2, 8, 3), (1, 8, 2),
      (5000, 1024, 256),
    ])
  func numbers(sizes: (samples: Int, length: Int, hop: Int)) throws {
    for name in ["stft", "power"] {
      let x = sampled([2, sizes.samples], 1).variable()
      let spectrum = x.stft(window: hann(sizes.length), hop: sizes.hop)
      let y = name == "stft" ? spectrum : spectrum.power()
      try PyTorchNumbers.expect(y, "\(name).\(sizes.samples)/y")
      try PyTorchNumbers.expect(
        gradients(of: y, weight: sampled(y.shape, 99), at: [x])[0], "\(name).\(sizes.samples)/dx")
    }
  }

  @Test("Five seconds: 313 frames of 513 bins, and the gradient is the adjoint: ⟨STFT x, y⟩ = ⟨x, STFTᵀ y⟩")
  func adjoint() {
    let x = sampled([1, 80_000], 1).variable()
    let spectrum = x.stft(window: hann(1024), hop: 256)
    #expect(spectrum.shape == [1, 313, 513, 2])
    let y = sampled(spectrum.shape, 2)
    func product(_ a: Tensor, _ b: Tensor) -> Double {
      zip(a.floats, b.floats).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    let there = product(spectrum, y)
    let back = product(x, gradients(of: spectrum, weight: y, at: [x])[0])
    #expect(abs(there - back) < 1e-5 * abs(there))
  }

  @Test("A frame is the Fourier sum of the reflected, windowed signal")
  func formula() {
    let (samples, length, hop) = (777, 48, 13)
    let x = sampled([1, samples], 1)
    let (values, window) = (x.floats, sampled([length], 5).floats)
    let found = x.stft(window: window, hop: hop)
    let bins = length / 2 + 1
    var expected: [Double] = []
    for frame in 0...(samples / hop) {
      for bin in 0..<bins {
        var (re, im) = (0.0, 0.0)
        for i in 0..<length {
          var place = abs(frame * hop + i - length / 2)
          if place >= samples { place = 2 * (samples - 1) - place }
          let value = Double(window[i]) * Double(values[place])
          re += value * cos(2 * .pi * Double(bin * i) / Double(length))
          im -= value * sin(2 * .pi * Double(bin * i) / Double(length))
        }
        expected += [re, im]
      }
    }
    #expect(found.shape == [1, 1 + samples / hop, bins, 2])
    #expect(relativeDistance(found.floats.map(Double.init), expected) < 3e-7)
  }

  @Test(
    "The inverse undoes the transform, whatever the length; and its derivatives",
    arguments: [(1000, 64, 16), (1001, 64, 24), (40, 64, 16), (80_000, 1024, 256), (7, 16, 4)])
  func inverse(sizes: (samples: Int, length: Int, hop: Int)) {
    let x = sampled([2, sizes.samples], 1)
    let window = hann(sizes.length)
    let spectrum = x.stft(window: window, hop: sizes.hop)
    let back = spectrum.inverseSTFT(window: window, hop: sizes.hop, samples: sizes.samples)
    #expect(largestDifference(back.floats, x.floats) < 1e-5)
    guard sizes.samples < 100 else { return }
    expectDerivatives(at: [sampled(spectrum.shape, 3)]) {
      $0[0].inverseSTFT(window: window, hop: sizes.hop, samples: sizes.samples)
    }
  }
}
