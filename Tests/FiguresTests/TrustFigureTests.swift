import Figures
import Testing

@Suite struct TrustFigureTests {
  func figure(methods: Int = 3) -> TrustFigure {
    TrustFigure(
      title: ["measured", "three methods"],
      methods: (0..<methods).map { .init(name: "method \($0)", isControl: $0 >= 2) },
      panels: (0..<6).map { panel in
        .init(
          title: "measure \(panel)",
          values: (0..<methods).map { $0 == panel ? nil : (mean: 0.1 * Double($0), low: 0, high: 0.5) },
          chance: panel == 5 ? 0.3 : nil)
      },
      curves: [
        .init(title: "curve", xLabel: "share", end: 1, values: (0..<methods).map { _ in [1, 0.5, 0.2] }),
        .init(title: "cascade", xLabel: "layers", end: 2, values: (0..<methods).map { _ in [1, nil, 0.2] }),
      ])
  }

  @Test("Within its borders, for few and for many methods", arguments: [1, 3, 15])
  func borders(methods: Int) throws {
    let image = try figure(methods: methods).rendered()
    #expect(image.hasWhiteBorder(of: 12))
  }

  @Test("A dot for each value in the method's colour, and its key beside each row of panels")
  func dots() throws {
    var figure = figure()
    figure.curves = []
    for panel in figure.panels.indices where panel != 0 { figure.panels[panel].values[0] = (0.2, 0.2, 0.2) }
    let image = try figure.rendered()
    // The first method has a value in five of six panels, which stand in two rows.
    #expect(image.patches(of: 60, leftOf: image.width) { $0.blue > 150 && $0.red < 40 } == 5 + 2)
  }

  @Test("Numbers that cannot be drawn are refused by name")
  func refusals() {
    var short = figure()
    short.panels[1].values.removeLast()
    #expect(throws: FigureError.shape(name: "measure 1", expected: [3], found: [2])) { try short.encoded() }
    var broken = figure()
    broken.panels[2].values[1] = (mean: 0, low: -.infinity, high: 1)
    #expect(throws: FigureError.notFinite(name: "measure 2", index: 1)) { try broken.encoded() }
    var curve = figure()
    curve.curves[0].values[1][2] = .nan
    #expect(throws: FigureError.notFinite(name: "curve", index: 5)) { try curve.encoded() }
    #expect(throws: FigureError.empty(name: "methods of the measures")) {
      try TrustFigure(title: [], methods: [], panels: [], curves: []).encoded()
    }
  }
}
