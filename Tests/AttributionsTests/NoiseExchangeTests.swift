import AudioFeatures
import Basics
import Foundation
import Layers
import Models
import TestSupport
import Tensors
import Testing

@testable import Attributions

/// A network that says its second class where a sound is loud: in some mels over all frames, which is noise where the speech has
/// nothing there, or in its loudest cell, which is speech.
private final class LevelModel: EmotionModel {
  struct Configuration: NetworkConfiguration {
    /// The mels of which the mean counts; none for the loudest cell of all.
    var mels = 0..<0
    /// In dB.
    var threshold: Float = 0
    var problem: String? { nil }
  }

  static let name = "level"
  static let title = "Level"
  static let summary = "for tests"
  static let inputs = [InputSpace.mel]
  static let clipLength = ClipLength.natural(leastFrames: 1)
  static let recipes: [Recipe.Name: Recipe] = [:]
  static let clipsAtOnce = 3
  static let multiplyAdds = 0.0
  static let base = Configuration()

  private let sizes: Configuration
  let parameters: [Parameter] = []

  init(_ sizes: Configuration, outputs: Int, from source: ParameterSource) { self.sizes = sizes }

  func callAsFunction(_ input: NetworkInput, _ pass: ForwardPass) -> Tensor {
    let mel = input[.mel]
    let (batch, mels, frames) = (mel.shape[0], mel.shape[2], mel.shape[3])
    let cells = mel.reshaped([batch, mels, frames])
    let weights = (0..<mels).map { sizes.mels.contains($0) ? 1 / Float(sizes.mels.count) : 0 }
    let level =
      (sizes.mels.isEmpty
      ? cells.reshaped([batch, mels * frames]).maximum(axis: 1)
      : (cells * Tensor(weights, shape: [1, mels, 1])).sum(axes: [1]).reshaped([batch, frames]).mean(axes: [1]))
      .reshaped([batch, 1])
    return .concatenated([level * 0, (level - sizes.threshold) * 0.3], axis: 1)
  }

  static func model(_ configuration: Configuration) -> TrainedModel {
    TrainedModel(
      untrained: ModelConfiguration(LevelModel.self, network: configuration, classes: ["a", "b"]), seed: 0)
  }
}

@Suite("Steady noises exchanged between clips")
struct NoiseExchangeTests {
  private static let rate = 16_000

  // MARK: Who gives to whom

  private static func member(_ path: String, _ label: Int, _ speaker: String?) -> NoiseExchange.Member {
    let noise = SteadyNoise([Float](repeating: 0, count: 1024), pauses: [0..<1024], sampleRate: rate)!
    return .init(path: path, label: label, speaker: speaker, noise: noise)
  }

  /// A clip of each of some classes by each of some speakers.
  private static func members(speakers: Int, classes: Int) -> [NoiseExchange.Member] {
    (0..<speakers).flatMap { speaker in
      (0..<classes).map { member("\(speaker)-\($0)", $0, "\(speaker)") }
    }
  }

  @Test("A clip is given noises of its own emotion and of another, by other speakers, each about as often; by the seed")
  func donors() throws {
    let members = Self.members(speakers: 6, classes: 3)
    let exchange = NoiseExchange(members, seed: 1)
    var (same, other, pairs): ([String: Int], [String: Int], [[Int]: Int]) = ([:], [:], [:])
    for taker in members {
      let given = try #require(exchange.given(to: taker.path))
      #expect(given.same.label == taker.label && given.other.label != taker.label)
      #expect(given.same.speaker != taker.speaker && given.other.speaker != taker.speaker)
      same[given.same.path, default: 0] += 1
      other[given.other.path, default: 0] += 1
      pairs[[taker.label, given.other.label], default: 0] += 1
    }
    // The last taker of all may find only itself left.
    #expect(same.values.allSatisfy { $0 <= 2 } && same.count >= 15, "\(same)")
    #expect(other.values.allSatisfy { $0 <= 2 } && other.count >= 12, "\(other)")
    #expect(pairs.count == 6 && pairs.values.allSatisfy { $0 == 3 }, "\(pairs)")
    func paths(_ seed: UInt64) -> [String?] {
      let exchange = NoiseExchange(members, seed: seed)
      return members.map { exchange.given(to: $0.path)?.other.path }
    }
    #expect(paths(1) == paths(1) && paths(1) != paths(2))
  }

  @Test("One speaker exchanges with itself, never a clip; an emotion of one clip gives, and takes nothing")
  func fewDonors() throws {
    let alone = [Self.member("a1", 0, "s"), Self.member("a2", 0, "s"), Self.member("b1", 1, "s")]
    let exchange = NoiseExchange(alone + [Self.member("a1", 1, "t")], seed: 1)
    let (first, second) = (try #require(exchange.given(to: "a1")), try #require(exchange.given(to: "a2")))
    #expect(
      first.same.path == "a2" && second.same.path == "a1" && first.other.path == "b1" && second.other.path == "b1")
    #expect(exchange.given(to: "b1") == nil && exchange.given(to: "none") == nil)
    let unknown = NoiseExchange((0..<8).map { Self.member("\($0)", $0 % 2, nil) }, seed: 3)
    for place in 0..<8 { #expect(unknown.given(to: "\(place)")?.same.path != "\(place)") }
    #expect(NoiseExchange([], seed: 1).given(to: "a1") == nil)
    // One emotion alone has nobody to exchange with.
    #expect(NoiseExchange(Array(alone.prefix(2)), seed: 1).given(to: "a1") == nil)
  }

  // MARK: What is said

  private static func clip(
    _ label: Int, _ path: String, same: [Double], other: [Double], donors: (String, String, Int)
  ) -> (clip: AuditedClip, path: String, speaker: String?) {
    let answers = ["noise of same emotion": same, "noise of other emotion": other, "as it is": same]
    let given = AuditedClip.Donors(
      same: .init(path: donors.0, label: label, speaker: donors.0),
      other: .init(path: donors.1, label: donors.2, speaker: donors.1))
    return (AuditedClip(label: label, answers: answers, seen: nil, isTrainedOn: nil, donors: given), path, path)
  }

  @Test("How predictions follow a noise, by hand: of the emotion's own clips, and of those that are given its noise")
  func following() throws {
    let rows = [
      Self.clip(0, "p", same: [0.6, 0.3, 0.1], other: [0.2, 0.7, 0.1], donors: ("q", "r", 1)),
      Self.clip(1, "r", same: [0.3, 0.6, 0.1], other: [0.4, 0.5, 0.1], donors: ("s", "q", 0)),
      Self.clip(2, "t", same: [0.3, 0.3, 0.4], other: [0.4, 0.3, 0.3], donors: ("u", "p", 0)),
    ]
    let found = NoiseFollowing.all(rows, level: 0.99)
    #expect(found.map(\.label) == [0, 1, 2] && found.map(\.clips) == [3, 2, 1])
    // Of the first q gives twice and p once; of the second r and s; of the third u.
    #expect(found.map(\.givers) == [2, 2, 1])
    for (own, mean) in zip(found, [(0.4 + 0.1 + 0.1) / 3, (0.4 + 0.1) / 2, 0.1]) {
      #expect(abs((own.follows?.mean ?? 9) - mean) < 1e-12 && own.follows?.level == 0.99)
    }
    // p, q and r; r, s and q; t, u and p: the deviations from 0.2 are 0.2, −0.1 and −0.1.
    let interval = try #require(
      Estimate(
        values: [0.4, 0.1, 0.1], parties: [["p", "q", "r"], ["r", "s", "q"], ["t", "u", "p"]], areSpeakers: true,
        level: 0.99))
    #expect(abs((found[0].follows?.high ?? 9) - (interval.high ?? 0)) < 1e-12 && found[0].follows?.speakers == 6)
    // Where one speaker is not known, clips count.
    let unknown = NoiseFollowing.all(rows.map { ($0.clip, $0.path, $0.path == "p" ? nil : $0.speaker) }, level: 0.99)
    #expect(unknown[0].follows?.speakers == nil && unknown[0].follows?.low != nil && unknown[0].givers == 2)
    // Clips that were given nothing are not compared.
    let none = rows.map { row in
      let clip = AuditedClip(label: row.clip.label, answers: row.clip.answers, seen: nil, isTrainedOn: nil)
      return (clip: clip, path: row.path, speaker: row.speaker)
    }
    #expect(
      NoiseFollowing.all(none, level: 0.99).allSatisfy {
        $0.follows == nil && $0.clips == 0 && $0.givers == 0 && !$0.isFollowed
      })
  }

  // MARK: Planted

  /// What is made of a corpus of twelve speakers and two classes: the class of each clip, its harmonics up to 900 Hz between two
  /// pauses, 10 dB louder in the second class, and white noise.
  /// - Parameter noise: Its level in dB of full scale, of a speaker and a class.
  private static func finding(
    of model: TrainedModel, noise: (_ speaker: Int, _ label: Int) -> Double
  ) throws -> (finding: AuditFinding, following: [NoiseFollowing], accuracy: Double) {
    var generator = SeededGenerator(seed: 5)
    let sounds = (0..<24).map { number -> [Float] in
      let (speaker, label) = (number / 2, number % 2)
      let room = generator.normals(19_200, deviation: pow(10, noise(speaker, label) / 20))
      return room.enumerated().map { index, value in
        guard (4800..<14_400).contains(index) else { return value }
        let edge = min(1, Double(min(index - 4800, 14_399 - index)) / 1600)
        let angle = 2 * .pi * Double(index) / Double(rate) * (120 + 2 * Double(speaker))
        let voice = (1...6).reduce(0) { $0 + sin(Double($1) * angle) / Double($1) }
        return value + Float((label == 0 ? 0.06 : 0.19) * edge * voice)
      }
    }
    let phrases = sounds.map { SpeechSegmentation($0, sampleRate: rate).phrases }
    let noises = try sounds.indices.map {
      try #require(AuditIntervention.steadyNoise(of: sounds[$0], phrases: phrases[$0], sampleRate: rate))
    }
    let exchange = NoiseExchange(
      sounds.indices.map {
        .init(path: "\($0).wav", label: $0 % 2, speaker: "\($0 / 2)", noise: noises[$0])
      }, seed: 7)
    let rows = try sounds.indices.map { number in
      let given = try #require(exchange.given(to: "\(number).wav"))
      var answers: [String: [Double]] = [:]
      for change in [AuditIntervention.asItIs, .cleaned, .sameNoise, .otherNoise] {
        let sound = try #require(
          change.sound(of: sounds[number], phrases: phrases[number], sampleRate: rate, given: given))
        #expect(sound.count == sounds[number].count)
        answers[change.rawValue] = try EditedClip.answer(to: sound, path: "", model: model)?.probabilities
      }
      let donors = [given.same, given.other].map {
        AuditedClip.Donor(path: $0.path, label: $0.label, speaker: $0.speaker)
      }
      let clip = AuditedClip(
        label: number % 2, answers: answers, seen: nil, isTrainedOn: nil,
        donors: .init(same: donors[0], other: donors[1]))
      return (clip: clip, path: "\(number).wav", speaker: Optional("\(number / 2)"))
    }
    let rules = AuditRules(emotions: 2, gaps: 0, associations: 0)
    let effects = AuditIntervention.allCases.compactMap {
      InterventionEffect($0, of: rows.map { ($0.clip, $0.speaker) }, level: rules.level, seed: 1)
    }
    let following = NoiseFollowing.all(rows, level: rules.level)
    let findings = rules.findings(
      of: Dictionary(uniqueKeysWithValues: effects.map { ($0.intervention, $0) }), following: following,
      classes: model.classes)
    let right = rows.count { $0.clip.answer(.asItIs)!.likeliestClass == $0.clip.label }
    return (try #require(findings.first { $0.topic == "steady noise" }), following, Double(right) / 24)
  }

  /// Above 4 kHz, where the speech has nothing, noises of −76 and −56 dB have −41 and −21 dB in a mel; the loudest cell of the
  /// speech has 22 to 25 and 32 to 35 dB.
  private static let ofNoise = LevelModel.Configuration(mels: 100..<128, threshold: -31)
  private static let ofSpeech = LevelModel.Configuration(threshold: 28)

  @Test("A model of the noise that one class has raises an alarm, and follows the noise nearly always")
  func planted() throws {
    let found = try Self.finding(of: LevelModel.model(Self.ofNoise)) { $1 == 0 ? -76 : -56 }
    #expect(found.accuracy == 1, "\(found)")
    #expect(found.finding.verdict == .alarm && found.finding.words.contains("b +0."), "\(found.finding)")
    #expect(found.following.allSatisfy { ($0.follows?.mean ?? 0) > 0.6 && $0.isFollowed }, "\(found.following)")
  }

  @Test("A model of the speech's level does not follow the noise, though one class alone has it")
  func speech() throws {
    let found = try Self.finding(of: LevelModel.model(Self.ofSpeech)) { $1 == 0 ? -76 : -56 }
    #expect(found.accuracy == 1 && found.finding.verdict == .noAlarm, "\(found)")
    #expect(found.following.allSatisfy { abs($0.follows?.mean ?? 9) < 0.02 }, "\(found.following)")
  }

  @Test(
    "A model of the noise raises no alarm where rooms differ by speaker, and one where a class has rooms of its own")
  func rooms() throws {
    let model = LevelModel.model(Self.ofNoise)
    let apart = try Self.finding(of: model) { speaker, _ in speaker % 2 == 0 ? -76 : -56 }
    #expect(apart.finding.verdict != .alarm && apart.following.allSatisfy { !$0.isFollowed }, "\(apart)")
    // Each speaker has a quiet room and a loud one, and the second class is always in the loud one.
    let own = try Self.finding(of: model) { $1 == 0 ? -78 + Double($0 % 3) : -58 + Double($0 % 3) }
    #expect(own.finding.verdict == .alarm, "\(own)")
  }

  @Test("Without pauses, or without noises of others, nothing is exchanged")
  func refusals() {
    let sound = makeSpeech(16_000)
    let given = NoiseExchange.Given(same: Self.member("a", 0, "s"), other: Self.member("b", 1, "t"), seed: 1)
    for change in [AuditIntervention.cleaned, .sameNoise, .otherNoise] {
      #expect(change.sound(of: sound, phrases: [0..<1], sampleRate: 16_000, given: given) == nil)
    }
    #expect(AuditIntervention.sameNoise.sound(of: sound, phrases: [0.5..<0.8], sampleRate: 16_000) == nil)
    #expect(AuditIntervention.steadyNoise(of: sound, phrases: [0.05..<0.95], sampleRate: 16_000) == nil)
    #expect(AuditIntervention.steadyNoise(of: [], phrases: [], sampleRate: 16_000) == nil)
    // Donors of digital silence: the cleaned clip, with nothing.
    let quiet = AuditIntervention.sameNoise.sound(of: sound, phrases: [0.5..<0.8], sampleRate: 16_000, given: given)
    #expect(quiet == AuditIntervention.cleaned.sound(of: sound, phrases: [0.5..<0.8], sampleRate: 16_000))
    // A clip cannot be given noises whose answers it has not, nor one of its own emotion as another's.
    let donors = AuditedClip.Donors(
      same: .init(path: "a", label: 0, speaker: nil), other: .init(path: "b", label: 1, speaker: nil))
    let answers = [
      "as it is": [0.5, 0.5], "noise of same emotion": [0.5, 0.5], "noise of other emotion": [0.5, 0.5],
    ]
    func isPossible(_ label: Int, _ answers: [String: [Double]]) -> Bool {
      AuditedClip(label: label, answers: answers, seen: nil, isTrainedOn: nil, donors: donors).isPossible(classes: 2)
    }
    #expect(isPossible(0, answers) && !isPossible(1, answers) && !isPossible(0, ["as it is": [0.5, 0.5]]))
  }
}
