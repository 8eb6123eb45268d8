import Attributions
import AudioFeatures
import AudioFiles
import Basics
import Corpora
import Foundation
import Models

/// Where the units of clips are from.
public enum UnitsSource: Sendable {
  case found(UnitKind)
  /// A file of annotations, or a folder in which a clip's file of annotations has the clip's name.
  /// - Parameter tier: Nil for the only tier, or that of words.
  case annotated(String, tier: String?)
}

/// What is asked about the units of clips.
public struct UnitsQuestion {
  let source: UnitsSource
  let filling: UnitFilling
  let asksShapley, asksErasure: Bool
  let seed: UInt64

  /// - Parameters:
  ///   - shapley: Whether Shapley values are computed.
  ///   - erasure: Whether rankings are tested by erasing units.
  ///   - seed: Of the filling's noise, of sampled Shapley values and of random rankings.
  public init(_ source: UnitsSource, filling: UnitFilling, shapley: Bool, erasure: Bool, seed: UInt64) {
    (self.source, self.filling, self.seed) = (source, filling, seed)
    (asksShapley, asksErasure) = (shapley, erasure)
  }

  /// What tells it from another question; of a filling from a file the file's name.
  var asked: [String] {
    ["\(source)", filling.name, "\(asksShapley)", "\(asksErasure)", "\(seed)"]
  }

  /// The clip as a game of its units, and the name of their kind.
  /// - Parameter window: The window of the file that the clip is; nil where it is all of it.
  /// - Throws: ``UnitsError`` or `AnnotationError`.
  func game(
    _ clip: Clip, of speech: AudioClip, target: Target, path: String, window: Range<Double>?
  ) throws -> (game: UnitGame, kind: String) {
    let (found, kind) = try units(of: speech, path: path, window: window)
    let units = try Self.heard(found, kind: kind, in: clip, path: path)
    return (UnitGame(clip, units: units, filling: filling, target: target, path: path, seed: seed), kind)
  }

  /// The units that the model hears: one of a fixed length hears the beginning of a longer clip.
  /// - Throws: ``UnitsError/one(path:name:)`` or ``UnitsError/unheard(path:kind:)``.
  static func heard(
    _ found: [SpeechUnit], kind: String, in clip: Clip, path: String
  ) throws(UnitsError) -> [SpeechUnit] {
    let units = found.compactMap { unit -> SpeechUnit? in
      let range = unit.range.clamped(to: 0..<clip.duration)
      return range.isEmpty ? nil : SpeechUnit(unit.name, range, isPause: unit.isPause)
    }
    guard units.count > 1 else {
      throw units.first.map { UnitsError.one(path: path, name: $0.name) } ?? .unheard(path: path, kind: kind)
    }
    return units
  }

  /// The units of a kind in speech.
  /// - Throws: ``UnitsError/none(path:kind:)``.
  public static func units(of speech: AudioClip, _ kind: UnitKind, path: String) throws(UnitsError) -> [SpeechUnit] {
    let units = SpeechSegmentation(speech.samples, sampleRate: speech.sampleRate).units(kind)
    guard !units.isEmpty else { throw .none(path: path, kind: kind) }
    return units
  }

  private func units(
    of speech: AudioClip, path: String, window: Range<Double>?
  ) throws -> (units: [SpeechUnit], kind: String) {
    switch source {
    case .found(let kind):
      return (try Self.units(of: speech, kind, path: path), kind.rawValue)
    case .annotated(let place, let name):
      let file = try Self.annotations(at: place, of: path)
      let tier = try Annotations.read(file).tier(named: name, path: file)
      let whole = speech.sourceDuration
      let ends = [tier.duration, tier.units.last?.range.upperBound].compactMap(\.self)
      if window == nil, let end = ends.first,
        end > whole + Self.tolerance || (tier.duration != nil && end < whole - Self.tolerance)
      {
        throw UnitsError.otherClip(annotations: file, seconds: end, path: path, clip: whole)
      }
      let start = speech.place.start
      let moved = tier.units.map {
        SpeechUnit($0.name, ($0.range.lowerBound - start)..<($0.range.upperBound - start))
      }
      return (Self.withPauses(moved, duration: speech.duration), tier.name)
    }
  }

  /// Seconds by which the length of a file and of its annotations may differ.
  private static let tolerance = 0.05

  private static func annotations(at place: String, of path: String) throws(UnitsError) -> String {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: place, isDirectory: &isFolder), isFolder.boolValue else {
      return place
    }
    let stem = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
    let names = ["TextGrid", "textgrid", "ctm", "eaf"].map { "\(place)/\(stem).\($0)" }
    guard let found = names.first(where: FileManager.default.fileExists) else {
      throw .missing(folder: place, stem: stem, path: path)
    }
    return found
  }

  /// The units within the speech, and those gaps between them, before the first and after the last that are pauses.
  private static func withPauses(_ units: [SpeechUnit], duration: Double) -> [SpeechUnit] {
    let heard = units.filter { $0.range.overlaps(0..<duration) }
    guard !heard.isEmpty else { return [] }
    var (all, end, pauses) = ([SpeechUnit](), 0.0, 0)
    func addPause(until start: Double) {
      guard start - end >= SpeechSegmentation.leastPause else { return }
      pauses += 1
      all.append(SpeechUnit("pause \(pauses)", end..<start, isPause: true))
    }
    for unit in heard {
      addPause(until: unit.range.lowerBound)
      all.append(unit)
      end = unit.range.upperBound
    }
    addPause(until: duration)
    return all
  }
}

public enum UnitsError: Error, Equatable, CustomStringConvertible {
  case none(path: String, kind: UnitKind)
  case one(path: String, name: String)
  /// All units lie outside of the speech.
  case unheard(path: String, kind: String)
  case otherClip(annotations: String, seconds: Double, path: String, clip: Double)
  case missing(folder: String, stem: String, path: String)

  /// Whether the sound is the cause, and not what was asked of it.
  var isOfTheSound: Bool {
    switch self {
    case .none, .one, .unheard: true
    case .otherClip, .missing: false
    }
  }

  public var description: String {
    switch self {
    case .none(let path, let kind):
      "\(path): has no \(kind == .voiced ? "voiced stretch" : kind == .phrases ? "phrase" : "syllable"): no frame of it is "
        + (kind == .phrases ? "loud for 0.1 s" : "voiced")
    case .one(let path, let name):
      "\(path): is a single unit (\(name)), with nothing to compare it with; other --units may divide it"
    case .unheard(let path, let kind): "\(path): none of the \(kind) lies in the part of it that the model hears"
    case .otherClip(let annotations, let seconds, let path, let clip):
      "\(annotations): is of another clip: it ends at \(String(format: "%.2f", seconds)) s, and \(path) at "
        + "\(String(format: "%.2f", clip)) s"
    case .missing(let folder, let stem, let path):
      "\(path): there is no \(stem).TextGrid, \(stem).ctm or \(stem).eaf in \(folder)"
    }
  }
}
