import Corpora
import Foundation
import Models

extension ModelConfiguration {
  /// A column `votes:angry` has the number of a clip's raters, or their share, that chose angry.
  static let votesPrefix = "votes:"

  /// The shares of a clip's votes for each class, summing to 1. An empty field is no vote; votes for words that are no class
  /// of the model are left out.
  func votes(of entry: Manifest.Entry) throws(TrainingError) -> [Float] {
    var votes = [Double](repeating: 0, count: classes.count)
    for (column, text) in entry.extra.sorted(by: { $0.key < $1.key }) {
      let name = column.lowercased()
      guard name.hasPrefix(Self.votesPrefix),
        let index = classIndex(of: Emotion(rawValue: String(name.dropFirst(Self.votesPrefix.count))))
      else { continue }
      let field = text.trimmingCharacters(in: .whitespaces)
      guard let number = Double(field.isEmpty ? "0" : field), number >= 0, number.isFinite else {
        throw .noVotes(path: entry.path, reason: "\"\(text)\" in the column \(column) is no number of votes")
      }
      votes[index] += number
    }
    let sum = votes.reduce(0, +)
    guard sum > 0, sum.isFinite else {
      let example = Self.votesPrefix + (classes.first ?? "angry")
      throw .noVotes(path: entry.path, reason: "no votes in columns such as \(example)")
    }
    return votes.map { Float($0 / sum) }
  }
}

extension FeatureSet {
  /// Throws where a recipe learns from votes and a clip has none.
  func checkVotes(for recipe: Recipe) throws(TrainingError) {
    guard recipe.softLabels, let clip = clips.first(where: { $0.votes == nil }) else { return }
    throw .noVotes(path: clip.path, reason: "no votes")
  }
}
