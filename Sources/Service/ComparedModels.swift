import Attributions
import AudioFiles
import Models

/// Several models on one sound.
struct ComparedModels: Sendable, Encodable {
  let method: String
  let predictions: [ClipPrediction]
  /// Spearman's rank correlation of the explanations on the mel where both models use the sound, [models, models]; null where one
  /// has none, or another front-end.
  private(set) var correlation: [[Double?]]

  /// - Parameter sounds: The sound at each model's sample rate: all of it, and what the model reads.
  init(
    _ sounds: [(file: AudioClip, speech: AudioClip)], by models: [ServedModel], _ method: String, shelf: ModelShelf
  ) throws {
    let loaded = try models.map { try shelf.model($0) }
    func pausing(_ clip: Clip) -> Clip {
      clip.progress = { _, _ throws(MethodError) in try shelf.pause() }
      return clip
    }
    self.method = method
    predictions = try models.indices.map { index in
      try ClipPrediction(pausing(Clip(sounds[index].speech, model: loaded[index])), as: models[index].name)
    }
    correlation = models.map { _ in models.map { _ in nil } }
    var alike: [[Int]] = []
    for index in models.indices where models[index].inputs.contains(.mel) {
      correlation[index][index] = 1
      let frontEnd = loaded[index].configuration.frontEnd
      if let place = alike.firstIndex(where: { loaded[$0[0]].configuration.frontEnd == frontEnd }) {
        alike[place].append(index)
      } else {
        alike.append([index])
      }
    }
    for group in alike where group.count > 1 {
      let comparer = try ModelComparer(
        group.map { loaded[$0] }, method: try AttributionMethods.make(method), space: .mel)
      let clips = comparer.clips(of: sounds[group[0]].file).map(pausing)
      let compared = try? comparer.compare(clips, path: UploadedSound.name)
      // What was stopped says so again; else one of them cannot be explained by the method.
      try shelf.pause()
      guard let compared else { continue }
      for (row, first) in group.enumerated() {
        for (column, second) in group.enumerated() where first != second {
          correlation[first][second] = compared.agreement(row, column).values[.spearman]
        }
      }
    }
  }
}
