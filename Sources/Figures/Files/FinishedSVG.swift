/// Adds to Cairo's SVG what it lacks: a place for provenance, and the same numbers in the same figure.
func finishedSVG(_ bytes: [UInt8], provenance: [(key: String, value: String)]) -> [UInt8] {
  let svg = renumbered(bytes)
  guard !provenance.isEmpty, let start = svg.firstRange(of: Array("<svg".utf8))?.upperBound,
    let end = svg[start...].firstIndex(of: UInt8(ascii: ">"))
  else { return svg }
  let metadata = provenance.map { "\($0.key): \($0.value)\n" }.joined()
  // XML has no place at all for most control characters.
  let escaped = String(
    String.UnicodeScalarView(metadata.unicodeScalars.filter { $0 >= " " || $0 == "\n" })
  )
  .replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
  return svg[...end] + Array("\n<metadata>\n\(escaped)</metadata>".utf8) + svg[(end + 1)...]
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
