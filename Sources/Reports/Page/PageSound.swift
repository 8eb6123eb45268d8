import Figures

/// Sound as a page holds it: 16-bit samples by their second differences, which compress to three quarters of a WAV file's
/// bytes. (FLAC takes a seventh less, but not every browser decodes it, and none at once.)
public struct PageSound: Codable, Sendable {
  let sampleRate: Int
  let differences: PageNumbers

  /// What lies beyond ±1 is cut.
  public init(_ samples: [Float], sampleRate: Int) throws(FigureError) {
    self.sampleRate = sampleRate
    let steps = samples.map { (max(-1, min(1, $0)) * 32767).rounded() }
    differences = try PageNumbers(
      steps.indices.map { index in
        steps[index] - 2 * (index > 0 ? steps[index - 1] : 0) + (index > 1 ? steps[index - 2] : 0)
      }, decimals: 0)
  }
}
