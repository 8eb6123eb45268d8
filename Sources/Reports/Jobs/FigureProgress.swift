import Attributions
import Corpora
import Foundation
import Tensors

/// What a ``FiguresJob`` has found so far: enough to go on after an interruption, and small for any number of clips.
struct FigureProgress: Codable {
  struct OfEmotion: Codable {
    let emotion: Emotion
    /// How many of the emotion's clips, in the order in which they were drawn, have been looked at.
    var looked = 0
    /// The places in that order of the first clips of the kind asked for, which the sheets show.
    var shown: [Int] = []
    /// How many of the kind asked for there were.
    var count = 0
    var profiles: EmotionProfiles.Collection

    init(_ emotion: Emotion) {
      self.emotion = emotion
      profiles = .init(name: emotion.rawValue)
    }
  }

  /// What was asked for: something else cannot go on from here.
  let asked: [String]
  var emotions: [OfEmotion]
  /// What stands for the error of each clip that failed, in the caller's words.
  var failures: [Int32] = []

  static let file = "resume.json"

  /// What an interrupted run left in a folder; nil where there is none, or one that was asked something else.
  static func left(in folder: OutputFolder, asked: [String]) -> FigureProgress? {
    guard let data = try? Data(contentsOf: URL(fileURLWithPath: folder.file(file))),
      let found = try? JSONDecoder().decode(FigureProgress.self, from: data), found.asked == asked
    else { return nil }
    return found
  }

  func save(in folder: OutputFolder) throws {
    try folder.write(String(decoding: JSONEncoder().encode(self), as: UTF8.self), to: Self.file)
  }

  static func remove(from folder: OutputFolder) { unlink(folder.file(file)) }
}
