import Attributions
import Basics
import Figures
import Foundation
import Models

/// The page of clips that one model was explained on: each clip's figures as printed, and the view that switches methods and
/// targets.
public struct ExplanationPage {
  /// What was added of some clips.
  struct Clips: Codable, Sendable {
    fileprivate(set) var entries: [ExplanationPageEntry] = []
    /// Clips for which there was no room.
    fileprivate(set) var leftOut = 0
  }

  /// Clips that a page has room for.
  public static let room = 24

  private(set) var clips = Clips()
  private let model: TrainedModel
  private let title: String
  private let provenance: [String: String]
  private let overlay: AttributionOverlay
  private var room = Self.room
  private var extras = PageExtras()

  public init(model: TrainedModel, source: String, overlay: AttributionOverlay = .standard) {
    (self.model, self.overlay) = (model, overlay)
    (title, provenance) = ("Explanations of the model \(model.name)", model.provenance(source: source))
  }

  /// Clips for which there was no room.
  public var leftOut: Int { clips.leftOut }

  /// How many more clips there is room for.
  var roomLeft: Int { room - clips.entries.count }

  /// A page for some of this one's clips, which are added to it later: with all of each that this one may have room for.
  /// - Parameter hasRoom: Whether it may have room for clips.
  func part(hasRoom: Bool) -> ExplanationPage {
    var part = self
    (part.clips, part.room, part.extras) = (Clips(), hasRoom ? Self.room : 0, .all)
    return part
  }

  /// The page of what was added.
  public var page: Page {
    var page = Page(title: title, provenance: provenance, overlay: overlay)
    page.sections = [.clips]
    var extras = PageExtras()
    for entry in clips.entries { entry.add(to: &page, &extras) }
    page.sections = .warnings(clips.entries.compactMap(\.warning)) + page.sections + extras.words
    return page
  }

  /// - Parameters:
  ///   - reports: Of one clip by each method, with the sounds that each makes of it and what it says of the units, if
  ///     anything; at least one.
  ///   - others: The clip explained for other targets, asked for only where there is room.
  public mutating func add(
    _ reports: [(report: ExplanationReport, listening: Listening?, units: UnitsReport?)], samples: [Float],
    others: () throws -> [Explanation]
  ) throws {
    guard roomLeft > 0 else {
      clips.leftOut += 1
      return
    }
    var extras = extras
    clips.entries.append(
      try ExplanationPageEntry(reports, samples: samples, model: model, overlay: overlay, &extras, others: others))
    self.extras = extras
  }

  /// Adds the clips of a part.
  mutating func add(_ part: Clips) {
    let taken = part.entries.prefix(roomLeft)
    clips.entries += taken
    clips.leftOut += part.leftOut + part.entries.count - taken.count
  }
}
