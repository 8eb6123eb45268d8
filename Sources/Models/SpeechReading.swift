import AudioFiles
import Corpora

extension ModelConfiguration {
  /// The speech of a file as the model is trained on it: at its sample rate, at most
  /// ``AudioFiles/AudioClip/longestSpeech``, trimmed as in its training.
  public func speech(of path: String) throws(AudioFileError) -> AudioClip {
    try .trimmedSpeech(path: path, sampleRate: frontEnd.sampleRate, trimming: trimming)
  }
}
