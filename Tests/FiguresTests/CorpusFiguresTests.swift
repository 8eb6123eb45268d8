import Foundation
import Testing

@testable import Figures

@Suite("Figures of a corpus")
struct CorpusFiguresTests {
  @Test("Bars are as long as the shares that they stand for, in the emotions' colours")
  func shares() throws {
    let figure = SharesFigure(
      title: ["corpus"],
      properties: [
        .init(name: "Emotion", values: [("angry", 30), ("sadness", 10)]), .init(name: "Origin", values: [("one", 40)]),
      ])
    let image = try figure.rendered()
    let border = image.hasWhiteBorder(of: 16)
    #expect(border)
    func length(_ color: Color) -> Int { image.longestRun(row: image.longestRow { $0 == color }) { $0 == color }.count }
    let (angry, sadness) = (length(EmotionColors.all[0].color), length(EmotionColors.all[5].color))
    #expect(abs(Double(angry) - 3 * Double(sadness)) < 4 && sadness > 40)
    #expect(throws: FigureError.empty(name: "Origin")) {
      try SharesFigure(title: [], properties: [.init(name: "Origin", values: [])]).encoded()
    }
  }

  @Test("Each clip has its waveform on the left and its spectrogram on the right, on one time axis")
  func samples() throws {
    let frames = plantedBlock(columns: 126, rows: 40..<60, columns: 60..<70)
    let tone = (0..<32_000).map { Float(sin(Double($0))) }
    func clip(_ duration: Double) -> SamplesFigure.Clip {
      .init(
        name: "clip", waveform: .init(samples: tone, sampleRate: 16_000), logMel: .init(frames: frames),
        duration: duration)
    }
    let image = try SamplesFigure(title: ["samples"], clips: [clip(2), clip(1.5), clip(2)]).rendered()
    let border = image.hasWhiteBorder(of: 16)
    #expect(border)
    // Magma's bright end is the planted block; the three spectrograms lie right of the middle.
    func isBright(_ color: Color) -> Bool { color.red > 240 && color.green > 230 && color.blue < 220 }
    #expect(image.patches(of: 300, leftOf: image.width / 2, where: isBright) == 0)
    #expect(image.patches(of: 300, leftOf: image.width - 150, where: isBright) == 3)
    #expect(throws: FigureError.empty(name: "clips of the samples")) {
      try SamplesFigure(title: [], clips: []).encoded()
    }
    var broken = clip(1)
    broken.waveform.samples[3] = .nan
    #expect(throws: FigureError.notFinite(name: "waveform of clip", index: 3)) {
      try SamplesFigure(title: [], clips: [broken]).encoded()
    }
  }
}
