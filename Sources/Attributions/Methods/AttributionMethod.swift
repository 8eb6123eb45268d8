import Models
import Tensors

/// An attribution method: it computes how much each part of an input contributes to a target.
///
/// A method's value holds all of its settings (steps, baseline, seed), so that one value gives one clip the same
/// attributions to the bit.
public protocol AttributionMethod: Sendable {
  /// The properties that all values of the method share.
  static var description: MethodDescription { get }

  /// Creates the method; throws where an option has a value that is not allowed.
  init(_ options: MethodOptions) throws(MethodError)

  /// Whether this value's attributions have a sign: as the description states, unless the options decide it.
  var isSigned: Bool { get }
  /// The kind of number that this value's attributions are: as the description states, unless the options decide it.
  var quantity: Quantity { get }
  /// The settings, given or by default, by their names for the output: steps, baseline, seed.
  var parameters: [String: String] { get }

  /// Throws ``MethodError/inapplicable(method:model:reason:)`` where ``attribute(_:at:target:)`` would, after one pass
  /// through the network at most.
  func checkApplies(to clip: Clip, at space: InputSpace) throws(MethodError)

  /// Attributions of the shape of the clip's input at `space`.
  func attribute(_ clip: Clip, at space: InputSpace, target: Target) throws(MethodError) -> AttributionResult

  /// Attributions of a batch of other inputs that replace the clip's at `space`, of their shape.
  func attribute(
    _ inputs: Tensor, of clip: Clip, at space: InputSpace, target: Target
  ) throws(MethodError) -> Tensor
}

extension AttributionMethod {
  public func attribute(
    _ inputs: Tensor, of clip: Clip, at space: InputSpace, target: Target
  ) throws(MethodError) -> Tensor {
    var found: [Tensor] = []
    for number in 0..<inputs.shape[0] {
      let other = clip.with(inputs.slice(axis: 0, number..<(number + 1)), at: space)
      found.append(try attribute(other, at: space, target: target).values)
    }
    return .concatenated(found, axis: 0)
  }
}

/// A method that attributes many inputs at once, and a clip as a batch of one.
public protocol BatchMethod: AttributionMethod {
  /// Attributions of a batch of inputs that replace the clip's at `space`, of their shape.
  func attribute(
    _ inputs: Tensor, of clip: Clip, at space: InputSpace, target: Target
  ) throws(MethodError) -> Tensor
}

extension BatchMethod {
  public func attribute(
    _ clip: Clip, at space: InputSpace, target: Target
  ) throws(MethodError) -> AttributionResult {
    AttributionResult(try attribute(clip[space], of: clip, at: space, target: target))
  }
}

extension AttributionMethod {
  public static var name: String { description.name }
  public var name: String { Self.name }
  /// "integrated-gradients, baseline silence, steps 50": the name and all settings.
  public var nameWithParameters: String { named(name, parameters) }
  public var isSigned: Bool { Self.description.isSigned }
  public var quantity: Quantity { Self.description.quantity }
  public var parameters: [String: String] { [:] }
  public func checkApplies(to clip: Clip, at space: InputSpace) throws(MethodError) {}
}

extension AttributionMethod {
  /// Throws ``MethodError/inapplicable(method:model:reason:)`` where the model's answer does not depend on the input at
  /// `space`, so that attributions there would all be zero.
  func checkPath(of clip: Clip, at space: InputSpace) throws(MethodError) {
    guard Self.description.goesThroughInput, !clip.isOnPath(space) else { return }
    throw .inapplicable(
      method: name, model: clip.model.name,
      reason: "\(clip.model.kind.title) reads the waveform, and nothing of it depends on the \(space.rawValue);"
        + " --input waveform or spectrogram")
  }
}

/// A method's name and its parameters, in alphabetical order.
func named(_ method: String, _ parameters: [String: String]) -> String {
  ([method] + parameters.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }).joined(separator: ", ")
}
