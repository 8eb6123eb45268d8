import Foundation

/// The confusions of classes: counts, and their shares of the true class.
public struct ConfusionFigure: Figure {
  /// The lines above the one of accuracy, macro F1 and the number of clips.
  public var title: [String]
  public var classes: [String]
  /// Clips, [true class][predicted class].
  public var counts: [[Int]]
  /// 0…1; nil is not printed.
  public var accuracy, macroF1: Double?

  public init(
    title: [String], classes: [String] = EmotionColors.names, counts: [[Int]], accuracy: Double? = nil,
    macroF1: Double? = nil
  ) {
    self.title = title
    self.classes = classes
    self.counts = counts
    self.accuracy = accuracy
    self.macroF1 = macroF1
  }

  /// A cell's side: in a column what the names leave, and else at least what its numbers need.
  private func cell(_ layout: FigureLayout) -> Double {
    let count = Double(max(1, classes.count))
    guard layout.isNarrow else { return max(34, min(58, 420 / count)) }
    return min(58, (layout.width - 2 * layout.margin - Font.label.line - Self.longestName(layout) - 8) / count)
  }

  /// The room of the predicted classes' names under the matrix; they are turned where a column's cells are too narrow for them.
  private func underNames(on canvas: Canvas) -> (areTurned: Bool, height: Double) {
    let room = cell(canvas.layout) - 4
    guard canvas.layout.isNarrow, classes.contains(where: { canvas.width(of: $0, .tick) > room }) else {
      return (false, Font.label.line)
    }
    let longest = classes.map { canvas.width(of: $0, .tick) }.max() ?? 0
    return (true, min(longest, Self.longestName(canvas.layout)) + 2)
  }

  private static func longestName(_ layout: FigureLayout) -> Double { layout.isNarrow ? 66 : 110 }
  private static let barRoom = 76.0

  private var lines: [String] {
    let scores = [("accuracy", accuracy), ("macro F1", macroF1)].compactMap { name, value in
      value.map { "\(name) \(number($0, digits: 3))" }
    }
    return title + [(scores + ["\(counts.joined().reduce(0, +)) clips"]).joined(separator: " · ")]
  }

  public func extent(on canvas: Canvas) -> Size {
    let layout = canvas.layout
    let side = cell(layout) * Double(classes.count)
    let names = Font.label.line + Self.longestName(layout)
    let natural = max(420, 2 * layout.margin + names + side + Self.barRoom)
    let width = layout.isNarrow ? layout.width : natural
    return Size(
      width: width,
      height: canvas.titleHeight(lines.filter { !$0.isEmpty }, width: width - 2 * layout.margin) + side
        + underNames(on: canvas).height + Font.label.line + 12 + (layout.isNarrow ? TimePanel.levelBars : 0)
        + layout.margin)
  }

  public func draw(on canvas: Canvas) throws(FigureError) {
    try check()
    let margin = canvas.layout.margin
    let layout = canvas.layout
    let cell = cell(layout)
    let side = cell * Double(classes.count)
    let under = underNames(on: canvas)
    let names = classes.map { canvas.shortened($0, to: Self.longestName(layout) - 8, .label) }
    let widest = names.map { canvas.width(of: $0, .label) }.max() ?? 0
    let bar = ColorBar.linear(
      "share of the true class (%)", map: Self.map, from: 0, to: 100, height: side / 2)
    let needed = Font.label.line + 4 + widest + 8 + side + (layout.isNarrow ? 0 : 14 + bar.width(on: canvas))
    let left = max(margin, (canvas.bounds.width - needed) / 2) + Font.label.line + 4 + widest + 8
    let top = canvas.drawTitle(
      lines.filter { !$0.isEmpty }, left: margin, right: canvas.bounds.right - margin)
    let frame = canvas.aligned(Rectangle(x: left, y: top, width: side, height: side))
    for (row, line) in counts.enumerated() {
      let total = line.reduce(0, +)
      for (column, count) in line.enumerated() {
        let share = total == 0 ? 0 : Double(count) / Double(total)
        let place = canvas.aligned(
          Rectangle(
            x: frame.left + Double(column) * cell, y: frame.top + Double(row) * cell, width: cell,
            height: cell))
        let color = total == 0 ? Color(0xEEEEEE) : Self.map.color(at: share)
        canvas.fill(place, color)
        let ink = color.luminance > 0.25 ? Color.ink : .white
        let number = String(count)
        let font = canvas.fitted(number, to: cell - 6, count == 0 ? .label : .emphasis)
        canvas.text(
          number, at: Point(x: place.middle.x, y: place.middle.y - Font.tick.line * 0.45), font,
          horizontally: .center, color: ink)
        canvas.text(
          total == 0 ? "–" : percent(share),
          at: Point(x: place.middle.x, y: place.middle.y + Font.tick.line * 0.6),
          layout.isNarrow ? .tick : Font(size: 8.5), horizontally: .center, color: ink)
      }
      canvas.text(
        names[row], at: Point(x: frame.left - 7, y: frame.top + (Double(row) + 0.5) * cell), .label,
        horizontally: .end)
      let place = Point(x: frame.left + (Double(row) + 0.5) * cell, y: frame.bottom + 6)
      guard !under.areTurned else {
        canvas.text(
          canvas.shortened(classes[row], to: under.height, .tick), at: place, .tick, horizontally: .end,
          vertically: .center, turned: true)
        continue
      }
      let short = canvas.fitted(classes[row], to: cell - 4, .label)
      canvas.text(
        canvas.shortened(classes[row], to: cell - 4, short), at: place, short, horizontally: .center,
        vertically: .start)
    }
    canvas.frame(frame)
    canvas.text(
      "Predicted", at: Point(x: frame.middle.x, y: frame.bottom + 6 + under.height + 2), .emphasis,
      horizontally: .center, vertically: .start)
    canvas.text(
      "True", at: Point(x: frame.left - 7 - widest - 6, y: frame.middle.y), .emphasis, horizontally: .center,
      vertically: .end, turned: true)
    guard !layout.isNarrow else {
      let top = frame.bottom + under.height + Font.label.line + 16
      let width = min(side, canvas.bounds.right - margin - 10 - frame.left)
      return bar.drawLevel(on: canvas, left: frame.left, top: top, width: width)
    }
    bar.draw(on: canvas, left: frame.right + 14, top: frame.top, height: side)
  }

  // White to blue in even steps of lightness: what never happens is paper.
  private static let map = ColorMap { ColorMap.diverging.color(at: 0.5 * (1 - $0)) }

  private func percent(_ share: Double) -> String {
    share > 0 && share < 0.005 ? "<1 %" : "\(number(100 * share, digits: 0)) %"
  }

  private func check() throws(FigureError) {
    guard !classes.isEmpty else { throw .empty(name: "classes of the confusion matrix") }
    guard counts.count == classes.count, counts.allSatisfy({ $0.count == classes.count }) else {
      throw .shape(
        name: "confusion matrix", expected: [classes.count, classes.count],
        found: [counts.count, counts.first { $0.count != classes.count }?.count ?? classes.count])
    }
    if let negative = counts.joined().first(where: { $0 < 0 }) {
      throw .outOfRange(name: "confusion matrix", value: Double(negative), expected: "a count")
    }
  }
}
