/// Adds to Cairo's SVG what it lacks: text as text, which can be searched and changed, a place for provenance, and the same
/// numbers in the same figure.
/// - Parameter unit: The SVG's units in a point of the texts.
func finishedSVG(
  _ bytes: [UInt8], texts: [PlacedText], unit: Double, provenance: [(key: String, value: String)]
) -> [UInt8] {
  var svg = renumbered(bytes)
  // The last tag is the end of the SVG itself.
  if let end = svg.lastIndex(of: UInt8(ascii: "<")) {
    svg.insert(contentsOf: group(of: texts, unit: unit).utf8, at: end)
  }
  guard !provenance.isEmpty, let start = svg.firstRange(of: Array("<svg".utf8))?.upperBound,
    let end = svg[start...].firstIndex(of: UInt8(ascii: ">"))
  else { return svg }
  let metadata = provenance.map { "\($0.key): \($0.value)\n" }.joined()
  return svg[...end] + Array("\n<metadata>\n\(escaped(metadata))</metadata>".utf8) + svg[(end + 1)...]
}

/// The texts above all that is drawn, in the canvas's fonts or, where a reader lacks them, in one as wide.
private func group(of texts: [PlacedText], unit: Double) -> String {
  func length(_ points: Double) -> String { number(points * unit, digits: 2).replacing("−", with: "-") }
  let families = (Canvas.families + ["Verdana"]).map { "'\($0)'" }.joined(separator: ", ")
  let lines = texts.filter { !$0.words.isEmpty }.map { text in
    let anchor =
      switch text.alignment {
      case .start: ""
      case .center: " text-anchor=\"middle\""
      case .end: " text-anchor=\"end\""
      }
    let turn = text.isTurned ? " rotate(-90)" : ""
    return "<text transform=\"translate(\(length(text.place.x)) \(length(text.place.y)))\(turn)\" "
      + "y=\"\(length(text.baseline))\" font-size=\"\(length(text.font.size))\""
      + "\(text.font.isBold ? " font-weight=\"bold\"" : "")\(anchor) fill=\"\(text.color.hexadecimal)\">"
      + "\(escaped(text.words))</text>\n"
  }
  return "<g font-family=\"\(families), sans-serif\" xml:space=\"preserve\">\n\(lines.joined())</g>\n"
}

/// Text as XML has it, which has no place at all for most control characters.
private func escaped(_ text: String) -> String {
  String(String.UnicodeScalarView(text.unicodeScalars.filter { $0 >= " " || $0 == "\n" }))
    .replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
}

/// Cairo counts the surfaces and images of the whole process and names them so ("image15290"); here they
/// are counted within the figure.
private func renumbered(_ svg: [UInt8]) -> [UInt8] {
  let names = ["surface", "image"].map { Array($0.utf8) }
  var numbers: [[UInt8]: Int] = [:]
  var result: [UInt8] = []
  result.reserveCapacity(svg.count)
  var index = 0
  while index < svg.count {
    let byte = svg[index]
    result.append(byte)
    index += 1
    guard byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "#"),
      let name = names.first(where: { svg[index...].starts(with: $0) })
    else { continue }
    let digits = svg[(index + name.count)...].prefix { (48...57).contains($0) }
    guard !digits.isEmpty else { continue }
    let number = numbers[Array(digits), default: numbers.count]
    numbers[Array(digits)] = number
    result += name + Array(String(number).utf8)
    index = digits.endIndex
  }
  return result
}
