import Attributions
import Basics
import Figures
import Foundation
import Models

/// What became of the tests of a file: its JUnit XML, its page and its JSON.
public struct CheckReport {
  /// A test that was run.
  public struct Entry {
    public let test: ClipTest
    public let result: Result<CheckedClip, CheckError>
    /// The same of the other model; nil where there is none, or where the test itself could not be judged.
    public let other: Result<Checker.Against, CheckError>?
    /// What it took.
    public let seconds: Double

    public init(
      _ test: ClipTest, _ result: Result<CheckedClip, CheckError>, other: Result<Checker.Against, CheckError>? = nil,
      seconds: Double
    ) {
      (self.test, self.result, self.other, self.seconds) = (test, result, other, seconds)
    }

    public var judged: CheckedClip? { try? result.get() }
    public var against: Checker.Against? { try? other?.get() }
    /// "pass", "fail" or "error".
    public var word: String { Self.word(result) }
    /// The same of the other model; nil without one.
    public var otherWord: String? { other.map { Self.word($0.map(\.checked)) } }

    /// What does not hold, or why the test could not be judged, a line each.
    public var messages: [String] { Self.messages(result) }

    static func messages(_ result: Result<CheckedClip, CheckError>) -> [String] {
      switch result {
      case .success(let checked): checked.failures
      case .failure(let error): ["\(error)"]
      }
    }

    private static func word(_ result: Result<CheckedClip, CheckError>) -> String {
      (try? result.get()).map { $0.passes ? "pass" : "fail" } ?? "error"
    }
  }

  public let model: TrainedModel
  public let other: TrainedModel?
  /// The file of tests, as given by the user.
  public let file: String
  public let entries: [Entry]

  public init(_ entries: [Entry], model: TrainedModel, against other: TrainedModel? = nil, file: String) {
    (self.entries, self.model, self.other, self.file) = (entries, model, other, file)
  }

  /// The number of tests of which ``Entry/word`` is this.
  public func count(_ word: String) -> Int { entries.count { $0.word == word } }

  /// "2 of 3 tests pass, 1 could not be judged".
  public var summary: String {
    let errors = count("error")
    return "\(count("pass")) of \(entries.count) tests pass"
      + (errors > 0 ? ", \(errors) could not be judged" : "")
  }

  /// The results for continuous integration.
  public var junit: JUnit {
    let stem = URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent
    return JUnit(
      name: file, className: "undertone.\(stem.replacing(".", with: "_"))",
      cases: entries.map { entry in
        let outcome: JUnit.Case.Outcome =
          switch entry.result {
          case .success(let checked): checked.passes ? .passed : .failed(checked.failures)
          case .failure(let error): .errored("\(error)")
          }
        return .init(name: entry.test.name, seconds: entry.seconds, outcome: outcome)
      })
  }

  public var provenance: [String: String] {
    var entries = model.provenance(source: file)
    entries["Tests"] = self.entries.map(\.test.name).joined(separator: "; ")
    entries["Against"] = other.map { "\($0.name) (\($0.digest))" }
    return entries
  }

  // MARK: Page

  /// The tests and their explanations; of two models, what moved between them.
  public var page: Page {
    get throws {
      var page = Page(
        title: "Explanation tests of \(model.name)" + (other.map { ": what moved from \($0.name)" } ?? ""),
        provenance: provenance)
      page.sections.append(.text(heading: "", lines: [summary + "."]))
      page.addTable("Tests", testRows)
      page.addTable("Conditions", conditionRows)
      var extras = PageExtras()
      for entry in entries {
        page.sections.append(.text(heading: "\(entry.test.name): \(entry.word)", lines: lines(of: entry)))
        guard let judged = entry.judged else { continue }
        let own = try extras.figure(of: entry.test.name) { try picture(of: entry, judged) }
        if let own { page.sections.append(.figure(own)) }
      }
      page.sections += extras.words
      return page
    }
  }

  private func lines(of entry: Entry) -> [String] {
    guard let other, let found = entry.other else { return entry.messages }
    return entry.messages.map { "\(model.name): \($0)" }
      + Entry.messages(found.map(\.checked)).map { "\(other.name): \($0)" }
  }

  /// Both models' maps, or the model's own where there is no other.
  private func picture(of entry: Entry, _ judged: CheckedClip) throws -> PageFigure {
    guard let against = entry.against else {
      let report = ExplanationReport(judged.explanation, model: model, file: entry.test.clip)
      return try PageFigure(report.figure, description: report.words)
    }
    let report = ComparisonReport(
      against.comparer, target: entry.test.target ?? ComparisonJob.Target.predicted.words, seed: entry.test.seed,
      source: file)
    return try PageFigure(report.figure(against.compared, truth: entry.test.expected))
  }

  /// A row a test: its result, the class and the probability of the class that is expected, else of the predicted one; of
  /// two models of each, and how alike their attributions are.
  private var testRows: [[String]] {
    func cells(_ checked: CheckedClip?) -> [String] {
      [checked?.predicted ?? "", checked?.probability.map { String($0) } ?? ""]
    }
    guard let other else {
      return [["test", "result", "class", "probability"]]
        + entries.map { [$0.test.name, $0.word] + cells($0.judged) }
    }
    let columns = ["", " class", " probability"]
    return [["test"] + [model.name, other.name].flatMap { name in columns.map { name + $0 } } + ["rank correlation"]]
      + entries.map { entry in
        [entry.test.name, entry.word] + cells(entry.judged) + [entry.otherWord ?? ""] + cells(entry.against?.checked)
          + [entry.against?.correlation.map { String($0) } ?? ""]
      }
  }

  /// A row a condition: what was asked and found; of two models, what was found of each.
  private var conditionRows: [[String]] {
    func cells(_ condition: CheckedCondition?) -> [String] {
      condition.map { [$0.found, $0.holds ? "yes" : "no"] } ?? ["", ""]
    }
    let models = [model.name] + (other.map { [$0.name] } ?? [])
    return [["test", "condition", "must be"] + models.flatMap { [$0, "holds"] }]
      + entries.flatMap { entry in
        (entry.judged?.conditions ?? []).enumerated().map { index, condition in
          [entry.test.name, condition.name, condition.asked] + cells(condition)
            + (other == nil ? [] : cells(entry.against?.checked.conditions[index]))
        }
      }
  }

  // MARK: JSON

  /// The line of `--json`.
  /// - Parameters:
  ///   - junit, page: The paths of the files written; the page's is nil where there is none.
  ///   - goldens: The paths of the goldens that were written anew.
  public func json(junit: String, page: String?, goldens: [String]) throws -> String {
    try JSON(
      file: file, model: model.name, against: other?.name, passed: count("pass"), failed: count("fail"),
      errors: count("error"),
      tests: entries.map { entry in
        JSON.Test(
          name: entry.test.name, clip: entry.test.clip, method: entry.test.method.nameWithParameters,
          input: entry.test.space.rawValue, model: JSON.Judged(entry.word, entry.result),
          against: entry.other.map { JSON.Judged(entry.otherWord ?? "", $0.map(\.checked)) },
          correlation: entry.against?.correlation)
      }, goldens: goldens, junit: junit, page: page, command: commandLine
    ).line
  }

  private struct JSON: Encodable {
    struct Test: Encodable {
      let name, clip, method, input: String
      let model: Judged
      let against: Judged?
      let correlation: Double?
    }
    struct Judged: Encodable {
      let result: String
      /// What does not hold, or why it could not be judged.
      let messages: [String]
      let target, predicted: String?
      let probability: Double?
      let conditions: [Condition]

      init(_ word: String, _ found: Result<CheckedClip, CheckError>) {
        let checked = try? found.get()
        (result, messages) = (word, Entry.messages(found))
        (target, predicted) = (checked?.explanation.targetName, checked?.predicted)
        probability = checked?.probability
        conditions = (checked?.conditions ?? []).map(Condition.init)
      }
    }
    struct Condition: Encodable {
      let name: String
      let holds: Bool
      /// Of a class what was found, and what must be.
      var found, expected: String?
      /// Of a number what was found, if it is defined, and what it may be.
      var value, least, most: Double?

      init(_ condition: CheckedCondition) {
        (name, holds) = (condition.name, condition.holds)
        switch condition.finding {
        case .text(let found, let expected): (self.found, self.expected) = (found, expected)
        case .number(let value, let bounds): (self.value, least, most) = (value, bounds.least, bounds.most)
        }
      }
    }
    let file, model: String
    let against: String?
    let passed, failed, errors: Int
    let tests: [Test]
    let goldens: [String]
    let junit: String
    let page: String?
    let command: String
  }
}
