import Attributions
import Figures
import Foundation
import Reports
import Tensors
import Testing

@Suite("Attention of transformers as figures")
struct AttentionReportTests {
  private let logMel = FrameMatrix(
    values: [Float](repeating: -60, count: 128 * 313), rows: 128, columns: 313, hop: 0.016)

  /// Every token looks at itself and at one other.
  private func made(tokens: Int, heads: Int, at place: Int) -> Tensor {
    var head = [Float](repeating: 0, count: tokens * tokens)
    for token in 0..<tokens {
      head[token * tokens + token] += 0.5
      head[token * tokens + place] += 0.5
    }
    return Tensor((0..<heads).flatMap { _ in head }, shape: [heads, tokens, tokens])
  }

  @Test(
    "HuBERT's: a matrix a head and layer, and the rollout where the looked-at frame is",
    arguments: [(12, 12), (24, 16)])
  func frames(layers: Int, heads: Int) throws {
    let layer = made(tokens: 249, heads: heads, at: 150)
    let attention = try TokenAttention(
      Array(repeating: layer, count: layers),
      modalities: [.init("frames", columns: 249, hop: 0.02, start: 0.0125)])
    let figure = AttentionFigure(
      attention, clip: "clip.wav", model: "HuBERT", logMel: logMel, maximumFrequency: 8000, duration: 5)
    #expect(figure.matrices.count == layers && figure.matrices.allSatisfy { $0.count == heads && $0[0].rows == 249 })
    let values = try #require(figure.strips.first?.input.attribution?.values)
    // Frame 150 is at 3.0125 s: frame 188 of the mel.
    #expect(values.prefix(313).indices.max { values[$0] < values[$1] } == 188)
    let image = try PNGImage(decoding: figure.encoded())
    #expect(image.width == 1600)
  }

  @Test("MMFUSION's: what each modality takes from each, and a strip for each, rows from the lowest frequency")
  func modalities() throws {
    let layer = made(tokens: 598, heads: 3, at: 30)  // the spectrogram's fourth row, fourth column
    let attention = try TokenAttention(
      [layer, layer],
      modalities: [
        .init("spectrogram", rows: 4, columns: 9, hop: 5.0 / 9, start: 2.5 / 9),
        .init("MFCC", columns: 313, hop: 0.016, start: 0),
        .init("waveform", columns: 249, hop: 0.02, start: 0.0125),
      ])
    let figure = AttentionFigure(
      attention, clip: "clip.wav", model: "MMFUSION", logMel: logMel, maximumFrequency: 8000, duration: 5)
    #expect(figure.matrices.count == 2 && figure.matrices[0].count == 3 && figure.names.count == 3)
    let shares = figure.matrices[0][0].values
    #expect(abs(shares[0] - 1) < 1e-5 && abs(shares[3] - 0.5) < 1e-5 && abs(shares[4] - 0.5) < 1e-5)
    let values = try #require(figure.strips[0].input.attribution?.values)
    let strongest = try #require(values.indices.max { values[$0] < values[$1] })
    // The highest quarter of the bands, the fourth of nine parts of the time.
    #expect(strongest / 313 >= 96 && (104...139).contains(strongest % 313))
    #expect(figure.strips.count == 3)
    _ = try figure.encoded()
  }
}
