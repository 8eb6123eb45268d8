import AudioFeatures
import Basics
import Foundation
import Layers
import Models
import Tensors

/// A change of a training clip's sound against a network: one step along the gradient of its loss, from a random start, as
/// Wong, Rice and Kolter 2020 (arXiv:2001.03994) train; in the ball of the 2-norm, r = ‖x‖ 10^(−ratio/20) with x the clip's
/// own samples, so that padding stays silent and a quiet clip changes as little as a loud one.
///
/// One step costs a share of the clips one more forward and backward pass, where the projected steps of Madry et al. 2018
/// (arXiv:1706.06083) cost as many as there are steps. Without the random start a network comes to withstand this one step and no
/// other change (Wong et al. 2020); with it that is rarer, and not ruled out (Andriushchenko and Flammarion 2020,
/// arXiv:2007.02617): only an attack of more steps on the trained model shows what was learned.
///
/// It is sought through the waveform, so that it is one of sound, and through the features as the training fills them up, so
/// that clips of several lengths are changed in one batch; before masks and mixtures, which come after it. The network answers as
/// in inference: its running statistics stay, and nothing is dropped.
struct AdversarialChange: Sendable {
  /// r.
  private let radius: Double
  /// Of the clip's own samples.
  private let start: [Float]

  /// The step's part of r: less finds weaker changes, and more ends on the ball's border wherever it starts (Wong et al. 2020,
  /// who take 1.25).
  private static let step = 1.25

  /// A change that starts in a random direction, at a part of r that is uniform.
  init(of samples: some Collection<Float>, ratio: Double, using generator: inout SeededGenerator) {
    radius = samples.norm * pow(10, -ratio / 20)
    let direction = generator.normals(samples.count, deviation: 1)
    let part = generator.uniform()
    let norm = direction.norm
    let (radius, scale) = (radius, norm > 0 ? part / norm : 0)
    start = direction.map { Float(Double($0) * scale * radius) }
  }

  /// The start after a step along a gradient, no further than r. Without a gradient, as where the network is so sure that it
  /// rounds to zero, the start.
  private func stepped(along gradient: some Collection<Float>) -> [Float] {
    let norm = gradient.norm
    guard norm > 0, norm.isFinite else { return start }
    let scale = Self.step * radius / norm
    let change = zip(start, gradient).map { Double($0) + scale * Double($1) }
    let size = change.reduce(0) { $0 + $1 * $1 }.squareRoot()
    let part = size > radius ? radius / size : 1
    return change.map { Float($0 * part) }
  }

  /// Samples after a change of the first of them, none of it beyond −1…1, or beyond itself where it lay further out.
  private static func applied(_ change: [Float], to samples: [Float]) -> [Float] {
    var changed = samples
    for (place, change) in change.enumerated() {
      let value = samples[place]
      changed[place] = min(max(value + change, min(-1, value)), max(1, value))
    }
    return changed
  }

  /// A clip at the model's length, how many of its samples are its own, and what changes it; nil for nothing.
  typealias Sound = (samples: [Float], own: Int, change: AdversarialChange?)

  /// The samples of clips after their changes, sought in one pass.
  /// - Parameter truth: Of clips by their places.
  static func samples(
    _ clips: [Sound], against model: TrainedModel, truth: ([Int]) -> FeatureSet.Truth
  ) -> [[Float]] {
    var found = clips.map(\.samples)
    let changing = clips.indices.filter { clips[$0].change != nil }
    guard !changing.isEmpty else { return found }
    // The concordance of a dimension is one of the whole batch; the loss of classes is a mean over its clips.
    let seen = model.dimensions.isEmpty ? changing : Array(clips.indices)
    let starts = seen.map { place in
      let values = clips[place].change.map { applied($0.start, to: found[place]) } ?? found[place]
      return Tensor(values, shape: [1, values.count]).variable()
    }
    let loss = model.loss(model.network(input(starts, of: model), model.pass()), truth(seen))
    let slopes = gradients(of: loss, at: starts)
    for (place, slope) in zip(seen, slopes) {
      guard let change = clips[place].change else { continue }
      found[place] = applied(change.stepped(along: slope.floats.prefix(clips[place].own)), to: found[place])
    }
    return found
  }

  /// The network's input of waveforms [1, samples], as ``FeatureSet/batch(_:)`` fills them up, and through which they can be
  /// differentiated.
  static func input(_ waveforms: [Tensor], of model: TrainedModel) -> NetworkInput {
    let places = model.kind.inputs
    let paths = waveforms.map { SignalPath($0.detached.floats, features: model.features) }
    let parts = zip(paths, waveforms).map { $0.input($1, at: .waveform, for: places, through: true) }
    let tensors = places.map { place in
      let widest = parts.map { $0[place].shape.last! }.max()!
      let filled = zip(parts, paths).map { part, path in
        let own = part[place]
        let width = own.shape.last!
        guard width < widest else { return own }
        let silence = path.silentFrame(at: place).broadcast(to: own.shape.dropLast() + [widest - width])
        return Tensor.concatenated([own, silence], axis: -1)
      }
      return (place, Tensor.concatenated(filled, axis: 0))
    }
    let lengths = waveforms.map { $0.shape[1] }
    return NetworkInput(
      Dictionary(uniqueKeysWithValues: tensors), lengths: Set(lengths).count > 1 ? lengths : nil)
  }
}
