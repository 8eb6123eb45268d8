import AudioFeatures
import Foundation
import Tensors
import Testing

@testable import Attributions

@Suite("What attributions of many clips say together")
struct EmotionProfilesTests {
  private let frontEnd = FrontEnd()

  /// Of 128 bands and 40 frames, 30 of which are speech.
  private func profile(
    level: (Int, Int) -> Float = { _, _ in -20 }, pitch: [Double?] = [], _ attribution: (Int, Int) -> Float
  ) -> RelevanceProfile? {
    func tensor(_ value: (Int, Int) -> Float) -> Tensor {
      Tensor((0..<128 * 40).map { value($0 / 40, $0 % 40) }, shape: [128, 40])
    }
    return RelevanceProfile(
      attribution: tensor(attribution), logMel: tensor(level), pitch: pitch, speechFrames: 30, frontEnd: frontEnd)
  }

  @Test("Shares sum to one, padding left out; signs do not matter; nothing has no profile")
  func shares() throws {
    let found = try #require(profile { row, frame in frame >= 30 ? 99 : row == 10 ? -3 : row == 90 ? 1 : 0 })
    #expect(found.bands[10] == 0.75 && found.bands[90] == 0.25)
    for shares in [found.bands, found.times, found.map] { #expect(abs(shares.reduce(0, +) - 1) < 1e-9) }
    #expect(found.times.allSatisfy { abs($0 - 1 / 50) < 1e-9 })
    let centres = frontEnd.melCentres.map(FrontEnd.mel)
    #expect(abs(found.centroid - (0.75 * centres[10] + 0.25 * centres[90])) < 1e-9)
    #expect(profile { _, frame in frame >= 30 ? 1 : 0 } == nil)
  }

  @Test("A single frame's share lies where the frame does")
  func times() throws {
    let found = try #require(profile { row, frame in row == 5 && frame == 15 ? 2 : 0 })
    // Frame 15 of 30 is from 0.5 to 0.533: bins 25 and two thirds of 26.
    #expect(abs(found.times[25] - 0.6) < 1e-9 && abs(found.times[26] - 0.4) < 1e-9)
    #expect(found.map[5 * 50 + 25] == found.times[25])
  }

  @Test("What lies inside beside outside: loud frames, edges of bands, onsets")
  func preferences() throws {
    // Ten loud frames with four bands that stand out; the attribution is twice as large in the loud frames.
    let found = try #require(
      profile(level: { row, frame in (10..<20).contains(frame) ? (row % 32 < 8 ? 0 : -10) : -60 }) { _, frame in
        (10..<20).contains(frame) ? 2 : 1
      })
    #expect(abs(try #require(found.preferences[.loud]) - 1) < 1e-9)
    // Only the first loud frame rises.
    #expect(try #require(found.preferences[.onsets]) > 0.5)
    let edges = try #require(
      profile(level: { row, _ in row % 32 < 8 ? 0 : -10 }) { row, _ in [0, 7, 8, 31].contains(row % 32) ? 4 : 1 })
    #expect(try #require(edges.preferences[.edges]) > 1)
  }

  @Test("Voiced frames, and the cues of the frames that hold half of the attribution beside the others'")
  func cues() throws {
    // Frames 0 to 9 have a voice at 200 Hz, 10 to 19 one at 100 Hz, the rest none; the first ten are 6 dB louder. The
    // attribution lies on frames 0 to 4, four of which do not hold half of it, and weakly everywhere.
    let pitch = (0..<40).map { $0 < 10 ? 200 : $0 < 20 ? Double?(100) : nil }
    let found = try #require(
      profile(level: { _, frame in frame < 10 ? -14 : -20 }, pitch: pitch) { _, frame in frame < 5 ? 8 : 1 })
    // Of the other voiced frames five are as high, and ten an octave lower.
    #expect(abs(try #require(found.cues[.pitch]) - 12 * 10 / 15) < 1e-9)
    #expect(abs(try #require(found.cues[.loudness]) - 6 * 20 / 25) < 1e-9)
    // Levels are even over frequency.
    for cue in [AcousticCue.tilt, .centroid] { #expect(abs(try #require(found.cues[cue])) < 1e-9) }
    // (5 · 8 + 15 · 1)/20 inside, 1 outside.
    #expect(abs(try #require(found.preferences[.voiced]) - log2(55.0 / 20)) < 1e-9)

    // A level that falls by 3 dB an octave, in the salient frames by 9.
    let octaves = frontEnd.melCentres.map { log2($0) }
    let tilted = try #require(
      profile(level: { row, frame in Float(-(frame < 5 ? 9 : 3) * octaves[row]) }) { _, frame in frame < 5 ? 8 : 1 })
    #expect(abs(try #require(tilted.cues[.tilt]) + 6) < 1e-4)
    #expect(try #require(tilted.cues[.centroid]) < -0.5)
    #expect(tilted.cues[.pitch] == nil)
  }

  @Test("A collection that was saved and read back goes on as it would have, to the bit")
  func saved() throws {
    let profiles = (0..<6).compactMap { clip in
      profile(level: { row, frame in Float(sin(Double(row * frame + clip))) * 20 - 30 }) { row, frame in
        Float(abs(cos(Double(row + clip * frame))))
      }
    }
    var collection = EmotionProfiles.Collection(name: "fear", clips: Array(profiles.prefix(3)))
    var read = try JSONDecoder().decode(
      EmotionProfiles.Collection.self, from: JSONEncoder().encode(collection))
    #expect(read == collection && collection.clips.allSatisfy { $0.map.isEmpty })
    for clip in profiles.dropFirst(3) {
      collection.add(clip)
      read.add(clip)
    }
    #expect(read == collection)
    let mean = EmotionProfiles([collection], seed: 1).emotions[0].map
    let expected = profiles.reduce(0) { $0 + $1.map[77] } / 6 * 6400
    #expect(abs(mean[77] - expected) < 1e-9)
  }

  /// Clips of twelve speakers in turn, each with its attribution on one band, which is moved by up to two times `spread`.
  private func clips(_ row: Int, spread: Int, count: Int = 24) -> [RelevanceProfile] {
    (0..<count).compactMap { clip in
      var found = profile { r, _ in r == row + clip % 3 * spread ? 1 : 0 }
      found?.speaker = "speaker \(clip / 3 % 12)"
      return found
    }
  }

  @Test("A claim holds, fails or is open by its interval; emotions without a clip are left out")
  func claims() throws {
    let found = EmotionProfiles(
      [
        .init(name: "angry", clips: clips(60, spread: 2, count: 36)), .init(name: "fear"),
        .init(name: "happy", clips: clips(60, spread: 2, count: 36)),
        .init(name: "sadness", clips: clips(20, spread: 2, count: 36)),
      ],
      seed: 1)
    #expect(found.emotions.map(\.name) == ["angry", "happy", "sadness"])
    #expect(found.claims.map(\.verdict) == ["holds", "holds"])
    // Two claims: 97.5 % each.
    #expect(found.claims.allSatisfy { $0.effect.level == 0.975 && $0.clips == 36 && $0.speakers == 12 })
    #expect(found.emotions[0].bands[60].mean > 40 && found.emotions[0].bands[0].mean == 0)
    #expect(found.emotions[2].centroid.mean < found.emotions[0].centroid.mean)
    func verdicts(_ angry: [RelevanceProfile], _ sadness: [RelevanceProfile]) -> [String] {
      EmotionProfiles([.init(name: "angry", clips: angry), .init(name: "sadness", clips: sadness)], seed: 1)
        .claims.map(\.verdict)
    }
    #expect(verdicts(clips(20, spread: 2, count: 36), clips(60, spread: 2, count: 36)) == ["does not hold"])
    #expect(verdicts(clips(20, spread: 20, count: 36), clips(20, spread: 20, count: 36)) == ["undecided"])
    #expect(EmotionProfiles([.init(name: "sadness", clips: clips(20, spread: 1))], seed: 1).claims.isEmpty)
  }

  @Test("Of few clips or few speakers there is no verdict")
  func tooFew() {
    func verdict(_ sadness: [RelevanceProfile]) -> [String] {
      EmotionProfiles(
        [.init(name: "angry", clips: clips(60, spread: 2, count: 36)), .init(name: "sadness", clips: sadness)], seed: 1
      ).claims.map(\.verdict)
    }
    #expect(verdict(clips(20, spread: 2, count: 36)) == ["holds"])
    #expect(verdict(clips(20, spread: 2, count: 23)) == ["too few clips"])
    // 36 clips of nine speakers; without speakers, of as many units as there are clips.
    var few = clips(20, spread: 2, count: 27) + clips(20, spread: 2, count: 9)
    #expect(verdict(few) == ["too few clips"])
    for clip in few.indices { few[clip].speaker = nil }
    #expect(verdict(few) == ["holds"])
  }
}
