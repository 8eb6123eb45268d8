import AudioFeatures
import Basics
import Foundation

/// What the attributions of many clips say together, by emotion.
public struct EmotionProfiles: Sendable {
  public struct OfEmotion: Sendable {
    public let name: String
    public let clips: Int
    /// Of each mel band beside an even share of all bands: 1 is even.
    public let bands: [Estimate]
    /// Of each fiftieth of the speech beside an even share.
    public let times: [Estimate]
    /// [bands × times], beside an even share.
    public let map: [Double]
    /// Hz: the spectral centroid of the attribution, its mean on the mel scale.
    public let centroid: Estimate
    /// log₂ of the mean attribution inside beside that outside.
    public let preferences: [RelevanceProfile.Region: Estimate]
    /// How much of a cue there is in the frames that hold half of the attribution beside the others.
    public let cues: [AcousticCue: Estimate]
  }

  /// The clips of one emotion, as they come: a small row of each, and the sum of their maps. It can be saved, to go on later.
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

    /// [bands × times], beside an even share.
    var meanMap: [Double] { mapSum.map { $0 * Double(mapSum.count) / Double(clips.count) } }
  }

  /// What somebody says of the attributions of one emotion, as a difference from the other emotions' that has a sign.
  public struct Claim: Sendable {
    public let words: String
    /// What was measured, with its unit.
    public let measure: String
    /// That emotion's mean less the mean of the others' clips.
    public let effect: Estimate
    /// The sign that the claim needs.
    let isPositive: Bool

    /// "holds", where the whole interval has the sign; "does not hold", where it has the other; else "undecided".
    public var verdict: String {
      if isPositive ? effect.low > 0 : effect.high < 0 { return "holds" }
      return (isPositive ? effect.high < 0 : effect.low > 0) ? "does not hold" : "undecided"
    }
  }

  /// In the order of the classes; those without a clip are left out.
  public let emotions: [OfEmotion]
  /// The report's, of the emotions that are there beside others.
  public let claims: [Claim]

  /// - Parameters:
  ///   - profiles: By emotion, in the order in which they are shown.
  ///   - seed: Of the bootstrap.
  public init(_ profiles: [Collection], seed: UInt64) {
    let present = profiles.filter { !$0.clips.isEmpty }
    emotions = present.map { emotion in
      let clips = emotion.clips
      func beside(_ part: KeyPath<RelevanceProfile, [Double]>) -> [[Double]] {
        clips.map { clip in clip[keyPath: part].map { $0 * Double(clip[keyPath: part].count) } }
      }
      return OfEmotion(
        name: emotion.name, clips: clips.count, bands: Estimate.ofColumns(beside(\.bands), seed: seed),
        times: Estimate.ofColumns(beside(\.times), seed: seed),
        map: emotion.meanMap,
        centroid: Estimate(clips.map(\.centroid), seed: seed)!.mapped(FrontEnd.hertz),
        preferences: RelevanceProfile.Region.allCases.reduce(into: [:]) { found, region in
          found[region] = Estimate(clips.compactMap { $0.preferences[region] }, seed: seed)
        },
        cues: AcousticCue.allCases.reduce(into: [:]) { found, cue in
          found[cue] = Estimate(clips.compactMap { $0.cues[cue] }, seed: seed)
        })
    }
    /// An emotion's clips beside all others'.
    func claim(
      _ words: String, of emotion: String, _ measure: String, isPositive: Bool,
      value: (RelevanceProfile) -> Double?
    ) -> Claim? {
      let own = present.filter { $0.name == emotion }.flatMap { $0.clips.compactMap(value) }
      let others = present.filter { $0.name != emotion }.flatMap { $0.clips.compactMap(value) }
      return Estimate(difference: own, others, seed: seed).map {
        Claim(words: words, measure: measure, effect: $0, isPositive: isPositive)
      }
    }
    let centroid = "spectral centroid of the attribution, mel"
    claims = [
      claim("sadness: the low and middle frequencies", of: "sadness", centroid, isPositive: false) { $0.centroid },
      claim(
        "surprise: next to bands that change quickly over frequency", of: "surprise",
        "attribution at such edges beside elsewhere, log2", isPositive: true
      ) { $0.preferences[.edges] },
      claim("happiness: the higher frequencies", of: "happy", centroid, isPositive: true) { $0.centroid },
    ].compactMap { $0 }
  }
}
