import Basics
import Foundation

/// What a long run has found so far, as a file in its output folder: the same command resumes from it after an interruption.
/// Two runs cannot use one folder at a time.
public struct RunProgress<State: Codable> {
  /// What was asked for, a line each: a run that was asked for something else does not resume from here.
  public let asked: [String]
  public var state: State
  /// The file.
  public let path: String
  private let lock: FolderLock
  private var saved = ContinuousClock.now

  private struct Asked: Decodable { let asked: [String] }
  private struct Stored: Codable {
    let asked: [String]
    let state: State
  }

  /// Starts with what an interrupted run left in the folder, or with a new state.
  /// - Parameter isPossible: Whether a run that was asked for this can have reached a state. What is read is not used
  ///   before this has looked at every count and place in it.
  /// - Throws: ``RunProgressError``, or `FileError` where the folder is in use or the file cannot be read.
  public init(
    in folder: String, asked: [String], new: State, isPossible: (State) -> Bool = { _ in true }
  ) throws {
    (self.asked, path) = (asked, "\(folder)/resume.json")
    lock = try FolderLock(folder)
    let content: Data?
    do {
      content = try SealedJSON.read(path)
    } catch .damaged {
      throw RunProgressError.damaged(path: path)
    }
    guard let content else {
      state = new
      return
    }
    guard let found = try? JSONDecoder().decode(Asked.self, from: content).asked else {
      throw RunProgressError.another(path: path)
    }
    guard found == asked else {
      state = new
      return
    }
    guard let stored = try? JSONDecoder().decode(Stored.self, from: content), isPossible(stored.state) else {
      throw RunProgressError.damaged(path: path)
    }
    state = stored.state
  }

  /// Writes the file, at once or where the last time is half a minute ago.
  public mutating func save(atOnce: Bool) throws(FileError) {
    guard atOnce || saved.duration(to: .now) > .seconds(30) else { return }
    try SealedJSON.write(Stored(asked: asked, state: state), to: path)
    saved = .now
  }

  /// Removes the file at the end of a run.
  public func remove() { unlink(path) }
}

public enum RunProgressError: Error, Equatable, CustomStringConvertible {
  case damaged(path: String)
  /// The state of something else, such as a training.
  case another(path: String)

  public var description: String {
    switch self {
    case .damaged(let path):
      "\(path): the state of an interrupted run is damaged or was changed; remove the file to start anew"
    case .another(let path): "\(path): not the state of such a run, but of a training; choose another folder"
    }
  }
}

/// Exit statuses of failed clips, as a saved state can have them.
func areStatuses(_ statuses: [Int32]) -> Bool { statuses.allSatisfy { (1...255).contains($0) } }
