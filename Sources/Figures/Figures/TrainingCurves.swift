import Basics
import Foundation

/// Losses above, accuracy and macro F1 below, over the epochs, with the epoch whose weights were kept. Of one run also the
/// epochs at which the learning rate fell; of several each run thin and the median of its group thick, a colour a group.
public struct TrainingCurves: Figure {
  /// One training; every list has one value an epoch, or is empty where nothing was measured.
  public struct Run: Sendable {
    public var name: String
    /// The name of the runs that it is summed up with.
    public var group: String
    public var trainingLoss: [Double]
    public var validationLoss: [Double]
    /// Score on the validation clips, 0…1.
    public var accuracy: [Double]
    public var macroF1: [Double]
    public var learningRate: [Double]
    /// The epoch with the least validation loss, counted from 1, whose weights were kept; nil without validation.
    public var bestEpoch: Int?

    public init(
      name: String, group: String? = nil, trainingLoss: [Double], validationLoss: [Double] = [],
      accuracy: [Double] = [],
      macroF1: [Double] = [], learningRate: [Double] = [], bestEpoch: Int? = nil
    ) {
      self.name = name
      self.group = group ?? name
      self.trainingLoss = trainingLoss
      self.validationLoss = validationLoss
      self.accuracy = accuracy
      self.macroF1 = macroF1
      self.learningRate = learningRate
      self.bestEpoch = bestEpoch
    }

    /// The value of a list at the best epoch.
    fileprivate func best(_ values: KeyPath<Run, [Double]>) -> Double? {
      bestEpoch.flatMap { self[keyPath: values].count >= $0 ? self[keyPath: values][$0 - 1] : nil }
    }

    var epochs: Int { trainingLoss.count }

    fileprivate var curves: [(name: String, values: [Double])] {
      [
        ("training loss", trainingLoss), ("validation loss", validationLoss), ("accuracy", accuracy),
        ("macro F1", macroF1), ("learning rate", learningRate),
      ]
    }
  }

  public var title: [String]
  public var runs: [Run]

  public init(title: [String], runs: [Run]) {
    self.title = title
    self.runs = runs
  }

  /// A mean and its range.
  public struct Spread: Equatable, Sendable, Encodable {
    public let mean, lowest, highest: Double

    /// Nil of no values.
    init?(_ values: [Double]) {
      guard let lowest = values.min(), let highest = values.max() else { return nil }
      (mean, self.lowest, self.highest) = (values.reduce(0, +) / Double(values.count), lowest, highest)
    }
  }

  /// Runs together, and what they reach at their best epochs; nil where no run has it.
  public struct Summary: Equatable, Sendable, Encodable {
    public let name: String
    public let runs: Int
    public let bestEpoch, validationLoss, accuracy, macroF1: Spread?

    fileprivate init(_ name: String, _ runs: [Run]) {
      (self.name, self.runs) = (name, runs.count)
      bestEpoch = Spread(runs.compactMap { $0.bestEpoch.map(Double.init) })
      func spread(_ values: KeyPath<Run, [Double]>) -> Spread? { Spread(runs.compactMap { $0.best(values) }) }
      (validationLoss, accuracy, macroF1) = (spread(\.validationLoss), spread(\.accuracy), spread(\.macroF1))
    }
  }

  /// The groups, in the order of their first runs.
  public var groups: [Summary] { groupNames.map { name in Summary(name, runs.filter { $0.group == name }) } }

  /// The curves of all runs.
  public var summary: Summary { Summary("all", runs) }

  private var groupNames: [String] {
    runs.reduce(into: []) { names, run in if !names.contains(run.group) { names.append(run.group) } }
  }

  /// Curves over one another.
  private struct Panel {
    /// The label of the vertical axis.
    let name: String
    let isLoss: Bool
    let curves: [(name: String, values: KeyPath<Run, [Double]>, isDashed: Bool)]
  }

  /// The panels: for one run training beside validation, to compare them; for several runs a panel each.
  private var panels: [Panel] {
    let all =
      isOne
      ? [
        Panel(
          name: "Cross-entropy", isLoss: true,
          curves: [("training", \.trainingLoss, true), ("validation", \.validationLoss, false)]),
        Panel(
          name: "Score", isLoss: false, curves: [("accuracy", \.accuracy, false), ("macro F1", \.macroF1, true)]),
      ]
      : [
        Panel(name: "Training loss", isLoss: true, curves: [("", \.trainingLoss, false)]),
        Panel(name: "Validation loss", isLoss: true, curves: [("", \.validationLoss, false)]),
        Panel(name: "Accuracy", isLoss: false, curves: [("", \.accuracy, false)]),
        Panel(name: "Macro F1", isLoss: false, curves: [("", \.macroF1, false)]),
      ]
    return all.filter { panel in
      panel.curves.contains { curve in runs.contains { !$0[keyPath: curve.values].isEmpty } }
    }
  }

  /// One for both losses, so that they can be compared.
  private func axis(of panel: Panel) -> Axis {
    guard panel.isLoss else { return .linear("\(panel.name) on validation", from: 0, to: 1, ticks: 5) }
    let losses = runs.flatMap { $0.trainingLoss + $0.validationLoss }
    let highest = losses.max() ?? 1
    // An early validation loss can be many times all others, which are to be seen.
    var ranked = OrderStatistics(losses.map(Float.init))
    let usual = 1.3 * Double(ranked.percentile(0.98))
    let isClipped = usual > 0 && highest > 1.5 * usual
    let own = runs.flatMap { run in panel.curves.flatMap { run[keyPath: $0.values] } }.max() ?? 0
    return .linear(
      "\(panel.name) (nat)" + (isClipped && own > usual ? ", up to \(number(own, digits: 1))" : ""),
      from: min(0, losses.min() ?? 0), to: isClipped ? usual : highest > 0 ? 1.05 * highest : 1, ticks: 7)
  }

  private static func panelHeight(_ layout: FigureLayout) -> Double { layout.height(200) }
  // Okabe and Ito's colours again, in the order of the groups; when they are used up, again with dashes.
  private static let colors = [0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7, 0xE69F00, 0x56B4E9, 0x5A5A5A].map {
    Color(UInt32($0))
  }
  private static let dashes: [[Double]] = [[], [5, 2], [1.5, 1.5]]

  private static func color(_ group: Int) -> Color { colors[group % colors.count] }
  private static func dashes(_ group: Int) -> [Double] { dashes[group / colors.count % dashes.count] }

  private var isOne: Bool { runs.count == 1 }
  private func columns(_ layout: FigureLayout) -> Int { isOne || layout.isNarrow ? 1 : 2 }

  /// The height of what stands under the panels.
  private func legendHeight(_ layout: FigureLayout) -> Double {
    if isOne {
      let styles = panels.reduce(0) { $0 + drawn($1).count }
      return layout.isNarrow ? FigureLayout.gap + Double(max(3, styles)) * Font.label.line : 0
    }
    return FigureLayout.gap + (1 + Double(groupNames.count) * (layout.isNarrow ? 5 : 1)) * Font.label.line
  }

  public func extent(on canvas: Canvas) -> Size {
    let layout = canvas.layout
    let columns = columns(layout)
    let rows = Double((panels.count + columns - 1) / columns)
    return Size(
      width: canvas.layout.width,
      height: canvas.titleHeight(title) + (isOne ? Self.rateRoom : 0) + rows * Self.panelHeight(layout)
        + max(0, rows - 1) * FigureLayout.gap + Plot.below + legendHeight(layout) + layout.margin)
  }

  // Above the frame, where the rates stand.
  private static let rateRoom = Font.tick.line + 2
  // Right of the frame of one run.
  private static let legendWidth = 150.0

  public func draw(on canvas: Canvas) throws(FigureError) {
    try check()
    let margin = canvas.layout.margin
    let panels = panels.map { (panel: $0, axis: axis(of: $0)) }
    let room = panels.map { $0.axis.room(on: canvas) }.max() ?? 0
    let (isNarrow, panelHeight, columns) = (
      canvas.layout.isNarrow, Self.panelHeight(canvas.layout), columns(canvas.layout)
    )
    let epochs = epochAxis(ticks: canvas.layout.ticks(10) / (isNarrow ? 1 : columns))
    // Half of the last epoch's number stands beyond the frame.
    let right = canvas.bounds.right - margin - (isOne && !isNarrow ? Self.legendWidth + 16 : 8)
    let step = (right - margin + FigureLayout.gap) / Double(columns)
    let top =
      canvas.drawTitle(title, left: margin, right: canvas.bounds.right - margin) + (isOne ? Self.rateRoom : 0)
    var bottom = top
    for (index, (panel, axis)) in panels.enumerated() {
      let place = Rectangle(
        x: margin + Double(index % columns) * step + room,
        y: top + Double(index / columns) * (panelHeight + FigureLayout.gap),
        width: step - FigureLayout.gap - room, height: panelHeight)
      let plot = Plot(frame: canvas.aligned(place), x: epochs, y: axis)
      draw(panel, in: plot, on: canvas, namesRates: index == 0)
      plot.drawAxes(on: canvas, namesX: index + columns >= panels.count)
      if isOne, !isNarrow {
        drawLineStyles(drawn(panel), on: canvas, left: right + 16, bottom: plot.frame.bottom)
      }
      bottom = plot.frame.bottom
    }
    if isOne, isNarrow {
      let top = bottom + Plot.below + FigureLayout.gap
      drawRun(runs[0], on: canvas, left: margin, top: top)
      let styles = panels.flatMap { drawn($0.panel) }
      drawLineStyles(
        styles, on: canvas, left: margin + Self.legendWidth + 16,
        bottom: top + Double(styles.count) * Font.tick.line)
    } else if isOne {
      drawRun(runs[0], on: canvas, left: right + 16, top: top)
    } else {
      drawGroups(on: canvas, left: margin, top: bottom + Plot.below + FigureLayout.gap)
    }
  }

  private func epochAxis(ticks count: Int) -> Axis {
    let epochs = runs.map(\.epochs).max() ?? 1
    // A single epoch stands in the middle.
    let ends = epochs > 1 ? (1.0, Double(epochs)) : (0.5, 1.5)
    var axis = Axis.linear("Epoch", from: ends.0, to: ends.1, ticks: min(epochs, count))
    axis.ticks.removeAll { $0.value != $0.value.rounded() }
    axis.ticks = axis.ticks.map { Axis.Tick(value: $0.value, label: String(Int($0.value))) }
    if epochs > 1, axis.ticks.first?.value != 1 { axis.ticks.insert(Axis.Tick(value: 1, label: "1"), at: 0) }
    return axis
  }

  private func draw(_ panel: Panel, in plot: Plot, on canvas: Canvas, namesRates: Bool) {
    let frame = plot.frame
    for tick in plot.y.ticks where tick.value > plot.y.lower && tick.value < plot.y.upper {
      let y = plot.y(tick.value)
      canvas.rule(from: Point(x: frame.left, y: y), to: Point(x: frame.right, y: y), .rule)
    }
    if isOne {
      drawRates(of: runs[0], on: canvas, in: plot, named: namesRates)
      if let best = runs[0].bestEpoch {
        let x = plot.x(Double(best))
        canvas.stroke(
          [Point(x: x, y: frame.top), Point(x: x, y: frame.bottom)], Self.color(0), width: 1, dashes: [2, 2],
          alpha: 0.8)
      }
    }
    func line(_ values: [Double], _ color: Color, width: Double, dashes: [Double], alpha: Double = 1) {
      let points = values.enumerated().map { plot.point(Double($0.offset + 1), $0.element) }
      canvas.clipped(to: frame) { canvas.stroke(points, color, width: width, dashes: dashes, alpha: alpha) }
      if points.count == 1 { canvas.dot(at: points[0], radius: 3, color) }
    }
    let groups = groupNames.map { name in runs.filter { $0.group == name } }
    // The medians above all runs, the dots above the medians.
    for curve in panel.curves {
      for (number, group) in groups.enumerated() {
        for run in group {
          line(
            run[keyPath: curve.values], Self.color(number), width: isOne ? 1.6 : 0.8,
            dashes: curve.isDashed ? [4, 2.5] : [], alpha: isOne ? 1 : 0.35)
        }
      }
      for (number, group) in groups.enumerated() where !isOne {
        line(smoothed(curve.values, of: group), Self.color(number), width: 2, dashes: Self.dashes(number))
      }
      for (number, group) in groups.enumerated() {
        for run in group {
          guard let best = run.bestEpoch, let value = run.best(curve.values) else { continue }
          let place = plot.point(Double(best), value)
          if place.y >= frame.top { canvas.dot(at: place, radius: isOne ? 3 : 2.5, Self.color(number)) }
        }
      }
    }
  }

  /// The median of what the runs had in the two epochs before, in the epoch and in the two after it, as long as half of
  /// the runs last: a single epoch of one run, which may be far off, does not move it.
  private func smoothed(_ values: KeyPath<Run, [Double]>, of runs: [Run]) -> [Double] {
    let lists = runs.map { $0[keyPath: values] }.filter { !$0.isEmpty }.sorted { $0.count > $1.count }
    guard !lists.isEmpty else { return [] }
    return (0..<lists[(lists.count - 1) / 2].count).map { epoch in
      let near = lists.flatMap { list in list.indices.clamped(to: max(0, epoch - 2)..<epoch + 3).map { list[$0] } }
      var ranked = OrderStatistics(near.map(Float.init))
      return Double(ranked.percentile(0.5))
    }
  }

  /// A light line where the rate fell, and the new rate above it where there is room.
  private func drawRates(of run: Run, on canvas: Canvas, in plot: Plot, named: Bool) {
    var end = -Double.infinity
    for (index, rate) in run.learningRate.enumerated().dropFirst() where rate < run.learningRate[index - 1] {
      let x = plot.x(Double(index + 1))
      let top = plot.frame.top
      canvas.stroke(
        [Point(x: x, y: top), Point(x: x, y: plot.frame.bottom)], .secondaryInk, width: 0.8, alpha: 0.35)
      canvas.fill([Point(x: x - 3.5, y: top), Point(x: x + 3.5, y: top), Point(x: x, y: top + 5)], .secondaryInk)
      let label = "rate \(scientific(rate))"
      let half = canvas.width(of: label, .tick) / 2
      guard named, x - half > end + 6, x + half < canvas.bounds.right else { continue }
      canvas.text(
        label, at: Point(x: x, y: top - 3), .tick, horizontally: .center, vertically: .end, color: .secondaryInk)
      end = x + half
    }
  }

  /// The name of one run, and what was kept.
  private func drawRun(_ run: Run, on canvas: Canvas, left: Double, top: Double) {
    var y = top + 6
    canvas.fill(Rectangle(x: left, y: y - 4.5, width: 12, height: 9), Self.color(0))
    canvas.text(
      canvas.shortened(run.name, to: Self.legendWidth - 18, .label), at: Point(x: left + 18, y: y), .label)
    y += Font.label.line
    let kept = [("loss", run.best(\.validationLoss)), ("F1", run.best(\.macroF1))].compactMap { name, value in
      value.map { "\(name) \(number($0, digits: 3))" }
    }
    let lines =
      run.bestEpoch.map { ["best epoch \($0)", kept.joined(separator: ", ")] }
      ?? (run.validationLoss.isEmpty ? ["without validation", "the last epoch was kept"] : [])
    for line in lines where !line.isEmpty {
      canvas.text(line, at: Point(x: left + 18, y: y), .tick, color: .secondaryInk)
      y += Font.tick.line
    }
  }

  /// A row a group: its colour and name, and mean and range of what its runs reach at their best epochs.
  private func drawGroups(on canvas: Canvas, left: Double, top: Double) {
    // Where the columns end.
    let right = canvas.bounds.right - canvas.layout.margin - 8
    let ends = [0.385, 0.526, 0.679, 0.84, 1].map { $0 * right }
    func row(_ cells: [String], _ font: Font, y: Double) {
      for (cell, end) in zip(cells, ends) {
        canvas.text(cell, at: Point(x: end, y: y), font, horizontally: .end)
      }
    }
    var y = top + Font.label.line / 2
    let names = ["runs", "best epoch", "validation loss", "accuracy", "macro F1"]
    let isNarrow = canvas.layout.isNarrow
    let heading = "mean (range) at the best epochs"
    let isShort = !isNarrow && left + 30 + canvas.width(of: heading, .emphasis) > ends[0] - 40
    canvas.text(isShort ? "mean (range)" : heading, at: Point(x: left + 30, y: y), .emphasis)
    if !isNarrow { row(names, .emphasis, y: y) }
    for (number, group) in groups.enumerated() {
      y += Font.label.line
      canvas.stroke(
        [Point(x: left, y: y), Point(x: left + 24, y: y)], Self.color(number), width: 2,
        dashes: Self.dashes(number))
      canvas.text(
        canvas.shortened(group.name, to: isNarrow ? 220 : ends[0] - left - 60, .label), at: Point(x: left + 30, y: y),
        .label)
      func cell(_ spread: Spread?, digits: Int) -> String { spread?.text(digits: digits) ?? "–" }
      let cells = [
        "\(group.runs)", cell(group.bestEpoch, digits: 0), cell(group.validationLoss, digits: 3),
        cell(group.accuracy, digits: 3), cell(group.macroF1, digits: 3),
      ]
      guard isNarrow else {
        row(cells, .label, y: y)
        continue
      }
      let runs = group.runs == 1 ? "1 run" : "\(group.runs) runs"
      canvas.text(runs, at: Point(x: right, y: y), .label, horizontally: .end)
      // What a page has beside each other stands below the name.
      for (name, cell) in zip(names, cells).dropFirst() {
        y += Font.label.line
        canvas.text(name, at: Point(x: left + 30, y: y), .label, color: .secondaryInk)
        canvas.text(cell, at: Point(x: right, y: y), .label, horizontally: .end)
      }
    }
  }

  /// The curves of a panel that have values.
  private func drawn(_ panel: Panel) -> [(name: String, values: KeyPath<Run, [Double]>, isDashed: Bool)] {
    panel.curves.filter { curve in runs.contains { !$0[keyPath: curve.values].isEmpty } }
  }

  private func drawLineStyles(
    _ curves: [(name: String, values: KeyPath<Run, [Double]>, isDashed: Bool)], on canvas: Canvas, left: Double,
    bottom: Double
  ) {
    var y = bottom - Double(curves.count) * Font.tick.line + Font.tick.line / 2
    for curve in curves {
      canvas.stroke(
        [Point(x: left, y: y), Point(x: left + 24, y: y)], .ink, width: 1.6,
        dashes: curve.isDashed ? [4, 2.5] : [])
      canvas.text(curve.name, at: Point(x: left + 30, y: y), .tick)
      y += Font.tick.line
    }
  }

  private func check() throws(FigureError) {
    guard runs.contains(where: { $0.epochs > 0 }) else { throw .empty(name: "training curves") }
    for run in runs {
      for (name, values) in run.curves {
        let name = "\(name) of \(run.name)"
        guard values.isEmpty || values.count == run.epochs else {
          throw .shape(name: name, expected: [run.epochs], found: [values.count])
        }
        if let index = values.firstIndex(where: { !$0.isFinite }) {
          throw .notFinite(name: name, index: index)
        }
      }
      if let best = run.bestEpoch, !(1...max(1, run.epochs)).contains(best) {
        throw .outOfRange(
          name: "best epoch of \(run.name)", value: Double(best), expected: "one of \(run.epochs) epochs")
      }
    }
  }
}

extension TrainingCurves.Spread {
  /// "0.765 (0.726–0.827)"; of equal values the one.
  public func text(digits: Int) -> String {
    let (mean, low, high) = (
      number(mean, digits: digits), number(lowest, digits: digits), number(highest, digits: digits)
    )
    return low == high ? mean : "\(mean) (\(low)–\(high))"
  }
}

/// 5e-05 as people write it: 5·10⁻⁵; numbers from 0.01 on as they are.
func scientific(_ value: Double) -> String {
  guard value > 0, value < 0.01 else { return String(format: "%g", value) }
  var exponent = Int(floor(log10(value)))
  var factor = value / pow(10, Double(exponent))
  // 9.9999 is 10 as it is printed.
  if factor > 9.995 {
    factor = 1
    exponent += 1
  }
  let digits = String(format: "%.3g", factor)
  return (digits == "1" ? "" : digits + "·") + "10" + superscript(exponent)
}
