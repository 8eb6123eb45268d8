import Basics
import Foundation
import TestSupport
import Testing

@Suite("Version")
struct VersionTests {
  @Test("The citation and the newest release of the changelog have the program's version")
  func everywhere() throws {
    func text(_ name: String) throws -> String {
      try String(contentsOf: Checkout.folder.appendingPathComponent(name), encoding: .utf8)
    }
    #expect(try text("CITATION.cff").contains("\nversion: \(undertoneVersion)\n"))
    let releases = try text("CHANGELOG.md").matches(of: /\n## \[([0-9.]+)\]/).map { String($0.1) }
    #expect(releases.first == undertoneVersion)
  }
}
