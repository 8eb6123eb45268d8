import Basics
import Foundation

/// The clips of a folder of corpora, found by their names.
public struct CorpusScan: Sendable {
  /// Paths relative to the folder, in the order of their names.
  public let manifest: Manifest
  /// The number of clips of the corpora that are not used, by reason.
  public let leftOut: [CorpusOmission: Int]
  /// Audio files, relative to the folder, whose names belong to none of the corpora.
  public let unrecognised: [String]
  /// Folders that cannot be opened and links that lead nowhere.
  public let failures: [ManifestError]

  /// Searches a folder and all below it, links too. `corpora` limits the names that are recognised.
  public init(folder: String, corpora: [any Corpus.Type] = KnownCorpora.all) throws(ManifestError) {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: folder, isDirectory: &isDirectory), isDirectory.boolValue
    else { throw .noSuchFolder(path: folder) }
    var entries: [Manifest.Entry] = []
    var leftOut: [CorpusOmission: Int] = [:]
    var kindsLeftOut: Set<String> = []
    var unrecognised: [String] = []
    let found = Search(folder)
    for path in found.audioFiles {
      // SAVEE's speaker can be the folder itself.
      let whole = URL(fileURLWithPath: folder).appendingPathComponent(path).path
      let labels = corpora.lazy.compactMap { corpus in corpus.label(ofPath: whole).map { (corpus, $0) } }
      switch labels.first {
      case (let corpus, .clip(let emotion, let speaker))?:
        entries.append(Manifest.Entry(path: path, emotion: emotion, origin: corpus.name, speaker: speaker))
      case (let corpus, .leftOut(let omission))?:
        leftOut[omission, default: 0] += 1
        kindsLeftOut.formUnion(corpus.omissions.map(\.kind))
      case nil:
        unrecognised.append(path)
      }
    }
    guard !entries.isEmpty else {
      throw found.failures.first
        ?? .noClips(
          folder: folder, unrecognised: unrecognised.count, leftOut: leftOut.values.reduce(0, +),
          kinds: kindsLeftOut.sorted())
    }
    manifest = Manifest(folder: folder, entries: entries)
    self.leftOut = leftOut
    self.unrecognised = unrecognised
    failures = found.failures
  }
}

/// The audio files of a folder and all below it. Links are followed last, and those to folders or files visited before
/// are left out: so no clip is found twice, and a ring of links ends.
private struct Search {
  /// Paths relative to the folder, in the order of their bytes, which does not depend on the machine's language.
  private(set) var audioFiles: [String] = []
  private(set) var failures: [ManifestError] = []

  private struct Identity: Hashable {
    let device: dev_t
    let number: ino_t
  }

  private let root: String
  /// The folders visited, and the audio files visited that are not links.
  private var met: Set<Identity> = []
  private var links: [String] = []

  init(_ root: String) {
    self.root = root
    visit("")
    // A visit may add more links.
    while !links.isEmpty { visit(links.removeFirst()) }
    audioFiles.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
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
      guard Self.isAudio(path) else { return }
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
