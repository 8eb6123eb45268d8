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

  /// The file's bytes. Made in memory: libsndfile's FLAC encoder does not report a write that fails while it ends.
  private func encoded(as format: FileFormat, comment: String?) -> [UInt8] {
    var information = SF_INFO()
    information.samplerate = Int32(sampleRate)
    information.channels = 1
    information.format = Int32(format.code)
    let memory = MemoryFile()
    return withExtendedLifetime(memory) {
      var callbacks = MemoryFile.callbacks
      let place = Unmanaged.passUnretained(memory).toOpaque()
      guard let file = sf_open_virtual(&callbacks, Int32(SFM_WRITE), &information, place) else {
        fault("libsndfile writes no \(format) at \(sampleRate) Hz: \(String(cString: sf_strerror(nil)))")
      }
      if let comment { sf_set_string(file, Int32(SF_STR_COMMENT), comment) }
      let count = sf_count_t(samples.count)
      let written =
        switch format {
        case .integer16, .flac: sf_write_short(file, samples.map(Self.integer16), count)
        case .float32: sf_write_float(file, samples, count)
        }
      demand(
        written == count && sf_close(file) == 0, "libsndfile wrote \(written) of \(count) samples as \(format)")
      return memory.bytes
    }
  }

  /// The 16-bit integer that a file has for an amplitude.
  public static func integer16(_ amplitude: Float) -> Int16 {
    Int16(max(-32_768, min(32_767, (amplitude * 32_768).rounded())))
  }
}

/// A file in memory, which libsndfile writes to and seeks in.
private final class MemoryFile {
  private(set) var bytes: [UInt8] = []
  private var position = 0

  static var callbacks: SF_VIRTUAL_IO {
    SF_VIRTUAL_IO(
      get_filelen: { sf_count_t(MemoryFile.at($0).bytes.count) },
      seek: { offset, origin, place in
        let file = MemoryFile.at(place)
        let start =
          switch origin {
          case SEEK_SET: 0
          case SEEK_CUR: file.position
          default: file.bytes.count
          }
        file.position = max(0, start + Int(offset))
        return sf_count_t(file.position)
      },
      read: { _, _, _ in 0 },
      write: { source, count, place in
        MemoryFile.at(place).write(UnsafeRawBufferPointer(start: source, count: Int(count)))
        return count
      },
      tell: { sf_count_t(MemoryFile.at($0).position) })
  }

  private static func at(_ place: UnsafeMutableRawPointer?) -> MemoryFile {
    Unmanaged<MemoryFile>.fromOpaque(place!).takeUnretainedValue()
  }

  private func write(_ source: UnsafeRawBufferPointer) {
    let end = position + source.count
    if end > bytes.count { bytes.append(contentsOf: repeatElement(0, count: end - bytes.count)) }
    bytes.replaceSubrange(position..<end, with: source)
    position = end
  }
}
