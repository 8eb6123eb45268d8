import Basics
import Models

/// Fine-tuned fidelity (Zheng et al. 2025, "F-Fidelity", arXiv:2410.02970): FFid⁺ is by how much the target's probability falls
/// without some of the cells that an attribution ranks first, FFid⁻ without some of the others. Both are asked of a model
/// that was trained further on clips without random cells, and at most as many are removed as it has learned to do without.
/// So what is left is nothing new to it, as it is to the model itself in deletion.
///
/// Of n cells, the first s·n are the explanation. Of these min(α, β/s)·s·n are removed, drawn at random, and of the others
/// min(α, β/(1 − s))·(1 − s)·n. Both fidelities are means over s and over draws, which are the same places in the rankings of
/// all methods.
struct FineTunedFidelity {
  /// β: the most that is removed, as a share of all cells; in training too.
  static let most = 0.1
  /// α: the share of a part that is removed where that is not more.
  private static let share = 0.5
  /// The explanation's sizes s, as many below a half as above it.
  private static let sizes = [0.1, 0.3, 0.5, 0.7, 0.9]
  private static let draws = 4
  /// The draws of removed cells for ``steadiness``.
  private static let checks = 10

  private let target: Target
  private let replacement: Replacement
  private let whole: Double
  /// Places in a ranking, for each size and draw.
  private let first, rest: [[Int]]
  /// The share of draws of removed cells with which the fine-tuned model, and the model itself, predict what they predict of
  /// the whole clip; nil where a dimension is explained, of which the classes say nothing.
  let steadiness: FineTunedSteadiness?

  /// - Parameters:
  ///   - clip: The clip, of the model that is explained.
  ///   - cells: Those that are ranked.
  init(
    _ clip: Clip, through model: TrainedModel, at space: InputSpace, target: Target, cells: [Int],
    using generator: inout SeededGenerator
  ) {
    self.target = target
    replacement = Replacement(of: clip.through(model), at: space)
    let count = cells.count
    func draw(_ places: Range<Int>) -> [Int] {
      let removed = min(Self.share * Double(places.count), Self.most * Double(count))
      return Array(generator.shuffled(places).prefix(Int(removed.rounded())))
    }
    var (first, rest): ([[Int]], [[Int]]) = ([], [])
    for size in Self.sizes {
      let end = Int((size * Double(count)).rounded())
      for _ in 0..<Self.draws {
        first.append(draw(0..<end))
        rest.append(draw(end..<count))
      }
    }
    (self.first, self.rest) = (first, rest)
    let removed = (0..<Self.checks).map { _ in
      generator.shuffled(cells).prefix(Int((Self.most * Double(count)).rounded()))
    }
    whole = Self.answers(replacement, without: [[]], target)[0]
    let isOfClass = target.emotion < model.classes.count
    steadiness =
      isOfClass
      ? FineTunedSteadiness(Replacement(of: clip, at: space), replacement, without: removed.map { Array($0) }) : nil
  }

  private static func answers(_ replacement: Replacement, without removed: [[Int]], _ target: Target) -> [Double] {
    replacement.clip.batched(removed.count, at: replacement.space) { numbers in
      replacement.inputs(without: numbers.map { removed[$0] })
    }.flatMap { target.measured($0, classes: replacement.clip.model.classes.count) }
  }

  /// FFid⁺ and FFid⁻ of a ranking.
  /// - Parameter order: The ranked cells, the most relevant first.
  func measure(_ order: [Int]) -> (plus: Double, minus: Double) {
    func fall(_ places: [[Int]]) -> Double {
      let answers = Self.answers(replacement, without: places.map { $0.map { order[$0] } }, target)
      return whole - answers.reduce(0, +) / Double(answers.count)
    }
    return (fall(first), fall(rest))
  }
}

/// How far a fine-tuned model can stand for the model that it was, on one clip.
public struct FineTunedSteadiness: Sendable, Codable {
  /// Whether both predict the same class of the whole clip.
  public let agrees: Bool
  /// The share of draws of removed cells with which each predicts what the model predicts of the whole clip.
  public let fineTuned, own: Double

  init(agrees: Bool, fineTuned: Double, own: Double) {
    (self.agrees, self.fineTuned, self.own) = (agrees, fineTuned, own)
  }

  /// - Parameter own: Of the model itself, which has classes, as `fineTuned` is of the other.
  init(_ own: Replacement, _ fineTuned: Replacement, without removed: [[Int]]) {
    let classes = own.clip.model.classes.count
    func predictions(_ replacement: Replacement) -> [Int] {
      let lists = [[]] + removed
      return replacement.clip.batched(lists.count, at: replacement.space) { numbers in
        replacement.inputs(without: numbers.map { lists[$0] })
      }.flatMap { logits in
        let values = logits.floats
        let outputs = logits.shape[1]
        return (0..<logits.shape[0]).map { Array(values[($0 * outputs)..<($0 * outputs + classes)]).likeliestClass }
      }
    }
    let (before, after) = (predictions(own), predictions(fineTuned))
    func share(_ found: [Int]) -> Double {
      Double(found.dropFirst().count { $0 == before[0] }) / Double(removed.count)
    }
    (agrees, self.fineTuned, self.own) = (before[0] == after[0], share(after), share(before))
  }

  var isPossible: Bool { (0...1).contains(fineTuned) && (0...1).contains(own) }
}
