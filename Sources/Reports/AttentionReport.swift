import Attributions
import Figures
import Foundation
import Models
import Tensors

extension AttentionFigure {
  /// The attention of a transformer on a clip: of one modality, every head's frames × frames; of several, what each modality
  /// takes from each. Below, on the clip's own axis, what each modality's places are taken of in the end, by rollout.
  /// - Parameters:
  ///   - clip, model: As the title names them.
  ///   - logMel: dB, the lowest mel band first, what the rollout is laid on.
  ///   - duration: Seconds of speech.
  public init(
    _ attention: TokenAttention, clip: String, model: String, logMel: FrameMatrix, maximumFrequency: Double,
    duration: Double
  ) {
    let modalities = attention.modalities
    let isSingle = modalities.count == 1
    let rollout = attention.rollout
    let strips = modalities.indices.map { index in
      let rows = modalities[index].rows
      let received = attention.received(rollout, by: index, frames: logMel.columns, hop: logMel.hop)
      let values = (0..<logMel.rows).flatMap { band in
        received[(band * rows / logMel.rows * logMel.columns)...].prefix(logMel.columns)
      }
      return Strip(
        name: isSingle
          ? "What the output has of each frame (rollout)" : "\(modalities[index].name): what the output has of it",
        input: .logMel(
          .init(
            frames: logMel, maximumFrequency: maximumFrequency,
            attribution: .init(values: values, isSigned: false, name: "rollout", unit: "share of a token"))))
    }
    let layers = attention.layers
    self.init(
      title: [
        "\(clip): the attention of \(model)",
        isSingle
          ? "rows are frames that take, columns frames that are taken from"
          : "rows are modalities that take, columns those that are taken from; each row sums to 1",
      ],
      matrices: isSingle
        ? layers.map { layer in
          (0..<layer.shape[0]).map {
            Matrix(values: TokenAttention.head($0, of: layer).floats, rows: layer.shape[1])
          }
        }
        : attention.shares.map { heads in
          heads.map { Matrix(values: $0.joined().map(Float.init), rows: modalities.count) }
        }, takers: "Frame", givers: "Frame", names: isSingle ? [] : modalities.map(\.name), strips: strips,
      duration: duration)
  }
}
