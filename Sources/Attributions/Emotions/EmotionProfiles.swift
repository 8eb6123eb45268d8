import AudioFeatures
import Foundation
import Layers

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
    /// Hz: the mean place of the attribution on the mel scale.
    public let centroid: Estimate
    /// log₂ of the mean attribution inside beside that outside.
    public let preferences: [RelevanceProfile.Region: Estimate]
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

    /// "holds", where the whole interval has the sign; "fails", where it has the other; else "open".
    public var verdict: String {
      if isPositive ? effect.low > 0 : effect.high < 0 { return "holds" }
      return (isPositive ? effect.high < 0 : effect.low > 0) ? "fails" : "open"
    }
  }

  /// In the order of the classes; those without a clip are left out.
  public let emotions: [OfEmotion]
  /// The report's, of the emotions that are there beside others.
  public let claims: [Claim]

  /// - Parameters:
  ///   - profiles: By emotion, in the order in which they are shown.
  ///   - seed: Of the bootstrap.
  public init(_ profiles: [(name: String, clips: [RelevanceProfile])], seed: UInt64) {
    let present = profiles.filter { !$0.clips.isEmpty }
    emotions = present.map { name, clips in
      func beside(_ part: KeyPath<RelevanceProfile, [Double]>) -> [[Double]] {
        clips.map { clip in clip[keyPath: part].map { $0 * Double(clip[keyPath: part].count) } }
      }
      let map = beside(\.map)
      return OfEmotion(
        name: name, clips: clips.count, bands: Estimate.ofColumns(beside(\.bands), seed: seed),
        times: Estimate.ofColumns(beside(\.times), seed: seed),
        map: map[0].indices.map { place in map.reduce(0) { $0 + $1[place] } / Double(map.count) },
        centroid: Estimate(clips.map(\.centroid), seed: seed)!.mapped(FrontEnd.hertz),
        preferences: RelevanceProfile.Region.allCases.reduce(into: [:]) { found, region in
          found[region] = Estimate(clips.compactMap { $0.preferences[region] }, seed: seed)
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
    let centroid = "mean place of the attribution, mel"
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
