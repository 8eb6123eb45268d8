import Foundation
import Testing

@testable import Figures

@Suite("The figure of what attacks leave")
struct RobustnessFigureTests {
  static var figure: RobustnessFigure {
    RobustnessFigure(
      title: ["What is left of CNNATT under attack", "CNNATT · clips.csv, 120 clips · on the waveform"],
      measure: "Accuracy", budget: "Least signal-to-noise ratio of the change",
      budgets: ["40 dB", "30 dB", "20 dB", "10 dB"], clean: .init(mean: 0.8, low: 0.7, high: 0.9),
      lines: ["fgsm", "pgd", "apgd", "carlini-wagner", "random noise as large"].enumerated().map { place, name in
        .init(
          name: name,
          shares: (0..<4).map { budget in
            let mean = 0.8 / Double(1 + place * budget)
            return .init(mean: mean, low: mean / 2, high: min(1, mean * 1.2))
          }, isControl: name.hasPrefix("random"))
      })
  }

  @Test("The curve of an attack falls from the accuracy without it; a band is drawn where there are intervals")
  func curve() throws {
    var figure = Self.figure
    figure.lines = [
      .init(name: "pgd", shares: [0.6, 0.4, 0.2, 0.0].map { .init(mean: $0, low: $0 / 2, high: $0 + 0.1) })
    ]
    let image = try figure.rendered()
    let border = image.hasWhiteBorder(of: 8)
    #expect(border)
    let isBlue = { (color: Color) in color == Color(0x0072B2) }
    func height(_ share: Double) throws -> Int {
      let x = Int(Double(image.width) * share)
      return try #require((0..<image.height).first { isBlue(image.color(x: x, y: $0)) })
    }
    let (left, middle, right) = try (height(0.3), height(0.5), height(0.7))
    #expect(left < middle && middle < right && abs((middle - left) - (right - middle)) <= 3)
    let light = { (color: Color) in color.blue > 238 && color.red < 230 && color.red > 180 }
    let band = image.count(where: light)
    figure.clean = .init(mean: 0.8)
    figure.lines[0].shares = [0.6, 0.4, 0.2, 0.0].map { .init(mean: $0) }
    #expect(try band > 20_000 && figure.rendered().count(where: light) < 2000)
  }

  @Test("A control beside a line has its colour, dashed, and no name; correlations reach below 0 where they may")
  func partners() throws {
    var figure = Self.figure
    func line(_ mean: Double, partner: Int? = nil) -> RobustnessFigure.Line {
      .init(
        name: "a line", shares: (0..<4).map { _ in .init(mean: mean) }, isControl: partner != nil, partner: partner)
    }
    let isBlue = { (color: Color) in color == Color(0x0072B2) }
    figure.lines = [line(0.4)]
    let alone = try figure.rendered()
    figure.lines.append(line(0.6, partner: 0))
    let both = try figure.rendered()
    #expect(both.count(where: isBlue) > alone.count(where: isBlue) && both.height == alone.height)
    figure.lines[0] = line(-0.3)
    #expect(throws: FigureError.self) { try figure.encoded() }
    figure.least = -1
    #expect(try figure.rendered().count(where: isBlue) > 0)
    figure.lines[1].partner = 7
    #expect(throws: FigureError.empty(name: "the line beside which a line stands")) { try figure.encoded() }
  }

  @Test("Lines may begin at accuracies of their own; bars stand side by side, and no band is drawn")
  func models() throws {
    var figure = Self.figure
    func line(_ mean: Double, clean: Double) -> RobustnessFigure.Line {
      .init(
        name: "a model", shares: (0..<4).map { _ in .init(mean: mean, low: mean - 0.15, high: mean + 0.15) },
        clean: .init(mean: clean, low: clean - 0.1, high: clean + 0.1))
    }
    figure.lines = [line(0.8, clean: 0.9), line(0.3, clean: 0.2)]
    let light = { (color: Color) in color.blue > 238 && color.red < 230 && color.red > 180 }
    let bands = try figure.rendered().count(where: light)
    figure.hasBars = true
    let image = try figure.rendered()
    #expect(bands > 20_000 && image.count(where: light) < bands / 4)
    // Above the key, where each colour begins from the left.
    func start(_ color: UInt32) throws -> (x: Int, y: Int) {
      let rows = 0..<image.height * 3 / 4
      for x in 0..<image.width {
        if let y = rows.first(where: { image.color(x: x, y: $0) == Color(color) }) { return (x, y) }
      }
      return try #require(nil)
    }
    let (blue, vermilion) = try (start(0x0072B2), start(0xD55E00))
    #expect(blue.x < vermilion.x && blue.y < vermilion.y - image.height / 4)
    figure.lines[0].clean?.mean = 1.5
    #expect(throws: FigureError.self) { try figure.encoded() }
  }

  @Test("Lines of another number of budgets, NaN and shares beyond 1 are refused by name")
  func refused() throws {
    var figure = Self.figure
    figure.lines[1].shares.removeLast()
    #expect(throws: FigureError.shape(name: "pgd", expected: [4], found: [3])) { try figure.encoded() }
    for wrong in [Double.nan, 1.5, -0.2] {
      var figure = Self.figure
      figure.lines[0].shares[2].mean = wrong
      #expect(throws: FigureError.self) { try figure.encoded() }
    }
    figure = Self.figure
    figure.budgets = []
    #expect(throws: FigureError.empty(name: "budgets of the attacks")) { try figure.encoded() }
  }
}
