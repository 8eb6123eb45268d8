import ArgumentParser
import Attributions
import AudioFeatures
import AudioFiles
import Basics
import Corpora
import Foundation
import Models
import Reports

struct AttackCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attack",
    abstract: "Adversarial attacks: how small a change makes a model say another emotion, or explain it otherwise.",
    usage: "undertone attack (<files> ... | --data <file>) [<options>]",
    discussion: """
      Changes of the clips are sought after which the model says another emotion, or that of --to: within each of several \
      budgets, from the smallest on. Of a manifest only clips that the model predicts rightly are attacked, and the \
      accuracy that is left is printed, with 95 % intervals by speaker; of files, and where an emotion is no class of the \
      model, the share of predictions that hold. Fewer than \(Estimate.leastClips) clips or \(Estimate.leastSpeakers) \
      speakers have no intervals. Beside each budget stand \
      random changes that use all of it. What fools within a small budget counts within the larger ones, and is not attacked \
      again; but universal seeks one change for all clips with each budget, of \(AttackSeries.mostUniversal) clips of one \
      length at most. Of a manifest with \(Estimate.leastClips) clips of \(Estimate.leastSpeakers) speakers it is fitted to those of half of the \
      speakers, drawn at random, and measured on them and, with intervals from twice as many clips and speakers on, on the other \
      half, whose clips alone are played back and explained; else on the clips that it is fitted to.

      On the waveform the change that fools within the smallest budget is stored with 16 bits and played back: as it is, \
      after MP3 of 32 kbit/s and Opus of 16, at half the sample rate and back, and as the program reads a file, without \
      quiet ends; beside it stands how often the same clips change without the attack. Of files, or with --write, it is written as WAV: the part of the sound that the model reads. On mel and \
      MFCC a change need not be any sound's. A run that is stopped resumes, but of \
      universal begins again.

      With --on explanation the prediction stays and the map is another: the waveform is changed, within the same budgets, so \
      that less of the relevance lies in the cells that were the top tenth (--aim top), or so that the map is like that of \
      another clip that is predicted otherwise (--aim map). Attacked are saliency and input × gradient on the mel; --method names \
      the methods whose maps are measured. Beside each rank correlation of the map before and after stand that after random \
      changes as large, and that with another clip that is predicted the same.

      Attacks:
      \(Attacks.all.map { "  \($0.name): \($0.summary)" }.joined(separator: "\n"))

      Writes attack.png (what is left over the budgets) and attack.csv (a row for each clip, attack and budget); with \
      several models of --against a curve of each model, of what holds against all attacks, and rows of each; on \
      explanations explanation.png and explanation.csv (a row for each clip, budget and method).

      Examples:
        undertone attack clip.wav
        undertone attack clips/*.wav --to happy --masked 0
        undertone attack --data validation.csv --attack fgsm,pgd --ratio 50,40,30,20
        undertone attack --data validation.csv --input mel --largest 0.5,1,2
        undertone attack --data validation.csv --transfer output/cnnatt --explain
        undertone attack --data validation.csv --against fcmfcc,cnnatt,mmfusion
        undertone attack clip.wav --on explanation --aim map --ratio 50,40,30
        undertone attack --data validation.csv --on explanation --method saliency,lrp
      """)

  @OptionGroup var files: ClipFiles

  @OptionGroup var model: ModelOption

  @Option(help: .manifest("Instead of files, a manifest"))
  var data: String?

  @Option(
    help: ArgumentHelp(
      "The number of clips sampled of each emotion of a manifest, at most: 1 or more.", valueName: "count"))
  var clips = 10

  /// What an attack is on.
  enum Attacked: String, CaseIterable, ExpressibleByArgument { case prediction, explanation }

  @Option(help: "What is to be another after the change: prediction, or explanation, with the prediction as it was.")
  var on = Attacked.prediction

  @Option(
    help: ArgumentHelp(
      """
      Of --on explanation, what is sought: top (less in the cells that were the top tenth) or map (another clip's map, or \
      the own one played backwards where no clip is predicted otherwise). (default: top)
      """, valueName: "aim"))
  var aim: ExplanationAim?

  @Option(
    help: ArgumentHelp(
      """
      The attacks, separated by commas: \(Attacks.all.map { $0.name }.joined(separator: ", ")). (default: \(PGD.name))
      """, valueName: "names"))
  var attack: String?

  @Option(help: "What is changed: waveform, mel or mfcc.")
  var input = InputSpace.waveform

  @Option(
    help: ArgumentHelp(
      """
      The budgets: the least signal-to-noise ratios of the change, separated by commas, each -20 to 120. Of the waveform. \
      (default: \(Self.ratios), of the waveform)
      """, valueName: "dB"))
  var ratio: String?

  @Option(
    help: ArgumentHelp(
      """
      The budgets instead: the most that a value changes, separated by commas, above 0: amplitude on the waveform, dB on \
      the mel, units of the MFCC. (default: none; on mel and mfcc \(Self.largestChanges))
      """, valueName: "numbers"))
  var largest: String?

  @Option(
    help: ArgumentHelp(
      """
      The budgets instead: how far the change stays below what the clip masks, separated by commas, each -60 to 60; below \
      0, as --masked=-6,0, it may be above that. Of the waveform, and not of \(Self.minimal). (default: none)
      """, valueName: "dB"))
  var masked: String?

  @Option(
    help: ArgumentHelp(
      "The frequencies that the change has: 0 or more, to half the sample rate. Of the waveform. (default: all)",
      valueName: "Hz-Hz"))
  var band: String?

  @Option(
    help: ArgumentHelp(
      "The emotion that the model is to say; clips of which it does are passed over; not of decision. (default: any other)",
      valueName: "emotion"))
  var to: String?

  @Option(help: ArgumentHelp("The number of an attack's steps: 1 or more.", valueName: "count"))
  var steps = 40

  @Option(
    help: ArgumentHelp("The number of starts of an attack that has random ones: 1 or more.", valueName: "count"))
  var restarts = 1

  @Option(
    help: ArgumentHelp(
      "Other models that are asked of the changed sounds, separated by commas. (default: none)", valueName: "folders"))
  var transfer: String?

  @Flag(
    help: """
      Explain what is said before and after on the mel, and measure the voice's cues: what the attack changes, and what \
      noise as large does.
      """)
  var explain = false

  @Option(
    help: ArgumentHelp(
      """
      The attribution method of --explain; of --on explanation the methods whose maps are measured, separated by commas. \
      `undertone methods` lists them. (default: \(Saliency.name); of --on explanation \
      \(MethodOption.examined.joined(separator: ", ")))
      """, valueName: "name"))
  var method: String?

  @Option(
    help: ArgumentHelp(
      """
      Attack these models too, separated by commas, with the same budgets on the same clips, and say of each whether it \
      is harder to fool; of several, attack.png has a curve for each model. (default: none)
      """, valueName: "folders"))
  var against: String?

  @Flag(
    help: """
      Also write the sounds of a manifest's clips that fool, and with --explain or --on explanation a figure of each.
      """)
  var write = false

  @OptionGroup var drawing: OverlaidFigureOption

  @OptionGroup var threads: ThreadOption

  @Flag(help: "Print one JSON object instead of text.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "The seed of sampled clips, of starts and of random changes: 0 or more.", valueName: "number"))
  var seed: UInt64 = 0

  @Option(help: ArgumentHelp("The folder for results.", valueName: "folder"))
  var output = "output/attack"

  /// The attacks that seek the smallest change.
  private static var minimal: String { Attacks.all.filter { $0.isMinimal }.map { $0.name }.joined(separator: ", ") }
  private static let ratios = "40,30,20,10", largestChanges = "0.5,1,2,4"

  func validate() throws {
    guard clips > 0 else { throw ValidationError("--clips must be at least 1") }
    guard steps > 0 else { throw ValidationError("--steps must be at least 1") }
    guard restarts > 0 else { throw ValidationError("--restarts must be at least 1") }
    guard files.isEmpty != (data == nil) else {
      throw ValidationError("name either files or a manifest with --data")
    }
    guard input != .spectrogram else { throw ValidationError("--input takes waveform, mel or mfcc") }
    if on == .explanation {
      if against != nil { throw ValidationError("--against compares attacks on predictions, not --on explanation") }
      try validateOnExplanation()
    } else if aim != nil {
      throw ValidationError("--aim is of --on explanation: a prediction is made any other, or that of --to")
    }
    _ = try (names(), budgets(), frequencies(), opponentFolders())
    guard input != .waveform else { return }
    for (option, isGiven) in [("--band", band != nil), ("--transfer", transfer != nil), ("--write", write)]
    where isGiven {
      throw ValidationError("\(option) is of the waveform: there is no sound of a change of the \(input.rawValue)")
    }
  }

  func run() throws {
    try Console.run {
      Interruption.listen()
      let drawing = try self.drawing.files()  // what is wrong with them is said before the work
      let model = try self.model.load()
      let (manifest, entries) = try sampledClips(files, data: data, clips: clips, seed: seed)
      guard on == .prediction else { return try runOnExplanation(model, manifest, entries, drawing) }
      let series = try series(model, entries)
      let opponents = try self.opponents(of: series, entries)
      var folder = try OutputFolder(output)
      // Before the work, so that a run that resumes has the same.
      let stems = entries.reduce(into: [:]) { stems, entry in
        if stems[entry.path] == nil { stems[entry.path] = folder.stem(for: entry.path) }
      }
      let result = try attacked(series, manifest, entries, in: folder) { fooled in
        let name = "\(stems[fooled.item.entry.path]!).\(fooled.attack).\(model.classes[fooled.to])"
        return try self.write(fooled, named: name, series, drawing, folder)
      }
      guard result.rows.isEmpty || result.rows.contains(where: \.row.isAttacked) else {
        result.finish()
        // How many failed; the status is that of what follows.
        try? Console.end(result.failures, of: entries.count)
        throw ValidationError(
          series.target.map { "no clip is predicted rightly and other than \(model.classes[$0])" }
            ?? "the model predicts no clip rightly: there is nothing to attack")
      }
      // Where no clip could be read there is nothing to compare.
      let others: [ClipJob<ClipAttacks>.Result] =
        try result.rows.isEmpty
        ? []
        : opponents.enumerated().map { place, opponent in
          let own = try OutputFolder(folder.file(place == 0 ? "against" : "against-\(place + 1)"))
          return try attacked(opponent, manifest, entries, in: own) { _ in (nil, []) }
        }
      if !result.rows.isEmpty {
        let report = AttackReport(
          result.rows.map { ($0.entry, $0.row) }, of: series, source: data ?? files.source,
          method: explain ? try attributionMethod().nameWithParameters : nil,
          against: zip(opponents, others).map { opponent, own in (own.rows.map { ($0.entry, $0.row) }, opponent) })
        let figures = try drawing.write(report.figure, to: folder, as: "attack", provenance: report.provenance)
        try folder.write(CSV.text(of: report.csv), to: "attack.csv")
        try Console.print(
          json
            ? report.json(figures: figures)
            : ([text(report)] + figures + [folder.file("attack.csv")]).joined(separator: "\n"))
      }
      result.finish()
      for other in others { other.finish() }
      // A clip is tried once with each model.
      try Console.end(
        result.failures + others.flatMap(\.failures), of: entries.count * (1 + others.count),
        others.isEmpty ? "files" : "attacks on files")
    }
  }

  /// The clips after the attacks on a model, the run's or one that it is compared with.
  /// - Parameter write: Writes what is found of a clip, and returns the paths.
  private func attacked(
    _ series: AttackSeries, _ manifest: Manifest, _ entries: [Manifest.Entry], in folder: OutputFolder,
    write: (AttackSeries.Fooled) throws -> (sound: String?, figures: [String])
  ) throws -> ClipJob<ClipAttacks>.Result {
    let model = series.model
    let job = ClipJob<ClipAttacks>(entries, of: manifest, sampleRate: model.configuration.frontEnd.sampleRate)
    let bar = ProgressBar(against == nil ? "attacking" : "attacking \(model.name)", total: entries.count)
    var done = 0
    // One change for all clips is of all of them, and all are kept; else few enough that a run can be stopped soon.
    let group = series.attacks.contains(Universal.name) ? entries.count : min(8, model.kind.clipsAtOnce)
    let result = try job.run(
      in: folder.path, asked: try asked(series, manifest), groups: group, status: Console.exitStatus,
      shouldStop: { Interruption.wasAsked },
      isPossible: {
        $0.isPossible(
          classes: model.classes.count, attacks: series.attacks.count, budgets: series.budgets.count,
          others: series.others.count)
      },
      { event in
        if case .progress(let count) = event { done = count }
        tell(event, bar)
      }
    ) { items in
      try series.run(items, progress: { bar.show(done, of: $0 * Double(items.count)) }, write: write)
    }
    ProgressBar.clear()
    try Console.endInterrupted(result.isFinished)
    return result
  }

  // MARK: What is asked

  /// The folders of --against. One may be the model's own; of several each is another's, to tell their curves apart.
  private func opponentFolders() throws -> [String] {
    guard let against else { return [] }
    let folders = parts(of: against)
    guard !folders.isEmpty else { throw ValidationError("--against names no model") }
    guard folders.count <= AttackReport.mostOpponents else {
      throw ValidationError(
        "--against takes \(AttackReport.mostOpponents) models at most, and these are \(folders.count)")
    }
    func path(_ folder: String) -> String { URL(fileURLWithPath: folder).standardizedFileURL.path }
    var seen = Set(folders.count > 1 ? [path(model.model ?? "built-in")] : [])
    for folder in folders where !seen.insert(path(folder)).inserted {
      throw ValidationError("--against: \(folder) is named twice, or is the tested model")
    }
    return folders
  }

  /// The models that the model is compared with, under the same attacks.
  private func opponents(of series: AttackSeries, _ entries: [Manifest.Entry]) throws -> [AttackSeries] {
    let folders = try opponentFolders()
    let names = distinctNames(of: [model.model ?? "built-in"] + folders).dropFirst()
    return try zip(folders, names).map { try opponent($0, as: $1, of: series, entries) }
  }

  private func opponent(
    _ folder: String, as name: String, of series: AttackSeries, _ entries: [Manifest.Entry]
  ) throws -> AttackSeries {
    let opponent = try self.series(model.other(folder, as: name), entries, isOpponent: true)
    guard series.isLabelled == opponent.isLabelled else {
      let (knows, lacks) = series.isLabelled ? (series.model, opponent.model) : (opponent.model, series.model)
      let emotion = entries.map(\.emotion).first { lacks.configuration.classIndex(of: $0) == nil }
      throw ValidationError(
        "--against: \"\(emotion?.rawValue ?? "")\" is an emotion of \(knows.name) and not of \(lacks.name), which cannot "
          + "predict it rightly")
    }
    return opponent
  }

  /// - Parameter isOpponent: Whether the model is one that the run's is compared with, of which nothing else is asked.
  private func series(
    _ model: TrainedModel, _ entries: [Manifest.Entry], isOpponent: Bool = false
  ) throws -> AttackSeries {
    try model.checkClasses(for: "attack")
    guard model.classes.count > 1 else {
      throw ValidationError("\(model.name) has one class: there is nothing else that it could say")
    }
    _ = try inputSpace(input, of: model)
    let frequencies = try band(of: model)
    let target = try to.map { try model.classIndices(of: $0) }
    if let target, target.count != 1 { throw ValidationError("--to takes one emotion") }
    let explainer =
      explain && !isOpponent ? Explainer(model: model, method: try attributionMethod(), spaces: [.mel]) : nil
    let others = isOpponent ? [] : try otherModels()
    for other in others {
      try other.checkClasses(for: "--transfer")
      if let name = target.map({ model.classes[$0[0]] }),
        other.configuration.classIndex(of: Emotion(rawValue: name)) == nil
      {
        throw ValidationError("--transfer: \(other.name) has no emotion \"\(name)\"")
      }
    }
    let (names, budgets) = (try names(), try budgets())
    if names.contains(Universal.name), entries.count > AttackSeries.mostUniversal {
      throw ValidationError(
        "--attack \(Universal.name) takes \(AttackSeries.mostUniversal) clips at most, and these are \(entries.count)")
    }
    do throws(AttackError) {
      return try AttackSeries(
        model, attacks: names, budgets: budgets, at: input, target: target?[0],
        settings: AttackSettings(
          budget: budgets[0], band: frequencies, steps: steps, restarts: restarts, seed: seed),
        others: others, explainer: explainer,
        isLabelled: entries.allSatisfy { model.configuration.classIndex(of: $0.emotion) != nil },
        fitted: AttackSeries.fittedHalf(of: entries, seed: seed))
    } catch {
      throw ValidationError("\(error)")
    }
  }

  private func names() throws -> [String] {
    try several(attack ?? PGD.name, of: Attacks.all.map { $0.name }, kind: "attack")
  }

  func budgets() throws -> [AttackBudget] {
    let given = [("--ratio", ratio), ("--largest", largest), ("--masked", masked)].filter { $0.1 != nil }
    guard given.count < 2 else { throw ValidationError("\(given[0].0) and \(given[1].0) exclude each other") }
    if input != .waveform, let option = given.first(where: { $0.0 != "--largest" })?.0 {
      throw ValidationError("\(option) is of the waveform; on the \(input.rawValue) budgets are --largest")
    }
    if let masked { return try numbers(masked, "--masked", in: -60...60).map { .masked($0) } }
    if let largest = largest ?? (input == .waveform ? nil : Self.largestChanges) {
      return try numbers(largest, "--largest", in: 1e-6...1e3).map { .largest($0) }
    }
    return try numbers(ratio ?? Self.ratios, "--ratio", in: -20...120).map { .ratio($0) }
  }

  private func frequencies() throws -> ClosedRange<Double>? {
    guard let band else { return nil }
    let ends = band.split(separator: "-", omittingEmptySubsequences: false).map { Double($0) }
    guard ends.count == 2, let low = ends[0], let high = ends[1], low >= 0, low < high, high.isFinite else {
      throw ValidationError("--band: \"\(band)\" is not two frequencies, as 0-4000")
    }
    return low...high
  }

  /// The frequencies of a change, which end with the model's own.
  func band(of model: TrainedModel) throws -> ClosedRange<Double>? {
    let frequencies = try frequencies()
    let highest = Double(model.configuration.frontEnd.sampleRate) / 2
    if let frequencies, frequencies.upperBound > highest {
      throw ValidationError("--band: the model's sound ends at \(Int(highest)) Hz")
    }
    return frequencies
  }

  /// The parts of a text between its commas, but for empty ones.
  private func parts(of text: String) -> [String] {
    text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
  }

  private func otherModels() throws -> [TrainedModel] {
    guard let transfer else { return [] }
    var folders: [String] = []
    for folder in parts(of: transfer) where !folders.contains(folder) { folders.append(folder) }
    guard !folders.isEmpty else { throw ValidationError("--transfer names no model") }
    return try zip(folders, distinctNames(of: folders)).map { try model.other($0, as: $1) }
  }

  private func attributionMethod() throws -> any AttributionMethod {
    var options = MethodOptions()
    options.seed = seed
    do {
      return try AttributionMethods.make(method ?? Saliency.name, options)
    } catch {
      throw ValidationError("\(error)")
    }
  }

  /// What a run that resumes must have been asked for.
  private func asked(_ series: AttackSeries, _ manifest: Manifest) throws -> [String] {
    series.model.asked(source: data ?? files.source, manifest: manifest)
      + series.provenance.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" } + [
        "attack, to \(to ?? "any"), band \(band ?? "all"), steps \(steps), restarts \(restarts), written \(isWritten)",
        "explained \(explain ? try attributionMethod().nameWithParameters : "no")",
      ] + series.others.map { "\($0.model.name) \($0.model.digest)" }
  }

  // MARK: Results

  /// Whether sounds and figures of clips are written.
  var isWritten: Bool { data == nil || write }

  private func write(
    _ fooled: AttackSeries.Fooled, named name: String, _ series: AttackSeries, _ drawing: FigureFiles,
    _ folder: OutputFolder
  ) throws -> (sound: String?, figures: [String]) {
    guard isWritten else { return (nil, []) }
    let path = fooled.sound.map { _ in folder.file("\(name).wav") }
    if let path { try fooled.sound?.write(to: path) }
    let figures = try fooled.figure.map {
      try drawing.write(
        $0, to: folder, as: name,
        provenance: series.model.provenance(source: fooled.item.path).merging(series.provenance) { $1 })
    }
    return (path, figures ?? [])
  }

  private func text(_ report: AttackReport) -> String {
    var parts = [
      wrapped(report.words), curves(report).text,
      wrapped(
        "SNR: mean of what fools, in dB, also of what a smaller budget found; asked: gradients + predictions of the "
          + "model, a clip, in the search that found its change"),
    ]
    parts += report.remarks.map { wrapped($0) }
    if !report.isEnough {
      parts.append(
        wrapped(
          "too few clips for intervals that say something of others: these need \(Estimate.leastClips) clips and "
            + "\(Estimate.leastSpeakers) speakers"))
    }
    if input == .waveform {
      parts.append(
        "clips that still fool, each within the smallest budget that does\n\(played(report).text)\n"
          + wrapped("as they are: of the same clips those whose prediction changes so without an attack"))
    } else {
      parts.append("on features: no sound has been made that does this")
    }
    parts += transfers(report).map {
      "share that fools other models too (the same clips with noise as large)\n\($0.text)"
    }
    parts += report.explained.map { wrapped(report.words(of: $0)) }
    for against in report.against { parts += [table(against, report).text, wrapped(against.words)] }
    var remarks: [String] = []
    for remark in report.against.flatMap(\.remarks) where !remarks.contains(remark) { remarks.append(remark) }
    parts += remarks.map { wrapped($0) }
    if data == nil { parts.append(report.sentences.map { wrapped($0) }.joined(separator: "\n")) }
    return parts.joined(separator: "\n\n") + "\n"
  }

  private func curves(_ report: AttackReport) -> Table {
    let interval = report.isEnough ? ["95 %"] : []
    var table = Table(
      header: ["attack", report.budgetTitle, report.series.isLabelled ? "accuracy" : "holds"] + interval
        + ["fooled", "SNR", "asked"])
    table.rows = report.curves.map { curve in
      let ends = curve.accuracy.low.flatMap { low in
        curve.accuracy.high.map { "\(Self.percent(low))–\(Self.percent($0))" }
      }
      let asked = curve.gradients.flatMap { gradients in
        curve.predictions.map { "\(Int(gradients.rounded()))+\(Int($0.rounded()))" }
      }
      return [report.name(of: curve), report.budget(of: curve), "\(Self.percent(curve.accuracy.mean)) %"]
        + (report.isEnough ? [curve.isEnough ? ends ?? "none" : "too few"] : [])
        + [
          "\(Self.percent(curve.fooled.mean)) %", curve.ratio.map { String(format: "%.1f", $0) } ?? "–", asked ?? "–",
        ]
    }
    return table
  }

  /// The model beside the other.
  private func table(_ against: AttackAgainst, _ report: AttackReport) -> Table {
    func percent(_ share: Double?) -> String { share.map { Self.percent($0) + " %" } ?? "–" }
    var table = Table(
      header: [
        "attack", report.budgetTitle, report.series.isLabelled ? "accuracy" : "holds",
        String(against.other.suffix(12)), "fooled of both", "less",
      ])
    table.rows = against.rows.map { row in
      let less = row.fooledDifference.map { difference in
        // An interval of few clips says nothing of others.
        difference.low.flatMap { low in
          difference.high.flatMap { high in
            row.isEnough ? String(format: "%+.2f to %+.2f", low, high).replacing("-", with: "−") : nil
          }
        } ?? String(format: "%+.2f", difference.mean).replacing("-", with: "−")
      }
      return [
        row.attack, row.budget.formatted(), percent(row.accuracy), percent(row.otherAccuracy),
        "\(percent(row.fooled)), \(percent(row.otherFooled))", less ?? "–",
      ]
    }
    return table
  }

  private func played(_ report: AttackReport) -> Table {
    var table = Table(header: ["after", "clips"] + Playback.allCases.map(\.title))
    table.rows = report.played.flatMap { own in
      [(report.name(of: own), own.counts), ("as they are", own.changes)].map { name, counts in
        [name, "\(own.clips)"] + Playback.allCases.map { "\(counts[$0] ?? 0)" }
      }
    }
    return table
  }

  /// Tables of other models, as many of them beside each other as have room.
  private func transfers(_ report: AttackReport) -> [Table] {
    stride(from: 0, to: report.series.others.count, by: 2).map { first in
      let places = first..<min(first + 2, report.series.others.count)
      var table = Table(
        header: ["attack", report.budgetTitle]
          + places.map { String(report.series.others[$0].model.name.suffix(15)) })
      table.rows = report.curves.map { curve in
        [report.name(of: curve), report.budget(of: curve)]
          + places.map { place in
            guard let own = curve.others[place] else { return "–" }
            let noise = curve.othersOfNoise.isEmpty ? nil : curve.othersOfNoise[place]
            return "\(Self.percent(own.mean)) %" + (noise.map { " (\(Self.percent($0.mean)) %)" } ?? "")
              + " of \(own.clips)"
          }
      }
      return table
    }
  }

  private static func percent(_ share: Double) -> String { "\(Int((100 * share).rounded()))" }
}
