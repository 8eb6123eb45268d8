import AudioFiles
import Basics
import Foundation
import Synchronization

/// The clips of a manifest, read once: written as 16 kHz FLAC files of one channel into one folder, if there is one, and
/// compared, so that copies of a clip are known.
///
/// Each file carries a digest of the one that it was made from. One that is there already and was made from the same source
/// is not made again, so what was interrupted resumes.
public struct CorpusPreparation: Sendable {
  private let source: Manifest
  private let audioFolder: String?
  /// The prepared clips' names in the folder, by entry.
  private let names: [String]

  /// The column that copies of a clip share a value of; empty for clips without copies.
  public static let duplicateColumn = "duplicate_group"

  public struct Outcome: Sendable {
    /// The clips that could be read: the prepared ones where there is a folder for them, and in ``duplicateColumn``
    /// which are copies.
    public let manifest: Manifest
    public let failures: [AudioFileError]
    /// Clips written, and clips that were there.
    public let made, kept: Int
    /// Paths of files that are longer than ``AudioClip/longestSpeech``, of which the beginning was written.
    public let cut: [String]
    /// The copies, as numbers of the manifest's entries.
    public let duplicates: DuplicateGroups
  }

  /// How a source becomes a clip: another number where other samples would be written. A clip's comment has it, the source's
  /// digest and the number of samples.
  private static let recipe = "undertone 1"

  private struct Clip {
    let print: AudioPrint
    let isMade, isCut: Bool
  }

  /// - Parameter audioFolder: An existing folder for the clips; nil leaves them where they are.
  public init(_ manifest: Manifest, audioFolder: String?) {
    (source, self.audioFolder) = (manifest, audioFolder)
    names = audioFolder == nil ? [] : preparedNames(of: manifest.entries)
  }

  /// Prepares the clips on all cores. A clip that cannot be read is among the failures; nil where it was told to stop.
  /// - Parameter progress: Called with the number of clips done, from one thread at a time.
  /// - Throws: The first error of writing, which ends the work.
  public func run(
    progress: @Sendable (Int) -> Void = { _ in }, shouldStop: @Sendable () -> Bool = { false }
  ) throws(AudioFileError) -> Outcome? {
    if let audioFolder {
      for folder in Set(names.map { URL(fileURLWithPath: "\(audioFolder)/\($0)").deletingLastPathComponent().path }) {
        do { try makeFolder(folder) } catch { throw .file(error) }
      }
    }
    let done = Locked(0)
    let isEnded = Atomic(false)
    let results = concurrentMap(count: source.entries.count) { number -> Result<Clip, AudioFileError>? in
      if shouldStop() { isEnded.store(true, ordering: .relaxed) }
      guard !isEnded.load(ordering: .relaxed) else { return nil }
      let result = Result { () throws(AudioFileError) in try clip(number) }
      // Where one cannot be written, the next cannot either.
      if case .failure(let error) = result, error.isOfWriting { isEnded.store(true, ordering: .relaxed) }
      done.withLock { count in
        count += 1
        progress(count)
      }
      return result
    }
    for case .failure(let error)? in results where error.isOfWriting { throw error }
    guard !isEnded.load(ordering: .relaxed) else { return nil }
    return outcome(results.map { $0! })
  }

  private func clip(_ number: Int) throws(AudioFileError) -> Clip {
    let path = source.fullPath(of: source.entries[number])
    guard let audioFolder else {
      let clip = try Self.decoded(path)
      return Clip(print: AudioPrint(clip.samples), isMade: false, isCut: clip.isCut)
    }
    let place = "\(audioFolder)/\(names[number])"
    let origin = digest(ofFile: path).map { "\(Self.recipe) \($0)" }
    if let origin, let comment = try? AudioStream(path: place, resampledTo: nil).comment,
      comment.hasPrefix("\(origin) "), let clip = try? AudioClip.decode(path: place, resampledTo: nil),
      comment == "\(origin) \(clip.samples.count)"
    {
      return Clip(print: AudioPrint(clip.samples), isMade: false, isCut: false)
    }
    let clip = try Self.decoded(path)
    try clip.write(to: place, as: .flac, comment: origin.map { "\($0) \(clip.samples.count)" })
    return Clip(print: AudioPrint(clip.samples), isMade: true, isCut: clip.isCut)
  }

  private static func decoded(_ path: String) throws(AudioFileError) -> AudioClip {
    try AudioClip.decode(path: path, resampledTo: AudioPrint.sampleRate, limit: AudioClip.longestSpeech)
  }

  private func outcome(_ results: [Result<Clip, AudioFileError>]) -> Outcome {
    let read = results.indices.compactMap { number in (try? results[number].get()).map { (number, $0) } }
    var entries = read.map { number, _ in
      var entry = source.entries[number]
      if audioFolder != nil { entry.path = names[number] }
      entry.extra[Self.duplicateColumn] = nil
      return entry
    }
    let duplicates = DuplicateGroups(of: read.map(\.1.print))
    for group in duplicates.groups {
      // The same name whatever the order, in every manifest that has the clips.
      let name = String(group.map { read[$0].1.print.digest }.min()!, radix: 16)
      for number in group { entries[number].extra[Self.duplicateColumn] = name }
    }
    return Outcome(
      manifest: Manifest(
        folder: audioFolder ?? source.folder, entries: entries,
        extraColumns: source.extraColumns.filter { $0 != Self.duplicateColumn } + [Self.duplicateColumn]),
      failures: results.compactMap { if case .failure(let error) = $0 { error } else { nil } },
      made: read.count { $0.1.isMade }, kept: audioFolder == nil ? 0 : read.count { !$0.1.isMade },
      cut: read.filter(\.1.isCut).map { source.fullPath(of: source.entries[$0.0]) }, duplicates: duplicates)
  }
}

extension AudioFileError {
  /// Whether a file could not be written, rather than read.
  fileprivate var isOfWriting: Bool {
    if case .file(let error) = self { error.isOfWriting } else { false }
  }
}

/// The fingerprint of a file's bytes, by megabytes; nil where it cannot be read, which decoding reports.
private func digest(ofFile path: String) -> String? {
  guard let (descriptor, _) = try? openRegular(path) else { return nil }
  defer { close(descriptor) }
  var print = Fingerprint()
  var block = [UInt8](repeating: 0, count: 1 << 20)
  while true {
    let count = read(descriptor, &block, block.count)
    if count < 0, errno == EINTR { continue }
    guard count >= 0 else { return nil }
    if count == 0 { return print.hexadecimal }
    block.withUnsafeBytes { print.add(bytes: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
  }
}
