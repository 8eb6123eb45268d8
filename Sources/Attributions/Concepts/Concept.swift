import AudioFeatures
import AudioFiles
import Basics
import Corpora
import Foundation

/// A cue of the voice that is measured in a clip's sound, whatever is said and by whom.
public enum VoiceConcept: String, CaseIterable, Sendable {
  /// The median of the voiced frames.
  case pitch
  /// The power of the speech.
  case level
  /// The slope of the long-term average spectrum.
  case tilt
  /// The nuclei of syllables in a second of the clip: see ``SpeechSegmentation``.
  case tempo
  /// The distance between the 5th and the 95th percentile of the voiced frames' pitch.
  case range

  public var unit: String {
    switch self {
    case .pitch, .range: "semitones"
    case .level: "dBFS"
    case .tilt: "dB/octave"
    case .tempo: "syllables/s"
    }
  }
}

/// Measures the concepts of voices, with the tables that this takes made once.
public final class ConceptMeter {
  private let meter = VoiceMeter()
  /// Samples a second of the speech that is measured.
  public static let sampleRate = FrontEnd().sampleRate

  public init() {}

  /// The concepts of speech at ``sampleRate``, trimmed: those of pitch are missing where no frame is voiced, and all of them
  /// where it is shorter than a window, or silent. Pitch is in semitones above 1 Hz.
  public func measure(_ samples: [Float]) -> [VoiceConcept: Double] {
    guard let voice = meter.measure(samples) else { return [:] }
    let segments = SpeechSegmentation(samples, sampleRate: Self.sampleRate)
    var found: [VoiceConcept: Double] = [.tempo: Double(segments.nuclei.count) / segments.duration]
    found[.pitch] = voice.values[.pitch].map { 12 * log2($0) }
    (found[.level], found[.tilt]) = (voice.values[.level], voice.values[.tilt])
    found[.range] = voice.pitchRange
    return found
  }
}

/// A number of each clip that a layer may hold: a cue of the voice, or a column of a manifest.
public struct Concept: Sendable, Equatable {
  public let name: String
  /// Nil of a column, whose unit is not known.
  public let unit: String?
  /// Of each clip; nil where it has none. Of a two-valued concept 0 and 1.
  public let values: [Double?]
  /// The words for 0 and 1 of a concept with two values; nil of a number.
  public let words: [String]?

  /// The fewest clips of which a concept is examined: below that a third of them are no group.
  public static let leastClips = 20

  /// A cue of the voice of clips that were measured.
  public init(_ voice: VoiceConcept, of clips: [[VoiceConcept: Double]]) throws(ConceptError) {
    try self.init(name: voice.rawValue, unit: voice.unit, values: clips.map { $0[voice] })
  }

  /// A column of a manifest beside path, emotion, origin and speaker: numbers, or two words.
  public init(column name: String, of manifest: Manifest) throws(ConceptError) {
    guard manifest.extraColumns.contains(name) else {
      throw .noColumn(name: name, found: VoiceConcept.allCases.map(\.rawValue) + manifest.extraColumns)
    }
    let cells = manifest.entries.map { $0.extra[name]?.trimmingCharacters(in: .whitespaces) }
    let met = Set(cells.compactMap(\.self))
    let numbers = manifest.entries.map { $0.value(of: name) }
    let areNumbers = zip(cells, numbers).allSatisfy { $0 == nil || $1 != nil }
    if areNumbers {
      // 1 and 1.0 are one number.
      let two = Set(numbers.compactMap(\.self)).sorted()
      try self.init(
        name: name, values: two.count == 2 ? numbers.map { $0.map { $0 == two[0] ? 0 : 1 } } : numbers,
        words: two.count == 2 ? two.map { $0.formatted(.number.grouping(.never)) } : nil)
      return
    }
    guard met.count == 2 else { throw .notOrdered(name: name, values: met.count) }
    let words = met.sorted()
    try self.init(name: name, values: cells.map { $0.map { $0 == words[0] ? 0 : 1 } }, words: words)
  }

  init(name: String, unit: String? = nil, values: [Double?], words: [String]? = nil) throws(ConceptError) {
    (self.name, self.unit, self.values, self.words) = (name, unit, values, words)
    let known = values.compactMap(\.self)
    guard known.count >= Self.leastClips else {
      throw .tooFewClips(concept: name, found: known.count, needed: Self.leastClips)
    }
    guard known.min()! < known.max()! else { throw .constant(name: name, value: known[0]) }
  }

  /// The concept less the mean of each speaker's clips: what is more than usual of that voice, whatever is usual of others. One
  /// with two values stays as it is.
  /// - Parameter speakers: Of each clip.
  public func relative(to speakers: [String?]) throws(ConceptError) -> Concept {
    demand(speakers.count == values.count, "speakers of \(speakers.count) clips, and values of \(values.count)")
    guard !isTwoValued else { return self }
    var sums: [String?: (sum: Double, count: Int)] = [:]
    for (speaker, value) in zip(speakers, values) {
      guard let value else { continue }
      let own = sums[speaker] ?? (0, 0)
      sums[speaker] = (own.sum + value, own.count + 1)
    }
    return try Concept(
      name: "relative \(name)", unit: unit,
      values: zip(speakers, values).map { speaker, value in
        value.flatMap { value in sums[speaker].map { value - $0.sum / Double($0.count) } }
      })
  }

  public var isTwoValued: Bool { words != nil }
  /// The places of the clips that have it.
  public var clips: [Int] { values.indices.filter { values[$0] != nil } }
  /// How well a probe reads it: R², or of two values the area under the receiver's curve.
  public var measure: String { isTwoValued ? "AUC" : "R²" }
}

/// The errors of concepts: each says what was asked for and what there is.
public enum ConceptError: Error, Equatable, Sendable, CustomStringConvertible {
  case tooFewClips(concept: String, found: Int, needed: Int)
  case constant(name: String, value: Double)
  case noColumn(name: String, found: [String])
  /// A column that is neither of numbers nor of two words.
  case notOrdered(name: String, values: Int)
  case noLayer(name: String, model: String, found: [String])
  case noMaps(model: String)
  /// Folds of which one holds so many of the clips that the others are no data to learn from.
  case lopsided(concept: String, clips: Int, others: Int)

  public var description: String {
    switch self {
    case .tooFewClips(let concept, let found, let needed):
      "the concept \(concept) has a value in \(found) clip\(found == 1 ? "" : "s"), and needs at least \(needed)"
    case .constant(let name, let value):
      "the concept \(name) does not vary: it is \(value.formatted(.number.grouping(.never))) in every clip"
    case .noColumn(let name, let found):
      "there is no concept or column \"\(name)\"; there is \(found.joined(separator: ", "))"
    case .notOrdered(let name, let values):
      "the column \(name) is no concept: its \(values) values are neither numbers nor two words"
    case .noLayer(let name, let model, let found):
      "the model \(model) has no layer \"\(name)\" with maps or tokens; it has \(found.joined(separator: ", "))"
    case .lopsided(let concept, let clips, let others):
      "one fold has so many of the \(clips) clips with the concept \(concept) that \(others) are left to learn from: take more folds"
    case .noMaps(let model): "the model \(model) has no layer with maps or tokens"
    }
  }
}
