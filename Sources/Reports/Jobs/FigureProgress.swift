import Attributions
import Corpora

/// The state of a ``FiguresJob``: enough to resume after an interruption, and small for any number of clips.
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
    /// The rows of the clips' table.
    var rows: [[String]] = []

    init(_ emotion: Emotion) {
      self.emotion = emotion
      profiles = .init(name: emotion.groupName)
    }
  }

  var emotions: [OfEmotion]
  /// The status of each clip that failed.
  var failures: [Int32] = []

  /// Clips looked at.
  var looked: Int { emotions.reduce(0) { $0 + $1.looked } }
}
