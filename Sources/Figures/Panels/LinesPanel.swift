/// Lines over the time of a recording, window by window, with their names beside them.
struct LinesPanel {
  var axis: Axis
  var names: [String]
  var colors: [Color]
  /// The middle of each window in seconds, rising.
  var times: [Double]
  /// [window][name]; nil for a silent window.
  var rows: [[Double]?]
  /// Seconds of the recording.
  var duration: Double
  /// Points.
  var height: Double

  /// Points from one name to the next.
  static let nameHeight = 17.0

  private func shown(on canvas: Canvas) -> [String] { names.map { canvas.shortened($0, to: 110, .label) } }

  /// The room of the names right of the frame.
  func keyRoom(on canvas: Canvas) -> Double {
    16 + 18 + (shown(on: canvas).map { canvas.width(of: $0, .emphasis) }.max() ?? 0)
  }

  /// The rows of names below the frame of a column, and their height.
  private func keyGrid(on canvas: Canvas, width: Double) -> (columns: Int, height: Double) {
    let columns = max(1, Int(width / keyRoom(on: canvas)))
    return (columns, Self.nameHeight * Double((names.count + columns - 1) / columns))
  }

  func keyHeight(on canvas: Canvas, width: Double) -> Double { keyGrid(on: canvas, width: width).height }

  /// Draws the names in a block as wide as the column.
  func drawKey(on canvas: Canvas, left: Double, right: Double, top: Double) {
    let columns = keyGrid(on: canvas, width: right - left).columns
    for (index, name) in shown(on: canvas).enumerated() {
      let x = left + (right - left) / Double(columns) * Double(index % columns)
      let y = top + (Double(index / columns) + 0.5) * Self.nameHeight
      canvas.fill(Rectangle(x: x, y: y - 4.5, width: 12, height: 9), colors[index])
      canvas.text(name, at: Point(x: x + 18, y: y), .label)
    }
  }

  func draw(on canvas: Canvas, in frame: Rectangle, namesX: Bool) {
    let plot = Plot(frame: frame, x: .seconds(duration, ticks: canvas.layout.ticks(10)), y: axis)
    let runs = runs { rows[$0] != nil }
    let names = shown(on: canvas)
    for tick in axis.ticks where tick.value > axis.lower && tick.value < axis.upper {
      let y = plot.y(tick.value)
      canvas.rule(from: Point(x: frame.left, y: y), to: Point(x: frame.right, y: y), .rule)
    }
    drawSilence(in: plot, on: canvas)
    for (index, color) in colors.enumerated() {
      for run in runs {
        let points = run.map { plot.point(times[$0], rows[$0]![index]) }
        canvas.clipped(to: frame) { canvas.stroke(points, color, width: 2) }
        // One point makes no line.
        if times.count <= 40 || points.count == 1 {
          for point in points { canvas.dot(at: point, radius: 2.5, color) }
        }
      }
      guard !canvas.layout.isNarrow else { continue }
      let y = frame.top + 8 + Double(index) * Self.nameHeight
      canvas.fill(Rectangle(x: frame.right + 16, y: y - 4.5, width: 12, height: 9), color)
      canvas.text(names[index], at: Point(x: frame.right + 34, y: y), .label)
    }
    plot.drawAxes(on: canvas, namesX: namesX)
  }

  /// A grey ground where windows are silent: half way to the neighbours, or to the ends.
  private func drawSilence(in plot: Plot, on canvas: Canvas) {
    for run in runs(where: { rows[$0] == nil }) {
      let (first, last) = (run.lowerBound, run.upperBound - 1)
      let left = plot.x(first == 0 ? 0 : (times[first - 1] + times[first]) / 2)
      let right = plot.x(last == times.count - 1 ? duration : (times[last] + times[last + 1]) / 2)
      let room = Rectangle(x: left, y: plot.frame.y, width: right - left, height: plot.frame.height)
      canvas.fill(room, Color(0xF4F4F4))
      guard canvas.width(of: "silent", .label) + 8 < room.width else { continue }
      canvas.text("silent", at: room.middle, .label, horizontally: .center, color: .secondaryInk)
    }
  }

  /// Windows in a row.
  private func runs(where belongs: (Int) -> Bool) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    for index in rows.indices where belongs(index) {
      if let last = runs.last, last.upperBound == index {
        runs[runs.count - 1] = last.lowerBound..<(index + 1)
      } else {
        runs.append(index..<(index + 1))
      }
    }
    return runs
  }
}
