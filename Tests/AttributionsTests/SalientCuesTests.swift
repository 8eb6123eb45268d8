import AudioFeatures
import Basics
import Foundation
import Models
import TestSupport
import Testing

@testable import Attributions

@Suite("The cues of a voice inside the salient frames and outside")
struct SalientCuesTests {
  /// # inside, . outside, _ inaudible; frames of 10 ms.
  private func frames(_ pattern: String) -> SalientFrames {
    SalientFrames(
      parts: pattern.map { $0 == "#" ? .inside : $0 == "." ? .outside : .inaudible }, hopSeconds: 0.01)
  }

  private func pattern(_ frames: SalientFrames) -> String {
    frames.parts.map { $0 == .inside ? "#" : $0 == .outside ? "." : "_" }.joined()
  }

  private func measured(
    _ values: [VoiceCue: [Double?]], _ frames: SalientFrames, seed: UInt64 = 1, delay: Double = 0
  ) -> SalientCues {
    SalientCues(values, in: frames, seed: seed) { Double($1) * 0.01 + ($0.isOfEveryFrame ? 0 : delay) }
  }

  @Test("The fewest audible frames that hold half of the attribution are inside; of equals the earlier ones")
  func salient() throws {
    // Of 52 in the audible frames three of the four tens hold half; what is inaudible does not count.
    let relevance = (0..<20).map { (4..<8).contains($0) ? 10 : $0 < 16 ? 1.0 : 500 }
    let found = try #require(
      SalientFrames(relevance: relevance, isAudible: (0..<20).map { $0 < 16 }, hopSeconds: 0.01))
    #expect(pattern(found) == "....###.........____" && found.salient == 3 && found.audible == 16)
    #expect(found.runs == [3])
    // A time is of the frame whose middle is nearest, and past the end of the last.
    #expect(found.part(at: 0.044) == .inside && found.part(at: 0.034) == .outside)
    #expect(found.part(at: -1) == .outside && found.part(at: 9) == .inaudible)
    #expect(SalientFrames(relevance: [0, 0, 3], isAudible: [true, true, false], hopSeconds: 0.01) == nil)
  }

  @Test("Means inside and outside are those by hand; a cue with two frames on a side, or that is constant, is left out")
  func means() throws {
    let salient = frames("....###.........____")
    let index = (0..<20).map(Double.init)
    let found = measured(
      [
        .loudness: index, .alphaRatio: index.map { $0 < 16 ? 2 : 99 }, .jitter: index.map { $0 < 6 ? nil : $0 },
        .fundamental: index.map { (3..<10).contains($0) ? $0 : nil }, .firstFormant: index.map { 500 + 100 * $0 },
      ], salient)
    #expect(found.differences.map(\.cue) == [.loudness, .fundamental, .firstFormant])
    #expect(found.leftOut.count == 22 && found.leftOut.contains(.jitter) && found.leftOut.contains(.alphaRatio))
    #expect(found.salient == 3 && found.audible == 16 && found.isPossible)

    let loudness = try #require(found.differences.first)
    // 0 to 15 are audible; 4, 5 and 6 are inside.
    #expect(abs(loudness.mean - 7.5) < 1e-12 && abs(loudness.inside - 5) < 1e-12)
    #expect(abs(loudness.outside - 105.0 / 13) < 1e-12 && loudness.framesInside == 3 && loudness.framesOutside == 13)
    #expect(abs(loudness.deviation - 21.25.squareRoot()) < 1e-12)
    #expect(abs(loudness.difference - (5 - 105.0 / 13)) < 1e-12)
    #expect(abs(loudness.standardised - (5 - 105.0 / 13) / 21.25.squareRoot()) < 1e-12)
    #expect(abs(loudness.net - (loudness.standardised - loudness.control)) < 1e-12)
    // The formant counts in the voiced frames 3 to 9 only.
    let formant = try #require(found.differences.last)
    #expect(abs(formant.inside - 1000) < 1e-9 && abs(formant.outside - 1175) < 1e-9)
    #expect(formant.framesInside == 3 && formant.framesOutside == 4)
  }

  @Test("A cue's frame counts where its own time lies")
  func times() throws {
    let salient = frames("........####........")
    let values: [Double?] = (0..<20).map { Double($0) }
    let found = measured([.loudness: values, .fundamental: values], salient, delay: 0.02)
    // Of the pitch the frames that begin two earlier are inside, and the last ones are at the last frame.
    #expect(found.differences.map(\.inside) == [9.5, 7.5] && found.differences.map(\.framesInside) == [4, 4])
  }

  @Test("A random set has runs of the same lengths, in audible frames, and lies anywhere")
  func scattered() {
    let salient = frames("..##..__###....#.._...")
    #expect(salient.runs == [2, 3, 1])
    var generator = SeededGenerator(seed: 4)
    var covered = Set<Int>()
    for _ in 0..<400 {
      let drawn = salient.scattered(using: &generator)
      #expect(drawn.runs.sorted() == [1, 2, 3] && drawn.salient == 6 && drawn.audible == salient.audible)
      #expect(drawn.parts.indices.allSatisfy { (drawn.parts[$0] == .inaudible) == (salient.parts[$0] == .inaudible) })
      covered.formUnion(drawn.parts.indices.filter { drawn.parts[$0] == .inside })
    }
    #expect(covered.count == salient.audible)
    // There is one way only.
    #expect(frames("#.#_.#").scattered(using: &generator) == frames("#.#_.#"))
  }

  @Test("Only a difference further from the control than each random set's is beyond it")
  func control() throws {
    // Inside lie the highest values of a course that rises; the difference of any other place is smaller.
    let rising: [Double?] = (0..<200).map { Double($0) }
    let found = try #require(
      measured([.loudness: rising], frames(String(repeating: ".", count: 180) + String(repeating: "#", count: 20)))
        .differences.first)
    #expect(found.isBeyondControl && abs(found.control) < 1 && found.net > 1)
    // In the middle of it lies nothing out of the ordinary.
    let middle = String(repeating: ".", count: 90)
    let ordinary = try #require(
      measured([.loudness: rising], frames(middle + String(repeating: "#", count: 20) + middle)).differences.first)
    #expect(!ordinary.isBeyondControl && abs(ordinary.standardised) < 1e-9)
  }

  @Test("A relevance that is the loudness finds louder frames; one seed gives the same numbers")
  func loudness() throws {
    let cues = VoiceCues(makeSpeech(16_000), sampleRate: 16_000)
    let levels = cues[.loudness].compactMap { $0 }
    let hop = 0.016
    let relevance = (0..<63).map { frame in
      levels[min(levels.count - 1, max(0, Int((Double(frame) * hop - 0.01) / cues.hopSeconds)))]
    }
    let frames = try #require(
      SalientFrames(relevance: relevance, isAudible: relevance.map { _ in true }, hopSeconds: hop))
    let found = SalientCues(cues, in: frames, seed: 7)
    let loudness = try #require(found.differences.first { $0.cue == .loudness })
    #expect(loudness.difference > 0 && loudness.standardised > 0.5)
    #expect(found.differences.contains { $0.cue == .fundamental } && found.isPossible)
    #expect(SalientCues(cues, in: frames, seed: 7) == found)
    #expect(SalientCues(cues, in: frames, seed: 8).differences.map(\.control) != found.differences.map(\.control))
  }

  @Test("An explanation's frames are those of the speech; a clip with few of them has none")
  func explained() throws {
    let model = TrainedModel(untrained: .init(architecture: .fcmfcc), seed: 2)
    let frontEnd = model.configuration.frontEnd
    let explainer = Explainer(model: model, method: Saliency(), spaces: [.mel])
    // The rest of the five seconds is padding.
    let frames = try explainer.explain(makeSpeech(20_000), path: "a.wav")
      .salientFrames(path: "a.wav", frontEnd: frontEnd)
    #expect(frames.parts.count == 79 && frames.salient > 0 && frames.salient <= (frames.audible + 1) / 2)
    let short = try explainer.explain(makeSpeech(1600), path: "a.wav")
    let error = #expect(throws: SalientCuesError.self) {
      try short.salientFrames(path: "a.wav", frontEnd: frontEnd)
    }
    #expect(error?.description.hasPrefix("a.wav: has 7 audible frames") == true, "\(String(describing: error))")
  }

  @Test("What is known goes to the cues that measure it, with the Hammarberg index the other way round")
  func known() {
    for (cue, emotion, direction) in [
      (VoiceCue.fundamental, "happy", KnownDirection.higher), (.loudness, "sadness", .lower),
      (.alphaRatio, "anger", .higher), (.hammarbergIndex, "anger", .lower), (.alphaRatio, "sad", .lower),
      (.hammarbergIndex, "fear", .higher),
    ] {
      #expect(KnownDirection(of: cue, in: emotion) == direction, "\(cue) \(emotion)")
    }
    #expect(
      KnownDirection(of: VoiceCue.mfcc1, in: "anger") == nil
        && KnownDirection(of: VoiceCue.loudness, in: "disgust") == nil)
    // A sound with more high frequencies has a higher alpha ratio and a lower Hammarberg index.
    func cues(low: Double, high: Double) -> VoiceCues {
      let sound = (0..<8000).map { index in
        let time = 2 * Double.pi * Double(index) / 16_000
        return Float(low * sin(300 * time) + high * sin(3000 * time))
      }
      return VoiceCues(sound, sampleRate: 16_000)
    }
    let (dark, bright) = (cues(low: 0.3, high: 0.1), cues(low: 0.1, high: 0.3))
    for (cue, sign) in [(VoiceCue.alphaRatio, 1.0), (.hammarbergIndex, -1)] {
      let change = (bright[cue][20] ?? 0) - (dark[cue][20] ?? 0)
      #expect(change * sign > 10, "\(cue)")
    }
  }
}
