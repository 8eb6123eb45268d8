import Foundation

/// The command that results were made by, as it can be typed again in a shell, without what does not change them: the
/// program's folder, --output, --threads and --overwrite.
public let commandLine: String = {
  var words = CommandLine.arguments.dropFirst()[...]
  var kept = ["undertone"]
  while let word = words.popFirst() {
    let name = word.prefix { $0 != "=" }
    guard ["--output", "--threads", "--overwrite"].contains(name) else {
      kept.append(word)
      continue
    }
    if name == word, word != "--overwrite" { words = words.dropFirst() }
  }
  return kept.map(shellQuoted).joined(separator: " ")
}()

/// A word as a shell takes it.
private func shellQuoted(_ word: String) -> String {
  guard word.wholeMatch(of: /[\w@%+=:,.\/-]+/) == nil else { return word }
  return "'\(word.replacing("'", with: "'\\''"))'"
}
