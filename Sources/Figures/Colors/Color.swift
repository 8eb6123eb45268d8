import Foundation

/// An opaque sRGB colour, components in 0…255.
public struct Color: Equatable, Hashable, Sendable {
  public var red, green, blue: UInt8

  public init(red: UInt8, green: UInt8, blue: UInt8) {
    self.red = red
    self.green = green
    self.blue = blue
  }

  /// 0xRRGGBB, which is also Cairo's RGB24 pixel.
  public init(_ hexadecimal: UInt32) {
    self.init(
      red: UInt8(hexadecimal >> 16 & 255), green: UInt8(hexadecimal >> 8 & 255),
      blue: UInt8(hexadecimal & 255))
  }

  /// `#RRGGBB`, as HTML and SVG write it.
  public var hexadecimal: String { "#" + String(0x1000000 + pixel, radix: 16).dropFirst() }

  static let white = Color(0xFFFFFF)
  static let ink = Color(0x1A1A1A)
  static let secondaryInk = Color(0x5A5A5A)
  static let rule = Color(0xDADADA)

  var pixel: UInt32 { UInt32(red) << 16 | UInt32(green) << 8 | UInt32(blue) }

  /// This colour laid with opacity `alpha` over an opaque one.
  func over(_ background: Color, alpha: Double) -> Color {
    func mix(_ top: UInt8, _ bottom: UInt8) -> UInt8 {
      UInt8((Double(top) * alpha + Double(bottom) * (1 - alpha)).rounded())
    }
    return Color(
      red: mix(red, background.red), green: mix(green, background.green), blue: mix(blue, background.blue))
  }

  /// Relative luminance Y of sRGB (IEC 61966-2-1), 0 for black to 1 for white.
  var luminance: Double {
    func linear(_ component: UInt8) -> Double {
      let value = Double(component) / 255
      return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
  }
}
