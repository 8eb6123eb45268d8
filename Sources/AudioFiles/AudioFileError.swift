import Basics
import Foundation

/// An error in an audio file. The description is one line: the file, then the reason.
public enum AudioFileError: Error, Equatable, Sendable {
  case noSuchFile(path: String)
  case directory(path: String)
  /// A folder without audio files, on any level.
  case noAudio(folder: String)
  /// A pipe, a socket or a device.
  case notRegular(path: String)
  case file(FileError)
  case emptyFile(path: String)
  /// A file in no format that libsndfile knows; the reason is libsndfile's own.
  case notAudio(path: String, reason: String)
  /// Audio that breaks off: libsndfile failed `seconds` after the start.
  case damaged(path: String, seconds: Double, reason: String)
  case noSamples(path: String)
  /// A silent first channel; `isCut` where only the beginning was read.
  case silent(path: String, channels: Int, isCut: Bool)
  /// A sample of the first channel that is NaN, infinite or astronomically large. The index counts
  /// frames of the file, before resampling.
  case impossibleSample(path: String, index: Int, value: Float)
  /// A sample rate that cannot be brought to the wanted one: the ratio is outside 1/256…256.
  case sampleRate(path: String, found: Int, wanted: Int)
}

extension AudioFileError: CustomStringConvertible, LocalizedError {
  public var description: String {
    switch self {
    case .noSuchFile(let path): "\(Self.visible(path)): no such file"
    case .directory(let path): "\(path): is a directory, not an audio file"
    case .noAudio(let folder): "\(folder): the folder contains no audio files"
    case .notRegular(let path): "\(path): is not a regular file; pipe sound into standard input, which is called -"
    case .file(let error): "\(error)"
    case .emptyFile(let path): "\(path): the file is empty (0 bytes)"
    case .notAudio(let path, let reason): "\(path): not audio that can be decoded: \(reason)"
    case .damaged(let path, let seconds, let reason):
      "\(path): damaged \(String(format: "%.2f", seconds)) s after the start: \(reason)"
    case .noSamples(let path): "\(path): contains no samples"
    case .silent(let path, let channels, let isCut):
      "\(path): \(channels > 1 ? "the first of its \(channels) channels " : "")is silent"
        + (isCut ? " as far as it is used" : "")
    case .impossibleSample(let path, let index, let value):
      "\(path): sample \(index) is \(value), not a possible amplitude"
    case .sampleRate(let path, let found, let wanted):
      "\(path): cannot be resampled from \(found) Hz to \(wanted) Hz (the ratio must be in 1/256…256)"
    }
  }

  /// The path, in quotes where one of its names begins or ends with a space, which would not be visible.
  private static func visible(_ path: String) -> String {
    let hides = path.split(separator: "/").contains { $0.first!.isWhitespace || $0.last!.isWhitespace }
    return hides ? "\"\(path)\"" : path
  }

  public var errorDescription: String? { description }
}
