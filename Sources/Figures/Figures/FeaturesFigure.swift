import Basics

/// What is computed of a clip, one below the other over one time axis.
public struct FeaturesFigure: Figure {
  public enum Panel: Sendable {
    /// A place of a model's path.
    case input(ExplainedInput)
    /// The fundamental frequency in Hz of frames `hop` seconds apart; nil where there is no voice.
    case pitch([Double?], hop: Double)
  }

  public var title: [String]
  /// Seconds.
  public var duration: Double
  /// The clip's place in its file, whose time the axis has; nil where the clip is all there is.
  public var place: ClipPlace?
  public var panels: [Panel]

  public init(title: [String], duration: Double, place: ClipPlace? = nil, panels: [Panel]) {
    (self.title, self.duration, self.place, self.panels) = (title, duration, place, panels)
  }

  private static func height(of panel: Panel, _ layout: FigureLayout) -> Double {
    switch panel {
    case .input(.spectrogram), .input(.logMel): layout.height(193.5)
    case .input(.mfcc): layout.height(140)
    case .input(.waveform), .pitch: layout.height(104)
    }
  }

  private static func levelBars(under panel: Panel, _ layout: FigureLayout) -> Double {
    guard case .input(let input) = panel else { return 0 }
    return TimePanel.barsHeight(input, overlay: .standard, layout)
  }

  private func lines(_ layout: FigureLayout) -> [String] { title + ClipTime.remark(duration, in: place, layout) }

  public func extent(on canvas: Canvas) -> Size {
    let layout = canvas.layout
    let heights = panels.map { Self.height(of: $0, layout) + Self.levelBars(under: $0, layout) + FigureLayout.gap }
    return Size(
      width: layout.width,
      height: canvas.titleHeight(lines(layout)) + heights.reduce(0, +) + Plot.below + layout.margin)
  }

  public func draw(on canvas: Canvas) throws(FigureError) {
    try check()
    let (layout, margin) = (canvas.layout, canvas.layout.margin)
    let drawn = panels.map { panel in
      let height = Self.height(of: panel, layout)
      return switch panel {
      case .input(let input): TimePanel(input, .matrix, duration: duration, height: height)
      case .pitch(let pitch, let hop): TimePanel(pitch: pitch, hop: hop, height: height)
      }
    }
    let left = margin + drawn.map { $0.axis.room(on: canvas) }.max()!
    let bars = layout.isNarrow ? [] : drawn.compactMap(\.bars.last)
    let right = canvas.bounds.right - margin - (bars.map { $0.width(on: canvas) + 12 }.max() ?? 8)
    let time = ClipTime(duration, in: place, ticks: layout.ticks(10))
    var y = canvas.drawTitle(lines(layout), left: margin, right: canvas.bounds.right - margin)
    for (index, (panel, shown)) in zip(panels, drawn).enumerated() {
      let isLast = index == panels.count - 1
      let frame = canvas.aligned(Rectangle(x: left, y: y, width: right - left, height: shown.height))
      let plot = Plot(frame: frame, x: time.axis, y: shown.axis)
      time.drawUnused(on: canvas, in: plot, isNamed: index == 0)
      shown.draw(canvas, plot)
      plot.drawAxes(on: canvas, namesX: isLast)
      if let bar = shown.bars.last {
        if layout.isNarrow {
          let top = frame.bottom + (isLast ? Plot.below : Plot.tickLength) + 4
          bar.drawLevel(on: canvas, left: left, top: top, width: right - left)
        } else {
          bar.draw(on: canvas, left: right + 12, top: frame.top, height: frame.height)
        }
      }
      y += shown.height + Self.levelBars(under: panel, layout) + FigureLayout.gap
    }
  }

  private func check() throws(FigureError) {
    guard !panels.isEmpty else { throw .empty(name: "features") }
    guard duration.isFinite, duration > 0 else {
      throw .outOfRange(name: "duration", value: duration, expected: "a positive number of seconds")
    }
    for panel in panels {
      switch panel {
      case .input(let input): try input.check()
      case .pitch(let pitch, let hop):
        guard hop.isFinite, hop > 0 else {
          throw .outOfRange(name: "hop of the pitch", value: hop, expected: "a positive number of seconds")
        }
        if let index = pitch.firstIndex(where: { $0?.isFinite == false }) {
          throw .notFinite(name: "pitch", index: index)
        }
      }
    }
  }
}

extension TimePanel {
  /// The fundamental frequency as dots, with lines between frames in a row.
  fileprivate init(pitch: [Double?], hop: Double, height: Double) {
    let voiced = pitch.compactMap(\.self)
    // Somewhat more than a voice's range; where there is no voice, a usual one.
    let (lower, upper) = ((voiced.min() ?? 100) * 0.9, (voiced.max() ?? 300) * 1.1)
    axis = .linear("F0 (Hz)", from: lower, to: upper, ticks: 4)
    bars = []
    self.height = height
    draw = { canvas, plot in
      let color = Color(0x0072B2)
      var run: [Point] = []
      for (frame, hertz) in (pitch + [nil]).enumerated() {
        if let hertz {
          let point = plot.point(Double(frame) * hop, hertz)
          canvas.dot(at: point, radius: 1.4, color)
          run.append(point)
        } else {
          if run.count > 1 { canvas.stroke(run, color, width: 1.2) }
          run = []
        }
      }
    }
  }
}
