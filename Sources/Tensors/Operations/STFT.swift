import Basics
import CFFTW
import Kernels

/// FFTW's plans for real transforms of one length, forward and back.
///
/// `@unchecked Sendable`: a plan does not change once made, and FFTW allows its new-array execution from any thread.
final class FourierPlans: @unchecked Sendable {
  private static let cache = Locked<[Int: FourierPlans]>([:])

  let forward, inverse: fftwf_plan

  static func cached(_ length: Int) -> FourierPlans {
    // The lock covers the planning too, which FFTW allows on one thread at a time only.
    cache.withLock { cache in
      if let made = cache[length] { return made }
      let made = FourierPlans(length)
      cache[length] = made
      return made
    }
  }

  /// Plans of a length that is not kept: there are as many lengths as there are clips.
  static func planned(_ length: Int) -> FourierPlans { cache.withLock { _ in FourierPlans(length) } }

  private init(_ length: Int) {
    let real = Storage(count: length)
    let spectrum = Storage(count: 2 * (length / 2 + 1))
    // ESTIMATE plans in 0.1 ms what MEASURE finds in 200, and was as fast.
    (forward, inverse) = spectrum.pointer.withMemoryRebound(to: fftwf_complex.self, capacity: length / 2 + 1) {
      (
        fftwf_plan_dft_r2c_1d(Int32(length), real.pointer, $0, FFTW_ESTIMATE),
        fftwf_plan_dft_c2r_1d(Int32(length), $0, real.pointer, FFTW_ESTIMATE)
      )
    }
  }

  deinit {
    // Only of plans that are not kept, so the lock is free. FFTW allows this on one thread at a time, as planning.
    Self.cache.withLock { [forward, inverse] _ in
      fftwf_destroy_plan(forward)
      fftwf_destroy_plan(inverse)
    }
  }
}

extension Tensor {
  /// The short-time Fourier transform of real signals [batch, samples]: [batch, frames, bins, 2], real and imaginary
  /// parts, with 1 + ⌊samples/hop⌋ frames centred on multiples of `hop`, the signal reflected at its ends, and
  /// length/2 + 1 bins. Linear; its gradient is its adjoint (which is not its inverse).
  ///
  /// - Parameter window: One factor per sample; its count, which is even, is the transform's length.
  public func stft(window: [Float], hop: Int) -> Tensor {
    demand(rank == 2 && shape[1] > 0, "an STFT of \(shape)")
    let (batch, samples, length) = (shape[0], shape[1], window.count)
    let (frames, bins) = (1 + samples / hop, length / 2 + 1)
    let plans = FourierPlans.cached(length)
    let x = rowMajor.detached
    return Tensor([batch, frames, bins, 2]) { out in
      parallel(batch * frames, grain: 16) { range in
        let (real, spectrum) = (Storage(count: length), Storage(count: 2 * bins))
        for i in range {
          kernel_frame(
            x.storage.pointer + i / frames * samples, samples, window, length, hop, real.pointer, i % frames,
            1)
          spectrum.pointer.withMemoryRebound(to: fftwf_complex.self, capacity: bins) {
            fftwf_execute_dft_r2c(plans.forward, real.pointer, $0)
          }
          (out + i * 2 * bins).update(from: spectrum.pointer, count: 2 * bins)
        }
      }
    }.recorded(from: [self], as: .linear) { dy, _ in
      let dy = dy.rowMajor
      return [
        Tensor([batch, samples]) { out in
          out.update(repeating: 0, count: batch * samples)
          let real = Storage(count: batch * frames * length)
          parallel(batch * frames, grain: 16) { range in
            let (spectrum, frame) = (Storage(count: 2 * bins), Storage(count: length))
            for i in range {
              // The inverse transform counts each bin but the first and the last twice, for its mirror image; the
              // adjoint counts it once.
              kernel_affine(dy.storage.pointer + i * 2 * bins, 0.5, 0, spectrum.pointer, 2 * bins)
              spectrum.pointer[0] *= 2
              spectrum.pointer[2 * bins - 2] *= 2
              spectrum.pointer.withMemoryRebound(to: fftwf_complex.self, capacity: bins) {
                fftwf_execute_dft_c2r(plans.inverse, $0, frame.pointer)
              }
              (real.pointer + i * length).update(from: frame.pointer, count: length)
            }
          }
          parallel(batch) { range in
            for n in range {
              kernel_overlap_add(
                real.pointer + n * frames * length, window, length, hop, out + n * samples, samples, 0, frames
              )
            }
          }
        }
      ]
    }
  }

  /// Real signals [batch, samples] of spectra [batch, frames, bins, 2]: the inverse of ``stft(window:hop:)`` on its
  /// results, and for other spectra the signal whose transform is nearest. Linear; each frame is transformed back,
  /// windowed again and added, the reflected ends are folded back, and the sum is divided by that of the squared
  /// windows (Griffin and Lim 1984).
  public func inverseSTFT(window: [Float], hop: Int, samples: Int) -> Tensor {
    let (length, bins) = (window.count, window.count / 2 + 1)
    let frames = 1 + samples / hop
    demand(
      rank == 4 && Array(shape[1...]) == [frames, bins, 2], "an inverse STFT of \(shape) to \(samples) samples")
    let batch = shape[0]
    let plans = FourierPlans.cached(length)
    let spectra = rowMajor
    let squares = Tensor([samples]) { out in
      out.update(repeating: 0, count: samples)
      let repeated = (0..<frames).flatMap { _ in window }
      kernel_overlap_add(repeated, window, length, hop, out, samples, 0, frames)
      for i in 0..<samples where out[i] == 0 { out[i] = 1 }
    }
    let added = Tensor([batch, samples]) { out in
      out.update(repeating: 0, count: batch * samples)
      let real = Storage(count: batch * frames * length)
      parallel(batch * frames, grain: 16) { range in
        let (spectrum, frame) = (Storage(count: 2 * bins), Storage(count: length))
        for i in range {
          // The transform back destroys its input.
          kernel_affine(spectra.storage.pointer + i * 2 * bins, 1 / Float(length), 0, spectrum.pointer, 2 * bins)
          spectrum.pointer.withMemoryRebound(to: fftwf_complex.self, capacity: bins) {
            fftwf_execute_dft_c2r(plans.inverse, $0, frame.pointer)
          }
          (real.pointer + i * length).update(from: frame.pointer, count: length)
        }
      }
      parallel(batch) { range in
        for n in range {
          kernel_overlap_add(
            real.pointer + n * frames * length, window, length, hop, out + n * samples, samples, 0, frames)
        }
      }
    }
    return (added / squares).recorded(from: [self], as: .linear) { dy, _ in
      // The adjoint of the transform back counts each bin but the first and the last twice.
      let scaled = (dy.rowMajor / squares).stft(window: window, hop: hop)
      return [
        Tensor(scaled.shape) { out in
          kernel_affine(scaled.storage.pointer, 2 / Float(length), 0, out, scaled.count)
          for i in 0..<(batch * frames) {
            let spectrum = out + i * 2 * bins
            for place in [0, 1, 2 * bins - 2, 2 * bins - 1] { spectrum[place] /= 2 }
          }
        }
      ]
    }
  }

  /// The frames of a phase vocoder on the spectrum of one signal, [1, frames, bins, 2]: the t-th has the magnitudes at the place
  /// t · rate, mixed linearly between the neighbours there, and phases that turn from frame to frame as they do there. Outside
  /// any graph; beyond the last frame is silence.
  public func stretched(by rate: Double, frames: Int) -> Tensor {
    demand(rank == 4 && shape[0] == 1 && shape[3] == 2 && rate > 0, "\(shape) at the rate \(rate)")
    let spectrum = rowMajor
    let (own, bins) = (shape[1], shape[2])
    return Tensor([1, frames, bins, 2]) { kernel_phase_vocoder(spectrum.storage.pointer, own, bins, rate, $0, frames) }
  }

  /// re² + im² over a last dimension of 2. Power, not magnitude: its gradient is finite at zero.
  public func power() -> Tensor {
    demand(shape.last == 2, "power of \(shape), whose last dimension is not (real, imaginary)")
    let spectrum = rowMajor.detached
    let shape = Array(self.shape.dropLast())
    func gradient(_ dy: Tensor, _ spectrum: Tensor) -> Tensor {
      let dy = dy.rowMajor
      return Tensor(spectrum.shape) {
        kernel_power_gradient(spectrum.storage.pointer, dy.storage.pointer, $0, dy.count)
      }
    }
    return Tensor(shape) { kernel_power(spectrum.storage.pointer, $0, spectrum.count / 2) }
      .recorded(
        from: [self],
        as: .ruled { rule, dy, _ in
          switch rule {
          // Δ re² = (re + re′) Δ re.
          case .rescale: [gradient(dy, spectrum.rescaleMiddle)]
          // re² / re.
          case .relevance: [gradient(dy / 2, spectrum)]
          case .derivative, .guided, .deconvolution: nil
          }
        }
      ) { dy, _ in [gradient(dy, spectrum)] }
  }
}
