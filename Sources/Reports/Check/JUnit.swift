import Foundation

/// Results of tests as the XML that JUnit, Surefire and pytest write and continuous integration reads: one suite in
/// `testsuites`. It is valid by the schemas of Jenkins (junit-10.xsd) and, its suite alone, of Surefire.
public struct JUnit {
  public struct Case {
    public enum Outcome {
      case passed
      /// What does not hold, a line each.
      case failed([String])
      /// Why it could not be judged.
      case errored(String)
    }
    public let name: String
    public let seconds: Double
    public let outcome: Outcome

    public init(name: String, seconds: Double, outcome: Outcome) {
      (self.name, self.seconds, self.outcome) = (name, seconds, outcome)
    }
  }

  /// The suite's name, and what comes before the names of its cases.
  public let name, className: String
  public let cases: [Case]

  public init(name: String, className: String, cases: [Case]) {
    (self.name, self.className, self.cases) = (name, className, cases)
  }

  public var xml: String {
    let failures = cases.count { if case .failed = $0.outcome { true } else { false } }
    let errors = cases.count { if case .errored = $0.outcome { true } else { false } }
    let seconds = Self.time(cases.reduce(0) { $0 + $1.seconds })
    let counts = "tests=\"\(cases.count)\" failures=\"\(failures)\" errors=\"\(errors)\""
    return """
      <?xml version="1.0" encoding="UTF-8"?>
      <testsuites name="undertone check" \(counts) time="\(seconds)">
      <testsuite name="\(Self.escaped(name))" \(counts) skipped="0" time="\(seconds)">
      \(cases.map(element).joined(separator: "\n"))
      </testsuite>
      </testsuites>

      """
  }

  private func element(_ test: Case) -> String {
    let start =
      "<testcase name=\"\(Self.escaped(test.name))\" classname=\"\(Self.escaped(className))\" "
      + "time=\"\(Self.time(test.seconds))\""
    func inner(_ tag: String, _ lines: [String]) -> String {
      "\(start)>\n<\(tag) message=\"\(Self.escaped(lines.joined(separator: "; ")))\" type=\"\(tag)\">"
        + "\(Self.escaped(lines.joined(separator: "\n"), isAttribute: false))</\(tag)>\n</testcase>"
    }
    switch test.outcome {
    case .passed: return "\(start)/>"
    case .failed(let lines): return inner("failure", lines)
    case .errored(let line): return inner("error", [line])
    }
  }

  private static func time(_ seconds: Double) -> String { String(format: "%.3f", max(0, seconds)) }

  /// Text as XML 1.0 has it (section 2.2): without control characters, which have no place in it even as references, and
  /// without those that are no characters.
  /// - Parameter isAttribute: Whether line ends and tabs are references: as they are, a reader makes spaces of them.
  static func escaped(_ text: String, isAttribute: Bool = true) -> String {
    text.unicodeScalars.reduce(into: "") { result, scalar in
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&apos;"
      case "\t", "\n": result += isAttribute ? "&#\(scalar.value);" : String(scalar)
      case "\0"..<" ", "\u{7F}"..."\u{9F}", "\u{FFFE}", "\u{FFFF}": break
      default: result.unicodeScalars.append(scalar)
      }
    }
  }
}
