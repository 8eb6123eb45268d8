import ArgumentParser
import AudioFeatures
import AudioFiles
import Corpora
import Models

/// Stretches of a file, one after the other, each trimmed as a whole file is. The file is read as it is gone through:
/// memory does not grow with its length.
struct ClipWindows {
  /// Seconds; the hop is from one window's start to the next.
  let length, hop: Double

  private static let lengths = 0.1...AudioClip.longestSpeech, hops = 0.01...3600

  /// "0.1 to 60", for help.
  static var lengthWords: String { words(lengths) }
  static var hopWords: String { words(hops) }

  private static func words(_ range: ClosedRange<Double>) -> String {
    [range.lowerBound, range.upperBound].map { $0.formatted(.number.grouping(.never)) }.joined(separator: " to ")
  }

  /// What an option's value must be.
  static func check(length: Double?, hop: Double?) throws {
    if let length, !lengths.contains(length) {
      throw ValidationError("--window must lie between 0.1 and \(Int(AudioClip.longestSpeech)) seconds")
    }
    if let hop, !hops.contains(hop) {
      throw ValidationError("--hop must lie between 0.01 and 3600 seconds")
    }
  }

  /// Calls with each window's place in seconds and its speech, which is nil where the window is silent.
  /// - Returns: Seconds of the whole file.
  /// - Throws: `AudioFileError.silent` at the end where every window was silent.
  func forEach(
    of file: String, for model: TrainedModel, _ body: (Range<Double>, AudioClip?) throws -> Void
  ) throws -> Double {
    let rate = Double(model.configuration.frontEnd.sampleRate)
    let stream = try AudioStream(path: file, resampledTo: Int(rate))
    var isSilentSoFar = true
    let count = try stream.forEachWindow(of: Int((length * rate).rounded()), every: Int((hop * rate).rounded())) {
      start, samples in
      let window = AudioClip(samples: samples, sampleRate: Int(rate), start: Double(start) / rate)
      let speech = window.trimmed(model.configuration.trimming)
      if speech != nil { isSilentSoFar = false }
      try body(window.place.stretch, speech)
    }
    if isSilentSoFar { throw AudioFileError.silent(path: file, channels: stream.sourceChannels, isCut: false) }
    return Double(count) / rate
  }
}

/// Prints a note where a model of a fixed length uses only the beginning of each window.
func noteUnused(ofWindow seconds: Double, by model: TrainedModel) {
  guard case .fixed(let used) = model.kind.clipLength, seconds > used else { return }
  Console.note(
    "undertone: \(model.title) uses the first \(used.formatted()) s of each window; --window \(used.formatted()) uses all of the file"
  )
}
