import Testing

@testable import Corpora

@Suite("CSV")
struct CSVTests {
  @Test("Quotes, line ends of every kind, a byte-order mark and blank lines")
  func reading() throws {
    let text = "\u{FEFF}a,\"b,\"\"c\"\"\",\r\n\r\n\"two\r\nlines\",é,\"\"\r,x\n\"last\""
    let rows = try CSV.rows(of: text.utf8)
    #expect(
      rows == [
        CSV.Row(line: 1, fields: ["a", "b,\"c\"", ""]), CSV.Row(line: 3, fields: ["two\r\nlines", "é", ""]),
        CSV.Row(line: 5, fields: ["", "x"]), CSV.Row(line: 6, fields: ["last"]),
      ])
    #expect(try CSV.rows(of: "".utf8).isEmpty)
    #expect(try CSV.rows(of: "a,".utf8) == [CSV.Row(line: 1, fields: ["a", ""])])
  }

  @Test("What is no CSV says where")
  func errors() {
    #expect(throws: CSV.SyntaxError.unclosedQuote(line: 2)) { try CSV.rows(of: "a\nb,\"c\nd".utf8) }
    #expect(throws: CSV.SyntaxError.textAfterQuote(line: 2)) { try CSV.rows(of: "a\n\"b\"c".utf8) }
    #expect(throws: CSV.SyntaxError.notUTF8) { try CSV.rows(of: [0x61, 0xE9, 0x0A]) }
  }

  @Test("What is written is read as it was, and quoted only where it must be")
  func writing() throws {
    let rows = [
      ["plain", "with, comma", "a \"quote\""], ["two\r\nlines", " spaces ", "\"\u{301}"], ["", "", "ü"],
    ]
    let text = CSV.text(of: rows)
    #expect(text.hasPrefix("plain,\"with, comma\",\"a \"\"quote\"\"\"\n"))
    #expect(try CSV.rows(of: text.utf8).map(\.fields) == rows)
  }
}
