import Basics
import Foundation
import Ranks

/// A folder for results, made when it is first needed.
public struct OutputFolder {
  public let path: String
  private var taken: Set<String> = []
  /// The number with which to look on for a name that is free, by the name without it.
  private var numbers: [String: Int] = [:]

  /// - Parameter isMade: Whether the folder is made here, and not by the first of several ranks.
  public init(_ path: String, isMade: Bool = true) throws(FileError) {
    guard !path.isEmpty else { throw .unwritable(path: "\"\"", reason: "a folder's name is never empty") }
    self.path = path
    guard isMade else { return }
    try makeFolder(path)
    guard access(path, W_OK) == 0 else { throw .writing(path, errno: errno) }
  }

  /// Throws `RankError.folder` where a rank cannot write into the folder that the first one made.
  func checkIsShared(by ranks: any RankGroup) throws {
    guard ranks.count > 1 else { return }
    // Another machine may have a folder of this name too, and another run may use this one.
    let mark = file(".ranks-\(UInt32(ranks.first(Double(UInt32.random(in: 0 ... .max)))))")
    if ranks.isFirst { try writeWhole("", to: mark) }
    ranks.wait()
    let isApart = ranks.any(access(mark, F_OK) != 0 || access(path, W_OK) != 0)
    if ranks.isFirst { unlink(mark) }
    guard !isApart else { throw RankError.folder(path) }
  }

  /// The path of a file in the folder.
  public func file(_ name: String) -> String { path == "." ? name : "\(path)/\(name)" }

  /// A name for the results of a file: its own without the extension; with its folder's in front, or a number behind,
  /// where another file of this run has it already.
  public mutating func stem(for file: String) -> String {
    let url = URL(fileURLWithPath: file)
    let own = file == "-" ? "stdin" : url.deletingPathExtension().lastPathComponent
    if taken.insert(own).inserted { return own }
    let inFolder = "\(url.deletingLastPathComponent().lastPathComponent)-\(own)"
    if taken.insert(inFolder).inserted { return inFolder }
    var number = numbers[own] ?? 2
    while !taken.insert("\(own)-\(number)").inserted { number += 1 }
    numbers[own] = number + 1
    return "\(own)-\(number)"
  }

  /// Writes text, whole or not at all.
  public func write(_ text: String, to name: String) throws(FileError) {
    try writeWhole(text, to: file(name))
  }

  /// Writes a page, whole or not at all, and returns its path.
  public func write(_ page: Page, named name: String) throws -> String {
    try write(page.html, to: "\(name).html")
    return file("\(name).html")
  }
}
