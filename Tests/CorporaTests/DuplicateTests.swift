import AudioFiles
import Basics
import Foundation
import Testing

@testable import Corpora

@Suite("Copies of clips")
struct DuplicateTests {
  /// Speech-like clips, all different.
  static let clips = (0..<14).map { SyntheticCorpus(clipsPerEmotion: 2, speakers: 2, seed: 3).clip($0).samples }

  @Test("Different clips share nothing, and an exact copy shares its digest")
  func exact() {
    var samples = Self.clips
    #expect(DuplicateGroups(of: samples.map(AudioPrint.init)).groups.isEmpty)
    samples.append(samples[4])
    // What a 16-bit file leaves of it is the same, a step more is not.
    samples.append(samples[9].map { Float(AudioClip.integer16($0)) / 32_768 })
    let groups = DuplicateGroups(of: samples.map(AudioPrint.init))
    #expect(groups.groups == [[4, 14], [9, 15]] && groups.exactCopies == 2 && groups.nearCopies == 0)
    var changed = samples[4]
    changed[1000] += 1.2 / 32_768
    #expect(AudioPrint(changed).digest != AudioPrint(samples[4]).digest)
    #expect(AudioPrint(samples[4].dropLast()).digest != AudioPrint(samples[4]).digest)
  }

  enum Change: CaseIterable {
    case quieter, later, halfAHopLater, noisier, coarser, cut

    func callAsFunction(_ samples: [Float]) -> [Float] {
      var generator = SeededGenerator(seed: 1)
      let power = samples.reduce(0) { $0 + Double($1) * Double($1) } / Double(samples.count)
      return switch self {
      case .quieter: samples.map { 0.2 * $0 }
      case .later: [Float](repeating: 0, count: 5_000) + samples + [Float](repeating: 0, count: 3_000)
      case .halfAHopLater: [Float](repeating: 0, count: 64) + samples
      // 20 dB.
      case .noisier: samples.map { $0 + Float(generator.normal(deviation: (power / 100).squareRoot())) }
      // Eight bits, as a telephone has.
      case .coarser: samples.map { ($0 * 128).rounded() / 128 }
      case .cut: Array(samples[4_000..<(samples.count - 2_000)])
      }
    }
  }

  @Test(
    "A copy is found through a change of level, silence, shift, noise, depth and length", arguments: Change.allCases)
  func near(change: Change) {
    let prints = (Self.clips + Self.clips.map { change($0) }).map(AudioPrint.init)
    let groups = DuplicateGroups(of: prints)
    #expect(groups.groups == (0..<14).map { [$0, $0 + 14] })
    #expect(groups.nearCopies + groups.exactCopies == 14)
  }

  @Test("The search finds what counting each pair's landmarks at each shift finds")
  func twin() {
    let prints = (Self.clips + [Change.noisier(Self.clips[2]), Change.cut(Self.clips[2]), Change.later(Self.clips[7])])
      .map(AudioPrint.init)
    var sets = DisjointSets(count: prints.count)
    for one in prints.indices {
      for other in 0..<one {
        var votes: [Int: Int] = [:]
        for mine in prints[one].landmarks {
          for its in prints[other].landmarks where its.hash == mine.hash {
            votes[Int(mine.frame - its.frame), default: 0] += 1
          }
        }
        let most = votes.keys.map { votes[$0]! + (votes[$0 + 1] ?? 0) }.max() ?? 0
        let fewer = min(prints[one].landmarks.count, prints[other].landmarks.count)
        if most >= DuplicateGroups.fewest, Double(most) >= DuplicateGroups.share * Double(fewer) {
          sets.join(one, other)
        }
      }
    }
    #expect(DuplicateGroups(of: prints).groups == sets.sets.filter { $0.count > 1 })
    #expect(sets.sets.filter { $0.count > 1 } == [[2, 14, 15], [7, 16]])
  }

  @Test(
    "Of RAVDESS beside the checkout the only copies are two takes of actor 07 that are one recording",
    .enabled(
      if: FileManager.default.fileExists(atPath: CorpusTests.ravdessFolder.path),
      "no shared/corpora/ravdess beside the checkout"))
  func ravdess() throws {
    let manifest = try CorpusScan(folder: CorpusTests.ravdessFolder.path).manifest
    let outcome = try #require(try CorpusPreparation(manifest, audioFolder: nil).run())
    #expect(
      outcome.duplicates.groups.map { $0.map { manifest.entries[$0].path } } == [
        ["Actor_07/03-01-03-01-02-01-07.flac", "Actor_07/03-01-03-01-02-02-07.flac"]
      ])
  }

  @Test("Silence, a click and a clip shorter than a window are compared without a fault")
  func poor() {
    var click = [Float](repeating: 0, count: 8_000)
    click[4_000] = 1
    let prints = [[Float](repeating: 0, count: 16_000), click, [0.5], [Float](repeating: 0, count: 16_000)]
      .map(AudioPrint.init)
    #expect(DuplicateGroups(of: prints).groups == [[0, 3]])
    #expect(DuplicateGroups(of: []).groups.isEmpty)
  }
}
