import ArgumentParser
import Basics
import Foundation
import Reports
import Tensors

/// Whether a command's results are also told in a page.
struct PageOption: ParsableArguments {
  @Flag(
    help: "Also write a self-contained HTML page; those of explain, figures and compare also play the clips.")
  var html = false
}

/// A folder for results, made when it is first needed.
struct OutputFolder {
  let path: String
  private var taken: Set<String> = []

  init(_ path: String) throws(FileError) {
    guard !path.isEmpty else { throw .unwritable(path: "\"\"", reason: "a folder's name is never empty") }
    self.path = path
    try makeFolder(path)
    guard access(path, W_OK) == 0 else { throw .writing(path, errno: errno) }
  }

  func file(_ name: String) -> String { path == "." ? name : "\(path)/\(name)" }

  /// A name for the results of a file: its own without the extension; with its folder's in front, or a number behind,
  /// where another file of this run has it already.
  mutating func stem(for file: String) -> String {
    let url = URL(fileURLWithPath: file)
    let own = url.deletingPathExtension().lastPathComponent
    var candidates = [own, "\(url.deletingLastPathComponent().lastPathComponent)-\(own)"]
    candidates += (2...(taken.count + 2)).map { "\(own)-\($0)" }
    let free = candidates.first { !taken.contains($0) }!
    taken.insert(free)
    return free
  }

  /// Writes a page and says where it is.
  func write(_ page: Page, as name: String, isQuiet: Bool = false) throws {
    try write(page.html, to: "\(name).html")
    if !isQuiet { try Console.print(file("\(name).html")) }
  }

  /// Writes text, whole or not at all.
  func write(_ text: String, to name: String) throws(FileError) {
    try writeWhole(text, to: file(name))
  }
}
