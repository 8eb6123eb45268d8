import Attributions
import Basics
import Figures
import Foundation
import Models
import Tensors
import TestSupport
import Testing

@testable import Reports

@Suite struct ExplanationReportTests {
  // Untrained weights: what the model says is of no matter here.
  let model = TrainedModel(untrained: .init(architecture: .cnnatt), seed: 1)
  let samples = (0..<16_000).map { Float(0.3 * sin(2 * .pi * 200 * Double($0) / 16_000)) }

  func report(_ spaces: [InputSpace] = InputSpace.allCases, target: Target? = nil) throws -> ExplanationReport {
    let explainer = Explainer(model: model, method: Saliency(), spaces: spaces)
    let explanation = try explainer.explain(samples, path: "clips/hum.wav") { target ?? Target($0) }
    return ExplanationReport(explanation, model: model, file: "clips/hum.wav")
  }

  @Test("The figure holds every input with its attribution, on the clip's own seconds and hertz")
  func figure() throws {
    let report = try report(target: Target(2, versus: 5))
    let figure = report.figure
    #expect(figure.duration == 1)
    #expect(figure.emotions == ["angry", "disgust", "fear", "happy", "neutral", "sadness", "surprise"])
    #expect(figure.probabilities == report.explanation.probabilities)
    #expect(figure.target == 2 && figure.versus == 5)

    let waveform = try #require(figure.waveform)
    #expect(waveform.samples == samples && waveform.sampleRate == 16_000)
    // The transform's bins, the lowest first, in dB: 200 Hz is nearest to bin 13 of 15.625 Hz each.
    let spectrogram = try #require(figure.spectrogram)
    #expect(spectrogram.frames.rows == 513 && spectrogram.frames.columns == 63 && spectrogram.maximumFrequency == 8000)
    #expect(spectrogram.attribution?.unit == "logit/dB")
    let spectrum = (0..<513).map { spectrogram.frames.values[$0 * 63 + 31] }
    #expect(spectrum.firstIndex(of: spectrum.max()!) == 13 && abs(spectrum.max()! - spectrum.min()! - 80) < 1)
    #expect(waveform.attribution?.values.count == 16_000 && waveform.attribution?.unit == "logit/dB")
    // A frame every 256 samples, from the first on.
    let mel = try #require(figure.logMel)
    #expect(mel.frames.rows == 128 && mel.frames.columns == 63 && mel.frames.hop == 0.016)
    #expect(mel.maximumFrequency == 8000)
    #expect(mel.attribution?.values.count == 128 * 63 && mel.attribution?.unit == "logit/dB")
    let mfcc = try #require(figure.mfcc)
    #expect(mfcc.frames.rows == 40 && mfcc.frames.columns == 63)
    #expect(mfcc.attribution?.values.count == 40 * 63 && mfcc.attribution?.unit == "logit/dB")
    for attribution in [waveform.attribution, mel.attribution, mfcc.attribution] {
      #expect(attribution?.name == "saliency" && attribution?.isSigned == false)
    }
    // 200 Hz is 283 on the HTK mel scale, whose 128 bands reach 2840 at 8 kHz: band 12 is the loudest.
    let middle = (0..<128).map { mel.frames.values[$0 * 63 + 31] }
    #expect(middle.firstIndex(of: middle.max()!) == 12)
  }

  @Test("A page says first of all which clips are unlike the training data")
  func pageWarnings() throws {
    let model = try TrainedModel.builtIn()
    let explainer = Explainer(model: model, method: Saliency(), spaces: [.mel])
    let explanation = try explainer.explain(samples, path: "clips/hum.wav") { Target($0) }
    let report = ExplanationReport(explanation, model: model, file: "clips/hum.wav")
    var page = ExplanationPage(model: model, source: "clips/hum.wav")
    try page.add([(report, nil, nil)], samples: samples) { [] }
    let html = try page.page.html
    let warning = try #require(html.range(of: "<p>hum.wav: unlike the training data"))
    let first = try #require(html.range(of: "<div id=\"clips\">"))
    #expect(html.contains("Before you believe it") && warning.lowerBound < first.lowerBound)
  }

  /// Four seconds of noise explained, and for another target too.
  private func noise() throws -> (samples: [Float], own: Explanation, other: Explanation) {
    var generator = SeededGenerator(seed: 2)
    let samples = (0..<64_000).map { _ in Float(0.1 * generator.normal()) }
    let explainer = Explainer(model: model, method: Saliency(), spaces: [.waveform, .mel, .mfcc])
    return (
      samples, try explainer.explain(samples, path: "noise.wav") { Target($0) },
      try explainer.explain(samples, path: "noise.wav") { Target($0 == 0 ? 1 : 0) }
    )
  }

  private struct Broken: Error {}

  private func told(_ error: any Error) -> ToldError { ToldError("\(error)", status: 65) }

  /// What another rank sends of a part.
  private func sent(_ part: ExplanationPage) throws -> ExplanationPage.Clips {
    try JSONDecoder().decode(ExplanationPage.Clips.self, from: JSONEncoder().encode(part.clips))
  }

  @Test("A page whose clips were made apart is the same, with what there is room for and more clips than that")
  func parts() throws {
    let (samples, own, other) = try noise()
    /// Adds a clip; for other targets it is explained only where it may be.
    func add(_ number: Int, to page: inout ExplanationPage, _ asked: inout [Int], mayAsk: Bool = true) throws {
      let report = ExplanationReport(own, model: model, file: "\(number).wav")
      try page.add([(report, nil, nil)], samples: samples) {
        asked.append(number)
        guard mayAsk else { throw Broken() }
        return [other]
      }
    }
    let new = ExplanationPage(model: model, source: "clips")
    var (whole, asked) = (new, [Int]())
    for number in 0..<26 { try add(number, to: &whole, &asked) }
    #expect(whole.leftOut == 2 && (1..<24).contains(asked.count))
    let html = try whole.page.html
    #expect(html.contains("To stay small, this page is without figures as printed of "))
    for (lengths, isExact) in [(Array(repeating: 1, count: 26), true), ([1, 19, 6], false)] {
      var (joined, askedApart, next) = (new, [Int](), 0)
      for length in lengths {
        var part = joined.part(joined.roomLeft, told: told)
        // What there is no room for fails nothing.
        for number in next..<next + length {
          try add(number, to: &part, &askedApart, mayAsk: asked.contains(number))
        }
        try joined.add(sent(part))
        next += length
      }
      #expect(joined.leftOut == 2 && Set(asked).isSubset(of: askedApart))
      // Where the clips before are all added it is known what has room, but for the clip's own figure.
      #expect(!isExact || askedApart.count <= asked.count + 1)
      #expect(try joined.page.html == html)
    }
    var full = whole.part(whole.roomLeft, told: told)
    try add(26, to: &full, &asked)
    #expect(full.clips.entries.isEmpty && full.leftOut == 1)
  }

  @Test("A clip made apart fails where a page has room for what could not be made of it; clips before it are added")
  func failedPart() throws {
    let (samples, own, other) = try noise()
    func add(_ number: Int, to page: inout ExplanationPage) throws {
      let report = ExplanationReport(own, model: model, file: "\(number).wav")
      try page.add([(report, nil, nil)], samples: samples) {
        guard number != 1 else { throw Broken() }
        return [other]
      }
    }
    var (whole, joined) = (
      ExplanationPage(model: model, source: "clips"), ExplanationPage(model: model, source: "clips")
    )
    try add(0, to: &whole)
    #expect(throws: Broken.self) { try add(1, to: &whole) }
    var part = joined.part(joined.roomLeft, told: told)
    for number in 0..<3 { try add(number, to: &part) }
    let clips = try sent(part)
    #expect(throws: ToldError("Broken()", status: 65)) { try joined.add(clips) }
    // The next file's clip too.
    try add(3, to: &whole)
    part = joined.part(joined.roomLeft, told: told)
    try add(3, to: &part)
    try joined.add(sent(part))
    #expect(try joined.page.html == whole.page.html)
    // A page without room for clips does not mind.
    var full = joined.part(.init(clips: 0, bytes: 0), told: told)
    try full.add(clips)
    #expect(full.leftOut == 3)
  }

  @Test("Numbers below zero have a minus, not a hyphen")
  func minus() throws {
    let explainer = try Explainer(model: model, method: IntegratedGradients(), spaces: [.mel])
    let explanation = try explainer.explain(samples, path: "hum.wav") { Target($0) }
    let other = try explainer.explain(samples, path: "hum.wav") { Target($0 == 0 ? 1 : 0) }
    // Of one output or another, something is below zero: the sum, the difference or the gap.
    let remarks = [explanation, other].flatMap {
      ExplanationReport($0, model: model, file: "hum.wav").remarks.filter { $0.contains("gap") }
    }
    #expect(remarks.count == 2 && remarks.allSatisfy { !$0.contains(" -") } && remarks.contains { $0.contains(" −") })
  }

  @Test("The title names clip, prediction, probability, target, method and model")
  func title() throws {
    let report = try report(target: Target(2, versus: 5))
    let explanation = report.explanation
    let title = report.figure.title.joined(separator: "\n")
    let probability = String(format: "%.2f", explanation.probabilities[explanation.predicted])
    for part in [
      "hum.wav", "predicted \(explanation.classes[explanation.predicted]) (p = \(probability))",
      "target fear versus sadness", "saliency", "CNNATT cnnatt",
    ] {
      #expect(title.contains(part), "\(part) is not in \(title)")
    }
  }

  @Test("The caption has baseline, steps and completeness gap, with a plain word where it is over 5 %")
  func caption() throws {
    var wide: Set<Bool> = []
    for (steps, words) in [(1, "1 step"), (50, "50 steps")] {
      var options = MethodOptions()
      options[.steps] = steps
      options[.baseline] = .silence
      let explainer = Explainer(model: model, method: try IntegratedGradients(options), spaces: [.mel, .mfcc])
      let explanation = try explainer.explain(samples, path: "hum.wav")
      let figure = ExplanationReport(explanation, model: model, file: "hum.wav").figure
      #expect(figure.caption[0] == "baseline silence, \(words)")
      let gaps = explanation.inputs.compactMap(\.completeness)
      let isWide = gaps.contains { $0.relativeGap > 0.05 }
      #expect(figure.caption[1].hasPrefix("completeness gap: \(gaps[0].relativeGapText) on the log-mel spectrogram, "))
      #expect(figure.caption[1].hasSuffix(" – over 5 %: the attributions do not add up to the score") == isWide)
      wide.insert(isWide)
    }
    // One step is too few, and 50 are enough.
    #expect(wide == [true, false])
    #expect(try report().figure.caption.isEmpty)
  }

  @Test("What was not asked for is not in the figure, nor in the JSON", arguments: InputSpace.allCases)
  func oneInput(space: InputSpace) throws {
    let report = try report([space])
    let figure = report.figure
    #expect((figure.waveform != nil) == (space == .waveform))
    #expect((figure.spectrogram != nil) == (space == .spectrogram))
    #expect((figure.logMel != nil) == (space == .mel))
    #expect((figure.mfcc != nil) == (space == .mfcc))
    #expect(try Array(inputs(of: object(report)).keys) == [space.rawValue])
  }

  @Test("The figure can be drawn, and says in its PNG how it was made")
  func provenance() throws {
    let report = try report()
    let image = try PNGImage(decoding: report.figure.encoded(provenance: report.provenance))
    #expect(image.width > 1000 && image.height > 1000)
    #expect(image.texts.filter { report.provenance[$0.key] != nil } == report.provenance)
    #expect(report.provenance["Source"] == "clips/hum.wav" && report.provenance["Method"] == "saliency")
    #expect(report.provenance["Model"] == "cnnatt (\(report.model.digest))")
  }

  @Test("JSON: one line with every field, finite, and the sums of the attributions")
  func json() throws {
    let report = try report()
    let object = try object(report)
    #expect(
      Set(object.keys) == [
        "file", "model", "method", "parameters", "target", "predicted", "probabilities", "inputs", "figure", "figures",
        "elapsed_seconds", "start", "end", "command",
      ])
    #expect(object["file"] as? String == "clips/hum.wav" && object["elapsed_seconds"] as? Double == 1.5)
    #expect(object["figure"] as? String == "a.png" && object["figures"] as? [String] == ["a.png", "a.pdf"])
    let probabilities = try #require(object["probabilities"] as? [String: Double])
    #expect(abs(probabilities.values.reduce(0, +) - 1) < 1e-5)
    #expect(probabilities.max { $0.value < $1.value }?.key == object["predicted"] as? String)
    #expect(object["target"] as? String == object["predicted"] as? String)
    let inputs = try inputs(of: object)
    for input in report.explanation.inputs {
      let entry = try #require(inputs[input.space.rawValue])
      let sum = input.attribution.floats.reduce(0.0) { $0 + Double($1) }
      let told = try #require(entry["sum"] as? Double)
      #expect(told.isFinite && abs(told - sum) <= 1e-4 * sum)
      #expect(entry["shape"] as? [Int] == input.attribution.shape)
      #expect(
        entry["unit"] as? String == "logit/dB")
      // Saliency promises no sum.
      #expect(entry["gap"] == nil)
      #expect((entry["array"] as? String)?.hasSuffix("/a.saliency.mel.npy") == (input.space == .mel ? true : nil))
    }
  }

  private func object(_ report: ExplanationReport) throws -> [String: Any] {
    let arrays = try inFreshFolder { folder in
      try report.explanation.inputs.filter { $0.space == .mel }.map {
        try ExplainedArrays(
          $0, of: report.explanation, frontEnd: .init(), to: OutputFolder(folder.path), as: "a.saliency")
      }
    }
    let line = try report.json(
      arrays: arrays.first.map { [.mel: $0] } ?? [:], figures: ["a.png", "a.pdf"], seconds: 1.5)
    #expect(!line.contains("\n"))
    return try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
  }

  private func inputs(of object: [String: Any]) throws -> [String: [String: Any]] {
    try #require(object["inputs"] as? [String: [String: Any]])
  }
}
