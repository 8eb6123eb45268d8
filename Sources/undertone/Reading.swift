import ArgumentParser
import AudioFeatures
import AudioFiles
import Corpora
import Models
import Training

/// A clip ready for a model: decoded, resampled, its quiet ends cut off.
func readClip(_ path: String, for model: TrainedModel) throws(AudioFileError) -> [Float] {
  let limit = AudioClip.longestSpeech
  let clip = try AudioClip.decode(path: path, resampledTo: model.configuration.frontEnd.sampleRate, limit: limit)
  if clip.isCut {
    Console.note("undertone: \(path): \(Int(clip.sourceDuration)) s long; only its first \(Int(limit)) s are used")
  }
  return trimmed(clip.samples).samples
}

/// A manifest; rows that say too little are left out, and that is said.
func readManifest(_ path: String) throws(ManifestError) -> Manifest {
  let manifest = try Manifest.read(path)
  if manifest.droppedRows > 0 {
    Console.note("undertone: \(path): left out rows with an empty value: \(manifest.droppedRows)")
  }
  return manifest
}

/// The features of a manifest's clips, with a progress bar. Files that fail are reported, and the rest is used.
func computeFeatures(
  _ manifest: Manifest, for model: TrainedModel, cache: FeatureCache? = nil, label: String
) throws -> (features: FeatureSet, failures: [AudioFileError]) {
  let bar = ProgressBar(label, total: manifest.entries.count)
  let (features, failures) = try FeatureSet.compute(
    manifest, for: model, cache: cache, progress: { bar.show($0) }, shouldStop: { Interruption.wasAsked })
  ProgressBar.clear()
  if Interruption.wasAsked { throw ExitCode(130) }
  failures.prefix(10).forEach(Console.report)
  if failures.count > 10 { Console.note("undertone: and \(failures.count - 10) more files that cannot be used") }
  if features.clips.isEmpty { try Console.end(failures, of: manifest.entries.count) }
  return (features, failures)
}
