import Basics
import CSampleRate
import CSndFile
import Foundation
import Kernels

/// The first channel of a file, of a file's bytes, or of standard input ("-"), in any format that libsndfile reads, decoded and resampled block by block: the samples
/// come in order, and memory does not grow with the file.
public final class AudioStream {
  public let path: String
  /// Samples a second, after resampling.
  public let sampleRate: Int
  /// Samples a second in the file.
  public let sourceSampleRate: Int
  /// Channels in the file.
  public let sourceChannels: Int
  /// The comment that the file carries.
  public let comment: String?
  /// Frames that the file's header promises, which need not be true.
  let promisedFrames: Int
  /// Frames of the file decoded so far.
  private(set) var framesRead = 0

  /// Lines that the decoder would have printed so far: libmpg123 prints what it thinks of an MP3 file.
  private(set) var decoderRemarks = 0

  private let file: OpaquePointer
  /// The bytes of a file that is in memory, which live as long as libsndfile has them open.
  private let memory: MemoryFile?
  private let frameLimit: Int
  private var block: [Float]
  private var resampler: (any Resampler)?
  private var isAtEnd = false

  /// - Parameters:
  ///   - sampleRate: Samples a second of what is read (by libsamplerate's best sinc filter, ⌈n · wanted / found⌉ samples in all);
  ///     nil keeps the file's own.
  ///   - limit: Seconds of the file to read at most; nil reads all.
  public convenience init(
    path: String, resampledTo sampleRate: Int? = 16_000, limit: Double? = nil
  ) throws(AudioFileError) {
    try Self.checkReadable(path)
    try self.init(path, nil, resampledTo: sampleRate, limit: limit)
  }

  /// - Parameters:
  ///   - bytes: Those of a whole file.
  ///   - name: What they are called in errors.
  public convenience init(
    bytes: [UInt8], name: String, resampledTo sampleRate: Int? = 16_000, limit: Double? = nil
  ) throws(AudioFileError) {
    guard !bytes.isEmpty else { throw .emptyFile(path: name) }
    try self.init(name, MemoryFile(bytes), resampledTo: sampleRate, limit: limit)
  }

  private init(
    _ path: String, _ memory: MemoryFile?, resampledTo sampleRate: Int?, limit: Double?
  ) throws(AudioFileError) {
    demand(sampleRate ?? 1 > 0, "the wanted sample rate must be positive, not \(sampleRate!)")
    demand(limit ?? 1 > 0, "the limit must be positive, not \(limit!) seconds")
    var information = SF_INFO()
    (file, decoderRemarks) = try Self.openForReading(path, memory, &information)
    (self.path, self.memory) = (path, memory)
    let found = Int(information.samplerate)
    let wanted = sampleRate ?? found
    sourceSampleRate = found
    self.sampleRate = wanted
    sourceChannels = Int(information.channels)
    comment = sf_get_string(file, Int32(SF_STR_COMMENT)).map { String(cString: $0) }
    promisedFrames = Int(information.frames)
    frameLimit = limit.flatMap { Int(exactly: ($0 * Double(found)).rounded(.up)) } ?? .max
    block = [Float](repeating: 0, count: max(1, 65_536 / sourceChannels) * sourceChannels)
    // From here on all properties are set, and `deinit` closes the file where something is thrown.
    guard found > 0, src_is_valid_ratio(Double(wanted) / Double(found)) != 0 else {
      throw .sampleRate(path: path, found: found, wanted: wanted)
    }
    if wanted != found { resampler = AudioFiles.resampler(from: found, to: wanted) }
  }

  deinit { sf_close(file) }

  /// Whether the limit ends the stream before the file ends.
  var isCut: Bool { framesRead == frameLimit && promisedFrames > frameLimit }

  /// The number of samples to expect by the header, which can claim any length, so ten minutes of them at most.
  var likelySamples: Int {
    let frames = max(0, min(promisedFrames, frameLimit, 600 * sourceSampleRate))
    return Int(Double(frames) / Double(sourceSampleRate) * Double(sampleRate)) + 16
  }

  /// Appends the next samples; false where there are none left.
  public func read(into samples: inout [Float]) throws(AudioFileError) -> Bool {
    guard !isAtEnd else { return false }
    let asked = min(block.count / sourceChannels, frameLimit - framesRead)
    kernel_begin_quiet()
    let came = Int(sf_readf_float(file, &block, sf_count_t(asked)))
    decoderRemarks += kernel_end_quiet()
    if let frame = keepFirstChannel(of: came) {
      throw .impossibleSample(path: path, index: framesRead + frame, value: block[frame])
    }
    framesRead += came
    resampler?.feed(block[..<came], into: &samples) ?? samples.append(contentsOf: block[..<came])
    if came < asked || framesRead == frameLimit {
      isAtEnd = true
      if sf_error(file) != Int32(SF_ERR_NO_ERROR) {
        throw .damaged(
          path: path, seconds: Double(framesRead) / Double(sourceSampleRate), reason: String(cString: sf_strerror(file))
        )
      }
      guard framesRead > 0 else { throw .noSamples(path: path) }
      resampler?.finish(into: &samples)
    }
    return true
  }

  /// Moves the first channel of the block's frames together.
  /// - Returns: The first frame that is no number that can be computed with, where the moving ends.
  private func keepFirstChannel(of frames: Int) -> Int? {
    let channels = sourceChannels
    return block.withUnsafeMutableBufferPointer { block in
      for frame in 0..<frames {
        let value = block[frame * channels]
        block[frame] = value
        // Above 1e12 the powers of a spectrum leave Float's range; NaN fails the comparison too.
        guard value.magnitude < 1e12 else { return frame }
      }
      return nil
    }
  }

  /// Throws the errors that the file system describes better than libsndfile does.
  private static func checkReadable(_ path: String) throws(AudioFileError) {
    guard path != StandardInput.path else { return }
    var status = stat()
    guard stat(path, &status) == 0, access(path, R_OK) == 0 else {
      switch errno {
      case ENOENT, ENOTDIR: throw .noSuchFile(path: path)
      case let code: throw .file(.unreadable(path: path, reason: systemReason(code)))
      }
    }
    let kind = status.st_mode & S_IFMT
    if kind == S_IFDIR { throw .directory(path: path) }
    // Opening a pipe waits for whoever writes to it, which may be nobody.
    guard kind == S_IFREG else { throw .notRegular(path: path) }
    if status.st_size == 0 { throw .emptyFile(path: path) }
  }

  // libsndfile keeps the reason of a failed opening in one global variable.
  private static let openingLock = NSLock()

  private static func openForReading(
    _ path: String, _ memory: MemoryFile?, _ information: inout SF_INFO
  ) throws(AudioFileError) -> (file: OpaquePointer, remarks: Int) {
    openingLock.lock()
    defer { openingLock.unlock() }
    let descriptor = memory == nil && path == StandardInput.path ? try StandardInput.open() : nil
    kernel_begin_quiet()
    let file =
      if let memory {
        memory.open(SFM_READ, &information)
      } else if let descriptor {
        sf_open_fd(descriptor, Int32(SFM_READ), &information, 1)
      } else {
        sf_open(path, Int32(SFM_READ), &information)
      }
    let remarks = kernel_end_quiet()
    guard let file else {
      let reason = String(cString: sf_strerror(nil)).trimmingCharacters(in: .whitespacesAndNewlines)
      throw .notAudio(path: path, reason: reason)
    }
    return (file, remarks)
  }
}

/// Keeps what decoders print (libmpg123 of MP3 files) from standard error; ``AudioStream/decoderRemarks`` counts it. For a
/// program's start: `stderr` of C becomes another stream.
public func quietDecoders() { kernel_watch_stderr() }
