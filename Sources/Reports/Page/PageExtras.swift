/// What a page has beside the clips that it was asked for, as long as it stays small enough to be sent by mail: their figures
/// as printed, which the view into the clips shows too, their explanations for other targets, and the sounds of their units.
struct PageExtras {
  /// Bytes of a page.
  static let room = 3_000_000

  private let room: Int
  /// Bytes that are taken.
  private(set) var bytes = 0
  /// Whether what is taken is taken from the rest. Of a part of a page it is not: only the page can tell what has room.
  private let counts: Bool
  private var withoutFigures: Set<String> = []
  private var withoutTargets: Set<String> = []
  private var withoutSounds: Set<String> = []

  /// - Parameter room: Bytes in which all is to stay.
  init(room: Int = Self.room) { (self.room, counts) = (room, true) }

  /// Room for whatever may have some in a page that has taken so many bytes, or more.
  init(atLeast bytes: Int) { (room, self.bytes, counts) = (Self.room, bytes, false) }

  /// A figure of a clip, which is made where there is room for it; else nil.
  mutating func figure<Failure>(
    of clip: String, _ make: () throws(Failure) -> PageFigure?
  ) throws(Failure) -> PageFigure? {
    guard bytes < room else {
      withoutFigures.insert(clip)
      return nil
    }
    let figure = try make()
    if counts { bytes += figure?.bytes ?? 0 }
    return figure
  }

  /// Whether there is room for a clip's other targets, which is theirs from now on.
  /// - Parameter needed: As far as can be told before they are explained.
  mutating func takesTargets(of clip: String, bytes needed: Int) -> Bool {
    takes(needed, of: clip, or: \.withoutTargets)
  }

  /// Whether there is room for the sounds of a clip's units, which is theirs from now on.
  mutating func takesSounds(of clip: String, bytes needed: Int) -> Bool {
    takes(needed, of: clip, or: \.withoutSounds)
  }

  private mutating func takes(
    _ needed: Int, of clip: String, or without: WritableKeyPath<PageExtras, Set<String>>
  ) -> Bool {
    guard bytes + needed <= room else {
      self[keyPath: without].insert(clip)
      return false
    }
    if counts { bytes += needed }
    return true
  }

  /// What was left out.
  var words: [Page.Section] {
    func words(_ clips: Set<String>, _ what: String) -> String? {
      clips.isEmpty ? nil : "\(what) of \(clips.count) clip\(clips.count == 1 ? "" : "s")"
    }
    let left = [
      words(withoutFigures, "figures as printed"), words(withoutTargets, "explanations for other targets"),
      words(withoutSounds, "sounds of units"),
    ].compactMap { $0 }
    return left.isEmpty
      ? []
      : [
        .text(
          heading: "",
          lines: ["To stay small, this page is without " + left.joined(separator: ", ") + "; fewer clips have them."]
        )
      ]
  }
}
