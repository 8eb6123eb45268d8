import Basics
import Foundation

/// Attention as it is: a matrix for each head of each layer, and below, over one time axis, where it looks in the clip.
public struct AttentionFigure: OverlaidFigure {
  /// Weights of attention: [rows × rows], each row a taker, the first one on top.
  public struct Matrix: Sendable {
    public var values: [Float]
    public var rows: Int

    public init(values: [Float], rows: Int) { (self.values, self.rows) = (values, rows) }
  }

  /// An input over time, with the attention on it.
  public struct Strip: Sendable {
    public var name: String
    public var input: ExplainedInput

    public init(name: String, input: ExplainedInput) { (self.name, self.input) = (name, input) }
  }

  public var title: [String]
  /// [layer][head].
  public var matrices: [[Matrix]]
  /// The names along both sides of a matrix: "channel", "frame".
  public var takers, givers: String
  /// The names of a matrix's rows, where they are few; then the numbers stand in the cells.
  public var names: [String]
  public var strips: [Strip]
  /// Seconds, of the strips.
  public var duration: Double
  /// The clip's place in its file, whose time the axis has; nil where the clip is all there is.
  public var place: ClipPlace?
  public var overlay: AttributionOverlay

  public init(
    title: [String], matrices: [[Matrix]], takers: String, givers: String, names: [String] = [],
    strips: [Strip] = [], duration: Double, overlay: AttributionOverlay = .standard
  ) {
    (self.title, self.matrices, self.takers, self.givers) = (title, matrices, takers, givers)
    (self.names, self.strips, self.duration) = (names, strips, duration)
    self.overlay = overlay
  }

  private static let barRoom = 74.0, rowRoom = 66.0, nameRoom = 80.0
  private static let caption = Font.label.line + 2

  /// The distances of the matrices in a layout.
  private struct Grid {
    let gap, left, side: Double
    /// True where there is room for numbers along a matrix's sides.
    let hasAxes: Bool
    /// Under a matrix; and from one to the next.
    let below, rowHeight: Double
    let height: Double
  }

  private func grid(in layout: FigureLayout) -> Grid {
    let heads = Double(matrices.map(\.count).max() ?? 1)
    let gap: Double = heads > 6 ? 3 : 14
    let left = layout.margin + (layout.isNarrow ? 48 : Self.rowRoom) + (names.isEmpty ? 0 : Self.nameRoom - 20)
    let room = layout.width - left - layout.margin - (layout.isNarrow ? 4 : Self.barRoom)
    let side = min(190, (room + gap) / heads - gap)
    let hasAxes = names.isEmpty && side >= (layout.isNarrow ? 60 : 100)
    let below = hasAxes ? Plot.below : names.isEmpty ? 0 : Font.tick.line + 4
    let rowHeight = side + (hasAxes || !names.isEmpty ? below + 8 : gap)
    return Grid(
      gap: gap, left: left, side: side, hasAxes: hasAxes, below: below, rowHeight: rowHeight,
      height: Self.caption + Double(matrices.count) * rowHeight + (layout.isNarrow ? TimePanel.levelBars : 0))
  }

  private func lines(_ layout: FigureLayout) -> [String] {
    title + (strips.isEmpty ? [] : ClipTime.remark(duration, in: place, layout))
  }

  private static func stripHeight(_ layout: FigureLayout) -> Double { layout.height(129) }

  public func extent(on canvas: Canvas) -> Size {
    let layout = canvas.layout
    let strips = strips.reduce(0) {
      $0 + TimePanel.stackHeight($1.input, overlay: overlay, height: Self.stripHeight(layout)) + Self.caption
        + TimePanel.barsHeight($1.input, overlay: overlay, layout) + FigureLayout.gap
    }
    return Size(
      width: canvas.layout.width,
      height: canvas.titleHeight(lines(layout)) + grid(in: layout).height + 10 + strips
        + (self.strips.isEmpty ? 0 : Plot.below)
        + canvas.layout.margin)
  }

  public func draw(on canvas: Canvas) throws(FigureError) {
    try check()
    let margin = canvas.layout.margin
    let layout = canvas.layout
    var top = canvas.drawTitle(lines(layout), left: margin, right: canvas.bounds.right - margin)
    let grid = grid(in: layout)
    try drawGrid(grid, on: canvas, top: top)
    top += grid.height + 10
    let stacks = strips.map {
      TimePanel.stack($0.input, overlay: overlay, duration: duration, height: Self.stripHeight(layout))
    }
    let panels = stacks.flatMap { $0 }
    let time = ClipTime(duration, in: place, ticks: layout.ticks(10))
    let left = margin + (panels.map { $0.axis.room(on: canvas) }.max() ?? 0)
    let room = layout.isNarrow ? 0 : panels.compactMap { $0.bars.first?.width(on: canvas) }.max() ?? 0
    let right = canvas.bounds.right - margin - room - (layout.isNarrow ? 8 : 12)
    for (index, (strip, stack)) in zip(strips, stacks).enumerated() {
      canvas.text(
        canvas.shortened(strip.name, to: right - left, .emphasis), at: Point(x: left, y: top), .emphasis,
        vertically: .start)
      top += Self.caption
      for (number, panel) in stack.enumerated() {
        let isLowest = number == stack.count - 1
        let frame = canvas.aligned(Rectangle(x: left, y: top, width: right - left, height: panel.height))
        let plot = Plot(frame: frame, x: time.axis, y: panel.axis)
        time.drawUnused(on: canvas, in: plot, isNamed: index == 0 && number == 0)
        panel.draw(canvas, plot)
        let isNamed = isLowest && index == strips.count - 1
        plot.drawAxes(on: canvas, namesX: isNamed)
        if !layout.isNarrow {
          panel.bars.first?.draw(on: canvas, left: right + 12, top: frame.top, height: frame.height)
        } else if let bar = panel.bars.first {
          let below = frame.bottom + (isNamed ? Plot.below : Plot.tickLength) + 4
          bar.drawLevel(on: canvas, left: left, top: below, width: right - left)
          top += TimePanel.levelBars
        }
        top += panel.height + (isLowest ? FigureLayout.gap : TimePanel.gap)
      }
    }
  }

  private func drawGrid(_ grid: Grid, on canvas: Canvas, top: Double) throws(FigureError) {
    let (left, side, gap) = (grid.left, grid.side, grid.gap)
    let drawn = try pooled(to: Int(side * canvas.scale))
    let values = drawn.joined().flatMap(\.values)
    let largest = values.max() ?? 1
    var all = OrderStatistics(values)
    let robust = Double(all.percentile(0.995))
    // Numbers that stand in the cells are drawn to their maximum.
    let limit = names.isEmpty && robust > 0 ? robust : Double(max(largest, .leastNormalMagnitude))
    for (layer, row) in drawn.enumerated() {
      let y = top + Self.caption + Double(layer) * grid.rowHeight
      if matrices.count > 1 {
        let room = left - canvas.layout.margin - 6 - (names.isEmpty ? 0 : Self.nameRoom)
        if grid.hasAxes {
          // Beside the axis's own name there is room for a turned one.
          canvas.text(
            canvas.shortened("layer \(layer + 1)", to: side, .label),
            at: Point(x: canvas.layout.margin + Font.label.line, y: y + side / 2), .label, horizontally: .center,
            vertically: .end, turned: true)
        } else {
          canvas.text(
            canvas.shortened("layer \(layer + 1)", to: max(room, 44), .label),
            at: Point(x: canvas.layout.margin, y: y + side / 2), .label)
        }
      }
      for (head, matrix) in row.enumerated() {
        let frame = canvas.aligned(
          Rectangle(x: left + Double(head) * (side + gap), y: y, width: side, height: side))
        if layer == 0 {
          canvas.text(
            canvas.shortened(side < 50 ? String(head + 1) : "head \(head + 1)", to: side, .label),
            at: Point(x: frame.middle.x, y: y - Self.caption), .label, horizontally: .center, vertically: .start)
        }
        draw(
          matrix, of: matrices[layer][head].rows, hasAxes: grid.hasAxes, limit: limit, on: canvas, in: frame,
          isFirst: head == 0,
          isLast: layer == matrices.count - 1)
      }
    }
    if side < 50 {
      canvas.text(
        "head", at: Point(x: left - 6, y: top), .label, horizontally: .end, vertically: .start)
    }
    let height = min(max(120, grid.height - Self.caption - grid.below), 220)
    let bar = ColorBar.linear(
      "attention (rows sum to 1)", map: .viridis, from: 0, to: limit, height: height,
      extendsAbove: Double(largest) > limit)
    guard !canvas.layout.isNarrow else {
      return bar.drawLevel(
        on: canvas, left: left, top: top + grid.height - TimePanel.levelBars + 8,
        width: canvas.bounds.right - canvas.layout.margin - 8 - left)
    }
    let heads = Double(matrices.map(\.count).max() ?? 1)
    bar.draw(on: canvas, left: left + heads * (side + gap) - gap + 12, top: top + Self.caption, height: height)
  }

  /// The matrices, each reduced to at most so many rows, on all cores: HuBERT's have nine million numbers.
  private func pooled(to most: Int) throws(FigureError) -> [[Matrix]] {
    let all = matrices.flatMap { $0 }
    let found = concurrentMap(count: all.count) { all[$0].pooled(to: most) }
    var start = 0
    let drawn = matrices.map { row in
      defer { start += row.count }
      return Array(found[start..<(start + row.count)])
    }
    for (layer, row) in drawn.enumerated() {
      // A mean is not finite where one of its numbers is not.
      for (head, matrix) in row.enumerated() where !matrix.values.allSatisfy(\.isFinite) {
        try checkFinite(matrices[layer][head].values, name: "attention of layer \(layer + 1), head \(head + 1)")
      }
    }
    return drawn
  }

  private func draw(
    _ matrix: Matrix, of rows: Int, hasAxes: Bool, limit: Double, on canvas: Canvas, in frame: Rectangle, isFirst: Bool,
    isLast: Bool
  ) {
    Heatmap(matrix.values, rows: matrix.rows, columns: matrix.rows, map: .viridis, lower: 0, upper: limit).draw(
      on: canvas, in: frame, left: -0.5, right: Double(matrix.rows) - 0.5, top: -0.5,
      bottom: Double(matrix.rows) - 0.5)
    guard !names.isEmpty else {
      guard hasAxes else { return canvas.frame(frame) }
      let end = Double(rows)
      var vertical = Axis.linear(takers, from: 0, to: end, ticks: canvas.layout.ticks(4))
      // The first row is on top.
      vertical.ticks = vertical.ticks.map { .init(value: end - $0.value, label: $0.label) }.reversed()
      return Plot(frame: frame, x: .linear(givers, from: 0, to: end, ticks: canvas.layout.ticks(4)), y: vertical)
        .drawAxes(on: canvas, namesY: isFirst)
    }
    canvas.frame(frame)
    let cell = frame.width / Double(rows)
    for index in matrix.values.indices {
      let (row, column) = (index / rows, index % rows)
      let color = ColorMap.viridis.color(at: Double(matrix.values[index]) / limit)
      let words = number(Double(matrix.values[index]), digits: 2)
      let place = Point(x: frame.left + (Double(column) + 0.5) * cell, y: frame.top + (Double(row) + 0.5) * cell)
      canvas.text(
        words, at: place, canvas.fitted(words, to: cell - 4, .label), horizontally: .center,
        color: color.luminance > 0.25 ? .ink : .white)
    }
    for (index, name) in names.enumerated() {
      let middle = (Double(index) + 0.5) * cell
      if isFirst {
        canvas.text(
          canvas.shortened(name, to: Self.nameRoom - 8, .tick), at: Point(x: frame.left - 6, y: frame.top + middle),
          .tick, horizontally: .end)
      }
      if isLast {
        let font = canvas.fitted(name, to: cell - 2, .tick)
        canvas.text(
          canvas.shortened(name, to: cell - 2, font), at: Point(x: frame.left + middle, y: frame.bottom + 4), font,
          horizontally: .center, vertically: .start)
      }
    }
  }

  private func check() throws(FigureError) {
    guard !matrices.isEmpty, matrices.allSatisfy({ !$0.isEmpty }) else { throw .empty(name: "heads of the attention") }
    for (layer, row) in matrices.enumerated() {
      for (head, matrix) in row.enumerated() {
        let name = "attention of layer \(layer + 1), head \(head + 1)"
        guard matrix.rows > 0, matrix.values.count == matrix.rows * matrix.rows else {
          throw .shape(name: name, expected: [matrix.rows, matrix.rows], found: [matrix.values.count])
        }
        guard names.isEmpty || names.count == matrix.rows else {
          throw .shape(name: "names of the rows", expected: [matrix.rows], found: [names.count])
        }
      }
    }
    guard strips.isEmpty || (duration.isFinite && duration > 0) else {
      throw .outOfRange(name: "duration", value: duration, expected: "a positive number of seconds")
    }
    for strip in strips { try strip.input.check(name: strip.name) }
  }
}

extension AttentionFigure.Matrix {
  /// A matrix of at most so many rows: the means of blocks, so that nothing falls between two pixels.
  fileprivate func pooled(to most: Int) -> Self {
    let factor = (rows + most - 1) / max(1, most)
    guard factor > 1 else { return self }
    let count = (rows + factor - 1) / factor
    var means = [Float](repeating: 0, count: count * count)
    values.withUnsafeBufferPointer { values in
      means.withUnsafeMutableBufferPointer { means in
        for row in 0..<rows {
          let (source, target) = (row * rows, row / factor * count)
          let height = min(factor, rows - row / factor * factor)
          var column = 0
          for block in 0..<count {
            let end = min(rows, column + factor)
            let share = 1 / Float(height * (end - column))
            var sum: Float = 0
            while column < end {
              sum += values[source + column]
              column += 1
            }
            means[target + block] += sum * share
          }
        }
      }
    }
    return .init(values: means, rows: count)
  }
}
