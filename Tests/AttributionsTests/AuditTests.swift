import AudioFeatures
import AudioFiles
import Basics
import Corpora
import Foundation
import Models
import TestSupport
import Testing

@testable import Attributions

@Suite("What a model leans on that is not emotion")
struct AuditTests {
  // MARK: Interventions

  private static let rate = 16_000
  private static let tones = [200.0, 1000, 3000, 6000]

  /// Two seconds of a tone in each band, each of amplitude 0.1.
  private static let bands: [Float] = (0..<32_000).map { index in
    Float(tones.reduce(0) { $0 + 0.1 * sin(2 * .pi * $1 * Double(index) / Double(rate)) })
  }

  /// The amplitude of a tone in the second second of a sound, over 0.1: by the definition of Fourier's sum.
  private static func gain(_ hertz: Double, in sound: [Float]) -> Double {
    var (real, imaginary) = (0.0, 0.0)
    for index in 15_000..<31_000 {
      let angle = 2 * .pi * hertz * Double(index) / Double(rate)
      real += Double(sound[index]) * cos(angle)
      imaginary += Double(sound[index]) * sin(angle)
    }
    return (real * real + imaginary * imaginary).squareRoot() * 2 / 16_000 / 0.1
  }

  private static func changed(_ intervention: AuditIntervention, _ sound: [Float]) throws -> [Float] {
    try #require(intervention.sound(of: sound, phrases: [0..<2], sampleRate: rate))
  }

  @Test(
    "A band alone has its own tone and no other, the sound without it all others, and both together all",
    arguments: zip(
      [AuditIntervention.lowest, .low, .high, .highest],
      [AuditIntervention.withoutLowest, .withoutLow, .withoutHigh, .withoutHighest]))
  func bands(alone: AuditIntervention, without: AuditIntervention) throws {
    let own = [AuditIntervention.lowest, .low, .high, .highest].firstIndex(of: alone)!
    let (one, rest) = (try Self.changed(alone, Self.bands), try Self.changed(without, Self.bands))
    #expect(one.count == 32_000 && rest.count == 32_000)
    for (place, tone) in Self.tones.enumerated() {
      let (there, elsewhere) = place == own ? (one, rest) : (rest, one)
      #expect((0.9...1.02).contains(Self.gain(tone, in: there)), "\(alone) \(tone): \(Self.gain(tone, in: there))")
      #expect(Self.gain(tone, in: elsewhere) < 0.08, "\(alone) \(tone): \(Self.gain(tone, in: elsewhere))")
    }
    guard alone == .lowest || alone == .highest else { return }
    // One crossover: also a tone at its very frequency comes through whole.
    let edge = alone == .lowest ? 500.0 : 4000
    let tone = (0..<32_000).map { Float(0.1 * sin(2 * .pi * edge * Double($0) / Double(Self.rate))) }
    let both = zip(try Self.changed(alone, tone), try Self.changed(without, tone)).map { $0 + $1 }
    #expect(abs(Self.gain(edge, in: both) - 1) < 0.01)
    #expect(abs(Self.gain(edge, in: try Self.changed(alone, tone)) - 0.5) < 0.01)
  }

  @Test("The background is what is far from speech: in place with silence between, and joined to one length")
  func background() throws {
    var generator = SeededGenerator(seed: 1)
    let sound = generator.normals(40_000, deviation: 0.01)
    let phrases = [0.5..<0.8, 0.85..<1.5]
    let inPlace = try #require(AuditIntervention.background.sound(of: sound, phrases: phrases, sampleRate: 16_000))
    // Up to 0.45 s and from 1.55 s on: what is within 50 ms of a phrase belongs to it.
    #expect(inPlace.count == 40_000 && inPlace[7200..<24_800].allSatisfy { $0 == 0 })
    #expect(inPlace[80..<7120] == sound[80..<7120] && inPlace[24_880..<39_920] == sound[24_880..<39_920])
    #expect(abs(inPlace[7199]) < abs(sound[7199]) * 0.01)
    let joined = try #require(AuditIntervention.pauses.sound(of: sound, phrases: phrases, sampleRate: 16_000))
    #expect(joined.count == 32_000 && joined[..<7200] == inPlace[..<7200])
    #expect(joined[7200..<22_400] == inPlace[24_800..<40_000] && joined[22_400..<29_600] == inPlace[..<7200])
    for change in [AuditIntervention.background, .pauses] {
      #expect(change.sound(of: sound, phrases: [0.08..<2.42], sampleRate: 16_000) == nil)
    }
  }

  @Test("Reversed twice it is the same; 12 dB are a factor of 3.98; 8 kHz leave what lies below 4 kHz; lengths stay")
  func others() throws {
    let sound = Self.bands
    #expect(try Self.changed(.reversed, try Self.changed(.reversed, sound)) == sound)
    #expect(try Self.changed(.reversed, sound)[0] == sound[31_999] && Self.changed(.asItIs, sound) == sound)
    for (change, factor) in [(AuditIntervention.louder, 3.98107), (.softer, 0.251189)] {
      #expect(zip(try Self.changed(change, sound), sound).allSatisfy { abs(Double($0) - factor * Double($1)) < 1e-5 })
    }
    let half = try Self.changed(.halfRate, sound)
    #expect(abs(Self.gain(1000, in: half) - 1) < 0.01 && Self.gain(6000, in: half) < 0.01)
    let ofPauses: [AuditIntervention] = [.background, .pauses, .cleaned, .sameNoise, .otherNoise]
    for change in AuditIntervention.allCases where !ofPauses.contains(change) {
      #expect(try Self.changed(change, sound).count == 32_000, "\(change)")
    }
    #expect(AuditIntervention.halfRate.sound(of: sound, phrases: [], sampleRate: 8000) == nil)
    #expect(AuditIntervention.highest.sound(of: sound, phrases: [], sampleRate: 8000) == nil)
  }

  @Test("A clip's answers are the model's to the changed sounds; what is saved is read again, and checked")
  func clip() throws {
    let model = try TrainedModel.builtIn()
    var generator = SeededGenerator(seed: 2)
    // Speech between two seconds of background.
    let sound = zip(
      [Float](repeating: 0, count: 16_000) + makeSpeech(20_000) + [Float](repeating: 0, count: 16_000),
      generator.normals(52_000, deviation: 0.002)
    ).map { $0 + $1 }
    let phrases = SpeechSegmentation(sound, sampleRate: 16_000).phrases
    let noise = try #require(AuditIntervention.steadyNoise(of: sound, phrases: phrases, sampleRate: 16_000))
    // The noise that was added, but for the last of the speech.
    #expect(abs(try #require(noise.level) - 20 * log10(0.002)) < 1)
    let loud = try #require(SteadyNoise(sound.amplified(12), pauses: [0..<15_000], sampleRate: 16_000))
    let given = NoiseExchange.Given(
      same: .init(path: "b.wav", label: 3, speaker: "b", noise: noise),
      other: .init(path: "c.wav", label: 4, speaker: nil, noise: loud), seed: 5)
    let clip = try AuditedClip(sound, label: 3, path: "a.wav", model: model, given: given)
    #expect(Set(clip.answers.keys) == Set(AuditIntervention.allCases.map(\.rawValue)))
    #expect(
      clip.donors
        == .init(
          same: .init(path: "b.wav", label: 3, speaker: "b"), other: .init(path: "c.wav", label: 4, speaker: nil)))
    let alone = try AuditedClip(sound, label: 3, path: "a.wav", model: model)
    #expect(alone.donors == nil && alone.answer(.otherNoise) == nil && alone.answer(.cleaned) == clip.answer(.cleaned))
    let edited = try EditedClip(sound, path: "a.wav", model: model, seed: 0)
    #expect(clip.answer(.asItIs) == edited.own.probabilities)
    #expect(clip.answer(.reversed) == (try edited.answer(to: sound.reversed())?.probabilities))
    let pauses = try #require(AuditIntervention.pauses.sound(of: sound, phrases: phrases, sampleRate: 16_000))
    #expect(clip.answer(.pauses) == (try edited.answer(to: pauses)?.probabilities))
    var noises = SeededGenerator(seed: 5)
    let exchanged = zip(noise.removed(from: sound), loud.samples(52_000, using: &noises)).map { $0 + $1 }
    #expect(clip.answer(.otherNoise) == (try edited.answer(to: exchanged)?.probabilities))
    let seen = try #require(clip.seen)
    #expect(abs(seen.grid.reduce(0, +) - 1) < 1e-9 && (0...1).contains(seen.silent))
    #expect((50...8000).contains(seen.centroid))
    let read = try JSONDecoder().decode(AuditedClip.self, from: JSONEncoder().encode(clip))
    #expect(read.isPossible(classes: 7) && !read.isPossible(classes: 6))
    let other = AuditedClip(label: 7, answers: clip.answers, seen: seen, isTrainedOn: nil)
    #expect(!other.isPossible(classes: 7))
    #expect(throws: EditError.silent(path: "b.wav")) {
      try AuditedClip(.init(repeating: 0, count: 8000), label: 0, path: "b.wav", model: model)
    }
  }

  @Test("Saliency on an 8 × 8 grid, on silence, and its mean frequency, by hand")
  func seen() throws {
    // 16 mels and 8 frames: 3 on mel 0 in frame 0, 1 on mel 15 in frame 7, which alone is 60 dB under the others.
    var saliency = [[Double]](repeating: .init(repeating: 0, count: 8), count: 16)
    (saliency[0][0], saliency[15][7]) = (3, 1)
    let logMel = [[Double]](repeating: [0, 0, 0, 0, 0, 0, 0, -60], count: 16)
    let seen = try #require(
      AuditedClip.Seen(saliency, logMel: logMel, centres: (1...16).map { 100 * Double($0) }))
    var grid = [Double](repeating: 0, count: 64)
    (grid[0], grid[63]) = (0.75, 0.25)
    #expect(seen.grid == grid && seen.silent == 0.25 && seen.centroid == 0.75 * 100 + 0.25 * 1600)
    let none = [[Double]](repeating: .init(repeating: 0, count: 8), count: 16)
    #expect(AuditedClip.Seen(none, logMel: logMel, centres: []) == nil)
    // Fewer frames than columns: a frame is in several.
    let short = try #require(
      AuditedClip.Seen(.init(repeating: [1], count: 16), logMel: .init(repeating: [0], count: 16), centres: []))
    #expect(short.grid.allSatisfy { abs($0 - 1.0 / 64) < 1e-12 })
  }

  // MARK: Groups of maps

  /// As Tests/Fixtures/spectral.py has them.
  private static func blobs(_ distance: Double) -> [[Double]] {
    (0..<3).flatMap { blob in
      (1...8).map { place in
        let (b, i) = (Double(blob), Double(place))
        return [distance * b + sin(i + b), cos(2 * i + b)]
      }
    }
  }

  @Test("Three planted blobs are three clusters; eigenvalues and silhouettes are NumPy's and scikit-learn's")
  func clusters() {
    let apart = SpectralClusters(Self.blobs(10), neighbours: 3, seed: 1)
    #expect(apart.count == 3 && apart.assignment == (0..<24).map { $0 / 8 })
    let values = [0, 0, 0, 0.254644008, 0.25811012, 0.495880573, 0.666666667, 0.818194925, 0.897568679]
    #expect(apart.eigenvalues.count == 9)
    #expect(zip(apart.eigenvalues, values).allSatisfy { abs($0 - $1) < 1e-8 }, "\(apart.eigenvalues)")
    for (own, other) in zip(apart.silhouettes, [0.861051346, 0.85208198, 0.859369177]) {
      #expect(abs(own - other) < 1e-8, "\(apart.silhouettes)")
    }
    let near = SpectralClusters(Self.blobs(2.6), neighbours: 4, seed: 1).eigenvalues
    let others = [
      0, 0.033874482, 0.203989296, 0.368867341, 0.39569899, 0.50247972, 0.841452806, 0.897130516, 0.985360362,
    ]
    #expect(zip(near, others).allSatisfy { abs($0 - $1) < 1e-8 }, "\(near)")
    // Too few points, and points that are all one.
    #expect(SpectralClusters([[0], [1], [9]], seed: 1).assignment == [0, 0, 0])
    let same = SpectralClusters(.init(repeating: [1, 2], count: 30), seed: 1)
    #expect(same.assignment.count == 30 && same.silhouettes.allSatisfy(\.isFinite))
  }

  /// A clip that is predicted a class, with most of its saliency on some eighths of the mels.
  private static func mapped(_ number: Int, class predicted: Int, rows: Set<Int>, silent: Double = 0) -> AuditedClip {
    let cells = (0..<64).map { cell -> Double in
      let (i, c) = (Double(number), Double(cell))
      let noise = 0.5 + 0.5 * sin(12.9898 * (i * 64 + c)) * cos(7.233 * (i + 3 * c))
      return noise + (rows.contains(cell / 8) ? 20 : 1)
    }
    let sum = cells.reduce(0, +)
    let seen = AuditedClip.Seen(grid: cells.map { $0 / sum }, silent: silent, centroid: 1000)
    let own = (0..<3).map { $0 == predicted ? 0.8 : 0.1 }
    return AuditedClip(
      label: predicted, answers: [AuditIntervention.asItIs.rawValue: own], seen: seen, isTrainedOn: nil)
  }

  @Test(
    "A few clips of a class that are decided from one band, or from silence, are found; many, or of no one place, not")
  func strategies() throws {
    func found(_ rows: Set<Int>, silent: Double = 0, count: Int = 8) -> SaliencyClusters {
      SaliencyClusters(
        (0..<25).map { Self.mapped($0, class: 0, rows: [1, 2]) }
          + (0..<count).map { Self.mapped(100 + $0, class: 0, rows: rows, silent: silent) }
          + (0..<25).map { Self.mapped(200 + $0, class: 1, rows: [4, 5]) }, seed: 3)
    }
    let rules = AuditRules(emotions: 2, gaps: 0, associations: 0)
    let planted = found([7])
    #expect(planted.clusters.map(\.clips) == [25, 8, 25] && planted.clusters.map(\.predicted) == [0, 0, 1])
    let cluster = planted.clusters[1]
    #expect(cluster.allPredicted == 33 && cluster.ofPredicted == 8 && cluster.band == 7 && cluster.silhouette > 0.9)
    // numpy: 0.6611411672 and 0.0299984038.
    #expect(abs(cluster.bandShare - 0.6611411672) < 1e-6 && abs(cluster.bandShareOfOthers - 0.02999840382) < 1e-6)
    let finding = rules.finding(of: planted, classes: ["a", "b", "c"])
    #expect(finding.verdict == .caution && finding.words.contains("group 2, 8 clips, most predicted a"))
    #expect(finding.words.contains("66 % of the saliency on the mels 8 of 8"))
    for (clusters, verdict) in [
      (found([6, 7]), AuditFinding.Verdict.noAlarm), (found([6, 7], silent: 0.6), .caution),
      (found([7], count: 26), .noAlarm),
    ] { #expect(rules.finding(of: clusters, classes: ["a", "b", "c"]).verdict == verdict) }
    let few = SaliencyClusters((0..<23).map { Self.mapped($0, class: 0, rows: [1]) }, seed: 3)
    #expect(rules.finding(of: few, classes: ["a"]).verdict == .notJudged)
  }

  // MARK: Rules

  /// Four clips of each of four emotions by each speaker, of which so many (of four) are predicted right after each change; as
  /// they are and after changes that are not named three. The others are predicted another class, each as often.
  /// - Parameter following: Whether all clips are predicted the class whose noise they are given.
  private static func rows(
    speakers: Int = 12, right: [AuditIntervention: Int], without: Set<AuditIntervention> = [],
    following: Bool = false
  ) -> [(clip: AuditedClip, speaker: String?)] {
    (0..<speakers).flatMap { speaker in
      (0..<16).map { number in
        let (label, take) = (number / 4, number % 4)
        var answers: [String: [Double]] = [:]
        for change in AuditIntervention.allCases where !without.contains(change) {
          let right = right[change] ?? 3
          let predicted =
            following && change == .otherNoise ? (label + 1) % 4 : take < right ? label : (label + take) % 4
          answers[change.rawValue] = (0..<4).map { $0 == predicted ? 0.7 : 0.1 }
        }
        func donor(_ label: Int) -> AuditedClip.Donor {
          let other = "\((speaker + 1) % speakers)"
          return .init(path: "\(other)-\(label)", label: label, speaker: other)
        }
        let donors = AuditedClip.Donors(same: donor(label), other: donor((label + 1) % 4))
        return (
          AuditedClip(label: label, answers: answers, seen: nil, isTrainedOn: nil, donors: donors), "\(speaker)"
        )
      }
    }
  }

  private static func verdicts(
    _ rows: [(clip: AuditedClip, speaker: String?)]
  ) -> (verdicts: [String: AuditFinding.Verdict], words: [String: String]) {
    let rules = AuditRules(emotions: 4, gaps: 1, associations: 1)
    let effects = AuditIntervention.allCases.compactMap {
      InterventionEffect($0, of: rows, level: rules.level, seed: 1)
    }
    let following = NoiseFollowing.all(
      rows.enumerated().map { ($1.clip, "\($0)", $1.speaker) }, level: rules.level)
    let found = rules.findings(
      of: Dictionary(uniqueKeysWithValues: effects.map { ($0.intervention, $0) }), following: following,
      classes: ["a", "b", "c", "d"])
    return (
      Dictionary(uniqueKeysWithValues: found.map { ($0.topic, $0.verdict) }),
      Dictionary(uniqueKeysWithValues: found.map { ($0.topic, $0.words) })
    )
  }

  /// At chance from what is not emotion, and hardly worse through lines: one of four is right.
  private static let healthy: [AuditIntervention: Int] = [
    .pauses: 1, .background: 1, .highest: 1, .lowest: 1, .reversed: 1,
  ]

  @Test("The effect of a change, by hand")
  func effect() throws {
    let rows = Self.rows(right: [.opus: 2])
    let effect = try #require(InterventionEffect(.opus, of: rows, level: 0.99, seed: 1))
    #expect(effect.clips == 192 && effect.chance == 0.25 && abs(effect.recall.mean - 0.5) < 1e-12)
    #expect(effect.recall.level == 0.95 && effect.excess.level == 0.99 && effect.recall.speakers == 12)
    // Every speaker has the same: no interval is wider than its mean.
    #expect(abs(effect.excess.mean - 0.25) < 1e-12 && abs((effect.excess.low ?? 9) - 0.25) < 1e-12)
    #expect(abs(effect.loss.mean - (0.75 * 0.5 - 0.25)) < 1e-12)
    // One of four clips loses 0.6 of its true class's probability.
    #expect(abs(effect.change.mean + 0.15) < 1e-12 && abs(effect.stays.mean - 0.75) < 1e-12)
    #expect(effect.isBeyondChance && effect.isCostly && !effect.isFree)
    let chance = try #require(InterventionEffect(.mp3, of: Self.rows(right: [.mp3: 1]), level: 0.99, seed: 1))
    #expect(!chance.isBeyondChance && chance.isCostly)
    let none = Self.rows(right: [:], without: [.mp3])
    #expect(InterventionEffect(.mp3, of: none, level: 0.99, seed: 1) == nil)
  }

  @Test("A model that leans on nothing raises no alarm and no caution")
  func healthyModel() {
    let found = Self.verdicts(Self.rows(right: Self.healthy))
    #expect(found.verdicts.count == 8 && found.verdicts.values.allSatisfy { $0 == .noAlarm }, "\(found)")
    #expect(found.words["order"]?.hasPrefix("uses the order") == true)
  }

  @Test("Each thing that is leant on raises its own verdict, and no other")
  func leaningModels() {
    let cases: [(topic: String, verdict: AuditFinding.Verdict, right: [AuditIntervention: Int])] = [
      ("non-speech", .alarm, [.pauses: 2]), ("non-speech", .note, [.background: 2]),
      ("above 4 kHz", .alarm, [.highest: 2, .withoutHighest: 1]),
      ("below 500 Hz", .note, [.lowest: 3, .withoutLowest: 2]),
      ("above 4 kHz", .noAlarm, [.highest: 2]), ("above 4 kHz", .noAlarm, [.withoutHighest: 2]),
      // What is missing above 4 kHz cannot be heard alone.
      ("above 4 kHz", .alarm, [.withoutHighest: 1]),
      ("level", .caution, [.louder: 2]), ("lines", .caution, [.telephone: 1, .opus: 2]),
      ("steady noise", .caution, [.sameNoise: 1, .otherNoise: 1]),
      ("order", .note, [.reversed: 3]),
      ("order", .noAlarm, [.reversed: 2]),
    ]
    for (topic, verdict, right) in cases {
      let found = Self.verdicts(Self.rows(right: Self.healthy.merging(right) { $1 }))
      #expect(found.verdicts[topic] == verdict, "\(topic) \(right): \(found)")
      let others = found.verdicts.filter { $0.key != topic }
      #expect(others.values.allSatisfy { $0 == .noAlarm }, "\(topic) \(right): \(found)")
    }
    let lines = Self.verdicts(Self.rows(right: Self.healthy.merging([.telephone: 1]) { $1 })).words["lines"] ?? ""
    #expect(lines.contains("telephone: UAR 0.25 (0.25 to 0.25; chance 0.25)") && !lines.contains("Opus"))
  }

  @Test("Predictions that follow the noise of an emotion raise an alarm, strongest first; clips without a noise none")
  func followedNoise() throws {
    let rows = Self.rows(right: Self.healthy, following: true)
    let found = Self.verdicts(rows)
    #expect(found.verdicts["steady noise"] == .alarm, "\(found)")
    // Of the label 0.7 becomes 0.1 in three takes of four, of the other emotion 0.1 becomes 0.7 in all: a mean of 0.525.
    let words = try #require(found.words["steady noise"])
    #expect(words.contains("a +0.") && words.contains("d +0."), "\(words)")
    #expect(found.verdicts.filter { $0.key != "steady noise" }.values.allSatisfy { $0 == .noAlarm }, "\(found)")
    let without = Self.verdicts(Self.rows(right: Self.healthy, without: [.sameNoise, .otherNoise]))
    #expect(without.verdicts["steady noise"] == .notJudged)
    #expect(
      without.words["steady noise"] == "0 clips can be given the noise of others, fewer than 24 or of one emotion")
    // Smaller than what is worth an alarm.
    let small = NoiseFollowing(
      label: 0,
      follows: Estimate(
        values: .init(repeating: 0.04, count: 24), parties: (0..<24).map { ["\($0)"] }, areSpeakers: true, level: 0.99),
      givers: 5)
    #expect(small.isFollowed)
    let rules = AuditRules(emotions: 4, gaps: 0, associations: 0)
    let effects = AuditIntervention.allCases.compactMap {
      InterventionEffect($0, of: rows, level: rules.level, seed: 1)
    }
    func finding(_ following: [NoiseFollowing]) -> AuditFinding? {
      rules.findings(
        of: Dictionary(uniqueKeysWithValues: effects.map { ($0.intervention, $0) }), following: following,
        classes: ["a", "b", "c", "d"]
      ).first { $0.topic == "steady noise" }
    }
    let few = finding([small, NoiseFollowing(label: 1, follows: nil, givers: 0)])
    #expect(few?.verdict == .noAlarm && few?.words.hasSuffix("; too few clips with a noise: b") == true)
    // A large difference says nothing where the rooms are those of four speakers.
    func large(_ label: Int, givers: Int) -> NoiseFollowing {
      NoiseFollowing(
        label: label,
        follows: Estimate(
          values: .init(repeating: 0.4, count: 24), parties: (0..<24).map { ["\($0)"] }, areSpeakers: true, level: 0.99),
        givers: givers)
    }
    let rooms = finding([small, large(1, givers: 4)])
    #expect(rooms?.verdict == .noAlarm && rooms?.words.hasSuffix("; too few speakers with a noise: b") == true)
    #expect(finding([large(1, givers: 4)])?.verdict == .notJudged)
    #expect(finding([small, large(1, givers: 5)])?.verdict == .alarm)
  }

  @Test("With few speakers, few clips or a model that guesses there is no verdict")
  func undecided() {
    let few = Self.verdicts(Self.rows(speakers: 9, right: [.pauses: 3]))
    #expect(few.verdicts.values.allSatisfy { $0 == .undecided } && few.words["order"] == "9 speakers, fewer than 10")
    let silent = Self.rows(right: [:], without: [.pauses])
    #expect(Self.verdicts(silent).verdicts["non-speech"] == .notJudged)
    // 16 clips of one speaker have a background.
    let rare = silent.dropLast(16) + Self.rows(right: [.pauses: 3]).suffix(16)
    let words = Self.verdicts(Array(rare)).words["non-speech"]
    #expect(words == "16 clips have 0.1 s of background, fewer than 24 or of one emotion")
    let guessing = Self.verdicts(Self.rows(right: Self.healthy.merging([.asItIs: 1]) { $1 })).verdicts
    #expect(guessing["the model"] == .caution && guessing["non-speech"] == .noAlarm)
    #expect(["above 4 kHz", "below 500 Hz", "level", "lines", "order"].allSatisfy { guessing[$0] == .notJudged })
  }

  @Test("A gap needs five speakers in each group, an interval beside 0 and a size")
  func gap() throws {
    func verdict(
      _ first: Double, _ second: Double, speakers: Int = 6, fewest: Int = 6, isAble: Bool = true
    ) throws -> AuditFinding.Verdict {
      func clips(_ value: Double, _ name: String) -> [Observation] {
        (0..<(speakers * 4)).map { Observation(value: value, speaker: "\(name)\($0 / 4)") }
      }
      let difference = try #require(Estimate(difference: clips(first, "a"), clips(second, "b"), seed: 1))
      return AuditRules(emotions: 2, gaps: 1, associations: 0).gap(
        "sex", best: "female", worst: "male", difference: difference, without: [], fewest: fewest, isAble: isAble
      ).verdict
    }
    #expect(try verdict(0.6, 0.5) == .alarm && verdict(0.6, 0.6) == .noAlarm && verdict(0.6, 0.56) == .noAlarm)
    #expect(try verdict(0.6, 0.5, speakers: 4) == .undecided && verdict(0.6, 0.5, fewest: 4) == .undecided)
    #expect(try verdict(0.6, 0.5, isAble: false) == .notJudged)
  }

  // MARK: Leakage

  private static func entries(_ clips: [(speaker: String, emotion: Emotion)]) -> [Manifest.Entry] {
    clips.enumerated().map { .init(path: "\($0).wav", emotion: $1.emotion, speaker: $1.speaker) }
  }

  @Test("What training tells of a speaker's emotions, by hand")
  func association() throws {
    let training = Self.entries([
      ("a", .angry), ("a", .angry), ("a", .happy), ("b", .happy), ("b", .happy), ("b", .happy),
    ])
    // a is taken for angry, b for happy, and c, whom nobody knows, for happy, which most clips are.
    let tested = Self.entries([("a", .angry), ("a", .happy), ("b", .happy), ("c", .angry)])
    let found = SplitLeakage(tested, training: training, seed: 1)
    let own = try #require(found.associations.first)
    #expect(found.associations.count == 1 && own.column == "speaker" && own.recall == 0.5 && own.chance == 0.5)
    #expect(own.clips == 4 && own.p > 0.3)
    #expect(found.shared == [.init(column: "speaker", values: ["a", "b"], clips: 3, ofClips: 4)])
    #expect(SplitLeakage(tested, training: nil, seed: 1).shared.isEmpty)
  }

  @Test("Speakers who show one emotion each are told, with training and without; speakers who show all are not")
  func leakedSpeaker() throws {
    let emotions = [Emotion.angry, .fear, .happy, .neutral]
    let planted = Self.entries((0..<80).map { ("\($0 % 8)", emotions[$0 % 4]) })
    let balanced = Self.entries((0..<160).map { ("\($0 % 8)", emotions[$0 / 8 % 4]) })
    let rules = AuditRules(emotions: 2, gaps: 0, associations: 1)
    func finding(_ tested: [Manifest.Entry], _ training: [Manifest.Entry]?) throws -> AuditFinding {
      let leakage = SplitLeakage(tested, training: training, seed: 1)
      let copies = training.map { _ in SplitLeakage.Copies(of: [], in: []) }
      return try #require(
        rules.findings(of: leakage, copies: copies, trainedOn: nil).first { $0.topic == "speaker alone" })
    }
    let leakage = SplitLeakage(planted, training: nil, seed: 1)
    #expect(leakage.associations[0].recall == 1 && leakage.associations[0].p == 1.0 / 2001)
    #expect(try finding(planted, nil).verdict == .caution && finding(planted, planted).verdict == .alarm)
    #expect(try finding(balanced, nil).verdict == .noAlarm && finding(balanced, balanced).verdict == .noAlarm)
    // Of 300 tests, p ≤ 0.05 / 300 must be within reach.
    let many = SplitLeakage(planted, training: nil, tests: 300, seed: 1)
    #expect(many.associations[0].p == 1.0 / 12_001)
    let few = Array(planted.prefix(20))
    #expect(try finding(few, nil).verdict == .notJudged)
  }

  @Test("Copies, common speakers and sentences, and clips of the training itself")
  func copies() {
    func noise(_ seed: UInt64) -> [Float] {
      var generator = SeededGenerator(seed: seed)
      return generator.normals(24_000, deviation: 0.1)
    }
    let clips = [noise(3), noise(4), noise(5)]
    let training = [noise(9)] + clips.dropLast()
    let tested = [clips[0], clips[1].amplified(-6), clips[2]].map(AudioPrint.init)
    let found = SplitLeakage.Copies(of: tested, in: training.map(AudioPrint.init))
    #expect(found.exact == 1 && found.near == 1 && found.clips == 3 && found.trainingClips == 3, "\(found)")
    var entries = Self.entries([("a", .angry), ("b", .happy)])
    for index in entries.indices { entries[index].extra = ["sentence": "s\(index)", "session": "1"] }
    let leakage = SplitLeakage(entries, training: [entries[0]], seed: 1)
    let rules = AuditRules(emotions: 2, gaps: 0, associations: 0)
    let findings = rules.findings(of: leakage, copies: found, trainedOn: (1, 3))
    let verdicts = Dictionary(uniqueKeysWithValues: findings.map { ($0.topic, $0.verdict) })
    #expect(verdicts["copies"] == .alarm && verdicts["trained on"] == .alarm && verdicts["speakers"] == .alarm)
    #expect(verdicts["sessions"] == .alarm && verdicts["sentences"] == .note)
    let apart = rules.findings(
      of: SplitLeakage([entries[0]], training: [entries[1]], seed: 1),
      copies: .init(of: [tested[0]], in: [tested[2]]), trainedOn: (0, 3))
    #expect(apart.filter { $0.topic != "sessions" }.allSatisfy { $0.verdict == .noAlarm }, "\(apart)")
    let unknown = rules.findings(of: SplitLeakage(entries, training: nil, seed: 1), copies: nil, trainedOn: nil)
    #expect(unknown.first == AuditFinding("leakage", .notJudged, "no --training"))
  }

  @Test("Where speakers are not known, that is told")
  func unknownSpeakers() {
    let rules = AuditRules(emotions: 2, gaps: 0, associations: 0)
    #expect(rules.finding(ofSpeakers: ["a", "b"]) == nil)
    let found = rules.finding(ofSpeakers: ["a", nil, nil])
    #expect(found?.verdict == .note && found?.words.hasPrefix("of 2 of 3 clips: ") == true)
  }

  @Test("The level of the intervals is Bonferroni's over all tests")
  func level() {
    #expect(AuditRules(emotions: 2, gaps: 0, associations: 0).tests == 11)
    // The noises of two emotions are one test, those of seven seven.
    #expect(AuditRules(emotions: 7, gaps: 6, associations: 3).tests == 26)
    #expect(abs(AuditRules(emotions: 2, gaps: 9, associations: 0).level - 0.9975) < 1e-12)
  }
}
