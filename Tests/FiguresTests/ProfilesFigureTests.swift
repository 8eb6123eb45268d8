import Figures
import Testing

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
