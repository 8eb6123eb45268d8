import Foundation

/// Several clips side by side, each at one place of its path with its attribution: the attributions of one emotion.
/// The clips share the axes, so that a second is as wide in each; each picture ends with its speech.
public struct ContactSheet: OverlaidFigure {
  public struct Clip: Sendable {
    public var name: String
    /// Is written after the name where there is room: "from 0.96 s".
    public var detail: String
    /// The input with its attribution, of one kind for all clips.
    public var input: ExplainedInput
    /// Seconds of speech. What lies beyond is padding and is not drawn.
    public var duration: Double
    /// Nil of what nothing is predicted of, as the change between two clips.
    public var prediction: Prediction?

    public init(
      name: String, detail: String = "", input: ExplainedInput, duration: Double, prediction: Prediction?
    ) {
      (self.name, self.detail) = (name, detail)
      self.input = input
      self.duration = duration
      self.prediction = prediction
    }
  }

  /// What the model predicts of a clip, and the truth where it is known.
  public enum Prediction: Equatable, Sendable {
    case emotion(String, probability: Double, truth: String?)
    case value(of: String, Double, truth: Double?)
  }

  /// The first line is the heading.
  public var title: [String]
  public var clips: [Clip]
  public var overlay: AttributionOverlay

  public init(title: [String], clips: [Clip], overlay: AttributionOverlay = .standard) {
    self.title = title
    self.clips = clips
    self.overlay = overlay
  }

  /// The distances of the clips in a layout.
  private struct Grid {
    let columns, rows: Int
    let panelHeight: Double
    /// The height of a clip's panels, one above the other.
    let stackHeight: Double
  }

  private func grid(in layout: FigureLayout) -> Grid {
    // A column has room for two clips beside each other, for three small ones.
    let columns = layout.isNarrow ? min(clips.count > 12 ? 3 : 2, widestRow) : widestRow
    let rows = (max(1, clips.count) + columns - 1) / columns
    let height = layout.height(panelHeight(columns: widestRow, rows: rows))
    return Grid(
      columns: columns, rows: rows, panelHeight: height,
      stackHeight: TimePanel.stackHeight(clips.first?.input, overlay: overlay, height: height))
  }

  /// The number of columns over a page's width, about that of rows: 1, 2, 3, 2 × 2, 3 × 2, 4 × 2, 3 × 3, 4 × 3; many clips
  /// are drawn smaller.
  private var widestRow: Int {
    switch clips.count {
    case ...3: max(1, clips.count)
    case 4: 2
    case 5, 6, 9: 3
    case ...12: 4
    case ...48: 6
    default: 8
    }
  }

  private func panelHeight(columns: Int, rows: Int) -> Double {
    let level = columns == 1 ? 0 : columns == 2 ? 1 : columns <= 4 ? 2 : 3
    // Every band of 128 has as many pixels at the usual scale, and every coefficient of 40.
    return switch clips.first?.input {
    case .waveform: rows == 1 ? 120 : [120, 90, 64, 40][level]
    case .mfcc: [220, 160, 120, 60][level]
    default: [258, 193.5, 129, 64.5][level]
    }
  }

  /// What red and blue say; nil where the attributions have no signs.
  private var key: SignKey? {
    clips.contains { $0.input.attribution?.isSigned == true } ? SignKey(score: "the explained score") : nil
  }

  private static let nameFont = Font(size: Font.tick.size, isBold: true)
  private static let caption = Font.tick.line + Font.tick.line + 5

  public func extent(on canvas: Canvas) -> Size {
    let (layout, grid) = (canvas.layout, grid(in: canvas.layout))
    return Size(
      width: layout.width,
      height: canvas.titleHeight(title)
        + (key.map { $0.height(on: canvas, width: layout.width - 2 * layout.margin) } ?? 0)
        + Double(grid.rows) * (grid.stackHeight + Self.caption + FigureLayout.gap)
        + (layout.isNarrow ? TimePanel.levelBars : 0) + Plot.below + layout.margin)
  }

  public func draw(on canvas: Canvas) throws(FigureError) {
    try check()
    let margin = canvas.layout.margin
    let (layout, grid) = (canvas.layout, grid(in: canvas.layout))
    let (columns, rows, panelHeight, stackHeight) = (grid.columns, grid.rows, grid.panelHeight, grid.stackHeight)
    let longest = clips.map(\.duration).max() ?? 1
    var time = Axis.seconds(longest, ticks: max(columns > 4 || layout.isNarrow ? 2 : 5, layout.ticks(10) / columns))
    if !layout.isNarrow { time.label = "Time in the clip (s)" }
    let attributions = clips.compactMap(\.input.attribution)
    var names: [String] = []
    for attribution in attributions where !names.contains(attribution.name) { names.append(attribution.name) }
    let barHeight = max(
      120, stackHeight * Double(min(2, rows)) + (rows > 1 ? Self.caption + FigureLayout.gap : 0))
    let bar = overlay.sharedBar(
      names.joined(separator: ", "), of: "clip’s", isSigned: attributions[0].isSigned, height: barHeight)
    let stacks = clips.map {
      TimePanel.stack($0.input, overlay: overlay, duration: $0.duration, height: panelHeight)
    }
    var vertical = stacks[0][0].axis
    if case .waveform = clips[0].input {
      // Each is as high as its loudest sample.
      (vertical.label, vertical.ticks) = ("Amplitude", [])
    }
    // Where panels are low, its unit says enough.
    if stacks[0][0].height < 100, vertical.label == "Frequency (kHz)" { vertical.label = "kHz" }
    let left = margin + vertical.room(on: canvas)
    let right = canvas.bounds.right - margin - (layout.isNarrow ? 8 : bar.width(on: canvas) + 12)
    let step = (right - left + FigureLayout.gap) / Double(columns)
    var top = canvas.drawTitle(title, left: margin, right: canvas.bounds.right - margin)
    if let key {
      key.draw(on: canvas, left: margin, right: canvas.bounds.right - margin, top: top)
      top += key.height(on: canvas, width: layout.width - 2 * margin)
    }
    let captions = captions(on: canvas, width: step - FigureLayout.gap)
    for (index, clip) in clips.enumerated() {
      let (row, column) = (index / columns, index % columns)
      let room = canvas.aligned(
        Rectangle(
          x: left + Double(column) * step,
          y: top + Double(row) * (stackHeight + Self.caption + FigureLayout.gap) + Self.caption,
          width: step - FigureLayout.gap, height: stackHeight))
      drawCaption(captions[index], of: clip, on: canvas, above: room, isSmall: columns > 4 || layout.isNarrow)
      var y = room.top
      for (number, panel) in stacks[index].enumerated() {
        let frame = canvas.aligned(Rectangle(x: room.x, y: y, width: room.width, height: panel.height))
        var plot = Plot(frame: frame, x: time, y: panel.axis)
        canvas.fill(frame, Color(0xF4F4F4))
        panel.draw(canvas, plot)
        plot.y = vertical
        // The next column's first number begins left of its frame.
        if column < columns - 1 {
          for tick in time.ticks.indices
          where plot.x(time.ticks[tick].value) + canvas.width(of: time.ticks[tick].label, .tick) / 2 > frame.right {
            plot.x.ticks[tick].label = ""
          }
        }
        if number > 0, case .waveform = clip.input { plot.y.label = "Attribution" }
        let isLowest = number == stacks[index].count - 1
        plot.drawAxes(on: canvas, namesX: isLowest && index + columns >= clips.count, namesY: column == 0)
        y += panel.height + TimePanel.gap
      }
    }
    let end = top + Double(rows) * (stackHeight + Self.caption + FigureLayout.gap) - FigureLayout.gap
    guard !layout.isNarrow else {
      return bar.drawLevel(on: canvas, left: left, top: end + Plot.below + 8, width: right - left)
    }
    let middle = (top + Self.caption + end) / 2
    bar.draw(on: canvas, left: right + 12, top: middle - barHeight / 2, height: barHeight)
  }

  /// Each clip's name with its detail, or, where that does not fit, as much of the name as tells it from the others.
  private func captions(on canvas: Canvas, width: Double) -> [String] {
    zip(clips, canvas.shortenedApart(clips.map(\.name), to: width, Self.nameFont)).map { clip, name in
      let whole = "\(clip.name) \(clip.detail)"
      return clip.detail.isEmpty || canvas.width(of: whole, Self.nameFont) > width ? name : whole
    }
  }

  /// Draws the clip's name; below it the prediction and what is true.
  /// - Parameter name: As much of it as fits.
  private func drawCaption(_ name: String, of clip: Clip, on canvas: Canvas, above room: Rectangle, isSmall: Bool) {
    var top = room.top - Self.caption
    canvas.text(name, at: Point(x: room.left, y: top), Self.nameFont, vertically: .start)
    top += Font.tick.line
    let text: String
    var color = Color.secondaryInk
    switch clip.prediction {
    case .emotion(let predicted, let probability, let truth):
      let isRight = truth.map { $0 == predicted }
      let mark = isRight.map { $0 ? "✓ " : "✗ " } ?? ""
      if let isRight { color = isRight ? Color(0x00694C) : Color(0xB03A00) }
      text =
        "\(mark)\(predicted) \(probabilityText(probability))"
        + (isRight == false && !isSmall ? ", is \(truth ?? "")" : "")
    case .value(let name, let value, let truth):
      let name = isSmall ? "" : "\(name) "
      text = name + number(value, digits: 2) + (truth.map { ", is \(number($0, digits: 2))" } ?? "")
    case nil: return
    }
    canvas.text(
      canvas.shortened(text, to: room.width, .tick), at: Point(x: room.left, y: top), .tick,
      vertically: .start,
      color: color)
  }

  private func check() throws(FigureError) {
    guard !clips.isEmpty else { throw .empty(name: "clips of the contact sheet") }
    for clip in clips {
      guard clip.duration.isFinite, clip.duration > 0 else {
        throw .outOfRange(
          name: "duration of \(clip.name)", value: clip.duration, expected: "a positive number of seconds")
      }
      try clip.input.check(name: clip.name)
      guard clip.input.words == clips[0].input.words else {
        throw .mixed(name: clip.name, expected: clips[0].input.words, found: clip.input.words)
      }
      guard let attribution = clip.input.attribution else { throw .empty(name: "attribution of \(clip.name)") }
      switch clip.prediction {
      case .emotion(let name, let probability, _):
        try checkProbabilities([probability], names: [name], name: "probability of \(clip.name)")
      case .value(_, let value, let truth):
        guard value.isFinite, truth?.isFinite != false else {
          throw .notFinite(name: "value of \(clip.name)", index: 0)
        }
      case nil: break
      }
      guard attribution.isSigned == clips[0].input.attribution?.isSigned else {
        // They share a colour bar.
        throw .mixed(
          name: "attribution of \(clip.name)", expected: attribution.isSigned ? "unsigned" : "signed",
          found: attribution.isSigned ? "signed" : "unsigned")
      }
    }
  }
}
