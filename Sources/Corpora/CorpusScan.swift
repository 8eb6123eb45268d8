import Foundation

/// The clips of a folder of corpora, found by their names.
public struct CorpusScan: Sendable {
  /// Paths relative to the folder, in the order of their names.
  public let manifest: Manifest
  /// Clips in emotions that are none of the seven, by emotion: RAVDESS's calm.
  public let leftOut: [String: Int]
  /// Audio files, relative to the folder, whose names are of none of the corpora.
  public let unrecognised: [String]

  /// Looks through a folder and all below it. `corpora` narrows what names are looked for.
  public init(folder: String, corpora: [Corpus] = Corpus.allCases) throws(ManifestError) {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: folder, isDirectory: &isDirectory), isDirectory.boolValue
    else { throw .noSuchFolder(path: folder) }
    var entries: [Manifest.Entry] = []
    var leftOut: [String: Int] = [:]
    var unrecognised: [String] = []
    for path in Self.audioFiles(in: folder) {
      // SAVEE's speaker can be the folder itself.
      let whole = URL(fileURLWithPath: folder).appendingPathComponent(path).path
      let labels = corpora.lazy.compactMap { corpus in corpus.label(ofPath: whole).map { (corpus, $0) } }
      switch labels.first {
      case (let corpus, .clip(let emotion, let speaker))?:
        entries.append(
          Manifest.Entry(path: path, emotion: emotion, origin: corpus.rawValue, speaker: speaker))
      case (_, .leftOut(let emotion))?:
        leftOut[emotion, default: 0] += 1
      case nil:
        unrecognised.append(path)
      }
    }
    guard !entries.isEmpty else { throw .noClips(folder: folder, unrecognised: unrecognised.count) }
    manifest = Manifest(folder: folder, entries: entries)
    self.leftOut = leftOut
    self.unrecognised = unrecognised
  }

  private static let audioExtensions: Set = ["wav", "flac", "ogg", "oga", "opus", "mp3", "aif", "aiff", "au"]

  /// In the order of their bytes, which does not depend on the machine's language.
  private static func audioFiles(in folder: String) -> [String] {
    let paths = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    return
      paths.filter { path in
        let name = path.split(separator: "/").last ?? ""
        return !name.hasPrefix(".")
          && audioExtensions.contains(URL(fileURLWithPath: path).pathExtension.lowercased())
      }
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
