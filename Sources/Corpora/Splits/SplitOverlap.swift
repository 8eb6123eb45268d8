/// What two parts of a split share, which makes results look better than they are.
public struct SplitOverlap: Sendable, Equatable {
  /// In the order of the alphabet; nil where the manifest does not name them.
  public let speakers, sentences: [String]?
  /// Groups of copies, by the name of ``CorpusPreparation/duplicateColumn``.
  public let duplicates: [String]

  /// - Parameter splits: Parts that should share nothing, of one split or of several.
  public init(of splits: [[Manifest]]) {
    speakers = Self.shared(in: splits, \.speaker)
    sentences = Self.shared(in: splits, \.traits.sentence)
    duplicates = Self.shared(in: splits, \.duplicateGroup) ?? []
  }

  private static func shared(in splits: [[Manifest]], _ value: (Manifest.Entry) -> String?) -> [String]? {
    var (isNamed, shared) = (false, Set<String>())
    for parts in splits {
      var met: Set<String> = []
      for part in parts {
        let own = Set(part.entries.compactMap(value))
        shared.formUnion(met.intersection(own))
        met.formUnion(own)
      }
      isNamed = isNamed || !met.isEmpty
    }
    return isNamed ? shared.sorted() : nil
  }
}
