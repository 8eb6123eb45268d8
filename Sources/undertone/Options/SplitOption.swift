import ArgumentParser
import Corpora

/// The unit of a split of a manifest into parts.
struct SplitOption: ParsableArguments {
  @Option(
    help: """
      The unit that a split keeps on one side. (default: speaker where the manifest names one for every clip, else clip)
      """)
  var by: SplitUnit?

  /// The unit to split by, and a warning where speakers are known and not kept apart, or not known.
  func unit(for manifest: Manifest, parts: Int = 2) -> (unit: SplitUnit, warning: String?) {
    Self.unit(by, for: manifest, parts: parts)
  }

  static func unit(_ by: SplitUnit?, for manifest: Manifest, parts: Int = 2) -> (unit: SplitUnit, warning: String?) {
    let speakers = Set(manifest.entries.map(\.speaker))
    let canKeepApart = !speakers.contains(nil) && speakers.count >= parts
    switch by {
    case .clip where canKeepApart:
      return (
        .clip,
        "--by clip: the same speakers are in training and validation, where results are better than they will be on "
          + "new speakers"
      )
    case nil where !canKeepApart:
      let reason =
        speakers.contains(nil)
        ? "not every clip has a speaker"
        : "\(speakers.count) speaker\(speakers.count == 1 ? "" : "s") cannot fill \(parts) parts"
      return (.clip, "\(reason), so the split is by clip, and a speaker may be in training and in validation")
    default: return (by ?? .speaker, nil)
    }
  }
}

extension SplitUnit: ExpressibleByArgument {}

extension Manifest {
  /// The numbers of clips and speakers: "156 clips of 3 speakers".
  var size: String {
    let speakers = Set(entries.compactMap(\.speaker)).count
    return "\(entries.count) clip\(entries.count == 1 ? "" : "s")"
      + (speakers == 0 ? "" : " of \(speakers) speaker\(speakers == 1 ? "" : "s")")
  }
}
