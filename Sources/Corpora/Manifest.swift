import Basics
import Foundation

/// Clips and their labels: a CSV file with the columns `path` and `emotion`, and perhaps `origin` and `speaker`. Labels are
/// any words. Clips that are labelled with numbers have columns for these, such as `arousal` and `valence`, and need no
/// `emotion`.
///
/// The report's challenge CSV is read as it is: its `file_id` is a path, its unnamed index column is left out.
public struct Manifest: Sendable, Equatable {
  public struct Entry: Sendable, Equatable {
    /// The path as written: relative to the manifest's folder, or absolute.
    public var path: String
    public var emotion: Emotion
    /// The corpus; "unknown" where the manifest has no such column.
    public var origin: String
    public var speaker: String?
    /// Values of the other columns by name.
    public var extra: [String: String]

    public init(
      path: String, emotion: Emotion, origin: String = "unknown", speaker: String? = nil,
      extra: [String: String] = [:]
    ) {
      self.path = path
      self.emotion = emotion
      self.origin = origin
      self.speaker = speaker
      self.extra = extra
    }

    /// The value of a dimension, such as arousal; nil where the manifest has no number for it.
    public func value(of dimension: String) -> Double? {
      extra[dimension].flatMap(Double.init).flatMap { $0.isFinite ? $0 : nil }
    }

    /// The values of those of the dimensions that the manifest has numbers for, by name.
    public func values(of dimensions: [String]) -> [String: Double] {
      dimensions.reduce(into: [:]) { $0[$1] = value(of: $1) }
    }
  }

  /// The path that the manifest was read from, as it was given; nil where it was made in memory.
  public let file: String?
  /// The folder that relative paths start from.
  public let folder: String
  public var entries: [Entry]
  /// The columns beside path, emotion, origin and speaker, in the order in which they are written.
  public let extraColumns: [String]
  /// Rows that were left out in reading because their path, emotion or origin was empty.
  public let droppedRows: Int

  public init(
    folder: String, entries: [Entry], extraColumns: [String] = [], droppedRows: Int = 0, file: String? = nil
  ) {
    self.file = file
    self.folder = folder
    self.entries = entries
    self.extraColumns = extraColumns
    self.droppedRows = droppedRows
  }

  /// The full path of an entry's clip.
  public func fullPath(of entry: Entry) -> String { Self.fullPath(of: entry.path, in: folder) }

  private static func fullPath(of path: String, in folder: String) -> String {
    URL(fileURLWithPath: path, relativeTo: URL(fileURLWithPath: folder, isDirectory: true)).path
  }

  /// This manifest with only these entries.
  func with(_ entries: [Entry]) -> Manifest {
    Manifest(folder: folder, entries: entries, extraColumns: extraColumns, file: file)
  }
}

extension Manifest {
  /// The path of standard input.
  public static let standardInput = standardInputPath

  /// Reads a manifest. Its clips need not exist. Paths in one from standard input start from the current folder.
  public static func read(_ source: String) throws(ManifestError) -> Manifest {
    let rows = try CSV.rows(ofFile: source)
    let path = shownPath(source)  // in errors
    guard let header = rows.first?.fields.map(trimmedOfSpace) else {
      throw .empty(path: path, droppedRows: 0)
    }
    func column(_ names: String...) -> Int? {
      names.lazy.compactMap { name in header.firstIndex { $0.lowercased() == name } }.first
    }
    guard let pathColumn = column("path", "file_id") else {
      throw .missingColumn(path: path, name: "path", found: header)
    }
    let emotionColumn = column("emotion")
    guard emotionColumn != nil || column("arousal", "valence", "dominance") != nil else {
      throw .missingColumn(path: path, name: "emotion", found: header)
    }
    let originColumn = column("origin")
    let speakerColumn = column("speaker")
    let named = [pathColumn, emotionColumn, originColumn, speakerColumn].compactMap { $0 }
    let extras = header.indices.filter { !named.contains($0) && !header[$0].isEmpty }

    let folder = URL(fileURLWithPath: source).deletingLastPathComponent().path
    var entries: [Entry] = []
    var droppedRows = 0
    for row in rows.dropFirst() {
      guard row.fields.count <= header.count else {
        throw .fieldCount(path: path, line: row.line, expected: header.count, found: row.fields.count)
      }
      func value(_ column: Int) -> String? {
        guard column < row.fields.count, !trimmedOfSpace(row.fields[column]).isEmpty else { return nil }
        return row.fields[column]
      }
      guard let clip = value(pathColumn), let label = emotionColumn.map(value) ?? "",
        let origin = originColumn == nil ? "unknown" : value(originColumn!)
      else {
        droppedRows += 1
        continue
      }
      let emotion = Emotion(rawValue: trimmedOfSpace(label).lowercased())
      // A space around a comma belongs to no path, unless there is a file of that very name.
      let bare = trimmedOfSpace(clip)
      let isThere = { FileManager.default.fileExists(atPath: fullPath(of: $0, in: folder)) }
      let extra = extras.compactMap { column in value(column).map { (header[column], $0) } }
      entries.append(
        Entry(
          path: bare != clip && !isThere(clip) && isThere(bare) ? bare : clip, emotion: emotion,
          origin: trimmedOfSpace(origin),
          speaker: speakerColumn.flatMap(value).map(trimmedOfSpace),
          extra: Dictionary(extra, uniquingKeysWith: { first, _ in first })))
    }
    guard !entries.isEmpty else { throw .empty(path: path, droppedRows: droppedRows) }
    return Manifest(
      folder: folder, entries: entries,
      extraColumns: extras.map { header[$0] }, droppedRows: droppedRows, file: source)
  }

  private static func trimmedOfSpace(_ text: String) -> String {
    text.trimmingCharacters(in: .whitespacesAndNewlines)
  }
}

extension CSV {
  /// The rows of a file, or of standard input ("-").
  public static func rows(ofFile path: String) throws(ManifestError) -> [Row] {
    let bytes: Data?
    do {
      bytes =
        path == standardInputPath
        ? try Basics.standardInput(limit: SizeLimit.table) : try contents(of: path, limit: SizeLimit.table)
    } catch {
      throw .file(error)
    }
    guard let bytes else { throw .noSuchManifest(path: path) }
    do {
      return try rows(of: bytes)
    } catch {
      switch error {
      case .notUTF8: throw .notUTF8(path: shownPath(path))
      case .unclosedQuote(let line):
        throw .syntax(path: shownPath(path), line: line, reason: "a quote is opened and never closed")
      case .textAfterQuote(let line):
        throw .syntax(path: shownPath(path), line: line, reason: "text follows a closing quote")
      }
    }
  }
}

extension Manifest {
  /// Writes the manifest, beside its place first and then renamed into it. Relative paths are rewritten so
  /// that from the new place they lead to the same clips.
  public func write(to path: String) throws(ManifestError) {
    let place = URL(fileURLWithPath: path)
    let target = Self.resolvedComponents(place.deletingLastPathComponent().path)
    let source = Self.resolvedComponents(folder)
    let hasSpeakers = entries.contains { $0.speaker != nil }
    let hasEmotions = entries.contains { $0.emotion != .none }
    let header =
      ["path"] + (hasEmotions ? ["emotion"] : []) + ["origin"] + (hasSpeakers ? ["speaker"] : []) + extraColumns
    let rows = entries.map { entry in
      [
        Self.relative(entry.path, from: source, to: target)
      ] + (hasEmotions ? [entry.emotion.rawValue] : []) + [entry.origin] + (hasSpeakers ? [entry.speaker ?? ""] : [])
        + extraColumns.map { entry.extra[$0] ?? "" }
    }
    do {
      try writeWhole(CSV.text(of: [header] + rows), to: path)
    } catch {
      throw .file(error)
    }
  }

  /// One manifest of several, in their order, whose relative paths start from the first one's folder; a clip that is
  /// listed again is left out.
  public static func joined(_ manifests: [Manifest]) -> (manifest: Manifest, repeated: Int) {
    let folder = manifests.first?.folder ?? "."
    let target = resolvedComponents(folder)
    var met: Set<String> = []
    let all = manifests.flatMap { manifest in
      let source = resolvedComponents(manifest.folder)
      return manifest.entries.map { entry in
        var entry = entry
        entry.path = relative(entry.path, from: source, to: target)
        return entry
      }
    }
    let entries = all.filter { met.insert(resolvedPath(fullPath(of: $0.path, in: folder))).inserted }
    // The traits first, in their order, as corpora have different ones.
    let listed = manifests.flatMap(\.extraColumns)
    let columns = ClipTraits.columns.filter(listed.contains) + listed
    let joined = Manifest(
      folder: folder, entries: entries,
      extraColumns: columns.enumerated().filter { !columns[..<$0.offset].contains($0.element) }.map(\.element))
    return (joined, all.count - entries.count)
  }

  /// This manifest without the clips in a folder and below it.
  public func outside(_ folder: String) -> Manifest {
    let inside = Self.resolvedPath(folder) + "/"
    return with(entries.filter { !Self.resolvedPath(fullPath(of: $0)).hasPrefix(inside) })
  }

  /// A path without links.
  static func resolvedPath(_ path: String) -> String { URL(fileURLWithPath: path).resolvingSymlinksInPath().path }

  private static func resolvedComponents(_ folder: String) -> [String] {
    URL(fileURLWithPath: folder, isDirectory: true).resolvingSymlinksInPath().standardizedFileURL
      .pathComponents
  }

  /// A path that is relative to one folder, made relative to another.
  private static func relative(_ path: String, from source: [String], to target: [String]) -> String {
    guard source != target, !path.hasPrefix("/") else { return path }
    let shared = zip(source, target).prefix { $0 == $1 }.count
    let way = Array(repeating: "..", count: target.count - shared) + source.dropFirst(shared)
    // A clip in a folder above its manifest starts with "..", which cancels a step down.
    var components = way
    for component in path.split(separator: "/").map(String.init) where component != "." {
      if component == "..", let last = components.last, last != ".." {
        components.removeLast()
      } else {
        components.append(component)
      }
    }
    return components.joined(separator: "/")
  }
}
