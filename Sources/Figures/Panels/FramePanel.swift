import Basics

/// A matrix over time with the attribution over it: the picture that explanations and contact sheets share.
struct FramePanel {
  enum Rows {
    /// Triangular mel bands from 0 Hz to `maximumFrequency`, evenly spaced in mel.
    case mel(maximumFrequency: Double)
    /// A Fourier transform's bins from 0 Hz to `maximumFrequency`.
    case bins(maximumFrequency: Double)
    /// Cepstral coefficients, counted from 0.
    case coefficients
  }

  let axis: Axis
  /// What is below, its ends, and whether it goes beyond them.
  let map: ColorMap
  let lower, upper: Double
  let isClippedBelow, isClippedAbove: Bool
  let scale: AttributionScale?
  private let heatmap: Heatmap
  private let rows: Rows
  private let hop, duration: Double

  /// The columns that speech of `duration` seconds reaches; those beyond neither are drawn nor count in
  /// the ranges of the colours.
  init(_ frames: FrameMatrix, attribution: Attribution?, rows: Rows, duration: Double) {
    let columns = frames.columns(within: duration)
    let values = frames.cropped(frames.values, to: columns)
    map = attribution == nil ? .magma : .paper
    let smallest = Double(values.min() ?? 0)
    let largest = Double(values.max() ?? 0)
    switch rows {
    case .mel(let maximumFrequency):
      axis = .mel(to: maximumFrequency)
      (lower, upper) = (smallest, largest)
    case .bins(let maximumFrequency):
      axis = .kilohertz(to: maximumFrequency, ticks: 4)
      (lower, upper) = (smallest, largest)
    case .coefficients:
      axis = .linear(
        "Coefficient", from: -0.5, to: Double(frames.rows) - 0.5, ticks: min(5, frames.rows))
      // Coefficient 0 is the loudness, many times the size of the others, which are to be seen.
      let count = values.count - (frames.rows > 1 ? columns : 0)
      var others = OrderStatistics(Array(values.suffix(count)))
      (lower, upper) = (Double(others[count / 100]), Double(others[count - 1 - count / 100]))
    }
    isClippedBelow = smallest < lower
    isClippedAbove = largest > upper
    var heatmap = Heatmap(
      values, rows: frames.rows, columns: columns, map: map, lower: lower, upper: upper)
    scale = attribution.map { attribution in
      let drawn = frames.cropped(attribution.values, to: columns)
      let scale = AttributionScale(drawn, isSigned: attribution.isSigned, limit: attribution.limit)
      if !scale.isZero { heatmap.overlay(drawn, scale) }
      return scale
    }
    self.heatmap = heatmap
    self.rows = rows
    hop = frames.hop
    self.duration = duration
  }

  /// The picture within `plot`, from time 0 to the end of the speech or of the columns.
  func draw(on canvas: Canvas, in plot: Plot) {
    let end = min(duration, (Double(heatmap.columns) - 0.5) * hop)
    let frame = plot.frame
    let picture = Rectangle(x: frame.x, y: frame.y, width: plot.x(end) - frame.x, height: frame.height)
    let count = Double(heatmap.rows)
    // Band k of n peaks at (k + 1) / (n + 1) of the mel axis.
    let (top, bottom) =
      switch rows {
      case .mel: (count, -1.0)
      case .bins: (count - 1, 0.0)
      case .coefficients: (count - 0.5, -0.5)
      }
    heatmap.draw(on: canvas, in: picture, left: 0, right: end / hop, top: top, bottom: bottom)
    if scale?.isZero == true { canvas.sayZero(in: picture) }
  }

  func bar(_ label: String, height: Double) -> ColorBar {
    // A constant matrix still has a bar, with its one value in the middle.
    let half = upper > lower ? 0 : max(1, abs(upper) / 10)
    return .linear(
      label, map: map, from: lower - half, to: upper + half, height: height, extendsBelow: isClippedBelow,
      extendsAbove: isClippedAbove)
  }
}

extension Canvas {
  /// Says that an attribution is zero everywhere, on a label at the upper edge of its picture.
  func sayZero(in picture: Rectangle) {
    let sayings = ["the attribution is zero everywhere", "zero everywhere", "zero"]
    let words = sayings.first { width(of: $0, .label) + 24 < picture.width } ?? "0"
    let room = Rectangle(
      x: picture.middle.x - width(of: words, .label) / 2 - 8, y: picture.top + 5,
      width: width(of: words, .label) + 16, height: Font.label.line * 1.3)
    fill(room, .white, alpha: 0.9)
    text(words, at: room.middle, .label, horizontally: .center)
  }
}
