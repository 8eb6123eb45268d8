import Figures
import Foundation
import Testing

@Suite struct ColorTests {
  @Test("magma and viridis are matplotlib's, entry by entry", arguments: ["magma", "viridis"])
  func matplotlib(name: String) throws {
    let map = name == "magma" ? ColorMap.magma : .viridis
    let rows = try String(contentsOf: fixture("colormaps.csv"), encoding: .utf8).split(separator: "\n")
      .map { $0.split(separator: ",") }.filter { $0[0] == name }
    #expect(rows.count == 256)
    for row in rows {
      let numbers = row.dropFirst().compactMap { Int($0) }
      let color = map.colors[numbers[0]]
      #expect([Int(color.red), Int(color.green), Int(color.blue)] == Array(numbers[1...]))
    }
  }

  @Test("The diverging map is white at zero, and equal magnitudes are equally light")
  func diverging() {
    let map = ColorMap.diverging
    #expect(map.colors[127] == Color(0xFFFFFF) && map.colors[128] == Color(0xFFFFFF))
    for step in 1..<128 {
      let (negative, positive) = (lightness(map.colors[127 - step]), lightness(map.colors[128 + step]))
      // Oklab's and CIELAB's lightness differ a little between red and blue.
      #expect(abs(negative - positive) < 8, "step \(step): \(negative) and \(positive)")
      #expect(lightness(map.colors[128 + step]) <= lightness(map.colors[127 + step]) + 0.2)
      #expect(lightness(map.colors[127 - step]) <= lightness(map.colors[128 - step]) + 0.2)
    }
    #expect(map.color(at: 0).blue > 2 * map.color(at: 0).red)
    #expect(map.color(at: 1).red > 2 * map.color(at: 1).blue)
  }

  @Test("Positions beyond the ends have the colours of the ends")
  func ends() {
    #expect(ColorMap.magma.color(at: -3) == Color(0x000004))
    #expect(ColorMap.magma.color(at: 7) == Color(0xFCFDBF))
  }

  // Brettel's half-planes as simplified by Viénot, Brettel and Mollon (1999), for linear sRGB.
  @Test(
    "The seven emotions stay apart for eyes without red or without green cones",
    arguments: [
      [0.11238, 0.88762, 0, 0.11238, 0.88762, 0, 0.00401, -0.00401, 1],
      [0.29275, 0.70725, 0, 0.29275, 0.70725, 0, -0.02234, 0.02234, 1],
    ])
  func colorBlindness(matrix: [Double]) {
    #expect(EmotionColors.names == ["angry", "disgust", "fear", "happy", "neutral", "sadness", "surprise"])
    let seen = EmotionColors.all.map { emotion in
      let from = linear(emotion.color)
      return lab((0..<3).map { row in (0..<3).reduce(0) { $0 + matrix[3 * row + $1] * from[$1] } })
    }
    for first in seen.indices {
      for second in seen.indices where second > first {
        let distance = sqrt((0..<3).reduce(0) { $0 + pow(seen[first][$1] - seen[second][$1], 2) })
        #expect(
          distance > 9, "\(EmotionColors.names[first]) and \(EmotionColors.names[second]): ΔE \(distance)")
      }
    }
  }

  @Test("Thirty labels outside the seven have thirty colours, which differ well; two hundred still differ")
  func otherLabels() {
    let colors = (0..<200).map { EmotionColors.color(of: "label \($0)", index: $0) }
    let seen = colors.prefix(30).map { lab(linear($0)) }
    for first in seen.indices {
      for second in seen.indices where second > first {
        let distance = sqrt((0..<3).reduce(0) { $0 + pow(seen[first][$1] - seen[second][$1], 2) })
        #expect(distance > 10, "labels \(first) and \(second): ΔE \(distance)")
      }
    }
    #expect(colors[0] == Color(0x332288) && colors[9] == Color(0x6699CC))
    #expect(Set(colors).isDisjoint(with: EmotionColors.all.map(\.color)))
    #expect(Set(colors).count == 200)
  }

  @Test("Dimensions have colours of their own, in whatever order a model has them")
  func dimensions() {
    let names = ["arousal", "valence", "dominance", "tension", "power"]
    let colors = names.enumerated().map { EmotionColors.color(ofDimension: $0.element, index: $0.offset) }
    #expect(Set(colors).count == names.count)
    #expect(EmotionColors.color(ofDimension: "Valence", index: 7) == colors[1])
  }

  private func linear(_ color: Color) -> [Double] {
    [color.red, color.green, color.blue].map {
      let value = Double($0) / 255
      return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
    }
  }

  /// CIELAB of linear sRGB, white D65.
  private func lab(_ c: [Double]) -> [Double] {
    let x = (0.4124 * c[0] + 0.3576 * c[1] + 0.1805 * c[2]) / 0.9505
    let y = 0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2]
    let z = (0.0193 * c[0] + 0.1192 * c[1] + 0.9505 * c[2]) / 1.089
    func f(_ t: Double) -> Double { t > 0.008856 ? cbrt(t) : 7.787 * t + 16.0 / 116 }
    return [116 * f(y) - 16, 500 * (f(x) - f(y)), 200 * (f(y) - f(z))]
  }

  private func lightness(_ color: Color) -> Double { lab(linear(color))[0] }
}
