import Basics
import CFFTW

/// The part of real signals of one length that lies in a band of their discrete Fourier transform: all bins but the
/// band's are set to 0. It is the orthogonal projection onto the signals of that band, to float32's rounding.
public final class BandLimit {
  private let plans: FourierPlans
  private let samples: Int
  private let bins: ClosedRange<Int>

  /// - Parameters:
  ///   - samples: The signals' length, of any size above 0.
  ///   - bins: Bin n is at n / samples of the sample rate; there are samples/2 + 1.
  public init(samples: Int, bins: ClosedRange<Int>) {
    demand(
      samples > 0 && bins.lowerBound >= 0 && bins.upperBound <= samples / 2, "the bins \(bins) of \(samples) samples")
    (self.samples, self.bins) = (samples, bins)
    plans = FourierPlans.planned(samples)
  }

  public func callAsFunction(_ signal: [Float]) -> [Float] {
    demand(signal.count == samples, "\(signal.count) samples, not \(samples)")
    let count = samples / 2 + 1
    let (real, spectrum) = (Storage(count: samples), Storage(count: 2 * count))
    real.pointer.update(from: signal, count: samples)
    spectrum.pointer.withMemoryRebound(to: fftwf_complex.self, capacity: count) {
      fftwf_execute_dft_r2c(plans.forward, real.pointer, $0)
    }
    for bin in 0..<count {
      let factor: Float = bins.contains(bin) ? 1 / Float(samples) : 0
      spectrum.pointer[2 * bin] *= factor
      spectrum.pointer[2 * bin + 1] *= factor
    }
    spectrum.pointer.withMemoryRebound(to: fftwf_complex.self, capacity: count) {
      fftwf_execute_dft_c2r(plans.inverse, $0, real.pointer)
    }
    return withExtendedLifetime(real) { Array(UnsafeBufferPointer(start: real.pointer, count: samples)) }
  }
}
