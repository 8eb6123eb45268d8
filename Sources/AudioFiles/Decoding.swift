extension AudioClip {
  /// The first channel of a file in any format that libsndfile reads.
  ///
  /// Memory beyond the result stays small however long the file is or however many channels it has.
  /// - Parameters:
  ///   - sampleRate: Samples a second of the result, as ``AudioStream`` makes them; nil keeps the file's own.
  ///   - limit: Seconds of the file to read at most; nil reads all.
  public static func decode(
    path: String, resampledTo sampleRate: Int? = 16_000, limit: Double? = nil
  ) throws(AudioFileError) -> AudioClip {
    try decode(AudioStream(path: path, resampledTo: sampleRate, limit: limit))
  }

  /// The first channel of a stream from its beginning on.
  public static func decode(_ stream: AudioStream) throws(AudioFileError) -> AudioClip {
    var samples: [Float] = []
    samples.reserveCapacity(stream.likelySamples)
    while try stream.read(into: &samples) {}
    let frames = stream.isCut ? stream.promisedFrames : stream.framesRead
    var clip = AudioClip(
      samples: samples, sampleRate: stream.sampleRate, sourceSampleRate: stream.sourceSampleRate,
      sourceChannels: stream.sourceChannels, sourceDuration: Double(frames) / Double(stream.sourceSampleRate),
      isCut: stream.isCut)
    clip.decoderRemarks = stream.decoderRemarks
    return clip
  }
}
