import Basics
import Foundation

/// 256 colours along a scale, from its low end to its high end.
public struct ColorMap: Equatable, Sendable {
  public let colors: [Color]

  /// Black over purple and orange to pale yellow; perceptually uniform, for magnitudes.
  public static let magma = ColorMap(table: ColorMapTables.magma)

  /// Purple over green to yellow; perceptually uniform, for magnitudes.
  public static let viridis = ColorMap(table: ColorMapTables.viridis)

  /// White to dark grey, what lies underneath an attribution: without a hue of its own, and bent, so that of a
  /// spectrogram in dB the harmonics show and the noise floor stays paper.
  public static let paper = grey(to: 50, bend: 1.7)

  /// White to middle grey, under attributions on a matrix that is dark all over: cepstral coefficients.
  static let lightPaper = grey(to: 90, bend: 1.5)

  private static func grey(to darkest: Double, bend: Double) -> ColorMap {
    ColorMap { position in
      let level = UInt8((255 - (255 - darkest) * pow(position, bend)).rounded())
      return Color(red: level, green: level, blue: level)
    }
  }

  /// Blue for −1 over white at zero to red for +1, for signed values. Both arms fall alike in Oklab
  /// lightness (Ottosson 2020), so that equal magnitudes look equally strong.
  public static let diverging = ColorMap { position in
    // The middle of 256 colours lies between two of them; both are made white, so that zero is.
    let signed = (position * 255 - 127.5) / 127.5
    let strength = max(0, abs(signed) - 0.5 / 127.5) / (1 - 0.5 / 127.5)
    let lightness = 1 - 0.58 * strength
    let chroma = 0.165 * sin(.pi / 2 * min(1, 1.35 * strength))
    let hue = (signed > 0 ? 29.0 : 255) * .pi / 180
    return Color(lightness: lightness, a: chroma * cos(hue), b: chroma * sin(hue))
  }

  /// The colour at `position`, 0 at the low end to 1 at the high end; beyond them the end's colour.
  public func color(at position: Double) -> Color {
    colors[Int((min(1, max(0, position)) * 255).rounded())]
  }

  init(_ color: (Double) -> Color) {
    colors = (0..<256).map { color(Double($0) / 255) }
  }

  private init(table: String) {
    let digits = Array(table.utf8)
    colors = stride(from: 0, to: digits.count, by: 6).map { start in
      Color(digits[start..<start + 6].reduce(0) { $0 << 4 | UInt32($1 <= 57 ? $1 - 48 : $1 - 87) })
    }
    demand(colors.count == 256, "a colour table of \(colors.count) entries instead of 256")
  }
}

extension Color {
  /// A colour of Oklab (Ottosson 2020), clipped to sRGB.
  init(lightness: Double, a: Double, b: Double) {
    let l = pow(lightness + 0.3963377774 * a + 0.2158037573 * b, 3)
    let m = pow(lightness - 0.1055613458 * a - 0.0638541728 * b, 3)
    let s = pow(lightness - 0.0894841775 * a - 1.2914855480 * b, 3)
    func component(_ linear: Double) -> UInt8 {
      let value = linear <= 0.0031308 ? 12.92 * linear : 1.055 * pow(linear, 1 / 2.4) - 0.055
      return UInt8((255 * min(1, max(0, value))).rounded())
    }
    self.init(
      red: component(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
      green: component(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
      blue: component(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s))
  }
}
