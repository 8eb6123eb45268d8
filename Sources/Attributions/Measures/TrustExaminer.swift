import AudioFeatures
import Basics
import Corpora
import Foundation
import Models
import Tensors

/// The settings of the measures: how many inputs are tried for each clip.
public struct TrustSettings: Sendable, Equatable {
  /// The number of steps of the deletion and insertion curves; they have one point more.
  public var steps = 20
  /// The values that replace removed cells, in deletion, insertion and infidelity.
  public var filling = RemovalFilling.silence
  /// The number of removed parts for infidelity.
  public var parts = 64
  /// The number of noisy inputs for sensitivity; Captum's default.
  public var offsets = 10
  /// The noise's bound as a share of the input's range.
  public var noise = 0.02
  /// The share of cells that counts as the most relevant where methods are compared.
  public var top = 0.1
  public var seed: UInt64 = 0

  public init() {}
}

/// Measures how faithful attribution methods are on a model's clips, beside two controls.
///
/// Of a dimension, deletion and insertion follow the change of its value: its distance from the value of the clip with all
/// cells replaced, in the direction in which the whole clip differs from that. So it starts and ends like a probability,
/// for values that the clip raises and for those that it lowers.
///
/// Where a measure does not use the sign, sizes are compared: the sums over each cell's absolute values.
public struct TrustExaminer {
  public let model: TrainedModel
  public let space: InputSpace
  public let settings: TrustSettings
  /// The index of the output that is explained; nil for each clip's predicted class.
  public let target: Int?
  /// The methods to examine, then the controls.
  public private(set) var methods: [any AttributionMethod]
  private let cascade: CascadingRandomization

  /// - Parameter target: The index of the output to explain; where nil, each clip's predicted class, or the first dimension
  ///   of a model without classes.
  public init(
    model: TrainedModel, methods: [any AttributionMethod], space: InputSpace, settings: TrustSettings = TrustSettings(),
    target: Int? = nil
  ) {
    (self.model, self.space, self.settings) = (model, space, settings)
    self.target = target ?? (model.classes.isEmpty ? 0 : nil)
    self.methods = methods.besideControls(seed: settings.seed)
    cascade = CascadingRandomization(model, seed: settings.seed)
  }

  /// The dimension that is explained; nil where it is a class.
  public var dimension: String? {
    target.flatMap { $0 < model.classes.count ? nil : model.outputs[$0] }
  }

  /// The layers in the order in which they are randomised.
  public var layers: [String] { cascade.layers }

  /// Leaves out the methods of other names.
  public mutating func keep(_ names: [String]) { methods = methods.filter { names.contains($0.name) } }

  /// Removes the methods that cannot explain this model, and returns the reasons.
  public mutating func leaveOutInapplicable(on samples: [Float]) -> [MethodError] {
    methods.leaveOutInapplicable(to: Clip(samples, model: model), at: space)
  }

  /// Measures all methods on one clip.
  /// - Parameters:
  ///   - samples: The clip's samples at the model's sample rate, trimmed. The seed of the clip's random inputs depends on
  ///     them, so that a folder can be moved.
  ///   - path: The file's path, for errors.
  ///   - label: The clip's label, which names a class or is another word for it.
  ///   - speaker: The clip's speaker, by whom intervals are resampled.
  ///   - cue: The planted cue of that class, in seconds from the first sample. It counts only where the class is
  ///     predicted: else the model has not used it.
  ///   - progress: Called before each method with the share of the clip done and the method's name.
  public func examine(
    _ samples: [Float], path: String, label: Emotion? = nil, speaker: String? = nil, cue: CueRegion? = nil,
    progress: (Double, String) -> Void = { _, _ in }
  ) throws(ExplanationError) -> ClipTrust {
    guard !isSilent(samples) else { throw .silent(path: path) }
    let clip = Clip(samples, model: model)
    let probabilities = try clip.probabilities(path: path)
    let target = Target(self.target ?? probabilities.likeliestClass)
    let examination = Examination(clip, samples: samples, target: target, examiner: self)
    let frontEnd = model.configuration.frontEnd
    let truth = label.flatMap(model.configuration.classIndex)
    let cueCells = cue.flatMap { region -> CueCells? in
      guard target.emotion == truth else { return nil }
      let frames = min(examination.cells.frames, 1 + samples.count / frontEnd.hopSamples)
      let cells = CueCells(region, examination.cells, at: space, frontEnd: frontEnd, speechFrames: frames)
      return cells.area > 0 ? cells : nil
    }
    var found: [ClipTrust.OfMethod] = []
    var rankings: [Ranking] = []
    for (index, method) in methods.enumerated() {
      progress(Double(index) / Double(methods.count), method.name)
      do {
        let (measured, ranking) = try examination.measure(method, cue: cueCells, cascade)
        found.append(measured)
        rankings.append(ranking)
      } catch let error as MethodError {
        throw .method(path: path, error)
      } catch {
        throw .notFinite(path: "\(path): \(method.name)", space: space)
      }
    }
    return ClipTrust(
      path: path, target: model.outputs[target.emotion],
      predicted: probabilities.isEmpty ? nil : model.classes[probabilities.likeliestClass],
      label: truth.map { model.classes[$0] }, speaker: speaker, hasCue: cue != nil,
      resemblance: clip.resemblance, methods: found,
      correlation: rankings.map { a in rankings.map { a.correlation(with: $0) } },
      overlap: rankings.map { a in rankings.map { a.overlap(with: $0, share: settings.top) } },
      cueArea: cueCells?.area)
  }
}

/// One clip with its random inputs, which are the same for every method.
private struct Examination {
  let clip: Clip
  let space: InputSpace
  let target: Target
  /// Another class, or another dimension; nil where there is none.
  let other: Target?
  /// Of a dimension: 1 where the clip has a higher value than its replacement, else −1; and the value of the replacement.
  /// Of a class 1 and 0.
  let direction, floor: Double
  let cells: Cells
  let replacement: Replacement
  let removals: Removals
  let offsets: [Tensor]
  let silent: [Bool]
  let loudness: Ranking
  let steps: Int

  struct NotFinite: Error {}

  init(_ clip: Clip, samples: [Float], target: Target, examiner: TrustExaminer) {
    let (space, settings) = (examiner.space, examiner.settings)
    (self.clip, self.space, self.target, steps) = (clip, space, target, settings.steps)
    var print = Fingerprint()
    print.add(settings.seed)
    print.add(samples)
    var generator = SeededGenerator(seed: print.value)
    other = Self.other(target, of: clip.model, using: &generator)
    cells = Cells(of: clip, at: space)
    replacement = Replacement(of: clip, at: space, with: settings.filling)
    (direction, floor) = Self.change(of: target, in: replacement)
    removals = Removals(
      Removals.rectangles(settings.parts, in: cells, using: &generator), target: target, replacement: replacement)
    offsets = (0..<settings.offsets).map { _ in clip[space].offset(share: settings.noise, using: &generator) }
    let silentFrames = clip.silentFrames
    silent = (0..<cells.rows).flatMap { _ in silentFrames }
    loudness = Ranking(cells.sizes(clip.loudness(at: space)))
  }

  /// Another output of the target's kind.
  private static func other(_ target: Target, of model: TrainedModel, using generator: inout SeededGenerator) -> Target?
  {
    let classes = model.classes.count
    let kind = target.emotion < classes ? 0..<classes : classes..<model.outputs.count
    guard kind.count > 1 else { return nil }
    let drawn = kind.lowerBound + generator.index(below: kind.count - 1)
    return Target(drawn < target.emotion ? drawn : drawn + 1)
  }

  private static func change(of target: Target, in replacement: Replacement) -> (direction: Double, floor: Double) {
    let (clip, classes) = (replacement.clip, replacement.clip.model.classes.count)
    guard target.emotion >= classes else { return (1, 0) }
    let inputs = replacement.inputs(without: [0..<0, 0..<replacement.cells.count])
    let values = target.measured(clip.logits(inputs, at: replacement.space), classes: classes)
    return (values[0] >= values[1] ? 1 : -1, values[1])
  }

  /// The measures of one method on the clip, and the ranking of its sizes.
  func measure(
    _ method: any AttributionMethod, cue: CueCells?, _ cascade: CascadingRandomization
  ) throws -> (ClipTrust.OfMethod, Ranking) {
    let attribution = try method.attribute(clip, at: space, target: target).values
    guard attribution.isFinite else { throw NotFinite() }
    let sizes = cells.sizes(attribution)
    let ranking = Ranking(sizes)
    let values = method.isSigned ? cells.sums(attribution) : sizes
    // What raises a probability or makes the change of a value comes first, what lowers or undoes it last.
    let order = (method.isSigned ? Ranking(values.map { direction * $0 }) : ranking).order
    let curves = RemovalCurves(order.reversed(), target: target, steps: steps, replacement: replacement)

    /// The rank correlation of the sizes with another attribution of the same method.
    func correlation(_ clip: Clip, _ target: Target) throws -> Double? {
      let changed = try method.attribute(clip, at: space, target: target).values
      return changed.isFinite ? ranking.correlation(with: Ranking(cells.sizes(changed))) : nil
    }

    func change(_ curve: [Double]) -> [Double] { curve.map { direction * ($0 - floor) } }

    var found = ClipTrust.OfMethod()
    (found.deletion, found.insertion) = (change(curves.deletion), change(curves.insertion))
    found.cascade = try cascade.layers.indices.map {
      try correlation(clip.through(cascade.model(upTo: $0)), target)
    }
    let sum = sizes.reduce(0, +)
    let measured: [TrustMeasure: Double?] = [
      .deletion: RemovalCurves.area(found.deletion), .insertion: RemovalCurves.area(found.insertion),
      .infidelity: removals.infidelity(of: values).unexplained,
      .redrawn: found.cascade.last ?? nil, .otherClass: try other.flatMap { try correlation(clip, $0) },
      .sensitivity: try method.maximumSensitivity(
        of: attribution, clip, at: space, target: target, offsets: offsets),
      .gini: Concentration.gini(sorted: ranking.order.map { sizes[$0] }), .entropy: Concentration.entropy(sizes),
      .silence: sum > 0 ? zip(sizes, silent).reduce(0) { $1.1 ? $0 + $1.0 : $0 } / sum : nil,
      .loudness: ranking.correlation(with: loudness), .inCue: cue?.share(of: sizes),
      .pointing: sum > 0 ? cue.map { $0.isHit(by: ranking) ? 1 : 0 } : nil,
    ]
    found.values = measured.compactMapValues { $0 }
    return (found, ranking)
  }
}
