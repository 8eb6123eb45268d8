import AudioFeatures
import Basics
import Foundation

/// Statistics of the attributions of many clips, by emotion.
public struct EmotionProfiles: Sendable {
  public struct OfEmotion: Sendable {
    public let name: String
    public let clips: Int
    /// The attribution of each mel band, relative to an even share of all bands: 1 is even.
    public let bands: [Estimate]
    /// The attribution of each fiftieth of the speech, relative to an even share.
    public let times: [Estimate]
    /// The mean map [bands × times], relative to an even share.
    public let map: [Double]
    /// The spectral centroid of the attribution: its mean on the mel scale, in Hz.
    public let centroid: Estimate
    /// log₂ of the ratio of the mean attribution inside a region to that outside.
    public let preferences: [RelevanceProfile.Region: Estimate]
    /// The difference of each cue between the frames that hold half of the attribution and the others.
    public let cues: [AcousticCue: Estimate]
  }

  /// The clips of one emotion so far: a small row of each, and the sum of their maps. It can be saved, to resume later.
  public struct Collection: Sendable, Codable, Equatable {
    public let name: String
    public private(set) var clips: [RelevanceProfile] = []
    private var mapSum: [Double] = []

    public init(name: String, clips: [RelevanceProfile] = []) {
      self.name = name
      for clip in clips { add(clip) }
    }

    public mutating func add(_ profile: RelevanceProfile) {
      if mapSum.isEmpty { mapSum = [Double](repeating: 0, count: profile.map.count) }
      demand(mapSum.count == profile.map.count, "a map of \(profile.map.count) among ones of \(mapSum.count)")
      for (place, value) in profile.map.enumerated() { mapSum[place] += value }
      var row = profile
      row.map = []
      clips.append(row)
    }

    /// Whether the numbers, read from a file, can be those of clips with so many mel bands.
    public func isPossible(bands: Int) -> Bool {
      mapSum.count == (clips.isEmpty ? 0 : bands * RelevanceProfile.timeBins)
        && mapSum.allSatisfy { (0...Double(clips.count) * 1.001).contains($0) }
        && clips.allSatisfy { $0.map.isEmpty && $0.isPossible(bands: bands) }
    }

    /// The mean map [bands × times], relative to an even share.
    var meanMap: [Double] { mapSum.map { $0 * Double(mapSum.count) / Double(clips.count) } }
  }

  /// A claim of the report about the attributions of one emotion, tested as the sign of a difference from the other
  /// emotions.
  public struct Claim: Sendable {
    public let words: String
    /// The measure, with its unit.
    public let measure: String
    /// The emotion's mean less the mean of the others' clips, with an interval that holds with 95 % for all claims
    /// together.
    public let effect: Estimate
    /// The numbers of the emotion's own clips, and of its speakers; nil where a speaker is not known.
    public let clips: Int
    public let speakers: Int?
    /// The sign that the claim needs.
    let isPositive: Bool

    /// The verdict: "holds" where the whole interval has the claimed sign, "does not hold" where it has the other, else
    /// "undecided"; "too few clips" where the emotion has fewer clips or speakers than a verdict needs.
    public var verdict: String {
      guard Estimate.isEnough(clips: clips, speakers: speakers), let low = effect.low, let high = effect.high else {
        return "too few clips"
      }
      if isPositive ? low > 0 : high < 0 { return "holds" }
      return (isPositive ? high < 0 : low > 0) ? "does not hold" : "undecided"
    }
  }

  /// The statistics by emotion, in the order of the classes; emotions without a clip are left out.
  public let emotions: [OfEmotion]
  /// The report's claims about the emotions that are present beside others.
  public let claims: [Claim]

  /// - Parameters:
  ///   - profiles: The clips by emotion, in the order in which they are shown.
  ///   - seed: The seed of the bootstrap.
  ///   - hasClaims: Whether the report's claims are tested: they are about each emotion explained as itself.
  public init(_ profiles: [Collection], seed: UInt64, hasClaims: Bool = true) {
    let present = profiles.filter { !$0.clips.isEmpty }
    emotions = present.map { emotion in
      let clips = emotion.clips
      func beside(_ part: KeyPath<RelevanceProfile, [Double]>) -> [[Double]] {
        clips.map { clip in clip[keyPath: part].map { $0 * Double(clip[keyPath: part].count) } }
      }
      return OfEmotion(
        name: emotion.name, clips: clips.count,
        bands: Estimate.ofColumns(beside(\.bands), speakers: clips.map(\.speaker), seed: seed),
        times: Estimate.ofColumns(beside(\.times), speakers: clips.map(\.speaker), seed: seed),
        map: emotion.meanMap,
        centroid: Estimate(clips.observations(\.centroid), seed: seed)!.mapped(FrontEnd.hertz),
        preferences: RelevanceProfile.Region.allCases.reduce(into: [:]) { found, region in
          found[region] = Estimate(clips.observations { $0.preferences[region] }, seed: seed)
        },
        cues: AcousticCue.allCases.reduce(into: [:]) { found, cue in
          found[cue] = Estimate(clips.observations { $0.cues[cue] }, seed: seed)
        })
    }
    let tested = Self.claimed.filter { emotion in
      present.count > 1 && present.contains { $0.name == emotion }
    }
    /// The claim as a difference between an emotion's clips and all others.
    func claim(
      _ words: String, of emotion: String, _ measure: String, isPositive: Bool,
      value: (RelevanceProfile) -> Double?
    ) -> Claim? {
      let own = present.filter { $0.name == emotion }.flatMap { $0.clips.observations(value) }
      let others = present.filter { $0.name != emotion }.flatMap { $0.clips.observations(value) }
      let level = Estimate.level(ofEachAmong: tested.count)
      return Estimate(difference: own, others, level: level, seed: seed).map {
        Claim(
          words: words, measure: measure, effect: $0, clips: own.count, speakers: own.speakers, isPositive: isPositive)
      }
    }
    guard hasClaims else {
      claims = []
      return
    }
    let centroid = "spectral centroid of the attribution, mel"
    claims = [
      claim("sadness: the low and middle frequencies", of: "sadness", centroid, isPositive: false) { $0.centroid },
      claim(
        "surprise: next to bands that change quickly over frequency", of: "surprise",
        "attribution at such edges relative to elsewhere, log2", isPositive: true
      ) { $0.preferences[.edges] },
      claim("happiness: the higher frequencies", of: "happy", centroid, isPositive: true) { $0.centroid },
    ].compactMap { $0 }
  }

  /// The emotions that claims are about, each one claim.
  private static let claimed = ["sadness", "surprise", "happy"]
}

extension [RelevanceProfile] {
  /// A value of each clip that has it, with the clip's speaker.
  fileprivate func observations(_ value: (RelevanceProfile) -> Double?) -> [Observation] {
    compactMap { clip in value(clip).map { Observation(value: $0, speaker: clip.speaker) } }
  }
}
