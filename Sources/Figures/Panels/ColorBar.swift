/// The key to the colours of a picture, upright beside it or, in a column, level below it.
struct ColorBar {
  /// A line that a picture has around its places of this value.
  struct Line {
    var value: Double
    var color: Color
    var width: Double
  }

  /// The meaning of the colours with its unit, and perhaps a second line.
  var label: [String]
  /// The colours from the low end to the high end; white where there are none.
  var colors: [Color] = []
  var lines: [Line] = []
  /// The values at both ends.
  var lower, upper: Double
  var ticks: [Axis.Tick]
  /// True where the picture has values beyond an end, which a point on the bar shows.
  var extendsBelow = false, extendsAbove = false

  private static let thickness = 10.0
  private static let point = 7.0

  func width(on canvas: Canvas) -> Double {
    let numbers = ticks.map { canvas.width(of: $0.label, .tick) }.max() ?? 0
    return Self.thickness + Plot.tickLength + 2 + numbers + 3 + Double(label.count) * Font.tick.line
  }

  func draw(on canvas: Canvas, left: Double, top: Double, height: Double) {
    let left = canvas.aligned(left)
    let bar = Rectangle(
      x: left, y: top + (extendsAbove ? Self.point : 0), width: Self.thickness,
      height: height - (extendsAbove ? Self.point : 0) - (extendsBelow ? Self.point : 0))
    canvas.frame(bar)
    if !colors.isEmpty { drawColors(on: canvas, in: bar) }
    for line in lines {
      let y = bar.bottom - bar.height * (line.value - lower) / (upper - lower)
      canvas.stroke([Point(x: bar.left, y: y), Point(x: bar.right, y: y)], line.color, width: 1.2 * line.width)
    }
    for (extends, edge, tip, color) in [
      (extendsAbove, bar.top, bar.top - Self.point, colors.last),
      (extendsBelow, bar.bottom, bar.bottom + Self.point, colors.first),
    ] where extends {
      let inner = edge + (tip > edge ? 1 : -1) * 0.5
      let corners = [
        Point(x: bar.left - 0.5, y: inner), Point(x: bar.middle.x, y: tip),
        Point(x: bar.right + 0.5, y: inner),
      ]
      canvas.fill(corners, color ?? .white)
      canvas.stroke(corners, .ink, width: 0.8)
    }
    // A number that would touch the one below it is left out; its tick stays.
    var upperEdge = Double.infinity
    for tick in ticks {
      let y = bar.bottom - bar.height * (tick.value - lower) / (upper - lower)
      canvas.rule(from: Point(x: bar.right, y: y), to: Point(x: bar.right + Plot.tickLength, y: y))
      guard y + Font.tick.size / 2 < upperEdge else { continue }
      upperEdge = y - Font.tick.size / 2
      canvas.text(tick.label, at: Point(x: bar.right + Plot.tickLength + 2, y: y), .tick)
    }
    let numbers = ticks.map { canvas.width(of: $0.label, .tick) }.max() ?? 0
    var x = bar.right + Plot.tickLength + 2 + numbers + 3
    // All lines of a label have the size that the longest of them needs.
    let size = label.map { canvas.fitted($0, to: height, .tick).size }.min() ?? Font.tick.size
    for line in label {
      let font = Font(size: size)
      canvas.text(
        canvas.shortened(line, to: height, font), at: Point(x: x, y: top + height / 2), font,
        horizontally: .center, vertically: .start, turned: true)
      x += Font.tick.line
    }
  }

  private func drawColors(on canvas: Canvas, in bar: Rectangle) {
    func color(at position: Double) -> UInt32 {
      colors[min(colors.count - 1, Int(position * Double(colors.count)))].pixel
    }
    canvas.picture(in: bar) { pixels, width, height, stride in
      for y in 0..<height {
        guard bar.width > bar.height else {
          (pixels + y * stride).update(repeating: color(at: 1 - (Double(y) + 0.5) / Double(height)), count: width)
          continue
        }
        for x in 0..<width { pixels[y * stride + x] = color(at: (Double(x) + 0.5) / Double(width)) }
      }
    }
  }

  // MARK: Level, below a picture

  private static let levelThickness = 7.0, labelLines = 2
  /// The height of a level bar with its numbers and its label.
  static let levelHeight = levelThickness + Plot.tickLength + 1 + Font.tick.line * Double(1 + labelLines)

  func drawLevel(on canvas: Canvas, left: Double, top: Double, width: Double) {
    let start = left + (extendsBelow ? Self.point : 0)
    let bar = canvas.aligned(
      Rectangle(
        x: start, y: top, width: left + width - start - (extendsAbove ? Self.point : 0), height: Self.levelThickness))
    func x(_ value: Double) -> Double { bar.left + bar.width * (value - lower) / (upper - lower) }
    canvas.frame(bar)
    if !colors.isEmpty { drawColors(on: canvas, in: bar) }
    for line in lines {
      canvas.stroke(
        [Point(x: x(line.value), y: bar.top), Point(x: x(line.value), y: bar.bottom)], line.color,
        width: 1.2 * line.width)
    }
    for (extends, edge, tip, color) in [
      (extendsAbove, bar.right, bar.right + Self.point, colors.last),
      (extendsBelow, bar.left, bar.left - Self.point, colors.first),
    ] where extends {
      let inner = edge + (tip > edge ? -1 : 1) * 0.5
      let corners = [
        Point(x: inner, y: bar.top - 0.5), Point(x: tip, y: bar.middle.y), Point(x: inner, y: bar.bottom + 0.5),
      ]
      canvas.fill(corners, color ?? .white)
      canvas.stroke(corners, .ink, width: 0.8)
    }
    // Every tick has its number, or every other, or every third.
    let step = (1...max(1, ticks.count)).first { step in
      let named = stride(from: 0, to: ticks.count, by: step).map { ticks[$0] }
      return zip(named, named.dropFirst()).allSatisfy { first, second in
        let widths = canvas.width(of: first.label, .tick) + canvas.width(of: second.label, .tick)
        return x(second.value) - x(first.value) > widths / 2 + 4
      }
    }!
    for (index, tick) in ticks.enumerated() {
      let place = x(tick.value)
      canvas.rule(
        from: Point(x: place, y: bar.bottom), to: Point(x: place, y: bar.bottom + Plot.tickLength))
      guard index % step == 0 else { continue }
      canvas.text(
        tick.label, at: Point(x: place, y: bar.bottom + Plot.tickLength + 1), .tick, horizontally: .center,
        vertically: .start)
    }
    for (line, words) in canvas.wrapped(label.joined(separator: ", "), to: width, .tick, most: Self.labelLines)
      .enumerated()
    {
      canvas.text(
        words,
        at: Point(x: left, y: bar.bottom + Plot.tickLength + 1 + Font.tick.line * Double(line + 1)), .tick,
        vertically: .start)
    }
  }

  /// Draws level bars beside each other, the wider the longer their labels.
  static func drawLevel(_ bars: [ColorBar], on canvas: Canvas, left: Double, right: Double, top: Double) {
    let needs = bars.map {
      min(0.8, max(0.5, canvas.width(of: $0.label.joined(separator: ", "), .tick) / (right - left)))
    }
    let room = right - left - levelGap * Double(bars.count - 1)
    var x = left
    for (bar, need) in zip(bars, needs) {
      let width = room * need / needs.reduce(0, +)
      bar.drawLevel(on: canvas, left: x, top: top, width: width)
      x += width + levelGap
    }
  }

  private static let levelGap = 22.0
}

extension ColorBar {
  static func tickCount(height: Double) -> Int { max(4, min(6, Int(height / 32))) }

  /// A bar for values between two ends, with ticks at round values.
  static func linear(
    _ label: String..., map: ColorMap, from lower: Double, to upper: Double, height: Double,
    extendsBelow: Bool = false, extendsAbove: Bool = false
  ) -> ColorBar {
    ColorBar(
      label: label, colors: map.colors, lower: lower, upper: upper,
      ticks: roundTicks(from: lower, to: upper, count: tickCount(height: height)),
      extendsBelow: extendsBelow, extendsAbove: extendsAbove)
  }
}
