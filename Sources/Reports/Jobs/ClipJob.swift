import AudioFiles
import Basics
import Corpora
import Foundation
import Models

/// Looks at clips one after the other and keeps a little of each, until all are looked at; a run that was stopped resumes.
public struct ClipJob<Row: Codable> {
  public enum Event {
    /// Clips that an interrupted run had looked at.
    case resumed(clips: Int)
    /// Clips looked at.
    case progress(Int)
    /// Only the beginning of a clip, which lasts so long, is used.
    case cut(path: String, seconds: Double)
    case failed(any Error)
  }

  public struct Result {
    /// What was found of each clip that did not fail.
    public let rows: [(entry: Manifest.Entry, row: Row)]
    /// The exit statuses of the clips that failed.
    public let failures: [Int32]
    public let isFinished: Bool
    /// Removes the state, once the results are written.
    public let finish: () -> Void
  }

  /// A clip as it is looked at.
  public struct Item {
    public let entry: Manifest.Entry
    public let path: String
    /// Whole, up to ``AudioFiles/AudioClip/longestSpeech``.
    public let sound: AudioClip

    public init(entry: Manifest.Entry, path: String, sound: AudioClip) {
      (self.entry, self.path, self.sound) = (entry, path, sound)
    }
  }

  private struct State: Codable {
    var next = 0
    /// The places of the rows' clips.
    var places: [Int] = []
    var rows: [Row] = []
    var failures: [Int32] = []
  }

  private let entries: [Manifest.Entry]
  private let manifest: Manifest
  private let sampleRate: Int

  /// - Parameters:
  ///   - entries: Of the manifest, in the order in which they are looked at.
  ///   - sampleRate: At which sounds are read.
  public init(_ entries: [Manifest.Entry], of manifest: Manifest, sampleRate: Int) {
    (self.entries, self.manifest, self.sampleRate) = (entries, manifest, sampleRate)
  }

  /// - Parameters:
  ///   - folder: Where the state is kept until the end.
  ///   - asked: What is asked, a line each: a run that was asked for something else does not resume from here.
  ///   - status: The exit status of an error.
  ///   - isPossible: Whether a saved row can be one of this job's.
  ///   - look: Takes the clip's entry, its path, and its sound: whole, up to ``AudioFiles/AudioClip/longestSpeech``.
  public func run(
    in folder: String, asked: [String], status: (any Error) -> Int32, shouldStop: () -> Bool = { false },
    isPossible: (Row) -> Bool, _ report: (Event) -> Void,
    look: (Manifest.Entry, String, AudioClip) throws -> Row
  ) throws -> Result {
    try run(
      in: folder, asked: asked, groups: 1, status: status, shouldStop: shouldStop, isPossible: isPossible, report
    ) { items in items.map { item in Swift.Result { try look(item.entry, item.path, item.sound) } } }
  }

  /// As ``run(in:asked:status:shouldStop:isPossible:_:look:)``, with several clips looked at together.
  /// - Parameters:
  ///   - groups: How many clips are looked at together, at most.
  ///   - look: Returns a row for each clip, or why there is none; what it throws ends the run.
  public func run(
    in folder: String, asked: [String], groups count: Int, status: (any Error) -> Int32,
    shouldStop: () -> Bool = { false }, isPossible: (Row) -> Bool, _ report: (Event) -> Void,
    look: ([Item]) throws -> [Swift.Result<Row, any Error>]
  ) throws -> Result {
    // Sounds that were exchanged between two runs are others.
    let sounds = entries.map { entry in
      let attributes = try? FileManager.default.attributesOfItem(atPath: manifest.fullPath(of: entry))
      let time = (attributes?[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
      return "\(entry.path) \(attributes?[.size] as? Int ?? 0) \(time)"
    }
    var progress = try RunProgress(in: folder, asked: asked + sounds, new: State()) {
      canHave($0, row: isPossible)
    }
    if progress.state.next > 0 { report(.resumed(clips: progress.state.next)) }
    while progress.state.next < entries.count {
      if shouldStop() {
        try progress.save(atOnce: true)
        return result(progress.state, isFinished: false) {}
      }
      report(.progress(progress.state.next))
      let places = progress.state.next..<min(progress.state.next + count, entries.count)
      var read: [(place: Int, item: Item)] = []
      func fail(_ error: any Error) {
        report(.failed(error))
        progress.state.failures.append(status(error))
      }
      for place in places {
        do {
          read.append((place, try item(entries[place], report)))
        } catch {
          fail(error)
        }
      }
      let found = try look(read.map(\.item))
      demand(found.count == read.count, "\(found.count) rows of \(read.count) clips")
      for (row, place) in zip(found, read.map(\.place)) {
        switch row {
        case .success(let row):
          progress.state.rows.append(row)
          progress.state.places.append(place)
        case .failure(let error): fail(error)
        }
      }
      progress.state.next = places.upperBound
      try progress.save(atOnce: false)
    }
    try progress.save(atOnce: true)
    return result(progress.state, isFinished: true) { [progress] in progress.remove() }
  }

  private func item(_ entry: Manifest.Entry, _ report: (Event) -> Void) throws(AudioFileError) -> Item {
    let path = entry.path == Manifest.standardInput ? entry.path : manifest.fullPath(of: entry)
    let sound = try AudioClip.decode(path: path, resampledTo: sampleRate, limit: AudioClip.longestSpeech)
    if sound.isCut { report(.cut(path: path, seconds: sound.sourceDuration)) }
    return Item(entry: entry, path: path, sound: sound)
  }

  /// Whether a run can have reached a state that was read.
  private func canHave(_ state: State, row: (Row) -> Bool) -> Bool {
    let (places, next) = (state.places, state.next)
    guard (0...entries.count).contains(next), places.count == state.rows.count else { return false }
    guard next == places.count + state.failures.count, areStatuses(state.failures) else { return false }
    guard places.allSatisfy((0..<next).contains), Set(places).count == places.count else { return false }
    return state.rows.allSatisfy(row)
  }

  private func result(_ state: State, isFinished: Bool, finish: @escaping () -> Void) -> Result {
    Result(
      rows: zip(state.places, state.rows).map { (entries[$0], $1) }, failures: state.failures, isFinished: isFinished,
      finish: finish)
  }
}
