import Basics
import Foundation
import Testing

@testable import Figures

@Suite("Figures of a sound's components and features")
struct SoundFiguresTests {
  static func decomposition(_ count: Int, effects: Bool = true) -> DecompositionFigure {
    let frames = FrameMatrix(values: ColumnTests.noise(257 * 126), rows: 257, columns: 126, hop: 0.016)
    return DecompositionFigure(
      title: [
        "03-01-05-02-01-01-17, a clip with a long name.flac: \(count) components",
        "kullback-leibler, 200 steps · predicted surprise (p = 0.31) · target disgust · CNNATT built-in",
      ], spectrogram: .init(frames: frames), duration: 2,
      components: (0..<count).map { component in
        .init(
          name: "\(component + 1) · \(200 + 800 * component) Hz",
          spectrum: (0..<257).map { $0 / 20 == component ? 1 : 0.001 },
          activation: (0..<126).map { $0 / 10 == component ? 1 : 0.001 })
      },
      effects: effects
        ? (0..<count).map {
          .init(
            name: "\($0 + 1) · \(200 + 800 * $0) Hz", kind: .component, change: $0 == 0 ? -1.5 : 0.3,
            words: ["\($0 == 0 ? "−1.50" : "+0.30")", "p = 0.31"], isMarked: $0 == 0)
        } + [
          .init(name: "1, 3 together", kind: .chosen, change: -1.8, words: ["−1.80", "p = 0.05"], isMarked: true),
          .init(name: "2 at random", kind: .control, change: -0.1, words: ["−0.10", "mean of 50"]),
        ] : [], effect: "Change of the score of disgust (logits) without it")
  }

  static func units(_ count: Int) -> UnitsFigure {
    let values = (0..<count).map { sin(Double($0)) }
    var place = ClipPlace(0..<3.5)
    place.speech = 1..<3
    return UnitsFigure(
      title: [
        "03-01-05-02-01-01-17, a clip with a long name.flac", "\(count) syllables, filled with floor where taken out",
      ],
      waveform: .init(samples: ColumnTests.noise(32_000), sampleRate: 16_000), duration: 2,
      place: place,
      units: (0..<count).map {
        let range = 2 * Double($0) / Double(count)..<2 * Double($0 + 1) / Double(count)
        return .init(
          name: $0 == 3 ? "pause 1" : "syllable \($0 + 1)", brief: "\($0 + 1)", range: range, isPause: $0 == 3)
      },
      measures: [
        .init(name: "Fall of the score of disgust without the unit", unit: "logits", values: values),
        .init(name: "Shapley value", unit: "logits", values: values, errors: values.map { abs($0) / 4 }),
        .init(name: "saliency on the mel", unit: "logit/dB", values: values.map(abs)),
      ])
  }

  static let features = FeaturesFigure(
    title: ["clip.wav", "window 1024, hop 256 samples at 16 kHz, 128 mels, 40 coefficients"], duration: 2,
    panels: [
      .input(.waveform(.init(samples: ColumnTests.noise(32_000), sampleRate: 16_000))),
      .input(.logMel(.init(frames: ColumnTests.frames(128)))), .input(.mfcc(.init(frames: ColumnTests.frames(40)))),
      .input(.mfcc(.init(frames: ColumnTests.frames(40), label: "ΔMFCC (dB a frame)"))),
      .pitch((0..<126).map { $0 % 30 < 20 ? 120 + Double($0) : nil }, hop: 0.016),
    ])

  @Test("Each component has its own places in spectra and activations", arguments: [1, 4, 12])
  func components(_ count: Int) throws {
    let image = try Self.decomposition(count, effects: false).rendered()
    let border = image.hasWhiteBorder(of: 16)
    #expect(border)
    // The maximum's yellow: a patch a component in the spectra, and one in the activations; the key is on the right.
    let yellow = { (color: Color) in color.red > 245 && color.green > 220 && color.blue < 60 }
    let patches = image.patches(of: 20, leftOf: image.width - 200, where: yellow)
    // Neighbours on the diagonal touch at corners only, which does not connect them.
    #expect(patches == 2 * count)
  }

  @Test("A bar for each effect, in the colour of its kind")
  func effects() throws {
    let image = try Self.decomposition(4).rendered()
    func pixels(_ color: UInt32) -> Int { image.count { $0 == Color(color) } }
    // 1.8 against 1.5 and three of 0.3, and 0.1.
    let (blue, orange, grey) = (pixels(0x0072B2), pixels(0xD55E00), pixels(0x999999))
    #expect(abs(Double(blue) / Double(orange) - (1.5 + 0.9) / 1.8) < 0.15, "\(blue) \(orange) \(grey)")
    #expect(grey > 100 && grey < orange / 8, "\(grey)")
  }

  @Test("Numbers that cannot be drawn are refused by name")
  func refusals() {
    var figure = Self.decomposition(2)
    figure.components[1].activation[3] = .nan
    #expect(throws: FigureError.notFinite(name: "activation of 2 · 1000 Hz", index: 3)) { try figure.encoded() }
    figure = Self.decomposition(2)
    figure.components[0].spectrum.removeLast()
    #expect(throws: FigureError.shape(name: "spectrum of 1 · 200 Hz", expected: [257], found: [256])) {
      try figure.encoded()
    }
    figure.components = []
    #expect(throws: FigureError.empty(name: "components of the decomposition")) { try figure.encoded() }
    figure = Self.decomposition(2)
    figure.effects[1].change = .infinity
    #expect(throws: FigureError.notFinite(name: "effects of the components", index: 1)) { try figure.encoded() }
    var units = Self.units(3)
    units.measures[1].errors[2] = .nan
    #expect(throws: FigureError.notFinite(name: "errors of Shapley value", index: 2)) { try units.encoded() }
    units.measures[0].values.removeLast()
    #expect(
      throws: FigureError.shape(name: "Fall of the score of disgust without the unit", expected: [3], found: [2])
    ) { try units.encoded() }
    units.units = []
    #expect(throws: FigureError.empty(name: "units of the clip")) { try units.encoded() }
    #expect(throws: FigureError.empty(name: "features")) {
      try FeaturesFigure(title: [], duration: 1, panels: []).encoded()
    }
    #expect(throws: FigureError.notFinite(name: "pitch", index: 1)) {
      try FeaturesFigure(title: [], duration: 1, panels: [.pitch([100, .nan], hop: 0.01)]).encoded()
    }
  }

  @Test("The pitch has dots where there is a voice, and none where there is not")
  func pitch() throws {
    func dots(_ pitch: [Double?]) throws -> Int {
      try FeaturesFigure(title: ["a"], duration: 1, panels: [.pitch(pitch, hop: 0.01)]).rendered()
        .count { $0.blue > 150 && $0.red < 60 }
    }
    let half = try dots((0..<100).map { $0 < 50 ? 200 : nil })
    let all = try dots(Array(repeating: 200, count: 100))
    #expect(try dots(Array(repeating: nil, count: 100)) == 0)
    #expect(half > 200 && abs(Double(all) / Double(half) - 2) < 0.1, "\(half) \(all)")
  }
}
