import Foundation
import Testing

@testable import Figures

@Suite struct ContactSheetTests {
  func sheet(_ count: Int, isSigned: Bool = false) -> ContactSheet {
    let clips = (0..<count).map { index in
      let frames = plantedBlock(columns: 126, rows: 40..<60, columns: 10..<20)
      return ContactSheet.Clip(
        name: "a rather long name of a clip number \(index).wav",
        input: .logMel(
          .init(
            frames: frames,
            attribution: Attribution(
              values: frames.values.map { 60 + $0 }, isSigned: isSigned, name: "saliency", unit: "logit/dB"))),
        duration: 2 - 0.1 * Double(index),
        prediction: .emotion("angry", probability: 0.5, truth: index % 2 == 0 ? "angry" : "happy"))
    }
    return ContactSheet(title: ["angry", "twelve clips"], clips: clips)
  }

  @Test("Every number of clips has its own panel for each", arguments: 1...13)
  func panels(count: Int) throws {
    let image = try sheet(count).rendered()
    #expect(image.hasWhiteBorder(of: 16))
    // Each panel has one block of full attribution, three quarters over the grey of the loudest. The
    // last 100 points have the colour bar.
    #expect(
      image.patches(of: 20, leftOf: image.width - 200) { $0.chroma > 60 && $0.red < 145 && $0.green < 60 } == count)
  }

  @Test("Five hundred clips fit one sheet, each with its panel, and too many are refused")
  func many() throws {
    let frames = FrameMatrix(values: [0, 1, 2, 3], rows: 2, columns: 2, hop: 0.5)
    let clip = ContactSheet.Clip(
      name: "clip",
      input: .mfcc(
        .init(frames: frames, attribution: .init(values: [0, 0, 1, 1], isSigned: false, unit: ""))),
      duration: 1, prediction: .emotion("fear", probability: 1, truth: nil))
    let image = try ContactSheet(title: ["many"], clips: Array(repeating: clip, count: 500)).rendered()
    #expect(
      image.patches(of: 200, leftOf: image.width - 200) { $0.chroma > 60 && $0.red < 145 && $0.green < 60 } == 500)
    #expect(throws: FigureError.self) {
      try ContactSheet(title: ["many"], clips: Array(repeating: clip, count: 5000)).encoded()
    }
  }

  @Test(
    "Different names stay different in a narrow column",
    arguments: [
      // RAVDESS: alike at both ends.
      ["03-01-05-01-02-01-12", "03-01-05-02-02-01-12", "03-01-05-01-01-02-12", "03-01-05-01-01-01-12"],
      ["one folder's long name, take one", "one folder's long name, take two", "short"],
      // Alike but for the beginning, the middle; and nowhere else than far apart.
      ["A of a name that is as long as this", "B of a name that is as long as this"],
      ["the beginning of a name A the end of a name", "the beginning of a name B the end of a name"],
      [
        "A" + String(repeating: "x", count: 60) + "A", "A" + String(repeating: "x", count: 60) + "B",
        "B" + String(repeating: "x", count: 60) + "A", "B" + String(repeating: "x", count: 60) + "B",
      ],
      ["the same long name of two files in two folders", "the same long name of two files in two folders"],
    ])
  func names(names: [String]) throws {
    var sheet = sheet(names.count)
    // A detail is left out before a name is shortened by it.
    for index in names.indices { (sheet.clips[index].name, sheet.clips[index].detail) = (names[index], "from 0.5 s") }
    let column = FigureLayout(inches: 2.5, fontSize: 7)
    // The second line of each clip is "angry 0.50".
    let texts = try sheet.texts(in: column).map(\.words)
    let shown = texts.indices.dropFirst().filter { texts[$0].contains("angry 0.50") }.map { texts[$0 - 1] }
    #expect(shown.count == names.count && Set(shown).count == Set(names).count, "\(shown)")
  }

  @Test("A shorter clip ends earlier on the common time axis")
  func common() throws {
    var sheet = sheet(2)
    sheet.clips[0].duration = 2
    sheet.clips[1].duration = 1
    let image = try sheet.rendered()
    // The ground beyond the end of the second clip fills half of its panel.
    let beyond = (0..<image.height).map { image.longestRun(row: $0) { $0 == Color(0xF4F4F4) } }
      .max { $0.count < $1.count }
    #expect(try (300...340).contains(#require(beyond).count))
  }

  @Test("Values of a dimension stand where a prediction does; one that is no number is refused")
  func values() throws {
    var sheet = sheet(3)
    for index in sheet.clips.indices {
      sheet.clips[index].prediction = .value(of: "arousal", 0.25 * Double(index), truth: index == 0 ? nil : 0.4)
    }
    #expect(try sheet.rendered().hasWhiteBorder(of: 16))
    // Of a change between two clips nothing is predicted.
    sheet.clips[2].prediction = nil
    #expect(try sheet.rendered().hasWhiteBorder(of: 16))
    sheet.clips[1].prediction = .value(of: "arousal", .nan, truth: nil)
    #expect(throws: FigureError.self) { try sheet.encoded() }
  }

  @Test("No clips, and signs of different kinds under one bar, are refused")
  func refusals() {
    #expect(throws: FigureError.empty(name: "clips of the contact sheet")) { try sheet(0).encoded() }
    var mixed = sheet(2)
    mixed.clips[1].input = sheet(2, isSigned: true).clips[1].input
    #expect(throws: FigureError.self) { try mixed.encoded() }
    mixed.clips[1].input = .waveform(.init(samples: [0, 1], sampleRate: 16_000))
    #expect(throws: FigureError.self) { try mixed.encoded() }
    var frames = plantedBlock(columns: 126, rows: 40..<60, columns: 10..<20)
    frames.values[3] = .nan
    var broken = sheet(2)
    broken.clips[1].input = .logMel(.init(frames: frames))
    #expect(
      throws: FigureError.notFinite(
        name: "log-mel of a rather long name of a clip number 1.wav", index: 3)
    ) { try broken.encoded() }
  }
}

@Suite struct ConfusionFigureTests {
  let figure = ConfusionFigure(
    title: ["three"], classes: ["a", "b", "c"], counts: [[3, 1, 0], [1, 2, 1], [0, 0, 0]])

  @Test("Accuracy and macro F1 stand under the title as they were given")
  func scores() throws {
    var scored = figure
    scored.accuracy = 0.625
    let accuracy = try scored.rendered()
    scored.macroF1 = 0.4405
    #expect(try figure.rendered() != accuracy)
    #expect(try scored.rendered() != accuracy)
  }

  @Test("A cell has the colour of its share of the true class")
  func cells() throws {
    let image = try figure.rendered()
    #expect(image.hasWhiteBorder(of: 16))
    // 58 points a cell: 116 × 116 pixels, less the text.
    for (share, cells) in [(0.75, 1), (0.5, 1), (0.25, 3)] {
      let color = ColorMap.diverging.color(at: 0.5 * (1 - (share * 255).rounded() / 255))
      let count = image.count { $0 == color }
      #expect(count > cells * 10_000 && count < cells * 116 * 116 + 400, "\(share): \(count)")
    }
  }

  @Test("One class, thirty, long names and large counts stay within the margins")
  func extremes() throws {
    for count in [1, 7, 30] {
      let names = (0..<count).map { "класс с длинным именем \($0)" }
      let counts = (0..<count).map { row in (0..<count).map { $0 == row ? 1_234_567 : 0 } }
      let figure = ConfusionFigure(title: ["title", ""], classes: names, counts: counts)
      #expect(try figure.rendered(scale: 1).hasWhiteBorder(of: 8))
    }
  }

  @Test("A ragged matrix and a negative count are refused")
  func refusals() {
    var broken = figure
    broken.counts[1] = [1]
    #expect(throws: FigureError.shape(name: "confusion matrix", expected: [3, 3], found: [3, 1])) {
      try broken.encoded()
    }
    broken.counts[1] = [0, -4, 0]
    #expect(throws: FigureError.outOfRange(name: "confusion matrix", value: -4, expected: "a count")) {
      try broken.encoded()
    }
  }
}

@Suite struct TrainingCurvesTests {
  @Test("A constant loss lies at its height on the axis")
  func height() throws {
    let loss = [Double](repeating: 1, count: 20)
    let image = try TrainingCurves(title: [], runs: [.init(name: "run", trainingLoss: loss)]).rendered()
    let blue = Color(0x0072B2)
    let rows = (0..<image.height).filter { y in (200..<900).contains { image.color(x: $0, y: y) == blue } }
    // The axis goes from 0 to 1.05 over 200 points; its upper end is 12 + 9.5 · 1.35 + 2 points down.
    let top = 2 * (12 + 9.5 * 1.35 + 2)
    let expected = top + 400 * (1 - 1 / 1.05)
    let middle = Double(rows.reduce(0, +)) / Double(rows.count)
    #expect(abs(middle + 0.5 - expected) < 1.5, "\(middle) instead of \(expected)")
  }

  /// The middle of the rows in which a colour stands in more than half of the columns, which are the left panels'.
  private func row(
    of color: Color, in rows: Range<Int>, columns: Range<Int> = 150..<700, of image: PNGImage
  ) throws -> Double {
    let found = rows.filter { y in columns.count { image.color(x: $0, y: y) == color } > columns.count / 2 }
    return Double(try #require(found.first) + found.last! + 1) / 2
  }

  @Test("Of several runs each group's curve lies at its height, in its colour, in the panel of its own axis")
  func severalRuns() throws {
    func run(_ name: String, loss: Double, accuracy: Double) -> TrainingCurves.Run {
      .init(
        name: name, trainingLoss: .init(repeating: loss, count: 30), accuracy: .init(repeating: accuracy, count: 30))
    }
    let figure = TrainingCurves(
      title: [], runs: [run("a", loss: 1, accuracy: 0.25), run("b", loss: 2, accuracy: 0.5)])
    let image = try figure.rendered()
    // Two panels of 200 points beside each other, from 12 points down: there is no validation loss.
    let (blue, orange) = (Color(0x0072B2), Color(0xD55E00))
    let low = try row(of: blue, in: 24..<424, of: image)
    let high = try row(of: orange, in: 24..<424, of: image)
    let accuracy = try row(of: blue, in: 24..<424, columns: 950..<1500, of: image)
    for (found, share) in [(low, 1 / 2.1), (high, 2 / 2.1), (accuracy, 0.25)] {
      let expected = 24 + 400 * (1 - share)
      #expect(abs(found - expected) < 1.5, "\(found) instead of \(expected)")
    }
  }

  @Test("Thick is the median of a group: neither a run that is far off nor the epoch of a spike moves it")
  func median() throws {
    var runs = [1.0, 2, 5].enumerated().map { index, loss in
      TrainingCurves.Run(name: "\(index)", group: "one", trainingLoss: .init(repeating: loss, count: 30))
    }
    runs[1].trainingLoss[10] = 4
    let figure = TrainingCurves(title: [], runs: runs)
    let image = try figure.rendered()
    let found = try row(of: Color(0x0072B2), in: 24..<424, of: image)
    let expected = 24 + 400 * (1 - 2 / 5.25)
    #expect(abs(found - expected) < 1.5, "\(found) instead of \(expected)")
    #expect(figure.groups.map(\.name) == ["one"] && figure.groups[0].runs == 3 && figure.groups[0].accuracy == nil)
  }

  @Test("One loss that is many times the others leaves them their room")
  func spike() throws {
    var run = TrainingCurves.Run(
      name: "run", trainingLoss: .init(repeating: 1, count: 60), validationLoss: .init(repeating: 1, count: 60))
    run.validationLoss[2] = 1000
    let image = try TrainingCurves(title: [], runs: [run]).rendered()
    let top = 2 * (12 + 9.5 * 1.35 + 2)
    let found = try row(of: Color(0x0072B2), in: 60..<460, of: image)
    let expected = top + 400 * (1 - 1 / 1.3)
    #expect(abs(found - expected) < 1.5, "\(found) instead of \(expected)")
  }

  @Test("Groups are summed up at their runs' best epochs")
  func groups() {
    let runs = [(0.5, "a"), (0.75, "a"), (0.1, "b")].enumerated().map { index, run in
      TrainingCurves.Run(
        name: "\(index)", group: run.1, trainingLoss: [1, 1], accuracy: [0.9, run.0], bestEpoch: 2)
    }
    let figure = TrainingCurves(title: [], runs: runs)
    #expect(figure.groups.map(\.name) == ["a", "b"])
    #expect(figure.groups[0].accuracy?.text(digits: 3) == "0.625 (0.500–0.750)")
    #expect(figure.groups[1].accuracy?.text(digits: 3) == "0.100" && figure.groups[0].validationLoss == nil)
    #expect(figure.summary.runs == 3 && figure.summary.accuracy?.mean == 0.45)
  }

  @Test("One epoch, many runs, long names and no validation draw within the margins")
  func extremes() throws {
    let one = TrainingCurves.Run(name: "one", trainingLoss: [2], learningRate: [1e-3], bestEpoch: 1)
    #expect(try TrainingCurves(title: ["one"], runs: [one]).rendered().hasWhiteBorder(of: 16))
    let many = (0..<12).map { index in
      let losses = (1...50).map { 3 / Double($0 + index) }
      let rates = (0..<50).map { pow(0.5, Double($0 / 5)) * 1e-3 }
      return TrainingCurves.Run(
        name: "a run with a very long name \(index)", trainingLoss: losses, validationLoss: losses,
        accuracy: losses.map { 1 - $0 / 3 }, macroF1: losses.map { 1 - $0 / 3 }, learningRate: rates,
        bestEpoch: 50)
    }
    #expect(try TrainingCurves(title: ["many"], runs: many).rendered().hasWhiteBorder(of: 16))
  }

  @Test("Lists of different lengths, NaN and a best epoch that never was are refused by name")
  func refusals() {
    func encode(_ run: TrainingCurves.Run) throws { _ = try TrainingCurves(title: [], runs: [run]).encoded() }
    #expect(throws: FigureError.shape(name: "accuracy of r", expected: [2], found: [1])) {
      try encode(.init(name: "r", trainingLoss: [1, 2], accuracy: [0.5]))
    }
    #expect(throws: FigureError.notFinite(name: "training loss of r", index: 1)) {
      try encode(.init(name: "r", trainingLoss: [1, .nan]))
    }
    #expect(throws: FigureError.self) { try encode(.init(name: "r", trainingLoss: [1, 2], bestEpoch: 3)) }
    #expect(throws: FigureError.empty(name: "training curves")) {
      try encode(.init(name: "r", trainingLoss: []))
    }
  }
}

@Suite struct PredictionTimelineTests {
  @Test("A probability lies at its height, in its emotion's colour")
  func height() throws {
    let row = [0.5, 0.1, 0.1, 0.1, 0.1, 0.05, 0.05]
    let figure = PredictionTimeline(
      title: [], times: (0..<100).map { Double($0) / 10 }, probabilities: .init(repeating: row, count: 100),
      duration: 10)
    let image = try figure.rendered()
    #expect(image.hasWhiteBorder(of: 16))
    let column = 700
    let angry = image.longestRun(column: column) { $0 == EmotionColors.all[0].color }
    let sad = image.longestRun(column: column) { $0 == EmotionColors.all[6].color }
    // 240 points of panel, 480 pixels.
    let distance = Double(sad.lowerBound + sad.upperBound - angry.lowerBound - angry.upperBound) / 2
    #expect(abs(distance - 0.45 * 480) <= 1)
  }

  @Test("Where windows are silent the ground is grey from half way to half way, and no line crosses it")
  func silence() throws {
    var rows = [[Double]?](repeating: evenProbabilities, count: 10)
    rows.replaceSubrange(4..<6, with: [nil, nil])
    let figure = PredictionTimeline(
      title: [], times: (0..<10).map { Double($0) + 0.5 }, probabilities: rows, duration: 10)
    let image = try figure.rendered()
    let row = image.height / 4
    let frame = image.longestRun(row: image.longestRow { $0.red < 100 && $0.chroma < 20 }) { $0.red < 100 }
    let grey = image.longestRun(row: row) { $0 == Color(0xF4F4F4) }
    // Of ten seconds those from 4 to 6; the frame's longest row begins with a tick, 8 pixels before it.
    #expect(abs(grey.count - frame.count / 5) <= 8)
    #expect(abs(grey.lowerBound - frame.lowerBound - frame.count * 2 / 5) <= 8)
    let lines = image.longestRow { $0 == EmotionColors.all[6].color }
    #expect(image.count(rows: lines..<lines + 1) { $0.chroma > 30 } > frame.count / 2)
    #expect(grey.dropFirst(8).dropLast(8).allSatisfy { image.color(x: $0, y: lines).chroma == 0 })
  }

  @Test("Thirty names have room beside their lines")
  func names() throws {
    let names = (0..<30).map { "label \($0)" }
    let figure = PredictionTimeline(
      title: [], emotions: names, times: [1], probabilities: [[Double](repeating: 1 / 30, count: 30)], duration: 2)
    let image = try figure.rendered()
    #expect(image.hasWhiteBorder(of: 16))
    #expect(figure.size.height > 30 * 17)
  }

  @Test("A single window draws; windows without probabilities are refused")
  func extremes() throws {
    let one = PredictionTimeline(title: ["a"], times: [2.5], probabilities: [evenProbabilities], duration: 5)
    #expect(try one.rendered().hasWhiteBorder(of: 16))
    #expect(throws: FigureError.shape(name: "probabilities", expected: [1], found: [0])) {
      try PredictionTimeline(title: [], times: [1], probabilities: [], duration: 2).encoded()
    }
  }

  @Test(
    "A dimension's value lies at its height on an axis from −1 to 1, alone and under the probabilities",
    arguments: [true, false])
  func values(hasClasses: Bool) throws {
    var figure = PredictionTimeline(
      title: [], emotions: hasClasses ? EmotionColors.names : [], dimensions: ["arousal", "valence"],
      times: (0..<100).map { Double($0) / 10 },
      probabilities: .init(repeating: hasClasses ? evenProbabilities : [], count: 100),
      values: .init(repeating: [0.5, -0.25], count: 100), duration: 10)
    let image = try figure.rendered()
    #expect(image.hasWhiteBorder(of: 16))
    let colors = ["arousal", "valence"].enumerated().map {
      EmotionColors.color(ofDimension: $0.element, index: $0.offset)
    }
    let places = colors.map { color in image.longestRun(column: 700) { $0 == color } }
    let distance = Double(places[1].lowerBound + places[1].upperBound - places[0].lowerBound - places[0].upperBound) / 2
    // 0.75 of 2, on 240 points of panel alone and 160 below another, at two pixels each.
    #expect(abs(distance - 0.375 * (hasClasses ? 320 : 480)) <= 1)
    figure.values[3] = [0.5, .nan]
    #expect(throws: FigureError.notFinite(name: "values at 0.30 s", index: 1)) { try figure.encoded() }
    figure.values.removeLast()
    #expect(throws: FigureError.shape(name: "values", expected: [100], found: [99])) { try figure.encoded() }
  }
}
