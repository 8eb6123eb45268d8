import Basics
import CSndFile
import Foundation

extension AudioClip {
  /// The format of the samples in a WAV file.
  public enum SampleFormat: Sendable {
    /// 16-bit integers: amplitude · 32768, rounded and clipped, so that 16-bit audio survives unchanged.
    case integer16
    /// 32-bit floats, unchanged.
    case float32
  }

  /// Writes a WAV file of one channel, whole or not at all.
  public func write(to path: String, as format: SampleFormat = .integer16) throws(AudioFileError) {
    demand(samples.allSatisfy(\.isFinite), "the samples written to \(path) must be finite")
    var information = SF_INFO()
    information.samplerate = Int32(sampleRate)
    information.channels = 1
    let subtype = format == .integer16 ? SF_FORMAT_PCM_16 : SF_FORMAT_FLOAT
    information.format = Int32(SF_FORMAT_WAV | subtype)

    do {
      try write(to: WholeFile(path), path: path, as: format, &information)
    } catch {
      throw .file(error)
    }
  }

  private func write(
    to place: consuming WholeFile, path: String, as format: SampleFormat, _ information: inout SF_INFO
  ) throws(FileError) {
    guard let file = sf_open_fd(place.descriptor, Int32(SFM_WRITE), &information, 0) else {
      throw .writing(path, errno: errno)
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
    guard isWhole, isClosed else {
      let code = isWhole ? errno : writingError
      throw .writing(path, errno: code == 0 ? EIO : code)
    }
    try place.place()
  }

  private static func integer16(_ amplitude: Float) -> Int16 {
    Int16(max(-32_768, min(32_767, (amplitude * 32_768).rounded())))
  }
}
