import Basics

/// Columns of text, the first to the left, the others to the right.
struct Table {
  let header: [String]
  var rows: [[String]] = []

  init(header: [String]) { self.header = header }

  var text: String {
    // Columns are as wide as what is seen.
    let all = ([header] + rows).map { $0.map(visible) }
    let widths = header.indices.map { column in all.map { $0[column].count }.max()! }
    return all.map { row in
      row.indices.map { column in
        let space = String(repeating: " ", count: widths[column] - row[column].count)
        return column == 0 ? row[column] + space : space + row[column]
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }
}

/// Text in lines of at most 80 characters.
/// - Parameters:
///   - first: The indentation of the first line.
///   - indentation: That of the others.
func wrapped(_ text: String, first: String = "", indentation: String = "  ") -> String {
  var lines: [String] = []
  for word in text.split(separator: " ") {
    if let last = lines.last, last.count + 1 + word.count <= 80 {
      lines[lines.count - 1] += " \(word)"
    } else {
      lines.append((lines.isEmpty ? first : indentation) + word)
    }
  }
  return lines.joined(separator: "\n")
}
