import Basics
import CCairo
import Foundation

public enum FigureFormat: String, CaseIterable, Sendable {
  case png, svg, pdf
}

/// Something that can be drawn: plain numbers in, a picture out.
public protocol Figure: Sendable {
  /// The lines above the picture, the first of which is its heading.
  var title: [String] { get }

  /// The size in the points of a canvas, which measures text; what has been drawn on it does not count.
  func extent(on canvas: Canvas) -> Size

  /// Draws the figure; throws on numbers that cannot be drawn.
  func draw(on canvas: Canvas) throws(FigureError)
}

extension Figure {
  /// The size on paper, in parts of 1/96 inch.
  public var size: Size { size(in: .standard) }

  /// The size on paper, in parts of 1/96 inch.
  public func size(in layout: FigureLayout) -> Size {
    let size = points(in: layout)
    return Size(width: layout.unit * size.width, height: layout.unit * size.height)
  }

  /// The size in the layout's points.
  private func points(in layout: FigureLayout) -> Size {
    let surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, 1, 1)!
    defer { cairo_surface_destroy(surface) }
    let room = Size(width: layout.width, height: 0)
    return extent(on: Canvas(surface: surface, layout: layout, size: room, scale: 1, unitsPerPoint: 1))
  }

  /// The bytes of a file with this figure.
  ///
  /// - Parameters:
  ///   - layout: The figure's width and the size of its text.
  ///   - scale: pixels per 1/96 inch. 2 gives 192 pixels per inch. SVG and PDF keep lines and text as
  ///     they are and embed heat maps at this scale.
  ///   - provenance: how the figure was made. PNG keeps it in tEXt chunks (iTXt where a value is not
  ///     ASCII), SVG in `metadata`, PDF in its keywords. Keys are 1 to 79 ASCII characters.
  ///   - compression: of a PNG.
  public func encoded(
    as format: FigureFormat = .png, layout: FigureLayout = .standard, scale: Double = 2,
    provenance: [String: String] = [:], compression: PNGCompression = .fast
  ) throws(FigureError) -> [UInt8] {
    guard scale.isFinite, scale > 0 else {
      throw .outOfRange(name: "scale", value: scale, expected: "a positive number of pixels per point")
    }
    let provenance = provenance.mapValues(withoutFolders).sorted { $0.key < $1.key }
    for (key, value) in provenance { try checkProvenance(key: key, value: value) }
    switch format {
    case .png: return try png(layout, scale: scale, provenance: provenance, compression: compression)
    case .svg: return try svg(layout, scale: scale, provenance: provenance)
    case .pdf: return try pdf(layout, scale: scale, provenance: provenance)
    }
  }

  /// Writes the figure: beside its place first, then renamed into it.
  public func write(
    to path: String, as format: FigureFormat = .png, layout: FigureLayout = .standard, scale: Double = 2,
    provenance: [String: String] = [:]
  ) throws(FigureError) {
    let bytes = try encoded(as: format, layout: layout, scale: scale, provenance: provenance)
    do {
      try writeWhole(bytes, to: path)
    } catch {
      throw .file(error)
    }
  }

  private func png(
    _ layout: FigureLayout, scale: Double, provenance: [(key: String, value: String)], compression: PNGCompression
  ) throws(FigureError) -> [UInt8] {
    let size = size(in: layout)
    // What a rounded product has beyond a whole number of pixels is not one more.
    let width = Int32(min(1e5, (size.width * scale - 1e-6).rounded(.up)))
    let height = Int32(min(1e5, (size.height * scale - 1e-6).rounded(.up)))
    let surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height)!
    defer { cairo_surface_destroy(surface) }
    _ = try draw(on: surface, layout, scale: scale, unitsPerInch: 96 * scale)
    cairo_surface_flush(surface)
    guard let data = cairo_image_surface_get_data(surface) else {
      throw .drawing(reason: "no memory for \(width) × \(height) pixels")
    }
    // Cairo's rows of 32-bit pixels begin at multiples of 4 bytes.
    return try encodePNG(
      pixels: UnsafeRawPointer(data).assumingMemoryBound(to: UInt32.self), width: Int(width),
      height: Int(height),
      stride: Int(cairo_image_surface_get_stride(surface)) / 4, pixelsPerInch: 96 * scale, texts: provenance,
      compression: compression)
  }

  private func svg(
    _ layout: FigureLayout, scale: Double, provenance: [(key: String, value: String)]
  ) throws(FigureError) -> [UInt8] {
    let output = StreamOutput()
    let size = size(in: layout)
    let surface = cairo_svg_surface_create_for_stream(
      StreamOutput.append, Unmanaged.passUnretained(output).toOpaque(), size.width, size.height)!
    defer { cairo_surface_destroy(surface) }
    cairo_svg_surface_set_document_unit(surface, CAIRO_SVG_UNIT_PX)
    let texts = try draw(on: surface, layout, scale: scale, unitsPerInch: 96, drawsText: false)
    cairo_surface_finish(surface)
    return finishedSVG(output.bytes, texts: texts, unit: layout.unit, provenance: provenance)
  }

  private func pdf(
    _ layout: FigureLayout, scale: Double, provenance: [(key: String, value: String)]
  ) throws(FigureError) -> [UInt8] {
    let output = StreamOutput()
    // A PDF measures in 1/72 inch.
    let size = size(in: layout)
    let surface = cairo_pdf_surface_create_for_stream(
      StreamOutput.append, Unmanaged.passUnretained(output).toOpaque(), 0.75 * size.width,
      0.75 * size.height)!
    defer { cairo_surface_destroy(surface) }
    let metadata = provenance.map { "\($0.key): \($0.value)" }.joined(separator: "\n")
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_KEYWORDS, metadata)
    // A fixed date, so that the same figure is the same file.
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, "2000-01-01T00:00:00Z")
    _ = try draw(on: surface, layout, scale: scale, unitsPerInch: 72)
    cairo_surface_finish(surface)
    return output.bytes
  }

  /// Draws the figure on a surface, and returns its text.
  private func draw(
    on surface: OpaquePointer, _ layout: FigureLayout, scale: Double, unitsPerInch: Double, drawsText: Bool = true
  ) throws(FigureError) -> [PlacedText] {
    let canvas = Canvas(
      surface: surface, layout: layout, size: points(in: layout), scale: layout.unit * scale,
      unitsPerPoint: layout.unit * unitsPerInch / 96, drawsText: drawsText)
    try draw(on: canvas)
    if let reason = canvas.failure { throw .drawing(reason: reason) }
    return canvas.texts
  }

  /// The text of the figure, in the layout's points.
  func texts(in layout: FigureLayout) throws(FigureError) -> [PlacedText] {
    let surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, 1, 1)!
    defer { cairo_surface_destroy(surface) }
    return try draw(on: surface, layout, scale: 1, unitsPerInch: 96)
  }
}

/// Text with only the names of absolute paths: figures leave the machine that made them.
private func withoutFolders(_ text: String) -> String {
  text.replacing(/(^|[\s'"=,(])\/(?:[^\s'"\/,]+\/)*([^\s'"\/,]+)/) { "\($0.1)\($0.2)" }
}

/// Checks that a PNG text chunk can hold a key and its value; the same for every format.
private func checkProvenance(key: String, value: String) throws(FigureError) {
  guard (1...79).contains(key.utf8.count), key.utf8.allSatisfy({ $0 >= 32 && $0 < 127 }),
    key.first != " ", key.last != " ", !key.contains("  ")
  else {
    throw .provenance(
      key: key, reason: "a key is 1 to 79 ASCII characters without a space at its ends or two in a row")
  }
  guard !value.utf8.contains(0) else {
    throw .provenance(key: key, reason: "a value cannot contain the character 0")
  }
}

/// The bytes that Cairo's vector surfaces write.
private final class StreamOutput {
  var bytes: [UInt8] = []

  static let append: cairo_write_func_t = { output, bytes, count in
    guard let output, let bytes else { return CAIRO_STATUS_WRITE_ERROR }
    Unmanaged<StreamOutput>.fromOpaque(output).takeUnretainedValue().bytes
      .append(contentsOf: UnsafeBufferPointer(start: bytes, count: Int(count)))
    return CAIRO_STATUS_SUCCESS
  }
}
