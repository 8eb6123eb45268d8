import AudioFeatures
import Foundation
import Tensors
import TestSupport
import Testing

@Suite("Front-end against librosa")
struct FrontEndTests {
  private let extractor = FeatureExtractor()

  @Test("log-mel within 0.005 dB, MFCC within 0.01", arguments: Signals.names)
  func features(_ name: String) throws {
    let signal = Signals.named(name)
    let mel = extractor.logMel(Tensor(signal, shape: [1, signal.count]))
    #expect(mel.shape == [1, 1, 128, 1 + signal.count / 256])
    let expected = try #require(LibrosaNumbers.stored["\(name)/mel"]).tensor.floats
    let difference = largestDifference(LibrosaNumbers.kept(mel.floats), expected)
    #expect(difference < 0.005)

    let mfcc = extractor.mfcc(logMel: mel)
    #expect(mfcc.shape == [1, 1, 40, 1 + signal.count / 256])
    let expectedMFCC = try #require(LibrosaNumbers.stored["\(name)/mfcc"]).tensor.floats
    let mfccDifference = largestDifference(LibrosaNumbers.kept(mfcc.floats), expectedMFCC)
    #expect(mfccDifference < 0.01)
    if ProcessInfo.processInfo.environment["UNDERTONE_REPORT"] != nil {
      print("\(name): log-mel \(difference) dB, MFCC \(mfccDifference)")
    }
  }

  @Test(
    "Other windows, hops, mels, coefficients, rates and deltas are librosa's too",
    arguments: ["noise", "chirp"], [[16_000, 400, 160, 64, 20], [8_000, 512, 128, 40, 13]])
  func settings(_ name: String, _ numbers: [Int]) throws {
    var frontEnd = FrontEnd()
    (frontEnd.sampleRate, frontEnd.windowSamples, frontEnd.hopSamples) = (numbers[0], numbers[1], numbers[2])
    (frontEnd.mels, frontEnd.coefficients, frontEnd.deltas) = (numbers[3], numbers[4], 2)
    #expect(frontEnd.problem == nil)
    let extractor = FeatureExtractor(frontEnd)
    let mel = extractor.logMel(Tensor(Signals.named(name), shape: [1, 80_000]))
    let mfcc = extractor.mfcc(logMel: mel)
    #expect(mel.shape == [1, 1, numbers[3], 1 + 80_000 / numbers[2]])
    #expect(mfcc.shape == [1, 1, 3 * numbers[4], 1 + 80_000 / numbers[2]])
    let stem = "\(name) \(numbers[0]) \(numbers[1]) \(numbers[2])"
    for (kind, found, tolerance) in [("mel", mel, Float(0.005)), ("mfcc", mfcc, 0.01)] {
      let expected = try #require(LibrosaNumbers.stored["\(stem)/\(kind)"]).tensor.floats
      #expect(largestDifference(LibrosaNumbers.kept(found.floats), expected) < tolerance, "\(kind)")
    }
    // The part of the mel that the MFCC holds does not change with its deltas.
    frontEnd.deltas = 0
    let plain = FeatureExtractor(frontEnd)
    #expect(extractor.mel(mfcc: mfcc).floats == plain.mel(mfcc: plain.mfcc(logMel: mel)).floats)
  }

  @Test(
    "Settings with which nothing can be computed have a reason",
    arguments: [
      (\FrontEnd.sampleRate, 4_000, "sample_rate 4000"), (\.windowSamples, 513, "odd"),
      (\.windowSamples, 1 << 20, "64 to 16384"), (\.hopSamples, 0, "hop_samples 0"),
      (\.hopSamples, 513, "more than half"), (\.mels, 16, "mels 16"), (\.mels, 256, "band 1 lies between"),
      (\.coefficients, 129, "1 to 128"), (\.coefficients, 0, "coefficients 0"), (\.deltas, 3, "0 to 2"),
    ] as [(WritableKeyPath<FrontEnd, Int> & Sendable, Int, String)])
  func problems(place: WritableKeyPath<FrontEnd, Int> & Sendable, value: Int, words: String) {
    var frontEnd = FrontEnd()
    #expect(frontEnd.problem == nil)
    frontEnd[keyPath: place] = value
    #expect(frontEnd.problem?.contains(words) == true, "\(frontEnd.problem ?? "none")")
  }

  @Test("Every mel band of a front-end without a problem has a bin, and the first reason names one that has none")
  func emptyBands() {
    for (mels, window) in [(64, 400), (80, 400), (128, 400), (128, 1024), (40, 256), (512, 16_384)] {
      var frontEnd = FrontEnd()
      (frontEnd.mels, frontEnd.windowSamples, frontEnd.hopSamples) = (mels, window, window / 4)
      let filters = frontEnd.melFilters
      let empty = (0..<mels).first { band in
        filters.slice(axis: 0, band..<(band + 1)).floats.allSatisfy { $0 == 0 }
      }
      let named = frontEnd.problem.map { $0.contains("band \((empty ?? -2) + 1) lies") }
      #expect(named == (empty == nil ? nil : true), "\(mels) \(window): \(empty ?? -1)")
    }
  }

  @Test("A batch is its clips, each with its own floor")
  func batch() {
    let clips = [("padded", 1), ("click", 0.01)].map { name, level in
      Tensor(Signals.named(name), shape: [1, 20_000]) * Float(level)
    }
    let together = extractor.logMel(.concatenated(clips, axis: 0))
    for (clip, alone) in clips.map(extractor.logMel).enumerated() {
      let own = together.slice(axis: 0, clip..<(clip + 1))
      #expect(largestDifference(own.floats, alone.floats) < 1e-4)
    }
  }

  @Test("Mel filters are librosa's triangles, to the last zero")
  func filters() throws {
    let filters = FrontEnd().melFilters
    #expect(filters.shape == [128, 513])
    var expected = [Float](repeating: 0, count: 128 * 513)
    let places = try #require(LibrosaNumbers.stored["filters/places"]).tensor.floats
    let values = try #require(LibrosaNumbers.stored["filters/values"]).tensor.floats
    for (place, value) in zip(places, values) { expected[Int(place)] = value }
    #expect(largestDifference(filters.floats, expected) < 1e-6)
  }

  @Test("The mel scale is HTK's: 1000 Hz are about 1000 mel, and back")
  func melScale() {
    #expect(abs(FrontEnd.mel(hertz: 1000) - 999.986) < 0.001)
    for hertz in [0.0, 50, 440, 8000] {
      #expect(abs(FrontEnd.hertz(mel: FrontEnd.mel(hertz: hertz)) - hertz) < 1e-9 * (hertz + 1))
    }
  }

  @Test("The cosines are orthonormal, so that the MFCC's part of the mel is a projection")
  func cosines() {
    let cosines = FrontEnd().cosines
    let gram = cosines.matrixProduct(cosines, transposeOther: true).floats
    for row in 0..<40 {
      for column in 0..<40 { #expect(abs(gram[row * 40 + column] - (row == column ? 1 : 0)) < 1e-6) }
    }
    let mfcc = Tensor(Signals.noise(40 * 9, seed: 8), shape: [1, 1, 40, 9])
    let back = extractor.mfcc(logMel: extractor.mel(mfcc: mfcc))
    #expect(largestDifference(back.floats, mfcc.floats) < 1e-5)
  }

  @Test("Δ and ΔΔ are librosa's", arguments: [9, 10, 31, 313])
  func deltas(_ frames: Int) throws {
    let x = Tensor(Signals.noise(3 * frames, seed: UInt64(frames)), shape: [3, frames])
    for (order, found) in [(1, x.delta()), (2, x.deltaDelta())] {
      let expected = try #require(LibrosaNumbers.stored["delta \(order) \(frames)"]).tensor
      #expect(found.shape == expected.shape)
      #expect(largestDifference(found.floats, expected.floats) < 1e-6, "order \(order)")
    }
    // The same rows within more dimensions.
    let deeper = x.reshaped([1, 3, 1, frames]).delta()
    #expect(deeper.shape == [1, 3, 1, frames] && deeper.floats == x.delta().floats)
  }

  @Test("Silence after a clip is 80 dB under its loudest cell, and never below −100 dB: what zeros give")
  func silence() {
    let loud = Signals.noise(9_000, seed: 3)
    let clips = loud.map { 0.1 * $0 } + loud.map { 1e-6 * $0 }
    let logMel = extractor.logMel(Tensor(clips, shape: [2, 9_000]))
    let silence = extractor.silence(after: logMel)
    #expect(silence.shape == [2, 1, 128, 1])
    for (clip, found) in [silence.floats.prefix(128), silence.floats.suffix(128)].enumerated() {
      let loudest = logMel.floats[(clip * logMel.count / 2)..<((clip + 1) * logMel.count / 2)].max()!
      #expect(found.allSatisfy { abs($0 - max(-100, loudest - 80)) < 1e-4 })
      // Of the same clip with zeros behind it, the last frame.
      let samples = clips[(clip * 9_000)..<((clip + 1) * 9_000)] + [Float](repeating: 0, count: 9_000)
      let filled = extractor.logMel(Tensor(Array(samples), shape: [1, 18_000])).slice(axis: -1, 69..<70)
      #expect(largestDifference(filled.floats, Array(found)) < 1e-4)
    }
  }

  @Test("Frames and their times", arguments: [(80_000, 313), (768, 4), (1023, 4)])
  func frames(samples: Int, frames: Int) {
    #expect(extractor.logMel(.zeros([1, samples])).shape == [1, 1, 128, frames])
    #expect(FrontEnd().hopSeconds == 0.016)
  }
}
