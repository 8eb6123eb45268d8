import Basics
import Foundation
import Testing

@testable import Figures

@Suite struct ExplanationFigureTests {
  // Magma's ends: what −60 dB and 0 dB are drawn in where nothing lies over them.
  let quiet = Color(0x000004)
  let loud = Color(0xFCFDBF)

  func figure(_ frames: FrameMatrix, _ attribution: Attribution? = nil, duration: Double) -> ExplanationFigure {
    ExplanationFigure(
      title: ["clip.wav", "predicted"], duration: duration,
      logMel: .init(frames: frames, attribution: attribution), probabilities: evenProbabilities)
  }

  @Test("A block in the spectrogram lies at its seconds and its mel bands", arguments: [1, 2, 3])
  func plantedBox(scale: Double) throws {
    let frames = plantedBlock(columns: 126, rows: 40..<60, columns: 50..<80)
    let image = try figure(frames, duration: 2).rendered(scale: scale)
    // The panel is the widest run of the map's ends; its height is that of its first columns.
    let row = (0..<image.height).max {
      image.longestRun(row: $0) { $0 == quiet || $0 == loud }.count
        < image.longestRun(row: $1) { $0 == quiet || $0 == loud }.count
    }
    let across = try image.longestRun(row: #require(row)) { $0 == quiet || $0 == loud }
    let down = image.longestRun(column: across.lowerBound + 3) { $0 == quiet }
    let left = try #require((across).first { x in (down).contains { image.color(x: x, y: $0) == loud } })
    let block = image.longestRun(column: left + 2) { $0 == loud }
    let blockAcross = image.longestRun(row: block.lowerBound + 2) { $0 == loud }

    // Column k is centred at k · hop; band k of 128 peaks at (k + 1) / 129 of the mel scale to 8 kHz.
    let width = Double(across.count)
    #expect(abs(Double(blockAcross.lowerBound - across.lowerBound) - width * 49.5 * 0.016 / 2) <= 1)
    #expect(abs(Double(blockAcross.upperBound - across.lowerBound) - width * 79.5 * 0.016 / 2) <= 1)
    let height = Double(down.count)
    #expect(abs(Double(down.upperBound - block.upperBound) - height * 40.5 / 129) <= 1)
    #expect(abs(Double(down.upperBound - block.lowerBound) - height * 60.5 / 129) <= 1)
  }

  @Test("What lies in the padding changes nothing, neither the picture nor its colours")
  func padding() throws {
    let silent = plantedBlock(columns: 126, rows: 40..<60, columns: 10..<20)
    var noisy = silent
    var attribution = [Float](repeating: 0.01, count: 128 * 126)
    attribution[20] = 1
    var noisyAttribution = attribution
    for row in 0..<128 {
      for column in 80..<126 {
        noisy.values[row * 126 + column] = 50
        noisyAttribution[row * 126 + column] = 9
      }
    }
    func image(_ frames: FrameMatrix, _ values: [Float]) throws -> [UInt8] {
      try figure(frames, Attribution(values: values, isSigned: true, unit: "logit/dB"), duration: 1).encoded()
    }
    #expect(try image(silent, attribution) == image(noisy, noisyAttribution))
    noisy.values[0] = -50
    #expect(try image(silent, attribution) != image(noisy, noisyAttribution))
  }

  @Test("Bars are as long as their probabilities")
  func bars() throws {
    let probabilities = [0.5, 0.25, 0.125, 0.0625, 0.03, 0.02, 0.0125]
    let image = try ExplanationFigure(title: [], duration: 1, probabilities: probabilities).rendered()
    var lengths: [Int] = []
    for emotion in EmotionColors.all {
      lengths.append(
        (0..<image.height).map { image.longestRun(row: $0) { $0 == emotion.color }.count }.max() ?? 0)
    }
    let full = 2 * Double(lengths[0])
    for (length, probability) in zip(lengths, probabilities) {
      #expect(abs(Double(length) - full * probability) <= 1.5)
    }
    // The frame's lower line, a pixel wider on each side, is as long as probability 1.
    let frame =
      (0..<image.height).map { image.longestRun(row: $0) { $0 == Color(0x1A1A1A) }.count }.max() ?? 0
    #expect(abs(Double(frame - 2) - full) <= 2)
  }

  @Test("Attribution colours what matters and leaves the rest grey; its sign decides between red and blue")
  func colors() throws {
    let frames = plantedBlock(columns: 63, rows: 0..<64, columns: 0..<63)
    var values = [Float](repeating: 0, count: 128 * 63)
    for row in 90..<100 {
      for column in 10..<20 { values[row * 63 + column] = 0.004 }
      for column in 40..<50 { values[row * 63 + column] = -0.004 }
    }
    let signed = try figure(frames, Attribution(values: values, isSigned: true, unit: "u"), duration: 1)
      .rendered()
    let panel = 80..<460
    // Block of 10 bands of 3 pixels by 10 columns of about 20.
    let strongest = (ColorMap.diverging.color(at: 1), ColorMap.diverging.color(at: 0))
    func near(_ first: Color, _ second: Color) -> Bool {
      abs(Int(first.red) - Int(second.red)) < 16 && abs(Int(first.green) - Int(second.green)) < 16
        && abs(Int(first.blue) - Int(second.blue)) < 16
    }
    let red = signed.count(rows: panel) { near($0, strongest.0) }
    let blue = signed.count(rows: panel) { near($0, strongest.1) }
    #expect(red > 5000 && abs(red - blue) < 1500, "\(red) and \(blue)")
    // Both blocks and the colour bar are all the colour there is.
    let coloured = signed.count(rows: panel) { $0.chroma > 12 }
    #expect(coloured < red + blue + 8000)

    let magnitude = try figure(
      frames, Attribution(values: values, isSigned: false, unit: "u"), duration: 1
    ).rendered()
    #expect(magnitude.count(rows: panel) { near($0, strongest.1) } < 500)
    #expect(magnitude.count(rows: panel) { $0.chroma > 60 } > 10_000)
  }

  @Test(
    "An attribution that is zero everywhere is said so, not scaled up",
    arguments: [0, 7 * Float.leastNonzeroMagnitude])
  func zero(value: Float) throws {
    let frames = plantedBlock(columns: 63, rows: 0..<64, columns: 0..<63)
    let attribution = Attribution(
      values: .init(repeating: value, count: 128 * 63), isSigned: false, unit: "u")
    let image = try figure(frames, attribution, duration: 1).rendered()
    let panel = 80..<460
    #expect(image.count(rows: panel) { $0.chroma > 12 } == 0)
    // The words: dark ink on a light label in the upper edge of the panel.
    let middle = image.width * 45 / 100
    let label = (90..<150).flatMap { y in (middle - 150..<middle + 150).map { image.color(x: $0, y: y) } }
    #expect(label.contains { $0.red < 60 })
  }

  // numpy.percentile(…, 99.5)
  @Test(
    "The strongest colour's value is NumPy's percentile",
    arguments: [
      ((1...10).map { Float($0 * $0) }, 99.145), ([1, 2, 3], 2.99), ([5], 5),
      ((0..<1000).map { abs(Float(sin(Double($0)))) }.sorted(), 0.9999130654335022),
    ] as [([Float], Double)])
  func percentile(sorted: [Float], expected: Double) {
    for values in [sorted, sorted.reversed(), sorted.shuffled()] {
      var ranked = OrderStatistics(values)
      #expect(abs(ranked.percentile(0.995) - expected) < 1e-9)
    }
    #expect(abs(AttributionScale(sorted.map { -$0 }, isSigned: true).limit - expected) < 1e-9)
  }

  @Test("Values by rank are those of the sorted list, equal ones among them")
  func ranks() {
    let values = (0..<1000).map { Float(($0 * 7919) % 257) }
    let sorted = values.sorted()
    for order in [values, sorted, sorted.reversed(), Array(repeating: 3, count: 10)] as [[Float]] {
      let expected = order.sorted()
      var ranked = OrderStatistics(order)
      #expect(order.indices.allSatisfy { ranked[$0] == expected[$0] })
    }
  }

  @Test("Each bar says what its emotion is: predicted, target, versus, true")
  func marks() throws {
    var figure = ExplanationFigure(
      title: [], duration: 1, probabilities: [0.1, 0.1, 0.3, 0.1, 0.2, 0.1, 0.1], target: 2, versus: 3, truth: 5)
    #expect(figure.marks == [[], [], ["predicted", "target"], ["versus"], [], ["true"], []])
    let image = try figure.rendered()
    figure.versus = nil
    #expect(try figure.rendered() != image)
    figure.versus = 7
    #expect(throws: FigureError.self) { try figure.encoded() }
  }

  @Test(
    "Chinese, Japanese and Korean are drawn, not a box for each",
    .enabled(
      if: FileManager.default.fileExists(atPath: "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc"),
      "no font for them is installed"), arguments: [("世", "界"), ("か", "な"), ("한", "글")])
  func characters(first: String, second: String) throws {
    func image(_ title: String) throws -> PNGImage {
      try ExplanationFigure(title: [title], duration: 1, probabilities: evenProbabilities).rendered()
    }
    // A font draws the same box for all that it does not have.
    #expect(try image("clip \(first).wav") != image("clip \(second).wav"))
    #expect(try image("\u{10FFFD}") == image("\u{10FFFC}"))
  }

  @Test("A single spike is shown up to its maximum, not lost beneath the percentile")
  func sparse() throws {
    let frames = plantedBlock(columns: 63, rows: 0..<64, columns: 0..<63)
    var values = [Float](repeating: 0, count: 128 * 63)
    values[100 * 63 + 30] = 1e-6
    let image = try figure(frames, Attribution(values: values, isSigned: true, unit: "u"), duration: 1)
      .rendered()
    let red = ColorMap.diverging.color(at: 1)
    // 3 pixels high and 1 / 62.5 of the panel wide, and as much of the bar.
    #expect(image.count { abs(Int($0.red) - Int(red.red)) < 14 && $0.green < 40 && $0.blue < 50 } > 30)
  }

  @Test("Numbers that cannot be drawn are refused by name")
  func refusals() {
    let frames = plantedBlock(columns: 63, rows: 0..<1, columns: 0..<1)
    var broken = frames
    broken.values[17] = .nan
    #expect(throws: FigureError.notFinite(name: "log-mel", index: 17)) {
      try figure(broken, duration: 1).encoded()
    }
    var values = [Float](repeating: 0, count: 128 * 63)
    values[5] = -.infinity
    #expect(throws: FigureError.notFinite(name: "attribution on log-mel", index: 5)) {
      try figure(frames, Attribution(values: values, isSigned: true, unit: ""), duration: 1).encoded()
    }
    #expect(throws: FigureError.shape(name: "attribution on log-mel", expected: [128, 63], found: [3])) {
      try figure(frames, Attribution(values: [1, 2, 3], isSigned: true, unit: ""), duration: 1).encoded()
    }
    #expect(throws: FigureError.empty(name: "log-mel")) {
      try figure(FrameMatrix(values: [], rows: 128, columns: 0, hop: 0.016), duration: 1).encoded()
    }
    for duration in [0, -1, .nan, .infinity] {
      #expect(throws: FigureError.self) { try figure(frames, duration: duration).encoded() }
    }
    var wrong = figure(frames, duration: 1)
    wrong.probabilities[2] = .nan
    #expect(throws: FigureError.notFinite(name: "probabilities", index: 2)) { try wrong.encoded() }
    wrong.probabilities[2] = 1.5
    #expect(
      throws: FigureError.outOfRange(name: "probabilities: fear", value: 1.5, expected: "a probability")
    ) {
      try wrong.encoded()
    }
    wrong.probabilities = [1]
    #expect(throws: FigureError.shape(name: "probabilities", expected: [7], found: [1])) {
      try wrong.encoded()
    }
    wrong.probabilities = evenProbabilities
    wrong.target = 7
    #expect(throws: FigureError.self) { try wrong.encoded() }
    wrong.target = nil
    wrong.waveform = .init(samples: [0, .nan], sampleRate: 16_000)
    #expect(throws: FigureError.notFinite(name: "waveform", index: 1)) { try wrong.encoded() }
  }

  /// Everything at once, with numbers from a fixed sequence.
  func full(isSigned: Bool, columns: Int, duration: Double) -> ExplanationFigure {
    func noise(_ count: Int) -> [Float] { (0..<count).map { Float(sin(Double($0) * 12.9898) * 0.02) } }
    func attribution(_ count: Int) -> Attribution {
      Attribution(values: noise(count), isSigned: isSigned, name: "integrated gradients", unit: "logit/dB")
    }
    let samples = max(1, Int(duration * 16_000))
    return ExplanationFigure(
      title: ["clip.wav", "second line", "third line"], duration: duration,
      waveform: .init(samples: noise(samples), sampleRate: 16_000, attribution: attribution(samples)),
      logMel: .init(
        frames: FrameMatrix(values: noise(128 * columns), rows: 128, columns: columns, hop: 0.016),
        attribution: attribution(128 * columns)),
      mfcc: .init(
        frames: FrameMatrix(values: noise(40 * columns), rows: 40, columns: columns, hop: 0.016),
        attribution: attribution(40 * columns)),
      probabilities: evenProbabilities, target: 3, truth: 6)
  }

  @Test("Nothing is cut off: the margin stays white", arguments: [true, false], [1, 2, 300])
  func margins(isSigned: Bool, columns: Int) throws {
    let figure = full(isSigned: isSigned, columns: columns, duration: Double(columns) * 0.016)
    #expect(try figure.rendered().hasWhiteBorder(of: 16))
  }

  @Test("Long names of any script are cut in their middle, and empty titles leave no gap")
  func names() throws {
    var figure = full(isSigned: true, columns: 20, duration: 0.3)
    let long = String(repeating: "👩‍👩‍👧 злость 怒り é̂ ", count: 40)
    figure.title = [long + "x" + long, long]
    figure.emotions = [long, "a\nb", "", "怒り", "c", "d", "e"]
    let image = try figure.rendered()
    #expect(image.hasWhiteBorder(of: 16))
    figure.title = [long + "y" + long, long]
    #expect(try figure.rendered() == image)
    figure.title = ["y" + long + long, long]
    #expect(try figure.rendered() != image)
    let titled = figure.size.height
    figure.title = []
    let untitled = figure.size.height
    figure.title = ["", ""]
    #expect(untitled < titled && figure.size.height == untitled)
    #expect(try figure.rendered().hasWhiteBorder(of: 16))
  }

  @Test("A silent clip, a constant matrix and a certain prediction draw")
  func degenerate() throws {
    let figure = ExplanationFigure(
      title: ["silence.wav"], duration: 1,
      waveform: .init(samples: .init(repeating: 0, count: 16_000), sampleRate: 16_000),
      logMel: .init(
        frames: FrameMatrix(
          values: .init(repeating: -100, count: 128 * 63), rows: 128, columns: 63, hop: 0.016)),
      mfcc: .init(
        frames: FrameMatrix(values: .init(repeating: 3, count: 63), rows: 1, columns: 63, hop: 0.016)),
      probabilities: [1, 0, 0, 0, 0, 0, 0], target: 0, truth: 0)
    #expect(try figure.rendered().hasWhiteBorder(of: 16))
  }

  @Test("The bar of a dimension goes from zero to its value on an axis of all values", arguments: [true, false])
  func dimensions(hasClasses: Bool) throws {
    var figure = ExplanationFigure(
      title: ["clip.wav", "arousal"], duration: 2, emotions: hasClasses ? EmotionColors.names : [],
      probabilities: hasClasses ? evenProbabilities : [], dimensions: ["arousal", "valence"], values: [0.5, -0.25],
      target: hasClasses ? 7 : 0, versus: hasClasses ? 8 : 1)
    let image = try figure.rendered()
    #expect(image.hasWhiteBorder(of: 16))
    let colors = ["arousal", "valence"].enumerated().map {
      EmotionColors.color(ofDimension: $0.element, index: $0.offset)
    }
    let bars = colors.map { color in image.longestRun(row: image.longestRow { $0 == color }) { $0 == color } }
    // One goes right from zero, the other left, by half as much.
    #expect(abs(bars[1].upperBound - bars[0].lowerBound) <= 2 && abs(bars[0].count - 2 * bars[1].count) <= 3)
    // Frames are the longest dark rows: of −1 to 1, a quarter is 0.5.
    let frame = image.longestRun(row: image.longestRow { $0.red < 100 && $0.chroma < 20 }) { $0.red < 100 }
    #expect(abs(frame.count - 4 * bars[0].count) < 16)
    figure.values[1] = .infinity
    #expect(throws: FigureError.notFinite(name: "values", index: 1)) { try figure.encoded() }
    figure.values = [1]
    #expect(throws: FigureError.shape(name: "values", expected: [2], found: [1])) { try figure.encoded() }
  }

  @Test("Values axes have zero in the middle where some are negative, else at the left, and reach 1 at least")
  func valueAxis() {
    func ends(_ values: Double...) -> [Double] {
      let axis = Axis.values(values, ticks: 5)
      return [axis.lower, axis.upper]
    }
    #expect(ends(0.2, 0.9) == [0, 1] && ends(-0.01, 0.9) == [-1, 1] && ends() == [0, 1])
    #expect(ends(4, 6) == [0, 6 * 1.05] && ends(-3, 2) == [-3 * 1.05, 3 * 1.05])
  }
}
