import AudioFeatures
import Models
import Tensors

/// A clip divided into its salient part, by an explanation, and the rest: their sum is the clip.
public struct Listening {
  /// Samples at the model's sample rate, as many as the clip had within the model's length.
  public let kept, rest: [Float]
  /// The model's probabilities for each of the two alone, by class.
  public let keptProbabilities, restProbabilities: [Double]

  /// Filters the clip by a soft mask on its STFT: in each mel band and frame the attribution, averaged with its
  /// neighbours, divided by its 95th percentile within the speech, at most 1. Only positive values of a signed
  /// attribution count.
  /// - Parameters:
  ///   - attribution: The attribution on the mel, [mels, frames].
  ///   - path: The file's path, for errors.
  public init(
    _ clip: Clip, attribution: Tensor, isSigned: Bool, path: String
  ) throws(ExplanationError) {
    let (model, features) = (clip.model, clip.model.features)
    let count = min(clip.sampleCount, clip.waveform.count)
    let speechFrames = min(attribution.shape[1], 1 + count / features.frontEnd.hopSamples)
    let weights = (isSigned ? attribution.relu() : attribution.absolute()).averagedWithNeighbours
    let ranked = weights.slice(axis: 1, 0..<speechFrames).floats.sorted()
    let limit = ranked[Int(Float(ranked.count - 1) * 0.95)]
    // Where fewer cells than that have an attribution, they are kept whole.
    let mask = Tensor(weights.floats.map { limit > 0 ? min(1, $0 / limit) : $0 > 0 ? 1 : 0 }, shape: weights.shape)
    let (magnitude, phase) = (clip[.spectrogram], clip.path.phase)
    let bands = features.frontEnd.bandsOfBins.matrixProduct(mask)
    let masked = magnitude * bands.reshaped(magnitude.shape)
    let waveform = features.waveform(magnitude: masked, phase: phase, samples: clip.waveform.shape[1])
    kept = Array(waveform.floats.prefix(count))
    rest = Array((clip.waveform - waveform).floats.prefix(count))
    keptProbabilities = try Clip(kept, model: model).probabilities(path: path)
    restProbabilities = try Clip(rest, model: model).probabilities(path: path)
  }
}

extension FrontEnd {
  /// Weights of each bin in each mel band, rows summing to one: [bins, mels]. A bin between two centres belongs to both
  /// bands, by its distance on the mel scale; a bin below the first or above the last centre belongs to that band.
  var bandsOfBins: Tensor {
    let centres = melCentres
    let rows = binFrequencies.flatMap { frequency -> [Float] in
      var row = [Float](repeating: 0, count: mels)
      guard let above = centres.firstIndex(where: { $0 > frequency }) else {
        row[mels - 1] = 1
        return row
      }
      guard above > 0 else {
        row[0] = 1
        return row
      }
      let part = Float((frequency - centres[above - 1]) / (centres[above] - centres[above - 1]))
      (row[above - 1], row[above]) = (1 - part, part)
      return row
    }
    return Tensor(rows, shape: [windowSamples / 2 + 1, mels])
  }
}

extension Tensor {
  /// The mean of each element and its neighbours, three by three, of a tensor [rows, columns].
  fileprivate var averagedWithNeighbours: Tensor {
    let (rows, columns) = (shape[0], shape[1])
    let values = floats
    let means = (0..<rows).flatMap { row in
      (0..<columns).map { column in
        var (sum, count) = (Float(0), Float(0))
        for r in max(0, row - 1)...min(rows - 1, row + 1) {
          for c in max(0, column - 1)...min(columns - 1, column + 1) {
            sum += values[r * columns + c]
            count += 1
          }
        }
        return sum / count
      }
    }
    return Tensor(means, shape: shape)
  }
}
