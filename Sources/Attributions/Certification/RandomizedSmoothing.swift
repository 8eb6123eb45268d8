import Basics
import Foundation
import Models
import Tensors

/// Randomised smoothing (Cohen, Rosenfeld and Kolter 2019, arXiv:1902.02918): of a model f the smoothed one g says of a sound x
/// the class that f says most often of x + ε, ε of N(0, σ²) in each of the clip's own samples. Where f says a class with a
/// probability of p > ½ or more, g says it of x + δ for every δ with ‖δ‖ < σ Φ⁻¹(p).
///
/// The probability is bounded from draws, so that a certificate is wrong with a probability of 1 − confidence at most: the class
/// is that of `firstDraws` draws, and p the exact bound (`BinomialProportion`) from `draws` others; from the same draws it would
/// be too high. Where p is not above ½ the model abstains.
///
/// σ is an amplitude of full scale, and not a ratio to the clip: with noise as large as each sound asks for, x and x + δ would have
/// other noises, and nothing would hold of x + δ. For the same reason nothing is cut at −1…1.
///
/// f is the whole of the model from the waveform on: its front-end, the floor under the loudest of the mel, and a normalisation of
/// the level are as its own sound of each draw makes them. The certificate is of g and not of f, which may say something
/// else within the radius; of changes of the clip's own samples, without the padding; and of no change on features, or before
/// the model's samples: trimming and decoding are done.
public struct RandomizedSmoothing: Sendable, Hashable, Codable {
  /// σ, in amplitude of full scale.
  public let deviation: Double
  /// The draws that choose the class, and those that bound its probability.
  public let firstDraws, draws: Int
  /// The probability with which a certificate holds.
  public let confidence: Double

  public static let deviationRange = 1e-6...1.0, drawRange = 1...1_000_000, confidenceRange = 0.5...(1 - 1e-9)

  public init(
    deviation: Double, firstDraws: Int = 100, draws: Int = 1000, confidence: Double = 0.999
  ) throws(CertificationError) {
    guard Self.deviationRange.contains(deviation) else {
      throw .value("noise of \(deviation); it must be an amplitude from 1e-6 to 1")
    }
    for count in [firstDraws, draws] where !Self.drawRange.contains(count) {
      throw .value("\(count) draws; there must be 1 to \(Self.drawRange.upperBound)")
    }
    guard Self.confidenceRange.contains(confidence) else {
      throw .value("a confidence of \(confidence); it must lie between 0.5 and 1 - 1e-9")
    }
    (self.deviation, self.firstDraws, self.draws, self.confidence) = (deviation, firstDraws, draws, confidence)
  }

  /// The radius where all draws have one class; 0 where even that is not enough.
  public var largestRadius: Double {
    let most = BinomialProportion.lowerBound(count: draws, draws: draws, confidence: confidence)
    return most > 0.5 ? deviation * NormalDistribution.quantile(most) : 0
  }

  /// 20 log₁₀ σ: decibels of full scale.
  public var level: Double { 20 * log10(deviation) }

  /// - Parameter progress: Called with the part of the draws that is done, 0 to 1.
  public func certificate(
    of clip: Clip, using generator: inout SeededGenerator, progress: (Double) -> Void = { _ in }
  ) throws(CertificationError) -> Certificate {
    let classes = clip.model.classes.count
    guard classes > 0 else { throw .noClasses(model: clip.model.name) }
    let own = min(clip.sampleCount, clip.waveform.count)
    guard own > 0 else { throw .noSamples }
    guard clip.logits.isFinite else { throw .noPrediction(model: clip.model.name) }
    let all = Double(firstDraws + draws)
    let first = counts(of: clip, own: own, draws: firstDraws, using: &generator) { progress(Double($0) / all) }
    // The first of equal ones.
    let most = first.likeliest
    let guess = first[most] > 0 ? most : nil
    let counts = counts(of: clip, own: own, draws: draws, using: &generator) {
      progress(Double(firstDraws + $0) / all)
    }
    return Certificate(
      self, guess: guess, count: guess.map { counts[$0] } ?? 0, norm: clip.waveform.floats.prefix(own).norm)
  }

  /// How often each class is said under noise. A draw whose outputs are not finite counts for none.
  private func counts(
    of clip: Clip, own: Int, draws: Int, using generator: inout SeededGenerator, progress: (Int) -> Void
  ) -> [Int] {
    let (classes, samples) = (clip.model.classes.count, clip.waveform.floats)
    var counts = [Int](repeating: 0, count: classes)
    for first in stride(from: 0, to: draws, by: clip.batch) {
      progress(first)
      let part = min(clip.batch, draws - first)
      var values: [Float] = []
      values.reserveCapacity(part * samples.count)
      for _ in 0..<part {
        let noise = generator.normals(own, deviation: deviation)
        values += zip(samples, noise).map { $0 + $1 }
        values += samples[own...]
      }
      // Each by its own scale, as a file that is read.
      let input = clip.path.input(
        Tensor(values, shape: [part, samples.count]), at: .waveform, for: clip.model.kind.inputs, through: true)
      let logits = clip.model.network(input, clip.model.pass()).slice(axis: 1, 0..<classes).floats
      for row in stride(from: 0, to: logits.count, by: classes) {
        let own = Array(logits[row..<(row + classes)])
        if own.allSatisfy({ $0.isFinite }) { counts[own.likeliestClass] += 1 }
      }
    }
    progress(draws)
    return counts
  }
}

extension [Int] {
  /// The place of the largest; the first of equal ones.
  fileprivate var likeliest: Int { indices.max { self[$0] < self[$1] }! }
}
