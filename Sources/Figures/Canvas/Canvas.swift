import Basics
import CCairo
import Foundation

/// The surface that a figure draws on: pixels, an SVG or a PDF, all measured in the points of its layout from the top left
/// corner. A figure gets one from `Figure.encoded`; nothing else makes one.
public final class Canvas {
  /// The whole picture, in points.
  let bounds: Rectangle
  let layout: FigureLayout
  /// Device pixels per point; in SVG and PDF, pixels of the embedded heat maps per point.
  let scale: Double
  /// The lines of text written so far.
  private(set) var texts: [PlacedText] = []
  /// False where text is only noted, because Cairo's SVG has no text but outlines.
  private let drawsText: Bool

  private let context: OpaquePointer
  private let surface: OpaquePointer
  private let regular = Canvas.faces(CAIRO_FONT_WEIGHT_NORMAL)
  private let bold = Canvas.faces(CAIRO_FONT_WEIGHT_BOLD)

  /// Font families in the order in which they are asked for a character: Cairo itself looks into one font only. Where one is not
  /// installed, fontconfig takes the system's sans-serif in its place. The second and third have Chinese, Japanese
  /// and Korean.
  static let families = ["DejaVu Sans", "Noto Sans CJK JP", "WenQuanYi Micro Hei"]

  private static func faces(_ weight: cairo_font_weight_t) -> [OpaquePointer?] {
    families.map { cairo_toy_font_face_create($0, CAIRO_FONT_SLANT_NORMAL, weight) }
  }

  /// Draws on `surface`, which stays the caller's.
  init(
    surface: OpaquePointer, layout: FigureLayout, size: Size, scale: Double, unitsPerPoint: Double,
    drawsText: Bool = true
  ) {
    self.surface = surface
    self.layout = layout
    self.scale = scale
    self.drawsText = drawsText
    bounds = Rectangle(x: 0, y: 0, width: size.width, height: size.height)
    context = cairo_create(surface)
    cairo_scale(context, unitsPerPoint, unitsPerPoint)
    // Unhinted text has the same widths at every scale and in every format, and so the same layout.
    let options = cairo_font_options_create()
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE)
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY)
    cairo_set_font_options(context, options)
    cairo_font_options_destroy(options)
    cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND)
    // All of it, also where the size ends within a pixel.
    setSource(.white, 1)
    cairo_paint(context)
  }

  deinit {
    cairo_destroy(context)
    (regular + bold).forEach(cairo_font_face_destroy)
  }

  /// Cairo's complaint, if it has one: it draws nothing more after its first.
  var failure: String? {
    let status = cairo_status(context)
    return status == CAIRO_STATUS_SUCCESS ? nil : String(cString: cairo_status_to_string(status))
  }

  // MARK: Shapes

  /// A coordinate moved to the nearest edge between pixels, where straight lines are sharp.
  func aligned(_ coordinate: Double) -> Double { (coordinate * scale).rounded() / scale }

  func aligned(_ rectangle: Rectangle) -> Rectangle {
    let left = aligned(rectangle.left)
    let top = aligned(rectangle.top)
    return Rectangle(
      x: left, y: top, width: aligned(rectangle.right) - left, height: aligned(rectangle.bottom) - top)
  }

  func fill(_ rectangle: Rectangle, _ color: Color, alpha: Double = 1) {
    setSource(color, alpha)
    cairo_rectangle(context, rectangle.x, rectangle.y, rectangle.width, rectangle.height)
    cairo_fill(context)
  }

  func fill(_ polygon: [Point], _ color: Color, alpha: Double = 1) {
    setSource(color, alpha)
    trace(polygon)
    cairo_close_path(context)
    cairo_fill(context)
  }

  /// A line of even width, dashed by the lengths of `dashes` in points.
  func stroke(
    _ points: [Point], _ color: Color, width: Double = 1, dashes: [Double] = [], alpha: Double = 1
  ) {
    stroke([points], color, width: width, dashes: dashes, alpha: alpha)
  }

  /// Lines of one colour and width, which do not darken each other where they cross.
  func stroke(
    _ lines: [[Point]], _ color: Color, width: Double, dashes: [Double] = [], alpha: Double = 1
  ) {
    setSource(color, alpha)
    cairo_set_line_width(context, width)
    cairo_set_dash(context, dashes, Int32(dashes.count), 0)
    lines.forEach(trace)
    cairo_stroke(context)
  }

  /// A dot on a curve, ringed with white.
  func dot(at place: Point, radius: Double, _ color: Color) {
    for (radius, color) in [(radius + 1, Color.white), (radius, color)] {
      setSource(color, 1)
      cairo_new_sub_path(context)
      cairo_arc(context, place.x, place.y, radius, 0, 2 * .pi)
      cairo_fill(context)
    }
  }

  /// The edges of a rectangle, as sharp lines just outside it.
  func frame(_ rectangle: Rectangle, _ color: Color = .ink) {
    let line = max(1, (0.8 * scale).rounded(.down)) / scale
    let inner = aligned(rectangle)
    let width = inner.width + 2 * line
    fill(Rectangle(x: inner.x - line, y: inner.y - line, width: width, height: line), color)
    fill(Rectangle(x: inner.x - line, y: inner.bottom, width: width, height: line), color)
    fill(Rectangle(x: inner.x - line, y: inner.y, width: line, height: inner.height), color)
    fill(Rectangle(x: inner.right, y: inner.y, width: line, height: inner.height), color)
  }

  /// A sharp thin line, upright or level.
  func rule(from start: Point, to end: Point, _ color: Color = .ink) {
    let line = max(1, (0.8 * scale).rounded(.down)) / scale
    let left = aligned(min(start.x, end.x))
    let top = aligned(min(start.y, end.y))
    fill(
      Rectangle(
        x: left, y: top, width: max(line, aligned(max(start.x, end.x)) - left),
        height: max(line, aligned(max(start.y, end.y)) - top)), color)
  }

  /// Runs `draw` with everything outside `rectangle` cut off.
  func clipped(to rectangle: Rectangle, _ draw: () -> Void) {
    cairo_save(context)
    cairo_rectangle(context, rectangle.x, rectangle.y, rectangle.width, rectangle.height)
    cairo_clip(context)
    draw()
    cairo_restore(context)
  }

  /// Fills `rectangle`, moved to whole pixels, with a picture made for just that many pixels: `paint` gets
  /// room for width × height pixels 0x00RRGGBB, `stride` apart from row to row.
  func picture(
    in rectangle: Rectangle,
    paint: (_ pixels: UnsafeMutablePointer<UInt32>, _ width: Int, _ height: Int, _ stride: Int) -> Void
  ) {
    let place = aligned(rectangle)
    let width = Int((place.width * scale).rounded())
    let height = Int((place.height * scale).rounded())
    guard width > 0, height > 0 else { return }
    let image = cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(width), Int32(height))
    defer { cairo_surface_destroy(image) }
    if let data = cairo_image_surface_get_data(image) {
      let stride = Int(cairo_image_surface_get_stride(image)) / 4
      data.withMemoryRebound(to: UInt32.self, capacity: stride * height) {
        paint($0, width, height, stride)
      }
      cairo_surface_mark_dirty(image)
    }
    cairo_save(context)
    cairo_translate(context, place.x, place.y)
    cairo_scale(context, 1 / scale, 1 / scale)
    cairo_set_source_surface(context, image, 0, 0)
    cairo_pattern_set_filter(cairo_get_source(context), CAIRO_FILTER_NEAREST)
    cairo_paint(context)
    cairo_restore(context)
  }

  private func setSource(_ color: Color, _ alpha: Double) {
    cairo_set_source_rgba(
      context, Double(color.red) / 255, Double(color.green) / 255, Double(color.blue) / 255, alpha)
  }

  private func trace(_ points: [Point]) {
    for (index, point) in points.enumerated() {
      if index == 0 {
        cairo_move_to(context, point.x, point.y)
      } else {
        cairo_line_to(context, point.x, point.y)
      }
    }
  }

  // MARK: Text

  /// The width of a line of text, in points.
  func width(of text: String, _ font: Font) -> Double {
    var width = 0.0
    forEachRun(of: text, font) { run in
      var extents = cairo_text_extents_t()
      cairo_text_extents(context, run, &extents)
      width += extents.x_advance
    }
    return width
  }

  /// Writes one line of text: `place` is its left, middle or right, and its top, middle or bottom. Text
  /// that is `turned` reads upwards; its left is then its lower end and its top its left side.
  func text(
    _ text: String, at place: Point, _ font: Font, horizontally: Alignment = .start,
    vertically: Alignment = .center, turned: Bool = false, color: Color = .ink
  ) {
    let width = self.width(of: text, font)
    let x = horizontally == .start ? 0 : horizontally == .center ? -width / 2 : -width
    // Between the capital's height and the descent, which are 0.73 and 0.24 of the size in DejaVu Sans.
    let y =
      switch vertically {
      case .start: 0.76 * font.size
      case .center: 0.36 * font.size
      case .end: -0.24 * font.size
      }
    texts.append(
      PlacedText(
        words: Self.drawable(text), place: place, start: x, baseline: y, width: width, font: font,
        alignment: horizontally, isTurned: turned, color: color))
    guard drawsText else { return }
    setSource(color, 1)
    cairo_save(context)
    cairo_translate(context, place.x, place.y)
    if turned { cairo_rotate(context, -.pi / 2) }
    cairo_move_to(context, x, y)
    // Each goes on where the one before has ended.
    forEachRun(of: text, font) { cairo_show_text(context, $0) }
    cairo_restore(context)
  }

  /// The text in pieces, each with the first face chosen that has its characters; the first of all where none has.
  private func forEachRun(of text: String, _ font: Font, _ body: (String) -> Void) {
    let faces = font.isBold ? bold : regular
    cairo_set_font_size(context, font.size)
    var run = (face: faces[0], text: "")
    for character in Self.drawable(text) {
      let face = character.isASCII ? faces[0] : faces.first { has(character, $0) } ?? faces[0]
      if face != run.face, !run.text.isEmpty {
        cairo_set_font_face(context, run.face)
        body(run.text)
        run.text = ""
      }
      run.face = face
      run.text.append(character)
    }
    cairo_set_font_face(context, run.face)
    body(run.text)
  }

  /// True where a face has glyphs for a character; 0 is the one for what a font does not have.
  private func has(_ character: Character, _ face: OpaquePointer?) -> Bool {
    cairo_set_font_face(context, face)
    var glyphs: UnsafeMutablePointer<cairo_glyph_t>?
    var count: Int32 = 0
    let status = cairo_scaled_font_text_to_glyphs(
      cairo_get_scaled_font(context), 0, 0, String(character), -1, &glyphs, &count, nil, nil, nil)
    defer { cairo_glyph_free(glyphs) }
    return status == CAIRO_STATUS_SUCCESS
      && UnsafeBufferPointer(start: glyphs, count: Int(count)).allSatisfy { $0.index != 0 }
  }

  /// Composed, because Cairo puts one glyph after the other, with control characters made visible and on one line.
  private static func drawable(_ text: String) -> String {
    if text.utf8.allSatisfy({ $0 >= 32 && $0 < 127 }) { return text }
    let composed = visible(text).precomposedStringWithCanonicalMapping
    return String(
      String.UnicodeScalarView(
        composed.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
  }
}

enum Alignment {
  case start, center, end
}

/// A line of text where it stands on a canvas.
struct PlacedText {
  var words: String
  /// Its place as given, about which it is turned.
  var place: Point
  /// From the place to the text's left end and down to its baseline, along the text.
  var start, baseline: Double
  var width: Double
  var font: Font
  var alignment: Alignment
  var isTurned: Bool
  var color: Color

  /// What it covers, from the capitals' height to the descent.
  var bounds: Rectangle {
    let (top, height) = (baseline - 0.76 * font.size, font.size)
    return isTurned
      ? Rectangle(x: place.x + top, y: place.y - start - width, width: height, height: width)
      : Rectangle(x: place.x + start, y: place.y + top, width: width, height: height)
  }
}
