/// Names for prepared clips, `ravdess/01/03-01-05-01-02-01-01.flac`: the corpus, the speaker where it is known, the file's own
/// name. Each differs from all others, also where a file system ignores case.
func preparedNames(of entries: [Manifest.Entry]) -> [String] {
  var taken: Set<String> = []
  return entries.map { entry in
    let file = entry.path.split(separator: "/").last ?? ""
    let stem = file.prefix(upTo: file.lastIndex(of: ".") ?? file.endIndex)
    let corpus = "\(entry.origin)-"
    let speaker = entry.speaker.map { $0.hasPrefix(corpus) ? $0.dropFirst(corpus.count) : $0[...] }
    let path = [entry.origin[...], speaker, stem].compactMap { $0 }.map(fileName).joined(separator: "/")
    // Copies of one clip in two folders, or as two kinds of file.
    let numbered = (1...).lazy.map { $0 == 1 ? path : "\(path)-\($0)" }
    return numbered.first { taken.insert($0.lowercased()).inserted }! + ".flac"
  }
}

/// A name that every file system takes: manifests can hold any text.
private func fileName(_ text: Substring) -> String {
  let allowed = text.map { "/\\:*?\"<>|".contains($0) || $0.unicodeScalars.contains { $0.value < 0x20 } ? "-" : $0 }
  // Neither hidden nor "..", and short enough with a number and an extension.
  var name = String(allowed.first == "." ? ["-"] + allowed.dropFirst() : allowed)
  while name.utf8.count > 200 { name.removeLast() }
  return name.isEmpty ? "-" : name
}
