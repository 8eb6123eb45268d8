import AudioFeatures
import Basics
import Models
import Tensors

/// Attributions of all input spaces on one grid of mel bands × frames, so that those of different inputs, or of
/// different models, can be compared.
extension Clip {
  /// Attributions at any input space as parts of the score on the mel's grid, [mels, frames], with the same sum.
  ///
  /// Through a linear step y = T x, the relevance R of y is divided among the x by their contributions:
  /// R(xᵢ) = xᵢ Σⱼ Tⱼᵢ R(yⱼ)/yⱼ, the ε rule of layer-wise relevance propagation (Vielhaben et al. 2024). So relevance
  /// of the MFCC goes to the mel through the DCT, and relevance of the waveform to its spectrogram through the inverse
  /// STFT; each spectrogram bin is then divided between the two mel bands beside it.
  public func onGrid(_ values: Tensor, at space: InputSpace) -> Tensor {
    demand(values.shape == shape(at: space), "attributions of \(values.shape) at \(space)")
    let features = model.features
    let grid = Array(shape(at: .mel).suffix(2))
    /// ∂ Σ c · (step x) / ∂ x · x with c = R/y.
    func carried(to x: Tensor, from y: Tensor, through step: (Tensor) -> Tensor) -> Tensor {
      // ε keeps R/y finite where |y| is tiny; such cells pass on almost nothing.
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
