import Foundation
import Testing

@testable import Figures

@Suite("The figure of errors over coverage")
struct CoverageFigureTests {
  private func figure(_ errors: [Double], spread: Double? = 0.05) -> CoverageFigure {
    CoverageFigure(
      title: ["model on clips.csv"], subtitle: "95 % intervals by speaker",
      points: errors.enumerated().map { index, error in
        .init(
          coverage: Double(index + 1) / Double(errors.count), error: error, low: spread.map { max(0, error - $0) },
          high: spread.map { min(1, error + $0) })
      }, area: errors.reduce(0, +) / Double(errors.count))
  }

  @Test("The curve rises with the errors, inside its band; without intervals there is no band")
  func curve() throws {
    let image = try figure((1...50).map { 0.01 * Double($0) }).rendered()
    let isBlue = { (color: Color) in color == Color(0x0072B2) }
    let border = image.hasWhiteBorder(of: 8)
    #expect(border)
    func height(_ share: Double) throws -> Int {
      let x = Int(Double(image.width) * share)
      return try #require((0..<image.height).first { isBlue(image.color(x: x, y: $0)) })
    }
    let (left, middle, right) = try (height(0.35), height(0.6), height(0.85))
    #expect(left > middle && middle > right)
    // A straight line has the same step twice.
    #expect(abs((left - middle) - (middle - right)) <= 3)
    let light = { (color: Color) in color.blue > 235 && color.red < 225 && color.red > 180 }
    #expect(image.count(where: light) > 20_000)
    let bare = try figure((1...50).map { 0.01 * Double($0) }, spread: nil).rendered()
    #expect(bare.count(where: light) < 2000)
  }

  @Test("No errors and nothing but errors can be drawn; no points, NaN and shares beyond 1 are refused by name")
  func extremes() throws {
    for errors in [[0.0, 0, 0], [1.0, 1, 1], [0.4]] { #expect(try figure(errors, spread: nil).encoded().count > 1000) }
    #expect(throws: FigureError.empty(name: "points of the coverage")) { try figure([]).encoded() }
    #expect(throws: FigureError.self) { try figure([0.2, .nan]).encoded() }
    #expect(throws: FigureError.outOfRange(name: "point 2 of the coverage", value: 1.5, expected: "between 0 and 1")) {
      try figure([0.2, 1.5], spread: nil).encoded()
    }
  }
}
