import Basics
import Foundation

/// Folds that others have published, so that results stand beside theirs: EmoBox's, two or three files of JSON lines a fold
/// (`ravdess_train_fold_1.jsonl`), or EMO-SUPERB's, one CSV file a fold (`labels_consensus_1.csv`).
public struct PublishedFolds: Sendable {
  public enum Part: String, Sendable, CaseIterable { case training, validation, test }

  /// The clips of a fold, by their paths on the publishers' disks.
  public struct Fold: Sendable, Equatable {
    public let number: Int
    public internal(set) var parts: [Part: [String]]
  }

  /// By number.
  public let folds: [Fold]

  /// Reads a file, or all of these files in a folder and below it.
  public init(_ path: String) throws(ManifestError) {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw .noSuchManifest(path: path)
    }
    let names = isFolder.boolValue ? (FileManager.default.enumerator(atPath: path)?.allObjects ?? []) : []
    let files = isFolder.boolValue ? names.compactMap { $0 as? String }.sorted().map { "\(path)/\($0)" } : [path]
    var folds: [Int: Fold] = [:]
    func add(_ clips: [String], to part: Part, of number: Int) {
      folds[number, default: Fold(number: number, parts: [:])].parts[part, default: []] += clips
    }
    for file in files {
      let name = file.split(separator: "/").last ?? ""
      if let match = name.firstMatch(of: /_(train|valid|test)_fold_?(\d{1,6})\.jsonl$/) {
        let part: Part = match.1 == "train" ? .training : match.1 == "valid" ? .validation : .test
        add(try Self.clipsOfEmoBox(file), to: part, of: Int(match.2)!)
      } else if let match = name.firstMatch(of: /(\d{1,6})\.csv$/) {
        guard let parts = try Self.partsOfEMOSUPERB(file, isOptional: isFolder.boolValue) else { continue }
        for (part, clips) in parts { add(clips, to: part, of: Int(match.1)!) }
      }
    }
    guard !folds.isEmpty else { throw .noFolds(path: path) }
    self.folds = folds.values.sorted { $0.number < $1.number }.map { fold in
      // EmoBox has some lists under two names.
      var (fold, met) = (fold, Set<String>())
      fold.parts = fold.parts.mapValues { clips in
        met = []
        return clips.filter { met.insert($0).inserted }
      }
      return fold
    }
    for fold in self.folds where fold.parts.count < 2 {
      throw .incompleteFold(path: path, number: fold.number, part: fold.parts.keys.first!.rawValue)
    }
  }

  /// A line is an object whose `wav` is a path; files of an early version call it `audio`.
  private static func clipsOfEmoBox(_ path: String) throws(ManifestError) -> [String] {
    struct Line: Decodable { let wav, audio: String? }
    let bytes: Data?
    do { bytes = try contents(of: path, limit: SizeLimit.table) } catch { throw .file(error) }
    guard let bytes else { throw .noSuchManifest(path: path) }
    var clips: [String] = []
    for (number, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
      guard line.contains(where: { !" \t\r".utf8.contains($0) }) else { continue }
      let object = try? JSONDecoder().decode(Line.self, from: line)
      guard let clip = object?.wav ?? object?.audio else {
        throw .syntax(path: path, line: number + 1, reason: "no JSON object with the path \"wav\" of a clip")
      }
      clips.append(clip)
    }
    return clips
  }

  /// A row is a clip, the first column (`FileName`, or without a name) its file, `Split_Set` its part.
  /// - Parameter isOptional: Whether the file is one of a folder, where others may be tables of something else.
  private static func partsOfEMOSUPERB(_ path: String, isOptional: Bool) throws(ManifestError) -> [Part: [String]]? {
    let rows = try CSV.rows(ofFile: path)
    let header = rows.first?.fields ?? []
    guard let setColumn = header.firstIndex(of: "Split_Set"),
      let nameColumn = header.firstIndex(of: "FileName") ?? header.firstIndex(of: "")
    else {
      if isOptional { return nil }
      throw .missingColumn(path: path, name: header.contains("Split_Set") ? "FileName" : "Split_Set", found: header)
    }
    let words: [String: Part] = ["Train": .training, "Development": .validation, "Test": .test]
    var parts: [Part: [String]] = [:]
    for row in rows.dropFirst() {
      guard row.fields.count == header.count else {
        throw .syntax(path: path, line: row.line, reason: "\(row.fields.count) fields, not \(header.count)")
      }
      guard let part = words[row.fields[setColumn]] else {
        throw .syntax(
          path: path, line: row.line, reason: "the set \"\(row.fields[setColumn])\" is not Train, Development or Test")
      }
      parts[part, default: []].append(row.fields[nameColumn])
    }
    return parts
  }
}

extension PublishedFolds {
  /// A fold of a manifest's own clips.
  public struct Matched: Sendable {
    public let number: Int
    /// The parts that the publishers have, training first.
    public let parts: [(part: Part, manifest: Manifest)]
    /// Published clips that the manifest has not, and the manifest's that are in no part.
    public let absent, unlisted: [String]
  }

  /// The folds of a manifest whose clips have the published files' names, whatever the folder and the kind of file.
  ///
  /// SAVEE's `a01.wav` in the folder `DC` is its `DC_a01.wav`: a folder's name in front is tried first, and the name alone
  /// where no other clip has it.
  public func matched(with manifest: Manifest) throws(ManifestError) -> [Matched] {
    var places: [String: [Int]] = [:]
    for (number, entry) in manifest.entries.enumerated() {
      for name in Self.names(of: entry.path) { places[name, default: []].append(number) }
    }
    var matched: [Matched] = []
    for fold in folds {
      var owner = [Part?](repeating: nil, count: manifest.entries.count)
      var absent: [String] = []
      for part in Part.allCases {
        for clip in fold.parts[part] ?? [] {
          let found = Self.names(of: clip).lazy.compactMap { places[$0] }.first { $0.count == 1 }
          guard let number = found?[0] else {
            absent.append(clip)
            continue
          }
          if let other = owner[number], other != part {
            throw .inTwoParts(clip: clip, fold: fold.number, first: other.rawValue, second: part.rawValue)
          }
          owner[number] = part
        }
      }
      let parts = Part.allCases.filter { fold.parts[$0] != nil }.map { part in
        (part, manifest.with(manifest.entries.indices.filter { owner[$0] == part }.map { manifest.entries[$0] }))
      }
      matched.append(
        Matched(
          number: fold.number, parts: parts, absent: absent,
          unlisted: manifest.entries.indices.filter { owner[$0] == nil }.map { manifest.entries[$0].path }))
    }
    return matched
  }

  /// The names by which a file is known, without its extension and in lower case: with its folder in front, and alone.
  private static func names(of path: String) -> [String] {
    let components = path.split(whereSeparator: { $0 == "/" || $0 == "\\" })
    guard let file = components.last else { return [] }
    let stem = file.prefix(upTo: file.lastIndex(of: ".") ?? file.endIndex).lowercased()
    return components.count > 1 ? ["\(components[components.count - 2].lowercased())_\(stem)", stem] : [stem]
  }
}
