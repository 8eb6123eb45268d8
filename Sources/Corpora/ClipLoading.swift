import AudioFeatures
import AudioFiles

extension AudioClip {
  /// Seconds of a file that are used at most: no emotion lasts longer, and a model of any length needs memory in
  /// proportion.
  public static let longestSpeech = 60.0

  /// A clip as every model hears it: the first channel at `sampleRate`, cut to ``longestSpeech``, its quiet ends
  /// trimmed. Never empty; a silent one throws. `isCut` says whether there was more of it.
  public static func trimmedSpeech(path: String, sampleRate: Int) throws(AudioFileError) -> AudioClip {
    var clip = try decode(path: path, resampledTo: sampleRate, limit: longestSpeech)
    guard !isSilent(clip.samples) else { throw .silent(path: path, channels: clip.sourceChannels, isCut: clip.isCut) }
    let speech = trimmed(clip.samples)
    clip.samples = speech.samples
    clip.start = Double(speech.range.lowerBound) / Double(sampleRate)
    return clip
  }
}
