import ArgumentParser
import AudioFeatures
import AudioFiles
import Basics
import Corpora
import Foundation
import Models
import Training

/// The speech of a file ready for a model, with a note where the file is too long and was cut.
func readSpeech(_ path: String, for model: TrainedModel) throws(AudioFileError) -> AudioClip {
  try readSpeech(path, sampleRate: model.configuration.frontEnd.sampleRate, model.configuration.trimming)
}

/// The speech of a file, by default as the standard front-end takes it.
func readSpeech(
  _ path: String, sampleRate: Int = FrontEnd().sampleRate, _ trimming: Trimming = .standard
) throws(AudioFileError) -> AudioClip {
  let clip = try AudioClip.trimmedSpeech(path: path, sampleRate: sampleRate, trimming: trimming)
  for words in remarks(on: clip, path) { Console.note("undertone: \(words)") }
  return clip
}

/// What there is to know of a clip that was read.
func remarks(on clip: AudioClip, _ path: String) -> [String] {
  (clip.isCut ? [cutWords(path, seconds: clip.sourceDuration)] : [])
    + (clip.decoderRemarks > 0
      ? ["\(path): its decoder found faults in it, and went on: parts may be missing or noise"] : [])
}

/// Says that a clip was cut.
func noteCut(_ path: String, seconds: Double) { Console.note("undertone: \(cutWords(path, seconds: seconds))") }

private func cutWords(_ path: String, seconds: Double) -> String {
  "\(path): \(Int(seconds)) s long; only its first \(Int(AudioClip.longestSpeech)) s are used"
}

extension ArgumentHelp {
  /// The option of what ``readManifest(_:)`` reads.
  static func manifest(_ words: String = "A manifest", isPiped: Bool = true, otherwise: String? = nil) -> ArgumentHelp {
    let piped = "; - for standard input, with paths relative to the current folder"
    return ArgumentHelp(
      """
      \(words); a folder that holds manifest.csv, or clips that `undertone corpus prepare` recognises by their names\
      \(isPiped ? piped : "").\(otherwise.map { " (default: \($0))" } ?? "")
      """, valueName: "file")
  }
}

/// A manifest: a file, standard input, or a folder that holds one or the clips of a known corpus. Rows that say too little
/// are left out, and that is said.
func readManifest(_ argument: String) throws(ManifestError) -> Manifest {
  var path = argument
  var isFolder: ObjCBool = false
  if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
    path += path.hasSuffix("/") ? "manifest.csv" : "/manifest.csv"
    guard FileManager.default.fileExists(atPath: path) else { return try readCorpus(argument) }
  }
  let manifest = try Manifest.read(path)
  if manifest.droppedRows > 0 {
    Console.note("undertone: \(shownPath(path)): left out rows with an empty value: \(manifest.droppedRows)")
  }
  return manifest
}

/// The clips of a folder of known corpora, labelled by their names, which is said.
private func readCorpus(_ folder: String) throws(ManifestError) -> Manifest {
  let scan: CorpusScan
  do {
    scan = try CorpusScan(folder: folder)
  } catch {
    guard case .noClips = error else { throw error }
    throw .noManifest(error)
  }
  // Clips that cannot be reached would be missing from every number.
  if let failure = scan.failures.first { throw failure }
  let origins = Set(scan.manifest.entries.map(\.origin))
  let titles = KnownCorpora.all.filter { origins.contains($0.name) }.map { $0.title }
  // In the order of the corpora's own lists, which a dictionary does not keep.
  let leftOut = KnownCorpora.all.flatMap { $0.omissions }.compactMap { omission in
    scan.leftOut[omission].map { omission.words($0) }
  }
  let unrecognised = scan.unrecognised.count
  let others = "\(unrecognised) file\(unrecognised == 1 ? "" : "s") with unrecognised names"
  let left = leftOut + (unrecognised > 0 ? [others] : [])
  Console.note(
    "undertone: \(folder): no manifest.csv; \(scan.manifest.entries.count) clips of \(titles.joined(separator: ", ")), "
      + "labelled by their names" + (left.isEmpty ? "" : "; left out: \(left.joined(separator: ", "))"))
  return scan.manifest
}

/// The clips of a command that takes files or a manifest: all files, or a sample of each emotion.
func sampledClips(
  _ files: ClipFiles, data: String?, clips: Int, seed: UInt64
) throws -> (manifest: Manifest, entries: [Manifest.Entry]) {
  guard let data else {
    let entries = try files.paths().map { Manifest.Entry(path: $0, emotion: .none) }
    return (Manifest(folder: "", entries: entries), entries)
  }
  let manifest = try readManifest(data)
  return (manifest, manifest.sampled(clips, seed: seed))
}

extension Manifest {
  /// So many clips of each emotion at most, drawn at random.
  func sampled(_ clips: Int, seed: UInt64) -> [Entry] {
    var generator = SeededGenerator(seed: seed)
    return (emotions.isEmpty ? [Emotion.none] : emotions).flatMap { emotion in
      generator.shuffled(entries.filter { $0.emotion == emotion }).prefix(clips)
    }
  }
}

/// The features of a manifest's clips, with a progress bar. Files that fail are reported, and the rest is used; long ones
/// that were cut are named.
func computeFeatures(
  _ manifest: Manifest, for configuration: ModelConfiguration, cache: FeatureCache? = nil, keepsSound: Bool = false,
  readsVotes: Bool = false, label: String
) throws -> (features: FeatureSet, failures: [AudioFileError]) {
  let bar = ProgressBar(label, total: manifest.entries.count)
  let (features, failures) = try FeatureSet.compute(
    manifest, for: configuration, cache: cache, keepsSound: keepsSound, readsVotes: readsVotes,
    progress: { bar.show($0) },
    shouldStop: { Interruption.wasAsked })
  ProgressBar.clear()
  if Interruption.wasAsked { throw ExitCode(130) }
  failures.prefix(10).forEach(Console.report)
  if failures.count > 10 { Console.note("undertone: and \(failures.count - 10) more files that cannot be used") }
  let cut = features.clips.compactMap { clip in clip.cutFrom.map { (clip.path, $0) } }
  cut.prefix(10).forEach(noteCut)
  if cut.count > 10 { Console.note("undertone: and \(cut.count - 10) more files that are longer") }
  if features.clips.isEmpty { try Console.end(failures, of: manifest.entries.count) }
  return (features, failures)
}
