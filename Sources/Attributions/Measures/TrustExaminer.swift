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
  /// What is measured; deletion and insertion always are, as methods are ranked by them.
  public var measures = TrustMeasure.allCases {
    didSet { measures = TrustMeasure.allCases.filter { measures.contains($0) || $0 == .deletion || $0 == .insertion } }
  }
  public var seed: UInt64 = 0

  public init() {}

  /// Whether everything is measured that can be.
  public var hasAllMeasures: Bool { measures.count == TrustMeasure.allCases.count }

  /// Whether one of these is measured.
  func wants(_ some: TrustMeasure...) -> Bool { some.contains(where: measures.contains) }
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
  /// The model trained again from other seeds.
  public let siblings: [TrainedModel]
  /// The model trained further on clips without some of their cells; nil where there is none.
  public let fineTuned: TrainedModel?
  let cascade, cascadeFromInput: CascadingRandomization

  /// - Parameters:
  ///   - target: The index of the output to explain; where nil, each clip's predicted class, or the first dimension
  ///     of a model without classes.
  ///   - siblings: Models of the same kind, front-end and outputs, trained from other seeds.
  ///   - fineTuned: The model trained further on clips from whose input at `space` random cells are silenced, up to
  ///     ``fineTunedShare`` of them.
  public init(
    model: TrainedModel, methods: [any AttributionMethod], space: InputSpace, settings: TrustSettings = TrustSettings(),
    target: Int? = nil, siblings: [TrainedModel] = [], fineTuned: TrainedModel? = nil
  ) {
    (self.model, self.space, self.settings) = (model, space, settings)
    (self.siblings, self.fineTuned) = (siblings, fineTuned)
    self.target = target ?? (model.classes.isEmpty ? 0 : nil)
    self.methods = methods.besideControls(seed: settings.seed)
    cascade = CascadingRandomization(model, seed: settings.seed)
    cascadeFromInput = CascadingRandomization(model, seed: settings.seed, isFromInput: true)
  }

  /// The share of cells that a fine-tuned model has to do without, at most.
  public static let fineTunedShare = FineTunedFidelity.most

  /// The dimension that is explained; nil where it is a class.
  public var dimension: String? {
    target.flatMap { $0 < model.classes.count ? nil : model.outputs[$0] }
  }

  /// The layers in the order in which they are randomised from the head down.
  public var layers: [String] { cascade.layers }

  /// The criteria that could be judged but for measures that are not wanted.
  /// - Parameter hasCues: Whether a planted cue can be looked for in some clip.
  func unasked(hasCues: Bool) -> [TrustCriterion] {
    TrustCriterion.allCases.filter { criterion in
      let isPossible =
        switch criterion {
        case .seeds: !siblings.isEmpty
        case .fineTuned: fineTuned != nil
        case .cue: hasCues
        default: true
        }
      return isPossible && !criterion.measures.allSatisfy(settings.measures.contains)
    }
  }

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
    let examination = Examination(clip, samples: samples, path: path, target: target, examiner: self)
    let truth = label.flatMap(model.configuration.classIndex)
    let cueCells = cue.flatMap { region -> CueCells? in
      guard target.emotion == truth else { return nil }
      let cells = CueCells(
        region, examination.cells, at: space, frontEnd: model.configuration.frontEnd,
        speechFrames: examination.cells.speechFrames(of: clip))
      return cells.area > 0 ? cells : nil
    }
    var found: [ClipTrust.OfMethod] = []
    var rankings: [Ranking] = []
    for (index, method) in methods.enumerated() {
      progress(Double(index) / Double(methods.count), method.name)
      do {
        let (measured, ranking) = try examination.measure(method, cue: cueCells)
        found.append(measured)
        rankings.append(ranking)
      } catch let error as MethodError {
        throw .method(path: path, error)
      } catch let error as ExplanationError {
        throw error
      } catch {
        throw .notFinite(path: "\(path): \(method.name)", space: space)
      }
    }
    return ClipTrust(
      path: path, target: model.outputs[target.emotion],
      predicted: probabilities.isEmpty ? nil : model.classes[probabilities.likeliestClass],
      label: truth.map { model.classes[$0] }, speaker: speaker, hasCue: cue != nil,
      resemblance: clip.resemblance, steadiness: examination.fidelity?.steadiness, methods: found,
      correlation: rankings.map { a in rankings.map { a.correlation(with: $0) } },
      overlap: rankings.map { a in rankings.map { a.overlap(with: $0, share: settings.top) } },
      cueArea: cueCells?.area)
  }
}
