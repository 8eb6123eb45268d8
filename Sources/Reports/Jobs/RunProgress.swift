import Basics
import Foundation

/// What a long run has found so far, as a file in its output folder: the same command resumes from it after an interruption.
/// A digest over its content finds damage.
public struct RunProgress<State: Codable> {
  /// What was asked for, a line each: a run that was asked for something else does not resume from here.
  public let asked: [String]
  public var state: State
  /// The file.
  public let path: String
  private var saved = ContinuousClock.now

  private struct Stored: Codable {
    let asked: [String]
    let digest: String
    /// JSON of the state.
    let state: String
  }

  /// Starts with what an interrupted run left in the folder, or with a new state.
  /// - Throws: ``RunProgressError`` where the file is damaged.
  public init(in folder: String, asked: [String], new: State) throws {
    (self.asked, path) = (asked, "\(folder)/resume.json")
    guard let data = try contents(of: path) else {
      state = new
      return
    }
    guard let stored = try? JSONDecoder().decode(Stored.self, from: data),
      stored.digest == Self.digest(stored.asked, stored.state),
      stored.asked != asked || (try? Self.decode(stored.state)) != nil
    else { throw RunProgressError.damaged(path: path) }
    state = stored.asked == asked ? try Self.decode(stored.state) : new
  }

  private static func decode(_ text: String) throws -> State {
    try JSONDecoder().decode(State.self, from: Data(text.utf8))
  }

  private static func digest(_ asked: [String], _ state: String) -> String {
    var print = Fingerprint()
    for line in asked { print.add(line) }
    print.add(state)
    return print.hexadecimal
  }

  /// Writes the file, at once or where the last time is half a minute ago.
  public mutating func save(atOnce: Bool) throws(FileError) {
    guard atOnce || saved.duration(to: .now) > .seconds(30) else { return }
    guard let state = try? String(decoding: JSONEncoder().encode(self.state), as: UTF8.self),
      let data = try? JSONEncoder().encode(Stored(asked: asked, digest: Self.digest(asked, state), state: state))
    else { fault("a state that is no JSON") }
    try writeWhole(data, to: path)
    saved = .now
  }

  /// Removes the file at the end of a run.
  public func remove() { unlink(path) }
}

public enum RunProgressError: Error, Equatable, CustomStringConvertible {
  case damaged(path: String)

  public var description: String {
    switch self {
    case .damaged(let path): "\(path): the state of an interrupted run is damaged; remove the file to start anew"
    }
  }
}
