import ArgumentParser
import Attributions
import Basics
import Corpora
import Foundation
import Models
import Reports

extension ExplanationAim: ExpressibleByArgument {}

/// `attack --on explanation`: the prediction stays, and the map is another.
extension AttackCommand {
  func validateOnExplanation() throws {
    for (option, isGiven) in [
      ("--attack", attack != nil), ("--to", to != nil), ("--transfer", transfer != nil), ("--explain", explain),
      ("--restarts", restarts != 1),
    ] where isGiven {
      throw ValidationError("\(option) is of --on prediction")
    }
    guard input == .waveform else {
      throw ValidationError("--on explanation changes the waveform: it does not go with --input \(input.rawValue)")
    }
  }

  func runOnExplanation(
    _ model: TrainedModel, _ manifest: Manifest, _ entries: [Manifest.Entry], _ drawing: FigureFiles
  ) throws {
    var examiner = try examiner(model)
    examiner.leaveOutInapplicable().forEach { Console.note("undertone: left out: \($0)") }
    guard !examiner.methods.isEmpty else { throw TrustJobError.noMethod }
    let series = ExplanationAttackSeries(examiner, among: entries.map(manifest.fullPath))
    var folder = try OutputFolder(output)
    // Before the work, so that a run that resumes has the same.
    let stems = entries.reduce(into: [:]) { stems, entry in
      if stems[entry.path] == nil { stems[entry.path] = folder.stem(for: entry.path) }
    }
    let job = ClipJob<ClipExplanationAttacks>(
      entries, of: manifest, sampleRate: model.configuration.frontEnd.sampleRate)
    let bar = ProgressBar("attacking", total: entries.count)
    var done = 0
    let result = try job.run(
      in: folder.path, asked: asked(examiner, manifest), groups: min(4, model.kind.clipsAtOnce),
      status: Console.exitStatus, shouldStop: { Interruption.wasAsked }, isPossible: { $0.isPossible(by: examiner) },
      { event in
        if case .progress(let count) = event { done = count }
        tell(event, bar)
      }
    ) { items in
      try series.run(
        items, progress: { bar.show(done, of: $0 * Double(items.count)) },
        write: isWritten
          ? { turned in
            let name = "\(stems[turned.item.entry.path]!).explanation.\(turned.map.rawValue)"
            try turned.sound.write(to: folder.file("\(name).wav"))
            let figures = try drawing.write(
              turned.figure, to: folder, as: name,
              provenance: model.provenance(source: turned.item.path).merging(examiner.provenance) { $1 })
            return (folder.file("\(name).wav"), figures)
          } : nil)
    }
    ProgressBar.clear()
    try Console.endInterrupted(result.isFinished)
    if !result.rows.isEmpty {
      let report = ExplanationAttackReport(
        result.rows.map { ($0.entry, $0.row) }, by: examiner, source: data ?? files.source)
      let figures = try drawing.write(report.figure, to: folder, as: "explanation", provenance: report.provenance)
      try folder.write(CSV.text(of: report.csv), to: "explanation.csv")
      try Console.print(
        json
          ? report.json(figures: figures)
          : ([text(report)] + figures + [folder.file("explanation.csv")]).joined(separator: "\n"))
    }
    result.finish()
    try Console.end(result.failures, of: entries.count)
  }

  // MARK: What is asked

  private func examiner(_ model: TrainedModel) throws -> ExplanationAttackExaminer {
    try model.checkClasses(for: "attack")
    guard model.classes.count > 1 else {
      throw ValidationError("\(model.name) has one class: its prediction stays whatever is changed")
    }
    let (methods, budgets, band) = (try measuredMethods(), try budgets(), try band(of: model))
    do throws(AttackError) {
      return try ExplanationAttackExaminer(
        model: model, methods: methods, budgets: budgets, aim: aim ?? .top,
        settings: AttackSettings(budget: budgets[0], band: band, steps: steps, seed: seed))
    } catch {
      throw ValidationError("\(error)")
    }
  }

  /// The methods whose maps are measured: as asked, or one of each kind.
  private func measuredMethods() throws -> [any AttributionMethod] {
    var names: [String] = []
    for name in method?.split(separator: ",").map({ $0.trimmingCharacters(in: .whitespaces) })
      ?? MethodOption.examined
    where !names.contains(name) {
      names.append(name)
    }
    guard !names.isEmpty else { throw ValidationError("no method is named; `undertone methods` lists them") }
    var options = MethodOptions()
    options.seed = seed
    do {
      return try AttributionMethods.makeAll(names, options)
    } catch {
      throw ValidationError("\(error)")
    }
  }

  /// What a run that resumes must have been asked for.
  private func asked(_ examiner: ExplanationAttackExaminer, _ manifest: Manifest) -> [String] {
    examiner.model.asked(source: data ?? files.source, manifest: manifest)
      + examiner.provenance.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
      + examiner.methods.map(\.nameWithParameters)
      + ["attack on explanation, \(examiner.budgets[0].kind), band \(band ?? "all"), written \(isWritten)"]
  }

  // MARK: Text

  private func text(_ report: ExplanationAttackReport) -> String {
    let summary = report.summary
    let interval =
      Estimate.noInterval(clips: summary.clips, speakers: summary.speakers).map { "mean; \($0)" }
      ?? "mean ± half of the 95 % interval"
    var parts = [
      wrapped(report.words),
      wrapped(
        "rank correlation of each map before and after the attack, and after noise as large; another: with another clip "
          + "predicted the same; \(interval)"),
    ]
    parts += tables(report, \.correlation)
    parts.append(wrapped("share of the top tenth of the cells that is kept"))
    parts += tables(report, \.overlap)
    parts.append(changes(report).text)
    parts.append(
      wrapped(
        "p: probability of the class before, after the attack, after noise; stays: share of draws of noise that leave the "
          + "prediction as it is; loss: "
          + (report.examiner.aim == .top
            ? "share of the relevance in the cells that were the top tenth, before and after"
            : "1 − cosine of the map with the one that is sought, before and after")))
    parts += report.remarks.map { wrapped($0) }
    parts.append(wrapped(summary.noVerdict ?? summary.criterion))
    parts.append(report.sentences.map { wrapped($0) }.joined(separator: "\n"))
    if !report.written.isEmpty { parts.append(report.written.map { wrapped($0) }.joined(separator: "\n")) }
    return parts.joined(separator: "\n\n") + "\n"
  }

  /// A number of each method after the attack and after noise, by budget, with that of another clip last; as many columns as
  /// 80 characters hold.
  private func tables(
    _ report: ExplanationAttackReport, _ number: (ExplanationAttackSummary.Similarity) -> Estimate
  ) -> [String] {
    let methods = report.summary.methods
    let header = report.budgets + ["another"]
    func cells(_ found: [ExplanationAttackSummary.Similarity?]) -> [String] {
      found.map { $0.map { number($0).cell } ?? "–" }
    }
    let rows = methods.flatMap { method in
      [
        (method.name, "attack", cells(method.budgets.map(\.attacked) + [method.another])),
        ("", "noise", cells(method.budgets.map(\.noise)) + [""]),
      ]
    }
    let room = (80 - methods.map(\.name.count).max()! - 8) / 11
    return stride(from: 0, to: header.count, by: room).map { first in
      let columns = first..<min(header.count, first + room)
      var table = Table(header: ["method", "after"] + header[columns])
      table.rows = rows.map { [$0.0, $0.1] + $0.2[columns] }
      return table.text
    }
  }

  private func changes(_ report: ExplanationAttackReport) -> Table {
    func number(_ estimate: Estimate) -> String { String(format: "%.2f", estimate.mean) }
    var table = Table(
      header: ["attack on", report.examiner.budgets[0].title, "SNR", "p before", "attack", "noise", "stays", "loss"])
    table.rows = report.summary.changes.map { own in
      [
        own.map.rawValue, report.budgets[own.budget], own.ratio.map { String(format: "%.1f", $0) } ?? "–",
        number(own.probabilityBefore), number(own.probability), number(own.probabilityAfterNoise),
        "\(Int((100 * own.holdsAfterNoise.mean).rounded())) %", "\(number(own.before)) → \(number(own.after))",
      ]
    }
    return table
  }
}
