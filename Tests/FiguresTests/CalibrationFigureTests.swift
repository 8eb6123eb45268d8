import Testing

@testable import Figures

@Suite struct CalibrationFigureTests {
  // Two of ten bins have clips.
  let figure = CalibrationFigure(
    title: ["two bins"],
    bins: [
      .init(lower: 0.3, upper: 0.4, clips: 8, confidence: 0.35, accuracy: 0.25, low: 0.1, high: 0.6),
      .init(lower: 0.8, upper: 0.9, clips: 20, confidence: 0.86, accuracy: 0.7, low: 0.5, high: 0.85),
    ], expectedCalibrationError: 0.14, brierScore: 0.3)

  // The frame is a square of 400 points that ends 22 points before the right edge; above it two lines of title and the
  // numbers of clips.
  let left = 2 * (500 - 22 - 400.0)
  let top = 2 * (12 + 13.5 * 1.35 + 11 * 1.35 + 6 + 9.5 * 1.35 + 2)
  func x(_ confidence: Double) -> Int { Int(left + 800 * confidence) }
  func y(_ accuracy: Double) -> Int { Int(top + 800 * (1 - accuracy)) }

  @Test("A bin's bar ends at its accuracy, its dot lies at confidence and accuracy, its line spans the interval")
  func positions() throws {
    let image = try figure.rendered()
    #expect(image.hasWhiteBorder(of: 16))
    let (bar, blue) = (Color(0xCFE0F2), Color(0x0072B2))
    for bin in figure.bins {
      // Left of the dot and of the diagonal.
      let level = image.longestRun(column: x(bin.lower) + 8) { $0 == bar }
      #expect(abs(level.lowerBound - y(bin.accuracy)) <= 2, "\(level), \(bin)")
      let dot = image.color(x: x(bin.confidence), y: y(bin.accuracy))
      #expect(dot == blue)
      let ends = (0..<image.height).filter { image.color(x: x(bin.confidence), y: $0) == blue }
      #expect(abs(ends.first! - y(bin.high)) <= 2 && abs(ends.last! - y(bin.low)) <= 2, "\(bin)")
    }
  }

  @Test("Bins without clips draw nothing; the diagonal runs from corner to corner")
  func empty() throws {
    let image = try figure.rendered()
    for place in [0.05, 0.15, 0.25, 0.45, 0.55, 0.65, 0.75, 0.95] {
      let marks = (y(1)..<y(0)).filter { image.color(x: x(place), y: $0).chroma > 10 }
      #expect(marks.isEmpty, "\(place)")
    }
    // Dashes: some of the points on it are drawn.
    let grey = stride(from: 0.02, to: 0.98, by: 0.005).count { share in
      let color = image.color(x: x(share), y: y(share))
      return color.chroma < 10 && color.red < 150
    }
    #expect(grey > 60)
  }

  @Test("The numbers of clips stand above their bins, and the numbers in the title")
  func numbers() throws {
    let image = try figure.rendered()
    let row = Int(top) - 22..<Int(top) - 4
    func ink(_ place: Double) -> Int {
      row.reduce(0) { sum, y in sum + (x(place) - 38..<x(place) + 38).count { image.color(x: $0, y: y).red < 100 } }
    }
    #expect(ink(0.35) > 20 && ink(0.85) > 20 && ink(0.55) == 0)
    var other = figure
    other.brierScore = 0.4
    let isOther = try other.rendered() != image
    #expect(isOther)
  }

  @Test("Corrected probabilities have dots of their own, and their numbers a line")
  func recalibrated() throws {
    var corrected = figure
    corrected.recalibrated = (
      "with temperature 2.00",
      [.init(lower: 0.5, upper: 0.6, clips: 28, confidence: 0.55, accuracy: 0.57, low: 0.4, high: 0.7)], 0.02, 0.25
    )
    let orange = Color(0xD55E00)
    let image = try corrected.rendered()
    #expect(image.color(x: x(0.55), y: y(0.57) + 30) == orange)  // lower by a line of the title
    #expect(try figure.rendered().count { $0 == orange } == 0)
    #expect(try corrected.texts(in: .standard).contains { $0.words == "with temperature 2.00 (orange): 0.020 · 0.250" })
    corrected.recalibrated?.bins[0].accuracy = 2
    #expect(throws: FigureError.self) { try corrected.encoded() }
  }

  @Test("Provenance is read back from the tEXt chunks")
  func provenance() throws {
    let texts = try PNGImage(decoding: figure.encoded(provenance: ["Source": "clips.csv"])).texts
    #expect(texts == ["Source": "clips.csv"])
  }

  @Test("No bins, NaN and shares beyond 1 are refused by name; millions of clips stay within the margins")
  func extremes() throws {
    var broken = figure
    broken.bins = []
    #expect(throws: FigureError.empty(name: "bins of the calibration")) { try broken.encoded() }
    broken = figure
    broken.bins[1].accuracy = .nan
    #expect(throws: FigureError.self) { try broken.encoded() }
    broken = figure
    broken.brierScore = .infinity
    #expect(throws: FigureError.notFinite(name: "Brier score", index: 0)) { try broken.encoded() }
    var large = figure
    large.title = ["a title that is much longer than the figure is wide, so that it has to be shortened in its middle"]
    large.bins = (0..<10).map {
      let lower = Double($0) / 10
      return .init(
        lower: lower, upper: lower + 0.1, clips: 12_345_678, confidence: lower + 0.05, accuracy: 1, low: 0, high: 1)
    }
    let isWhite = try large.rendered().hasWhiteBorder(of: 16)
    #expect(isWhite)
  }
}
