import Foundation

/// Measures of the attributions of each emotion, each with its interval, and claims about them with their verdicts.
public struct EmotionMeasuresFigure: Figure {
  public typealias Value = (mean: Double, low: Double, high: Double)

  /// One measure of all emotions.
  public struct Panel: Sendable {
    public var title, unit: String
    /// True where zero, no preference, is the middle of the axis.
    public var isCentred: Bool
    /// The value of each emotion; nil where there is none.
    public var values: [Value?]

    public init(title: String, unit: String, isCentred: Bool = true, values: [Value?]) {
      (self.title, self.unit, self.isCentred, self.values) = (title, unit, isCentred, values)
    }
  }

  public struct Claim: Sendable {
    public var words, measure: String
    public var effect: Value
    /// False where the effect has no interval.
    public var hasInterval: Bool
    /// The verdict: "holds", "does not hold" or "undecided".
    public var verdict: String

    public init(words: String, measure: String, effect: Value, hasInterval: Bool = true, verdict: String) {
      (self.words, self.measure, self.effect, self.verdict) = (words, measure, effect, verdict)
      self.hasInterval = hasInterval
    }
  }

  public var title: [String]
  public var emotions: [(name: String, clips: Int)]
  public var panels: [Panel]
  public var claims: [Claim]

  public init(title: [String], emotions: [(name: String, clips: Int)], panels: [Panel], claims: [Claim] = []) {
    (self.title, self.emotions, self.panels, self.claims) = (title, emotions, panels, claims)
  }

  private static func panelsInRow(_ layout: FigureLayout) -> Int { layout.isNarrow ? 2 : 3 }
  private static let between = 24.0
  private static let aboveClaims = Font.emphasis.line + 3
  /// In a column the name of an axis may have two lines.
  private static func below(_ layout: FigureLayout) -> Double {
    Plot.below + 8 + (layout.isNarrow ? Font.label.line : 0)
  }
  private static let verdictWidth = 92.0

  private var panelHeight: Double { IntervalPanel.height(rows: emotions.count) }
  private func panelRows(_ layout: FigureLayout) -> Int {
    let most = Self.panelsInRow(layout)
    return (panels.count + most - 1) / most
  }

  public func extent(on canvas: Canvas) -> Size {
    let claimed = claims.map { Self.height(of: Self.lines(of: $0, on: canvas)) }
    return Size(
      width: canvas.layout.width,
      height: canvas.titleHeight(title)
        + Double(panelRows(canvas.layout))
        * (IntervalPanel.above(canvas.layout) + panelHeight + Self.below(canvas.layout))
        + (claims.isEmpty ? 0 : Self.aboveClaims + claimed.reduce(0, +)) + canvas.layout.margin)
  }

  public func draw(on canvas: Canvas) throws(FigureError) {
    try check()
    let margin = canvas.layout.margin
    // The last number may stand half over its panel's edge.
    let right = canvas.bounds.right - margin - 6
    var top = canvas.drawTitle(title, left: margin, right: canvas.bounds.right - margin)
    let panelsInRow = Self.panelsInRow(canvas.layout)
    let names = emotions.map { canvas.shortened("\($0.name) (\($0.clips))", to: 130, .label) }
    let left = margin + (names.map { canvas.width(of: $0, .label) }.max() ?? 0) + 10
    let width = (right - left + Self.between) / Double(panelsInRow) - Self.between
    let colors = emotions.enumerated().map { EmotionColors.color(of: $0.element.name, index: $0.offset) }
    for row in 0..<panelRows(canvas.layout) {
      top += IntervalPanel.above(canvas.layout)
      for (index, name) in names.enumerated() {
        canvas.text(
          name, at: Point(x: left - 10, y: IntervalPanel.y(of: index, under: top)), .label, horizontally: .end)
      }
      for (column, panel) in panels.dropFirst(row * panelsInRow).prefix(panelsInRow).enumerated() {
        let frame = canvas.aligned(
          Rectangle(
            x: left + Double(column) * (width + Self.between), y: top, width: width, height: panelHeight))
        IntervalPanel(
          title: panel.title, unit: panel.unit, values: panel.values, colors: colors,
          mark: panel.isCentred ? 0 : nil, hasZero: panel.isCentred, isSymmetric: panel.isCentred
        ).draw(on: canvas, in: frame)
      }
      top += panelHeight + Self.below(canvas.layout)
    }
    drawClaims(on: canvas, left: margin, right: right, top: top)
  }

  /// Draws the claims of the report with their verdicts on these clips.
  private func drawClaims(on canvas: Canvas, left: Double, right: Double, top: Double) {
    guard !claims.isEmpty else { return }
    canvas.text("Claims of the report on these emotions", at: Point(x: left, y: top), .emphasis, vertically: .start)
    var y = top + Self.aboveClaims
    for claim in claims {
      let lines = Self.lines(of: claim, on: canvas)
      let badge = 2 * Font.label.line - 2
      let color =
        claim.verdict == "holds" ? Color(0x00694C) : claim.verdict == "does not hold" ? Color(0xB03A00) : .secondaryInk
      canvas.fill(Rectangle(x: left, y: y, width: Self.verdictWidth, height: badge), color)
      canvas.text(
        claim.verdict, at: Point(x: left + Self.verdictWidth / 2, y: y + badge / 2), .emphasis,
        horizontally: .center,
        color: .white)
      for (line, words) in lines.enumerated() {
        canvas.text(
          words.text, at: Point(x: left + Self.verdictWidth + 10, y: y + Double(line) * Font.label.line), .label,
          vertically: .start, color: words.color)
      }
      y += Self.height(of: lines)
    }
  }

  /// A claim and its effect; in a column in as many lines as they need, and else one each.
  private static func lines(of claim: Claim, on canvas: Canvas) -> [(text: String, color: Color)] {
    let digits = abs(claim.effect.mean) < 10 ? 2 : 0
    let numbers = [claim.effect.mean, claim.effect.low, claim.effect.high].map { number($0, digits: digits) }
    let interval = claim.hasInterval ? "\(numbers[1]) to \(numbers[2])" : "no interval"
    let effect = "\(claim.measure): \(numbers[0]) (\(interval)) beside the other emotions"
    let width = canvas.layout.width - 2 * canvas.layout.margin - 6 - verdictWidth - 10
    return [(claim.words, Color.ink), (effect, .secondaryInk)].flatMap { words, color in
      (canvas.layout.isNarrow
        ? canvas.wrapped(words, to: width, .label) : [canvas.shortened(words, to: width, .label)]).map { ($0, color) }
    }
  }

  private static func height(of lines: [(text: String, color: Color)]) -> Double {
    Double(max(2, lines.count)) * Font.label.line + 6
  }

  private func check() throws(FigureError) {
    guard !emotions.isEmpty else { throw .empty(name: "emotions of the measures") }
    for panel in panels {
      guard panel.values.count == emotions.count else {
        throw .shape(name: panel.title, expected: [emotions.count], found: [panel.values.count])
      }
      for (index, value) in panel.values.enumerated() {
        guard let value, ![value.mean, value.low, value.high].allSatisfy(\.isFinite) else { continue }
        throw .notFinite(name: panel.title, index: index)
      }
    }
  }
}
