import Basics
import CPNG
import Foundation

/// A decoded PNG: pixels and text chunks.
public struct PNGImage: Equatable, Sendable {
  public let width, height: Int
  /// Red, green, blue, alpha for each pixel, from the top left, row by row: 4 · width · height bytes.
  public let pixels: [UInt8]
  /// The resolution, or nil where the file has none.
  public let pixelsPerInch: Double?
  /// The text chunks (tEXt, zTXt, iTXt) by key.
  public let texts: [String: String]

  public init(contentsOf path: String) throws(FigureError) {
    let bytes: Data?
    do {
      bytes = try contents(of: path, limit: SizeLimit.array)
    } catch {
      throw .file(error)
    }
    guard let bytes else { throw .noSuchFile(path: path) }
    try self.init(decoding: Array(bytes), path: path)
  }

  /// Decodes a PNG in memory; `path` names it in an error.
  public init(decoding bytes: [UInt8], path: String = "PNG") throws(FigureError) {
    var bytes = bytes
    var image = undertone_png_image()
    defer { undertone_png_release(&image) }
    let failure: String? = bytes.withUnsafeMutableBufferPointer { memory in
      var input = undertone_png_buffer()
      input.bytes = memory.baseAddress
      input.count = memory.count
      return undertone_png_decode(&input, &image) == 0 ? nil : input.text
    }
    if let failure { throw .notPNG(path: path, reason: failure) }
    width = Int(image.width)
    height = Int(image.height)
    pixels = Array(UnsafeBufferPointer(start: image.pixels, count: 4 * width * height))
    pixelsPerInch = image.pixelsPerMetre > 0 ? image.pixelsPerMetre * 0.0254 : nil
    var texts: [String: String] = [:]
    for chunk in UnsafeBufferPointer(start: image.texts, count: Int(image.textCount)) {
      let value = UnsafeRawBufferPointer(start: chunk.value, count: strlen(chunk.value))
      texts[String(cString: chunk.key)] =
        chunk.isUTF8 == 1
        ? String(decoding: value, as: UTF8.self)
        : String(String.UnicodeScalarView(value.map { Unicode.Scalar($0) }))
    }
    self.texts = texts
  }

  /// The colour of a pixel, without its opacity.
  public func color(x: Int, y: Int) -> Color {
    demand(
      (0..<width).contains(x) && (0..<height).contains(y),
      "pixel (\(x), \(y)) outside \(width) × \(height)")
    let start = 4 * (y * width + x)
    return Color(red: pixels[start], green: pixels[start + 1], blue: pixels[start + 2])
  }
}

/// The time that a PNG's compression takes, and so its size.
public enum PNGCompression: Sendable {
  case fast
  /// A quarter fewer bytes, for several times the time.
  case small
  /// As small, with at most 256 colours, which is half the bytes again.
  case palette

  /// zlib's.
  var level: Int32 { self == .fast ? 2 : 9 }
}

extension PNGImage {
  /// A PNG that holds bytes: the red, green and blue of its pixels, in their order; zeros fill up the last row.
  public static func holding(_ bytes: [UInt8]) throws(FigureError) -> [UInt8] {
    let width = min(256, max(1, (bytes.count + 2) / 3))
    let height = max(1, (bytes.count + 3 * width - 1) / (3 * width))
    var pixels = [UInt32](repeating: 0, count: width * height)
    for (index, byte) in bytes.enumerated() { pixels[index / 3] |= UInt32(byte) << UInt32(16 - 8 * (index % 3)) }
    return try encodePNG(
      pixels: pixels, width: width, height: height, stride: width, pixelsPerInch: 96, texts: [], compression: .small)
  }

  /// The bytes that ``holding(_:)`` made a PNG of, and the zeros after them.
  public var heldBytes: [UInt8] {
    stride(from: 0, to: pixels.count, by: 4).flatMap { pixels[$0..<$0 + 3] }
  }
}

/// A PNG of `height` rows of pixels 0x00RRGGBB, `stride` pixels apart.
func encodePNG(
  pixels: UnsafePointer<UInt32>, width: Int, height: Int, stride: Int, pixelsPerInch: Double,
  texts: [(key: String, value: String)], compression: PNGCompression = .fast
) throws(FigureError) -> [UInt8] {
  let palette =
    compression == .palette ? ColorPalette(pixels: pixels, width: width, height: height, stride: stride) : nil
  let parts =
    if let palette {
      try compressedParts(
        pixels: palette.indices, width: width, height: height, stride: width, channels: 1, level: compression.level)
    } else {
      try compressedParts(
        pixels: pixels, width: width, height: height, stride: stride, channels: 3, level: compression.level)
    }
  // Swift's strings live as C strings until the file is encoded.
  let chunks = texts.map { text in
    undertone_png_text(
      key: strdup(text.key), value: strdup(text.value),
      isUTF8: text.value.utf8.allSatisfy { $0 < 128 } ? 0 : 1)
  }
  var output = undertone_png_buffer()
  defer {
    for chunk in chunks {
      free(UnsafeMutablePointer(mutating: chunk.key))
      free(UnsafeMutablePointer(mutating: chunk.value))
    }
    parts.forEach { free($0.bytes) }
    free(output.bytes)
  }
  let status = undertone_png_encode(
    &output, parts, Int32(parts.count), Int32(width), Int32(height), palette?.colors ?? [],
    Int32(palette?.colors.count ?? 0), Int32((pixelsPerInch / 0.0254).rounded()), chunks, Int32(chunks.count))
  guard status == 0 else { throw .drawing(reason: "libpng: \(output.text)") }
  return Array(UnsafeBufferPointer(start: output.bytes, count: output.count))
}

/// The picture's rows in parts that are compressed side by side, which takes most of a figure's time. The parts are as high
/// whatever the machine, so that the same figure is the same file.
private func compressedParts(
  pixels: UnsafePointer<UInt32>, width: Int, height: Int, stride: Int, channels: Int32, level: Int32
) throws(FigureError) -> [undertone_png_part] {
  let rows = 128
  var parts = [undertone_png_part](repeating: undertone_png_part(), count: (height + rows - 1) / rows)
  parts.withUnsafeMutableBufferPointer { parts in
    // Each turn reads its own rows and writes its own part.
    nonisolated(unsafe) let (parts, pixels) = (parts, pixels)
    _ = concurrentMap(count: parts.count) { index in
      undertone_png_compress(
        &parts[index], pixels + index * rows * stride, Int32(width), Int32(min(rows, height - index * rows)), stride,
        channels, index == parts.count - 1 ? 1 : 0, level)
    }
  }
  guard parts.allSatisfy({ $0.bytes != nil }) else {
    parts.forEach { free($0.bytes) }
    throw .drawing(reason: "no memory to compress \(width) × \(height) pixels")
  }
  return parts
}

extension undertone_png_buffer {
  fileprivate var text: String {
    withUnsafeBytes(of: message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}
