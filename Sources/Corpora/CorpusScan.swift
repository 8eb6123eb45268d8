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
    let found = AudioSearch(folder)
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
