import Foundation

/// A model's prediction as bars: the probabilities of its classes, and below them the values of its dimensions.
struct PredictionBars {
  private let blocks: [LevelBars]

  /// - Parameters:
  ///   - marks: Words on each output, classes first; an output with words, even empty ones, stands out.
  ///   - truths: The true value of each dimension, where it is known: a line across its bar.
  ///   - scale: Values that the axis of the dimensions covers besides these.
  ///   - ticks: Of each axis, about.
  init(
    emotions: [String], probabilities: [Double], dimensions: [String], values: [Double], marks: [[String]],
    truths: [Double?] = [], scale: [Double] = [], ticks: Int = 5
  ) {
    let classes = zip(emotions, probabilities).enumerated().map { index, output in
      LevelBars.Row(
        name: output.0, value: output.1, color: EmotionColors.color(of: output.0, index: index),
        words: [probabilityText(output.1)] + marks[index], isMarked: !marks[index].isEmpty)
    }
    let numbers = zip(dimensions, values).enumerated().map { index, output in
      let (own, truth) = (marks[emotions.count + index], truths.indices.contains(index) ? truths[index] : nil)
      return LevelBars.Row(
        name: output.0, value: output.1, color: EmotionColors.color(ofDimension: output.0, index: index),
        words: [number(output.1, digits: 2)] + own,
        isMarked: !own.isEmpty, truth: truth)
    }
    blocks = [
      LevelBars(axis: .linear("Probability", from: 0, to: 1, ticks: ticks), rows: classes),
      LevelBars(axis: .values(values + truths.compactMap { $0 } + scale, ticks: ticks), rows: numbers),
    ].filter { !$0.rows.isEmpty }
  }

  /// Between the two axes.
  private static let gap = Plot.below + 10

  /// The height of the bars, without the numbers under the last of them.
  var height: Double { blocks.reduce(0) { $0 + $1.height } + Self.gap * Double(max(0, blocks.count - 1)) }

  /// - Parameter isNamed: Whether the outputs' names stand left of the frame.
  func draw(on canvas: Canvas, in frame: Rectangle, isNamed: Bool = true) {
    var top = frame.top
    for block in blocks {
      block.draw(
        on: canvas, in: Rectangle(x: frame.left, y: top, width: frame.width, height: block.height), isNamed: isNamed)
      top += block.height + Self.gap
    }
  }

  /// The room that names need left of the bars.
  func room(on canvas: Canvas) -> Double { blocks.map { $0.room(on: canvas) }.max() ?? 0 }
}

/// A probability with two decimals; "<0.01" and ">0.99" where it would round to 0 or 1 without being it.
func probabilityText(_ probability: Double) -> String {
  if probability > 0, probability < 0.005 { return "<0.01" }
  if probability < 1, probability >= 0.995 { return ">0.99" }
  return String(format: "%.2f", probability)
}

/// Throws where a prediction is not one probability a class, and one finite value a dimension.
func checkPrediction(
  _ probabilities: [Double], emotions: [String], values: [Double], dimensions: [String], name: String
) throws(FigureError) {
  guard !emotions.isEmpty || !dimensions.isEmpty else { throw .empty(name: "names of the emotions") }
  if !emotions.isEmpty { try checkProbabilities(probabilities, names: emotions, name: "probabilities\(name)") }
  guard values.count == dimensions.count else {
    throw .shape(name: "values\(name)", expected: [dimensions.count], found: [values.count])
  }
  if let index = values.firstIndex(where: { !$0.isFinite }) { throw .notFinite(name: "values\(name)", index: index) }
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
