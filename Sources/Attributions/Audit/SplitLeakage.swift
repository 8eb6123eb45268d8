import Basics
import Corpora
import Foundation

/// What clips that a model is tested on share with those it was trained on, and what alone tells their emotions.
public struct SplitLeakage: Sendable, Equatable {
  /// What both sides have of a column.
  public struct Shared: Sendable, Equatable, Encodable {
    public let column: String
    /// In the order of the alphabet.
    public let values: [String]
    /// The tested clips with one of them, and all.
    public let clips, ofClips: Int
  }

  /// How well a column alone tells the emotion: each clip is taken for the emotion most frequent in training among clips of the
  /// same value; without training clips, among the other four of five parts of the same clips, drawn at random.
  public struct Association: Sendable, Equatable, Encodable {
    public let column: String
    /// The unweighted average recall, and what guessing reaches.
    public let recall, chance: Double
    /// The share of random orders of the emotions, and this one, with at least this recall.
    public let p: Double
    public let clips: Int
  }

  /// Tested clips that are also training clips.
  public struct Copies: Sendable, Equatable, Encodable {
    /// Of the same samples.
    public let exact: Int
    /// Of the same moment: louder, shifted or through a codec.
    public let near: Int
    /// The tested and the training clips that were compared.
    public let clips, trainingClips: Int

    public init(of tested: [AudioPrint], in training: [AudioPrint]) {
      let digests = Set(training.map(\.digest))
      exact = tested.count { digests.contains($0.digest) }
      let groups = DuplicateGroups(of: tested + training).groups.filter { $0.contains { $0 >= tested.count } }
      near = groups.joined().count { $0 < tested.count && !digests.contains(tested[$0].digest) }
      (clips, trainingClips) = (tested.count, training.count)
    }
  }

  /// Of speaker, session and sentence, where both manifests name them; empty without training.
  public let shared: [Shared]
  /// Of speaker, origin, session and sentence, where the tested clips have two values or more, and training names them too.
  public let associations: [Association]

  /// Columns of which a value on both sides makes results look better than they are.
  public static let keptApart = ["speaker", "session"]
  /// Of which it is asked what each alone tells.
  public static let columns = ["speaker", "origin", "session", "sentence"]
  private static let folds = 5
  /// Random orders, at least, and as many at once.
  private static let draws = 2000

  /// - Parameters:
  ///   - tested: Clips with emotions, one word for each.
  ///   - training: Nil where it is not known.
  ///   - tests: How many tests hold together: the least p is below half of 0.05 / tests.
  ///   - seed: Of parts and random orders.
  public init(_ tested: [Manifest.Entry], training: [Manifest.Entry]?, tests: Int = 1, seed: UInt64) {
    shared = (Self.keptApart + ["sentence"]).compactMap { column in
      let known = Set((training ?? []).compactMap { $0.audited(column) })
      let own = tested.compactMap { $0.audited(column) }
      guard !known.isEmpty, !own.isEmpty else { return nil }
      return Shared(
        column: column, values: known.intersection(own).sorted(), clips: own.count { known.contains($0) },
        ofClips: tested.count)
    }
    associations = Self.columns.compactMap {
      Self.association($0, tested, training, draws: max(Self.draws, 40 * tests), seed: seed)
    }
  }

  /// Nil where one side does not name the column, or all tested clips have one value or one emotion.
  private static func association(
    _ column: String, _ all: [Manifest.Entry], _ training: [Manifest.Entry]?, draws: Int, seed: UInt64
  ) -> Association? {
    let tested = all.filter { $0.audited(column) != nil }
    let known = (training ?? []).filter { $0.audited(column) != nil }
    guard training == nil || !known.isEmpty, Set(tested.map { $0.audited(column)! }).count > 1,
      Set(tested.map(\.emotion)).count > 1
    else { return nil }
    func numbers<Value: Hashable>(_ values: [Value]) -> [Value: Int] {
      values.reduce(into: [:]) { if $0[$1] == nil { $0[$1] = $0.count } }
    }
    let emotions = numbers((tested + known).map(\.emotion))
    let values = numbers((tested + known).map { $0.audited(column)! })
    let places = tested.map { values[$0.audited(column)!]! }
    let labels = tested.map { emotions[$0.emotion]! }
    var generator = SeededGenerator(seed: seed)
    // Of each clip, the part that it is in.
    let parts = generator.shuffled(tested.indices.map { $0 % folds })

    typealias Counts = [[Int]]  // [value][emotion]
    let none = Counts(repeating: [Int](repeating: 0, count: emotions.count), count: values.count)
    @Sendable func most(_ counts: [Int]) -> Int { counts.indices.max { (counts[$0], $1) < (counts[$1], $0) }! }
    /// For each value the emotion most frequent with it; of all, where it is not known.
    @Sendable func guesses(_ counts: Counts) -> [Int] {
      let all = counts.reduce([Int](repeating: 0, count: emotions.count)) { zip($0, $1).map(+) }
      let usual = most(all)
      return counts.map { $0.contains { $0 > 0 } ? most($0) : usual }
    }
    let taught =
      known.isEmpty
      ? nil
      : guesses(
        known.reduce(into: none) { $0[values[$1.audited(column)!]!][emotions[$1.emotion]!] += 1 })
    @Sendable func recall(_ labels: [Int]) -> Double {
      let guess: (Int) -> Int
      if let taught {
        guess = { taught[places[$0]] }
      } else {
        var whole = none
        var own = [Counts](repeating: none, count: folds)
        for (clip, label) in labels.enumerated() {
          whole[places[clip]][label] += 1
          own[parts[clip]][places[clip]][label] += 1
        }
        let found = own.map { part in guesses(zip(whole, part).map { zip($0, $1).map(-) }) }
        guess = { found[parts[$0]][places[$0]] }
      }
      var hits = [Int](repeating: 0, count: emotions.count), counts = hits
      for (clip, label) in labels.enumerated() {
        counts[label] += 1
        if guess(clip) == label { hits[label] += 1 }
      }
      let present = counts.indices.filter { counts[$0] > 0 }
      return present.reduce(0) { $0 + Double(hits[$1]) / Double(counts[$1]) } / Double(present.count)
    }
    let found = recall(labels)
    var asHigh = 0
    for first in stride(from: 0, to: draws, by: Self.draws) {
      let orders = (first..<min(first + Self.draws, draws)).map { _ in generator.shuffled(labels) }
      // Recalls of one count are equal but for their last digits.
      asHigh += concurrentMap(count: orders.count) { recall(orders[$0]) >= found - 1e-9 }.count { $0 }
    }
    return Association(
      column: column, recall: found, chance: 1 / Double(Set(labels).count), p: Double(1 + asHigh) / Double(1 + draws),
      clips: tested.count)
  }
}

extension Manifest.Entry {
  /// What a column says of the recording; nil where it says nothing.
  fileprivate func audited(_ column: String) -> String? {
    switch column {
    case "speaker": speaker
    case "origin": origin == "unknown" ? nil : origin
    case "sentence": traits.sentence
    default: extra[column]
    }
  }
}
