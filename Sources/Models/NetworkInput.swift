import Basics
import Encoders
import Tensors

/// A network's input for a batch of clips: one tensor, or several by their places on the path, and the clips' lengths
/// before they were filled up to one length.
public struct NetworkInput {
  private var values: [InputSpace: Tensor]
  /// Samples of each clip before the filling; nil where nothing is filled up.
  public let lengths: [Int]?
  /// What an encoder of the waveform has at a stage, in place of the waveform.
  public let encoded: Encoded?

  /// An encoder's values at one of its stages.
  public struct Encoded {
    public let stage: EncoderStage
    /// [batch, steps or states, features].
    public let values: Tensor

    public init(_ stage: EncoderStage, _ values: Tensor) { (self.stage, self.values) = (stage, values) }
  }

  /// The scale by which a network that normalises its waveform does so for all clips; nil where each has its own.
  public let scale: WaveformScale?

  public init(
    _ values: [InputSpace: Tensor], lengths: [Int]? = nil, scale: WaveformScale? = nil, encoded: Encoded? = nil
  ) {
    (self.encoded, self.scale) = (encoded, scale)
    demand(!values.isEmpty || encoded != nil, "an input of a network without tensors")
    let sizes = values.values.map { $0.shape[0] } + [encoded].compactMap { $0?.values.shape[0] }
    demand(Set(sizes).count == 1, "inputs of several batches: \(values.mapValues(\.shape))")
    (self.values, self.lengths) = (values, lengths)
  }

  public subscript(space: InputSpace) -> Tensor {
    guard let value = values[space] else {
      fault("a network asked for its \(space), and was given \(values.keys.map(\.rawValue).sorted())")
    }
    return value
  }

  /// Some of the clips, filled up as they are in the batch.
  public func clips(_ rows: Range<Int>) -> NetworkInput {
    NetworkInput(
      values.mapValues { $0.slice(axis: 0, rows) }, lengths: lengths.map { Array($0[rows]) }, scale: scale,
      encoded: encoded.map { Encoded($0.stage, $0.values.slice(axis: 0, rows)) })
  }

  /// The number of clips.
  public var batch: Int { (values.values.first ?? encoded!.values).shape[0] }
}
