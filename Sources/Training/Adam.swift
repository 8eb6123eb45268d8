import Basics
import Kernels
import Layers
import Models
import Tensors

/// Adam and AdamW over a network's weights, with PyTorch's defaults β = (0.9, 0.999), ε = 1e-8.
///
/// With g the gradient (plus decay · w in Adam), m ← β₁m + (1 − β₁)g and v ← β₂v + (1 − β₂)g², step t is
/// w ← (1 − rate · decay)w − rate · m/(1 − β₁ᵗ) / (√(v/(1 − β₂ᵗ)) + ε), the first factor in AdamW only.
public final class Adam {
  /// A parameter with its moments, and the index of its part of the recipe.
  private struct Entry {
    let parameter: Parameter
    let part: Int
    var first, second: Tensor

    mutating func step(
      _ gradient: Tensor, _ optimizer: Recipe.Optimizer, _ part: Recipe.Part, rate: Double, number: Int
    ) {
      demand(gradient.shape == parameter.shape, "a gradient of \(gradient.shape) for \(parameter.shape)")
      gradient.withFloats { gradient in
        first.withMutableFloats { first in
          second.withMutableFloats { second in
            parameter.update { weights in
              kernel_adam(
                weights.baseAddress, gradient.baseAddress, first.baseAddress, second.baseAddress, weights.count,
                Float(rate), 0.9, 0.999, 1e-8, Float(part.weightDecay), optimizer == .adamw ? 1 : 0, number)
            }
          }
        }
      }
    }
  }

  private let optimizer: Recipe.Optimizer
  private let parts: [Recipe.Part]
  private var entries: [Entry]
  /// Steps taken.
  public private(set) var steps = 0

  /// - Parameter parts: See ``Recipe/parts``.
  public init(_ optimizer: Recipe.Optimizer, parts: [Recipe.Part], of network: some Layer) {
    self.optimizer = optimizer
    let parts = parts + [Recipe.Part("", weightDecay: 0)]
    self.parts = parts
    entries = network.weights.compactMap { parameter in
      let part = parts.firstIndex { parameter.name.hasPrefix($0.prefix) }!
      // A part of rate 0 is frozen: no gradients are computed for it, and no moments are kept.
      guard parts[part].rateFactor != 0 else { return nil }
      return Entry(
        parameter: parameter, part: part, first: .zeros(parameter.shape), second: .zeros(parameter.shape))
    }
  }

  /// The names of a network's weights that do not learn.
  func frozen(in network: some Layer) -> Set<String> {
    Set(network.weights.map(\.name)).subtracting(parameters.map(\.name))
  }

  /// The parameters whose gradients ``step(_:rate:)`` takes, in its order.
  public var parameters: [Parameter] { entries.map(\.parameter) }

  /// One step down the gradients of ``parameters``.
  public func step(_ gradients: [Tensor], rate: Double) {
    demand(gradients.count == entries.count, "\(gradients.count) gradients for \(entries.count)")
    steps += 1
    for (index, gradient) in gradients.enumerated() {
      let part = parts[entries[index].part]
      entries[index].step(gradient, optimizer, part, rate: rate * part.rateFactor, number: steps)
    }
  }

  // MARK: Saving

  /// The moments, under `first.NAME` and `second.NAME`.
  var storedMoments: [String: StoredTensor] {
    var stored: [String: StoredTensor] = [:]
    for entry in entries {
      stored["first.\(entry.parameter.name)"] = StoredTensor(entry.first)
      stored["second.\(entry.parameter.name)"] = StoredTensor(entry.second)
    }
    return stored
  }

  /// Restores ``storedMoments``, saved after `steps` steps.
  /// - Parameter path: The file's path, for errors.
  func load(_ stored: [String: StoredTensor], steps: Int, path: String) throws(TrainingError) {
    func moment(_ name: String, _ shape: [Int]) throws(TrainingError) -> Tensor {
      guard let found = stored[name], found.shape == shape else {
        throw .damagedState(path: path, reason: "the moments \(name) are missing or of another shape")
      }
      return found.tensor
    }
    for index in entries.indices {
      let parameter = entries[index].parameter
      entries[index].first = try moment("first.\(parameter.name)", parameter.shape)
      entries[index].second = try moment("second.\(parameter.name)", parameter.shape)
    }
    self.steps = steps
  }
}
