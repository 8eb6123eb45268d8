import Basics

/// The measures over all clips: means with their intervals.
public struct TrustSummary: Sendable {
  public struct OfMethod: Sendable {
    public let name: String
    public let isControl: Bool
    public let estimates: [TrustMeasure: Estimate]
    /// Mean curves over clips.
    public let deletion, insertion: [Double]
    public let cascade: [Double?]
    /// Insertion minus deletion: how well the order of the cells agrees with the model.
    public let advantage: Estimate
    /// Paired difference of `advantage` to each control, keyed by the control's name; empty for controls.
    public let beyond: [String: Estimate]
  }

  public let methods: [OfMethod]
  /// The mean agreement over clips, [methods, methods].
  public let correlation: [[Double?]]
  public let overlap: [[Double]]
  public let layers: [String]
  /// The mean share of the clips' area that planted cues cover, which is the chance level, and the number of clips with
  /// a cue.
  public let cueArea: Double?
  public let cueClips: Int
  public let clips: Int

  /// - Parameter clips: At least one.
  public init(_ clips: [ClipTrust], by examiner: TrustExaminer) {
    demand(!clips.isEmpty, "there is no mean of no clips")
    let seed = examiner.settings.seed
    func mean(_ values: [Double]) -> Double? { values.isEmpty ? nil : values.reduce(0, +) / Double(values.count) }
    func meanCurve(_ curves: [[Double]]) -> [Double] {
      curves[0].indices.map { point in mean(curves.map { $0[point] })! }
    }
    func advantages(_ method: Int) -> [Double] {
      clips.map { $0.methods[method].values[.insertion]! - $0.methods[method].values[.deletion]! }
    }
    let types = examiner.methods.map { type(of: $0) }
    let controls = types.indices.filter { types[$0].description.family == .control }
    methods = types.indices.map { index in
      let found = clips.map { $0.methods[index] }
      let isControl = controls.contains(index)
      let own = advantages(index)
      return OfMethod(
        name: types[index].name, isControl: isControl,
        estimates: Dictionary(
          uniqueKeysWithValues: TrustMeasure.allCases.compactMap { measure in
            Estimate(found.compactMap { $0.values[measure] }, seed: seed).map { (measure, $0) }
          }),
        deletion: meanCurve(found.map(\.deletion)), insertion: meanCurve(found.map(\.insertion)),
        cascade: examiner.layers.indices.map { layer in mean(found.compactMap { $0.cascade[layer] }) },
        advantage: Estimate(own, seed: seed)!,
        beyond: isControl
          ? [:]
          : Dictionary(
            uniqueKeysWithValues: controls.map { control in
              (types[control].name, Estimate(zip(own, advantages(control)).map { $0 - $1 }, seed: seed)!)
            }))
    }
    correlation = types.indices.map { a in types.indices.map { b in mean(clips.compactMap { $0.correlation[a][b] }) } }
    overlap = types.indices.map { a in types.indices.map { b in mean(clips.map { $0.overlap[a][b] })! } }
    layers = examiner.layers
    let areas = clips.compactMap(\.cueArea)
    (cueArea, cueClips, self.clips) = (mean(areas), areas.count, clips.count)
  }

  /// The measures that have a value for at least one method.
  public var measures: [TrustMeasure] {
    TrustMeasure.allCases.filter { measure in methods.contains { $0.estimates[measure] != nil } }
  }

  /// The conclusions from the numbers, one sentence each.
  public var verdicts: [String] {
    let told = methods.filter { !$0.isControl }
    func sentence(_ text: String, _ isMeant: (OfMethod) -> Bool) -> String? {
      let names = told.filter(isMeant).map(\.name)
      return names.isEmpty ? nil : "\(text): \(names.joined(separator: ", "))."
    }
    let controls = methods.filter(\.isControl).map(\.name)
    return [
      sentence("Better than \(controls.joined(separator: " and ")) by insertion minus deletion") { method in
        controls.allSatisfy { method.beyond[$0]!.low > 0 }
      }
    ].compactMap { $0 }
      + controls.compactMap { control in
        sentence("No better than \(control) by insertion minus deletion") { $0.beyond[control]!.low <= 0 }
      }
      + [
        sentence("Ranks cells much the same after all weights are randomised, so hardly depends on the model") {
          $0.estimates[.redrawn].map { $0.low > 0.5 } ?? false
        },
        sentence("Finds no more of the planted cue than chance") { method in
          cueArea.map { area in method.estimates[.inCue].map { $0.low <= area } ?? false } ?? false
        },
        sentence("Zero everywhere, so without ranks, in some clips") { ($0.estimates[.gini]?.clips ?? 0) < clips },
      ].compactMap { $0 }
  }
}
