import AudioFeatures
import AudioFiles

extension AudioClip {
  /// Seconds of a file that are used at most: no emotion lasts longer, and a model of any length needs memory in
  /// proportion.
  public static let longestSpeech = 60.0

  /// A clip as every model hears it: the first channel at `sampleRate`, its quiet ends trimmed. [samples], never empty.
  public static func trimmedSpeech(
    path: String, sampleRate: Int = 16_000
  ) throws(AudioFileError) -> [Float] {
    trimmed(try decode(path: path, resampledTo: sampleRate, limit: longestSpeech).samples).samples
  }

  /// Many clips, on all cores, in the order of `paths`. A file that cannot be decoded is a failure in its place, and
  /// the others go on.
  /// - Parameter progress: Called after each clip, from any thread.
  public static func trimmedSpeech(
    paths: [String], sampleRate: Int = 16_000, progress: @Sendable () -> Void = {}
  ) -> [Result<[Float], AudioFileError>] {
    concurrentMap(count: paths.count) { index in
      defer { progress() }
      return Result { () throws(AudioFileError) in
        try trimmedSpeech(path: paths[index], sampleRate: sampleRate)
      }
    }
  }
}
