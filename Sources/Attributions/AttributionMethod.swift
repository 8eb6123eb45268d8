import Models
import Tensors

/// A way to say how much each part of an input contributes to a target.
public protocol AttributionMethod: Sendable {
  /// Its name on the command line.
  static var name: String { get }
  /// The paper that it is from.
  static var source: String { get }
  /// One line for a list.
  static var summary: String { get }
  /// Whether values have a sign; without one, only their size says something.
  static var isSigned: Bool { get }

  init()

  /// Attributions of the shape of the clip's input at `space`.
  func attribute(_ clip: ClipPath, at space: InputSpace, target: Target) -> Tensor
}

extension AttributionMethod {
  public var name: String { Self.name }
  public var isSigned: Bool { Self.isSigned }
}

/// All methods, in the order in which they are listed.
public enum AttributionMethods {
  public static let all: [any AttributionMethod.Type] = [Saliency.self]

  /// The method of a name, or nil.
  public static func named(_ name: String) -> (any AttributionMethod)? {
    all.first { $0.name == name }?.init()
  }
}

/// ∂ target / ∂ input at a place on the clip's path.
func gradient(_ clip: ClipPath, at space: InputSpace, target: Target) -> Tensor {
  let input = clip[space].variable()
  return gradients(of: target.score(clip.logits(input, at: space)), at: [input])[0]
}
