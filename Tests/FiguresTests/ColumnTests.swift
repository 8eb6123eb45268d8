import Foundation
import Testing

@testable import Figures

/// Figures 3.3 inches wide with text of 7 points, as a journal's column has them.
@Suite("Figures for a column")
struct ColumnTests {
  static let column = FigureLayout(inches: 3.3, fontSize: 7)
  /// 300 pixels an inch.
  static let print = 300.0 / 96

  static func noise(_ count: Int) -> [Float] { (0..<count).map { Float(sin(Double($0) * 12.9898) * 0.02) } }

  static func attribution(_ count: Int, isSigned: Bool = true) -> Attribution {
    Attribution(
      values: noise(count).map { $0 * $0 * $0 }, isSigned: isSigned, name: "integrated-gradients", unit: "logit/dB")
  }

  static func frames(_ rows: Int) -> FrameMatrix {
    FrameMatrix(values: noise(rows * 126), rows: rows, columns: 126, hop: 0.016)
  }

  static func explanation(isSigned: Bool = true) -> ExplanationFigure {
    var figure = ExplanationFigure(
      title: [
        "03-01-05-02-01-01-17, a clip with a name that is much longer than a column is wide.flac",
        "predicted surprise (p = 0.31) · target disgust · integrated-gradients · CNNATT built-in",
      ], duration: 2,
      waveform: .init(
        samples: noise(32_000), sampleRate: 16_000, attribution: attribution(32_000, isSigned: isSigned)),
      spectrogram: .init(frames: frames(129), attribution: attribution(129 * 126, isSigned: isSigned)),
      logMel: .init(frames: frames(128), attribution: attribution(128 * 126, isSigned: isSigned)),
      mfcc: .init(frames: frames(40), attribution: attribution(40 * 126, isSigned: isSigned)),
      probabilities: [0.05, 0.2, 0.1, 0.14, 0.1, 0.1, 0.31], target: 1, versus: 3, truth: 0)
    figure.caption = ["baseline silence, 50 steps", "completeness gap: 7.1 % on the log-mel spectrogram – over 5 %"]
    return figure
  }

  static func comparison(models count: Int) -> ComparisonFigure {
    ComparisonFigure(
      title: ["clip.wav: angry", "saliency"], logMel: frames(128), duration: 2, method: "integrated-gradients",
      isSigned: true,
      models: (0..<count).map { index in
        .init(
          name: "model \(index)", map: noise(128 * 126), emotions: EmotionColors.names,
          probabilities: [0.3 + 0.1 * Double(index), 0.4 - 0.1 * Double(index), 0.06, 0.06, 0.06, 0.06, 0.06],
          target: "angry")
      },
      remarks: (0..<count).map { $0 == 0 ? [] : ["rank correlation −0.10", "structural similarity 0.04"] },
      truth: "angry")
  }

  static let all: [String: any Figure] = {
    let emotions = EmotionColors.names
    let value = (mean: 0.4, low: -0.1, high: 0.7)
    var figures: [String: any Figure] = [
      "decomposition": SoundFiguresTests.decomposition(8),
      "components": SoundFiguresTests.decomposition(1, effects: false),
      "units": SoundFiguresTests.units(12), "many units": SoundFiguresTests.units(60),
      "features": SoundFiguresTests.features, "explanation": explanation(), "side": explanation().overlaid(.side),
      "contours": explanation().overlaid(.contour),
      "magnitudes": explanation(isSigned: false), "two models": comparison(models: 2),
      "four models": comparison(models: 4), "models, side": comparison(models: 3).overlaid(.side),
      "confusion": ConfusionFigure(
        title: ["CNNATT on clips.csv"],
        counts: emotions.indices.map { row in emotions.indices.map { $0 == row ? 120 : 7 } }, accuracy: 0.74,
        macroF1: 0.7),
      "calibration": CalibrationFigure(
        title: ["CNNATT on clips.csv"],
        bins: (0..<10).map {
          .init(
            lower: 0.1 * Double($0), upper: 0.1 * Double($0 + 1), clips: 1000, confidence: 0.1 * Double($0) + 0.05,
            accuracy: 0.5, low: 0.3, high: 0.6)
        }, expectedCalibrationError: 0.1, brierScore: 0.3),
      "coverage": CoverageFigure(
        title: ["CNNATT on clips.csv"], subtitle: "95 % intervals by speaker",
        points: (1...50).map { .init(coverage: 0.02 * Double($0), error: 0.009 * Double($0), low: 0, high: 0.5) },
        area: 0.23),
      "robustness": RobustnessFigureTests.figure,
      "timeline": PredictionTimeline(
        title: ["talk.wav"], dimensions: ["arousal", "valence"], times: [1, 2, 3],
        probabilities: [evenProbabilities, nil, evenProbabilities], values: [[0.1, 0.2], nil, [0.4, -0.2]], duration: 4),
      "measures": EmotionMeasuresFigure(
        title: ["Preferences of the attributions, and acoustic measures of the salient part"],
        emotions: emotions.map { ($0, 32) },
        panels: ["spectral centroid of the attribution", "loudness", "fundamental frequency"].map {
          .init(title: $0, unit: "salient − rest (semitones)", values: emotions.map { _ in value })
        },
        claims: [
          .init(
            words: "sadness: the low and middle frequencies", measure: "spectral centroid of the attribution, mel",
            effect: value, verdict: "does not hold")
        ]),
      "profiles": ProfilesFigure(
        title: ["Where the attributions lie, by emotion"],
        emotions: emotions.map {
          .init(
            name: $0, clips: 32, bands: .init(repeating: value, count: 32), times: .init(repeating: value, count: 20),
            map: .init(repeating: 1, count: 640))
        }),
      "trust": TrustFigure(
        title: ["Attributions on the log-mel spectrogram, measured"],
        methods: ["saliency", "integrated-gradients", "random"].map { .init(name: $0, isControl: $0 == "random") },
        panels: ["deletion ↓", "share on silence ↓", "sparseness (Gini)"].map {
          .init(title: $0, values: [value, nil, value], chance: 0.1)
        },
        curves: [
          .init(
            title: "Rank correlation with itself", xLabel: "Layers drawn anew, from the head down", end: 8,
            values: [[1, 0.5, 0.2], [1, nil, 0.3], [0, 0, 0]])
        ]),
      "agreement": AgreementFigure(
        title: ["How far the models’ attributions agree"], models: ["cnnatt", "fcmfcc"],
        measures: ["rank correlation", "structural similarity", "top tenth shared"].map {
          .init(name: $0, values: [[nil, (0.9, 0.8, 1)], [(0.9, 0.8, 1), nil]])
        }),
      "attention": AttentionFigure(
        title: ["clip.wav: the attention of CNNATT"],
        matrices: [(0..<3).map { _ in .init(values: .init(repeating: 1 / 64, count: 64 * 64), rows: 64) }],
        takers: "Output channel", givers: "Value channel",
        strips: ["head 1", "head 2"].map {
          .init(
            name: $0, input: .logMel(.init(frames: frames(128), attribution: attribution(128 * 126, isSigned: false))))
        }, duration: 2),
      "concepts": ConceptsFigure(
        title: ["What the layers hold of the voice, and which classes answer to it: CNNATT built-in"],
        panels: ["pitch (semitones)", "a column with a name that is much longer than its panel (female, male)"].map {
          .init(
            name: $0, measure: "R²", chance: 0,
            layers: ["paths"] + (0..<9).map { "blocks.\($0)" } + ["feature_projection", "last"],
            probes: .init(repeating: .init(mean: 0.7, low: 0.5, high: 0.8), count: 12),
            controls: .init(repeating: .init(mean: -0.1, low: nil, high: nil), count: 12), best: 3,
            bars: emotions.map { .init(name: $0, score: 0.8, low: 0.3, high: 0.7) })
        }),
      "audit": AuditFigure(
        title: ["What built-in leans on that is not emotion", "CNNATT · clips.csv, 175 clips of 24 speakers"],
        changes: ["as it is", "background alone", "without 2000 to 4000 Hz"].enumerated().map {
          .init(
            name: $1, clips: 175, chance: $0 == 0 ? 0.14 : 0.5, recall: value, stays: $0 == 0 ? nil : value,
            probability: $0 == 0 ? nil : value)
        },
        maps: (1...7).map {
          .init(
            name: "group \($0): 25 clips", words: "21 surprise, silhouette −0.12",
            shares: .init(repeating: 1, count: 64))
        }),
      "shares": SharesFigure(
        title: ["clips.csv: clips by emotion and origin"],
        properties: [
          .init(name: "Emotion", values: emotions.map { ($0, 32) }), .init(name: "Origin", values: [("ravdess", 224)]),
        ]),
      "samples": SamplesFigure(
        title: ["clips.csv: a clip of each emotion"],
        clips: ["angry: clip.wav", "fear: other.wav"].map {
          .init(
            name: $0, waveform: .init(samples: noise(32_000), sampleRate: 16_000),
            logMel: .init(frames: frames(128)), duration: 2)
        }),
    ]
    for count in [1, 3, 7, 14] {
      figures["sheet of \(count)"] = ContactSheet(
        title: ["angry: integrated-gradients on the log-mel spectrogram"],
        clips: (0..<count).map { number in
          .init(
            name: "clip-\(number).wav", input: .logMel(.init(frames: frames(128), attribution: attribution(128 * 126))),
            duration: 2, prediction: .emotion("surprise", probability: 0.4, truth: "angry"))
        })
    }
    for names in [["one"], ["cnnatt", "fcmfcc", "cnnlstm"]] {
      figures["curves of \(names.count)"] = TrainingCurves(
        title: ["Training CNNATT"],
        runs: names.map {
          .init(
            name: $0, trainingLoss: [2, 1.5, 1, 0.8], validationLoss: [2, 1.8, 1.7, 1.9],
            accuracy: [0.2, 0.3, 0.5, 0.4],
            macroF1: [0.1, 0.2, 0.5, 0.4], learningRate: [1e-3, 1e-3, 1e-4, 1e-4], bestEpoch: 3)
        })
    }
    return figures
  }()

  @Test("3.3 inches at 300 dpi are 990 pixels, and the file says so")
  func pixels() throws {
    let image = try PNGImage(decoding: Self.explanation().encoded(layout: Self.column, scale: Self.print))
    #expect(image.width == 990)
    #expect(try abs(#require(image.pixelsPerInch) - 300) < 0.01)
    let bytes = try Self.explanation().encoded(as: .pdf, layout: Self.column)
    // 3.3 · 72 points.
    #expect(bytes.firstRange(of: Array("0 0 237.6".utf8)) != nil)
  }

  @Test(
    "All text lies inside the figure, and no text on another", arguments: all.keys.sorted(),
    [
      column, FigureLayout(inches: 3.5, fontSize: 8.5), FigureLayout(inches: 7, fontSize: 7),
      FigureLayout(inches: 6.7), FigureLayout(fontSize: 10), .standard,
    ])
  func texts(name: String, layout: FigureLayout) throws {
    let figure = Self.all[name]!
    let texts = try figure.texts(in: layout).filter { !$0.words.isEmpty }
    let size = figure.size(in: layout)
    let room = (width: size.width / layout.unit, height: size.height / layout.unit)
    for text in texts {
      let place = text.bounds
      #expect(
        place.left >= -0.5 && place.top >= -0.5 && place.right <= room.width + 0.5
          && place.bottom <= room.height + 0.5, "\(text.words) at \(place) in \(room)")
      #expect(
        !layout.isNarrow || text.font.size >= Font.tick.size - 0.01, "\(text.words) is smaller than what was asked for")
    }
    for (index, first) in texts.enumerated() {
      for second in texts.dropFirst(index + 1) {
        let (one, two) = (first.bounds, second.bounds)
        let across = min(one.right, two.right) - max(one.left, two.left)
        let down = min(one.bottom, two.bottom) - max(one.top, two.top)
        // A line's room is more than its ink.
        #expect(across < 0.5 || down < 2.5, "\(first.words) and \(second.words) overlap by \(across) × \(down)")
      }
    }
  }

  @Test("The predicted probability is readable at every value, beside or in its bar", arguments: [2.4, 3.3, 4])
  func probabilities(inches: Double) throws {
    for step in 0...20 {
      let most = Double(step) / 20
      var figure = ExplanationFigure(
        title: ["clip.wav"], duration: 2, logMel: .init(frames: Self.frames(128)),
        probabilities: [most] + Array(repeating: (1 - most) / 6, count: 6), target: 0)
      figure.parts = [.probabilities]
      let texts = try figure.texts(in: FigureLayout(inches: inches, fontSize: 7))
      let own = try #require(texts.first { $0.words.hasPrefix(probabilityText(most)) }, "\(most)")
      let name = try #require(texts.first { $0.words.hasPrefix("ang") })
      #expect(own.bounds.left > name.bounds.right, "\(own.words) at \(most)")
    }
  }

  @Test("Each axis of a short panel has at least two numbers", arguments: [2, 3.3, 7])
  func ticks(inches: Double) throws {
    let layout = FigureLayout(inches: inches, fontSize: inches < 3 ? 5 : 7)
    var figure = Self.explanation()
    figure.parts = [.waveform]
    let numbers = try figure.texts(in: layout).filter { Double($0.words.replacing("−", with: "-")) != nil }
    let amplitudes = numbers.filter { $0.alignment == .end }
    let below = try #require(numbers.map(\.place.y).filter { y in !amplitudes.contains { $0.place.y == y } }.max())
    #expect(amplitudes.count >= 2, "\(amplitudes.map(\.words))")
    #expect(numbers.count { $0.place.y == below } >= 2, "\(numbers.map(\.words))")
  }

  @Test("Round ticks are at least three wherever values differ", arguments: [1, 2, 3, 5])
  func roundNumbers(count: Int) {
    for (lower, upper) in [(0, 1), (-0.29, 0.29), (0.4, 0.55), (1, 9), (-1000, 17)] {
      #expect(roundTicks(from: lower, to: upper, count: count).count >= 3)
    }
  }

  @Test("The words of an SVG are text, which no glyph outlines repeat")
  func svgText() throws {
    let bytes = try Self.explanation().encoded(as: .svg, layout: Self.column)
    let svg = String(decoding: bytes, as: UTF8.self)
    for words in ["Probability", "Time (s)", "disgust", "baseline silence, 50 steps", "−0.01"] {
      #expect(svg.contains(">\(words)</text>"), "\(words)")
    }
    #expect(!svg.contains("<g id=\"glyph"))
    #expect(svg.contains("font-size=\"9.33\""))  // 7 points of 1/72 inch in 1/96 inch
  }

  @Test("Red and blue are explained where attributions have signs, and only there")
  func signs() throws {
    func words(_ figure: ExplanationFigure) throws -> [String] { try figure.texts(in: Self.column).map(\.words) }
    let signed = try words(Self.explanation())
    #expect(signed.contains("red: raises the score of disgust over happy") && signed.contains("blue: lowers it"))
    #expect(try !words(Self.explanation(isSigned: false)).contains { $0.hasPrefix("red: ") })
  }

  @Test("Only the parts asked for are drawn, and the figure is as high as they are")
  func parts() throws {
    var figure = Self.explanation()
    let whole = figure.size(in: Self.column).height
    figure.parts = [.mel, .caption]
    let words = try figure.texts(in: Self.column).map(\.words)
    #expect(words.contains("Frequency (kHz)") && words.contains("baseline silence, 50 steps"))
    #expect(!words.contains("Amplitude") && !words.contains("Probability") && !words.contains("Coefficient"))
    #expect(!words.contains { $0.hasPrefix("predicted") })
    #expect(figure.size(in: Self.column).height < whole / 2)
    #expect(try !figure.texts(in: Self.column).contains { $0.font.isBold })
  }

  @Test(
    "The bars of all compared models begin at one place of their panels", arguments: [FigureLayout.standard, column])
  func bars(layout: FigureLayout) throws {
    let figure = Self.comparison(models: 2)
    let image = try PNGImage(decoding: figure.encoded(layout: layout))
    let angry = EmotionColors.all[0].color
    let rows = (0..<image.height).filter { y in (0..<image.width).contains { image.color(x: $0, y: y) == angry } }
    let middle = rows[rows.count / 2]
    let first = image.longestRun(row: middle) { $0 == angry }
    // The second model's, which is longer: the first's is left of it.
    let second = (0..<first.lowerBound - 20).filter { image.color(x: $0, y: middle) == angry }
    let start = try #require(second.min())
    // Both bars are as long as their probabilities, 0.3 and 0.4, of panels of one width.
    let shares = (Double(second.count) / 0.3, Double(first.count) / 0.4)
    #expect(abs(shares.0 - shares.1) < 8, "\(shares)")
    let names = try figure.texts(in: layout).filter { $0.words == "angry" && $0.alignment == .end }
    #expect(names.count == 1)
    #expect(start > 0)
  }

  @Test("A standard layout is the one of the figures so far")
  func standard() {
    #expect(FigureLayout.standard.width == 800 && FigureLayout.standard.unit == 1)
    #expect(FigureLayout.standard.title == .title && FigureLayout.standard.subtitle == .subtitle)
    #expect(Self.explanation().size.width == 800)
  }
}
