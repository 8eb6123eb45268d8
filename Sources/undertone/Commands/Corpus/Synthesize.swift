import ArgumentParser
import Corpora
import Reports

extension CorpusCommand {
  struct Synthesize: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Makes a small corpus of speech-like clips whose emotional cues are known.",
      usage: "undertone corpus synthesize [<options>]",
      discussion: """
        Voiced, source-filter utterances in the seven emotions; pitch, loudness, rate, spectral tilt and harmonics \
        follow the emotion, and their values are in the manifest. The same seed makes the same corpus.

        --plant adds a tone burst to every clip of one emotion; its time and frequency are in the manifest (cue_start_s, \
        cue_end_s, cue_low_hz, cue_high_hz), and `undertone trust` measures whether attributions find it.

        --plant with --cue pitch, tempo or tilt makes this emotion and neutral only, both spoken as neutral: in the \
        emotion the voice is higher, faster or brighter, and nothing else tells them apart.

        Examples:
          undertone corpus synthesize --clips 30 --output output/synthetic
          undertone corpus synthesize --plant angry --only-cue --clips 60
          undertone corpus synthesize --plant angry --cue pitch --amount 6
          undertone corpus synthesize --plant fear --at 1.0 --band 2000-2500
        """)

    @Option(help: ArgumentHelp("The number of clips per emotion: 1 to 10000.", valueName: "count"))
    var clips = 30

    @Option(help: ArgumentHelp("The number of speakers: 1 to 1000.", valueName: "count"))
    var speakers = 10

    @Option(
      help: ArgumentHelp(
        "Plant a cue in this emotion, a tone burst unless --cue says another. (default: none)", valueName: "emotion"))
    var plant: Emotion?

    @Option(help: "What is planted: burst (a tone), or a cue of the voice: pitch, tempo, tilt.")
    var cue = PlantedKind.burst

    @Option(
      help: ArgumentHelp(
        """
        The cue of the voice, as a number of its units: \(SingleCue.Kind.allCases.map(\.words).joined(separator: "; ")). (default: \
        \(SingleCue.Kind.allCases.map { $0.standard.formatted() }.joined(separator: ", ")))
        """, valueName: "number"))
    var amount: Double?

    @Option(
      help: ArgumentHelp(
        "The start of the burst in the clip: 0 or more, within the speech. (default: a random time in the speech)",
        valueName: "seconds"))
    var at: Double?

    @Option(
      help: ArgumentHelp(
        """
        The burst's lowest and highest frequency: above 0, below 8000. (default: \
        \(Int(standard.frequencies.lowerBound))-\(Int(standard.frequencies.upperBound)))
        """, valueName: "Hz-Hz"))
    var band: String?

    @Option(
      help: ArgumentHelp(
        "The burst's length: above 0.01, at most 1. (default: \(standard.duration.formatted()))", valueName: "seconds"))
    var duration: Double?

    @Option(
      help: ArgumentHelp(
        "The burst's level relative to the speech: -40 to 40. (default: \(standard.decibels.formatted()))",
        valueName: "dB"))
    var level: Double?

    @Flag(help: "Make only this emotion and neutral, spoken alike, so that the burst is the only cue to learn.")
    var onlyCue = false

    @Option(help: ArgumentHelp("The seed of the corpus: 0 or more.", valueName: "number"))
    var seed: UInt64 = 0

    @Option(help: ArgumentHelp("The folder for the clips and manifest.csv.", valueName: "folder"))
    var output = "output/corpus/synthetic"

    private static let standard = PlantedCue(in: .neutral)

    func validate() throws {
      guard (1...10_000).contains(clips) else { throw ValidationError("--clips must lie between 1 and 10000") }
      guard (1...1000).contains(speakers) else { throw ValidationError("--speakers must lie between 1 and 1000") }
      guard plant != nil || (at == nil && band == nil && duration == nil && level == nil && !onlyCue) else {
        throw ValidationError("--at, --band, --duration, --level and --only-cue need --plant")
      }
      guard plant != nil || (cue == .burst && amount == nil) else {
        throw ValidationError("--cue and --amount need --plant")
      }
      if let kind = cue.single {
        guard at == nil, band == nil, duration == nil, level == nil, !onlyCue else {
          throw ValidationError(
            "--at, --band, --duration, --level and --only-cue are of a burst, not of \(cue.rawValue)")
        }
        if let amount, !kind.limits.contains(amount) {
          throw ValidationError("--amount: \(kind.words)")
        }
      } else if amount != nil {
        throw ValidationError("--amount is of --cue pitch, tempo or tilt")
      }
      if let at, !(at >= 0 && at.isFinite) { throw ValidationError("--at must not be below 0") }
      if let duration, !(duration > 0.01 && duration <= 1) {
        throw ValidationError("--duration must lie between 0.01 and 1")
      }
      if let level, !(abs(level) <= 40) { throw ValidationError("--level must lie between -40 and 40") }
      _ = try plantedCue()
    }

    private func plantedCue() throws -> PlantedCue? {
      guard let plant, cue == .burst else { return nil }
      var cue = PlantedCue(in: plant, at: at, isOnlyCue: onlyCue)
      cue.duration = duration ?? cue.duration
      cue.decibels = level ?? cue.decibels
      if let band {
        let bounds = band.split(separator: "-", omittingEmptySubsequences: false).map { Double($0) ?? .nan }
        guard bounds.count == 2, bounds[0] > 0, bounds[0] <= bounds[1], bounds[1] < 8000 else {
          throw ValidationError("--band must be two frequencies between 0 and 8000 Hz, the lower first: 2000-2500")
        }
        cue.frequencies = bounds[0]...bounds[1]
      }
      return cue
    }

    func run() throws {
      try Console.run {
        let folder = try OutputFolder(output)
        let corpus = SyntheticCorpus(
          clipsPerEmotion: clips, speakers: speakers, seed: seed, plantedCue: try plantedCue(),
          singleCue: plant.flatMap { emotion in cue.single.map { SingleCue($0, in: emotion, amount: amount) } })
        let manifest = try corpus.write(to: folder.path)
        try Console.print("\(folder.file("manifest.csv")): \(manifest.entries.count) clips")
      }
    }
  }
}

/// What `--cue` can be.
enum PlantedKind: String, CaseIterable, ExpressibleByArgument {
  case burst, pitch, tempo, tilt

  /// The cue of the voice; nil of the burst.
  var single: SingleCue.Kind? { SingleCue.Kind(rawValue: rawValue) }
}

extension SingleCue.Kind {
  /// "pitch -12 to 12 semitones".
  fileprivate var words: String {
    let range = "\(rawValue) \(limits.lowerBound.formatted()) to \(limits.upperBound.formatted())"
    return switch self {
    case .pitch: "\(range) semitones"
    case .tempo: "\(range) times"
    case .tilt: "\(range) dB an octave"
    }
  }
}

extension Emotion: ExpressibleByArgument {
  public init?(argument: String) {
    guard let known = Emotion.known.first(where: { $0.rawValue == argument }) else { return nil }
    self = known
  }

  public static var allValueStrings: [String] { known.map(\.rawValue) }
}
