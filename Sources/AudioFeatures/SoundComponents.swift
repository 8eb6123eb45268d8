import Basics
import Tensors

/// A sound as the sum of a few: the magnitudes of its STFT become spectra that grow louder and softer (a nonnegative
/// factorization), each bin of the STFT is divided among them, and each part is a sound again by the phases of the whole.
/// The one with the most energy comes first.
public struct SoundComponents {
  /// The magnitudes, [bins, frames].
  public let magnitudes: Tensor
  /// The spectra W, [bins, components], of largest value 1, and the magnitude that this value has in each frame, H.
  public let factors: NonnegativeFactorization
  /// The sounds, [components, samples], which sum to the whole.
  public let sounds: Tensor
  /// The centre of each spectrum, Σ f W / Σ W, in Hz.
  public let centres: [Double]
  /// The share of each component in the energy: each bin's energy is divided as the bin is, so that the shares sum to 1.
  public let shares: [Double]

  /// - Parameters:
  ///   - samples: Not silent, with at least as many frames as components.
  ///   - steps: Of the factorization.
  public init(
    of samples: [Float], through features: FeatureExtractor, components count: Int,
    divergence: NonnegativeFactorization.Divergence, steps: Int, using generator: inout SeededGenerator
  ) {
    let (spectrum, phase) = features.spectrogram(Tensor(samples, shape: [1, samples.count]))
    let (bins, frames) = (spectrum.shape[2], spectrum.shape[3])
    demand((1...min(bins, frames)).contains(count), "\(count) components of \(bins) bins and \(frames) frames")
    let magnitudes = spectrum.reshaped([bins, frames])
    let found = NonnegativeFactorization(
      magnitudes, components: count, divergence: divergence, steps: steps, isTraced: false, using: &generator)
    let energies = found.parts(of: magnitudes).map { Double(($0 * magnitudes).sum().scalar) }
    let order = energies.indices.sorted { (energies[$1], $0) < (energies[$0], $1) }
    factors = found.arranged(order)
    self.magnitudes = magnitudes
    shares = order.map { energies[$0] / energies.reduce(0, +) }
    let hertz = features.frontEnd.binFrequencies
    let spectra = factors.components.transposed().floats
    centres = (0..<count).map { component in
      let own = spectra[(component * bins)..<((component + 1) * bins)].map(Double.init)
      return zip(own, hertz).reduce(0) { $0 + $1.0 * $1.1 } / max(own.reduce(0, +), .leastNormalMagnitude)
    }
    sounds = .concatenated(
      factors.parts(of: magnitudes).map {
        features.waveform(magnitude: $0.reshaped([1, 1, bins, frames]), phase: phase, samples: samples.count)
      }, axis: 0)
  }

  public var count: Int { shares.count }
}
