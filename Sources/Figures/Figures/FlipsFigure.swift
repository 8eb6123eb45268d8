/// From each emotion that a model says to each other: how often an edit within limits makes it say that, how large it is, and
/// what it changes.
public struct FlipsFigure: Figure {
  public struct Cell: Sendable {
    public var from, to: Int
    /// The share of clips with such an edit.
    public var share: Double
    /// The mean size in just-noticeable steps; nil where no clip has one.
    public var size: Double?
    /// What is changed most, a line each.
    public var words: [String]

    public init(from: Int, to: Int, share: Double, size: Double?, words: [String]) {
      (self.from, self.to, self.share, self.size, self.words) = (from, to, share, size, words)
    }
  }

  public var title: [String]
  public var emotions: [String]
  public var cells: [Cell]

  public init(title: [String], emotions: [String], cells: [Cell]) {
    (self.title, self.emotions, self.cells) = (title, emotions, cells)
  }

  private static let color = Color(0x0072B2)

  private static func height(_ layout: FigureLayout) -> Double {
    layout.isNarrow ? 2 * Font.tick.line + 8 : 4 * Font.tick.line + 10
  }

  public func extent(on canvas: Canvas) -> Size {
    let layout = canvas.layout
    return Size(
      width: layout.width,
      height: canvas.titleHeight(title) + 2 * (Font.label.line + 4)
        + Double(emotions.count) * Self.height(layout) + layout.margin)
  }

  public func draw(on canvas: Canvas) throws(FigureError) {
    try check()
    let (layout, margin) = (canvas.layout, canvas.layout.margin)
    var top = canvas.drawTitle(title, left: margin, right: canvas.bounds.right - margin)
    let names = emotions.map { canvas.shortened($0, to: 90, .label) }
    let left = margin + 8 + (names.map { canvas.width(of: $0, .label) }.max() ?? 0) + Font.label.line + 4
    let width = (canvas.bounds.right - margin - left) / Double(emotions.count)
    let height = Self.height(layout)
    canvas.text("made to say", at: Point(x: left, y: top), .emphasis, vertically: .start)
    top += Font.label.line + 4
    for (index, name) in names.enumerated() {
      let own = canvas.shortened(name, to: width - 4, .label)
      canvas.text(
        own, at: Point(x: left + (Double(index) + 0.5) * width, y: top), .label, horizontally: .center,
        vertically: .start)
    }
    top += Font.label.line + 4
    for (index, name) in names.enumerated() {
      canvas.text(
        name, at: Point(x: left - 8, y: top + (Double(index) + 0.5) * height), .label, horizontally: .end)
    }
    canvas.text(
      "predicted as it is", at: Point(x: margin, y: top + Double(emotions.count) * height / 2), .emphasis,
      horizontally: .center, vertically: .start, turned: true)
    let whole = Rectangle(
      x: left, y: top, width: width * Double(emotions.count), height: height * Double(emotions.count))
    for cell in cells {
      let frame = canvas.aligned(
        Rectangle(
          x: left + Double(cell.to) * width, y: top + Double(cell.from) * height, width: width, height: height))
      canvas.fill(frame, Self.color, alpha: 0.75 * cell.share)
      draw(cell, on: canvas, in: frame)
    }
    for index in 0...emotions.count {
      let (x, y) = (left + Double(index) * width, top + Double(index) * height)
      canvas.rule(from: Point(x: x, y: whole.top), to: Point(x: x, y: whole.bottom), .rule)
      canvas.rule(from: Point(x: whole.left, y: y), to: Point(x: whole.right, y: y), .rule)
    }
    canvas.frame(whole)
  }

  private func draw(_ cell: Cell, on canvas: Canvas, in frame: Rectangle) {
    let color = cell.share > 0.8 ? Color.white : Color.ink
    var lines = ["\(Int((100 * cell.share).rounded())) %"]
    if let size = cell.size {
      if canvas.layout.isNarrow {
        lines.append(number(size, digits: 1))
      } else {
        lines[0] += ", \(number(size, digits: 1))"
        lines += cell.words
      }
    }
    let start = frame.middle.y - Double(lines.count - 1) / 2 * Font.tick.line
    for (index, line) in lines.enumerated() {
      canvas.text(
        canvas.shortened(line, to: frame.width - 4, .tick),
        at: Point(x: frame.middle.x, y: start + Double(index) * Font.tick.line), .tick, horizontally: .center,
        color: color)
    }
  }

  private func check() throws(FigureError) {
    guard !emotions.isEmpty, !cells.isEmpty else { throw .empty(name: "flips between emotions") }
    for cell in cells {
      guard emotions.indices.contains(cell.from), emotions.indices.contains(cell.to) else {
        throw .shape(name: "emotions of the flips", expected: [emotions.count], found: [max(cell.from, cell.to) + 1])
      }
      guard (0...1).contains(cell.share) else {
        throw .outOfRange(name: "share of clips", value: cell.share, expected: "between 0 and 1")
      }
    }
  }
}
