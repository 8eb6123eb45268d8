import Attributions
import AudioFeatures
import AudioFiles
import Basics
import Foundation
import Hummingbird
import Reports

/// What is to be changed of a sound, or of a region of it.
struct EditQuestion: Sendable {
  static let parameters =
    ["model", "format", "telephone", "seed", "start", "end", "low", "high", "gain", "mute"]
    + SoundEdits.Kind.allCases.map(\.rawValue)

  /// An edit as JSON.
  struct Answer: Sendable, Encodable {
    struct Region: Encodable {
      /// Seconds of the sound before the edit.
      let start, end: Double
      /// Hz; nil of all that there is.
      let low, high: Double?
      /// Decibels.
      let gain: Double?
      let mute: Bool
    }
    let model: String
    let edits: [String: Double]
    let telephone: Bool
    /// Nil where the whole sound is edited.
    let region: Region?
    let before, after: EditReport.Answer
    let back: EditReport.Answer?
    /// What there is to know of the resynthesis.
    let remark: String?
  }

  let model: ServedModel
  private let edits: SoundEdits
  /// Nil of the whole sound.
  private let region: RegionEdit?
  private let seed: UInt64

  init(_ parameters: RequestParameters, of model: ServedModel) throws(RequestFault) {
    self.model = model
    var amounts: [SoundEdits.Kind: Double] = [:]
    for kind in SoundEdits.Kind.allCases { amounts[kind] = try parameters.number(kind.rawValue, in: kind.limits) }
    let top = Double(model.sampleRate) / 2
    if let hertz = amounts[.lowPass], hertz >= top {
      throw RequestFault(
        .unprocessableContent, SoundEdits.Kind.lowPass.rawValue,
        "\(hertz.formatted()) Hz leave all that \(model.name) reads, which ends at \(top.formatted()) Hz")
    }
    edits = SoundEdits(amounts, isTelephoned: try parameters.flag("telephone"))
    seed = UInt64(try parameters.whole("seed", in: 0...Int.max) ?? 0)
    region = try Self.region(parameters, edits)
    guard !edits.isEmpty || region?.gain != nil else {
      let names = SoundEdits.Kind.allCases.map(\.rawValue) + ["telephone", "gain", "mute"]
      throw .wrong("edit", "nothing is to be changed; there are \(names.joined(separator: ", "))")
    }
  }

  /// The region; nil where neither a stretch nor a gain is asked for.
  private static func region(
    _ parameters: RequestParameters, _ edits: SoundEdits
  ) throws(RequestFault) -> RegionEdit? {
    let seconds = 0...AudioClip.longestSpeech
    let hertz = 0.0...Double(UploadedSound.rates.max() ?? 0) / 2
    let (start, end) = (try parameters.number("start", in: seconds), try parameters.number("end", in: seconds))
    guard (start == nil) == (end == nil) else {
      throw .wrong(start == nil ? "start" : "end", "is missing: a stretch has both")
    }
    let (low, high) = (try parameters.number("low", in: hertz), try parameters.number("high", in: hertz))
    let decibels = try parameters.number("gain", in: RegionEdit.gains)
    let isMuted = try parameters.flag("mute")
    guard decibels == nil || !isMuted else { throw .wrong("gain", "is asked for of what is silent by mute") }
    let gain: RegionEdit.Gain? = isMuted ? .silence : decibels.map { .decibels($0) }
    guard start != nil || low != nil || high != nil || gain != nil else { return nil }
    do {
      return try RegionEdit(
        from: start ?? 0, to: end ?? .infinity, low: low, high: high, edits: edits, gain: gain)
    } catch {
      throw RequestFault(error)
    }
  }

  /// Samples times samples of the room that they are convolved with: a second or two.
  private static let mostProducts = 2e10

  /// Throws where the sound is too long for the room that is asked for.
  func check(_ clip: AudioClip) throws(RequestFault) {
    guard let room = edits.amounts[.reverberation] else { return }
    let stretch = max(0, min(region?.end ?? .infinity, clip.duration) - (region?.start ?? 0))
    let seconds = stretch / (edits.amounts[.tempo] ?? 1)
    guard seconds * room * Double(clip.sampleRate * clip.sampleRate) <= Self.mostProducts else {
      let most = Self.mostProducts / Double(clip.sampleRate * clip.sampleRate) / seconds
      func words(_ seconds: Double) -> String { seconds.formatted(.number.precision(.fractionLength(0...2))) }
      throw RequestFault(
        .unprocessableContent, SoundEdits.Kind.reverberation.rawValue,
        "asks for too much: of \(words(seconds)) s of sound, \(words((most * 100).rounded(.down) / 100)) s at most")
    }
  }

  /// The sounds, made off the models' thread.
  /// - Parameters:
  ///   - clip: At the model's sample rate, not trimmed.
  ///   - pause: Is called before each sound is made; what it throws ends the work.
  func sounds(_ clip: AudioClip, pause: () throws -> Void) throws -> EditedSounds {
    let (name, trimming) = (UploadedSound.name, model.trimming)
    return if let region {
      try EditedSounds(clip, path: name, region: region, trimming: trimming, seed: seed, progress: pause)
    } else {
      try EditedSounds(clip, path: name, edits: edits, trimming: trimming, seed: seed, progress: pause)
    }
  }

  /// The answer; the model is asked about each of the sounds in a turn of its own.
  func answer(_ sounds: EditedSounds, on compute: ComputeThread) async throws -> Answer {
    var answers: [EditReport.Answer?] = []
    for sound in sounds.all {
      answers.append(
        try await compute.run(.quick) { [model] shelf in
          try EditReport.Answer(to: sound, path: sounds.path, by: shelf.model(model))
        })
    }
    let report = try EditReport(sounds, answers: answers, model: model.name)
    return Answer(
      model: model.name, edits: Dictionary(uniqueKeysWithValues: edits.amounts.map { ($0.key.rawValue, $0.value) }),
      telephone: edits.isTelephoned, region: region.map { Answer.Region($0, of: sounds.clip) },
      before: report.before, after: report.after, back: report.back, remark: report.remark)
  }
}

extension EditQuestion.Answer.Region {
  fileprivate init(_ region: RegionEdit, of clip: AudioClip) {
    (start, end) = (region.start, min(region.end, clip.duration))
    (low, high) = (region.band?.low, region.band.map { min($0.high, Double(clip.sampleRate) / 2) })
    if case .decibels(let decibels) = region.gain { gain = decibels } else { gain = nil }
    mute = region.gain == .silence
  }
}

extension RequestFault {
  /// Why a region cannot be changed: a wrong parameter, or a sound that has no such region.
  init(_ error: RegionError) {
    let field =
      switch error {
      case .stretch: "end"
      case .band: "high"
      case .bandWithoutGain: "low"
      case .gain: "gain"
      case .behind, .noVoice: "start"
      }
    self.init(error.isOfTheSound ? .unprocessableContent : .badRequest, field, "\(error)")
  }
}

extension SoundRoutes {
  /// What changes of a sound are answered with: what models say of it, or the sound.
  enum ChangeFormat: String, CaseIterable { case json, wav }

  @Sendable func edit(_ request: Request, _ context: ServiceContext) async throws -> Response {
    try await answer(request, EditQuestion.parameters) { sound, parameters in
      let question = try EditQuestion(parameters, of: model(parameters))
      let format: ChangeFormat = try parameters.choice("format") ?? .json
      let clip = try await uploads.decoded { try sound.decoded(sampleRate: question.model.sampleRate) }
      try question.check(clip)
      let (sounds, bytes) = try await edits.run { shelf in
        let sounds = try question.sounds(clip, pause: shelf.pause)
        return (sounds, format == .wav ? sounds.edited.encoded(as: .float32) : [])
      }
      let edited = try await question.answer(sounds, on: compute)
      return format == .wav
        ? Answer.data(bytes, type: "audio/wav", on: context.channel) : try Answer.json(edited, on: context.channel)
    }
  }
}
