import AudioFeatures
import Layers
import Tensors

/// M1 of the report: five convolution blocks on the log-mel, then two layers of LSTM over the two time positions that
/// remain. 1,466,455 parameters.
public final class CNNLSTM: EmotionModel {
  public struct Configuration: NetworkConfiguration {
    /// Filters of each block, and the side of its pooling windows.
    public var widths = [32, 48, 64, 128, 256]
    public var pools = [2, 2, 2, 4, 4]
    public var hidden = 256
    public var lstmLayers = 2
    /// The dropout between the layers of the LSTM and after them.
    public var dropout: Float = 0.5

    public var problem: String? {
      let sizes = [hidden] + widths
      if widths.isEmpty || widths.count != pools.count || !sizes.allSatisfy((1...65_536).contains) {
        return "it needs as many widths as pools, and sizes from 1 to 65536"
      }
      if !(1...16).contains(lstmLayers) { return "it needs 1 to 16 layers of LSTM" }
      if !pools.allSatisfy((1...512).contains) { return "it needs pools from 1 to 512" }
      return (0..<1).contains(dropout) ? nil : "its dropout is no probability below 1"
    }

    /// Of the mel bands and of the frames something remains for the LSTM.
    public func problem(on frontEnd: FrontEnd) -> String? {
      let frames = 1 + Int(CNNLSTM.clipSeconds * Double(frontEnd.sampleRate)) / frontEnd.hopSamples
      for (count, words) in [(frontEnd.mels, "mel bands"), (frames, "frames")] where pools.reduce(count, /) == 0 {
        return "its network's pools leave none of \(count) \(words)"
      }
      return nil
    }
  }

  public static let name = "cnnlstm"
  public static let title = "CNNLSTM"
  public static let summary = "five convolution blocks and an LSTM on the log-mel spectrogram of 5 s"
  public static let inputs = [InputSpace.mel]
  public static let clipLength = ClipLength.fixed(seconds: clipSeconds)
  private static let clipSeconds = 5.0
  public static let clipsAtOnce = 32
  public static let base = Configuration()
  public static let multiplyAdds: Double =
    convolutionMultiplyAdds([
      (1, 32, 9, 128, 313), (32, 48, 9, 64, 156), (48, 64, 9, 32, 78), (64, 128, 9, 16, 39), (128, 256, 9, 4, 9),
    ]) + 2 * 2 * 4 * 256 * 512  // two layers of LSTM, two steps
  public static let recipes = Recipe.ofTheReport(
    .adam, parts: [], schedule: .plateau(factor: 0.5, patience: 5), epochs: 100, batch: 64)

  private let blocks: [ConvolutionBlock]
  private let lstm: LSTM
  private let head: Linear
  private let dropout: Float
  public let parameters: [Parameter]

  public init(_ sizes: Configuration, outputs: Int, from source: ParameterSource) throws(ParameterError) {
    let widths = [1] + sizes.widths
    blocks = try source.parts("blocks", count: sizes.widths.count).enumerated().map {
      (i, source) throws(ParameterError) in
      let pooling = Pooling(.maximum, rows: sizes.pools[i], columns: sizes.pools[i])
      return try ConvolutionBlock(
        from: widths[i], to: widths[i + 1], kernel: Kernel(3, 3), pooling: .windows(pooling), from: source)
    }
    lstm = try LSTM(
      from: widths.last!, to: sizes.hidden, layers: sizes.lstmLayers, dropout: sizes.dropout,
      from: source.part("lstm"))
    head = try Linear(from: sizes.hidden, to: outputs, from: source.part("head"))
    dropout = sizes.dropout
    parameters = source.taken
  }

  /// log-mel [batch, 1, mels, frames] → logits [batch, outputs]; the shapes are those of 128 mels and 313 frames.
  public func callAsFunction(_ input: NetworkInput, _ pass: ForwardPass) -> Tensor {
    let maps = blocks(input[.mel], name: "blocks", pass)  // [batch, 256, 1, 2]
    // One step per remaining time position.
    let steps = maps.reshaped([-1, maps.shape[1], maps.shape[2] * maps.shape[3]]).transposed()
    let states = pass.observed(lstm(steps, pass), as: "lstm", .steps)
    let last = states.slice(axis: 1, (states.shape[1] - 1)..<states.shape[1]).reshaped([-1, states.shape[2]])
    return head(last.dropout(dropout, pass), pass)
  }
}
