import Foundation
import Testing

@testable import Figures

@Suite("Overlays of attributions")
struct OverlayTests {
  @Test("A contour of a cone is a circle: closed, and every point at its level's distance")
  func circle() {
    let (rows, columns) = (40, 60)
    let cone = (0..<rows * columns).map { index -> Float in
      Float(10 - hypot(Double(index % columns) - 30, Double(index / columns) - 20))
    }
    let lines = contours(of: cone, rows: rows, columns: columns, at: 2.5)
    #expect(lines.count == 1 && lines[0].first == lines[0].last && lines[0].count > 40)
    // Between cells the cone is not straight; it bends by less than 1/8 of a cell's square over its radius.
    #expect(lines[0].allSatisfy { abs(hypot($0.x - 30, $0.y - 20) - 7.5) < 0.03 })
  }

  @Test("A contour that leaves the matrix is open, and a saddle is joined through its middle")
  func openLines() {
    let slope = (0..<50).map { Float($0 % 10) }
    let lines = contours(of: slope, rows: 5, columns: 10, at: 3.25)
    #expect(lines.count == 1 && lines[0].count == 5 && lines[0].allSatisfy { abs($0.x - 3.25) < 1e-6 })
    // Both corners of 1 are one place where the middle is above the level, two where it is below.
    #expect(contours(of: [1, 0, 0, 1], rows: 2, columns: 2, at: 0.25).count == 2)
    let joined = contours(of: [1, 0, 0, 1], rows: 2, columns: 2, at: 0.25)
    #expect(joined.allSatisfy { ($0[0].x - $0[1].x) * ($0[0].y - $0[1].y) > 0 })
    let apart = contours(of: [1, 0, 0, 1], rows: 2, columns: 2, at: 0.75)
    #expect(apart.count == 2 && apart.allSatisfy { ($0[0].x - $0[1].x) * ($0[0].y - $0[1].y) < 0 })
    #expect(contours(of: slope, rows: 5, columns: 10, at: 20).isEmpty)
  }

  @Test("Lines enclose the parts of a picture that they are named by")
  func shares() {
    let values = (0..<10_000).map { Float(sin(Double($0) * 12.9898) * cos(Double($0 % 100) / 9)) }
    let even = smoothed(values, rows: 100, columns: 100)
    let scale = AttributionScale(values, isSigned: false)
    for level in AttributionContours(values, rows: 100, columns: 100, colors: scale).levels {
      let share = Double(even.filter { Double(abs($0)) >= level.magnitude }.count) / 10_000
      #expect(abs(share - level.share) < 0.001 && !level.lines.isEmpty)
    }
    // By their sign, one after the other.
    let signed = AttributionContours(
      values, rows: 100, columns: 100, colors: AttributionScale(values, isSigned: true))
    #expect(signed.levels.count == 6 && signed.levels[0].color.red > 100 && signed.levels[5].color.blue > 100)
  }

  /// A gradient from the lower left to the upper right, of 128 bands and 63 frames.
  private func figure(_ overlay: AttributionOverlay, isSigned: Bool = false) -> ExplanationFigure {
    let ramp = (0..<128 * 63).map { Float($0 % 63) + Float($0 / 63) }
    let frames = plantedBlock(columns: 63, rows: 0..<64, columns: 0..<63)
    let attribution = Attribution(
      values: isSigned ? ramp.map { $0 - 95 } : ramp, isSigned: isSigned, name: "saliency", unit: "logit/dB")
    let loudness = (0..<16_000).map { index -> Float in isSigned && index < 8000 ? -Float(index) : Float(index) }
    let samples = (0..<16_000).map { Float(sin(Double($0) / 20)) }
    return ExplanationFigure(
      title: ["clip.wav"], duration: 1,
      waveform: .init(
        samples: samples, sampleRate: 16_000,
        attribution: .init(
          values: loudness, isSigned: isSigned, unit: "logit")),
      logMel: .init(frames: frames, attribution: attribution), probabilities: evenProbabilities, overlay: overlay)
  }

  @Test(
    "Every overlay is drawn in every format, within its margin",
    arguments: AttributionOverlay.allCases, FigureFormat.allCases)
  func formats(overlay: AttributionOverlay, format: FigureFormat) throws {
    for isSigned in [false, true] {
      let figure = figure(overlay, isSigned: isSigned)
      let bytes = try figure.encoded(as: format)
      #expect(bytes.count > 10_000)
      if format == .png {
        let isWhole = try PNGImage(decoding: bytes).hasWhiteBorder(of: 16)
        #expect(isWhole)
      }
    }
  }

  @Test(
    "Below the 80th percentile the matrix stays grey; contours leave it grey but for lines; side by side needs room")
  func coverage() throws {
    let covered = try AttributionOverlay.allCases.map { overlay -> Int in
      var figure = figure(overlay)
      figure.waveform = nil
      return try figure.rendered().count(rows: 60..<440) { $0.chroma > 25 }
    }
    let panel = 1150 * 380
    #expect((panel / 8..<panel * 3 / 10).contains(covered[0]), "\(covered)")
    #expect(covered[1] < panel / 20 && covered[1] > 1000, "\(covered)")
    #expect(figure(.side).size.height > figure(.alpha).size.height + 50)
    #expect(figure(.alpha).overlaid(.side).size == figure(.side).size)
    let shares = SharesFigure(title: ["shares"], properties: [])
    #expect(shares.overlaid(.side) is SharesFigure)
  }

  @Test("A threshold takes colour from the weakest four fifths only, and nothing where all is as strong")
  func threshold() {
    let values = (1...1000).map { Float($0) }
    let scale = AttributionScale(values, isSigned: false, isThresholded: true)
    #expect(abs(scale.threshold - 0.80 / 0.995) < 0.01)
    let alphas = values.map { scale.layers[scale.level($0)].alpha }
    #expect(abs(alphas.filter { $0 == 0 }.count - 800) < 8 && alphas.last! > 0.9)
    let even = AttributionScale(.init(repeating: 2, count: 100), isSigned: true, isThresholded: true)
    #expect(even.layers[even.level(2)].alpha > 0.9)
    #expect(AttributionScale([0, 0, 0, 0, 0, 0, 0, 1], isSigned: false, isThresholded: true).threshold == 0)
  }
}
