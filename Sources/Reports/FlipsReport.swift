import Attributions
import AudioFeatures
import Basics
import Corpora
import Figures
import Foundation
import Models

/// The smallest edits of one clip that make a model say each of several emotions.
public struct ClipFlips: Codable {
  /// To one emotion.
  public struct Flip: Codable {
    /// The class that the model was to say.
    let to: Int
    let isFound: Bool
    /// Of what was found, or came nearest, by the kinds' names.
    let steps: [String: Double]
    /// The class's probability after it.
    let probability: Double
    let tried: Int
    let random: CounterfactualReport.RandomReach?

    func steps(of kind: SoundEdits.Kind) -> Double { steps[kind.name] ?? 0 }
    var size: Double { steps.values.reduce(0) { $0 + abs($1) } }
  }

  /// The class that is predicted of the clip as it is.
  let from: Int
  let flips: [Flip]

  /// - Parameters:
  ///   - targets: The classes the model is to say; the one that it says is passed over.
  ///   - progress: Called before each search with the share of them that is done.
  public init(
    _ clip: EditedClip, to targets: [Int], search: CounterfactualSearch, seed: UInt64, progress: (Double) -> Void
  ) throws {
    from = clip.own.predicted!
    let wanted = targets.filter { [from] in $0 != from }
    flips = try wanted.enumerated().map { place, target in
      progress(Double(place) / Double(wanted.count))
      let found = try search.run(clip, to: target)
      return Flip(
        to: target, isFound: found.isFound,
        steps: Dictionary(uniqueKeysWithValues: found.steps.map { ($0.key.name, $0.value) }),
        probability: found.answer.probabilities[target], tried: found.tried,
        random: found.isFound ? try .init(like: found, in: clip, search, seed: seed) : nil)
    }
  }

  /// Whether saved flips can be those of a model of so many classes.
  public func isPossible(classes: Int) -> Bool {
    let names = Set(SoundEdits.Kind.allCases.map(\.name))
    return (0..<classes).contains(from)
      && flips.allSatisfy { flip in
        (0..<classes).contains(flip.to) && flip.to != from && flip.probability.isFinite && flip.tried >= 0
          && flip.steps.allSatisfy { names.contains($0.key) && $0.value.isFinite }
      }
  }
}

/// Which edits make a model say which emotion instead of which, over many clips, beside what listeners are known to hear.
public struct FlipsReport: MeasurementReport {
  /// The clips that are predicted one emotion, and what makes the model say another.
  public struct Pair {
    public let from, to: Int
    public let clips: Int
    /// The share of clips with an edit within the limits.
    public let found: Estimate
    /// The mean size of what was found, in just-noticeable steps; nil of nothing.
    public let size: Estimate?
    /// The mean steps of each kind in what was found, with their sign.
    public let steps: [SoundEdits.Kind: Estimate]

    /// The kinds that are changed most, the most first: at most two, and none that is hardly changed.
    var foremost: [(kind: SoundEdits.Kind, steps: Double)] {
      steps.map { ($0.key, $0.value.mean) }.filter { abs($0.1) >= 0.3 }
        .sorted { (abs($1.1), $0.0.rawValue) < (abs($0.1), $1.0.rawValue) }.prefix(2).map { ($0.0, $0.1) }
    }
  }

  /// A direction that listeners are known to hear, and the edits that make the model say the emotion.
  public struct Known {
    public let kind: SoundEdits.Kind
    public let emotion: String
    public let direction: KnownDirection
    public let steps: Estimate
    public var verdict: String { direction.verdict(steps, least: KnownDirection.leastSteps) }
  }

  public let model: TrainedModel
  /// The path of the manifest.
  public let data: String
  public let kinds: [SoundEdits.Kind]
  public let clips: Int
  public let pairs: [Pair]
  /// By emotion that the model was made to say: the mean steps of each kind, of all clips with an edit.
  public let ofTargets: [(emotion: Int, clips: Int, steps: [SoundEdits.Kind: Estimate])]
  /// Of random edits as large as those found, the share of which the model says the same.
  public let random: Estimate?
  private let rows: [(entry: Manifest.Entry, flips: ClipFlips)]
  private let seed: UInt64

  /// - Parameter rows: At least one.
  public init(
    _ rows: [(entry: Manifest.Entry, flips: ClipFlips)], of model: TrainedModel, kinds: [SoundEdits.Kind],
    data: String, seed: UInt64
  ) {
    (self.rows, self.model, self.kinds, self.data, self.seed, clips) = (rows, model, kinds, data, seed, rows.count)
    let all = rows.flatMap { row in row.flips.flips.map { (speaker: row.entry.speaker, from: row.flips.from, flip: $0) }
    }
    typealias Found = [(speaker: String?, from: Int, flip: ClipFlips.Flip)]
    func estimate(_ found: Found, _ value: (ClipFlips.Flip) -> Double) -> Estimate? {
      Estimate(values: found.map { value($0.flip) }, speakers: found.map(\.speaker), seed: seed)
    }
    func steps(_ found: Found) -> [SoundEdits.Kind: Estimate] {
      kinds.reduce(into: [:]) { steps, kind in steps[kind] = estimate(found) { $0.steps(of: kind) } }
    }
    let classes = model.classes.indices
    pairs = classes.flatMap { from in
      classes.compactMap { to -> Pair? in
        let own = all.filter { $0.from == from && $0.flip.to == to }
        guard let share = estimate(own, { $0.isFound ? 1 : 0 }) else { return nil }
        let found = own.filter(\.flip.isFound)
        return Pair(
          from: from, to: to, clips: own.count, found: share, size: estimate(found) { $0.size }, steps: steps(found))
      }
    }
    ofTargets = classes.compactMap { to in
      let found = all.filter { $0.flip.to == to && $0.flip.isFound }
      return found.isEmpty ? nil : (to, found.count, steps(found))
    }
    random = estimate(all.filter { $0.flip.random != nil }) { flip in
      Double(flip.random!.reached) / Double(max(1, flip.random!.count))
    }
  }

  public var known: [Known] {
    ofTargets.flatMap { target in
      kinds.compactMap { kind in
        guard let steps = target.steps[kind] else { return nil }
        return KnownDirection(of: kind, in: model.classes[target.emotion]).map {
          Known(kind: kind, emotion: model.classes[target.emotion], direction: $0, steps: steps)
        }
      }
    }
  }

  /// "pitch +2.1, tempo −1.3": the kinds that a pair's edits change most, in steps.
  public static func words(_ pair: Pair) -> [String] {
    pair.foremost.map { "\($0.kind.title) " + String(format: "%+.1f", $0.steps).replacing("-", with: "−") }
  }

  // MARK: Figures

  /// From each predicted emotion to each other.
  public var figure: FlipsFigure {
    FlipsFigure(
      title: [
        "What makes \(model.name) say another emotion",
        "\(model.title) · \(shownName(data)), \(clips) clip\(clips == 1 ? "" : "s") · share of clips with an edit that "
          + "does it, its mean size, and what it changes, in just-noticeable steps",
      ], emotions: model.classes,
      cells: pairs.map { pair in
        .init(
          from: pair.from, to: pair.to, share: pair.found.mean, size: pair.size?.mean, words: Self.words(pair))
      })
  }

  /// The mean steps of each kind towards each emotion.
  public var stepsFigure: EmotionMeasuresFigure {
    EmotionMeasuresFigure(
      title: [
        "The edits that make \(model.name) say an emotion, in just-noticeable steps",
        "\(model.title) · \(shownName(data)) · means of all clips with an edit; 95 % intervals",
      ], emotions: ofTargets.map { (model.classes[$0.emotion], $0.clips) },
      panels: kinds.map { kind in
        .init(title: kind.title, unit: "steps", values: ofTargets.map { $0.steps[kind]?.drawn })
      })
  }

  public var provenance: [String: String] {
    model.provenance(source: data).merging(["Seed": "\(seed)", "Edits": kinds.map(\.rawValue).joined(separator: ", ")])
    { $1 }
  }

  // MARK: Numbers

  /// A row for each clip and emotion, the header first.
  public var csv: [[String]] {
    let header =
      ["path", "emotion", "speaker", "from", "to", "found", "size", "probability", "tried", "random"]
      + kinds.map { "\($0.name)_steps" }
    return [header]
      + rows.flatMap { row in
        row.flips.flips.map { flip in
          let random = flip.random.map { String(format: "%.2f", Double($0.reached) / Double(max(1, $0.count))) }
          return [
            row.entry.path, row.entry.emotion.rawValue, row.entry.speaker ?? "", model.classes[row.flips.from],
            model.classes[flip.to], flip.isFound ? "yes" : "no", String(format: "%.2f", flip.size),
            String(format: "%.4f", flip.probability), "\(flip.tried)", random ?? "",
          ] + kinds.map { String(format: "%.2f", flip.steps(of: $0)) }
        }
      }
  }

  private struct Line: Encodable {
    struct Pair: Encodable {
      let from, to: String
      let clips: Int
      let found: Estimate
      let size: Estimate?
      let steps: [String: Estimate]
    }
    struct Known: Encodable {
      let edit, emotion, known, verdict: String
      let steps: Estimate
    }
    let data, model: String
    let clips: Int
    let seed: UInt64
    let pairs: [Pair]
    let known: [Known]
    let random: Estimate?
    let figures: [String]
    let command: String
  }

  public func json(figures: [String]) throws -> String {
    try Line(
      data: data, model: model.name, clips: clips, seed: seed,
      pairs: pairs.map { pair in
        .init(
          from: model.classes[pair.from], to: model.classes[pair.to], clips: pair.clips, found: pair.found,
          size: pair.size, steps: Dictionary(uniqueKeysWithValues: pair.steps.map { ($0.key.name, $0.value) }))
      },
      known: known.map {
        .init(
          edit: $0.kind.name, emotion: $0.emotion, known: $0.direction == .higher ? "higher" : "lower",
          verdict: $0.verdict, steps: $0.steps)
      }, random: random, figures: figures, command: commandLine
    ).line
  }
}
