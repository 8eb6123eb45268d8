import Foundation

/// The probability of each emotion as a level bar, with its value and what it is: predicted, target, versus, true.
struct ProbabilityBars {
  var names: [String]
  var probabilities: [Double]
  /// Words beside each bar; a bar with words, even empty ones, stands out.
  var marks: [[String]]

  static let rowHeight = 17.0

  var height: Double { Double(names.count) * Self.rowHeight }

  func draw(on canvas: Canvas, in frame: Rectangle) {
    let axis = Axis.linear("Probability", from: 0, to: 1, ticks: 5)
    let plot = Plot(frame: frame, x: axis, y: Axis(label: "", lower: 0, upper: 1, ticks: []))
    for tick in axis.ticks.dropFirst().dropLast() {
      let x = plot.x(tick.value)
      canvas.rule(from: Point(x: x, y: frame.top), to: Point(x: x, y: frame.bottom), .rule)
    }
    for (index, name) in names.enumerated() {
      let middle = frame.top + (Double(index) + 0.5) * Self.rowHeight
      let isMarked = !marks[index].isEmpty
      let bar = canvas.aligned(
        Rectangle(
          x: frame.left, y: middle - 0.36 * Self.rowHeight, width: frame.width * probabilities[index],
          height: 0.72 * Self.rowHeight))
      canvas.fill(bar, EmotionColors.color(of: name, index: index))
      let font = isMarked ? Font.emphasis : .label
      canvas.text(
        canvas.shortened(name, to: Self.longestName, font), at: Point(x: frame.left - 7, y: middle), font,
        horizontally: .end)
      let value = ([probabilityText(probabilities[index])] + marks[index].filter { !$0.isEmpty }).joined(
        separator: "  ·  ")
      // Inside the bar where there is no room beyond it.
      let fits = bar.right + 8 + canvas.width(of: value, font) < frame.right
      let background = EmotionColors.color(of: name, index: index)
      if fits {
        canvas.fill(
          Rectangle(
            x: bar.right + 4, y: bar.top, width: canvas.width(of: value, font) + 6, height: bar.height),
          .white)
      }
      canvas.text(
        value, at: Point(x: fits ? bar.right + 7 : bar.right - 7, y: middle), font,
        horizontally: fits ? .start : .end, color: fits || background.luminance > 0.3 ? .ink : .white)
    }
    plot.drawAxes(on: canvas, namesY: false)
  }

  func room(on canvas: Canvas) -> Double {
    7 + min(Self.longestName, names.map { canvas.width(of: $0, .emphasis) }.max() ?? 0)
  }

  private static let longestName = 110.0
}

/// A probability with two decimals; "<0.01" and ">0.99" where it would round to 0 or 1 without being it.
func probabilityText(_ probability: Double) -> String {
  if probability > 0, probability < 0.005 { return "<0.01" }
  if probability < 1, probability >= 0.995 { return ">0.99" }
  return String(format: "%.2f", probability)
}

func checkProbabilities(_ values: [Double], names: [String], name: String) throws(FigureError) {
  guard !names.isEmpty else { throw .empty(name: "names of the emotions") }
  guard values.count == names.count else {
    throw .shape(name: name, expected: [names.count], found: [values.count])
  }
  for (index, value) in values.enumerated() {
    guard value.isFinite else { throw .notFinite(name: name, index: index) }
    // Softmax in Float32 may end a little beside 1.
    guard value >= 0, value <= 1.0001 else {
      throw .outOfRange(name: "\(name): \(names[index])", value: value, expected: "a probability")
    }
  }
}
