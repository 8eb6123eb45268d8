import Basics
import Figures
import Foundation
import Reports
import Training

extension Train {
  /// Runs a training, whose recipe and machine are then in its folder, and its events where they are asked for.
  func run(_ trainer: Trainer, _ print: (String) -> Void) throws -> TrainingResult {
    trainer.warnings.forEach { Console.note("undertone: \($0)") }
    let events = trainer.ranks.isFirst ? try begun(trainer) : nil
    // A training goes on without its events.
    var unwritten: FileError?
    let result = try trainer.run(
      recomputes: settings.recompute,
      { event in
        show(event, print)
        guard case .epoch(let record, _) = event, unwritten == nil else { return }
        do throws(FileError) { try events?.add(record) } catch { unwritten = error }
      }, shouldStop: { Interruption.wasAsked })
    // Under the ^C that the terminal shows.
    if !result.isFinished, Console.isTerminal { Console.note("") }
    if let unwritten { throw unwritten }
    return result
  }

  /// Writes a training's recipe and machine into its folder, which only the first of several ranks does; returns its events where
  /// they are asked for.
  private func begun(_ trainer: Trainer) throws -> TensorBoardEvents? {
    let folder = try OutputFolder(trainer.folder)
    // Those of a training whose place this one takes would pass for its own.
    if trainer.history.isEmpty { TensorBoardEvents.remove(from: trainer.folder) }
    try folder.write(TrainingPlan(trainer).text, to: TrainingPlan.file)
    try folder.write(Environment.json, to: "environment.json")
    return results.tensorboard ? try TensorBoardEvents(folder: trainer.folder) : nil
  }

  private static let misclassified = "misclassified.csv"

  /// Writes what a training comes to beside its model, the curves last: they show that all is there.
  func write(
    _ report: TrainingReport, speakers: [String: String], as drawing: FigureFiles, to path: String
  ) throws {
    let folder = try OutputFolder(path)
    if let confusion = report.confusion, let validated = report.validated {
      try folder.write(validated.misclassified(speakers: speakers), to: Self.misclassified)
      _ = try drawing.write(confusion, to: folder, as: "confusion", provenance: report.provenance)
    } else {
      // Those of a training whose place this one took.
      let figures = FigureFormat.allCases.map { "confusion.\($0.rawValue)" }
      for name in figures + [Self.misclassified] { unlink(folder.file(name)) }
    }
    if results.html {
      try folder.write(RunsReport([FinishedRun(folder: path)]).page, as: "curves", isQuiet: results.json)
    }
    _ = try drawing.write(report.figure, to: folder, as: "curves", provenance: report.provenance)
  }

  private func show(_ event: TrainingEvent, _ print: (String) -> Void) {
    switch event {
    case .batch(let progress):
      let epochs = Double(progress.epoch - 1) + Double(progress.batch) / Double(progress.batches)
      ProgressBar.draw(
        "epoch \(progress.epoch)/\(progress.epochs)", share: epochs / Double(progress.epochs),
        note: "loss \(threeDigits(progress.loss))  \(ProgressBar.time(progress.remaining)) left")
    case .epoch(let record, let isBest):
      ProgressBar.clear()
      if results.json {
        if let line = try? record.line { print(line) }
        return
      }
      Console.note(
        "epoch \(record.epoch): loss \(threeDigits(record.trainLoss))"
          + (record.words.map { ", validation \($0.loss), accuracy \($0.scores)" } ?? "")
          + (isBest ? ", best so far" : ""))
    }
  }
}

extension EpochRecord {
  /// The validation's loss, and "0.512, macro F1 0.498"; nil without validation.
  var words: (loss: String, scores: String)? {
    guard let loss = validationLoss, let accuracy = validationAccuracy, let f1 = validationMacroF1 else { return nil }
    return (threeDigits(loss), "\(threeDigits(accuracy)), macro F1 \(threeDigits(f1))")
  }
}

func threeDigits(_ value: Double) -> String { String(format: "%.3f", value) }
