/// The place of a clip in the file that it is from, in seconds.
public struct ClipPlace: Sendable, Equatable {
  /// The clip itself: the stretch without its quiet ends.
  public var speech: Range<Double>
  /// What was read of the file: all of it, its beginning, or a window.
  public let stretch: Range<Double>

  /// A clip of which nothing is trimmed.
  public init(_ stretch: Range<Double>) { (speech, self.stretch) = (stretch, stretch) }

  /// The seconds of the file before the clip.
  public var start: Double { speech.lowerBound }

  /// The clip's first seconds, such as those that a model of a fixed length uses.
  public func first(_ seconds: Double) -> Range<Double> { start..<start + seconds }

  public var isTrimmed: Bool { speech != stretch }
}
