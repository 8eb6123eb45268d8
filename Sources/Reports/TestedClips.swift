import Basics
import Corpora
import Foundation
import Training

/// The clips of a cross-validation, each as the models predicted it that had not seen it, one for each seed: its
/// `predictions.csv`.
public struct TestedClips {
  private struct Clip {
    let emotion: String
    /// Nil where it is not known.
    let speaker: String?
    /// The probabilities by each seed's model, in the order of the classes.
    var probabilities: [UInt64: [Float]]
  }

  private let folder: String
  private let classes: [String]
  /// By their paths.
  private let clips: [String: Clip]

  /// - Throws: `TrainingError` or `ManifestError`.
  public init(folder: String) throws {
    let path = "\(folder)/\(FoldsReport.predictionsFile)"
    func damaged(_ reason: String) -> TrainingError { .damagedTests(path: path, reason: reason) }
    guard FileManager.default.fileExists(atPath: path) else { throw damaged("there is no such file") }
    let rows = try CSV.rows(ofFile: path)
    let facts = FoldsReport.predictionsHeader
    guard let header = rows.first?.fields, header.starts(with: facts), header.count > facts.count else {
      throw damaged("it has no columns \(CSV.line(of: facts)) and the classes")
    }
    let classes = Array(header.dropFirst(facts.count))
    var clips: [String: Clip] = [:]
    for row in rows.dropFirst() {
      let probabilities = row.fields.dropFirst(facts.count).compactMap(Float.init)
      guard row.fields.count == header.count, let seed = UInt64(row.fields[2]),
        probabilities.count == classes.count, probabilities.allSatisfy({ (0...1).contains($0) })
      else { throw damaged("line \(row.line) is not of a clip") }
      let (path, speaker, emotion) = (row.fields[0], row.fields[1], row.fields[4])
      guard !emotion.isEmpty else { continue }
      var clip = clips[path] ?? Clip(emotion: emotion, speaker: speaker.isEmpty ? nil : speaker, probabilities: [:])
      guard classes.contains(emotion), clip.emotion == emotion,
        clip.probabilities.updateValue(probabilities, forKey: seed) == nil
      else { throw damaged("line \(row.line) contradicts an earlier one") }
      clips[path] = clip
    }
    guard !clips.isEmpty else { throw damaged("none of its clips has a label") }
    (self.folder, self.classes, self.clips) = (folder, classes, clips)
  }

  /// How much of the clips is predicted right, and how much more than by another cross-validation, of the clips whose paths both
  /// have; nil where there are none.
  /// - Parameter seed: The seed of the intervals.
  public func recall(against other: TestedClips, seed: UInt64 = 0) -> TestsRecall? {
    let paths = clips.keys.filter { other.clips[$0]?.emotion == clips[$0]!.emotion }.sorted()
    guard !paths.isEmpty else { return nil }
    let own = paths.map { clips[$0]! }
    let average = ClassAverage(
      labels: own.map { classes.firstIndex(of: $0.emotion)! }, speakers: own.map(\.speaker))
    let (rights, others) = (paths.map(right), paths.map(other.right))
    let found = average.estimates(
      [rights.map(\.single), zip(rights, others).map { $0.single - $1.single }, rights.map(\.ensemble)], seed: seed)
    return TestsRecall(
      folder: other.folder, clips: paths.count, averageRecall: found[0],
      difference: isSame(as: other) ? nil : found[1],
      ensemble: clips.values.allSatisfy { $0.probabilities.count < 2 } ? nil : found[2])
  }

  /// Whether both are of one folder, however it is written.
  private func isSame(as other: TestedClips) -> Bool {
    let places = [folder, other.folder].map { URL(fileURLWithPath: $0).standardizedFileURL.path }
    return places[0] == places[1]
  }

  /// The share of the seeds whose models predict a clip right, and whether the mean of their probabilities does.
  private func right(_ path: String) -> (single: Double, ensemble: Double) {
    let clip = clips[path]!
    let seeds = clip.probabilities.sorted { $0.key < $1.key }.map(\.value)
    let mean = classes.indices.map { index in seeds.reduce(0) { $0 + $1[index] } }
    let rights = seeds.count { classes[$0.likeliestClass] == clip.emotion }
    return (Double(rights) / Double(seeds.count), classes[mean.likeliestClass] == clip.emotion ? 1 : 0)
  }
}

/// How much of the clips a cross-validation predicts right, beside another one.
public struct TestsRecall: Encodable, Sendable {
  /// That of the other.
  public let folder: String
  /// The number of clips that both have.
  public let clips: Int
  /// The mean recall of the classes (UAR); of several seeds the mean of theirs.
  public let averageRecall: Estimate
  /// That less the other's; nil of the other itself.
  public let difference: Estimate?
  /// The average recall of the mean of the seeds' probabilities; nil of one seed.
  public let ensemble: Estimate?
}

extension TestsRecall {
  /// "all 1040 clips: UAR 0.599 (0.555 to 0.644), +0.015 (−0.004 to +0.034) against plain; of the seeds' mean probabilities
  /// 0.634 (0.577 to 0.690)".
  public var words: String {
    func text(_ estimate: Estimate, _ format: String) -> String {
      func number(_ value: Double) -> String { String(format: format, value).replacing("-", with: "−") }
      let interval = estimate.low.map { " (\(number($0)) to \(number(estimate.high!)))" } ?? ""
      return number(estimate.mean) + interval
    }
    return "all \(clips) clips: UAR \(text(averageRecall, "%.3f"))"
      + (difference.map { ", \(text($0, "%+.3f")) against \(shownName(folder))" } ?? "")
      + (ensemble.map { "; of the seeds' mean probabilities \(text($0, "%.3f"))" } ?? "")
  }
}
