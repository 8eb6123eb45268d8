import ArgumentParser
import Attributions
import AudioFiles
import Basics
import Foundation
import Models
import Reports

struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tests explanations of clips, for continuous integration.",
    usage: "undertone check <file> [<options>]",
    discussion: """
      Explains the clips of a TOML file and tests what it asks of each: the predicted class, where the attribution lies, \
      how near it comes to an earlier one, and the measures of `undertone trust`. Seconds are the file's. Paths are \
      relative to the TOML file. A test needs a clip and one condition:

        model = "built-in"            # or a folder
        method = "saliency"           # these are for all tests; a test can have
        input = "mel"                 # its own, and target = "angry"
        options = { }                 # of the method, such as steps = 50
        seed = 0

        [[test]]
        name = "the shout is angry"   # else the clip's path
        clip = "clips/angry.wav"
        expect = "angry"              # the predicted class
        probability = [0.5, 1.0]      # of that class: least, most
        inside = [{ seconds = [0.4, 1.1], hertz = [0, 4000], share = 0.5 }]
        outside = [{ seconds = [1.5, 2.0], share = 0.05 }]
        golden = "golden/angry.npy"   # as explain --arrays and --update write it
        tolerance = 0.9               # the least rank correlation with it
        largest = 0.001               # the largest difference, relative to it
        [test.measures]
        gini = { most = 0.95 }        # least, most or both

      At least the share of `inside`, at most that of `outside`, of the attribution's absolute sum lies in those seconds \
      and Hz: in the cells that reach into them. Measures are \(measures).

      Writes check.xml (JUnit), which continuous integration reads. --against tests a second model too, and its page shows \
      what moved; the results and the status are those of the first.

      Exit status: 0 where all tests pass, \(Console.testFailed) where one fails; where one cannot be judged, as of a clip that \
      is missing, that error's (65, 66).

      Examples:
        undertone check check.toml
        undertone check check.toml --model output/train/fcmfcc --against built-in
        undertone check check.toml --update
        undertone check check.toml --html --json
      """)

  private static let measures =
    TrustMeasure.ofOneClip.map(\.rawValue).joined(separator: ", ")

  @Argument(help: ArgumentHelp("A TOML file of tests.", valueName: "file"))
  var file: String

  @Option(
    help: ArgumentHelp("A model folder, or built-in. (default: the file's, else built-in)", valueName: "folder"))
  var model: String?

  @Option(
    help: ArgumentHelp(
      "Also test this model folder, or built-in, and write a page of what moved. (default: none)", valueName: "folder"))
  var against: String?

  @Flag(help: "Write the golden arrays anew, before they are compared with.")
  var update = false

  @Flag(help: "Also write a self-contained HTML page of the tests, with the explanations; with --against always.")
  var html = false

  @OptionGroup var precision: PrecisionOption
  @OptionGroup var threads: ThreadOption

  @Flag(help: "Print one JSON object.")
  var json = false

  @Option(help: ArgumentHelp("The folder for results.", valueName: "folder"))
  var output = "output/check"

  func run() throws {
    try Console.run {
      let file = try CheckFile(reading: self.file)
      let (model, other) = try models(file.model)
      let tests = try file.tests(for: model)
      if let other { for test in tests { try test.check(fits: other) } }
      let goldens = update ? try goldens(of: tests) : []
      let checker: Checker
      do {
        checker = try Checker(model, against: other, updatesGoldens: update)
      } catch {
        throw ValidationError("\(error)")
      }
      let folder = try OutputFolder(output)
      let bar = ProgressBar("checking", total: tests.count)
      let entries = tests.enumerated().map { index, test in
        bar.show(index)
        return entry(test, by: checker)
      }
      ProgressBar.clear()
      let report = CheckReport(entries, model: model, against: other, file: self.file)
      try folder.write(report.junit.xml, to: "check.xml")
      let page = html || other != nil ? try folder.write(report.page, named: "check") : nil
      let written = entries.filter { $0.judged != nil }.compactMap(\.test.golden?.path).filter(goldens.contains)
      let junit = folder.file("check.xml")
      if json {
        try Console.print(report.json(junit: junit, page: page, goldens: written))
      } else {
        try Console.print(([text(report)] + written + [page, junit].compactMap { $0 }).joined(separator: "\n"))
      }
      for entry in entries {
        if case .failure(let error) = entry.result { throw ExitCode(Console.exitStatus(error)) }
      }
      if report.count("fail") > 0 { throw ExitCode(Console.testFailed) }
    }
  }

  /// The model that is tested, and the one beside it.
  private func models(_ named: String) throws -> (model: TrainedModel, other: TrainedModel?) {
    let folder = model ?? named
    guard let against else {
      let model = try TrainedModel.named(folder)
      try precision.check([model])
      return (precision.applied(to: model), nil)
    }
    guard against != folder else { throw ValidationError("--against is the tested model itself: \(folder)") }
    let names = distinctNames(of: [folder, against])
    let models = (try TrainedModel.named(folder, as: names[0]), try TrainedModel.named(against, as: names[1]))
    try precision.check([models.0, models.1])
    return (precision.applied(to: models.0), precision.applied(to: models.1))
  }

  /// The goldens of all tests, each of one only: of two the second would replace the first's.
  private func goldens(of tests: [ClipTest]) throws -> [String] {
    var found: [String] = []
    for test in tests {
      guard let path = test.golden?.path else { continue }
      guard !found.contains(path) else { throw test.wrong("golden", "\(path) is that of another test too") }
      found.append(path)
    }
    return found
  }

  /// Runs a test; an error is reported, and the others go on.
  private func entry(_ test: ClipTest, by checker: Checker) -> CheckReport.Entry {
    let start = ContinuousClock.now
    var other: Result<Checker.Against, CheckError>?
    let result = Result { () throws(CheckError) in
      let sound = try sound(of: test, for: checker.model)
      let checked = try checker.check(test, on: sound)
      let found = Result { () throws(CheckError) in try checker.checkOther(test, on: sound) }
      switch found {
      case .success(let against): other = against.map { .success($0) }
      case .failure(let error): other = .failure(error)
      }
      return checked
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    if case .failure(let error) = result { Console.report(error) }
    if case .failure(let error) = other { Console.note("undertone: warning: \(checker.other?.name ?? ""): \(error)") }
    return .init(test, result, other: other, seconds: seconds)
  }

  /// The whole clip: each model trims it as it was trained.
  private func sound(of test: ClipTest, for model: TrainedModel) throws(CheckError) -> AudioClip {
    do {
      return try readSpeech(test.clip, sampleRate: model.configuration.frontEnd.sampleRate, .off)
    } catch {
      throw .cause(file: test.file, test: test.name, key: "clip", error)
    }
  }

  // MARK: Text

  private func text(_ report: CheckReport) -> String {
    var table = Table(header: ["test", "result", "conditions"])
    table.rows = report.entries.map { entry in
      let held = entry.judged.map { "\($0.conditions.count { $0.holds }) of \($0.conditions.count)" }
      return [shortened(entry.test.name, to: 58), entry.word, held ?? "–"]
    }
    var parts = [table.text]
    // Why a test could not be judged is on standard error.
    let failures = report.entries.flatMap { entry in
      (entry.judged?.failures ?? []).map { wrapped("\(shortened(entry.test.name, to: 58)): \($0)") }
    }
    if !failures.isEmpty { parts.append(failures.joined(separator: "\n")) }
    if let other = report.other { parts.append(moved(report, to: other)) }
    parts.append(report.summary)
    return parts.joined(separator: "\n\n") + "\n"
  }

  /// What both models say of each clip, and how alike their attributions are.
  private func moved(_ report: CheckReport, to other: TrainedModel) -> String {
    func prediction(_ checked: CheckedClip?) -> String {
      guard let checked, let name = checked.predicted else { return "–" }
      let explanation = checked.explanation
      return shortened(name, to: 10) + String(format: " %.2f", explanation.probabilities[explanation.predicted])
    }
    var table = Table(header: ["test", "A", "B", "B's result", "ρ"])
    table.rows = report.entries.map { entry in
      let against = entry.against
      return [
        shortened(entry.test.name, to: 24), prediction(entry.judged), prediction(against?.checked),
        entry.otherWord ?? "–",
        against?.correlation.map { String(format: "%.2f", $0).replacing("-", with: "−") } ?? "–",
      ]
    }
    let models = "A: \(shortened(report.model.name, to: 76))\nB: \(shortened(other.name, to: 76))"
    return "\(models)\n\n\(table.text)\nρ: rank correlation of both attributions"
  }

  private func shortened(_ text: String, to count: Int) -> String {
    text.count > count ? "\(text.prefix(count - 1))…" : text
  }
}
