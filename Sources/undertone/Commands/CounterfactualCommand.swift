import ArgumentParser
import Attributions
import AudioFeatures
import AudioFiles
import Basics
import Foundation
import Models
import Reports

struct CounterfactualCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "counterfactual",
    abstract: "The smallest change of the voice that makes a model say another emotion.",
    usage: "undertone counterfactual <files> ... [<options>]",
    discussion: """
      Edits of one to three kinds are searched for the smallest after which the model says the emotion, measured in steps \
      that listeners just notice (pitch 2 semitones, tempo 5 %, loudness 1 dB …), all kinds together. Edits of one kind \
      are tried in whole; of several those first that would go furthest if effects added up. What is found is made smaller \
      by quarters of a step, and without what it does not need. The same command finds the same edit.

      Beside it stand the clip changed and changed back, which shows what the resynthesis does of its own, and 20 random \
      edits as large. Writes clip.happy.wav and a figure of both clips with their attributions.

      `undertone flips` does it for the clips of a manifest, from each emotion to each other.

      Examples:
        undertone counterfactual clip.wav --to happy
        undertone counterfactual clips/*.wav --edits pitch,tempo --most 2 --json
        undertone counterfactual clip.wav --to all --method integrated-gradients
      """)

  @OptionGroup var files: ClipFiles

  @OptionGroup var model: ModelOption

  @Option(
    help: ArgumentHelp(
      """
      The emotions the model is to say, separated by commas; all for each other one. (default: whichever is nearest)
      """, valueName: "emotions"))
  var to: String?

  @OptionGroup var searched: SearchOptions

  @Option(
    help: ArgumentHelp(
      "The attribution method of the figure of a file; `undertone methods` lists them.", valueName: "name"))
  var method = "saliency"

  @OptionGroup var drawing: OverlaidFigureOption

  @OptionGroup var threads: ThreadOption

  @Flag(help: "Print one JSON object for each file and emotion instead of text.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "The seed of noise, breath, rooms, roughness and random edits: 0 or more.", valueName: "number"))
  var seed: UInt64 = 0

  @Option(help: ArgumentHelp("The folder for results.", valueName: "folder"))
  var output = "output/counterfactual"

  func run() throws {
    try Console.run {
      let drawing = try self.drawing.files()
      let search = try searched.search()
      let model = try self.model.load()
      guard !model.classes.isEmpty else { throw EditError.noClasses(model: model.name) }
      let targets = try to.flatMap { $0 == "all" ? Array(model.classes.indices) : try model.classIndices(of: $0) }
      let explainer = Explainer(model: model, method: try attributionMethod(), spaces: [.mel])
      var folder = try OutputFolder(output)
      try Console.forEach(try files.paths()) { _, file in
        let clip = try AudioClip.decode(
          path: file, resampledTo: model.configuration.frontEnd.sampleRate, limit: AudioClip.longestSpeech)
        if clip.isCut { noteCut(file, seconds: clip.sourceDuration) }
        let edited = try EditedClip(clip.samples, path: file, model: model, seed: seed)
        try noteVoice(edited, search, file)
        // A method that cannot explain the model is said before the search.
        if let speech = clip.trimmed(model.configuration.trimming) { _ = try explainer.explain(speech, path: file) }
        let stem = folder.stem(for: file)
        // Of several, what is predicted is passed over.
        let wanted: [Int?] = targets.map { $0.filter { targets!.count == 1 || $0 != edited.own.predicted } } ?? [nil]
        for target in wanted {
          let bar = ProgressBar("searching", total: search.budget)
          let report = try CounterfactualReport(
            edited, file: file, to: target, search: search, seed: seed,
            progress: { bar.show(min($0, search.budget)) })
          ProgressBar.clear()
          try write(report, named: "\(stem).\(model.classes[report.found.to])", explainer, drawing, folder)
        }
      }
    }
  }

  /// Says which edits cannot be made in a clip without a voice.
  private func noteVoice(_ clip: EditedClip, _ search: CounterfactualSearch, _ file: String) throws {
    let left = search.kinds.filter { !search.possible(in: clip).contains($0) }
    guard left.count < search.kinds.count else {
      throw EditError.noVoice(path: file, edits: SoundEdits(steps: [left[0]: 1]))
    }
    if !left.isEmpty {
      Console.note(
        "undertone: \(file): no period of a voice is found: left out: \(left.map(\.title).joined(separator: ", "))")
    }
  }

  private func attributionMethod() throws -> any AttributionMethod {
    var options = MethodOptions()
    options.seed = seed
    do {
      return try AttributionMethods.make(method, options)
    } catch {
      throw ValidationError("\(error)")
    }
  }

  private func write(
    _ report: CounterfactualReport, named name: String, _ explainer: Explainer, _ drawing: FigureFiles,
    _ folder: OutputFolder
  ) throws {
    var (sound, figures): (String?, [String]) = (nil, [])
    if report.found.isFound {
      let path = folder.file("\(name).wav")
      try report.sound.write(to: path, as: .float32)
      sound = path
      if let figure = try report.figure(by: explainer) {
        figures = try drawing.write(figure, to: folder, as: name, provenance: report.provenance(explainer))
      }
    }
    guard !json else { return try Console.print(report.json(sound: sound, figures: figures)) }
    try Console.print(
      ([wrapped("\(report.file): \(report.sentence)")]
        + report.remarks.map { wrapped($0, first: "  ", indentation: "    ") }
        + ([sound].compactMap(\.self) + figures).map { "  → \($0)" }).joined(separator: "\n"))
  }
}
