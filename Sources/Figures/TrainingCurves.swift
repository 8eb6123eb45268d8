import Foundation

/// Loss above, accuracy and macro F1 below, over the epochs of one or several runs, with the epochs at which
/// the learning rate fell and the one whose weights were kept.
public struct TrainingCurves: Figure {
  /// One training; every list has one value an epoch, or is empty where nothing was measured.
  public struct Run: Sendable {
    public var name: String
    public var trainingLoss: [Double]
    public var validationLoss: [Double]
    /// On the validation clips, 0…1.
    public var accuracy: [Double]
    public var macroF1: [Double]
    public var learningRate: [Double]
    /// The epoch whose weights were kept, counted from 1.
    public var bestEpoch: Int?

    public init(
      name: String, trainingLoss: [Double], validationLoss: [Double] = [], accuracy: [Double] = [],
      macroF1: [Double] = [], learningRate: [Double] = [], bestEpoch: Int? = nil
    ) {
      self.name = name
      self.trainingLoss = trainingLoss
      self.validationLoss = validationLoss
      self.accuracy = accuracy
      self.macroF1 = macroF1
      self.learningRate = learningRate
      self.bestEpoch = bestEpoch
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

  private static let panelHeight = 200.0
  // Okabe and Ito's colours again, in the order of the runs.
  private static let colors = [0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7, 0xE69F00, 0x56B4E9, 0x5A5A5A].map {
    Color(UInt32($0))
  }

  private var hasScores: Bool { runs.contains { !$0.accuracy.isEmpty || !$0.macroF1.isEmpty } }

  public var size: Size {
    Size(
      width: FigureLayout.width,
      height: FigureLayout.titleHeight(title) + rateRoom + Self.panelHeight
        + (hasScores ? FigureLayout.gap + Self.panelHeight : 0) + Plot.below + FigureLayout.margin)
  }

  // Above the frame, where the rates stand.
  private let rateRoom = Font.tick.line + 2

  public func draw(on canvas: Canvas) throws(FigureError) {
    try check()
    let margin = FigureLayout.margin
    let epochs = runs.map(\.epochs).max() ?? 1
    // A single epoch stands in the middle.
    let ends = epochs > 1 ? (1.0, Double(epochs)) : (0.5, 1.5)
    var epochAxis = Axis.linear("Epoch", from: ends.0, to: ends.1, ticks: min(epochs, 10))
    epochAxis.ticks.removeAll { $0.value != $0.value.rounded() }
    epochAxis.ticks = epochAxis.ticks.map { Axis.Tick(value: $0.value, label: String(Int($0.value))) }
    if epochs > 1, epochAxis.ticks.first?.value != 1 {
      epochAxis.ticks.insert(Axis.Tick(value: 1, label: "1"), at: 0)
    }
    let losses = runs.flatMap { $0.trainingLoss + $0.validationLoss }
    let highest = losses.max() ?? 1
    let lossAxis = Axis.linear(
      "Cross-entropy (nat)", from: min(0, losses.min() ?? 0), to: highest > 0 ? 1.05 * highest : 1, ticks: 7)
    let scoreAxis = Axis.linear("Score on validation", from: 0, to: 1, ticks: 5)

    let left = margin + max(lossAxis.room(on: canvas), scoreAxis.room(on: canvas))
    let right = canvas.bounds.right - margin - Self.legendWidth - 16
    var top = canvas.drawTitle(title, left: margin, right: canvas.bounds.right - margin) + rateRoom
    var panels = [
      (
        axis: lossAxis,
        curves: [("training", \Run.trainingLoss, true), ("validation", \Run.validationLoss, false)]
      )
    ]
    if hasScores {
      panels.append((scoreAxis, [("accuracy", \Run.accuracy, false), ("macro F1", \Run.macroF1, true)]))
    }
    for (index, panel) in panels.enumerated() {
      let frame = canvas.aligned(Rectangle(x: left, y: top, width: right - left, height: Self.panelHeight))
      let plot = Plot(frame: frame, x: epochAxis, y: panel.axis)
      for tick in panel.axis.ticks where tick.value > panel.axis.lower && tick.value < panel.axis.upper {
        let y = plot.y(tick.value)
        canvas.rule(from: Point(x: frame.left, y: y), to: Point(x: frame.right, y: y), .rule)
      }
      drawRates(on: canvas, in: plot, named: index == 0)
      for (number, run) in runs.enumerated() {
        let color = Self.colors[number % Self.colors.count]
        if let best = run.bestEpoch {
          let x = plot.x(Double(best))
          canvas.stroke(
            [Point(x: x, y: frame.top), Point(x: x, y: frame.bottom)], color, width: 1, dashes: [2, 2],
            alpha: 0.8)
        }
        for (_, values, isDashed) in panel.curves {
          let points = run[keyPath: values].enumerated().map { plot.point(Double($0.offset + 1), $0.element) }
          canvas.clipped(to: frame) {
            canvas.stroke(points, color, width: 1.6, dashes: isDashed ? [4, 2.5] : [])
          }
          if points.count == 1 { canvas.dot(at: points[0], radius: 3, color) }
        }
        for (_, values, _) in panel.curves {
          guard let best = run.bestEpoch, run[keyPath: values].count >= best else { continue }
          canvas.dot(at: plot.point(Double(best), run[keyPath: values][best - 1]), radius: 3, color)
        }
      }
      plot.drawAxes(on: canvas, namesX: index == panels.count - 1)
      drawLineStyles(
        panel.curves.filter { curve in runs.contains { !$0[keyPath: curve.1].isEmpty } }.map { ($0.0, $0.2) },
        on: canvas, left: right + 16, bottom: frame.bottom)
      top += Self.panelHeight + FigureLayout.gap
    }
    drawRuns(
      on: canvas, left: right + 16, top: top - Double(panels.count) * (Self.panelHeight + FigureLayout.gap))
  }

  /// A light line where the rate of the first run fell, and of each other run in its own colour; the new rate
  /// above it where there is room.
  private func drawRates(on canvas: Canvas, in plot: Plot, named: Bool) {
    var end = -Double.infinity
    for (number, run) in runs.enumerated() {
      let color = runs.count == 1 ? Color.secondaryInk : Self.colors[number % Self.colors.count]
      for (index, rate) in run.learningRate.enumerated().dropFirst() where rate < run.learningRate[index - 1] {
        let x = plot.x(Double(index + 1))
        canvas.stroke(
          [Point(x: x, y: plot.frame.top), Point(x: x, y: plot.frame.bottom)], color, width: 0.8, alpha: 0.35)
        let mark = plot.frame.top
        canvas.fill(
          [Point(x: x - 3.5, y: mark), Point(x: x + 3.5, y: mark), Point(x: x, y: mark + 5)], color)
        let label = "rate \(scientific(rate))"
        let half = canvas.width(of: label, .tick) / 2
        guard named, x - half > end + 6, x + half < canvas.bounds.right else { continue }
        canvas.text(
          label, at: Point(x: x, y: mark - 3), .tick, horizontally: .center, vertically: .end,
          color: .secondaryInk)
        end = x + half
      }
    }
  }

  private static let legendWidth = 150.0

  /// What each colour is, and what was kept.
  private func drawRuns(on canvas: Canvas, left: Double, top: Double) {
    var y = top + 6
    let room = Self.legendWidth - 16
    // The key to the line styles is below; where there is not room for all, the names alone.
    let last = top + Self.panelHeight - 3.5 * Font.tick.line
    let isShort = y + Double(runs.count) * (Font.label.line + 2 * Font.tick.line + 5) > last + Font.tick.line
    for (number, run) in runs.enumerated() {
      if y + Font.label.line > last, number < runs.count - 1 {
        let rest = "and \(runs.count - number) more"
        return canvas.text(rest, at: Point(x: left + 16, y: y), .tick, color: .secondaryInk)
      }
      canvas.fill(
        Rectangle(x: left, y: y - 4.5, width: 10, height: 9), Self.colors[number % Self.colors.count])
      canvas.text(
        canvas.shortened(run.name, to: room, .label), at: Point(x: left + 16, y: y), .label)
      y += Font.label.line
      if let best = run.bestEpoch, !isShort {
        canvas.text("best epoch \(best)", at: Point(x: left + 16, y: y), .tick, color: .secondaryInk)
        y += Font.tick.line
        var figures: [String] = []
        if run.validationLoss.count >= best {
          figures.append("loss \(number3(run.validationLoss[best - 1]))")
        }
        if run.macroF1.count >= best { figures.append("F1 \(number3(run.macroF1[best - 1]))") }
        if !figures.isEmpty {
          canvas.text(
            figures.joined(separator: ", "), at: Point(x: left + 16, y: y), .tick, color: .secondaryInk)
          y += Font.tick.line
        }
      }
      y += isShort ? 0 : 5
    }
  }

  private func drawLineStyles(
    _ styles: [(name: String, isDashed: Bool)], on canvas: Canvas, left: Double, bottom: Double
  ) {
    var y = bottom - Double(styles.count) * Font.tick.line + Font.tick.line / 2
    for style in styles {
      canvas.stroke(
        [Point(x: left, y: y), Point(x: left + 24, y: y)], .ink, width: 1.6,
        dashes: style.isDashed ? [4, 2.5] : [])
      canvas.text(style.name, at: Point(x: left + 30, y: y), .tick)
      y += Font.tick.line
    }
  }

  private func number3(_ value: Double) -> String { number(value, digits: 3) }

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
