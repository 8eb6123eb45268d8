import AudioFeatures
import AudioFiles
import Basics

/// The sounds of an edit, made without a model: one is asked about them afterwards.
public struct EditedSounds: Sendable {
  /// The file's path as given by the user.
  public let path: String
  public let edits: SoundEdits
  public let seed: UInt64
  /// The file's sound, and the same edited.
  public let clip, edited: AudioClip
  /// The clip changed in pitch, tempo and formants and changed back; nil where these stay, and of a region.
  public let back: AudioClip?

  /// ``clip``, ``edited`` and ``back``.
  public var all: [AudioClip] { [clip, edited] + (back.map { [$0] } ?? []) }

  /// - Parameters:
  ///   - clip: The file's sound at the model's rate, not trimmed.
  ///   - path: The file's, for errors.
  ///   - trimming: The model's.
  ///   - seed: Of what is drawn at random; each sound starts from it.
  ///   - progress: Is called before each sound is made; what it throws ends the work.
  /// - Throws: ``EditError/silent(path:)`` or ``EditError/noVoice(path:edits:)``.
  public init(
    _ clip: AudioClip, path: String, edits: SoundEdits, trimming: Trimming, seed: UInt64,
    progress: () throws -> Void = {}
  ) throws {
    (self.clip, self.path, self.edits, self.seed) = (clip, path, edits, seed)
    guard clip.used(trimming) != nil else { throw EditError.silent(path: path) }
    let (samples, rate) = (clip.samples, clip.sampleRate)
    let voice = Resynthesis(samples, sampleRate: rate)
    if let missing = edits.missing(in: voice) { throw EditError.noVoice(path: path, edits: missing) }
    try progress()
    var generator = SeededGenerator(seed: seed)
    edited = AudioClip(
      samples: edits.applied(to: samples, voice: voice, sampleRate: rate, using: &generator), sampleRate: rate)
    try progress()
    generator = SeededGenerator(seed: seed)
    back = edits.thereAndBack(voice, sampleRate: rate, using: &generator).map {
      AudioClip(samples: $0, sampleRate: rate)
    }
  }

  /// The sounds of a clip of which a region is changed.
  /// - Throws: `RegionError` or ``EditError/silent(path:)``.
  public init(
    _ clip: AudioClip, path: String, region: RegionEdit, trimming: Trimming, seed: UInt64,
    progress: () throws -> Void = {}
  ) throws {
    (self.clip, self.path, edits, self.seed) = (clip, path, region.edits, seed)
    guard clip.used(trimming) != nil else { throw EditError.silent(path: path) }
    try progress()
    var generator = SeededGenerator(seed: seed)
    edited = AudioClip(
      samples: try region.applied(to: clip.samples, sampleRate: clip.sampleRate, using: &generator),
      sampleRate: clip.sampleRate)
    back = nil
  }
}
