import Basics
import AudioFiles
import Foundation

/// A small synthetic corpus: speech-like utterances in the seven emotions whose cues are known.
///
/// Everything follows from the seed. The clips of every emotion are divided evenly among the speakers.
public struct SyntheticCorpus: Sendable {
  public var clipsPerEmotion: Int
  public var speakers: Int
  public var seed: UInt64
  public var plantedCue: PlantedCue?
  /// The only cue of its emotion; nil where emotions have their own.
  public var singleCue: SingleCue?

  public init(
    clipsPerEmotion: Int = 30, speakers: Int = 10, seed: UInt64 = 0, plantedCue: PlantedCue? = nil,
    singleCue: SingleCue? = nil
  ) {
    demand(clipsPerEmotion > 0, "a corpus needs clips, not \(clipsPerEmotion) an emotion")
    demand(speakers > 0, "a corpus needs speakers, not \(speakers)")
    self.clipsPerEmotion = clipsPerEmotion
    self.speakers = speakers
    self.seed = seed
    self.plantedCue = plantedCue
    self.singleCue = singleCue
  }

  /// Writes `speaker-01/angry-001.wav` and so on (16 kHz, 16 bits), and last `manifest.csv`, whose extra
  /// columns are the cues of each clip (`f0_mean_hz`, …) and, with a planted cue, where it is
  /// (`cue_start_s`, `cue_end_s`, `cue_low_hz`, `cue_high_hz`; empty where there is none).
  /// - Throws: `AudioFileError` for a clip or a folder that cannot be written, `ManifestError` for the manifest.
  @discardableResult
  public func write(to folder: String) throws -> Manifest {
    let root = URL(fileURLWithPath: folder, isDirectory: true)
    for speaker in 0..<speakers {
      let place = root.appendingPathComponent(Self.name(ofSpeaker: speaker))
      do {
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
      } catch {
        throw FileError.unwritable(path: place.path, reason: systemReason(of: error))
      }
    }
    let clipCount = clipsPerEmotion * emotions.count
    let results = concurrentMap(count: clipCount) { number in
      Result { () throws(AudioFileError) in
        let (entry, samples) = clip(number)
        let clip = AudioClip(samples: samples, sampleRate: SyntheticUtterance.sampleRate)
        try clip.write(to: root.appendingPathComponent(entry.path).path)
        return entry
      }
    }
    let path = root.appendingPathComponent("manifest.csv").path
    let manifest = Manifest(
      folder: root.path, entries: try results.map { try $0.get() },
      extraColumns: Self.cueColumns + (plantedCue == nil ? [] : CueRegion.columns), file: path)
    try manifest.write(to: path)
    return manifest
  }

  /// All seven emotions; two where a cue is the only difference between them.
  public var emotions: [Emotion] {
    guard let own = singleCue?.emotion ?? (plantedCue?.isOnlyCue == true ? plantedCue?.emotion : nil) else {
      return Emotion.known
    }
    return [own, own == .neutral ? .angry : .neutral]
  }

  /// An utterance in an emotion: the one that ``write(to:)`` writes with this number.
  /// - Parameter number: From 1 to ``clipsPerEmotion``.
  public func clip(of emotion: Emotion, number: Int) -> AudioClip {
    demand((1...clipsPerEmotion).contains(number), "clip \(number) of \(clipsPerEmotion)")
    guard let place = emotions.firstIndex(of: emotion) else { fault("the corpus has no \(emotion.rawValue)") }
    return AudioClip(
      samples: clip(place * clipsPerEmotion + number - 1).samples, sampleRate: SyntheticUtterance.sampleRate)
  }

  /// The clip of a number in 0..<(emotions · clipsPerEmotion); it does not depend on other clips.
  func clip(_ number: Int) -> (entry: Manifest.Entry, samples: [Float]) {
    let emotion = emotions[number / clipsPerEmotion]
    let place = number % clipsPerEmotion
    let speaker = place % speakers
    var voiceGenerator = generator(for: .speaker, speaker)
    let voice = SyntheticVoice(number: speaker, using: &voiceGenerator)
    var clipGenerator = generator(for: .clip, number)
    let utterance = SyntheticUtterance(
      emotion: emotion, voice: voice, planting: plantedCue, single: singleCue, using: &clipGenerator)

    var extra: [String: String] = [:]
    for (name, value) in SyntheticCues.columns { extra[name] = Self.decimal(utterance.cues[keyPath: value]) }
    if let region = utterance.region {
      for (name, value) in zip(CueRegion.columns, region.values) { extra[name] = Self.decimal(value) }
    }
    let speakerName = Self.name(ofSpeaker: speaker)
    let file = emotion.rawValue + String(format: "-%03d.wav", place + 1)
    return (
      Manifest.Entry(
        path: "\(speakerName)/\(file)", emotion: emotion, origin: "synthetic", speaker: speakerName,
        extra: extra),
      utterance.samples
    )
  }

  private enum Purpose: UInt64 {
    case speaker = 1
    case clip = 2
  }

  /// A generator of its own for each speaker and each clip, so that their order does not matter.
  private func generator(for purpose: Purpose, _ number: Int) -> SeededGenerator {
    var seeds = SeededGenerator(seed: seed)
    var streams = SeededGenerator(seed: seeds.next() ^ purpose.rawValue)
    return SeededGenerator(seed: streams.next() ^ UInt64(number))
  }

  private static let cueColumns = SyntheticCues.columns.map(\.name)

  private static func name(ofSpeaker number: Int) -> String { String(format: "speaker-%02d", number + 1) }
  private static func decimal(_ value: Double) -> String { String(format: "%.4f", value) }
}
