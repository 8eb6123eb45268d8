/// What a rank has to say of a clip on the first one's terminal.
enum TerminalLine: Codable, Sendable {
  /// A result, which may be several lines.
  case result(String)
  /// What there is to know beside the results.
  case note(String)

  func show() throws {
    switch self {
    case .result(let text): try Console.print(text)
    case .note(let text): Console.note("undertone: \(text)")
    }
  }
}
