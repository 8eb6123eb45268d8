import Attributions
import Figures
import Foundation
import Models
import Testing

@testable import Reports

@Suite("The numbers of a page")
struct PageNumbersTests {
  /// The numbers that a page holds, decoded by libpng.
  private func decoded(_ held: PageNumbers) throws -> [Double] {
    let png = try #require(Data(base64Encoded: held.image))
    let bytes = try PNGImage(decoding: Array(png)).heldBytes
    return (0..<held.count).map { index in
      var number = 0
      for plane in 0..<held.width { number += Int(bytes[plane * held.count + index]) << (8 * plane) }
      let multiple = number % 2 == 0 ? number / 2 : -(number + 1) / 2
      return Double(multiple) * pow(10, -Double(held.decimals))
    }
  }

  @Test(
    "What a page holds is the number rounded to the decimals that it shows",
    arguments: [1e-9, 2.5e-4, 1, 730, 4.1e6] as [Double])
  func bound(size: Double) throws {
    let values = (0..<5000).map { index -> Float in
      let decay: Double = exp(-Double(index % 97) / 20)
      return Float(size * sin(Double(index) * 12.9898) * decay)
    }
    let held = try PageNumbers.attribution(values)
    let unit = pow(10, -Double(held.decimals))
    for (value, shown) in zip(values, try decoded(held)) {
      #expect(abs(Double(value) - shown) <= 0.5 * unit * (1 + 1e-9))
    }
    // Between 32 and 316 units up to the strongest colour.
    let sizes: [Float] = values.map { abs($0) }.sorted()
    let limit = Double(sizes[Int(0.995 * 4999)])
    let steps: Double = limit / unit
    #expect(steps >= 31.6 && steps < 316.3)
    let (none, zeros) = (try decoded(.attribution([])), try decoded(.attribution([0, 0])))
    #expect(none == [] && zeros == [0, 0])
    let tenths: [Double] = try decoded(.decibels([-80.04, 0.26, 12_345.6])).map { ($0 * 10).rounded() }
    #expect(tenths == [-800, 3, 123_456])
  }

  @Test("A page's sound is its samples at 16 bits, in fewer bytes than the samples take")
  func sound() throws {
    let samples = (0..<8_000).map { Float(1.2 * sin(2 * .pi * 210 * Double($0) / 16_000)) }
    let sound = try PageSound(samples, sampleRate: 16_000)
    var (value, slope) = (0.0, 0.0)
    let heard = try decoded(sound.differences).map { difference -> Double in
      slope += difference
      value += slope
      return value
    }
    #expect(heard == samples.map { Double((max(-1, min(1, $0)) * 32_767).rounded()) })
    #expect(sound.differences.image.utf8.count < 2 * samples.count)
  }

  @Test("A page's maps are the explanation's to the decimals that it shows, its waveform in means over 5 ms")
  func maps() throws {
    let model = TrainedModel(untrained: .init(architecture: .cnnatt), seed: 1)
    let samples = (0..<16_000).map { Float(0.3 * sin(2 * .pi * 200 * Double($0) / 16_000)) }
    for method in [Saliency(), InputXGradient()] as [any AttributionMethod] {
      let explanation = try Explainer(model: model, method: method, spaces: [.waveform, .mel, .mfcc])
        .explain(samples, path: "hum.wav") { Target($0) }
      let clip = try PageClip(name: "hum", samples: samples, explanations: [.init("model", explanation)])
      for input in explanation.inputs {
        let held = try #require(clip.views[0].inputs[input.space.rawValue]).values
        var values = input.attribution.floats
        if input.space == .waveform {
          values = PageNumbers.means(values, of: 80, isSigned: explanation.isSigned)
          #expect(values.count == 200)
        }
        let worst: Double = zip(values, try decoded(held)).map { abs(Double($0) - $1) }.max()!
        let bound: Double = 0.5001 * pow(10, -Double(held.decimals))
        #expect(held.count == values.count && worst <= bound)
      }
      for grid in clip.grids {
        let input = try #require(explanation.inputs.first { $0.space == grid.space })
        let worst: Double = zip(input.values.floats, try decoded(grid.values)).map { abs(Double($0) - $1) }.max()!
        #expect(worst <= 0.0501, "\(grid.space)")
      }
    }
  }
}
