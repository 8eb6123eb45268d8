import Basics

/// The time axis below a clip's panels: the file's own time, with a margin of what the model does not use of the file.
struct ClipTime {
  /// Values are seconds from the clip's start, as of its inputs; ticks name the file's own time.
  let axis: Axis
  /// What is not used, in the axis's values, with the reason in two lines.
  private let unused: [(range: Range<Double>, words: [String])]

  /// The part of a clip's length that is shown at most of what is not used before and after it.
  private static let margin = 0.12

  init(_ duration: Double, in place: ClipPlace?, ticks: Int) {
    let place = place ?? ClipPlace(0..<duration)
    let (start, end) = (place.start, place.start + duration)
    let room = Self.margin * duration
    let lower = max(place.stretch.lowerBound, start - room)
    let upper = max(end, min(place.stretch.upperBound, end + room))
    var axis = Axis.linear("Time (s)", from: lower, to: upper, ticks: ticks)
    axis.ticks = axis.ticks.map { .init(value: $0.value - start, label: $0.label) }
    // Differences of seconds are rounded.
    (axis.lower, axis.upper) = (min(0, lower - start), max(duration, upper - start))
    self.axis = axis
    // A model with a fixed length uses the beginning of a longer clip.
    let isCut = place.speech.upperBound > end + 0.01
    unused = [
      (axis.lower..<0, start - place.stretch.lowerBound, "trimmed"),
      (duration..<axis.upper, place.stretch.upperBound - end, isCut ? "not used" : "trimmed"),
    ].filter { $0.0.upperBound - $0.0.lowerBound > 0.01 }.map { range, seconds, reason in
      (range, ["\(number(seconds, digits: 2)) s", reason])
    }
  }

  /// A title's line on what is not used, where panels are too small for the reason; else none.
  static func remark(_ duration: Double, in place: ClipPlace?, _ layout: FigureLayout) -> [String] {
    // A figure asks for its height before it refuses a duration.
    guard layout.width < FigureLayout.standard.width, duration.isFinite, duration > 0,
      !ClipTime(duration, in: place, ticks: 1).unused.isEmpty
    else { return [] }
    return ["grey: not used by the model"]
  }

  /// Fills what is not used of the file with grey.
  /// - Parameter isNamed: Whether the reason is written on it, where there is room.
  func drawUnused(on canvas: Canvas, in plot: Plot, isNamed: Bool) {
    Self.fill(unused, on: canvas, in: plot, isNamed: isNamed)
  }

  /// Fills what is outside of a part of the clip with grey, over a panel: another model uses it.
  /// - Parameters:
  ///   - used: Seconds from the clip's start.
  ///   - duration: The clip's.
  static func fill(
    outside used: Range<Double>, of duration: Double, on canvas: Canvas, in plot: Plot, isNamed: Bool
  ) {
    let gaps = [0..<max(0, used.lowerBound), min(used.upperBound, duration)..<duration]
      .filter { $0.upperBound - $0.lowerBound > 0.01 }
    fill(
      gaps.map { ($0, ["\(number($0.upperBound - $0.lowerBound, digits: 2)) s", "not used"]) }, on: canvas, in: plot,
      isNamed: isNamed)
  }

  private static func fill(
    _ unused: [(range: Range<Double>, words: [String])], on canvas: Canvas, in plot: Plot, isNamed: Bool
  ) {
    for (range, words) in unused {
      let (left, right) = (plot.x(range.lowerBound), plot.x(range.upperBound))
      let area = Rectangle(x: left, y: plot.frame.y, width: right - left, height: plot.frame.height)
      canvas.fill(area, Color(0xE2E2E2))
      guard isNamed, words.allSatisfy({ canvas.width(of: $0, .tick) + 6 < area.width }) else { continue }
      for (line, text) in words.enumerated() {
        let y = area.middle.y + (Double(line) - 0.5) * Font.tick.line
        canvas.text(text, at: Point(x: area.middle.x, y: y), .tick, horizontally: .center)
      }
    }
  }
}
