import Layers
import Models
import Tensors

/// What each input of a network that reads several contributes to a target's score, with all of them taken from their
/// baselines at once: the contributions sum to f(x) − f(baseline), so that each is a share of the whole. Explained one by
/// one, with the others held as they are, inputs that act together would count twice or not at all.
///
/// By DeepLIFT's multipliers, whose sums are exact through the gates and products of a fusion: see `BackwardRule.rescale`.
public struct ModalityShares {
  /// The inputs in the network's order, each with its contribution in logits.
  public let contributions: [(space: InputSpace, value: Double)]
  /// The check that they sum to the difference of scores.
  public let completeness: Completeness

  /// - Parameter baseline: Of each input.
  /// - Throws: ``MethodError`` of a network with one input.
  public init(_ clip: Clip, target: Target, baseline: Baseline = .silence) throws(MethodError) {
    let inputs = clip.model.kind.inputs
    guard inputs.count > 1 else {
      throw .inapplicable(
        method: "modality shares", model: clip.model.name, reason: "\(clip.model.title) has one input only")
    }
    var halves: [InputSpace: Tensor] = [:]
    var differences: [InputSpace: Tensor] = [:]
    for space in inputs {
      let (x, start) = (clip[space], try baseline.tensor(for: clip, at: space))
      halves[space] = Tensor.concatenated([x, start], axis: 0).variable()
      differences[space] = x - start
    }
    let pass = clip.model.pass(.rescale)
    let scores = target.score(clip.model.network(NetworkInput(halves, scale: clip.path.scale), pass))
    let multipliers = pass.gradients(of: scores.sum(), at: inputs.map { halves[$0]! })
    contributions = zip(inputs, multipliers).map { space, multiplier in
      (space, Double((differences[space]! * multiplier.slice(axis: 0, 0..<1)).sum().scalar))
    }
    let found = scores.floats.map(Double.init)
    completeness = Completeness(
      sum: contributions.reduce(0) { $0 + $1.value }, score: found[0], baselineScore: found[1])
  }
}
