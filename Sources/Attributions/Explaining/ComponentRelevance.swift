import AudioFeatures
import Basics
import Models
import Tensors

/// Which components of a sound a model's prediction rests on: what the target's score is without each of them, and of each
/// alone.
///
/// "Listen to Interpret" (Parekh et al. 2022) explains a prediction by the components of a nonnegative factorization too, and
/// plays the relevant ones; it learns a decoder that says which these are. Here they are taken out of the sound, and the
/// model is asked again.
public struct ComponentRelevance {
  /// The target's score, and its probability where it is a single class.
  public struct Answer: Sendable {
    public let score: Double
    public let probability: Double?
  }

  public let target: Target
  /// To the whole clip.
  public let whole: Answer
  /// To the clip without each component, and to each alone.
  public let removed, alone: [Answer]
  /// Σ over bins of ∂ target / ∂ V · V_k, with V the magnitudes and V_k a component's part of them: [components, frames], in
  /// logits. To first order what the component adds to the score in each frame.
  public let relevance: Tensor
  /// The components without which the score is lowest, the most relevant first.
  public let chosen: [Int]
  /// To the clip without those all, and to those alone.
  public let chosenRemoved, chosenAlone: Answer
  /// To the clip without as many components drawn at random: what a choice without reason does.
  public let randomRemoved: [Answer]

  /// The number of random choices.
  public static let draws = 50

  /// - Parameters:
  ///   - components: Of the clip's speech, before it is fitted to the model's length.
  ///   - chosen: The number of components that count as relevant.
  ///   - path: The file's path, for errors.
  public init(
    _ components: SoundComponents, of clip: Clip, target: Target, chosen count: Int, path: String,
    using generator: inout SeededGenerator
  ) throws(ExplanationError) {
    demand((1...components.count).contains(count), "\(count) of \(components.count) components")
    let samples = components.sounds.shape[1]
    let values = components.sounds.floats
    let whole = clip.waveform.floats
    /// The sum of some components, as long as the clip.
    func sum(_ chosen: [Int]) -> [Float] {
      var sum = [Float](repeating: 0, count: samples)
      for component in chosen {
        for index in 0..<samples { sum[index] += values[component * samples + index] }
      }
      return clip.model.fitted(sum)
    }
    func without(_ chosen: [Int]) -> [Float] { zip(whole, sum(chosen)).map { $0 - $1 } }
    func answers(_ count: Int, _ make: (Int) -> [Float]) throws(ExplanationError) -> [Answer] {
      var found: [Answer] = []
      var isFinite = true
      do {
        try clip.inBatches(count) { range in
          let logits = clip.logits(
            Tensor(range.flatMap(make), shape: [range.count, whole.count]), at: .waveform)
          isFinite = isFinite && logits.isFinite
          found += Self.answers(logits, target: target, classes: clip.model.classes.count)
        }
      } catch {
        throw .method(path: path, error)
      }
      guard isFinite else { throw .noPrediction(path: path, model: clip.model.name) }
      return found
    }
    self.target = target
    self.whole = try answers(1) { _ in whole }[0]
    removed = try answers(components.count) { without([$0]) }
    alone = try answers(components.count) { sum([$0]) }
    let scores = removed.map(\.score)
    let ranked = scores.indices.sorted { (scores[$0], $0) < (scores[$1], $1) }
    let chosen = Array(ranked.prefix(count))
    self.chosen = chosen
    chosenRemoved = try answers(1) { _ in without(chosen) }[0]
    chosenAlone = try answers(1) { _ in sum(chosen) }[0]
    let drawn = (0..<Self.draws).map { _ in Array(generator.shuffled(0..<components.count).prefix(count)) }
    randomRemoved = try answers(Self.draws) { without(drawn[$0]) }
    relevance = Self.relevance(components, clip, target)
  }

  private static func answers(_ logits: Tensor, target: Target, classes: Int) -> [Answer] {
    let scores = target.score(logits).floats
    guard target.versus == nil, target.emotion < classes else {
      return scores.map { Answer(score: Double($0), probability: nil) }
    }
    let probabilities = logits.slice(axis: 1, 0..<classes).softmax()
    return zip(scores, target.score(probabilities).floats).map {
      Answer(score: Double($0), probability: Double($1))
    }
  }

  /// Frames beyond the model's length have none.
  private static func relevance(_ components: SoundComponents, _ clip: Clip, _ target: Target) -> Tensor {
    let gradient = clip.gradient(clip[.spectrogram], at: .spectrogram, target: target, normalization: .held)
    let (bins, frames) = (components.magnitudes.shape[0], components.magnitudes.shape[1])
    let shared = min(frames, gradient.shape[3])
    let own = gradient.reshaped([bins, gradient.shape[3]]).slice(axis: 1, 0..<shared)
    let rows = components.factors.parts(of: components.magnitudes).map {
      (own * $0.slice(axis: 1, 0..<shared)).sum(axes: [0])
    }
    let found = Tensor.concatenated(rows, axis: 0)
    return shared == frames
      ? found : .concatenated([found, .zeros([components.count, frames - shared])], axis: 1)
  }

  /// The share of random choices without which the score falls at least as low as without the chosen components.
  public var randomAsLow: Double {
    Double(randomRemoved.count { $0.score <= chosenRemoved.score }) / Double(randomRemoved.count)
  }

  /// The mean score of the clip without random choices.
  public var randomMean: Double { randomRemoved.reduce(0) { $0 + $1.score } / Double(randomRemoved.count) }
}
