import ArgumentParser
import AudioFeatures
import AudioFiles
import Models

struct ModelOption: ParsableArguments {
  @Option(name: .long, help: ArgumentHelp("A model folder that `train` wrote.", valueName: "folder"))
  var model: String?

  /// The named model, or the one that comes with the program.
  func load() throws -> TrainedModel {
    try model.map { try TrainedModel(folder: $0) } ?? .builtIn()
  }
}

extension TrainedModel {
  /// The place of a class among the outputs.
  func index(of emotion: String) throws -> Int {
    guard let index = classes.firstIndex(of: emotion) else {
      throw ValidationError(
        "the model has no emotion \"\(emotion)\"; it has \(classes.joined(separator: ", "))")
    }
    return index
  }
}

/// How much of a file is read for one explanation or prediction; what is longer is cut, and said to be.
let longestClip = 60.0  // seconds

/// A clip ready for a model: decoded, resampled, its quiet ends cut off.
func readClip(_ path: String, for model: TrainedModel) throws(AudioFileError) -> [Float] {
  let clip = try AudioClip.decode(
    path: path, resampledTo: model.configuration.frontEnd.sampleRate, limit: longestClip)
  if clip.isCut {
    Console.note(
      "undertone: \(path): \(Int(clip.sourceDuration)) s long; only its first \(Int(longestClip)) s are used")
  }
  return trimmed(clip.samples).samples
}
