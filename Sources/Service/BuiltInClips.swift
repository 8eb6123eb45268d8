import AudioFiles
import Basics
import Corpora
import HTTPTypes
import Hummingbird

/// A short made voice to try the service with.
struct BuiltInClip: Sendable, Encodable {
  let name: String
  /// "made voice, angry".
  let words: String
  let seconds: Double
  /// WAV of 16 bits.
  let bytes: [UInt8]

  private enum CodingKeys: CodingKey { case name, words, seconds }

  /// Six emotions by six speakers, women and men in turns. Made when they are first asked for, and kept.
  static let all: [BuiltInClip] = {
    let emotions: [Emotion] = [.neutral, .happy, .angry, .sadness, .fear, .surprise]
    let corpus = SyntheticCorpus(clipsPerEmotion: emotions.count, speakers: emotions.count)
    return emotions.enumerated().map { place, emotion in
      let clip = corpus.clip(of: emotion, number: place + 1)
      return BuiltInClip(
        name: "made-\(emotion.rawValue)", words: "made voice, \(emotion.rawValue)", seconds: clip.duration,
        bytes: clip.encoded())
    }
  }()
}

extension SoundRoutes {
  @Sendable func clips(_ request: Request, _ context: ServiceContext) async throws -> Response {
    return try Answer.json(["clips": await uploads.decoded { BuiltInClip.all }], on: context.channel)
  }

  @Sendable func clip(_ request: Request, _ context: ServiceContext) async throws -> Response {
    let name = context.parameters.get("name") ?? ""
    let all = try await uploads.decoded { BuiltInClip.all }
    guard let clip = all.first(where: { $0.name == name }) else {
      throw RequestFault(
        .notFound, "name",
        "there is no clip \"\(visible(String(name.prefix(64))))\"; there are \(all.map(\.name).joined(separator: ", "))"
      )
    }
    return Answer.data(clip.bytes, type: "audio/wav", on: context.channel)
  }
}
