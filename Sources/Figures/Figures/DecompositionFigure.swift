import Basics
import Foundation

/// A spectrogram and the components that it is a sum of: on its left their spectra over its frequencies, below it how loud each
/// is over its time, and under these what a model's score is without each.
public struct DecompositionFigure: Figure {
  public struct Component: Sendable {
    public var name: String
    /// The magnitudes of the bins, 0 Hz first.
    public var spectrum: [Float]
    /// The magnitudes of the frames.
    public var activation: [Float]

    public init(name: String, spectrum: [Float], activation: [Float]) {
      (self.name, self.spectrum, self.activation) = (name, spectrum, activation)
    }
  }

  /// How a score changes when something is taken out of the clip.
  public struct Effect: Sendable {
    public enum Kind: Sendable {
      case component
      /// Several components at once.
      case chosen
      /// As many at random.
      case control
    }

    public var name: String
    public var kind: Kind
    public var change: Double
    public var words: [String]
    /// Whether the component is one of the chosen.
    public var isMarked: Bool

    public init(name: String, kind: Kind, change: Double, words: [String] = [], isMarked: Bool = false) {
      (self.name, self.kind, self.change) = (name, kind, change)
      (self.words, self.isMarked) = (words, isMarked)
    }
  }

  public var title: [String]
  /// In dB.
  public var spectrogram: ExplanationFigure.Spectrogram
  /// Seconds.
  public var duration: Double
  /// The clip's place in its file, whose time the axis has; nil where the clip is all there is.
  public var place: ClipPlace?
  public var components: [Component]
  /// Empty where no model was asked.
  public var effects: [Effect]
  /// What the effects are: "Change of the score of angry without it (logits)".
  public var effect: String

  public init(
    title: [String], spectrogram: ExplanationFigure.Spectrogram, duration: Double, place: ClipPlace? = nil,
    components: [Component], effects: [Effect] = [], effect: String = ""
  ) {
    (self.title, self.spectrogram, self.duration, self.place) = (title, spectrogram, duration, place)
    (self.components, self.effects, self.effect) = (components, effects, effect)
  }

  private static let colors: [Effect.Kind: Color] = [
    .component: Color(0x0072B2), .chosen: Color(0xD55E00), .control: Color(0x999999),
  ]
  /// Decibels under a component's own maximum, below which all is as dark.
  private static let depth = 40.0
  private static let gap = 10.0, barGap = 12.0

  private static func height(_ layout: FigureLayout) -> Double { layout.height(193.5) }
  /// The height of the activations: a row a component, and as much as their key needs.
  private var activationsHeight: Double {
    let count = Double(components.count)
    return max(72, count * max(13, min(22, 216 / count)))
  }
  /// From the spectrogram down to the activations: the numbers of the spectra, or in a column its key.
  private static func between(_ layout: FigureLayout) -> Double {
    max(Plot.below, layout.isNarrow ? TimePanel.levelBars : 0) + 6
  }
  private static func below(_ layout: FigureLayout) -> Double {
    Plot.below + (layout.isNarrow ? TimePanel.levelBars : 0)
  }

  /// In a column the axis's name takes two lines.
  private func belowBars(_ layout: FigureLayout) -> Double {
    Self.barGap + Plot.below + (layout.isNarrow ? Font.tick.line : 0)
  }

  private func lines(_ layout: FigureLayout) -> [String] { title + ClipTime.remark(duration, in: place, layout) }

  public func extent(on canvas: Canvas) -> Size {
    let layout = canvas.layout
    return Size(
      width: layout.width,
      height: canvas.titleHeight(lines(layout)) + Self.height(layout) + Self.between(layout) + activationsHeight
        + Self.below(layout) + (effects.isEmpty ? 0 : bars(layout).height + belowBars(layout)) + layout.margin)
  }

  public func draw(on canvas: Canvas) throws(FigureError) {
    try check()
    let (layout, margin) = (canvas.layout, canvas.layout.margin)
    var y = canvas.drawTitle(lines(layout), left: margin, right: canvas.bounds.right - margin)
    let panel = TimePanel(.spectrogram(spectrogram), .matrix, duration: duration, height: Self.height(layout))
    let key = ColorBar.linear(
      "relative to its maximum (dB)", map: .viridis, from: -Self.depth, to: 0, height: activationsHeight,
      extendsBelow: true)
    // The least has room for their name.
    let width = min(max(12 * Double(components.count), 54), 0.22 * layout.width)
    let left = margin + panel.axis.room(on: canvas)
    let barRoom = layout.isNarrow ? 8 : (panel.bars + [key]).map { $0.width(on: canvas) }.max()! + Self.barGap
    let (start, right) = (left + width + Self.gap, canvas.bounds.right - margin - barRoom)
    let spectra = canvas.aligned(Rectangle(x: left, y: y, width: width, height: panel.height))
    let above = canvas.aligned(Rectangle(x: start, y: y, width: right - start, height: panel.height))
    let time = ClipTime(duration, in: place, ticks: layout.ticks(8))
    let plot = Plot(frame: above, x: time.axis, y: panel.axis)
    time.drawUnused(on: canvas, in: plot, isNamed: true)
    panel.draw(canvas, plot)
    plot.drawAxes(on: canvas, namesX: false, namesY: false)
    draw(panel.bars.last, on: canvas, beside: above, below: Plot.tickLength)
    drawSpectra(on: canvas, in: spectra, panel.axis)
    y += panel.height + Self.between(layout)
    let below = canvas.aligned(Rectangle(x: start, y: y, width: right - start, height: activationsHeight))
    drawActivations(on: canvas, in: below, time, key: key, names: margin)
    y += activationsHeight + Self.below(layout)
    guard !effects.isEmpty else { return }
    let bars = bars(layout)
    let edge = max(start, margin + bars.room(on: canvas))
    bars.draw(on: canvas, in: Rectangle(x: edge, y: y + Self.barGap, width: right - edge, height: bars.height))
  }

  private func draw(_ bar: ColorBar?, on canvas: Canvas, beside frame: Rectangle, below: Double) {
    guard !canvas.layout.isNarrow else {
      bar?.drawLevel(on: canvas, left: frame.left, top: frame.bottom + below + 4, width: frame.width)
      return
    }
    bar?.draw(on: canvas, left: frame.right + Self.barGap, top: frame.top, height: frame.height)
  }

  /// The decibels of magnitudes under their maximum.
  private static func levels(_ magnitudes: [Float]) -> [Float] {
    let largest = max(magnitudes.max() ?? 0, .leastNormalMagnitude)
    return magnitudes.map { 20 * log10(max($0 / largest, 1e-6)) }
  }

  /// A column for each component, over the spectrogram's frequencies.
  private func drawSpectra(on canvas: Canvas, in frame: Rectangle, _ axis: Axis) {
    let count = components.count
    let columns = components.map { Self.levels($0.spectrum) }
    let bins = columns[0].count
    let cells = (0..<bins).flatMap { bin in columns.map { $0[bin] } }
    Heatmap(cells, rows: bins, columns: count, map: .viridis, lower: -Self.depth, upper: 0).draw(
      on: canvas, in: frame, left: -0.5, right: Double(count) - 0.5, top: Double(bins) - 1, bottom: 0)
    // In a column the numbers of the key below stand there.
    let numbers = Axis(
      label: canvas.layout.isNarrow ? "" : count == 1 ? "Spectrum" : "Spectra", lower: 0.5, upper: Double(count) + 0.5,
      ticks: (1...count).map { .init(value: Double($0), label: "\($0)") })
    Plot(frame: frame, x: numbers, y: axis).drawAxes(on: canvas)
  }

  /// A row for each component, the first on top.
  private func drawActivations(
    on canvas: Canvas, in frame: Rectangle, _ time: ClipTime, key: ColorBar, names left: Double
  ) {
    let count = components.count
    let hop = spectrogram.frames.hop
    let columns = spectrogram.frames.columns(within: duration)
    let plot = Plot(
      frame: frame, x: time.axis, y: Axis(label: "", lower: 0, upper: Double(count), ticks: []))
    time.drawUnused(on: canvas, in: plot, isNamed: false)
    let end = min(duration, (Double(columns) - 0.5) * hop)
    let picture = Rectangle(x: plot.x(0), y: frame.y, width: plot.x(end) - plot.x(0), height: frame.height)
    let cells = components.flatMap { Self.levels($0.activation).prefix(columns) }
    Heatmap(cells, rows: count, columns: columns, map: .viridis, lower: -Self.depth, upper: 0).draw(
      on: canvas, in: picture, left: 0, right: end / hop, top: -0.5, bottom: Double(count) - 0.5)
    for (index, component) in components.enumerated() {
      let y = frame.top + frame.height * (Double(index) + 0.5) / Double(count)
      canvas.text(
        canvas.shortened(component.name, to: frame.left - left - 7, .label), at: Point(x: frame.left - 7, y: y), .label,
        horizontally: .end)
    }
    plot.drawAxes(on: canvas, namesY: false)
    draw(key, on: canvas, beside: frame, below: Plot.below)
  }

  private func bars(_ layout: FigureLayout) -> LevelBars {
    let changes = effects.map(\.change).filter(\.isFinite)
    let (lower, upper) = (min(0, changes.min() ?? 0), max(0, changes.max() ?? 0))
    let room = max(upper - lower, 1e-6) * 0.08
    return LevelBars(
      axis: .linear(
        effect, from: lower - room, to: upper + room, ticks: layout.ticks(7)),
      rows: effects.map {
        .init(
          name: $0.name, value: $0.change, color: Self.colors[$0.kind]!, words: $0.words, isMarked: $0.isMarked)
      })
  }

  private func check() throws(FigureError) {
    guard !components.isEmpty else { throw .empty(name: "components of the decomposition") }
    guard duration.isFinite, duration > 0 else {
      throw .outOfRange(name: "duration", value: duration, expected: "a positive number of seconds")
    }
    try ExplainedInput.spectrogram(spectrogram).check()
    let frames = spectrogram.frames
    for component in components {
      for (values, count, words) in [
        (component.spectrum, frames.rows, "spectrum"), (component.activation, frames.columns, "activation"),
      ] {
        guard values.count == count else {
          throw .shape(name: "\(words) of \(component.name)", expected: [count], found: [values.count])
        }
        try checkFinite(values, name: "\(words) of \(component.name)")
      }
    }
    if let index = effects.firstIndex(where: { !$0.change.isFinite }) {
      throw .notFinite(name: "effects of the components", index: index)
    }
  }
}
