import Basics

/// A matrix over time and the attribution on it: the picture that explanations and contact sheets share.
struct FramePanel {
  enum Rows {
    /// Triangular mel bands from 0 Hz to `maximumFrequency`, evenly spaced in mel.
    case mel(maximumFrequency: Double)
    /// A Fourier transform's bins from 0 Hz to `maximumFrequency`.
    case bins(maximumFrequency: Double)
    /// Cepstral coefficients, counted from 0.
    case coefficients
  }

  /// What a panel shows of a matrix and its attribution.
  enum Content {
    /// The matrix alone.
    case matrix
    /// The attribution alone, on white.
    case attribution
    /// The attribution's colours over the matrix in grey.
    case colors
    /// Lines around the attribution's strongest places, over the matrix in grey.
    case contours
  }

  let axis: Axis
  /// The matrix's colours, the values at their ends, and whether values lie beyond them.
  let map: ColorMap
  let lower, upper: Double
  let isClippedBelow, isClippedAbove: Bool
  /// The attribution's colours; nil where it is not shown.
  let scale: AttributionScale?
  /// The attribution's lines; nil where it is not shown by lines.
  let contours: AttributionContours?
  private let heatmap: Heatmap
  private let rows: Rows
  private let hop, duration: Double

  /// The columns that speech of `duration` seconds reaches; those beyond neither are drawn nor count in
  /// the ranges of the colours.
  init(_ frames: FrameMatrix, attribution: Attribution?, rows: Rows, duration: Double, content: Content) {
    let columns = frames.columns(within: duration)
    let values = frames.cropped(frames.values, to: columns)
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
    if content == .matrix {
      map = .magma
    } else if case .coefficients = rows {
      map = .lightPaper
    } else {
      map = .paper
    }
    isClippedBelow = smallest < lower
    isClippedAbove = largest > upper
    let shown = content == .attribution ? [Float](repeating: Float(lower), count: values.count) : values
    var heatmap = Heatmap(
      shown, rows: frames.rows, columns: columns, map: map, lower: lower, upper: upper)
    var scale: AttributionScale?
    var contours: AttributionContours?
    if let attribution, content != .matrix {
      let drawn = frames.cropped(attribution.values, to: columns)
      let colors = AttributionScale(
        drawn, isSigned: attribution.isSigned, limit: attribution.limit, isThresholded: content == .colors)
      if content == .contours, !colors.isZero {
        contours = AttributionContours(drawn, rows: frames.rows, columns: columns, colors: colors)
      } else if !colors.isZero {
        heatmap.overlay(drawn, colors)
      }
      scale = colors
    }
    (self.scale, self.contours) = (scale, contours)
    self.heatmap = heatmap
    self.rows = rows
    hop = frames.hop
    self.duration = duration
  }

  /// The picture within `plot`, from time 0 to the end of the speech or of the columns.
  func draw(on canvas: Canvas, in plot: Plot) {
    let end = min(duration, (Double(heatmap.columns) - 0.5) * hop)
    let frame = plot.frame
    let start = plot.x(0)
    let picture = Rectangle(x: start, y: frame.y, width: plot.x(end) - start, height: frame.height)
    let count = Double(heatmap.rows)
    // Band k of n peaks at (k + 1) / (n + 1) of the mel axis.
    let (top, bottom) =
      switch rows {
      case .mel: (count, -1.0)
      case .bins: (count - 1, 0.0)
      case .coefficients: (count - 0.5, -0.5)
      }
    heatmap.draw(on: canvas, in: picture, left: 0, right: end / hop, top: top, bottom: bottom)
    contours?.draw(on: canvas, in: picture) { cell in
      Point(
        x: picture.left + picture.width * cell.x * hop / end,
        y: picture.top + picture.height * (top - cell.y) / (top - bottom))
    }
    if scale?.isZero == true { canvas.writeZero(in: picture) }
  }

  /// The key to the matrix's colours.
  func bar(_ label: String, height: Double) -> ColorBar {
    // A constant matrix still has a bar, with its one value in the middle.
    let half = upper > lower ? 0 : max(1, abs(upper) / 10)
    return .linear(
      label, map: map, from: lower - half, to: upper + half, height: height, extendsBelow: isClippedBelow,
      extendsAbove: isClippedAbove)
  }
}

/// Lines around the places at which an attribution, averaged with its neighbours, is among the strongest.
struct AttributionContours {
  /// The parts of a picture that lines enclose, from the widest to the narrowest.
  static let shares = [0.20, 0.05, 0.01]

  struct Level {
    /// The part of the picture that is at least as strong.
    let share: Double
    let magnitude: Double
    let color: Color
    let width: Double
    /// In cells: x the column, y the row.
    let lines: [[Point]]
  }

  /// The positive values' lines, then the negative ones'; no level that is zero.
  let levels: [Level]

  init(_ values: [Float], rows: Int, columns: Int, colors: AttributionScale) {
    let even = smoothed(values, rows: rows, columns: columns)
    let magnitudes = even.map(abs)
    var ranked = OrderStatistics(magnitudes)
    var found = Self.shares.map { (share: $0, magnitude: ranked.percentile(1 - $0)) }.filter { $0.magnitude > 0 }
    // What is zero but in a few places is lined at half its maximum.
    if found.isEmpty { found = [(Self.shares.last!, Double(magnitudes.max() ?? 0) / 2)] }
    let signs: [Float] = colors.isSigned ? [1, -1] : [1]
    levels = signs.flatMap { sign in
      let own = colors.isSigned ? even.map { $0 * sign } : magnitudes
      return found.map { share, magnitude in
        let style = Self.style(of: share, sign: Double(sign), colors: colors)
        return Level(
          share: share, magnitude: magnitude, color: style.color, width: style.width,
          lines: Figures.contours(of: own, rows: rows, columns: columns, at: Float(magnitude)))
      }
    }
  }

  private static func style(of share: Double, sign: Double, colors: AttributionScale) -> (color: Color, width: Double) {
    let rank = Double(shares.firstIndex(of: share) ?? shares.count - 1) / Double(shares.count - 1)
    return (colors.color(at: sign * (0.5 + 0.5 * rank)), 0.9 + 0.6 * rank)
  }

  func draw(on canvas: Canvas, in picture: Rectangle, place: (Point) -> Point) {
    canvas.clipped(to: picture) {
      for level in levels {
        let lines = level.lines.map { $0.map(place) }
        canvas.stroke(lines, .white, width: level.width + 1.4, alpha: 0.75)
        canvas.stroke(lines, level.color, width: level.width)
      }
    }
  }

  /// The key to the lines, at the magnitudes where they are.
  func bar(name: String, unit: String, isSigned: Bool, height: Double) -> ColorBar {
    let largest = levels.map(\.magnitude).max() ?? 1
    let (label, power) = AttributionScale.label(name: name, unit: unit, limit: largest)
    let half = levels.count / (isSigned ? 2 : 1)
    let lines = levels.enumerated().map { index, level in
      ColorBar.Line(
        value: (index < half ? 1 : -1) * level.magnitude / power, color: level.color, width: level.width)
    }
    let shares = levels.prefix(half).map { number(100 * $0.share, digits: 0) }.joined(separator: ", ")
    return ColorBar(
      label: [label, "top \(shares) %, smoothed"], lines: lines,
      lower: isSigned ? -1.12 * largest / power : 0, upper: 1.12 * largest / power,
      ticks: lines.map { .init(value: $0.value, label: number($0.value, digits: largest / power < 10 ? 1 : 0)) }
        .sorted { $0.value < $1.value })
  }

  /// The key to the lines of several pictures, each of which has its own magnitudes.
  static func sharedBar(_ label: [String], isSigned: Bool, height: Double) -> ColorBar {
    let colors = AttributionScale([1], isSigned: isSigned)
    let count = Double(shares.count)
    let lines = (isSigned ? [1.0, -1] : [1]).flatMap { sign in
      shares.enumerated().map { index, share in
        let style = style(of: share, sign: sign, colors: colors)
        return (
          line: ColorBar.Line(value: sign * Double(index + 1), color: style.color, width: style.width),
          label: (sign < 0 ? "−" : isSigned ? "+" : "") + "\(number(100 * share, digits: 0)) %"
        )
      }
    }
    return ColorBar(
      label: label, lines: lines.map(\.line), lower: isSigned ? -count - 0.6 : 0.4, upper: count + 0.6,
      ticks: lines.map { .init(value: $0.line.value, label: $0.label) }.sorted { $0.value < $1.value })
  }
}

extension Canvas {
  /// Writes that an attribution is zero everywhere, on a label at the upper edge of its picture.
  func writeZero(in picture: Rectangle) {
    let lengths = ["the attribution is zero everywhere", "zero everywhere", "zero"]
    let words = lengths.first { width(of: $0, .label) + 24 < picture.width } ?? "0"
    let room = Rectangle(
      x: picture.middle.x - width(of: words, .label) / 2 - 8, y: picture.top + 5,
      width: width(of: words, .label) + 16, height: Font.label.line * 1.3)
    fill(room, .white, alpha: 0.9)
    text(words, at: room.middle, .label, horizontally: .center)
  }
}
