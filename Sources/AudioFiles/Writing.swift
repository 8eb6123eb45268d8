import Basics
import CSndFile
import Foundation

extension AudioClip {
  /// The format of a written file.
  public enum FileFormat: Sendable {
    /// WAV with 16-bit integers: amplitude · 32768, rounded and clipped, so that 16-bit audio survives unchanged.
    case integer16
    /// WAV with 32-bit floats, unchanged.
    case float32
    /// FLAC with the same 16-bit integers, in about half the bytes.
    case flac

    fileprivate var code: Int {
      switch self {
      case .integer16: SF_FORMAT_WAV | SF_FORMAT_PCM_16
      case .float32: SF_FORMAT_WAV | SF_FORMAT_FLOAT
      case .flac: SF_FORMAT_FLAC | SF_FORMAT_PCM_16
      }
    }
  }

  /// Writes a file of one channel, whole or not at all.
  /// - Parameter comment: A text that the file carries, which ``AudioStream/comment`` reads.
  public func write(
    to path: String, as format: FileFormat = .integer16, comment: String? = nil
  ) throws(AudioFileError) {
    demand(samples.allSatisfy(\.isFinite), "the samples written to \(path) must be finite")
    do {
      try writeWhole(encoded(as: format, comment: comment), to: path)
    } catch {
      throw .file(error)
    }
  }

  /// The bytes of a file of one channel. Made in memory: libsndfile's FLAC encoder does not report a write that fails while it
  /// ends.
  public func encoded(as format: FileFormat = .integer16, comment: String? = nil) -> [UInt8] {
    encoded(
      format.code, set: { file in if let comment { sf_set_string(file, Int32(SF_STR_COMMENT), comment) } }
    ) { file, count in
      switch format {
      case .integer16, .flac: sf_write_short(file, samples.map(Self.integer16), count)
      case .float32: sf_write_float(file, samples, count)
      }
    }
  }

  /// The bytes of a file of one channel in one of libsndfile's formats.
  /// - Parameters:
  ///   - set: Sets what the format is to be besides, before samples are written.
  ///   - write: Writes so many samples; returns how many were written.
  func encoded(
    _ format: Int, set: (OpaquePointer) -> Void, write: (OpaquePointer, sf_count_t) -> sf_count_t
  ) -> [UInt8] {
    var information = SF_INFO()
    information.samplerate = Int32(sampleRate)
    information.channels = 1
    information.format = Int32(format)
    let memory = MemoryFile()
    let file = memory.openKnown(SFM_WRITE, &information)
    set(file)
    let count = sf_count_t(samples.count)
    let written = write(file, count)
    demand(
      written == count && sf_close(file) == 0,
      "libsndfile wrote \(written) of \(count) samples of format \(String(format, radix: 16))")
    return memory.bytes
  }

  /// The 16-bit integer that a file has for an amplitude.
  public static func integer16(_ amplitude: Float) -> Int16 {
    Int16(max(-32_768, min(32_767, (amplitude * 32_768).rounded())))
  }
}
