import CSndFile
import Foundation

extension AudioClip {
  /// How samples are stored in a WAV file.
  public enum SampleFormat: Sendable {
    /// 16-bit integers: amplitude · 32768, rounded and clipped, so that 16-bit audio survives unchanged.
    case integer16
    /// 32-bit floats, as they are.
    case float32
  }

  /// Writes a WAV file of one channel: beside its place first, then renamed into it, so that no half
  /// of a file is ever there.
  public func write(to path: String, as format: SampleFormat = .integer16) throws(AudioFileError) {
    precondition(samples.allSatisfy(\.isFinite), "the samples written to \(path) must be finite")
    var information = SF_INFO()
    information.samplerate = Int32(sampleRate)
    information.channels = 1
    let subtype = format == .integer16 ? SF_FORMAT_PCM_16 : SF_FORMAT_FLOAT
    information.format = Int32(SF_FORMAT_WAV | subtype)

    let place = URL(fileURLWithPath: path)
    let beside = place.deletingLastPathComponent()
      .appendingPathComponent(".\(place.lastPathComponent).\(UUID().uuidString)").path
    guard let file = sf_open(beside, Int32(SFM_WRITE), &information) else {
      throw .unwritable(path: path, reason: String(cString: strerror(errno)))
    }
    let count = sf_count_t(samples.count)
    errno = 0
    let written =
      switch format {
      case .integer16: sf_write_short(file, samples.map(Self.integer16), count)
      case .float32: sf_write_float(file, samples, count)
      }
    let isWhole = written == count && sf_error(file) == Int32(SF_ERR_NO_ERROR)
    let writingError = errno
    let isClosed = sf_close(file) == 0
    guard isWhole, isClosed, rename(beside, path) == 0 else {
      let code = isWhole ? errno : writingError
      unlink(beside)
      throw .unwritable(path: path, reason: String(cString: strerror(code == 0 ? EIO : code)))
    }
  }

  private static func integer16(_ amplitude: Float) -> Int16 {
    Int16(max(-32_768, min(32_767, (amplitude * 32_768).rounded())))
  }
}
