import Basics
import Foundation
import TestSupport
import Testing

@Suite("Files written whole")
struct WholeFileTests {
  private func names(_ folder: URL) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
  }

  @Test("A file is in its place only at the end, and one that is dropped leaves nothing")
  func placed() throws {
    try inFreshFolder { folder in
      let path = folder.appendingPathComponent("a").path
      try writeWhole("before", to: path)
      do {
        var dropped = try WholeFile(path)
        try dropped.write(Array("half of it".utf8))
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "before")
      }
      #expect(try names(folder) == ["a"])
      var file = try WholeFile(path)
      try file.write(Array("all ".utf8))
      try file.write(Array("of it".utf8))
      try file.place()
      #expect(try String(contentsOfFile: path, encoding: .utf8) == "all of it")
      #expect(try names(folder) == ["a"])
    }
  }

  @Test("A missing folder, a folder in the place and a file in the way are named, and nothing is left")
  func unwritable() throws {
    try inFreshFolder { folder in
      let taken = folder.appendingPathComponent("taken").path
      try makeFolder(taken)
      #expect(throws: FileError.unwritable(path: taken, reason: "Is a directory")) { try writeWhole("x", to: taken) }
      let absent = folder.appendingPathComponent("no/x").path
      #expect(throws: FileError.noSuchFolder(path: absent, folder: folder.appendingPathComponent("no").path)) {
        try writeWhole("x", to: absent)
      }
      #expect(try names(folder) == ["taken"])
    }
  }

  @Test(
    "A full disk is reported as full",
    .enabled(if: FileManager.default.fileExists(atPath: "/dev/full"), "only Linux has /dev/full"))
  func fullDisk() {
    #expect(throws: FileError.diskFull(path: "/dev/full")) { try writeWhole("x", to: "/dev/full") }
  }

  @Test("A file that is not there has no contents; a folder cannot be read")
  func reading() throws {
    try inFreshFolder { folder in
      let nothing = try contents(of: folder.appendingPathComponent("x").path)
      #expect(nothing == nil)
      #expect(throws: FileError.unreadable(path: folder.path, reason: "Is a directory")) {
        try contents(of: folder.path)
      }
    }
  }
}
