import Attributions
import AudioFiles
import Basics
import Corpora
import Foundation
import Models
import Tensors

/// A clip that was tested: its explanation, and what was found of each condition.
public struct CheckedClip {
  public let test: ClipTest
  public let model: TrainedModel
  public let explanation: Explanation
  public let conditions: [CheckedCondition]

  /// - Parameters:
  ///   - clip: The clip that was explained.
  ///   - speech: As the model uses it, trimmed.
  ///   - updatesGolden: Whether the golden is written anew first.
  init(
    _ test: ClipTest, _ explanation: Explanation, of clip: Clip, _ speech: AudioClip, updatesGolden: Bool = false
  ) throws(CheckError) {
    (self.test, self.explanation, model) = (test, explanation, clip.model)
    var found: [CheckedCondition] = []
    if let expected = test.expected, let place = test.classIndex(of: expected, in: clip.model) {
      let name = explanation.classes[place]
      found.append(.init("class", .text(explanation.classes[explanation.predicted], expected: name)))
      if let bounds = test.probability {
        found.append(.init("probability of \(name)", .number(explanation.probabilities[place], bounds)))
      }
    }
    found += try Self.regions(test, explanation, clip)
    found += try Self.measures(test, clip.model, speech)
    found += try Self.golden(test, explanation, updates: updatesGolden)
    conditions = found
  }

  /// Whether all conditions hold.
  public var passes: Bool { conditions.allSatisfy(\.holds) }

  /// What does not hold, a line each.
  public var failures: [String] { conditions.filter { !$0.holds }.map(\.line) }

  /// The predicted class; nil of a model without classes.
  public var predicted: String? { explanation.classes.isEmpty ? nil : explanation.classes[explanation.predicted] }

  /// The probability of the class that is expected, or else of the predicted one; nil of a model without classes.
  public var probability: Double? {
    guard !explanation.classes.isEmpty else { return nil }
    return explanation.probabilities[
      test.expected.flatMap { test.classIndex(of: $0, in: model) } ?? explanation.predicted]
  }

  private static func regions(
    _ test: ClipTest, _ explanation: Explanation, _ clip: Clip
  ) throws(CheckError) -> [CheckedCondition] {
    let (place, used, hop) = (explanation.place, explanation.used, explanation.hop)
    let always = -Double.infinity...Double.infinity
    var found: [CheckedCondition] = []
    for region in test.regions {
      var seconds = always
      if let given = region.seconds {
        func words(_ seconds: Double) -> String { String(format: "%.2f", seconds) }
        // A file's length is rounded where it is written down.
        guard given.upperBound <= place.stretch.upperBound + hop else {
          throw test.wrong(
            "\(region.key).seconds",
            "\(region.words) lies beyond the clip, which ends at \(words(place.stretch.upperBound)) s")
        }
        guard given.lowerBound < used.upperBound, given.upperBound > used.lowerBound else {
          throw test.wrong(
            "\(region.key).seconds",
            "\(region.words) lies beside \(words(used.lowerBound))–\(words(used.upperBound)) s, the part of the clip "
              + "that the model uses")
        }
        seconds = (given.lowerBound - place.start)...(given.upperBound - place.start)
      }
      let share = clip.share(
        of: explanation.inputs[0].attribution, at: test.space,
        in: CueRegion(seconds: seconds, hertz: region.hertz ?? always))
      found.append(.init("share in \(region.words)", .number(share, region.share)))
    }
    return found
  }

  private static func measures(
    _ test: ClipTest, _ model: TrainedModel, _ speech: AudioClip
  ) throws(CheckError) -> [CheckedCondition] {
    guard !test.measures.isEmpty else { return [] }
    var settings = TrustSettings()
    (settings.seed, settings.measures) = (test.seed, test.measures.map(\.measure))
    var examiner = TrustExaminer(
      model: model, methods: [test.method], space: test.space, settings: settings, target: test.targetIndex(in: model))
    examiner.keep([test.method.name])  // and not the controls, of which nothing is asked
    let values: [TrustMeasure: Double]
    do {
      values = try examiner.examine(speech.samples, path: test.clip).methods[0].values
    } catch {
      throw test.because("measures", error)
    }
    return test.measures.map { measure, bounds in
      .init(measure.rawValue, .number(values[measure].flatMap { $0.isFinite ? $0 : nil }, bounds))
    }
  }

  private static func golden(
    _ test: ClipTest, _ explanation: Explanation, updates: Bool
  ) throws(CheckError) -> [CheckedCondition] {
    guard let golden = test.golden else { return [] }
    let attribution = explanation.inputs[0].attribution
    let kept: Tensor
    do {
      if updates {
        try makeFolder(URL(fileURLWithPath: golden.path).deletingLastPathComponent().path)
        try NPY.write(attribution, to: golden.path)
      }
      guard FileManager.default.fileExists(atPath: golden.path) else {
        throw FileError.unreadable(path: golden.path, reason: "there is no such file; --update writes it")
      }
      kept = try NPY.read(golden.path)
    } catch {
      throw test.because("golden", error)
    }
    func words(_ shape: [Int]) -> String { shape.map(String.init).joined(separator: " × ") }
    guard kept.shape == attribution.shape else {
      throw test.wrong(
        "golden",
        "\(golden.path): has \(words(kept.shape)) values, and the attribution has \(words(attribution.shape))")
    }
    guard kept.isFinite else { throw test.wrong("golden", "\(golden.path): holds NaN or infinite values") }
    let (new, old) = (attribution.floats, kept.floats)
    var found: [CheckedCondition] = []
    if let least = golden.correlation {
      // Of the same numbers it is 1, and not the 1 − 1e-16 of a sum of rounded squares.
      let rows = attribution.shape.count > 1 ? attribution.shape[0] : 1
      let agreement = Agreement(
        new, old, rows: rows, columns: new.count / rows, isSigned: explanation.isSigned)
      let value = new == old ? 1 : agreement.values[.spearman]
      found.append(.init("rank correlation with the golden", .number(value, Bounds(least: least, most: nil))))
    }
    if let most = golden.difference {
      let size = old.reduce(0.0) { max($0, abs(Double($1))) }
      let apart = zip(new, old).reduce(0.0) { max($0, abs(Double($1.0) - Double($1.1))) }
      let value = apart == 0 ? 0 : size > 0 ? apart / size : nil
      found.append(.init("largest difference from the golden", .number(value, Bounds(least: nil, most: most))))
    }
    return found
  }
}
