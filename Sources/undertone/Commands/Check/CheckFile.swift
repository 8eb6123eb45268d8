import Attributions
import Foundation
import Models
import Reports

/// A file of explanation tests. Its paths are relative to the folder that it is in.
struct CheckFile {
  let path: String
  /// The model's folder, or "built-in".
  let model: String
  private let file: TOMLSection
  private let sections: [TOMLSection]
  private let standard: Settings

  /// How a clip is explained: as the file says, but for what a test says.
  private struct Settings {
    var method = Saliency.name
    var input: InputSpace?
    var target: String?
    /// The options of the method, as the command line has them.
    var options: [String] = []
  }

  /// The measures of a clip without a planted cue.
  private static let measures = TrustMeasure.ofOneClip

  /// - Throws: `TOMLFileError`
  init(reading path: String) throws {
    self.path = path
    file = try TOMLSection(file: path)
    let model = try file.text("model") ?? "built-in"
    self.model = model == "built-in" ? model : Self.place(model, beside: path)
    standard = try Self.settings(file, Settings(), beside: path)
    sections = try file.sections("test", areNumbered: true) ?? []
    _ = try file.count("seed", in: 0...Int.max)
    guard !sections.isEmpty else { throw file.wrong("test", "there are no tests; [[test]] begins one") }
  }

  /// The tests, as far as the model can be tested so.
  /// - Throws: `TOMLFileError`, or ``CheckError`` of what the model does not have.
  func tests(for model: TrainedModel) throws -> [ClipTest] {
    let seed = UInt64(try file.count("seed", in: 0...Int.max) ?? 0)
    var tests: [ClipTest] = []
    for section in sections {
      let test = try test(section, model, seed)
      guard !tests.contains(where: { $0.name == test.name }) else {
        throw section.wrong("name", "there are two tests of this name")
      }
      tests.append(test)
    }
    try file.checkKeys()
    for test in tests { try test.check(fits: model) }
    return tests
  }

  private func test(_ section: TOMLSection, _ model: TrainedModel, _ seed: UInt64) throws -> ClipTest {
    let clip = try section.text("clip")
    let name = try section.text("name") ?? clip
    if let name { section.call("test \"\(name)\": ") }
    guard let clip, let name, !clip.isEmpty, !name.isEmpty else { throw section.wrong("clip", "it is missing") }
    let settings = try Self.settings(section, standard, beside: path)
    let space = settings.input ?? (model.kind.places.contains(.mel) ? .mel : .spectrogram)
    let expected = try section.text("expect")
    let probability = try section.bounds("probability", within: 0...1)
    guard probability == nil || expected != nil else {
      throw section.wrong("probability", "it is that of a class, and needs expect")
    }
    let test = ClipTest(
      file: path, name: name, clip: Self.place(clip, beside: path),
      method: try method(settings, section, model, seed), space: space, target: settings.target, expected: expected,
      probability: probability,
      regions: try regions("inside", section, space) { Bounds(least: $0, most: nil) }
        + regions("outside", section, space) { Bounds(least: nil, most: $0) },
      golden: try golden(section), measures: try measures(section), seed: seed)
    // A misspelt condition is named before it is missed.
    try section.checkKeys()
    guard test.asks else {
      throw section.wrong("clip", "nothing is asked of it: expect, inside, outside, golden or measures")
    }
    return test
  }

  private static func settings(
    _ section: TOMLSection, _ standard: Settings, beside path: String
  ) throws -> Settings {
    var settings = standard
    if let name = try section.text("method") {
      guard let method = AttributionMethods.all.first(where: { $0.name == name }) else {
        throw section.wrong("method", "\(MethodError.unknown(name: name))")
      }
      // The options of another method are not its own.
      if name != settings.method { settings.options = [] }
      settings.method = method.name
    }
    settings.input = try section.choice("input") ?? settings.input
    settings.target = try section.text("target") ?? settings.target
    if settings.target == "predicted" { settings.target = nil }
    if let given = try section.section("options") {
      settings.options = try options(given, of: settings.method, beside: path)
    }
    return settings
  }

  private static func options(
    _ given: TOMLSection, of method: String, beside path: String
  ) throws -> [String] {
    let known = AttributionMethods.all.first { $0.name == method }?.description.options.map(\.name).sorted() ?? []
    return try known.compactMap { name in
      guard var value = try given.words(name) else { return nil }
      if name == MethodOptions.Name.background.name { value = place(value, beside: path) }
      if value.hasPrefix("file:") { value = "file:" + place(String(value.dropFirst(5)), beside: path) }
      return "--\(name)=\(value)"
    }
  }

  private func method(
    _ settings: Settings, _ section: TOMLSection, _ model: TrainedModel, _ seed: UInt64
  ) throws -> any AttributionMethod {
    do {
      return try MethodOption.parse(["--method=\(settings.method)"] + settings.options).make(for: model, seed: seed)
    } catch {
      throw section.wrong("options", MethodOption.message(for: error))
    }
  }

  private func regions(
    _ key: String, _ section: TOMLSection, _ space: InputSpace, _ bounds: (Double) -> Bounds
  ) throws -> [ClipTest.Region] {
    try (section.sections(key, areNumbered: true) ?? []).enumerated().map { index, region in
      let (seconds, hertz) = (try region.range("seconds"), try region.range("hertz"))
      guard seconds != nil || hertz != nil else { throw region.wrong("seconds", "it is missing, and so is hertz") }
      if hertz != nil, let reason = space.noFrequencies { throw region.wrong("hertz", reason) }
      guard let share = try region.number("share") else { throw region.wrong("share", "it is missing") }
      guard (0...1).contains(share) else { throw region.wrong("share", "must lie between 0 and 1, not be \(share)") }
      return .init(key: "\(key) \(index + 1)", seconds: seconds, hertz: hertz, share: bounds(share))
    }
  }

  private func golden(_ section: TOMLSection) throws -> ClipTest.Golden? {
    let correlation = try section.number("tolerance")
    let difference = try section.number("largest")
    if let correlation, !(-1...1).contains(correlation) {
      throw section.wrong("tolerance", "must lie between −1 and 1, not be \(correlation)")
    }
    if let difference, !(difference >= 0 && difference.isFinite) {
      throw section.wrong("largest", "must be 0 or more, not \(difference)")
    }
    guard let golden = try section.text("golden") else {
      guard correlation == nil, difference == nil else {
        throw section.wrong(correlation == nil ? "largest" : "tolerance", "it needs golden")
      }
      return nil
    }
    guard correlation != nil || difference != nil else {
      throw section.wrong("golden", "it needs tolerance, the least rank correlation, or largest, a difference")
    }
    return .init(path: Self.place(golden, beside: path), correlation: correlation, difference: difference)
  }

  private func measures(_ section: TOMLSection) throws -> [(measure: TrustMeasure, bounds: Bounds)] {
    guard let named = try section.section("measures") else { return [] }
    return try Self.measures.compactMap { measure in
      try named.bounds(measure.rawValue).map { (measure, $0) }
    }
  }

  private static func place(_ path: String, beside file: String) -> String {
    let folder = (file as NSString).deletingLastPathComponent
    return path.hasPrefix("/") || folder.isEmpty ? path : "\(folder)/\(path)"
  }
}

extension InputSpace {
  /// Why no part of the input is one of some frequencies; nil where rows are frequencies.
  fileprivate var noFrequencies: String? {
    switch self {
    case .spectrogram, .mel: nil
    case .waveform: "a sample of the waveform has no frequency; input = \"mel\" or \"spectrogram\" has"
    case .mfcc: "an MFCC depends on all frequencies; input = \"mel\" or \"spectrogram\" has frequencies"
    }
  }
}

extension TOMLSection {
  /// A text, or a number as it is written.
  fileprivate func words(_ key: String) throws(TOMLFileError) -> String? {
    try value(key, "text in quotes, or a number") { value in
      value.string ?? value.int.map(String.init) ?? value.double.map { "\($0)" }
    }
  }

  /// [from, to], both 0 or more.
  fileprivate func range(_ key: String) throws(TOMLFileError) -> ClosedRange<Double>? {
    guard let ends = try value(key, "two numbers, [from, to]", { $0.numbers(2) }) else { return nil }
    let words = "\(ends[0]) to \(ends[1])"
    guard ends[0] >= 0, ends[1].isFinite else { throw wrong(key, "\(words): both must be numbers, 0 or more") }
    guard ends[0] < ends[1] else { throw wrong(key, "\(words) is upside down") }
    return ends[0]...ends[1]
  }

  /// [least, most], or a table with one of them or both.
  fileprivate func bounds(
    _ key: String, within range: ClosedRange<Double> = -Double.infinity...Double.infinity
  ) throws(TOMLFileError) -> Bounds? {
    let forms = try value(key, "[least, most], or a table with least, most or both") { value in
      value.table == nil ? value.numbers(2) : []
    }
    guard let forms else { return nil }
    let bounds: Bounds
    if forms.isEmpty {
      guard let table = try section(key) else { return nil }
      bounds = Bounds(least: try table.number("least"), most: try table.number("most"))
    } else {
      bounds = Bounds(least: forms[0], most: forms[1])
    }
    let given = [bounds.least, bounds.most].compactMap { $0 }
    guard !given.isEmpty else { throw wrong(key, "it has neither least nor most") }
    for value in given where !value.isFinite || !range.contains(value) {
      throw wrong(
        key,
        range.upperBound == .infinity ? "\(value) is no finite number" : "must lie between 0 and 1, not be \(value)")
    }
    if given.count == 2, given[0] > given[1] { throw wrong(key, "\(given[0]) to \(given[1]) is upside down") }
    return bounds
  }
}
