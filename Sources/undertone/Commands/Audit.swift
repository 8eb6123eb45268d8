import ArgumentParser
import Attributions
import AudioFeatures
import AudioFiles
import Basics
import Corpora
import Foundation
import Models
import Reports

struct Audit: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "What a model leans on that is not emotion: one page of verdicts.",
    usage: "undertone audit --data <file> [<options>]",
    discussion: """
      For a sample of the clips, the model is asked about the background alone, the speech without its steady noise and with \
      that of other clips, the reversed clip, four bands alone and left out, 8 kHz, 12 dB more and less, Opus, MP3 and a \
      telephone line: unweighted average recall (UAR), the share of clips whose prediction stays, and the change of the true \
      emotion's probability; and whether predictions follow the noise of an emotion. Then what the clips share with \
      --training; gaps between sexes, ages, corpora and speakers; and groups of clips whose saliency lies alike (SpRAy, \
      Lapuschkin et al. 2019).

      Each verdict is alarm, caution, note, no alarm, undecided (fewer than \(Estimate.leastSpeakers) speakers) or not \
      judged (nothing to judge by); the rules are printed with them. Nothing is said of fewer than \(Estimate.leastClips) \
      clips. A run that is stopped resumes.

      Writes audit.png and audit.csv (a row for each clip and change).

      Examples:
        undertone audit --data validation.csv
        undertone audit --model output/train/cnnatt --data validation.csv --training train.csv --html
        undertone audit --data validation.csv --clips 40 --json
      """)

  @OptionGroup var model: ModelOption

  @Option(
    help: .manifest(
      "The clips that the model was trained on: a manifest", isPiped: false, otherwise: "none: leakage is not judged"))
  var training: String?

  @Option(
    help: ArgumentHelp(
      "The number of clips sampled of each emotion, at most: 1 or more. One more where all are hardly \(Estimate.leastClips).",
      valueName: "count"))
  var clips = 25

  /// Numbers of clips that are enough, as long as no tenth of them fails.
  private static let scarce = Estimate.leastClips..<(Estimate.leastClips * 11 + 9) / 10

  @Option(
    help: ArgumentHelp(
      "The seed of sampled clips, exchanged noises, intervals, random orders and groups: 0 or more.",
      valueName: "number"))
  var seed: UInt64 = 0

  @OptionGroup var options: MeasurementOptions

  @Flag(help: "Also write a self-contained HTML page: the verdicts, the rules, the figure and all tables.")
  var html = false

  @Option(help: ArgumentHelp("The folder for results.", valueName: "folder"))
  var output = "output/audit"

  func validate() throws {
    guard clips > 0 else { throw ValidationError("--clips must be at least 1") }
  }

  func run() throws {
    try Console.run {
      Interruption.listen()
      _ = try options.drawing.files()  // what is wrong with them is said before the work
      let data = options.data
      let model = try self.model.load()
      guard !model.classes.isEmpty else { throw AuditError.noClasses(model: model.name) }
      var manifest = try readManifest(data)
      var training = try self.training.map(readManifest)
      let isForeign = { (entry: Manifest.Entry) in model.configuration.classIndex(of: entry.emotion) == nil }
      manifest.entries.removeAll(where: isForeign)
      training?.entries.removeAll(where: isForeign)
      var entries = manifest.sampled(clips, seed: seed)
      // One more of each emotion where a clip that cannot be read would leave too few.
      if Self.scarce.contains(entries.count) { entries = manifest.sampled(clips + 1, seed: seed) }
      try AuditReport.check(entries, of: model, path: data)
      let folder = try OutputFolder(output)
      let job = ClipJob<AuditedClip>(entries, of: manifest, sampleRate: model.configuration.frontEnd.sampleRate)
      let exchange = noises(of: entries, in: manifest, of: model)
      let bar = ProgressBar("auditing", total: entries.count)
      var done = 0
      let result = try job.run(
        in: folder.path, asked: model.asked(source: data, manifest: manifest) + ["audit with noises, seed \(seed)"],
        status: Console.exitStatus, shouldStop: { Interruption.wasAsked },
        isPossible: { $0.isPossible(classes: model.classes.count) },
        { event in
          if case .progress(let count) = event { done = count }
          tell(event, bar)
        }
      ) { entry, path, clip in
        try AuditedClip(
          clip.samples, label: model.configuration.classIndex(of: entry.emotion)!, path: path, model: model,
          given: exchange.given(to: entry.path)
        ) { bar.show(done, of: $0) }
      }
      ProgressBar.clear()
      try Console.endInterrupted(result.isFinished)
      do {
        try AuditReport.check(result.rows.map(\.entry), of: model, path: data)
      } catch {
        // Nothing is left to resume: another run reads all again, and says again what cannot be read.
        result.finish()
        Console.note("undertone: too little can be read: \(error)")
        try Console.end(result.failures, of: entries.count)
      }
      let copies = try training.map { training in
        SplitLeakage.Copies(of: try prints(of: manifest), in: try prints(of: training))
      }
      let report = try AuditReport(
        result.rows.map { ($0.entry, $0.row) }, of: model, data: data, tested: manifest.entries,
        training: training.map { (self.training!, $0.entries) }, copies: copies, seed: seed)
      try options.write(report, text: text(report), to: folder, named: "audit")
      if html { try folder.write(report.page(), as: "audit", isQuiet: options.json) }
      result.finish()
      try Console.end(result.failures, of: entries.count)
    }
  }

  /// Whose steady noise each clip is given. Clips that cannot be read give none, which the job says; it also ends a run that is
  /// stopped here.
  private func noises(
    of entries: [Manifest.Entry], in manifest: Manifest, of model: TrainedModel
  ) -> NoiseExchange {
    let rate = model.configuration.frontEnd.sampleRate
    let labels = entries.map { model.configuration.classIndex(of: $0.emotion)! }
    let bar = ProgressBar("listening", total: entries.count)
    let done = Locked(0)
    let found = concurrentMap(count: entries.count) { index -> NoiseExchange.Member? in
      guard !Interruption.wasAsked else { return nil }
      defer {
        done.withLock { count in
          count += 1; bar.show(count)
        }
      }
      let (entry, label) = (entries[index], labels[index])
      let sound = try? AudioClip.decode(
        path: manifest.fullPath(of: entry), resampledTo: rate, limit: AudioClip.longestSpeech)
      guard let samples = sound?.samples, !isSilent(samples), samples.allSatisfy(\.isFinite) else { return nil }
      let phrases = SpeechSegmentation(samples, sampleRate: rate).phrases
      return AuditIntervention.steadyNoise(of: samples, phrases: phrases, sampleRate: rate)
        .map { .init(path: entry.path, label: label, speaker: entry.speaker, noise: $0) }
    }
    ProgressBar.clear()
    return NoiseExchange(found.compactMap(\.self), seed: seed)
  }

  /// What tells the clips' copies; those that cannot be read are left out, which is said.
  private func prints(of manifest: Manifest) throws -> [AudioPrint] {
    let bar = ProgressBar("comparing", total: manifest.entries.count)
    let done = Locked(0)
    let found = concurrentMap(count: manifest.entries.count) { index -> AudioPrint? in
      guard !Interruption.wasAsked else { return nil }
      defer {
        done.withLock { count in
          count += 1; bar.show(count)
        }
      }
      let clip = try? AudioClip.decode(
        path: manifest.fullPath(of: manifest.entries[index]), resampledTo: AudioPrint.sampleRate,
        limit: AudioClip.longestSpeech)
      return clip.map { AudioPrint($0.samples) }
    }
    ProgressBar.clear()
    try Console.endInterrupted(!Interruption.wasAsked)
    let prints = found.compactMap(\.self)
    if prints.count < found.count {
      Console.note("undertone: \(found.count - prints.count) clips cannot be read, and are not compared")
    }
    return prints
  }

  // MARK: Text

  private func text(_ report: AuditReport) -> String {
    var parts = [
      wrapped("What \(report.model.name) leans on that is not emotion: \(report.clipsWords)", indentation: "")
    ]
    parts += AuditFinding.Verdict.allCases.compactMap { verdict in
      let found = report.findings(verdict)
      return found.isEmpty
        ? nil
        : found.map { wrapped("\(verdict.rawValue): \($0.topic): \($0.words)", indentation: "  ") }
          .joined(separator: "\n")
    }
    var changes = Table(header: ["95 % intervals", "clips", "UAR", "stays", "p of the true"])
    changes.rows = report.effects.map { effect in
      let isOwn = effect.intervention == .asItIs
      return [
        effect.intervention.rawValue, "\(effect.clips)", Self.interval(effect.recall),
        isOwn ? "" : String(format: "%.2f", effect.stays.mean),
        isOwn ? "" : String(format: "%+.3f", effect.change.mean).replacing("-", with: "−"),
      ]
    }
    parts.append(changes.text)
    let chance = report.effects[0].chance
    let others = report.effects.filter { $0.chance != chance }
      .map { "\($0.intervention.rawValue) " + String(format: "%.2f", $0.chance) }
    parts.append(
      wrapped(
        String(format: "chance is a UAR of %.2f", chance)
          + (others.isEmpty ? "" : "; of clips of fewer emotions: \(others.joined(separator: ", "))")))
    // At the level of the rules, where the table above has 95 %.
    var noises = Table(
      header: [
        "with the noise of its clips", "clips",
        String(format: "p less with others' (%.2f %%)", 100 * report.rules.level),
      ])
    noises.rows = report.following.map { own in
      [report.model.classes[own.label], "\(own.clips)", own.follows.map { Self.interval($0) } ?? ""]
    }
    parts.append(noises.text)
    if !report.leakage.associations.isEmpty {
      var table = Table(header: ["alone tells the emotion", "clips", "UAR", "chance", "p"])
      table.rows = report.leakage.associations.map {
        [$0.column, "\($0.clips)"] + [$0.recall, $0.chance].map { String(format: "%.2f", $0) }
          + [String(format: "%.2g", $0.p)]
      }
      parts.append(table.text)
    }
    let gaps = report.gaps.filter { !$0.groups.isEmpty }.map(Self.text)
    if !gaps.isEmpty { parts.append(gaps.joined(separator: "\n")) }
    var groups = Table(header: ["saliency maps", "clips", "most predicted", "silhouette", "on silence", "mels of 8"])
    groups.rows = report.clusters.clusters.enumerated().map { number, own in
      [
        "group \(number + 1)", "\(own.clips)",
        "\(report.model.classes[own.predicted]) (\(own.ofPredicted))",
        String(format: "%.2f", own.silhouette).replacing("-", with: "−"),
        String(format: "%.2f", own.silent), String(format: "%d (%.2f)", own.band + 1, own.bandShare),
      ]
    }
    parts.append(groups.text)
    parts.append((["The rules:"] + report.rules.sentences.map { wrapped($0, first: "- ") }).joined(separator: "\n"))
    return parts.joined(separator: "\n\n") + "\n"
  }

  /// The groups of a column, and how the best and the worst differ.
  private static func text(_ gaps: AuditGaps) -> String {
    let groups = gaps.groups.count > 4 ? [] : gaps.groups.map { "\($0.name) \(interval($0.recall))" }
    guard let gap = gaps.gap else { return wrapped("UAR by \(gaps.column): " + groups.joined(separator: ", ")) }
    var words = groups + ["\(gap.name): UAR \(interval(gap.recall))"]
    words.append("calibration error \(interval(gap.calibrationError))")
    if let silent = gap.silent { words.append("saliency on silence \(interval(silent))") }
    if let centroid = gap.centroid { words.append("its centroid \(interval(centroid, digits: 0)) Hz") }
    return wrapped("by \(gaps.column): UAR " + words.joined(separator: ", "))
  }

  /// "0.41 (0.30 to 0.52)".
  private static func interval(_ estimate: Estimate, digits: Int = 2) -> String {
    let format = "%.\(digits)f"
    let mean = String(format: format, estimate.mean)
    guard let low = estimate.low, let high = estimate.high else { return mean.replacing("-", with: "−") }
    return (mean + String(format: " (\(format) to \(format))", low, high)).replacing("-", with: "−")
  }
}
