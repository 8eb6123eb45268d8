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
    let found = AudioSearch(folder, tables: Set(corpora.compactMap { $0.speakerTable?.file }))
    let speakers = Self.speakers(of: corpora, in: found.tables.map { "\(folder)/\($0)" })
    for path in found.audioFiles {
      // SAVEE's speaker can be the folder itself.
      let whole = URL(fileURLWithPath: folder).appendingPathComponent(path).path
      let labels = corpora.lazy.compactMap { corpus in corpus.label(ofPath: whole).map { (corpus, $0) } }
      switch labels.first {
      case (let corpus, .clip(let emotion, let speaker, var traits))?:
        traits.sex = traits.sex ?? speakers.traits[speaker]?.sex
        traits.age = traits.age ?? speakers.traits[speaker]?.age
        entries.append(
          Manifest.Entry(path: path, emotion: emotion, origin: corpus.name, speaker: speaker, extra: traits.values))
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
    manifest = Manifest(
      folder: folder, entries: entries,
      extraColumns: ClipTraits.columns.filter { column in entries.contains { $0.extra[column] != nil } })
    self.leftOut = leftOut
    self.unrecognised = unrecognised
    failures = found.failures + speakers.failures
  }

  /// What the corpora's own tables say of their speakers, by their names in manifests, and tables that cannot be read.
  private static func speakers(
    of corpora: [any Corpus.Type], in tables: [String]
  ) -> (traits: [String: ClipTraits], failures: [ManifestError]) {
    var traits: [String: ClipTraits] = [:]
    var failures: [ManifestError] = []
    for path in tables {
      for corpus in corpora {
        guard let table = corpus.speakerTable, path.hasSuffix("/\(table.file)") else { continue }
        do throws(ManifestError) {
          for (speaker, own) in try table.read(path) { traits["\(corpus.name)-\(speaker)"] = own }
        } catch {
          failures.append(error)
        }
      }
    }
    return (traits, failures)
  }
}
