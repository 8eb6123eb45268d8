import Basics
import Layers
import Tensors

/// M1 of the report: five convolution blocks on the log-mel, then two layers of LSTM over the two time positions that
/// remain. 1,466,455 parameters.
public final class CNNLSTM: EmotionModel {
  private let blocks: LayerList<ConvolutionBlock>
  private let lstm: LSTM
  private let head: Linear

  public init(classes: Int, using generator: inout SeededGenerator) {
    let widths = [1, 32, 48, 64, 128, 256]
    let pools = [2, 2, 2, 4, 4]
    blocks = LayerList(
      pools.indices.map { i in
        ConvolutionBlock(
          from: widths[i], to: widths[i + 1], kernel: Kernel(3, 3),
          pooling: .windows(Pooling(.maximum, rows: pools[i], columns: pools[i])), using: &generator)
      })
    lstm = LSTM(from: 256, to: 256, layers: 2, dropout: 0.5, using: &generator)
    head = Linear(from: 256, to: classes, using: &generator)
  }

  public var members: [Member] { [.layer("blocks", blocks), .layer("lstm", lstm), .layer("head", head)] }

  /// log-mel [batch, 1, 128, 313] → logits [batch, classes].
  public func callAsFunction(_ mel: Tensor, _ pass: ForwardPass) -> Tensor {
    let features = blocks(mel, name: "blocks", pass)  // [batch, 256, 1, 2]
    // One step a remaining time position.
    let steps = features.reshaped([-1, 256, features.shape[2] * features.shape[3]]).transposed()
    let states = pass.output(of: "lstm", lstm(steps, pass))
    let last = states.slice(axis: 1, (states.shape[1] - 1)..<states.shape[1]).reshaped([-1, states.shape[2]])
    return head(last.dropout(0.5, pass), pass)
  }
}
