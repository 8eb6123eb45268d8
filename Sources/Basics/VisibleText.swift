/// Text in which everything that would steer a terminal or turn the order of writing is visible: control characters
/// other than line ends and tabs, and the bidirectional marks, each as `\u` and its four digits (`\u001b`, `\u202e`).
///
/// Names of files, labels and speakers can hold anything; every line on a terminal, every text in a figure and on a page
/// goes through here. The form is the one of JSON, so a line of JSON means the same before and after.
public func visible(_ text: String) -> String {
  guard text.unicodeScalars.contains(where: isUnseen) else { return text }
  var result = String.UnicodeScalarView()
  for scalar in text.unicodeScalars {
    if isUnseen(scalar) {
      let digits = String(scalar.value, radix: 16)
      result.append(contentsOf: "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".unicodeScalars)
    } else {
      result.append(scalar)
    }
  }
  return String(result)
}

private func isUnseen(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  case 0x09, 0x0A: false
  case 0x00...0x1F, 0x7F...0x9F: true
  // UAX #9: marks, embeddings, overrides and isolates; and the separators of lines and paragraphs.
  case 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
  default: false
  }
}
