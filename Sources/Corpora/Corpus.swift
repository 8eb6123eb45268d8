import Basics

/// A published corpus, whose file names hold the labels. Everything particular to a corpus is a member of its type, in
/// one file; outside it, there is only its line in ``KnownCorpora/all``.
public protocol Corpus: Sendable {
  /// The name in manifests and on the command line.
  static var name: String { get }
  /// The name in texts.
  static var title: String { get }
  /// One line for a list.
  static var summary: String { get }
  /// All kinds of files of the corpus that are left out.
  static var omissions: [CorpusOmission] { get }
  /// The corpus's description of its speakers, where names tell neither sex nor age.
  static var speakerTable: SpeakerTable? { get }

  /// The label in a file's name, or nil if it is not a name of this corpus.
  /// - Parameters:
  ///   - file: The name without its extension.
  ///   - folder: The name of the folder that has the file.
  static func label(of file: Substring, in folder: Substring?) -> CorpusLabel?
}

/// All corpora, in the order in which they are listed and asked about a name.
public enum KnownCorpora {
  public static let all: [any Corpus.Type] = [
    CREMA.self,
    RAVDESS.self,
    SAVEE.self,
    TESS.self,
    EmoDB.self,
  ]

  public static var names: [String] { all.map { $0.name } }

  /// The corpus with this name.
  public static func named(_ name: String) -> (any Corpus.Type)? { all.first { $0.name == name } }
}

/// The label in the name of a corpus's file.
public enum CorpusLabel: Sendable, Equatable {
  /// The speaker's name begins with the corpus: `ravdess-01`.
  case clip(emotion: Emotion, speaker: String, traits: ClipTraits = ClipTraits())
  /// A file of the corpus that is not used.
  case leftOut(CorpusOmission)
}

/// A kind of files that belong to a corpus but are left out of its manifests.
public struct CorpusOmission: Hashable, Sendable {
  /// All files of the kind, in a word: "songs".
  public let kind: String
  /// One file of the kind: "song". Several have an s at the end.
  public let one: String
  /// The reason, where it does not go without saying.
  public let reason: String?

  public init(_ kind: String, one: String, because reason: String? = nil) {
    (self.kind, self.one, self.reason) = (kind, one, reason)
  }

  /// "2 songs", with the reason.
  public func words(_ count: Int) -> String {
    "\(count) \(one)\(count == 1 ? "" : "s")" + (reason.map { ": \($0)" } ?? "")
  }
}

extension Corpus {
  public static var omissions: [CorpusOmission] { [] }
  public static var speakerTable: SpeakerTable? { nil }

  /// The label in a path's last component (and in its folder), or nil if it is not a name of this corpus.
  public static func label(ofPath path: String) -> CorpusLabel? {
    let components = path.split(separator: "/")
    guard let file = components.last else { return nil }
    let label = label(
      of: file.prefix(upTo: file.lastIndex(of: ".") ?? file.endIndex), in: components.dropLast().last)
    switch label {
    case .clip(_, let speaker, let traits)?:
      demand(
        speaker.hasPrefix("\(name)-") && traits.sentence?.hasPrefix("\(name)-") != false,
        "a speaker of \(name) is called \(speaker), a sentence \(traits.sentence ?? "nothing")")
    case .leftOut(let omission)?: demand(omissions.contains(omission), "\(name) lists no omission \(omission.kind)")
    case nil: break
    }
    return label
  }
}

extension StringProtocol {
  /// Whether all characters are digits of ASCII, and there are `count`.
  func isDigits(_ count: Int) -> Bool {
    utf8.count == count && utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }
}

extension [String] {
  /// "calm, songs or videos".
  package var alternatives: String {
    count < 2 ? joined() : dropLast().joined(separator: ", ") + " or " + self[count - 1]
  }
}
