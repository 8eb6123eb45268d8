import CSampleRate
import CSndFile
import Foundation

extension AudioClip {
  /// The first channel of a file in any format that libsndfile reads.
  ///
  /// The file is read and resampled block by block, so memory beyond the result stays small however
  /// long it is or however many channels it has.
  /// - Parameters:
  ///   - sampleRate: Samples a second of the result (libsamplerate's best sinc, ⌈n · wanted / found⌉
  ///     samples); nil keeps the file's own.
  ///   - limit: Seconds of the file to read at most; nil reads all.
  public static func decode(
    path: String, resampledTo sampleRate: Int? = 16_000, limit: Double? = nil
  ) throws(AudioFileError) -> AudioClip {
    precondition(sampleRate ?? 1 > 0, "the wanted sample rate must be positive, not \(sampleRate!)")
    precondition(limit ?? 1 > 0, "the limit must be positive, not \(limit!) seconds")
    try checkReadable(path)
    var information = SF_INFO()
    let file = try openForReading(path, &information)
    defer { sf_close(file) }
    let found = Int(information.samplerate)
    let wanted = sampleRate ?? found
    let channels = Int(information.channels)
    guard found > 0, src_is_valid_ratio(Double(wanted) / Double(found)) != 0 else {
      throw .sampleRate(path: path, found: found, wanted: wanted)
    }

    let frameLimit = limit.flatMap { Int(exactly: ($0 * Double(found)).rounded(.up)) } ?? .max
    let blockFrames = max(1, 65_536 / channels)
    var block = [Float](repeating: 0, count: blockFrames * channels)
    var resampler = wanted == found ? nil : Resampler(from: found, to: wanted)
    var samples: [Float] = []
    // A header can claim any length: trust it for ten minutes, beyond that let the array grow.
    let expected = min(Int(clamping: information.frames), frameLimit, 600 * found)
    samples.reserveCapacity(Int(Double(max(0, expected)) / Double(found) * Double(wanted)) + 16)

    var framesRead = 0
    while framesRead < frameLimit {
      let asked = min(blockFrames, frameLimit - framesRead)
      let came = Int(sf_readf_float(file, &block, sf_count_t(asked)))
      for frame in 0..<came {
        let value = block[frame * channels]
        block[frame] = value
        // Above 1e12 the powers of a spectrum leave Float's range; NaN fails the comparison too.
        guard value.magnitude < 1e12 else {
          throw .impossibleSample(path: path, index: framesRead + frame, value: value)
        }
      }
      framesRead += came
      resampler?.feed(block[..<came], into: &samples) ?? samples.append(contentsOf: block[..<came])
      if came < asked { break }
    }
    if sf_error(file) != Int32(SF_ERR_NO_ERROR) {
      throw .damaged(
        path: path, seconds: Double(framesRead) / Double(found), reason: String(cString: sf_strerror(file)))
    }
    guard framesRead > 0 else { throw .noSamples(path: path) }
    resampler?.finish(into: &samples)

    let isCut = framesRead == frameLimit && Int(information.frames) > frameLimit
    return AudioClip(
      samples: samples, sampleRate: wanted, sourceSampleRate: found, sourceChannels: channels,
      sourceDuration: Double(isCut ? Int(information.frames) : framesRead) / Double(found), isCut: isCut)
  }

  /// Throws what the file system can say about a path better than libsndfile does.
  private static func checkReadable(_ path: String) throws(AudioFileError) {
    var status = stat()
    guard stat(path, &status) == 0, access(path, R_OK) == 0 else {
      switch errno {
      case ENOENT, ENOTDIR: throw .noSuchFile(path: path)
      case let code: throw .unreadable(path: path, reason: String(cString: strerror(code)))
      }
    }
    let kind = status.st_mode & S_IFMT
    if kind == S_IFDIR { throw .directory(path: path) }
    if kind == S_IFREG && status.st_size == 0 { throw .emptyFile(path: path) }
  }

  // libsndfile keeps the reason of a failed opening in one global variable.
  private static let openingLock = NSLock()

  private static func openForReading(
    _ path: String, _ information: inout SF_INFO
  ) throws(AudioFileError) -> OpaquePointer {
    openingLock.lock()
    defer { openingLock.unlock() }
    guard let file = sf_open(path, Int32(SFM_READ), &information) else {
      let reason = String(cString: sf_strerror(nil)).trimmingCharacters(in: .whitespacesAndNewlines)
      throw .notAudio(path: path, reason: reason)
    }
    return file
  }
}
