import AudioFeatures
import AudioFiles

extension AudioClip {
  /// The most seconds of a file that are used: no emotion lasts longer, and a model of any length needs memory in
  /// proportion.
  public static let longestSpeech = 60.0

  /// The clip that every model starts from: the first channel at `sampleRate`, cut to ``longestSpeech``, its quiet ends
  /// trimmed. It is never empty; a silent file throws. `isCut` is true where the file is longer.
  public static func trimmedSpeech(
    path: String, sampleRate: Int, trimming: Trimming = .standard
  ) throws(AudioFileError) -> AudioClip {
    let clip = try decode(path: path, resampledTo: sampleRate, limit: longestSpeech)
    guard let speech = clip.trimmed(trimming) else {
      throw .silent(path: path, channels: clip.sourceChannels, isCut: clip.isCut)
    }
    return speech
  }

  /// The clip without its quiet ends; nil where it is silent.
  public func trimmed(_ trimming: Trimming) -> AudioClip? {
    isSilent(samples) ? nil : part(trimming.range(of: samples))
  }
}
