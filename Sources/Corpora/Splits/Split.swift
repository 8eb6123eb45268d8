import Basics

/// The clips that are kept together when a manifest is split.
public enum SplitUnit: String, Sendable, CaseIterable {
  /// Single clips: a model may then recognise the speaker instead of the emotion.
  case clip
  /// All clips of a speaker: no speaker is in both training and validation.
  case speaker
  /// All clips of a corpus.
  case corpus
}

public enum SplitError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A split that needs a value for every clip, and a clip without one.
  case missing(column: String, path: String, manifest: String)
  case tooFew(SplitUnit, found: Int, needed: Int, manifest: String)
  /// Units that must stay together, because clips of one share something with clips of another.
  case joined(SplitUnit, count: Int, groups: Int, by: String, needed: Int, manifest: String)

  public var description: String {
    switch self {
    case .missing("speaker", let path, let manifest):
      "\(manifest): no speaker of \(path), and a speaker-independent split needs one for every clip"
    case .missing(let column, let path, let manifest):
      "\(manifest): no \(column) of \(path), and keeping \(column)s apart needs one for every clip"
    case .tooFew(let unit, let found, let needed, let manifest):
      "\(manifest): \(unit.counted(found)) cannot fill \(needed) parts"
    case .joined(let unit, let count, let groups, let shared, let needed, let manifest):
      "\(manifest): \(unit.counted(count)) form \(groups) group\(groups == 1 ? "" : "s") when those that share "
        + "\(shared) stay together, and cannot fill \(needed) parts"
    }
  }
}

extension SplitUnit {
  /// "1 speaker", "2 corpora".
  public func counted(_ count: Int) -> String {
    "\(count) " + (count == 1 ? rawValue : self == .corpus ? "corpora" : "\(rawValue)s")
  }
}

/// Two parts of a manifest.
public typealias ManifestSplit = (training: Manifest, validation: Manifest)

extension Manifest {
  /// Two manifests, stratified by emotion; the same seed gives the same two on every machine. Copies of a clip
  /// (``CorpusPreparation/duplicateColumn``) are in one part, whatever the unit.
  /// - Parameters:
  ///   - trainingShare: The training part's share of the clips of each emotion; 0.8 in the report.
  ///   - apart: Whether a sentence, too, is in one part only.
  public func split(
    trainingShare: Double = 0.8, by unit: SplitUnit = .clip, sentencesApart apart: Bool = false, seed: UInt64
  ) throws(SplitError) -> ManifestSplit {
    demand(trainingShare > 0 && trainingShare < 1, "the share must be in 0…1, not \(trainingShare)")
    let groups = try groups(by: unit, sentencesApart: apart, needed: 2)
    let parts = parts(of: groups, sharing: [trainingShare, 1 - trainingShare], seed: seed)
    return (part(0, of: parts), part(1, of: parts))
  }

  /// `count` pairs of manifests. Every clip is in the validation part of one pair, and in the training part of
  /// the others. Copies of a clip stay together, and, where `apart`, all clips of a sentence.
  public func folds(
    _ count: Int, by unit: SplitUnit = .clip, sentencesApart apart: Bool = false, seed: UInt64
  ) throws(SplitError) -> [ManifestSplit] {
    demand(count >= 2, "cross-validation needs at least 2 folds, not \(count)")
    let groups = try groups(by: unit, sentencesApart: apart, needed: count)
    return folds(
      count, parts: parts(of: groups, sharing: [Double](repeating: 1 / Double(count), count: count), seed: seed))
  }

  /// A pair of manifests for each unit, whose clips are the validation part; units with copies of the same clip are left out
  /// together.
  public func foldsLeavingOut(
    one unit: SplitUnit, sentencesApart apart: Bool = false
  ) throws(SplitError) -> [(leftOut: [String], split: ManifestSplit)] {
    let groups = try groups(by: unit, sentencesApart: apart, needed: 2)
    var parts = [Int](repeating: 0, count: entries.count)
    for (number, group) in groups.enumerated() { for entry in group { parts[entry] = number } }
    return zip(groups, folds(groups.count, parts: parts)).map { group, split in
      (Set(group.compactMap { entries[$0].name(of: unit) }).sorted(), split)
    }
  }

  private func folds(_ count: Int, parts: [Int]) -> [ManifestSplit] {
    (0..<count).map { fold in
      (with(zip(entries, parts).filter { $1 != fold }.map(\.0)), part(fold, of: parts))
    }
  }

  private func part(_ number: Int, of parts: [Int]) -> Manifest {
    with(zip(entries, parts).filter { $1 == number }.map(\.0))
  }

  /// The part of each entry, [entries], when every part is to have its share of every emotion.
  ///
  /// Greedy: groups of clips that stay together come in random order, the large before the small, and each goes where it
  /// lowers Σ ((count − wanted) / total)² over parts and emotions most; among equals, to the part that lacks most clips.
  /// For single clips this is within one clip of exact shares; for speakers it is as near as a greedy choice gets.
  private func parts(of groups: [[Int]], sharing shares: [Double], seed: UInt64) -> [Int] {
    var generator = SeededGenerator(seed: seed)
    let groups = generator.shuffled(groups).enumerated()
      .sorted { ($1.element.count, $0.offset) < ($0.element.count, $1.offset) }
      .map(\.element)
    let places = Dictionary(
      uniqueKeysWithValues: (emotions + [.none]).enumerated().map { ($0.element, $0.offset) })
    let labels = entries.map { places[$0.emotion]! }
    var totals = [Double](repeating: 0, count: places.count)
    for label in labels { totals[label] += 1 }
    // Clips beyond the share, by part and emotion: what a group adds to the sum above is proportional to
    // Σ excess · clips / total², but for a term that is the same in every part.
    var excess = shares.map { share in totals.map { -share * $0 } }
    var parts = [Int](repeating: 0, count: entries.count)
    var emptyParts = Set(shares.indices)
    for (number, group) in groups.enumerated() {
      // No part stays empty, however small its share.
      let mustFill = groups.count - number == emptyParts.count
      let best = shares.indices.filter { !mustFill || emptyParts.contains($0) }
        .map { part in
          let cost = group.reduce(0.0) { sum, entry in
            let emotion = labels[entry]
            return sum + excess[part][emotion] / (totals[emotion] * totals[emotion])
          }
          return (cost, excess[part].reduce(0, +), part)
        }
        .min { $0 < $1 }!.2
      for entry in group {
        parts[entry] = best
        excess[best][labels[entry]] += 1
      }
      emptyParts.remove(best)
    }
    return parts
  }

  /// Indices of entries that stay together, in the order of the manifest: those of a unit, copies of a clip, and where asked
  /// those of a sentence, and all that these connect.
  private func groups(by unit: SplitUnit, sentencesApart apart: Bool, needed: Int) throws(SplitError) -> [[Int]] {
    func demandAll(_ column: String, _ value: (Entry) -> String?) throws(SplitError) {
      guard let entry = entries.first(where: { value($0) == nil }) else { return }
      throw .missing(column: column, path: entry.path, manifest: file ?? folder)
    }
    if unit == .speaker { try demandAll("speaker", \.speaker) }
    if apart { try demandAll("sentence", \.traits.sentence) }
    var sets = DisjointSets(count: entries.count)
    sets.join { entries[$0].name(of: unit) }
    let units = sets.sets.count
    sets.join { entries[$0].duplicateGroup }
    let hasCopies = sets.sets.count < units
    if apart { sets.join { entries[$0].traits.sentence } }
    let groups = sets.sets
    guard groups.count >= needed else {
      if groups.count == units { throw .tooFew(unit, found: units, needed: needed, manifest: file ?? folder) }
      let shared = (apart ? ["a sentence"] : []) + (hasCopies ? ["a copy of a clip"] : [])
      throw .joined(
        unit, count: units, groups: groups.count, by: shared.alternatives, needed: needed, manifest: file ?? folder)
    }
    return groups
  }
}

extension Manifest.Entry {
  /// The value by which clips of a unit stay together; nil for single clips.
  fileprivate func name(of unit: SplitUnit) -> String? {
    switch unit {
    case .clip: nil
    case .speaker: speaker
    case .corpus: origin
    }
  }

  /// The name that copies of a clip share.
  public var duplicateGroup: String? { extra[CorpusPreparation.duplicateColumn] }
}
