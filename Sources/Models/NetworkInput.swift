import Basics
import Tensors

/// A network's input for a batch of clips: one tensor, or several by their places on the path, and the clips' lengths
/// before they were filled up to one length.
public struct NetworkInput {
  private var values: [InputSpace: Tensor]
  /// Samples of each clip before the filling; nil where nothing is filled up.
  public let lengths: [Int]?

  public init(_ values: [InputSpace: Tensor], lengths: [Int]? = nil) {
    demand(!values.isEmpty, "an input of a network without tensors")
    demand(Set(values.values.map { $0.shape[0] }).count == 1, "inputs of several batches: \(values.mapValues(\.shape))")
    (self.values, self.lengths) = (values, lengths)
  }

  public subscript(space: InputSpace) -> Tensor {
    guard let value = values[space] else {
      fault("a network asked for its \(space), and was given \(values.keys.map(\.rawValue).sorted())")
    }
    return value
  }

  /// The number of clips.
  public var batch: Int { values.values.first!.shape[0] }
}
