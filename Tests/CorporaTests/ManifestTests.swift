import Foundation
import TestSupport
import Testing

@testable import Corpora

@Suite("Manifest")
struct ManifestTests {
  private func read(_ text: String) throws -> Manifest {
    try inFreshFolder { folder in
      let file = folder.appendingPathComponent("clips.csv")
      try Data(text.utf8).write(to: file)
      return try Manifest.read(file.path)
    }
  }

  /// The error of reading, and its line without the file's name.
  private func failure(_ text: String) throws -> String {
    let error = #expect(throws: ManifestError.self) { try read(text) }
    let line = try #require(error?.description)
    return String(line.suffix(from: try #require(line.range(of: "clips.csv")).upperBound))
  }

  @Test("Columns in any order, others kept by name")
  func columns() throws {
    let manifest = try read(
      "f0_hz,Emotion,speaker,path,origin\r\n120.5,happy,s1,Ünï 音/a.wav,ours\r\n,FEAR,,b.wav,ours\r\n")
    #expect(
      manifest.entries == [
        .init(path: "Ünï 音/a.wav", emotion: .happy, origin: "ours", speaker: "s1", extra: ["f0_hz": "120.5"]),
        .init(path: "b.wav", emotion: .fear, origin: "ours"),
      ])
    #expect(manifest.extraColumns == ["f0_hz"] && manifest.droppedRows == 0)
  }

  @Test("Labels are any words; the known ones come first in their order, the others in the alphabet's")
  func labels() throws {
    let manifest = try read("path,emotion\na,Calm\nb, sadness\nc,boredom\nd,angry\n")
    #expect(manifest.entries.map(\.emotion.rawValue) == ["calm", "sadness", "boredom", "angry"])
    #expect(manifest.emotions.map(\.rawValue) == ["angry", "sadness", "boredom", "calm"])
  }

  @Test("Clips may be labelled with numbers alone")
  func numbers() throws {
    let manifest = try read("path,arousal,valence\na,0.5,-1\nb,0.25,2\n")
    #expect(manifest.entries.map(\.emotion) == [.none, .none] && manifest.emotions.isEmpty)
    #expect(manifest.entries[1].extra == ["arousal": "0.25", "valence": "2"])
    try inFreshFolder { folder in
      let path = folder.appendingPathComponent("copy.csv").path
      try manifest.write(to: path)
      #expect(try Manifest.read(path).entries.map(\.extra) == manifest.entries.map(\.extra))
    }
  }

  @Test("Two columns are enough")
  func smallest() throws {
    #expect(try read("path,emotion\na.wav,sadness").entries == [.init(path: "a.wav", emotion: .sadness)])
  }

  @Test("The challenge CSV is read as it is, rows with an empty value dropped and counted")
  func challenge() throws {
    let manifest = try read(
      ",file_id,emotion,origin\n0,a.wav,angry,CREMA\n1,,angry,TESS\n2,b.wav,,TESS\n3,c.wav,happy,\n4,d.wav\n")
    #expect(manifest.entries == [.init(path: "a.wav", emotion: .angry, origin: "CREMA")])
    #expect(manifest.droppedRows == 4 && manifest.extraColumns.isEmpty)
  }

  @Test("What is wrong is named with where and what was found")
  func errors() throws {
    #expect(
      try failure("file,emotion\na,happy")
        == ": no column \"path\" in its first line, which has file, emotion")
    #expect(
      try failure("path,label\na,happy") == ": no column \"emotion\" in its first line, which has path, label"
    )
    #expect(
      try failure("path,emotion\na, b.wav,happy")
        == ", line 2: 3 fields, but the first line names 2 (quote a value with commas)")
    #expect(try failure("") == ": the manifest lists no clips")
    #expect(try failure("path,emotion\n") == ": the manifest lists no clips")
    #expect(
      try failure("path,emotion\na,\n")
        == ": the manifest lists no clips (1 rows with an empty value dropped)")
    #expect(try failure("path,emotion\n\"a,happy\n") == ", line 2: a quote is opened and never closed")
    #expect(throws: ManifestError.noSuchManifest(path: "/absent.csv")) { try Manifest.read("/absent.csv") }
    #expect(throws: ManifestError.file(.unreadable(path: "/", reason: "Is a directory"))) {
      try Manifest.read("/")
    }
  }

  @Test("Columns of one name do no harm")
  func twice() throws {
    let manifest = try read("path,emotion,x,x\na.wav,angry,1,2\n")
    #expect(manifest.entries[0].extra == ["x": "1"])
  }

  @Test("A written manifest leads to the same clips from wherever it is")
  func writing() throws {
    try inFreshFolder { folder in
      let clips = folder.appendingPathComponent("clips/deep")
      let splits = folder.appendingPathComponent("clips/splits")
      for place in [clips, splits] {
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
      }
      try Data().write(to: clips.appendingPathComponent("a, b.wav"))
      try Data().write(to: folder.appendingPathComponent("up.wav"))
      let manifest = Manifest(
        folder: clips.path,
        entries: [
          .init(path: "a, b.wav", emotion: .angry, origin: "x", speaker: "s", extra: ["f0": "1"]),
          .init(path: "../../up.wav", emotion: .happy, origin: "x"),
          .init(path: "absent.wav", emotion: .fear, origin: "x"),
          .init(path: "/absent.wav", emotion: .fear, origin: "x"),
        ], extraColumns: ["f0"])
      #expect(manifest.absentClips == ["absent.wav", "/absent.wav"])

      let beside = clips.appendingPathComponent("manifest.csv").path
      try manifest.write(to: beside)
      #expect(try Manifest.read(beside).entries == manifest.entries)

      let elsewhere = splits.appendingPathComponent("training.csv").path
      try manifest.write(to: elsewhere)
      let read = try Manifest.read(elsewhere)
      #expect(
        read.entries.map(\.path) == ["../deep/a, b.wav", "../../up.wav", "../deep/absent.wav", "/absent.wav"])
      #expect(read.absentClips == ["../deep/absent.wav", "/absent.wav"])
      #expect(try FileManager.default.contentsOfDirectory(atPath: splits.path) == ["training.csv"])

      let error = #expect(throws: ManifestError.self) {
        try manifest.write(to: folder.appendingPathComponent("nowhere/training.csv").path)
      }
      #expect(
        error?.description.hasSuffix(
          "cannot be written: no such folder: \(folder.appendingPathComponent("nowhere").path)")
          == true)
    }
  }

  @Test("Manifests of several folders become one: paths from the first folder, columns of all, no clip twice")
  func joined() throws {
    try inFreshFolder { folder in
      for name in ["a/deep/x.wav", "b/y.wav"] {
        let file = folder.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data().write(to: file)
      }
      try FileManager.default.createSymbolicLink(
        atPath: folder.appendingPathComponent("link").path, withDestinationPath: "a")
      func manifest(_ name: String, _ paths: [String], column: String) -> Manifest {
        Manifest(
          folder: folder.appendingPathComponent(name).path,
          entries: paths.map { .init(path: $0, emotion: .fear, extra: [column: "1"]) }, extraColumns: [column, "age"])
      }
      let absolute = folder.appendingPathComponent("b/y.wav").path
      let (joined, repeated) = Manifest.joined([
        manifest("a", ["deep/x.wav"], column: "f0"), manifest("b", ["y.wav"], column: "rate"),
        manifest("link", ["deep/x.wav"], column: "f0"), manifest("a", [absolute], column: "f0"),
      ])
      #expect(joined.entries.map(\.path) == ["deep/x.wav", "../b/y.wav"] && repeated == 2)
      #expect(joined.extraColumns == ["age", "f0", "rate"] && joined.absentClips.isEmpty)
      #expect(joined.outside(folder.appendingPathComponent("link").path).entries.map(\.path) == ["../b/y.wav"])
    }
  }
}
