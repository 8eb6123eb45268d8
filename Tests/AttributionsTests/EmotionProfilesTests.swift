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
    level: (Int, Int) -> Float = { _, _ in -20 }, _ attribution: (Int, Int) -> Float
  ) -> RelevanceProfile? {
    func tensor(_ value: (Int, Int) -> Float) -> Tensor {
      Tensor((0..<128 * 40).map { value($0 / 40, $0 % 40) }, shape: [128, 40])
    }
    return RelevanceProfile(
      attribution: tensor(attribution), logMel: tensor(level), speechFrames: 30, frontEnd: frontEnd)
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

  @Test("A claim holds, fails or is open by its interval; emotions without a clip are left out")
  func claims() throws {
    func clips(_ row: Int, spread: Int) -> [RelevanceProfile] {
      (0..<12).compactMap { clip in profile { r, _ in r == row + clip % 3 * spread ? 1 : 0 } }
    }
    let found = EmotionProfiles(
      [
        ("angry", clips(60, spread: 2)), ("fear", []), ("happy", clips(60, spread: 2)),
        ("sadness", clips(20, spread: 2)),
      ],
      seed: 1)
    #expect(found.emotions.map(\.name) == ["angry", "happy", "sadness"])
    #expect(found.claims.map(\.verdict) == ["holds", "holds"])
    #expect(found.emotions[0].bands[60].mean > 40 && found.emotions[0].bands[0].mean == 0)
    #expect(found.emotions[2].centroid.mean < found.emotions[0].centroid.mean)
    let turned = EmotionProfiles([("angry", clips(20, spread: 2)), ("sadness", clips(60, spread: 2))], seed: 1)
    #expect(turned.claims.map(\.verdict) == ["fails"])
    let same = EmotionProfiles([("angry", clips(20, spread: 20)), ("sadness", clips(20, spread: 20))], seed: 1)
    #expect(same.claims.map(\.verdict) == ["open"])
    #expect(EmotionProfiles([("sadness", clips(20, spread: 1))], seed: 1).claims.isEmpty)
  }
}
