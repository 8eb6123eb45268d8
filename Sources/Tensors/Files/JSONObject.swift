import Foundation

/// An object of JSON out of a file, in which each object has each key once.
/// - Returns: nil where the bytes are no JSON object in UTF-8.
func jsonObject(_ bytes: Data) throws(Malformed) -> [String: Any]? {
  // The specification of safetensors demands the brace; with it, Foundation does not guess at UTF-16.
  guard bytes.first == UInt8(ascii: "{"), !bytes.contains(0),
    let object = try? JSONSerialization.jsonObject(with: bytes) as? [String: Any]
  else { return nil }
  // Foundation keeps one of two values with a key: the colons outside texts tell how many there were.
  guard bytes.withUnsafeBytes(colons) == keys(object) else { throw Malformed("its JSON has a name twice") }
  return object
}

/// The number of keys in a value of JSON and all that it holds.
private func keys(_ value: Any) -> Int {
  if let object = value as? [String: Any] { return object.values.reduce(object.count) { $0 + keys($1) } }
  if let array = value as? [Any] { return array.reduce(0) { $0 + keys($1) } }
  return 0
}

private func colons(_ bytes: UnsafeRawBufferPointer) -> Int {
  var (count, isText, isEscaped) = (0, false, false)
  for byte in bytes {
    switch byte {
    case _ where isEscaped: isEscaped = false
    case UInt8(ascii: "\\"): isEscaped = isText
    case UInt8(ascii: "\""): isText.toggle()
    case UInt8(ascii: ":") where !isText: count += 1
    default: break
    }
  }
  return count
}
