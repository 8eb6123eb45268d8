import Attributions
import AudioFiles
import Basics
import Corpora
import Foundation
import Models
import TestSupport
import Testing

@testable import Reports

@Suite("What is certified of a model")
struct CertificationReportTests {
  // Says the second class of a mean above 0.005.
  private let model = MeanModel.model()

  private func smoothings(_ deviations: [Double] = [0.01, 0.5], draws: Int = 100) throws -> [RandomizedSmoothing] {
    try deviations.map { try RandomizedSmoothing(deviation: $0, firstDraws: 20, draws: draws, confidence: 0.99) }
  }

  private func item(_ name: String, mean: Float, samples: Int = 400) -> ClipJob<ClipCertificates>.Item {
    .init(
      entry: .init(path: name, emotion: Emotion(rawValue: "b")), path: name,
      sound: AudioClip(samples: Array(repeating: mean, count: samples), sampleRate: 16_000))
  }

  private func certificates(
    _ mean: Float, _ smoothings: [RandomizedSmoothing], isLabelled: Bool = true, seed: UInt64 = 1
  ) throws -> ClipCertificates {
    var parts: [Double] = []
    let found = try ClipCertificates(
      item("clip.wav", mean: mean), of: model, smoothings, isLabelled: isLabelled, seed: seed
    ) { parts.append($0) }
    #expect(parts.last == 1 && parts == parts.sorted())
    return found
  }

  /// Clips of means 0.4, 0.0075 and 0.001, all labelled with the second class, of two speakers.
  private func report(isLabelled: Bool = true, ratios: [Double] = [10, 60]) throws -> CertificationReport {
    let smoothings = try smoothings()
    let rows = try [0.4, 0.0075, 0.001].enumerated().map { place, mean in
      (
        Manifest.Entry(path: "\(place).wav", emotion: Emotion(rawValue: "b"), speaker: "s\(place / 2)"),
        try certificates(Float(mean), smoothings, isLabelled: isLabelled)
      )
    }
    return CertificationReport(
      rows, of: model, smoothings, ratios: ratios, confidence: 0.98, source: "clips.csv", isLabelled: isLabelled,
      seed: 3)
  }

  @Test("Of a model of the mean the radius is below the distance to its threshold, and the norm is the clip's")
  func distances() throws {
    let found = try certificates(0.4, smoothings())
    // The mean of 400 samples moves by the change's part along the diagonal: 0.395 · √400.
    let distance = 0.395 * 20
    #expect(found.said == 1 && found.truth == 1 && abs(found.norm - 0.4 * 20) < 1e-5)
    for (own, smoothing) in zip(found.certificates, try smoothings()) {
      let radius = try #require(own.radius)
      // The deviation of the mean is σ/20, so that no draw reaches the threshold.
      #expect(own.count == 100 && radius == smoothing.largestRadius && radius < distance)
      #expect(abs(try #require(own.ratio) - 20 * log10(found.norm / radius)) < 1e-9)
    }
    #expect(try certificates(0.4, smoothings(), seed: 1).certificates == found.certificates)
    // A mean at the threshold, but for little: nothing is certified with much noise.
    let near = try certificates(0.0051, smoothings([0.5]))
    #expect(near.said == 1 && near.certificates[0].certified == nil)
    #expect(!near.holds(0) && found.holds(0) && found.holds(0) { $0.radius! > 1e-3 } && !found.holds(0) { _ in false })
    #expect(throws: ExplanationError.self) { try certificates(0, smoothings()) }
  }

  @Test("Certified accuracies count wrong clips and abstentions as wrong, and fall with the reach")
  func accuracy() throws {
    let report = try report()
    // The last clip is below the threshold; the second, 0.0025 · 20 from it, is certified with the smaller noise only.
    #expect(abs(report.clean.mean - 2 / 3.0) < 1e-12 && report.clips == 3 && !report.isEnough)
    #expect(abs(report.accuracy(0, .any)!.mean - 2 / 3.0) < 1e-12)
    #expect(abs(report.accuracy(1, .any)!.mean - 1 / 3.0) < 1e-12)
    #expect(abs(report.noises[0].wrong.mean - 1 / 3.0) < 1e-12 && report.noises[0].abstained.mean == 0)
    #expect(abs(report.noises[1].abstained.mean - 2 / 3.0) < 1e-12)
    // A sixth to five of the largest, 0.848, with two digits.
    #expect(report.radii.map(\.words) == ["0.14", "0.28", "0.42", "0.56", "0.7"])
    #expect(report.ratios == [.ratio(60), .ratio(10)] && report.radii.count == 5)
    for noise in 0..<2 {
      for reaches in [report.ratios, report.radii] {
        let means = ([.any] + reaches).map { report.accuracy(noise, $0)!.mean }
        #expect(means == means.sorted(by: >), "\(means)")
      }
    }
    // 0.01 · Φ⁻¹(0.01^(1/100)) = 0.017: of the first clip 53.5 dB below it, of the second 18.9.
    let radius = try #require(report.noises[0].radius)
    #expect(abs(radius - 0.016953) < 1e-5)
    #expect(abs(report.accuracy(0, .ratio(60))!.mean - 2 / 3.0) < 1e-12 && report.accuracy(0, .ratio(10))!.mean == 0)
    #expect(abs(try #require(report.noises[0].ratio) - (53.48 + 18.94) / 2) < 0.02)
  }

  @Test("A reach is certified only where the radius is larger")
  func reach() throws {
    let found = try certificates(0.4, smoothings()).certificates[0]
    let (radius, ratio) = (try #require(found.radius), try #require(found.ratio))
    #expect(!CertificationReport.Reach.radius(radius).isWithin(found))
    #expect(CertificationReport.Reach.radius(radius * 0.999).isWithin(found))
    #expect(!CertificationReport.Reach.ratio(ratio).isWithin(found))
    #expect(CertificationReport.Reach.ratio(ratio + 0.01).isWithin(found))
    // No more is printed than holds: a radius is rounded down, a ratio up.
    #expect(CertificationReport.words(radius: 0.0169999) == "0.0169" && CertificationReport.words(radius: 2) == "2")
    #expect(
      CertificationReport.words(ratio: 53.41) == "53.5 dB" && CertificationReport.words(ratio: -3.05) == "−3.0 dB")
    #expect(abs(CertificationReport.confidence(ofEachAmong: 4, all: 0.99) - 0.9975) < 1e-12)
  }

  @Test("Words, tables, figures and lines of what is found")
  func written() throws {
    let report = try report()
    #expect(report.words == "3 clips: mean is right for 67 % of them without noise")
    #expect(
      report.remarks.count == 4 && report.remarks[0].contains("a probability of 0.98 for each clip, its 2 noises"))
    #expect(
      report.remarks[1].contains("at 16000 Hz, without quiet ends") && report.remarks[1].hasSuffix("not of the file"))
    #expect(report.remarks[3].hasPrefix("100 draws certify no radius beyond 0.017, 0.848"))
    #expect(report.sentences.count == 6)
    #expect(
      report.sentences[0].hasPrefix("0.wav: b within 0.0169, an SNR above 53.5 dB, with noise of 0.01 (−40 dBFS)"))
    #expect(report.sentences[3] == "1.wav: b without noise; abstains with noise of 0.5 (−6 dBFS)")
    #expect(report.csv.count == 1 + 6 && Set(report.csv.map(\.count)).count == 1)
    // Nothing is rounded: what is read again is what is proven.
    let proven = try certificates(0.4, smoothings()).certificates[0]
    for (column, value) in [
      ("radius", try #require(proven.radius)), ("ratio", try #require(proven.ratio)),
      ("probability", proven.probability),
    ] {
      let place = try #require(report.csv[0].firstIndex(of: column))
      #expect(Double(report.csv[1][place]) == value, "\(column)")
    }
    #expect(report.figure.lines.count == 2 && report.figure.budgets == ["smoothed", "60 dB", "10 dB"])
    #expect(try report.figure.encoded().count > 1000)
    #expect(try #require(report.radiusFigure).encoded().count > 1000)
    let line = try report.json(figures: ["a.png"])
    #expect(
      line.contains(#""labelled":true"#) && line.contains(#""enough":false"#) && line.contains(#""first_draws":20"#))
    let files = try self.report(isLabelled: false)
    #expect(files.clean.mean == 1 && files.words.hasPrefix("3 clips: what mean says of them"))
    // So few draws that even all of them certify nothing.
    let few = try smoothings([0.01], draws: 3)
    let none = CertificationReport(
      [(Manifest.Entry(path: "a", emotion: .angry), try certificates(0.4, few))], of: model, few, ratios: [40],
      confidence: 0.99, source: "a", isLabelled: false, seed: 0)
    #expect(none.radii.isEmpty && none.radiusFigure == nil && none.noises[0].radius == nil)
    #expect(none.noises[0].abstained.mean == 1)
  }

  @Test("A state of other classes, noises or draws is refused")
  func possible() throws {
    let found = try certificates(0.4, smoothings())
    let asked = try smoothings()
    #expect(found.isPossible(classes: 3, asked) && !found.isPossible(classes: 1, asked))
    #expect(!found.isPossible(classes: 3, try smoothings([0.01])))
    #expect(!found.isPossible(classes: 3, try smoothings([0.01, 0.2])))
    #expect(!found.isPossible(classes: 3, try smoothings(draws: 99)))
    let read = try JSONDecoder().decode(ClipCertificates.self, from: JSONEncoder().encode(found))
    #expect(read.certificates == found.certificates && read.isPossible(classes: 3, asked))
    for (said, norm) in [(3, 1.0), (-1, 1), (0, -1), (0, .infinity)] {
      let other = ClipCertificates(said: said, truth: nil, norm: norm, certificates: found.certificates)
      #expect(!other.isPossible(classes: 3, try smoothings()))
    }
  }
}
