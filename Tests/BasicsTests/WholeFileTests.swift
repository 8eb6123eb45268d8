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
      let nothing = try contents(of: folder.appendingPathComponent("x").path, limit: 10)
      #expect(nothing == nil)
      #expect(throws: FileError.unreadable(path: folder.path, reason: "Is a directory")) {
        try contents(of: folder.path, limit: 10)
      }
    }
  }

  @Test("A pipe that nobody writes to and a file without end are refused at once; one of the largest size is read")
  func bounded() throws {
    try inFreshFolder { folder in
      let (pipe, large) = (folder.appendingPathComponent("pipe").path, folder.appendingPathComponent("large").path)
      #expect(mkfifo(pipe, 0o600) == 0)
      #expect(throws: FileError.unreadable(path: pipe, reason: "it is not a regular file")) {
        try contents(of: pipe, limit: 10)
      }
      try writeWhole("0123456789", to: large)
      let whole = try contents(of: large, limit: 10)
      #expect(whole == Data("0123456789".utf8))
      #expect(truncate(large, 4 << 30) == 0)
      #expect(throws: FileError.tooLarge(path: large, bytes: 4 << 30, limit: SizeLimit.state)) {
        try contents(of: large, limit: SizeLimit.state)
      }
    }
  }

  @Test("What a killed process left is removed by the next one that writes to the folder; what is being written is not")
  func leftovers() throws {
    try inFreshFolder { folder in
      let left = folder.appendingPathComponent(".undertone-1-0").path
      try Data("half".utf8).write(to: URL(fileURLWithPath: left))
      var file = try WholeFile(folder.appendingPathComponent("a").path)
      try file.write(Array("whole".utf8))
      #expect(try names(folder).count == 1 && !FileManager.default.fileExists(atPath: left))
      sweepLeftovers(in: folder.path)
      try file.place()
      #expect(try names(folder) == ["a"])
    }
  }

  @Test("A changed byte of a sealed file is found, whichever it is")
  func sealed() throws {
    try inFreshFolder { folder in
      let path = folder.appendingPathComponent("state.json").path
      try SealedJSON.write(["a": [1, 2], "b": [3]], to: path)
      let content = try SealedJSON.read(path)
      #expect(content == Data(#"{"a":[1,2],"b":[3]}"#.utf8))
      let whole = try Data(contentsOf: URL(fileURLWithPath: path))
      for place in whole.indices {
        var changed = whole
        changed[place] ^= 1
        try writeWhole(changed, to: path)
        #expect(throws: FileError.damaged(path: path), "\(place)") { try SealedJSON.read(path) }
        try writeWhole(whole.prefix(place), to: path)
        #expect(throws: FileError.damaged(path: path), "\(place)") { try SealedJSON.read(path) }
      }
    }
  }

  @Test("One run at a time has a folder")
  func locked() throws {
    try inFreshFolder { folder in
      do {
        let first = try FolderLock(folder.path)
        #expect(throws: FileError.self) { try FolderLock(folder.path) }
        withExtendedLifetime(first) {}
      }
      _ = try FolderLock(folder.path)
    }
  }

  @Test("Control characters and marks of direction are visible; JSON means the same, and letters stay")
  func visibleText() throws {
    #expect(visible("a\u{1B}[31mb\r\u{202E}c\u{9B}") == #"a\u001b[31mb\u000d\u202ec\u009b"#)
    #expect(visible("é ش 日本 👩‍👧\n\t") == "é ش 日本 👩‍👧\n\t")
    let json = #"["x\u001by\u{202E}z"]"#.replacing("\\u{202E}", with: "\u{202E}")
    let (before, after) = try (
      JSONDecoder().decode([String].self, from: Data(json.utf8)),
      JSONDecoder().decode([String].self, from: Data(visible(json).utf8))
    )
    #expect(before == after && visible(json) != json)
  }
}
