/// What a page has beside the clips that it was asked for, as long as it stays small enough to be sent by mail: their figures
/// as printed, which the view into the clips shows too, and their explanations for other targets.
struct PageExtras {
  /// Bytes of a page.
  static let room = 3_000_000

  private var bytes = 0
  private var withoutFigures: Set<String> = []
  private var withoutTargets: Set<String> = []

  /// Whether there is room for a figure of a clip.
  mutating func takesFigure(of clip: String) -> Bool {
    if bytes >= Self.room { withoutFigures.insert(clip) }
    return bytes < Self.room
  }

  /// Counts a figure that there was room for.
  mutating func count(_ figure: Page.Section) { bytes += figure.bytes }

  /// Whether there is room for a clip's other targets, which is theirs from now on.
  /// - Parameter needed: As far as can be told before they are explained.
  mutating func takesTargets(of clip: String, bytes needed: Int) -> Bool {
    guard bytes + needed <= Self.room else {
      withoutTargets.insert(clip)
      return false
    }
    bytes += needed
    return true
  }

  /// What was left out.
  var words: [Page.Section] {
    func words(_ clips: Set<String>, _ what: String) -> String? {
      clips.isEmpty ? nil : "\(what) of \(clips.count) clip\(clips.count == 1 ? "" : "s")"
    }
    let left = [words(withoutFigures, "figures as printed"), words(withoutTargets, "explanations for other targets")]
      .compactMap { $0 }
    return left.isEmpty
      ? []
      : [
        .text(
          heading: "",
          lines: ["To stay small, this page is without " + left.joined(separator: " and ") + "; fewer clips have them."]
        )
      ]
  }
}
