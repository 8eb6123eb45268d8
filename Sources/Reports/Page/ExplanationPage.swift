import Attributions
import Basics
import Figures
import Foundation
import Models

/// The page of clips that one model was explained on: each clip's figures as printed, and the view that switches methods and
/// targets.
public struct ExplanationPage {
  /// What there is room for: so many clips, with so many bytes taken by what is beside them.
  struct Room: Codable, Sendable {
    let clips, bytes: Int
  }

  /// What was added of some clips.
  struct Clips: Codable, Sendable {
    fileprivate(set) var entries: [PagePart<ExplanationPageEntry>] = []
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
  private var most = Self.room
  private var extras = PageExtras()
  /// Of a part, how an error is told, which is kept for the page.
  private var told: ((any Error) -> ToldError)?

  public init(model: TrainedModel, source: String, overlay: AttributionOverlay = .standard) {
    (self.model, self.overlay) = (model, overlay)
    (title, provenance) = ("Explanations of the model \(model.name)", model.provenance(source: source))
  }

  /// Clips for which there was no room.
  public var leftOut: Int { clips.leftOut }

  /// The room that is left, of which there is never more again.
  var roomLeft: Room { Room(clips: most - clips.entries.count, bytes: extras.bytes) }

  /// A page for some of this one's clips, which are added to it later: with all of each that this one may have room for.
  /// - Parameters:
  ///   - room: That of this page, now or before.
  ///   - told: How an error is told. One of what a page may have no room for is kept, and fails the clip where it has.
  func part(_ room: Room, told: @escaping (any Error) -> ToldError) -> ExplanationPage {
    var part = self
    (part.clips, part.most, part.extras, part.told) = (Clips(), room.clips, PageExtras(atLeast: room.bytes), told)
    return part
  }

  /// The page of what was added.
  public var page: Page {
    get throws {
      var (page, extras) = (empty, PageExtras())
      let entries = try clips.entries.map { try $0.content }
      for entry in entries { try entry.add(to: &page, &extras) }
      page.sections = .warnings(entries.compactMap(\.warning)) + page.sections + extras.words
      return page
    }
  }

  private var empty: Page {
    var page = Page(title: title, provenance: provenance, overlay: overlay)
    page.sections = [.clips]
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
    guard roomLeft.clips > 0 else {
      clips.leftOut += 1
      return
    }
    var extras = extras
    clips.entries.append(
      try PagePart(told) {
        try ExplanationPageEntry(
          reports, samples: samples, model: model, overlay: overlay, &extras, told: told, others: others)
      })
    self.extras = extras
  }

  /// Adds the clips of a part, as adding them one after the other would have.
  /// - Throws: The first error that a clip has of what there is room for; the clips before it are added.
  mutating func add(_ part: Clips) throws(ToldError) {
    for entry in part.entries {
      guard roomLeft.clips > 0 else {
        clips.leftOut += 1
        continue
      }
      var (page, extras) = (empty, extras)
      try entry.content.add(to: &page, &extras)
      clips.entries.append(entry)
      self.extras = extras
    }
    clips.leftOut += part.leftOut
  }
}
