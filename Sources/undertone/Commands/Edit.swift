import ArgumentParser
import Attributions
import AudioFeatures
import AudioFiles
import Foundation
import Models
import Reports

struct Edit: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Changes the voice of clips, and says what a model makes of it.",
    usage: "undertone edit <files> ... [<options>]",
    discussion: """
      Each change leaves the others: pitch, its range, tempo, formants and roughness by putting the voice together anew from \
      its periods (PSOLA), the rest by filters and noise; the sound stays as loud, but for --loudness. Writes \
      clip.edited.wav: the whole file, at the model's sample rate, up to a minute.

      The prediction is printed before and after. Where pitch, tempo or formants change, the clip changed and changed back \
      is predicted too: how far that is from the clip itself is the resynthesis's own doing.

      Examples:
        undertone edit clip.wav --pitch +3
        undertone edit clip.wav --pitch -2 --tempo 0.9 --range 0.7
        undertone edit clips/*.wav --tilt -3 --json
        undertone edit clip.wav --telephone --noise 15
      """)

  @OptionGroup var files: ClipFiles

  @OptionGroup var model: ModelOption

  @Option(.pitch, "semitones") var pitch: Double?
  @Option(.range, "factor") var range: Double?
  @Option(.tempo, "factor") var tempo: Double?
  @Option(.formants, "factor") var formants: Double?
  @Option(.roughness, "percent") var roughness: Double?
  @Option(.breathiness, "dB") var breathiness: Double?
  @Option(.tilt, "dB") var tilt: Double?
  @Option(.loudness, "dB") var loudness: Double?
  @Option(.reverberation, "seconds") var reverberation: Double?
  @Option(.lowPass, "Hz") var lowPass: Double?
  @Option(.noise, "dB") var noise: Double?

  @Flag(help: "A telephone line: 300 to 3400 Hz, 8 bits.")
  var telephone = false

  @Option(
    help: ArgumentHelp("The seed of noise, breath, rooms and roughness: 0 or more.", valueName: "number"))
  var seed: UInt64 = 0

  @OptionGroup var threads: ThreadOption

  @Flag(help: "Print one JSON object per file instead of text.")
  var json = false

  @Option(help: ArgumentHelp("The folder for results.", valueName: "folder"))
  var output = "output/edit"

  private var edits: SoundEdits {
    let given: [(SoundEdits.Kind, Double?)] = [
      (.pitch, pitch), (.range, range), (.tempo, tempo), (.formants, formants), (.roughness, roughness),
      (.breathiness, breathiness), (.tilt, tilt), (.loudness, loudness), (.reverberation, reverberation),
      (.lowPass, lowPass), (.noise, noise),
    ]
    return SoundEdits(
      Dictionary(uniqueKeysWithValues: given.compactMap { kind, amount in amount.map { (kind, $0) } }),
      isTelephoned: telephone)
  }

  func validate() throws {
    guard !edits.isEmpty else { throw ValidationError("nothing is to be changed; such as --pitch +3") }
    for (kind, amount) in edits.amounts where !kind.limits.contains(amount) {
      throw ValidationError("--\(kind.rawValue) must lie between \(kind.words)")
    }
  }

  func run() throws {
    try Console.run {
      let files = try self.files.paths()
      let model = try self.model.load()
      var folder = try OutputFolder(output)
      let bar = ProgressBar("editing", total: files.count)
      try Console.forEach(files) { index, file in
        if files.count > 1 { bar.show(index) }
        let clip = try AudioClip.decode(
          path: file, resampledTo: model.configuration.frontEnd.sampleRate, limit: AudioClip.longestSpeech)
        if clip.isCut { noteCut(file, seconds: clip.sourceDuration) }
        let sounds = try EditedSounds(
          clip, path: file, edits: edits, trimming: model.configuration.trimming, seed: seed)
        let report = try EditReport(sounds, model: model)
        let path = folder.file("\(folder.stem(for: file)).edited.wav")
        try sounds.edited.write(to: path, as: .float32)
        guard !json else { return try Console.print(report.json(sound: path)) }
        try Console.print("\(file): \(edits.words): \(report.change) → \(path)")
        if let remark = report.remark { try Console.print(wrapped(remark, first: "  ")) }
      }
    }
  }
}

extension SoundEdits.Kind {
  /// "-12 and 12".
  fileprivate var words: String {
    "\(limits.lowerBound.formatted()) and \(limits.upperBound.formatted(.number.grouping(.never)))"
  }
}

extension Option where Value == Double? {
  /// An edit of a sound, with what it does and its limits.
  fileprivate init(_ kind: SoundEdits.Kind, _ unit: String) {
    self.init(
      name: .customLong(kind.rawValue),
      help: ArgumentHelp(
        "\(kind.summary): \(kind.words.replacing(" and ", with: " to ")). (default: as it is)", valueName: unit))
  }
}
