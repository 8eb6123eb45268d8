import Basics

/// The clips that are kept together when a manifest is split.
public enum SplitUnit: String, Sendable, CaseIterable {
  /// Single clips: a model may then recognise the speaker instead of the emotion.
  case clip
  /// All clips of a speaker: no speaker is in both training and validation.
  case speaker
}

public enum SplitError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A speaker-independent split of clips some of which have no speaker.
  case noSpeaker(path: String, manifest: String)
  case tooFew(SplitUnit, found: Int, needed: Int, manifest: String)

  public var description: String {
    switch self {
    case .noSpeaker(let path, let manifest):
      "\(manifest): no speaker of \(path), and a speaker-independent split needs one for every clip"
    case .tooFew(let unit, let found, let needed, let manifest):
      "\(manifest): \(found) \(unit.rawValue)\(found == 1 ? "" : "s") cannot fill \(needed) parts"
    }
  }
}

extension Manifest {
  /// Two manifests, stratified by emotion; the same seed gives the same two on every machine.
  /// - Parameter trainingShare: The training part's share of the clips of each emotion; 0.8 in the report.
  public func split(
    trainingShare: Double = 0.8, by unit: SplitUnit = .clip, seed: UInt64
  ) throws(SplitError) -> (training: Manifest, validation: Manifest) {
    demand(trainingShare > 0 && trainingShare < 1, "the share must be in 0…1, not \(trainingShare)")
    let parts = try parts(sharing: [trainingShare, 1 - trainingShare], by: unit, seed: seed)
    return (part(0, of: parts), part(1, of: parts))
  }

  /// `count` pairs of manifests. Every clip is in the validation part of one pair, and in the training part of
  /// the others.
  public func folds(
    _ count: Int, by unit: SplitUnit = .clip, seed: UInt64
  ) throws(SplitError) -> [(training: Manifest, validation: Manifest)] {
    demand(count >= 2, "cross-validation needs at least 2 folds, not \(count)")
    let parts = try parts(
      sharing: [Double](repeating: 1 / Double(count), count: count), by: unit, seed: seed)
    return (0..<count).map { fold in
      let training = zip(entries, parts).filter { $1 != fold }.map(\.0)
      return (with(training), part(fold, of: parts))
    }
  }

  private func part(_ number: Int, of parts: [Int]) -> Manifest {
    with(zip(entries, parts).filter { $1 == number }.map(\.0))
  }

  /// The part of each entry, [entries], when every part is to have its share of every emotion.
  ///
  /// Greedy: groups of clips that stay together (each clip, or each speaker's) come in random order, the
  /// large before the small, and each goes where it lowers Σ ((count − wanted) / total)² over parts and
  /// emotions most; among equals, to the part that lacks most clips. For single clips this is within one
  /// clip of exact shares; for speakers it is as near as a greedy choice gets.
  private func parts(
    sharing shares: [Double], by unit: SplitUnit, seed: UInt64
  ) throws(SplitError) -> [Int] {
    var generator = SeededGenerator(seed: seed)
    let groups = generator.shuffled(try groups(by: unit)).enumerated()
      .sorted { ($1.element.count, $0.offset) < ($0.element.count, $1.offset) }
      .map(\.element)
    guard groups.count >= shares.count else {
      throw .tooFew(unit, found: groups.count, needed: shares.count, manifest: file ?? folder)
    }
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

  /// Indices of entries that stay together, in the order of the manifest.
  private func groups(by unit: SplitUnit) throws(SplitError) -> [[Int]] {
    if unit == .clip { return entries.indices.map { [$0] } }
    var numbers: [String: Int] = [:]
    var groups: [[Int]] = []
    for (index, entry) in entries.enumerated() {
      guard let speaker = entry.speaker else { throw .noSpeaker(path: entry.path, manifest: file ?? folder) }
      if let number = numbers[speaker] {
        groups[number].append(index)
      } else {
        numbers[speaker] = groups.count
        groups.append([index])
      }
    }
    return groups
  }
}
