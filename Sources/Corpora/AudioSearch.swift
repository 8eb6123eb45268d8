import Basics
import Foundation

/// The audio files of a folder and all below it. Links are followed last, and those to folders or files visited before
/// are left out: so no clip is found twice, and a ring of links ends.
public struct AudioSearch: Sendable {
  /// Paths relative to the folder, in the order of their bytes, which does not depend on the machine's language.
  public private(set) var audioFiles: [String] = []
  /// The files that were asked for by name, as ``audioFiles``.
  public private(set) var tables: [String] = []
  /// Folders that cannot be opened and links that lead nowhere.
  public private(set) var failures: [ManifestError] = []

  private struct Identity: Hashable {
    let device: dev_t
    let number: ino_t
  }

  private let root: String
  private let tableNames: Set<String>
  /// The folders visited, and the audio files visited that are not links.
  private var met: Set<Identity> = []
  private var links: [String] = []

  /// Searches the folder, also for files of these names.
  public init(_ root: String, tables tableNames: Set<String> = []) {
    (self.root, self.tableNames) = (root, tableNames)
    visit("")
    // A visit may add more links.
    while !links.isEmpty { visit(links.removeFirst()) }
    audioFiles.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    tables.sort()
  }

  private static let audioExtensions: Set = ["wav", "flac", "ogg", "oga", "opus", "mp3", "aif", "aiff", "au"]

  /// - Parameter path: A path relative to the root, which is "".
  private mutating func visit(_ path: String) {
    let place = path.isEmpty ? root : "\(root)/\(path)"
    var status = stat()
    guard stat(place, &status) == 0 else {
      failures.append(.file(.unreadable(path: place, reason: systemReason(errno))))
      return
    }
    let identity = Identity(device: status.st_dev, number: status.st_ino)
    guard status.st_mode & S_IFMT == S_IFDIR else {
      guard Self.isAudio(path) else {
        if let name = path.split(separator: "/").last, tableNames.contains(String(name)) { tables.append(path) }
        return
      }
      if isLink(place) {
        if met.contains(identity) { return }
      } else {
        met.insert(identity)
      }
      audioFiles.append(path)
      return
    }
    guard met.insert(identity).inserted else { return }
    do {
      for name in try FileManager.default.contentsOfDirectory(atPath: place).sorted() where !name.hasPrefix(".") {
        let below = path.isEmpty ? name : "\(path)/\(name)"
        if isLink("\(root)/\(below)") { links.append(below) } else { visit(below) }
      }
    } catch {
      failures.append(.file(.unreadable(path: place, reason: systemReason(of: error))))
    }
  }

  private static func isAudio(_ path: String) -> Bool {
    audioExtensions.contains(URL(fileURLWithPath: path).pathExtension.lowercased())
  }

  private func isLink(_ place: String) -> Bool {
    var status = stat()
    return lstat(place, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
  }
}
