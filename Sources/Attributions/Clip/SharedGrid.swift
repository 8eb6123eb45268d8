import AudioFeatures
import Basics
import Models
import Tensors

/// All of a clip's input spaces on one grid of mel bands × frames, so that what was found at one place on a path, or by one
/// model, can be laid over another.
extension Clip {
  /// Attributions that are parts of a score, at any place, as parts of the score on the mel's grid, [mels, frames], with the
  /// same sum.
  ///
  /// Between two places with a linear step y = T x between them, a part R of y is shared among the x by what each adds to
  /// it: R(xᵢ) = xᵢ Σⱼ Tⱼᵢ R(yⱼ)/yⱼ, the ε rule of layer-wise relevance propagation (Vielhaben et al. 2024). So the MFCC's
  /// go to the mel through the DCT, and the waveform's to its spectrogram through the inverse STFT, whose bins then go to
  /// the bands that they lie between.
  public func onGrid(_ values: Tensor, at space: InputSpace) -> Tensor {
    demand(values.shape == shape(at: space), "attributions of \(values.shape) at \(space)")
    let features = model.features
    let grid = Array(shape(at: .mel).suffix(2))
    /// ∂ Σ c · (step x) / ∂ x · x with c = R/y.
    func carried(to x: Tensor, from y: Tensor, through step: (Tensor) -> Tensor) -> Tensor {
      // Where y is next to nothing, nothing that it has is known to come from anywhere; its part stays small with it.
      let largest = y.floats.reduce(Float(0)) { max($0, abs($1)) }
      let coefficients = values * y / (y.squared() + max(largest * largest * 1e-12, .leastNormalMagnitude))
      let input = x.variable()
      return gradients(of: step(input), weight: coefficients, at: [input])[0] * x
    }
    switch space {
    case .mel: return values.reshaped(grid)
    case .mfcc: return carried(to: mel, from: self[.mfcc]) { features.mfcc(logMel: $0) }.reshaped(grid)
    case .spectrogram:
      let bins = values.shape[2]
      return features.frontEnd.bandsOfBins.matrixProduct(values.reshaped([bins, grid[1]]), transposeSelf: true)
    case .waveform:
      let found = carried(to: self[.spectrogram], from: waveform) { path.waveform(magnitude: $0) }
      return onGrid(found, at: .spectrogram)
    }
  }
}
