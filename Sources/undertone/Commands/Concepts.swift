import ArgumentParser
import Attributions
import AudioFiles
import Basics
import Corpora
import Foundation
import Models
import Reports

struct Concepts: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "What a model's layers hold of cues of the voice, and what of it the model uses.",
    usage: "undertone concepts --data <file> [<options>]",
    discussion: """
      A concept is a number of each clip: its pitch, level, tilt, tempo or pitch range, measured in the sound, or a column of \
      the manifest with numbers or two words. Of each concept:

      Held: from each layer's output, averaged over time, a ridge regression reads the concept on speakers that it \
      has not heard (R², or the area under the curve, AUC, of two words). Control: the same on values shuffled between clips. \
      Selectivity is the difference.
      Answered to: at the most selective layer, the share of clips whose logit of a class rises along the direction from the \
      third of the clips with least of the concept to that with most (TCAV), and logits for a standard deviation of the \
      clips along it.
      Used: the predictions with the direction taken out of the layer's output. With --remove probe, what a fresh probe \
      still reads says whether that was enough; without the covariance it reads nothing, by construction.

      What a class answers to, and what removal changes, stands beside \(RandomNull.draws) random directions, with a two-sided p of at \
      least \(String(format: "%.3f", 1 / Double(RandomNull.draws + 1))). Intervals resample speakers. The layer is chosen on the same clips as its numbers.

      Writes concepts.png and concepts.csv.

      Examples:
        undertone concepts --data clips.csv
        undertone concepts --data clips.csv --concept pitch,sex --clips 200
        undertone concepts --data clips.csv --concept pitch --relative
        undertone concepts --data clips.csv --model output/train/cnnatt --layer blocks.2 --remove probe --directions 4
      """)

  @OptionGroup var model: ModelOption

  @Option(
    help: ArgumentHelp(
      "Concepts, separated by commas: \(Self.voices), or columns of the manifest. (default: \(Self.voices))",
      valueName: "names"))
  var concept: String?

  @Flag(help: "Take numbers less the mean of the speaker's clips: what is higher than usual of that voice.")
  var relative = false

  @Option(
    help: ArgumentHelp(
      "Layers, separated by commas. (default: all with maps or tokens, at most \(ConceptExaminer.mostLayers) at even distances)",
      valueName: "names"))
  var layer: String?

  @Option(
    help: """
      The direction that is taken out: covariance (of the layer's output with the concept, after which nothing is left \
      to learn from), or probe (the slopes of a ridge regression).
      """)
  var remove = RemovedDirection.covariance

  @Option(
    help: ArgumentHelp(
      "The number of directions taken out one after another; of several each is a probe of what is left: 1 to 100.",
      valueName: "count"))
  var directions = 1

  @Option(
    help: ArgumentHelp(
      "The number of clips sampled: \(Concept.leastClips) or more. (default: all of the manifest)", valueName: "count"))
  var clips: Int?

  @Option(help: ArgumentHelp("The number of folds, which keep speakers apart: 3 to 100.", valueName: "count"))
  var folds = 5

  @Option(
    help: ArgumentHelp(
      "The seed of sampled clips, folds, shufflings and random directions: 0 or more.", valueName: "number"))
  var seed: UInt64 = 0

  @OptionGroup var options: MeasurementOptions

  @Option(help: ArgumentHelp("The folder for results.", valueName: "folder"))
  var output = "output/concepts"

  private static let voices = VoiceConcept.allCases.map(\.rawValue).joined(separator: ", ")

  func validate() throws {
    guard (1...100).contains(directions) else { throw ValidationError("--directions must lie between 1 and 100") }
    guard directions == 1 || remove == .probe else {
      throw ValidationError("--directions \(directions) needs --remove probe: after the covariance there is no other")
    }
    guard (3...100).contains(folds) else { throw ValidationError("--folds must lie between 3 and 100") }
    guard clips ?? Concept.leastClips >= Concept.leastClips else {
      throw ValidationError("--clips must be at least \(Concept.leastClips)")
    }
  }

  func run() throws {
    try Console.run {
      Interruption.listen()
      _ = try options.drawing.files()  // what is wrong with them is said before the work
      let model = try self.model.load()
      try model.checkClasses(for: "concepts")
      let manifest = sampled(try readManifest(options.data))
      let names = try self.names()
      try check(manifest, names)
      let folder = try OutputFolder(output)

      let examiner = ConceptExaminer(
        model, layers: try layer.map { try list($0, "layer") } ?? [], removing: remove, directions: directions,
        seed: seed)
      let run = try read(manifest, with: examiner, measures: names.contains { VoiceConcept(rawValue: $0) != nil })
      guard !run.manifest.entries.isEmpty else { return try Console.end(run.failures, of: manifest.entries.count) }
      let concepts = try names.map { (name) throws(ConceptError) in
        let concept =
          if let voice = VoiceConcept(rawValue: name) { try Concept(voice, of: run.voices) } else {
            try Concept(column: name, of: run.manifest)
          }
        return relative ? try concept.relative(to: run.manifest.entries.map(\.speaker)) : concept
      }
      let entries = run.manifest.entries
      let probing = ProgressBar("probing", total: examiner.layers.count)
      let isDone = try examiner.find(
        concepts, folds: try held(run.manifest),
        labels: entries.map { model.configuration.classIndex(of: $0.emotion) }, speakers: entries.map(\.speaker),
        progress: { probing.show($0) }, shouldStop: { Interruption.wasAsked })
      ProgressBar.clear()
      guard isDone else { throw ExitCode(130) }
      let failures = run.failures + (try remove(run.manifest, with: examiner))

      let report = ConceptsReport(
        examiner.removals(), of: model, data: options.data, clips: entries.count,
        speakers: Set(entries.map(\.speaker)).count, resemblances: run.resemblances, folds: folds,
        removed: remove, directions: directions, seed: seed)
      try options.write(report, text: text(report), to: folder, named: "concepts")
      report.warnings.forEach { Console.note("undertone: warning: \($0)") }
      try Console.end(failures, of: manifest.entries.count)
    }
  }

  // MARK: Clips

  private func list(_ text: String, _ kind: String) throws -> [String] {
    let names = text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    guard !names.isEmpty else { throw ValidationError("no \(kind) is named") }
    return names.enumerated().filter { !names[..<$0.offset].contains($0.element) }.map(\.element)
  }

  private func names() throws -> [String] {
    try concept.map { try list($0, "concept") } ?? VoiceConcept.allCases.map(\.rawValue)
  }

  /// The clips that are sampled, in the manifest's order.
  private func sampled(_ manifest: Manifest) -> Manifest {
    guard let clips, clips < manifest.entries.count else { return manifest }
    var generator = SeededGenerator(seed: seed)
    var found = manifest
    found.entries = generator.shuffled(manifest.entries.indices).prefix(clips).sorted().map { manifest.entries[$0] }
    return found
  }

  /// Says before the work what would be an error after it.
  private func check(_ manifest: Manifest, _ names: [String]) throws {
    for name in names where VoiceConcept(rawValue: name) == nil { _ = try Concept(column: name, of: manifest) }
    let count = manifest.entries.count
    guard count >= Concept.leastClips else {
      throw ConceptError.tooFewClips(concept: names[0], found: count, needed: Concept.leastClips)
    }
    _ = try held(manifest)
  }

  /// The places of the clips that each fold tries.
  private func held(_ manifest: Manifest) throws(SplitError) -> [[Int]] {
    // A clip that is listed twice has two places.
    var places = Dictionary(grouping: manifest.entries.indices) { manifest.entries[$0].path }
    return try manifest.folds(folds, by: .speaker, seed: seed).map { split in
      split.validation.entries.map { places[$0.path]!.removeFirst() }
    }
  }

  private struct FirstRun {
    /// Of the clips that could be read.
    var manifest: Manifest
    var voices: [[VoiceConcept: Double]] = []
    var resemblances: [Resemblance?] = []
    var failures: [any Error] = []
  }

  /// Runs every clip once.
  private func read(_ manifest: Manifest, with examiner: ConceptExaminer, measures: Bool) throws -> FirstRun {
    var run = FirstRun(manifest: manifest)
    run.manifest.entries = []
    let model = examiner.model
    let meter = ConceptMeter()
    let configuration = model.configuration
    let isSame = configuration.frontEnd.sampleRate == ConceptMeter.sampleRate && configuration.trimming == .standard
    let bar = ProgressBar("reading", total: manifest.entries.count)
    for (index, entry) in manifest.entries.enumerated() {
      if Interruption.wasAsked { throw ExitCode(130) }
      bar.show(index)
      let path = manifest.fullPath(of: entry)
      do {
        let speech = try readSpeech(path, for: model)
        var voice: [VoiceConcept: Double] = [:]
        if measures {
          let own = isSame ? speech : try AudioClip.trimmedSpeech(path: path, sampleRate: ConceptMeter.sampleRate)
          voice = meter.measure(own.samples)
        }
        let clip = Clip(speech, model: model)
        try examiner.add(clip, path: path)
        run.voices.append(voice)
        run.resemblances.append(clip.resemblance)
        run.manifest.entries.append(entry)
      } catch let error as ConceptError {
        throw error
      } catch {
        Console.report(error)
        run.failures.append(error)
      }
    }
    ProgressBar.clear()
    return run
  }

  /// Runs every clip again, without the concepts. Returns what failed, which is what has changed since the first time.
  private func remove(_ manifest: Manifest, with examiner: ConceptExaminer) throws -> [any Error] {
    var failures: [any Error] = []
    let bar = ProgressBar("removing", total: manifest.entries.count)
    for (index, entry) in manifest.entries.enumerated() {
      if Interruption.wasAsked { throw ExitCode(130) }
      bar.show(index)
      let path = manifest.fullPath(of: entry)
      do {
        let speech = try AudioClip.trimmedSpeech(
          path: path, sampleRate: examiner.model.configuration.frontEnd.sampleRate,
          trimming: examiner.model.configuration.trimming)
        examiner.remove(from: Clip(speech, model: examiner.model), at: index)
      } catch {
        Console.report(error)
        failures.append(error)
      }
    }
    ProgressBar.clear()
    return failures
  }

  // MARK: Text

  private func text(_ report: ConceptsReport) -> String {
    let lines = [
      "\(report.clips) clips of \(report.speakers) speakers, \(report.folds) folds of unheard speakers",
      "means and 95 % intervals by speaker; random: mean (range) of \(RandomNull.draws) directions",
    ]
    return lines.joined(separator: "\n") + "\n\n"
      + report.findings.map { text($0, report) }.joined(separator: "\n\n") + "\n"
  }

  private func text(_ finding: ConceptFinding, _ report: ConceptsReport) -> String {
    var held = Table(header: [finding.concept.title, finding.concept.measure, "control", "selectivity"])
    held.rows = finding.layers.map { layer in
      [layer.name, interval(layer.probe), String(format: "%.2f", layer.control.mean), interval(layer.selectivity)]
    }
    var answered = Table(header: ["class", "clips", "TCAV", "random", "p", "logits/SD", "range", "p"])
    answered.rows = finding.sensitivity.map { own in
      [
        own.output, own.isOfClass ? "\(own.clips)" : "all", String(format: "%.2f", own.score),
        random(own.scoreNull), p(own.scoreNull), String(format: "%+.2f", own.slope.mean),
        String(format: "%.2f…%.2f", own.slopeNull.low, own.slopeNull.high),
        p(own.slopeNull),
      ]
    }
    let layer = finding.bestLayer
    var parts = [held.text, "at \(layer.name), the most selective:\n\(answered.text)"]
    if let removal = finding.removal {
      var used = Table(header: ["without it, change of", "mean", "random", "p"])
      used.rows = removal.changes.map { change in
        [change.name, interval(change.change, sign: true), random(change.null, sign: true), p(change.null)]
      }
      let measure = finding.concept.measure
      let words =
        report.removed == .covariance
        ? "its covariance taken out, so that no linear probe reads it:"
        : "\(removal.directions) of its probes taken out: a fresh probe has \(measure) \(interval(removal.probe)), before "
          + "\(interval(layer.probe))"
      parts.append(
        wrapped(words)
          + "\n\(used.text)")
    }
    return parts.joined(separator: "\n\n")
  }

  private func interval(_ estimate: Estimate, sign: Bool = false) -> String {
    let format = sign ? "%+.3f" : "%.2f"
    let mean = String(format: format, estimate.mean)
    guard let low = estimate.low, let high = estimate.high else { return mean }
    return mean + String(format: " (\(format)…\(format))", low, high)
  }

  private func random(_ null: RandomNull, sign: Bool = false) -> String {
    let format = sign ? "%+.3f" : "%.2f"
    return String(format: "\(format) (\(format)…\(format))", null.mean, null.low, null.high)
  }

  private func p(_ null: RandomNull) -> String { String(format: "%.2f", null.p) }
}

extension RemovedDirection: ExpressibleByArgument {}
