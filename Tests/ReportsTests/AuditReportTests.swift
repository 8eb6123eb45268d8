import Attributions
import Basics
import Corpora
import Foundation
import Models
import TestSupport
import Testing

@testable import Reports

@Suite("The report of an audit")
struct AuditReportTests {
  private static func model() -> TrainedModel { TrainedModel(untrained: .init(architecture: .cnnatt), seed: 1) }

  /// 12 speakers with a clip of each of seven emotions; of men the first emotions are predicted right, so many.
  private static func rows(rightOfMen: Int) -> [(entry: Manifest.Entry, clip: AuditedClip)] {
    (0..<12).flatMap { speaker in
      (0..<7).map { label in
        let isMale = speaker % 2 == 1
        let predicted = isMale && label >= rightOfMen ? (label + 1) % 7 : label
        let answer = (0..<7).map { $0 == predicted ? 0.7 : 0.05 }
        let answers = Dictionary(uniqueKeysWithValues: AuditIntervention.allCases.map { ($0.rawValue, answer) })
        let seen = AuditedClip.Seen(
          grid: .init(repeating: 1.0 / 64, count: 64), silent: isMale ? 0.1 : 0.3, centroid: isMale ? 500 : 700)
        let entry = Manifest.Entry(
          path: "\(speaker)-\(label).wav", emotion: Emotion.known[label], speaker: "\(speaker)",
          extra: ["sex": isMale ? "male" : "female"])
        let donors = AuditedClip.Donors(
          same: .init(path: "same", label: label, speaker: "\((speaker + 1) % 12)"),
          other: .init(path: "other", label: (label + 1) % 7, speaker: "\((speaker + 2) % 12)"))
        return (entry, AuditedClip(label: label, answers: answers, seen: seen, isTrainedOn: false, donors: donors))
      }
    }
  }

  private static func report(rightOfMen: Int) throws -> AuditReport {
    let rows = rows(rightOfMen: rightOfMen)
    return try AuditReport(
      rows, of: model(), data: "clips.csv", tested: rows.map(\.entry), training: nil, copies: nil, seed: 1)
  }

  @Test("Groups and their gap, by hand: an alarm where men are taken for others, none where they are not")
  func gaps() throws {
    let report = try Self.report(rightOfMen: 4)
    // Groups of speakers have seven clips each.
    #expect(report.gaps.map(\.column) == ["sex", "speaker"] && report.gaps[1].leftOut == 12)
    let own = try #require(report.gaps.first)
    #expect(own.groups.map(\.name) == ["female", "male"] && own.groups.map(\.clips) == [42, 42])
    #expect(abs(own.groups[0].recall.mean - 1) < 1e-12 && abs(own.groups[1].recall.mean - 4.0 / 7) < 1e-12)
    // All are confident with 0.7.
    #expect(abs(own.groups[0].calibrationError - 0.3) < 1e-6)
    #expect(abs(own.groups[1].calibrationError - (0.7 - 4.0 / 7)) < 1e-6)
    let gap = try #require(own.gap)
    #expect(gap.best == "female" && gap.worst == "male" && abs(gap.recall.mean - 3.0 / 7) < 1e-12)
    #expect(abs((gap.silent?.mean ?? 9) - 0.2) < 1e-9 && abs((gap.centroid?.mean ?? 9) - 200) < 1e-9)
    #expect(
      report.rules.tests == 10 + 7 + 1 + report.leakage.associations.count && gap.recall.level == report.rules.level)
    #expect(report.findings(.alarm).map(\.topic).contains("gap by sex"))
    let fair = try Self.report(rightOfMen: 7)
    #expect(fair.findings.first { $0.topic == "gap by sex" }?.verdict == .noAlarm)
    #expect(fair.trainedOn?.found == 0 && fair.trainedOn?.clips == 84)
  }

  /// The gap by corpus of clips of two corpora: so many speakers each, four clips of each of some emotions, of which the
  /// first `right` emotions are predicted right.
  private static func corpora(
    by column: String = "origin", speakers: Int = 6, _ corpora: [(name: String, emotions: Range<Int>, right: Int)]
  ) -> AuditGaps? {
    let rows = corpora.flatMap { corpus in
      (0..<speakers).flatMap { speaker in
        corpus.emotions.flatMap { label in
          (0..<4).map { number -> AuditGaps.Row in
            let predicted = label < corpus.right ? label : (label + 1) % 7
            let answer = (0..<7).map { $0 == predicted ? 0.7 : 0.05 }
            let entry = Manifest.Entry(
              path: "\(number)", emotion: Emotion.known[label], origin: corpus.name, speaker: "\(corpus.name)\(speaker)"
            )
            return (
              entry,
              AuditedClip(
                label: label, answers: [AuditIntervention.asItIs.rawValue: answer],
                seen: .init(grid: .init(repeating: 1.0 / 64, count: 64), silent: 0.1 * Double(number), centroid: 500),
                isTrainedOn: nil)
            )
          }
        }
      }
    }
    return AuditGaps(column, rows, classes: model().classes, level: 0.99, seed: 1)
  }

  @Test("Groups are compared by the emotions that both have, as fewer are easier to tell apart")
  func commonEmotions() throws {
    // Both tell the emotions 0 to 3 and no others; b has 2 to 5: its recall is half of a's.
    let found = try #require(Self.corpora([("a", 0..<4, 4), ("b", 2..<6, 4)]))
    #expect(found.groups.map(\.recall.mean) == [1, 0.5])
    let gap = try #require(found.gap)
    let names = Self.model().classes
    #expect(gap.recall.mean == 0 && gap.recall.low == 0 && gap.recall.clips == 2 * 6 * 2 * 4)
    #expect(gap.emotions == [names[2], names[3]] && gap.leftOut == [names[0], names[1], names[4], names[5]])
    #expect(gap.name.hasSuffix(", without \(names[0]), \(names[1]), \(names[4]), \(names[5])"))
    // The pair that is widest apart in common emotions: b less c, half of what both have.
    let three = try #require(Self.corpora([("a", 0..<2, 2), ("b", 2..<6, 6), ("c", 2..<6, 4)]))
    #expect(three.gap?.best == "b" && three.gap?.worst == "c" && three.gap?.recall.mean == 0.5)
    let apart = try #require(Self.corpora([("a", 0..<3, 3), ("b", 2..<5, 2)]))
    #expect(apart.groups.count == 2 && apart.gap == nil)
  }

  @Test("Speakers are compared by their clips; groups of one speaker each have no interval")
  func fewSpeakers() throws {
    let corpora: [(name: String, emotions: Range<Int>, right: Int)] = [("a", 0..<7, 7), ("b", 0..<7, 4)]
    let speakers = try #require(Self.corpora(by: "speaker", speakers: 1, corpora)?.gap)
    // Clips lie 0, 0.1, 0.2 or 0.3 on silence, of both alike.
    let silent = try #require(speakers.silent)
    #expect(
      abs(silent.mean) < 1e-12 && silent.speakers == nil && (silent.low ?? 9) < -0.01 && (silent.high ?? -9) > 0.01)
    #expect(speakers.recall.low != nil)
    let origins = try #require(Self.corpora(speakers: 1, corpora))
    let gap = try #require(origins.gap)
    for estimate in [gap.recall, gap.calibrationError, try #require(gap.silent)] + origins.groups.map(\.recall) {
      #expect(estimate.low == nil && estimate.high == nil)
    }
    #expect(abs(gap.recall.mean - 3.0 / 7) < 1e-12)
  }

  @Test("The table has a row for each clip and change; JSON, figure and page can be made")
  func forms() throws {
    let report = try Self.report(rightOfMen: 4)
    #expect(report.csv.count == 1 + 84 * 21 && report.csv.allSatisfy { $0.count == 8 })
    #expect(try report.json(figures: []).contains("\"topic\":\"gap by sex\""))
    #expect(report.figure.changes.count == 21 && report.figure.changes[0].stays == nil)
    let page = try report.page().html
    #expect(page.contains("gap by sex") && page.contains("female less male"))
    // Each emotion's own twelve clips, and the twelve that are given its noise; all answers are the same.
    #expect(report.following.map(\.clips) == .init(repeating: 24, count: 7))
    #expect(report.following.allSatisfy { $0.follows?.mean == 0 && $0.follows?.level == report.rules.level })
    #expect(report.noiseRows.count == 8 && report.noiseRows[1].prefix(3) == [report.model.classes[0], "24", "0.0"])
    #expect(try report.json(figures: []).contains("\"noises\":[{\"clips\":24,\"emotion\""))
    #expect(page.contains("What the steady noise of an emotion does"))
  }

  @Test("What nothing can be said of is refused with its reason")
  func refusals() throws {
    let entries = Self.rows(rightOfMen: 7).map(\.entry)
    func check(_ entries: [Manifest.Entry], _ model: TrainedModel = Self.model()) throws {
      try AuditReport.check(entries, of: model, path: "clips.csv")
    }
    try check(entries)
    #expect(throws: AuditError.tooFewClips(path: "clips.csv", found: 23)) { try check(Array(entries.prefix(23))) }
    let one = (0..<24).map { Manifest.Entry(path: "\($0)", emotion: Emotion.known[$0 % 2], speaker: "a") }
    #expect(throws: AuditError.oneSpeaker(path: "clips.csv")) { try check(one) }
    let angry = entries.filter { $0.emotion == .angry } + entries.filter { $0.emotion == .angry }
    #expect(throws: AuditError.tooFewClasses(path: "clips.csv", found: [.angry], classes: Self.model().classes)) {
      try check(angry)
    }
    let numbers = TrainedModel(
      untrained: .init(architecture: .cnnatt, classes: [], dimensions: ["arousal"]), seed: 1)
    #expect(throws: AuditError.noClasses(model: numbers.name)) { try check(entries, numbers) }
  }
}
