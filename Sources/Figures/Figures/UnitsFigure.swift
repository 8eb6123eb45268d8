import Basics
import Foundation

/// A clip with its units, and below, over the same time, what each of them is worth by several measures.
public struct UnitsFigure: Figure {
  public struct Unit: Sendable {
    public var name: String
    /// What stands where the name has no room; empty for nothing.
    public var brief: String
    /// Seconds from the clip's start.
    public var range: Range<Double>
    /// Whether nobody speaks.
    public var isPause: Bool

    public init(name: String, brief: String = "", range: Range<Double>, isPause: Bool = false) {
      (self.name, self.brief, self.range, self.isPause) = (name, brief, range, isPause)
    }
  }

  /// A value for each unit.
  public struct Measure: Sendable {
    public var name: String
    /// Of the values, for the axis: "logits".
    public var unit: String
    public var values: [Double]
    /// Standard errors of the values; empty where there are none.
    public var errors: [Double]

    public init(name: String, unit: String, values: [Double], errors: [Double] = []) {
      (self.name, self.unit, self.values, self.errors) = (name, unit, values, errors)
    }
  }

  public var title: [String]
  public var waveform: ExplanationFigure.Waveform
  /// Seconds.
  public var duration: Double
  /// The clip's place in its file, whose time the axis has; nil where the clip is all there is.
  public var place: ClipPlace?
  public var units: [Unit]
  public var measures: [Measure]

  public init(
    title: [String], waveform: ExplanationFigure.Waveform, duration: Double, place: ClipPlace? = nil, units: [Unit],
    measures: [Measure]
  ) {
    (self.title, self.waveform, self.duration, self.place) = (title, waveform, duration, place)
    (self.units, self.measures) = (units, measures)
  }

  private static let support = Color(0xD55E00), opposition = Color(0x0072B2), pause = Color(0xEFEFEF)
  /// Of the names over the waveform, and of a measure's name over its panel.
  private static let caption = Font.label.line + 4

  private static func waveformHeight(_ layout: FigureLayout) -> Double { layout.height(110) }
  private static func measureHeight(_ layout: FigureLayout) -> Double { layout.height(86) }

  private func lines(_ layout: FigureLayout) -> [String] { title + ClipTime.remark(duration, in: place, layout) }

  public func extent(on canvas: Canvas) -> Size {
    let layout = canvas.layout
    let panels = Double(measures.count) * (Self.caption + Self.measureHeight(layout) + FigureLayout.gap)
    return Size(
      width: layout.width,
      height: canvas.titleHeight(lines(layout)) + Self.caption + Self.waveformHeight(layout) + FigureLayout.gap
        + panels - FigureLayout.gap + Plot.below + layout.margin)
  }

  public func draw(on canvas: Canvas) throws(FigureError) {
    try check()
    let (layout, margin) = (canvas.layout, canvas.layout.margin)
    var top = canvas.drawTitle(lines(layout), left: margin, right: canvas.bounds.right - margin)
    let wave = TimePanel(.waveform(waveform), .matrix, duration: duration, height: Self.waveformHeight(layout))
    let axes = measures.map { axis(of: $0, ticks: layout.isNarrow ? 3 : 5) }
    let left = margin + ([wave.axis] + axes).map { $0.room(on: canvas) }.max()!
    let right = canvas.bounds.right - margin - 8
    let time = ClipTime(duration, in: place, ticks: layout.ticks(10))
    top += Self.caption
    let frame = canvas.aligned(Rectangle(x: left, y: top, width: right - left, height: wave.height))
    let plot = Plot(frame: frame, x: time.axis, y: wave.axis)
    drawUnits(on: canvas, in: plot)
    drawNames(on: canvas, over: plot)
    time.drawUnused(on: canvas, in: plot, isNamed: true)
    wave.draw(canvas, plot)
    plot.drawAxes(on: canvas, namesX: measures.isEmpty)
    top += wave.height + FigureLayout.gap
    for (index, (measure, axis)) in zip(measures, axes).enumerated() {
      canvas.text(
        canvas.shortened(measure.name, to: right - left, .label), at: Point(x: left, y: top), .label, vertically: .start
      )
      top += Self.caption
      let frame = canvas.aligned(
        Rectangle(x: left, y: top, width: right - left, height: Self.measureHeight(layout)))
      let plot = Plot(frame: frame, x: time.axis, y: axis)
      drawUnits(on: canvas, in: plot)
      time.drawUnused(on: canvas, in: plot, isNamed: false)
      draw(measure, on: canvas, in: plot)
      plot.drawAxes(on: canvas, namesX: index == measures.count - 1)
      top += frame.height + FigureLayout.gap
    }
  }

  private func axis(of measure: Measure, ticks: Int) -> Axis {
    let ends = measure.values.enumerated().flatMap { index, value in
      measure.errors.isEmpty ? [value] : [value - measure.errors[index], value + measure.errors[index]]
    }
    let (lower, upper) = (min(0, ends.min() ?? 0), max(0, ends.max() ?? 0))
    let room = upper > lower ? 0.08 * (upper - lower) : 1
    return .linear(
      measure.unit, from: lower < 0 ? lower - room : 0, to: upper > 0 || lower == 0 ? upper + room : 0, ticks: ticks)
  }

  /// Grey where nobody speaks, and a line at each bound.
  private func drawUnits(on canvas: Canvas, in plot: Plot) {
    let frame = plot.frame
    for unit in units where unit.isPause {
      let (left, right) = (plot.x(unit.range.lowerBound), plot.x(unit.range.upperBound))
      canvas.fill(Rectangle(x: left, y: frame.y, width: right - left, height: frame.height), Self.pause)
    }
    for bound in Set(units.flatMap { [$0.range.lowerBound, $0.range.upperBound] }) where bound > 0 && bound < duration {
      let x = canvas.aligned(plot.x(bound))
      canvas.rule(from: Point(x: x, y: frame.top), to: Point(x: x, y: frame.bottom), .rule)
    }
  }

  private func drawNames(on canvas: Canvas, over plot: Plot) {
    for unit in units {
      let (left, right) = (plot.x(unit.range.lowerBound), plot.x(unit.range.upperBound))
      let fitting = [unit.name, unit.brief].first { canvas.width(of: $0, .tick) + 4 <= right - left }
      guard let fitting, !fitting.isEmpty else { continue }
      canvas.text(
        fitting, at: Point(x: (left + right) / 2, y: plot.frame.top - 4), .tick, horizontally: .center, vertically: .end
      )
    }
  }

  private func draw(_ measure: Measure, on canvas: Canvas, in plot: Plot) {
    for (index, (unit, value)) in zip(units, measure.values).enumerated() {
      let (left, right) = (plot.x(unit.range.lowerBound), plot.x(unit.range.upperBound))
      let (zero, end) = (plot.y(0), plot.y(value))
      let inset = min(1, (right - left) / 8)
      canvas.fill(
        Rectangle(x: left + inset, y: min(zero, end), width: right - left - 2 * inset, height: abs(zero - end)),
        value < 0 ? Self.opposition : Self.support)
      guard !measure.errors.isEmpty else { continue }
      let x = (left + right) / 2
      canvas.stroke(
        [Point(x: x, y: plot.y(value - measure.errors[index])), Point(x: x, y: plot.y(value + measure.errors[index]))],
        .ink, width: 1)
    }
    canvas.rule(
      from: plot.point(plot.x.lower, 0), to: plot.point(plot.x.upper, 0), .secondaryInk)
  }

  private func check() throws(FigureError) {
    guard !units.isEmpty else { throw .empty(name: "units of the clip") }
    guard duration.isFinite, duration > 0 else {
      throw .outOfRange(name: "duration", value: duration, expected: "a positive number of seconds")
    }
    try ExplainedInput.waveform(waveform).check()
    for measure in measures {
      for (name, values) in [(measure.name, measure.values), ("errors of \(measure.name)", measure.errors)]
      where !(name != measure.name && values.isEmpty) {
        guard values.count == units.count else {
          throw .shape(name: name, expected: [units.count], found: [values.count])
        }
        if let index = values.firstIndex(where: { !$0.isFinite }) { throw .notFinite(name: name, index: index) }
      }
    }
  }
}
