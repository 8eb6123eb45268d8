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

  /// - Parameter speeches: What each model reads of the sound.
  /// - Throws: `ExplanationError`; not where the method cannot explain one of the models.
  init(_ speeches: [AudioClip], by models: [ServedModel], _ method: String, shelf: ModelShelf) throws {
    let loaded = try models.map { try shelf.model($0) }
    let clips = zip(speeches, loaded).map { speech, model in
      let clip = Clip(speech, model: model)
      clip.progress = { _, _ throws(MethodError) in try shelf.pause() }
      return clip
    }
    self.method = method
    predictions = try zip(clips, models).map { clip, model in
      try shelf.pause()
      return try ClipPrediction(clip, as: model.name)
    }
    correlation = models.map { _ in models.map { _ in nil } }
    var alike: [[(index: Int, explanation: Explanation)]] = []
    for index in models.indices where models[index].inputs.contains(.mel) {
      guard let explanation = try Self.explanation(of: clips[index], by: method) else { continue }
      correlation[index][index] = 1
      let frontEnd = loaded[index].configuration.frontEnd
      if let place = alike.firstIndex(where: { loaded[$0[0].index].configuration.frontEnd == frontEnd }) {
        alike[place].append((index, explanation))
      } else {
        alike.append([(index, explanation)])
      }
    }
    for group in alike where group.count > 1 {
      let comparer = try ModelComparer(
        group.map { loaded[$0.index] }, method: try AttributionMethods.make(method), space: .mel)
      let compared = comparer.compare(
        group.map(\.explanation), of: group.map { clips[$0.index] }, path: UploadedSound.name)
      for (row, first) in group.enumerated() {
        for (column, second) in group.enumerated() where row != column {
          correlation[first.index][second.index] = compared.agreement(row, column).values[.spearman]
        }
      }
    }
  }

  /// Nil where the method cannot explain the clip's model.
  private static func explanation(of clip: Clip, by method: String) throws -> Explanation? {
    let explainer = Explainer(model: clip.model, method: try AttributionMethods.make(method), spaces: [.mel])
    do {
      return try explainer.explain(clip, path: UploadedSound.name)
    } catch .method(_, .inapplicable) {
      return nil
    }
  }
}
