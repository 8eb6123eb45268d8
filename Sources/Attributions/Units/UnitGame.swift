import AudioFeatures
import Basics
import Foundation
import Models
import Tensors

/// A clip as a cooperative game of its units: a coalition's worth is the target's score of the clip with only its units, the
/// others filled. What the model has answered once it is not asked again.
public final class UnitGame {
  /// The model's answer to a coalition.
  public struct Answer: Sendable {
    /// The target's score: a logit, a difference of two, or the value of a dimension.
    public let score: Double
    /// The target's probability, or the value of a dimension.
    public let measured: Double
  }

  public let units: [SpeechUnit]
  public let target: Target
  public let filling: UnitFilling
  private let clip: Clip
  private let path: String
  private let whole, filled: [Float]
  /// Of each unit its first sample, and how much of it is the unit's: 1 within, less at its ends, where it fades into what is
  /// next to it. The weights of units without a gap between them sum to 1.
  private let weights: [(first: Int, values: [Float])]
  private var answers: [[Bool]: Answer] = [:]

  /// The length of a fade, in seconds; less where a unit is short.
  private static let fade = 0.01

  /// - Parameters:
  ///   - units: In their order, none over another; in seconds from the clip's start.
  ///   - path: The file's path, for errors.
  ///   - seed: Of the noise of a filling.
  public init(
    _ clip: Clip, units: [SpeechUnit], filling: UnitFilling, target: Target, path: String, seed: UInt64 = 0
  ) {
    demand(!units.isEmpty, "a game without players")
    (self.clip, self.units, self.filling, self.target, self.path) = (clip, units, filling, target, path)
    whole = clip.waveform.floats
    var generator = SeededGenerator(seed: seed)
    filled = filling.samples(for: clip, units: units, using: &generator)
    let rate = Double(clip.model.configuration.frontEnd.sampleRate)
    let places = units.map { [count = whole.count] in $0.range.samples(at: rate, count: count) }
    let end = min(clip.sampleCount, whole.count)
    // To each side of a bound: as far as the shorter of the units there and the clip's ends allow.
    func reach(at bound: Int, of index: Int, _ next: Int) -> Int {
      let lengths = [index, next].filter(places.indices.contains).map { places[$0].count }
      return max(0, min(Int(Self.fade * rate / 2), lengths.min()! / 2, bound, end - bound))
    }
    weights = places.enumerated().map { index, place in
      let before = reach(at: place.lowerBound, of: index, index - 1)
      let after = reach(at: place.upperBound, of: index, index + 1)
      let range = (place.lowerBound - before)..<(place.upperBound + after)
      func rise(_ distance: Int, _ reach: Int) -> Float {
        guard distance < reach else { return 1 }
        return Float(0.5 + 0.5 * sin(.pi / 2 * (Double(distance) + 0.5) / Double(reach)))
      }
      return (
        range.lowerBound,
        range.map { min(rise($0 - place.lowerBound, before), rise(place.upperBound - 1 - $0, after)) }
      )
    }
  }

  /// The answers to coalitions, of each whether it has each unit.
  /// - Throws: ``ExplanationError/noPrediction(path:model:)``, or what the clip's ``Clip/progress`` throws.
  public func answers(_ coalitions: [[Bool]]) throws(ExplanationError) -> [Answer] {
    var asked: [[Bool]] = []
    for coalition in Set(coalitions) where answers[coalition] == nil { asked.append(coalition) }
    // The same batches, and so the same bits, in every run.
    asked.sort { $0.lexicographicallyPrecedes($1) { $0 && !$1 } }
    var isFinite = true
    do {
      try clip.inBatches(asked.count) { range in
        let logits = clip.logits(
          Tensor(range.flatMap { samples(of: asked[$0]) }, shape: [range.count, whole.count]), at: .waveform)
        isFinite = isFinite && logits.isFinite
        let scores = target.score(logits).floats
        let measured = target.measured(logits, classes: clip.model.classes.count)
        for (offset, index) in range.enumerated() {
          answers[asked[index]] = Answer(score: Double(scores[offset]), measured: measured[offset])
        }
      }
    } catch {
      throw .method(path: path, error)
    }
    guard isFinite else { throw .noPrediction(path: path, model: clip.model.name) }
    return coalitions.map { answers[$0]! }
  }

  /// The clip with only some of its units, as long as the model takes it.
  public func samples(of coalition: [Bool]) -> [Float] {
    var samples = whole
    for (own, isHeard) in zip(weights, coalition) where !isHeard {
      for (offset, weight) in own.values.enumerated() {
        samples[own.first + offset] += weight * (filled[own.first + offset] - whole[own.first + offset])
      }
    }
    return samples
  }

  /// Coalitions: of all units, of none, and of all but one.
  public var all: [Bool] { units.map { _ in true } }
  public var none: [Bool] { units.map { _ in false } }

  public func without(_ index: Int) -> [Bool] { units.indices.map { $0 != index } }
}
