/// A framed area between two axes.
struct Plot {
  var frame: Rectangle
  var x, y: Axis

  func x(_ value: Double) -> Double { frame.left + frame.width * x.fraction(value) }
  func y(_ value: Double) -> Double { frame.bottom - frame.height * y.fraction(value) }
  func point(_ x: Double, _ y: Double) -> Point { Point(x: self.x(x), y: self.y(y)) }

  /// Frame and ticks; the numbers and the names of the axes where asked.
  func drawAxes(on canvas: Canvas, namesX: Bool = true, namesY: Bool = true) {
    canvas.frame(frame)
    var end = -Double.infinity
    for tick in x.ticks {
      let place = x(tick.value)
      canvas.rule(
        from: Point(x: place, y: frame.bottom), to: Point(x: place, y: frame.bottom + Plot.tickLength))
      let half = canvas.width(of: tick.label, .tick) / 2
      guard namesX, place - half > end + 4, place + half <= canvas.bounds.right else { continue }
      canvas.text(
        tick.label, at: Point(x: place, y: frame.bottom + Plot.tickLength + 2), .tick,
        horizontally: .center, vertically: .start)
      end = place + half
    }
    if namesX {
      let below = frame.bottom + Plot.belowWithoutLabel
      let font = canvas.fitted(x.label, to: frame.width, .label)
      let lines = canvas.wrapped(x.label, to: frame.width, font, most: canvas.layout.isNarrow ? 2 : 1)
      for (line, words) in lines.enumerated() {
        canvas.text(
          words, at: Point(x: frame.middle.x, y: below + Double(line) * Font.tick.line), font, horizontally: .center,
          vertically: .start)
      }
    }
    // A number that would touch the one below it is left out; its tick stays.
    var upperEdge = Double.infinity
    for tick in y.ticks {
      let place = y(tick.value)
      canvas.rule(from: Point(x: frame.left - Plot.tickLength, y: place), to: Point(x: frame.left, y: place))
      guard namesY, place + Font.tick.size / 2 < upperEdge else { continue }
      canvas.text(
        tick.label, at: Point(x: frame.left - Plot.tickLength - 3, y: place), .tick, horizontally: .end)
      upperEdge = place - Font.tick.size / 2
    }
    if namesY {
      // Panels of one height differ by a pixel, and are to have one label.
      let isLong = canvas.width(of: y.label, canvas.fitted(y.label, to: frame.height, .label)) > frame.height - 2
      let name = isLong ? y.brief ?? y.label : y.label
      let font = canvas.fitted(name, to: frame.height, .label)
      canvas.text(
        canvas.shortened(name, to: frame.height, font),
        at: Point(
          x: frame.left - Plot.tickLength - 3
            - widestNumber(on: canvas) - 4, y: frame.middle.y), font, horizontally: .center,
        vertically: .end, turned: true)
    }
  }

  static let tickLength = 4.0
  /// The distance from the frame down to the name of the axis, and to its end.
  static let belowWithoutLabel = tickLength + 2 + Font.tick.line
  static let below = belowWithoutLabel + Font.label.line

  private func widestNumber(on canvas: Canvas) -> Double {
    y.ticks.map { canvas.width(of: $0.label, .tick) }.max() ?? 0
  }
}

extension Axis {
  /// The room a vertical axis needs left of its frame, in points.
  func room(on canvas: Canvas) -> Double {
    let numbers = ticks.map { canvas.width(of: $0.label, .tick) }.max() ?? 0
    return Plot.tickLength + 3 + numbers + 4 + (label.isEmpty ? 0 : Font.label.line)
  }
}
