import Attributions
import Corpora
import Models

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
    /// Where the clips of the kind asked for lie by the model's training.
    var census = DomainCensus()
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

  /// Whether a run can have reached this state.
  /// - Parameters:
  ///   - candidates: The number of clips of each emotion.
  ///   - clips, drawn: As many of each as are explained and shown.
  ///   - columns: Of the clips' table.
  ///   - bands: Of the mel.
  func isPossible(candidates: [(emotion: Emotion, count: Int)], clips: Int, drawn: Int, columns: Int, bands: Int)
    -> Bool
  {
    emotions.count == candidates.count && areStatuses(failures)
      && emotions.allSatisfy { (0...Int(Int32.max)).contains($0.looked) } && failures.count <= looked
      && zip(emotions, candidates).allSatisfy { own, candidates in
        own.emotion == candidates.emotion && own.looked <= candidates.count
          && (0...min(clips, own.looked)).contains(own.count) && own.shown.count == min(own.count, drawn)
          && Set(own.shown).count == own.shown.count && own.shown.allSatisfy { (0..<own.looked).contains($0) }
          && own.rows.count == own.count && own.rows.allSatisfy { $0.count == columns }
          && own.profiles.name == candidates.emotion.groupName && own.profiles.clips.count <= own.count
          && own.profiles.isPossible(bands: bands) && own.census.isPossible(of: own.count)
      }
  }

  /// Where all clips lie by the model's training.
  var census: DomainCensus { emotions.reduce(into: DomainCensus()) { $0.add($1.census) } }

  /// Clips looked at.
  var looked: Int { emotions.reduce(0) { $0 + $1.looked } }
}
