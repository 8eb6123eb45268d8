import Foundation
import Testing

@testable import Basics

@Suite("Estimates and their intervals")
struct EstimateTests {
  @Test("A mean's interval: as wide as the normal one for many values; one clip or one speaker has none")
  func estimate() throws {
    func alone(_ values: [Double]) -> [Observation] { values.map { Observation(value: $0, speaker: nil) } }
    var generator = SeededGenerator(seed: 1)
    let values = (0..<400).map { _ in generator.normal(mean: 3, deviation: 2) }
    let found = try #require(Estimate(alone(values), seed: 5))
    #expect(abs(found.mean - values.reduce(0, +) / 400) < 1e-12 && found.clips == 400 && found.speakers == nil)
    // 1.96 · 2 / √400
    let (low, high, halfWidth) = try (
      #require(found.low), #require(found.high), #require(found.halfWidth)
    )
    #expect(abs(halfWidth - 0.196) < 0.025 && low < found.mean && found.mean < high)
    #expect(Estimate(alone(values), seed: 5) == found)
    let one = try #require(Estimate(alone([7]), seed: 0))
    #expect(one.mean == 7 && one.low == nil && one.high == nil && one.halfWidth == nil)
    #expect(String(decoding: try JSONEncoder().encode(one), as: UTF8.self).contains("\"low\":null"))
    let own = try #require(Estimate(values.map { Observation(value: $0, speaker: "one") }, seed: 5))
    #expect(own.mean == found.mean && own.halfWidth == nil && own.speakers == 1)
    #expect(Estimate.ofColumns([[7]], speakers: [nil], seed: 0)[0].low == nil)
    #expect(Estimate.noInterval(clips: 1, speakers: nil) == "one clip has no interval")
    #expect(Estimate.noInterval(clips: 400, speakers: 1) == "one speaker has no interval")
    #expect(Estimate.noInterval(clips: 2, speakers: nil) == nil)
    #expect(Estimate([], seed: 0) == nil)
    // Three comparisons at 98.33 %: 2.394 · 2 / √400.
    let strict = try #require(Estimate(alone(values), level: Estimate.level(ofEachAmong: 3), seed: 5))
    #expect(abs(try #require(strict.halfWidth) - 0.239) < 0.03)
  }

  @Test("At levels of many comparisons, which no resample reaches, the interval is Student's")
  func manyComparisons() throws {
    // Twelve speakers with one clip each, 60 comparisons: t of 11 degrees of freedom at 99.917 % is 4.53.
    let values = [0.3, -0.2, 0.9, 0.1, 0.4, -0.5, 0.7, 0.2, 0.6, -0.1, 0.5, 0.3]
    let clips = values.enumerated().map { Observation(value: $0.element, speaker: "\($0.offset)") }
    let level = Estimate.level(ofEachAmong: 60)
    let found = try #require(Estimate(clips, level: level, seed: 1))
    let mean = values.reduce(0, +) / 12
    let deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 11).squareRoot()
    let halfWidth = try #require(found.halfWidth)
    #expect(
      abs(halfWidth / (StudentsT.quantile(within: level, degrees: 11) * deviation / 12.0.squareRoot()) - 1) < 0.03)
    #expect(abs(StudentsT.quantile(within: level, degrees: 11) - 4.53) < 0.03)
    #expect(halfWidth > (values.max()! - values.min()!) / 4)
  }

  @Test("Values in which several speakers take part: by hand, by all of them, and never of fewer than two")
  func parties() throws {
    // Deviations −2, −1, 3 and 0 of the mean 3; their sums by speaker −2, −3, 2 and 3, the sum of whose squares is 26.
    let parties: [Set<String>] = [["a", "b"], ["b", "c"], ["c", "d"], ["d"]]
    let found = try #require(Estimate(values: [1, 2, 6, 3], parties: parties, areSpeakers: true, level: 0.95))
    #expect(found.mean == 3 && found.clips == 4 && found.speakers == 4 && found.level == 0.95)
    let t = StudentsT.quantile(within: 0.95, degrees: 3)
    #expect(abs(t - 3.1824) < 0.01)
    let half = t * (26 * 4.0 / 3).squareRoot() / 4
    let (low, high) = try (#require(found.low), #require(found.high))
    #expect(abs(high - 3 - half) < 1e-9)
    #expect(abs(low - 3 + half) < 1e-9)
    // Each alone: that of a mean, s / √n.
    let own: [Set<String>] = [["a"], ["b"], ["c"], ["d"]]
    let alone = try #require(Estimate(values: [1, 2, 6, 3], parties: own, areSpeakers: false, level: 0.95))
    let width = try #require(alone.halfWidth)
    #expect(abs(width - t * (14.0 / 3 / 4).squareRoot()) < 1e-9)
    #expect(alone.speakers == nil)
    let one = try #require(Estimate(values: [1, 2], parties: [["a"], ["a"]], areSpeakers: true, level: 0.95))
    #expect(one.mean == 1.5 && one.low == nil && one.speakers == 1)
    #expect(Estimate(values: [1, 2], parties: [["a"], ["a"]], areSpeakers: false, level: 0.95)?.low == nil)
    #expect(Estimate(values: [], parties: [], areSpeakers: true, level: 0.95) == nil)
  }

  @Test("Clips of one speaker are alike: the interval is that of the speakers' means, by Student's t")
  func speakers() throws {
    // Sixteen speakers with ten equal clips each: 160 clips, and sixteen numbers.
    var generator = SeededGenerator(seed: 3)
    let levels = (0..<16).map { _ in generator.normal() }
    let clips = levels.enumerated().flatMap { speaker, level in
      (0..<10).map { _ in Observation(value: level, speaker: "speaker \(speaker)") }
    }
    let found = try #require(Estimate(clips, seed: 1))
    let mean = levels.reduce(0, +) / 16
    let deviation = (levels.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 15).squareRoot()
    // t of 15 degrees of freedom at 95 % is 2.131.
    let halfWidth = try #require(found.halfWidth)
    #expect(abs(halfWidth / (2.131 * deviation / 4) - 1) < 0.15)
    #expect(found.speakers == 16 && found.clips == 160)
    let byClip = try #require(Estimate(clips.map { Observation(value: $0.value, speaker: nil) }, seed: 1))
    #expect(try #require(byClip.halfWidth) < halfWidth / 2.5)
    // What all of a speaker's clips have in common leaves no trace in a difference within speakers.
    let raised = clips.map { Observation(value: $0.value + 1, speaker: $0.speaker) }
    let difference = try #require(Estimate(difference: raised, clips, seed: 1))
    #expect(try abs(difference.mean - 1) < 1e-12 && #require(difference.halfWidth) < 1e-9)
    #expect(!Estimate.isEnough(clips: 160, speakers: 9) && Estimate.isEnough(clips: 160, speakers: nil))
    #expect(Estimate.isEnough(clips: 24, speakers: 10) && !Estimate.isEnough(clips: 23, speakers: 10))
  }

  /// The quantiles are SciPy's `stats.t.ppf`.
  @Test("Student's quantiles", arguments: [(1, 12.7062), (2, 4.30265), (3, 3.18245), (7, 2.36462), (19, 2.09302)])
  func student(_ degrees: Int, _ expected: Double) {
    #expect(abs(StudentsT.quantile(within: 0.95, degrees: degrees) - expected) < 1e-4)
  }

  @Test("Statistics of drawn clips: of a mean the interval is the mean's own; what no clips have there is not")
  func statistics() throws {
    var generator = SeededGenerator(seed: 9)
    let speakers = (0..<120).map { "speaker \($0 % 12)" }
    let values = (0..<120).map { Double($0 % 12) + generator.normal() }
    let own = try #require(
      Estimate(zip(values, speakers).map { Observation(value: $0, speaker: $1) }, seed: 4))
    let found = Estimate.ofStatistics(speakers: speakers, seed: 4) { clips in
      // A statistic that needs the first speaker, whom about two of three resamples have.
      [
        clips.reduce(0) { $0 + values[$1] } / Double(clips.count), clips.contains(0) ? 1 : nil, nil,
        Double(clips.count),
      ]
    }
    let mean = try #require(found[0])
    #expect(abs(mean.mean - own.mean) < 1e-12 && mean.clips == 120 && mean.speakers == 12)
    // The same speakers are drawn in the same order.
    #expect(try abs(#require(mean.low) - #require(own.low)) < 1e-9)
    #expect(try abs(#require(mean.high) - #require(own.high)) < 1e-9)
    #expect(found[1]?.low == 1 && found[1]?.high == 1 && found[2] == nil)
    #expect(found[3]?.low == 120 && found[3]?.high == 120)
    let one = Estimate.ofStatistics(speakers: ["a", "a"], seed: 0) { _ in [0.5] }
    #expect(one[0]?.mean == 0.5 && one[0]?.low == nil)
  }
}
