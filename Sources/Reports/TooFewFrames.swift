/// A clip too short for what is to be computed of it.
public struct TooFewFrames: Error, Equatable, CustomStringConvertible {
  public let path: String
  /// The frames that the clip has, and those that are needed.
  public let frames, needed: Int
  /// What needs them: "8 components need".
  public let purpose: String

  public init(path: String, frames: Int, needed: Int, purpose: String) {
    (self.path, self.frames, self.needed, self.purpose) = (path, frames, needed, purpose)
  }

  public var description: String {
    "\(path): has \(frames) frame\(frames == 1 ? "" : "s"), and \(purpose) at least \(needed)"
  }
}
