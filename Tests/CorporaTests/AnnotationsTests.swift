import AudioFeatures
import Basics
import Foundation
import TestSupport
import Testing

@testable import Corpora

@Suite("Annotations")
struct AnnotationsTests {
  private static let words = AnnotationTier(
    name: "words", units: [SpeechUnit("der \"gelbe\"", 0.25..<0.5), SpeechUnit("Käse", 0.5..<1.125)], duration: 1.5)
  private static let phones = AnnotationTier(
    name: "phones", units: [SpeechUnit("k", 0.5..<0.75)], duration: 1.5)

  private static let long = #"""
    File type = "ooTextFile"
    Object class = "TextGrid"

    xmin = 0
    xmax = 1.5
    tiers? <exists>
    size = 3
    item []:
        item [1]:
            class = "IntervalTier"
            name = "words"
            xmin = 0
            xmax = 1.5
            intervals: size = 4
            intervals [1]:
                xmin = 0
                xmax = 0.25
                text = ""
            intervals [2]:
                xmin = 0.25 ! a comment, with a "quote" and 3 numbers
                xmax = 0.5
                text = "der ""gelbe"""
            intervals [3]:
                xmin = 0.5
                xmax = 1.125
                text = " Käse "
            intervals [4]:
                xmin = 1.125
                xmax = 1.5
                text = "  "
        item [2]:
            class = "TextTier"
            name = "tones"
            xmin = 0
            xmax = 1.5
            points: size = 1
            points [1]:
                number = 0.3
                mark = "H*"
        item [3]:
            class = "IntervalTier"
            name = "phones"
            xmin = 0
            xmax = 1.5
            intervals: size = 1
            intervals [1]:
                xmin = 0.5
                xmax = 0.75
                text = "k"

    """#

  private static let short = #"""
    File type = "ooTextFile"
    "TextGrid"

    0
    1.5
    <exists>
    2
    "IntervalTier" "words" 0 1.5 2
    0.25 0.5 "der ""gelbe"""
    0.5 1.125 "Käse"
    "IntervalTier" "phones" 0 1.5 1
    0.5 0.75 "k"
    """#

  private static let ctm = """
    ;; file channel start duration word confidence
    talk 1 0.50 0.25 Käse 0.98

    talk 1 0.125 0.25 der
    """

  private static func eaf(slots: String, _ tiers: String, before: String = "") -> String {
    """
    <?xml version="1.0" encoding="UTF-8"?>
    \(before)<ANNOTATION_DOCUMENT AUTHOR="" FORMAT="3.0" VERSION="3.0" \
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
    xsi:noNamespaceSchemaLocation="http://www.mpi.nl/tools/elan/EAFv3.0.xsd">
        <HEADER MEDIA_FILE="" TIME_UNITS="milliseconds"/>
        <TIME_ORDER>\(slots)</TIME_ORDER>
    \(tiers)
    </ANNOTATION_DOCUMENT>
    """
  }

  private static func slot(_ number: Int, _ milliseconds: String?) -> String {
    let value = milliseconds.map { " TIME_VALUE=\"\($0)\"" } ?? ""
    return "<TIME_SLOT TIME_SLOT_ID=\"ts\(number)\"\(value)/>"
  }

  private static func tier(_ name: String, _ annotations: String...) -> String {
    "<TIER LINGUISTIC_TYPE_REF=\"default-lt\" TIER_ID=\"\(name)\">\(annotations.joined(separator: "\n"))</TIER>"
  }

  private static func aligned(_ id: String, _ first: Int, _ last: Int, _ label: String) -> String {
    "<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID=\"\(id)\" TIME_SLOT_REF1=\"ts\(first)\""
      + " TIME_SLOT_REF2=\"ts\(last)\"><ANNOTATION_VALUE>\(label)</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>"
  }

  private static func reference(_ id: String, to other: String, _ label: String) -> String {
    "<ANNOTATION><REF_ANNOTATION ANNOTATION_ID=\"\(id)\" ANNOTATION_REF=\"\(other)\">"
      + "<ANNOTATION_VALUE>\(label)</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION>"
  }

  private static let elan = eaf(
    slots: slot(1, "250") + slot(2, nil) + slot(3, nil) + slot(4, "1000") + slot(5, "1500"),
    tier("gloss", reference("a5", to: "a3", "the"), reference("a6", to: "a4", "che"), reference("a7", to: "a4", "ese"))
      + tier(
        "words", aligned("a1", 1, 2, "der &amp; die"), aligned("a2", 2, 4, "Käse"), aligned("a8", 4, 5, " "))
      + tier("lemmas", reference("a3", to: "a1", "der"), reference("a4", to: "a2", "<![CDATA[<Käse>]]>")))

  private func tiers(_ bytes: [UInt8], _ name: String) throws -> [AnnotationTier] {
    try inFreshFolder { folder in
      let file = folder.appendingPathComponent(name)
      try Data(bytes).write(to: file)
      return try Annotations.read(file.path)
    }
  }

  private func tiers(_ text: String, _ name: String) throws -> [AnnotationTier] { try tiers(Array(text.utf8), name) }

  /// The error for a file, without the file's folder.
  private func complaint(_ bytes: [UInt8], _ name: String) throws -> String {
    try inFreshFolder { folder in
      let file = folder.appendingPathComponent(name)
      try Data(bytes).write(to: file)
      do throws(AnnotationError) {
        let found = try Annotations.read(file.path)
        return "no error, but \(found)"
      } catch {
        return error.description.replacingOccurrences(of: folder.path + "/", with: "")
      }
    }
  }

  private func complaint(_ text: String, _ name: String) throws -> String { try complaint(Array(text.utf8), name) }

  private static func changed(_ text: String, _ old: String, _ new: String) -> String {
    #expect(text.contains(old))
    return text.replacingOccurrences(of: old, with: new)
  }

  // MARK: TextGrid

  @Test("A long TextGrid has its interval tiers, without gaps, points and comments")
  func longTextGrid() throws {
    #expect(try tiers(Self.long, "a.TextGrid") == [Self.words, Self.phones])
    #expect(try tiers(Self.long.replacingOccurrences(of: "\n", with: "\r\n"), "a.textgrid").count == 2)
  }

  @Test("A short TextGrid says the same, and an old one of \"ooTextFile short\"")
  func shortTextGrid() throws {
    #expect(try tiers(Self.short, "a.TEXTGRID") == [Self.words, Self.phones])
    let old = Self.changed(Self.short, "\"ooTextFile\"", "\"ooTextFile short\"")
    #expect(try tiers(old, "a.TextGrid") == [Self.words, Self.phones])
  }

  @Test("A byte-order mark tells UTF-8 and both orders of UTF-16")
  func encodings() throws {
    for text in [Self.long, Self.short] {
      #expect(try tiers("\u{FEFF}" + text, "a.TextGrid") == [Self.words, Self.phones])
      let units = Array(("\u{FEFF}" + text).utf16)
      let bigEndian = units.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
      #expect(try tiers(bigEndian, "a.TextGrid") == [Self.words, Self.phones])
      #expect(try tiers(littleEndian(units), "a.TextGrid") == [Self.words, Self.phones])
    }
  }

  private func littleEndian(_ units: some Collection<UInt16>) -> [UInt8] {
    units.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
  }

  @Test("A damaged TextGrid says where and why")
  func damagedTextGrids() throws {
    func expect(_ old: String, _ new: String, _ reason: String, sourceLocation: SourceLocation = #_sourceLocation)
      throws
    {
      let found = try complaint(Self.changed(Self.short, old, new), "a.TextGrid")
      #expect(found == "a.TextGrid" + reason, sourceLocation: sourceLocation)
    }
    let interval = ", line 9: interval or point 1 of the 2 of tier \"words\": "
    try expect("0.25 0.5", "-0.25 0.5", interval + "-0.25 stands in the place of a time")
    try expect("0.25 0.5", "1e999 0.5", interval + "inf stands in the place of a time")
    try expect("0.25 0.5", "0,25 0.5", ", line 9: \"0,25\" is not a number")
    try expect("0.25 0.5", "0.5 0.5", ", line 9: \"der \"gelbe\"\" begins at 0.5 s, but ends at 0.5 s")
    try expect("0.25 0.5", "0.75 0.5", ", line 9: \"der \"gelbe\"\" begins at 0.75 s, but ends at 0.5 s")
    try expect(
      "0.5 1.125", "0.25 1.125",
      ", line 10: \"der \"gelbe\"\" and \"Käse\" overlap in tier \"words\": the first ends at 0.5 s, the second begins at "
        + "0.25 s")
    try expect("1.5 2\n", "1.5 1\n", ", line 10: tier 2 of 2: 0.5 stands in the place of a text in quotes")
    try expect(
      "1.5 2\n", "1.5 3\n",
      ", line 11: interval or point 3 of the 3 of tier \"words\": \"IntervalTier\" stands in the place of a time")
    try expect(
      "1.5 2\n", "1.5 2.5\n", ", line 8: tier 1 of 2: 2.5 stands in the place of a count")
    try expect("1.5 2\n", "1.5 -1\n", ", line 8: tier 1 of 2: -1.0 stands in the place of a count")
    try expect("1.5 2\n", "1.5 1e30\n", ", line 8: tier 1 of 2: 1e+30 stands in the place of a count")
    try expect("<exists>\n2", "<exists>\n3", ", line 12: tier 3 of 3: the file ends before a text in quotes")
    try expect(
      "<exists>\n2", "<exists>\n1", ", line 11: more follows after as many tiers and intervals as the file states")
    try expect(
      "<exists>\n2", "<exists>\n0", ", line 8: more follows after as many tiers and intervals as the file states")
    try expect("<exists>", "<exists", ", line 6: the flag \"<exists\" is not closed")
    try expect("<exists>", "<absent>", ": it has no interval with a label")
    try expect("\"k\"", "\"k", ", line 12: a quote is opened and never closed")
    try expect("\"k\"", "\"k\"s", ", line 12: text follows a closing quote (a quote in a label is doubled)")
    try expect(
      "\"IntervalTier\" \"words\"", "\"Tier\" \"words\"", ", line 8: tier 1 of 2: \"Tier\" is not a kind of tier")
    try expect("TextGrid", "PitchTier", ", line 1: not a TextGrid: it begins with \"ooTextFile\" and \"PitchTier\"")
  }

  @Test("A TextGrid in binary form, in no text, or without labels is refused")
  func noTextGrids() throws {
    #expect(
      try complaint("ooBinaryFile\u{8}TextGrid", "a.TextGrid")
        == "a.TextGrid: a binary TextGrid: save it from Praat as a text file")
    let encoding = "a.TextGrid: not text in UTF-8, or in UTF-16 with a byte-order mark"
    #expect(try complaint([0x22, 0xE4, 0x22], "a.TextGrid") == encoding)
    #expect(try complaint([0xFE, 0xFF, 0x00], "a.TextGrid") == encoding)
    #expect(try complaint([0xFF, 0xFE, 0x00, 0xD8], "a.TextGrid") == encoding)
    #expect(
      try complaint("", "a.TextGrid") == "a.TextGrid, line 1: the header: the file ends before a text in quotes")
    #expect(
      try complaint("\"ooTextFile\" \"TextGrid\" 0 1 <exists> 1 \"IntervalTier\" \"w\" 0 1 1 0 1 \" \"", "a.TextGrid")
        == "a.TextGrid: it has no interval with a label")
  }

  @Test("An overlap of at most a millisecond is mended by moving the later start")
  func roundedTimes() throws {
    let text = Self.changed(Self.short, "0.25 0.5", "0.25 0.501")
    #expect(try tiers(text, "a.TextGrid")[0].units.map(\.range) == [0.25..<0.501, 0.501..<1.125])
    let more = Self.changed(Self.short, "0.25 0.5", "0.25 0.5011")
    #expect(try complaint(more, "a.TextGrid").contains("overlap"))
    // Nothing would be left of the second.
    #expect(try complaint("f 1 0 1 a\nf 1 0.9995 0.0005 b", "a.ctm").contains("overlap"))
  }

  // MARK: CTM

  @Test("A CTM is a tier of words in order of time, or one for each file and channel")
  func ctm() throws {
    let units = [SpeechUnit("der", 0.125..<0.375), SpeechUnit("Käse", 0.5..<0.75)]
    #expect(try tiers(Self.ctm, "a.ctm") == [AnnotationTier(name: "words", units: units, duration: nil)])
    let two = Self.ctm + "\r\ntalk\t2  0.125 0.25 ja\r\n"
    #expect(
      try tiers(two, "a.CTM") == [
        AnnotationTier(name: "talk 1", units: units, duration: nil),
        AnnotationTier(name: "talk 2", units: [SpeechUnit("ja", 0.125..<0.375)], duration: nil),
      ])
  }

  @Test(
    "A damaged CTM says where and why",
    arguments: [
      ("f 1 0 1", ", line 2: 4 fields, but file, channel, start, duration and word are five"),
      ("f 1 x 1 a", ", line 2: \"x\" is not a time in seconds"),
      ("f 1 0 nan a", ", line 2: \"nan\" is not a time in seconds"),
      ("f 1 inf 1 a", ", line 2: \"inf\" is not a time in seconds"),
      ("f 1 -1 1 a", ", line 2: \"-1\" is not a time in seconds"),
      ("f 1 1 0 a", ", line 2: \"a\" begins at 1.0 s, but ends at 1.0 s"),
      ("f 1 1.7e308 1.7e308 a", ", line 2: \"a\" begins at 1.7e+308 s, but ends at inf s"),
      (
        "f 1 0 1 a\nf 1 0.5 1 b",
        ", line 3: \"a\" and \"b\" overlap in tier \"words\": the first ends at 1.0 s, the second begins at 0.5 s"
      ),
      ("", ": it has no interval with a label"),
    ])
  func damagedCTM(lines: String, reason: String) throws {
    #expect(try complaint(";; a comment\n" + lines, "a.ctm") == "a.ctm" + reason)
  }

  // MARK: EAF

  @Test("An EAF has its times from slots, from the slots around, and from other annotations")
  func eaf() throws {
    // The two slots without a time divide 0.25...1 s in three.
    #expect(
      try tiers(Self.elan, "a.eaf") == [
        AnnotationTier(
          name: "gloss",
          units: [SpeechUnit("the", 0.25..<0.5), SpeechUnit("che", 0.5..<0.75), SpeechUnit("ese", 0.75..<1)],
          duration: nil),
        AnnotationTier(
          name: "words", units: [SpeechUnit("der & die", 0.25..<0.5), SpeechUnit("Käse", 0.5..<1)], duration: nil),
        AnnotationTier(
          name: "lemmas", units: [SpeechUnit("der", 0.25..<0.5), SpeechUnit("<Käse>", 0.5..<1)], duration: nil),
      ])
  }

  /// The error for an EAF, without the line, which is where the parser stands.
  private func complaintWithoutLine(_ text: String) throws -> String {
    try complaint(text, "a.eaf").replacing(/, line [0-9]+/, with: "")
  }

  @Test("A damaged EAF says why")
  func damagedEAF() throws {
    func expect(
      _ slots: [String?], _ annotations: String, _ reason: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      let text = Self.eaf(
        slots: slots.enumerated().map { Self.slot($0.offset + 1, $0.element) }.joined(), Self.tier("words", annotations)
      )
      #expect(try complaintWithoutLine(text) == "a.eaf: " + reason, sourceLocation: sourceLocation)
    }
    let one = Self.aligned("a1", 1, 2, "der")
    let noTime = "annotation a1: one of its time slots is not there, or has no time"
    try expect(["0", "-5"], one, "\"-5\" is not a time in milliseconds")
    try expect(["0", "nan"], one, "\"nan\" is not a time in milliseconds")
    try expect(["0", "soon"], one, "\"soon\" is not a time in milliseconds")
    try expect(["500", "500"], one, "\"der\" begins at 0.5 s, but ends at 0.5 s")
    try expect(["500", "250"], one, "\"der\" begins at 0.5 s, but ends at 0.25 s")
    try expect(["0"], one, noTime)
    try expect(["0", nil], one, noTime)
    try expect([nil, "500"], one, noTime)
    try expect(["0", "500"], "", "it has no interval with a label")
    try expect(["0", "500"], one + one, "two annotations are named a1")
    try expect(
      ["0", "250", "500"], Self.aligned("a1", 1, 3, "der") + Self.aligned("a2", 2, 3, "die"),
      "\"der\" and \"die\" overlap in tier \"words\": the first ends at 0.5 s, the second begins at 0.25 s")
    try expect(["0", "500"], Self.reference("a1", to: "a9", "der"), "annotation a1 refers to none that has a time")
    try expect(
      ["0", "500"], Self.reference("a1", to: "a2", "der") + Self.reference("a2", to: "a1", "die"),
      "annotation a1 refers to none that has a time")
    try expect(
      ["0", "500"], "<ANNOTATION><REF_ANNOTATION ANNOTATION_ID=\"a1\"/></ANNOTATION>",
      "REF_ANNOTATION has no ANNOTATION_REF")
    #expect(
      try complaintWithoutLine(Self.eaf(slots: Self.slot(1, "0"), one)) == "a.eaf: annotation a1 is in no tier")
    #expect(
      try complaint("<html></html>", "a.eaf")
        == "a.eaf: not a file of ELAN: its root is html, not ANNOTATION_DOCUMENT")
    for text in ["", "<", "talk", "<ANNOTATION_DOCUMENT>", "<ANNOTATION_DOCUMENT>&lol;</ANNOTATION_DOCUMENT>"] {
      #expect(try complaintWithoutLine(text) == "a.eaf: not XML, or cut off")
    }
  }

  @Test("Entities and other encodings, which could hide them, are refused before the document is parsed")
  func entities() throws {
    let bomb = """
      <!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>

      """
    let annotations = Self.tier("words", Self.aligned("a1", 1, 2, "&b;"))
    let text = Self.eaf(slots: Self.slot(1, "0") + Self.slot(2, "5"), annotations, before: bomb)
    let refusal = "a.eaf: it has a <!DOCTYPE declaration, which no file of ELAN has"
    #expect(try complaint(text, "a.eaf") == refusal)
    let units = Array(("\u{FEFF}" + text).utf16)
    #expect(try complaint(littleEndian(units), "a.eaf") == refusal)
    // Without a mark it would be read as UTF-8 with zero bytes.
    #expect(try complaint(littleEndian(units.dropFirst()), "a.eaf") == "a.eaf: not XML: it has a zero byte")
    // "<!DOCTYPE" in UTF-7. The declaration of the encoding does not count.
    let hidden = "<?xml version=\"1.0\" encoding=\"UTF-7\"?>+ADwAIQ-DOCTYPE a>" + "<ANNOTATION_DOCUMENT/>"
    #expect(try complaintWithoutLine(hidden) == "a.eaf: not XML, or cut off")
  }

  @Test("Elements nested without end are an error, not a crash", .timeLimit(.minutes(1)))
  func depth() throws {
    let open = String(repeating: "<TIER TIER_ID=\"a\">", count: 100_000)
    #expect(try complaintWithoutLine("<ANNOTATION_DOCUMENT>" + open) == "a.eaf: not XML, or cut off")
  }

  @Test("A long chain of references, last one first, is followed", .timeLimit(.minutes(1)))
  func chain() throws {
    let count = 20_000
    let chain = (2...count).reversed().map { number in
      Self.tier("t\(number)", Self.reference("a\(number)", to: "a\(number - 1)", "x"))
    }
    let text = Self.eaf(
      slots: Self.slot(1, "0") + Self.slot(2, "500"), chain.joined() + Self.tier("t1", Self.aligned("a1", 1, 2, "x")))
    let found = try tiers(text, "a.eaf")
    #expect(found.count == count)
    #expect(found.allSatisfy { $0.units == [SpeechUnit("x", 0..<0.5)] })
  }

  // MARK: Files and tiers

  @Test("A file that does not exist, cannot be read, or has another extension")
  func files() throws {
    let folder = try FreshFolder()
    try folder.write("", to: "folder.ctm/file")
    #expect(throws: AnnotationError.noSuchFile(path: folder.path("a.ctm"))) {
      try Annotations.read(folder.path("a.ctm"))
    }
    #expect(throws: AnnotationError.file(.unreadable(path: folder.path("folder.ctm"), reason: systemReason(EISDIR)))) {
      try Annotations.read(folder.path("folder.ctm"))
    }
    for name in ["a.txt", "ctm", "a.TextGrid.gz"] {
      #expect(
        try complaint("", name) == "\(name): not a file of annotations: their names end in .TextGrid, .ctm or .eaf")
    }
  }

  @Test("A tier is found by its name, or as the only one, or as the only one of words")
  func choice() throws {
    func tiers(_ names: String...) -> [AnnotationTier] {
      names.map { AnnotationTier(name: $0, units: [SpeechUnit("a", 0..<1)], duration: nil) }
    }
    #expect(try tiers("phones", "words").tier(named: "phones", path: "a.eaf").name == "phones")
    #expect(try tiers("phones").tier(named: nil, path: "a.eaf").name == "phones")
    for name in ["words", "Words", "WORD", "ORT-MAU", "ort-mau"] {
      #expect(try tiers("phones", name, "sentences").tier(named: nil, path: "a.eaf").name == name)
    }
    let unknown: [(String?, [String])] = [
      ("Words", ["words", "phones"]), (nil, ["words", "word"]), (nil, ["a", "b"]),
    ]
    for (name, names) in unknown {
      let found = names.map { AnnotationTier(name: $0, units: [SpeechUnit("a", 0..<1)], duration: nil) }
      #expect(throws: AnnotationError.noTier(named: name, path: "a.eaf", found: names)) {
        try found.tier(named: name, path: "a.eaf")
      }
    }
    #expect(
      AnnotationError.noTier(named: "wor\nds", path: "a.eaf", found: ["a", "b"]).description
        == "a.eaf: no tier \"wor ds\"; its tiers are \"a\", \"b\"")
    #expect(
      AnnotationError.noTier(named: nil, path: "a.eaf", found: ["a", "b"]).description
        == "a.eaf: several tiers, and not exactly one that is named as tiers of words are; name one of \"a\", \"b\"")
  }

  // MARK: Damage anywhere

  private static let samples = [("a.TextGrid", long), ("b.TextGrid", short), ("a.ctm", ctm), ("a.eaf", elan)]

  /// Whether the bytes are refused; what is read of others must be in order.
  private func isRefused(_ bytes: some Collection<UInt8>, _ name: String, in folder: FreshFolder) throws -> Bool {
    try folder.write(Array(bytes), to: name)
    let tiers: [AnnotationTier]
    do throws(AnnotationError) {
      tiers = try Annotations.read(folder.path(name))
    } catch {
      #expect(!error.description.contains("\n"))
      return true
    }
    for units in tiers.map(\.units) {
      #expect(zip(units, units.dropFirst()).allSatisfy { $0.range.upperBound <= $1.range.lowerBound })
      #expect(units.allSatisfy { $0.range.lowerBound >= 0 && $0.range.upperBound.isFinite && !$0.range.isEmpty })
    }
    return false
  }

  @Test("A file that is cut off anywhere is refused, but for a CTM, which has no end", .timeLimit(.minutes(1)))
  func truncation() throws {
    let folder = try FreshFolder()
    for (name, text) in Self.samples {
      let bytes = Array(text.utf8)
      let end = try #require(bytes.lastIndex { ![0x0A, 0x20].contains($0) })
      for count in 0...end {
        let refused = try isRefused(bytes.prefix(count), name, in: folder)
        #expect(refused || name.hasSuffix("ctm"), "\(name) of \(count) bytes")
      }
    }
  }

  @Test("A byte that is not what it was neither crashes nor hangs the reader", .timeLimit(.minutes(1)))
  func mutation() throws {
    let folder = try FreshFolder()
    var generator = SeededGenerator(seed: 7)
    for (name, text) in Self.samples {
      var refused = 0
      for _ in 0..<500 {
        var bytes = Array(text.utf8)
        bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
        if try isRefused(bytes, name, in: folder) { refused += 1 }
      }
      // Most are seen.
      #expect(refused > 100, "\(name)")
    }
  }
}
