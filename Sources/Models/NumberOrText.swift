/// A fact that is kept as text: in JSON a number where it is one.
public struct NumberOrText: Codable {
  public let text: String

  public init(text: String) { self.text = text }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let text = try? container.decode(String.self) {
      self.text = text
    } else if let whole = try? container.decode(Int.self) {
      text = String(whole)
    } else {
      text = String(try container.decode(Double.self))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if let whole = Int(text), String(whole) == text {
      try container.encode(whole)
    } else if let number = Double(text), number.isFinite, String(number) == text {
      try container.encode(number)
    } else {
      try container.encode(text)
    }
  }
}
