import Testing

@testable import Figures

@Suite struct ProfilesFigureTests {
  /// Emotion k has all its attribution in band 4k + 8.
  func figure(_ names: [String] = EmotionColors.names) -> ProfilesFigure {
    ProfilesFigure(
      title: ["Where", "a method"],
      emotions: names.enumerated().map { index, name in
        let bands = (0..<64).map { $0 == 4 * index + 8 ? 10.0 : 0.5 }
        return .init(
          name: name, clips: 6, bands: bands.map { ($0, $0 * 0.8, $0 * 1.2) },
          times: (0..<50).map { _ in (1, 0.9, 1.1) },
          map: bands.flatMap { band in (0..<50).map { _ in band } })
      })
  }

  @Test("Within its borders, for one emotion and for seven", arguments: [1, 4, 7])
  func borders(count: Int) throws {
    let image = try figure(Array(EmotionColors.names.prefix(count))).rendered()
    let isWithin = image.hasWhiteBorder(of: 12)
    #expect(isWithin)
  }

  @Test("Every emotion has its colour, in both panels and in the key")
  func colors() throws {
    var figure = figure(["angry", "sadness"])
    for emotion in figure.emotions.indices {
      figure.emotions[emotion].times = figure.emotions[emotion].times.map { _ in
        (mean: 0.4 + 0.4 * Double(emotion), low: 0.4, high: 0.9)
      }
    }
    let image = try figure.rendered()
    for name in ["angry", "sadness"] {
      let color = EmotionColors.color(of: name, index: 0)
      let left = image.patches(of: 30, leftOf: image.width / 2) { $0 == color }
      let all = image.patches(of: 30, leftOf: image.width) { $0 == color }
      #expect(left >= 1 && all > left, "\(name)")
    }
  }

  @Test("A band's row in the map stands where the axis has its frequency")
  func place() throws {
    let image = try figure(["angry"]).rendered()
    func isDark(_ color: Color) -> Bool { Int(color.red) + Int(color.green) + Int(color.blue) < 150 }
    func isBright(_ color: Color) -> Bool {
      color.red > 240 && color.green > 230 && color.blue > 150 && color.blue < 220
    }
    // Magma's dark end is the map's ground, in the lower part of the figure; its bright one the band.
    let rows = (image.height * 6 / 10..<image.height).filter { image.longestRun(row: $0, isDark).count > 200 }
    let bright = image.longestRow(isBright)
    let (top, bottom) = (Double(rows.first!), Double(rows.last!))
    // Band 8 of 64 peaks at 9/65 of the mel axis.
    #expect(abs(Double(bright) - (bottom - (bottom - top) * 9 / 65)) < 6, "\(bright) in \(top) to \(bottom)")
  }

  @Test("Numbers that cannot be drawn are refused by name")
  func refusals() {
    #expect(throws: FigureError.empty(name: "emotions of the profiles")) {
      try ProfilesFigure(title: [], emotions: []).encoded()
    }
    var short = figure()
    short.emotions[2].bands.removeLast()
    #expect(throws: FigureError.shape(name: "bands of fear", expected: [64], found: [63])) { try short.encoded() }
    var broken = figure()
    broken.emotions[1].map[3] = .nan
    #expect(throws: FigureError.notFinite(name: "map of disgust", index: 3)) { try broken.encoded() }
  }
}

@Suite("Measures by emotion")
struct EmotionMeasuresFigureTests {
  private func figure(_ value: EmotionMeasuresFigure.Value?) -> EmotionMeasuresFigure {
    EmotionMeasuresFigure(
      title: ["measures"], emotions: [("angry", 3), ("sadness", 4)],
      panels: [.init(title: "loud frames", unit: "log₂", values: [value, (0, -0.1, 0.1)])],
      claims: [.init(words: "sadness: low", measure: "place", effect: (-30, -50, -10), verdict: "holds")])
  }

  @Test("A dot stands where the axis has its value, between the ends of its interval")
  func place() throws {
    let image = try figure((0.5, 0.25, 0.75)).rendered()
    let border = image.hasWhiteBorder(of: 16)
    #expect(border)
    // The frame is the longest dark line of the panel's left half.
    let frame = image.longestRun(row: image.longestRow { $0 == .ink }) { $0 == .ink }
    func share(_ x: Int) -> Double { Double(x - frame.lowerBound) / Double(frame.count) }
    /// Where a value lies on an axis from −0.75 to 0.75 with a twentieth of its length more at each end.
    func expected(_ value: Double) -> Double { (value + 0.825) / 1.65 }
    let angry = EmotionColors.all[0].color
    let columns = (0..<image.width).filter { x in (0..<image.height).contains { image.color(x: x, y: $0) == angry } }
    #expect(abs(share(columns.first!) - expected(0.25)) < 0.01 && abs(share(columns.last!) - expected(0.75)) < 0.01)
    let dot = columns.max { a, b in
      image.longestRun(column: a) { $0 == angry }.count < image.longestRun(column: b) { $0 == angry }.count
    }!
    #expect(abs(share(dot) - expected(0.5)) < 0.02)
  }

  @Test("What is absent draws nothing, and what is not finite is refused by name")
  func refusals() throws {
    let image = try figure(nil).rendered()
    let count = image.count { $0 == EmotionColors.all[0].color }
    #expect(count == 0)
    #expect(throws: FigureError.notFinite(name: "loud frames", index: 0)) { try figure((.nan, 0, 1)).encoded() }
    var short = figure(nil)
    short.panels[0].values.removeLast()
    #expect(throws: FigureError.shape(name: "loud frames", expected: [2], found: [1])) { try short.encoded() }
  }
}
