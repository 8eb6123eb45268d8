import Attributions
import AudioFiles
import Basics
import Corpora
import Figures
import Foundation
import Models
import Tensors

/// Attacks on the explanations of many clips, and what is written of them.
public struct ExplanationAttackSeries {
  public typealias Item = ClipJob<ClipExplanationAttacks>.Item

  /// A clip after the attack on one map, for what is written of it.
  public struct Turned {
    public let item: Item
    public let map: AttackedMap
    /// The part of the sound that the model reads, changed.
    public let sound: AudioClip
    /// The clip with its map before and after, and the change.
    public let figure: ContactSheet
  }

  public let examiner: ExplanationAttackExaminer
  private let alike: AlikeClips

  /// - Parameter paths: Of all clips, among which others are found.
  public init(_ examiner: ExplanationAttackExaminer, among paths: [String]) {
    self.examiner = examiner
    alike = AlikeClips(paths.filter { $0 != Manifest.standardInput }, model: examiner.model)
  }

  /// Attacks clips together.
  /// - Parameters:
  ///   - progress: Called with the share that is done.
  ///   - write: Writes what is found of a clip, and returns the paths; nil where nothing is written.
  /// - Returns: A row for each clip, or why there is none.
  /// - Throws: What `write` throws; and `ExplanationError` of a method, as all clips would fail.
  public func run(
    _ items: [Item], progress: (Double) -> Void, write: ((Turned) throws -> (sound: String, figures: [String]))?
  ) throws -> [Result<ClipExplanationAttacks, any Error>] {
    let model = examiner.model
    var rows: [Result<ClipExplanationAttacks, any Error>?] = items.map { _ in nil }
    var read: [(place: Int, item: ExplanationAttackExaminer.Item)] = []
    for (place, item) in items.enumerated() {
      if let speech = item.sound.trimmed(model.configuration.trimming) {
        read.append((place, .init(Clip(speech, model: model), path: item.path, name: item.entry.path)))
      } else {
        rows[place] = .failure(ExplanationError.silent(path: item.path))
      }
    }
    let found = try examiner.examine(
      read.map(\.item), another: { alike.another(than: $0, isWanted: $1) }, progress: progress)
    for (own, found) in zip(read, found) {
      switch found {
      case .failure(let error): rows[own.place] = .failure(error)
      case .success(let found):
        var row = found.row
        for shown in write == nil ? [] : examiner.shown(row) {
          let values = found.values[shown.place][shown.budget]
          let sound = AudioClip(
            samples: Array(values.prefix(own.item.clip.sampleCount)),
            sampleRate: model.configuration.frontEnd.sampleRate)
          let figure = try figure(of: own.item, row, shown.map, values, examiner.budgets[shown.budget])
          let written = try write!(
            Turned(item: items[own.place], map: shown.map, sound: sound, figure: figure))
          row.written.append(
            .init(map: shown.map, budget: shown.budget, sound: written.sound, figures: written.figures))
        }
        rows[own.place] = .success(row)
      }
    }
    return rows.map { $0! }
  }

  // MARK: Figure

  /// The clip with the attacked map before and after, and the change by itself with the difference of the two.
  private func figure(
    of item: ExplanationAttackExaminer.Item, _ row: ClipExplanationAttacks, _ map: AttackedMap, _ values: [Float],
    _ budget: AttackBudget
  ) throws -> ContactSheet {
    let (clip, model) = (item.clip, examiner.model)
    let method: any AttributionMethod = map == .saliency ? Saliency() : InputXGradient()
    let explainer = Explainer(model: model, method: method, spaces: [examiner.space])
    func explained(_ clip: Clip) throws -> Explanation {
      try explainer.explain(clip, path: item.path) { _ in Target(row.predicted) }
    }
    let before = try explained(clip)
    let after = try explained(clip.with(Tensor(values, shape: clip.waveform.shape), at: .waveform))
    let shown = [("as it is", before), ("attacked", after)].map { name, explanation in
      ContactSheet.Clip(
        name: name, input: explanation.shown(explanation.inputs[0]), duration: explanation.duration,
        prediction: .emotion(
          explanation.classes[explanation.predicted], probability: explanation.probabilities[explanation.predicted],
          truth: nil))
    }
    let change = zip(values, clip.waveform.floats).map { $0 - $1 }
    let alone = Clip(Array(change.prefix(clip.sampleCount)), model: model)
    let difference = ContactSheet.Clip(
      name: "the change", detail: "and the difference of the maps",
      input: ExplainedInput(
        alone[examiner.space].reshaped(before.inputs[0].values.shape), at: examiner.space, hop: before.hop,
        sampleRate: before.sampleRate,
        attribution: Attribution(
          values: Self.difference(before, after), isSigned: before.isSigned, name: method.name,
          unit: before.unit(at: examiner.space))), duration: before.duration, prediction: nil)
    return ContactSheet(
      title: [
        "\(shownName(item.path)): \(model.classes[row.predicted]) before and after an attack on its explanation",
        "\(method.name) at \(budget.words) · \(model.title) \(model.name)",
      ], clips: shown + [difference])
  }

  /// The map after less the map before, each of them summing to one in size; without signs the difference's size.
  private static func difference(_ before: Explanation, _ after: Explanation) -> [Float] {
    let maps = [before, after].map { $0.inputs[0].attribution.floats }
    let sums = maps.map { map in max(map.reduce(Float(0)) { $0 + abs($1) }, .leastNormalMagnitude) }
    return zip(maps[0], maps[1]).map { own, other in
      let difference = other / sums[1] - own / sums[0]
      return before.isSigned ? difference : abs(difference)
    }
  }
}
