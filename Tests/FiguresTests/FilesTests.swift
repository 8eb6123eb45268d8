import Basics
import Figures
import Foundation
import TestSupport
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite struct FilesTests {
  let figure = ExplanationFigure(title: ["one.wav"], duration: 1, probabilities: evenProbabilities)

  @Test("PNGs of every format read as PIL reads them", arguments: ["palette", "rgba", "grey", "bits"])
  func reading(name: String) throws {
    struct Expected: Decodable {
      var pixels: [UInt8]
      var texts: [String: String]
    }
    let all = try JSONDecoder().decode(
      [String: Expected].self, from: Data(contentsOf: fixture("images.json")))
    let expected = try #require(all[name])
    let image = try PNGImage(contentsOf: fixture("\(name).png").path)
    #expect(image.width == 7 && image.height == 5)
    #expect(image.pixels == expected.pixels)
    #expect(image.texts == expected.texts)
    #expect(try abs(#require(image.pixelsPerInch) - 192) < 0.1)
  }

  @Test("Provenance comes back, ASCII from tEXt and the rest from iTXt; the resolution is twice 96")
  func provenance() throws {
    let provenance = ["Software": "Undertone 1.0", "File": "злость 怒り 😠.wav", "Parameters": "a=1\nb=2"]
    let bytes = try figure.encoded(provenance: provenance)
    let image = try PNGImage(decoding: bytes)
    #expect(image.texts == provenance)
    #expect(try abs(#require(image.pixelsPerInch) - 192) < 0.1)
    #expect(bytes.firstRange(of: Array("tEXtSoftware\0Undertone 1.0".utf8)) != nil)
    #expect(bytes.firstRange(of: Array("iTXtFile\0".utf8)) != nil)
  }

  @Test("With a palette a figure has its paper and ink, colours near its own, and half the bytes; twice it is the same")
  func palette() throws {
    let samples = (0..<16_000).map { sin(Float($0) / 20) * sin(Float($0) / 3_000) }
    let cells = (0..<128 * 60).map { 40 * sin(Float($0 % 60) / 7) * cos(Float($0 / 60) / 11) }
    let attribution = Attribution(
      values: cells.map { abs($0) }, isSigned: false, name: "saliency", unit: "logit/dB")
    var figure = figure
    figure.waveform = .init(samples: samples, sampleRate: 16_000)
    figure.logMel = .init(
      frames: .init(values: cells, rows: 128, columns: 60, hop: 1.0 / 60), maximumFrequency: 8_000,
      attribution: attribution)
    let bytes = try figure.encoded(scale: 1.5, compression: .palette)
    #expect(try figure.encoded(scale: 1.5, compression: .palette) == bytes)
    let whole = try figure.encoded(scale: 1.5, compression: .small)
    #expect(bytes.count < whole.count * 2 / 3, "\(bytes.count) of \(whole.count)")
    let (few, all) = (try PNGImage(decoding: bytes), try PNGImage(decoding: whole))
    #expect(few.width == all.width && few.height == all.height)
    let pairs = stride(from: 0, to: all.pixels.count, by: 4).map { (all.pixels[$0..<$0 + 3], few.pixels[$0..<$0 + 3]) }
    #expect(Set(pairs.map { Array($0.1) }).count <= 256)
    #expect(pairs.allSatisfy { Array($0.0) != [255, 255, 255] || Array($0.1) == [255, 255, 255] })
    let difference = pairs.reduce(0.0) { sum, pair in
      sum + zip(pair.0, pair.1).reduce(0.0) { $0 + abs(Double($1.0) - Double($1.1)) }
    }
    #expect(difference / Double(3 * pairs.count) < 1)
  }

  @Test("Keys and values that a text chunk cannot hold are refused by name")
  func badProvenance() {
    for key in ["", " key", "key ", "two  spaces", "schlüssel", String(repeating: "k", count: 80)] {
      #expect(throws: FigureError.self) { try figure.encoded(provenance: [key: "value"]) }
    }
    #expect(throws: FigureError.provenance(key: "key", reason: "a value cannot contain the character 0")) {
      try figure.encoded(provenance: ["key": "a\0b"])
    }
  }

  @Test("The same figure is the same file", arguments: FigureFormat.allCases)
  func deterministic(format: FigureFormat) throws {
    let first = try figure.encoded(as: format, provenance: ["a": "1", "b": "2", "c": "3"])
    #expect(try figure.encoded(as: format, provenance: ["c": "3", "b": "2", "a": "1"]) == first)
  }

  @Test("An SVG is well-formed and keeps its provenance, whatever characters are in it")
  func svg() throws {
    let bytes = try figure.encoded(as: .svg, provenance: ["File": "<a & b>\u{7}.wav"])
    #expect(XMLParser(data: Data(bytes)).parse())
    #expect(bytes.firstRange(of: Array("<metadata>\nFile: &lt;a &amp; b&gt;.wav\n</metadata>".utf8)) != nil)
    #expect(bytes.firstRange(of: Array("width=\"800px\"".utf8)) != nil)
  }

  @Test("A PDF is one, 600 of its own points wide")
  func pdf() throws {
    let bytes = try figure.encoded(as: .pdf)
    #expect(bytes.starts(with: Array("%PDF-".utf8)))
    #expect(bytes.firstRange(of: Array("0 0 600 ".utf8)) != nil)
  }

  @Test("Writing leaves the file and nothing else, also over an older one")
  func writing() throws {
    try inFreshFolder { folder in
      let path = folder.appendingPathComponent("figure.png").path
      try Data("old".utf8).write(to: URL(fileURLWithPath: path))
      try figure.write(to: path)
      #expect(try PNGImage(contentsOf: path) == figure.rendered())
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["figure.png"])
    }
  }

  @Test("A missing folder, a file in its place and a folder in the figure's place are said so")
  func badPlaces() throws {
    try inFreshFolder { folder in
      let missing = folder.appendingPathComponent("none/figure.png").path
      #expect(
        throws: FigureError.file(.noSuchFolder(path: missing, folder: folder.appendingPathComponent("none").path))
      ) { try figure.write(to: missing) }
      try Data().write(to: folder.appendingPathComponent("file"))
      let inFile = folder.appendingPathComponent("file/figure.png").path
      #expect(
        throws: FigureError.file(.noSuchFolder(path: inFile, folder: folder.appendingPathComponent("file").path))
      ) { try figure.write(to: inFile) }
      let place = folder.appendingPathComponent("place").path
      try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
      #expect(throws: FigureError.file(.unwritable(path: place, reason: "Is a directory"))) {
        try figure.write(to: place)
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["file", "place"])
    }
  }

  @Test("A folder without permission is unwritable", .enabled(if: geteuid() != 0, "root may write anywhere"))
  func permission() throws {
    try inFreshFolder { folder in
      try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: folder.path)
      let path = folder.appendingPathComponent("figure.png").path
      #expect(throws: FigureError.file(.unwritable(path: path, reason: "Permission denied"))) {
        try figure.write(to: path)
      }
    }
  }

  @Test("What is no PNG, is cut off or is not there throws with its path")
  func damaged() throws {
    let bytes = try figure.encoded()
    #expect(throws: FigureError.notPNG(path: "PNG", reason: "Not a PNG file")) {
      try PNGImage(decoding: Array("no picture at all".utf8))
    }
    for count in [0, 7, 20, 60, bytes.count / 2, bytes.count - 1] {
      #expect(throws: FigureError.notPNG(path: "PNG", reason: "the file ends too early")) {
        try PNGImage(decoding: Array(bytes.prefix(count)))
      }
    }
    var wrong = bytes
    wrong[bytes.count / 2] ^= 255
    #expect(throws: FigureError.self) { try PNGImage(decoding: wrong) }
    try inFreshFolder { folder in
      let path = folder.appendingPathComponent("none.png").path
      #expect(throws: FigureError.noSuchFile(path: path)) { try PNGImage(contentsOf: path) }
      #expect(throws: FigureError.self) { try PNGImage(contentsOf: folder.path) }
    }
  }

  @Test("A scale that makes no picture is refused", arguments: [0, -1, .nan, .infinity])
  func badScale(scale: Double) {
    #expect(throws: FigureError.self) { try figure.encoded(scale: scale) }
  }

  @Test("A picture too large for Cairo is an error, not a crash")
  func tooLarge() {
    #expect(throws: FigureError.self) { try figure.encoded(scale: 1e6) }
  }
}
