import Attributions
import AudioFeatures
import Models

/// What each unit of a clip is worth to a model by taking it out, without a method's attribution beside it.
public struct UnitEffects: Encodable, Sendable {
  /// A unit and what the model makes of the clip without it.
  public struct Row: Encodable, Sendable {
    public let unit: String
    /// Seconds of the file.
    public let start, end: Double
    public let isPause: Bool
    /// By how much the target's score falls without the unit: a logit, or the value of a dimension.
    public let leaveOneOut: Double
    /// The target's probability without the unit, or its value of a dimension.
    public let without: Double
  }

  /// The target's score of the whole clip, and its probability or its value of a dimension.
  public let score, whole: Double
  public let units: [Row]

  /// - Parameters:
  ///   - found: Units of the clip's speech, in seconds from its start.
  ///   - path: The clip's path, for errors.
  ///   - seed: Of a filling's noise.
  /// - Throws: ``UnitsError`` or `ExplanationError`.
  public init(
    _ clip: Clip, units found: [SpeechUnit], kind: UnitKind, filling: UnitFilling, target: Target, path: String,
    seed: UInt64
  ) throws {
    let units = try UnitsQuestion.heard(found, kind: kind.rawValue, in: clip, path: path)
    let game = UnitGame(clip, units: units, filling: filling, target: target, path: path, seed: seed)
    let whole = try game.answers([game.all])[0]
    let effects = try game.leaveOneOut()
    let rest = try game.answers(units.indices.map(game.without))
    (score, self.whole) = (whole.score, whole.measured)
    self.units = units.indices.map { index in
      Row(
        unit: units[index].name, start: clip.place.start + units[index].range.lowerBound,
        end: clip.place.start + units[index].range.upperBound, isPause: units[index].isPause,
        leaveOneOut: effects[index], without: rest[index].measured)
    }
  }
}
