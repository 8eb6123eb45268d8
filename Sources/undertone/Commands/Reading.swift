import ArgumentParser
import AudioFiles
import Corpora
import Models
import Training

/// The speech of a file ready for a model, with a note where the file is too long and was cut.
func readSpeech(_ path: String, for model: TrainedModel) throws(AudioFileError) -> AudioClip {
  let clip = try model.configuration.speech(of: path)
  if clip.isCut { noteCut(path, seconds: clip.sourceDuration) }
  return clip
}

/// Says that a clip was cut.
func noteCut(_ path: String, seconds: Double) {
  Console.note(
    "undertone: \(path): \(Int(seconds)) s long; only its first \(Int(AudioClip.longestSpeech)) s are used")
}

/// A manifest; rows that say too little are left out, and that is said.
func readManifest(_ path: String) throws(ManifestError) -> Manifest {
  let manifest = try Manifest.read(path)
  if manifest.droppedRows > 0 {
    Console.note("undertone: \(path): left out rows with an empty value: \(manifest.droppedRows)")
  }
  return manifest
}

/// The features of a manifest's clips, with a progress bar. Files that fail are reported, and the rest is used; long ones
/// that were cut are named.
func computeFeatures(
  _ manifest: Manifest, for configuration: ModelConfiguration, cache: FeatureCache? = nil, label: String
) throws -> (features: FeatureSet, failures: [AudioFileError]) {
  let bar = ProgressBar(label, total: manifest.entries.count)
  let (features, failures) = try FeatureSet.compute(
    manifest, for: configuration, cache: cache, progress: { bar.show($0) }, shouldStop: { Interruption.wasAsked })
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
