import Basics
import Models

/// Random changes of a clip as large as a budget allows: the control beside an attack. Of a ratio they have a uniform
/// direction, of a largest change random signs; a masked one is as loud as the clip masks. All lie in the band and leave
/// the padding as it is, as an attack's do.
public struct RandomChange {
  private let allowed: AllowedChange

  public init(_ clip: Clip, at space: InputSpace, _ settings: AttackSettings) throws(AttackError) {
    allowed = try AllowedChange(clip, at: space, settings)
  }

  /// The clip's values after a change, at the place.
  public func values(using generator: inout SeededGenerator) -> [Float] {
    let normals = allowed.supported(generator.normals(allowed.original.count, deviation: 1))
    return allowed.applied(allowed.project(allowed.direction(normals)))
  }
}
