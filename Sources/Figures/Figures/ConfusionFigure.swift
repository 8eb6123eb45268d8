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

  private var cell: Double { max(34, min(58, 420 / Double(max(1, classes.count)))) }
  private var side: Double { cell * Double(classes.count) }

  private static let longestName = 110.0
  private static let barRoom = 76.0

  private var lines: [String] {
    let scores = [("accuracy", accuracy), ("macro F1", macroF1)].compactMap { name, value in
      value.map { "\(name) \(number($0, digits: 3))" }
    }
    return title + [(scores + ["\(counts.joined().reduce(0, +)) clips"]).joined(separator: " · ")]
  }

  public var size: Size {
    // The lines of a ragged matrix cannot be made; `draw` throws an error that names it.
    let lineCount = title.filter { !$0.isEmpty }.count + 1
    let names = Font.label.line + Self.longestName
    let titleHeight = FigureLayout.titleHeight(Array(repeating: "line", count: lineCount))
    return Size(
      width: max(420, 2 * FigureLayout.margin + names + side + Self.barRoom),
      height: titleHeight + side + 2 * Font.label.line + 12 + FigureLayout.margin)
  }

  public func draw(on canvas: Canvas) throws(FigureError) {
    try check()
    let margin = FigureLayout.margin
    let names = classes.map { canvas.shortened($0, to: Self.longestName - 8, .label) }
    let widest = names.map { canvas.width(of: $0, .label) }.max() ?? 0
    let bar = ColorBar.linear(
      "share of the true class (%)", map: Self.map, from: 0, to: 100, height: side / 2)
    let needed = Font.label.line + 4 + widest + 8 + side + 14 + bar.width(on: canvas)
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
          Font(size: 8.5), horizontally: .center, color: ink)
      }
      canvas.text(
        names[row], at: Point(x: frame.left - 7, y: frame.top + (Double(row) + 0.5) * cell), .label,
        horizontally: .end)
      let short = canvas.fitted(classes[row], to: cell - 4, .label)
      canvas.text(
        canvas.shortened(classes[row], to: cell - 4, short),
        at: Point(x: frame.left + (Double(row) + 0.5) * cell, y: frame.bottom + 6), short,
        horizontally: .center,
        vertically: .start)
    }
    canvas.frame(frame)
    canvas.text(
      "Predicted", at: Point(x: frame.middle.x, y: frame.bottom + 6 + Font.label.line + 2), .emphasis,
      horizontally: .center, vertically: .start)
    canvas.text(
      "True", at: Point(x: frame.left - 7 - widest - 6, y: frame.middle.y), .emphasis, horizontally: .center,
      vertically: .end, turned: true)
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
