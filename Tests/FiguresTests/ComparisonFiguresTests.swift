import Foundation
import Testing

@testable import Figures

@Suite("Figures of several models")
struct ComparisonFiguresTests {
  private func comparison(models count: Int) -> ComparisonFigure {
    let frames = plantedBlock(columns: 126, rows: 0..<1, columns: 0..<1)
    return ComparisonFigure(
      title: ["clip.wav: angry", "saliency"], logMel: frames, duration: 2, method: "saliency", isSigned: false,
      models: (0..<count).map { index in
        // Each model hears a block of its own, 0.5 s apart.
        var map = [Float](repeating: 0, count: 128 * 126)
        for row in 40..<60 { for column in (30 * index + 4)..<(30 * index + 12) { map[row * 126 + column] = 1 } }
        return .init(
          name: "model \(index)", map: map, emotions: EmotionColors.names, probabilities: evenProbabilities,
          target: "angry")
      }, remarks: (0..<count).map { $0 == 0 ? [] : ["rank correlation 0.1"] }, truth: "angry")
  }

  @Test(
    "Each model has its block, and each difference both: the first's in blue, its own in red", arguments: [2, 3, 4])
  func blocks(count: Int) throws {
    let image = try comparison(models: count).rendered()
    let border = image.hasWhiteBorder(of: 16)
    #expect(border)
    // The colour bars are right of everything.
    let end = image.width - 330
    func isMagnitude(_ color: Color) -> Bool {
      color.red < 145 && color.green < 60 && color.blue > 90 && color.blue < 150
    }
    func isRed(_ color: Color) -> Bool { color.red > 130 && color.green < 60 && color.blue < 60 }
    func isBlue(_ color: Color) -> Bool { color.blue > 130 && color.red < 60 && color.green < 110 }
    #expect(image.patches(of: 300, leftOf: end, where: isMagnitude) == count)
    #expect(image.patches(of: 300, leftOf: end, where: isRed) == count - 1)
    // The probabilities of sadness are blue too; they are elsewhere.
    let differences = try #require(
      (0..<image.width).filter { x in (0..<image.height).contains { isRed(image.color(x: x, y: $0)) } }.first)
    #expect(differences > 0 && image.patches(of: 300, leftOf: end, where: isBlue) >= count - 1)
  }

  @Test("What a model does not use is grey in its panel and in its difference, and white space in no other")
  func unseen() throws {
    var figure = comparison(models: 2)
    func grey(_ image: PNGImage) -> Int {
      (0..<image.height).reduce(0) { count, y in
        count + (0..<image.width).count { image.color(x: $0, y: y) == Color(0xE2E2E2) }
      }
    }
    let none = try grey(figure.rendered())
    figure.models[1].seen = 0.5..<1.5
    let half = try grey(figure.rendered()) - none
    figure.models[1].seen = 0.75..<1.25
    let more = try grey(figure.rendered()) - none
    // Half of two panels, then three quarters, but for the words on them.
    #expect(half > 10_000 && abs(Double(more) / Double(half) - 1.5) < 0.1, "\(half), \(more)")
    figure.models[1].seen = 0.5..<20
    #expect(throws: FigureError.self) { try figure.encoded() }
  }

  @Test("Models of dimensions have bars of values on one axis, with the true one where it is known")
  func values() throws {
    var figure = comparison(models: 3)
    for index in figure.models.indices {
      (figure.models[index].emotions, figure.models[index].probabilities) = ([], [])
      (figure.models[index].dimensions, figure.models[index].values) = (["arousal"], [index == 2 ? -0.3 : 0.6])
      figure.models[index].target = "arousal"
    }
    figure.trueValues = ["arousal": 0.4]
    let image = try figure.rendered()
    #expect(image.hasWhiteBorder(of: 16))
    let color = EmotionColors.color(ofDimension: "arousal", index: 0)
    let bars = image.patches(of: 200, leftOf: image.width) { $0 == color }
    #expect(bars >= 3)
    #expect(figure.models[2].caption(truth: "angry") == "arousal −0.30")
    figure.models[0].values = [.nan]
    #expect(throws: FigureError.notFinite(name: "values of model 0", index: 0)) { try figure.encoded() }
  }

  @Test("A model whose map has another shape, and a lone model, are refused")
  func refusals() {
    var figure = comparison(models: 2)
    figure.models[1].map.removeLast()
    #expect(throws: FigureError.self) { try figure.encoded() }
    figure.models.removeLast()
    #expect(throws: FigureError.empty(name: "second model of the comparison")) { try figure.encoded() }
  }

  @Test("Agreement is red where it is high, blue where models disagree, grey on the diagonal")
  func agreement() throws {
    let figure = AgreementFigure(
      title: ["agreement"], models: ["a", "b"],
      measures: [.init(name: "cosine", values: [[nil, (0.95, 0.9, 1)], [(-0.95, -1, -0.9), nil]])])
    let image = try figure.rendered()
    func place(_ test: (Color) -> Bool) -> (x: Int, y: Int)? {
      for y in 0..<image.height {
        let run = image.longestRun(row: y, test)
        if run.count > 20 { return (run.lowerBound, y) }
      }
      return nil
    }
    let high = try #require(place { $0.red > 120 && $0.green < 70 && $0.blue < 70 })
    let low = try #require(place { $0.blue > 120 && $0.red < 70 })
    let grey = try #require(place { $0 == Color(0xEEEEEE) })
    // Above right, below left, above left.
    #expect(high.x > low.x && high.y < low.y && grey.x < high.x && abs(grey.y - high.y) < 20)
    #expect(throws: FigureError.shape(name: "cosine", expected: [2, 2], found: [1, 2])) {
      try AgreementFigure(title: [], models: ["a", "b"], measures: [.init(name: "cosine", values: [[nil, nil]])])
        .encoded()
    }
  }
}

@Suite("Figures of attention")
struct AttentionFigureTests {
  /// Attention on the frame itself.
  private func diagonal(_ rows: Int) -> AttentionFigure.Matrix {
    .init(values: (0..<rows * rows).map { $0 % (rows + 1) == 0 ? 1 : 0 }, rows: rows)
  }

  @Test(
    "Each head of each layer has its matrix, the first row on top",
    arguments: [(1, 3, 128), (12, 12, 249), (24, 16, 60)])
  func grid(layers: Int, heads: Int, rows: Int) throws {
    let figure = AttentionFigure(
      title: ["attention"], matrices: Array(repeating: Array(repeating: diagonal(rows), count: heads), count: layers),
      takers: "Frame", givers: "Frame", duration: 5)
    let image = try figure.rendered()
    let border = image.hasWhiteBorder(of: 12)
    #expect(border)
    // The matrices' ground, viridis's first colour, in as many patches as there are halves beside the diagonals.
    func isGround(_ color: Color) -> Bool {
      abs(Int(color.red) - 68) < 12 && color.green < 30 && abs(Int(color.blue) - 84) < 20
    }
    let patches = image.patches(of: 80, leftOf: image.width - 140, where: isGround)
    // And the colour bar's low end.
    #expect(patches == 2 * layers * heads + 1)
  }

  @Test("Few rows have their names, and their numbers in the cells; the strips stand below")
  func named() throws {
    let frames = plantedBlock(columns: 126, rows: 40..<60, columns: 60..<70)
    let strip = AttentionFigure.Strip(
      name: "spectrogram",
      input: .logMel(
        .init(frames: frames, attribution: .init(values: frames.values.map { 60 + $0 }, isSigned: false, unit: ""))))
    let figure = AttentionFigure(
      title: ["attention"],
      matrices: [[.init(values: [0.1, 0.9, 0.5, 0.5], rows: 2), .init(values: [0.2, 0.8, 0.3, 0.7], rows: 2)]],
      takers: "giving", givers: "taken from", names: ["spectrogram", "waveform"], strips: [strip], duration: 2)
    let image = try figure.rendered()
    let border = image.hasWhiteBorder(of: 12)
    #expect(border)
    // 60 of 125 frames: the block begins at 0.48 of the strip, whose frame is the longest dark line.
    let frame = image.longestRun(row: image.longestRow { $0 == .ink }) { $0 == .ink }
    let block = (image.height * 6 / 10..<image.height).map { y in
      image.longestRun(row: y) { $0.chroma > 60 && $0.red < 145 && $0.green < 60 }
    }.filter { $0.upperBound < frame.upperBound }.max { $0.count < $1.count }!
    let share = Double(block.lowerBound - frame.lowerBound) / Double(frame.count)
    #expect(abs(share - 59.5 * 0.016 / 2) < 0.01)
    var broken = figure
    broken.matrices[0][1].values[2] = .nan
    #expect(throws: FigureError.notFinite(name: "attention of layer 1, head 2", index: 2)) { try broken.encoded() }
    var wrong = figure
    wrong.names = ["one"]
    #expect(throws: FigureError.shape(name: "names of the rows", expected: [2], found: [1])) { try wrong.encoded() }
  }
}
