import ArgumentParser
import AudioFiles
import Basics
import Corpora
import Foundation

/// The clips that are named on a command line.
struct ClipFiles: ParsableArguments {
  @Argument(
    help: """
      Audio files: WAV, FLAC, OGG, MP3 and others, any sample rate; the first channel is used. Also folders, with all \
      audio files below them; @FILE, a list with one path a line; - for standard input.
      """)
  var files: [String] = []

  var isEmpty: Bool { files.isEmpty }

  /// The arguments as the user wrote them, for what says where results are from.
  var source: String { files.joined(separator: "; ") }

  /// The paths of the clips, in the order of the arguments.
  func paths() throws -> [String] {
    guard !files.isEmpty else { throw ValidationError("there are no clips: name files, folders or lists") }
    let paths = try files.flatMap { try Self.paths($0) }
    guard paths.filter({ $0 == "-" }).count < 2 else { throw ValidationError("standard input (-) is named twice") }
    return paths
  }

  private static func paths(_ argument: String) throws -> [String] {
    // A file whose name begins with @ comes before a list.
    if argument.hasPrefix("@"), !FileManager.default.fileExists(atPath: argument) {
      return try listed(in: String(argument.dropFirst())).flatMap { try audioFiles($0) }
    }
    return try audioFiles(argument)
  }

  /// The lines of a list that are neither empty nor comments (#).
  private static func listed(in list: String) throws -> [String] {
    guard let data = try contents(of: list, limit: SizeLimit.table) else {
      throw FileError.unreadable(path: list, reason: systemReason(ENOENT))
    }
    let lines = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline)
      .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty && !$0.hasPrefix("#") }
    guard !lines.isEmpty else { throw ValidationError("\(list): the list names no files") }
    return lines
  }

  /// The path itself, or the audio files below it where it is a folder.
  private static func audioFiles(_ path: String) throws -> [String] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
      return [path]
    }
    let found = AudioSearch(path)
    if let failure = found.failures.first { throw failure }
    guard !found.audioFiles.isEmpty else { throw AudioFileError.noAudio(folder: path) }
    return found.audioFiles.map { path.hasSuffix("/") ? path + $0 : "\(path)/\($0)" }
  }
}
