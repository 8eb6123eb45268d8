import AudioFeatures
import AudioFiles
import Basics
import Models

/// Plays clips through noise, rooms and codecs, and compares a model's predictions and explanations before and after.
///
/// A disturbed clip is cut as the clip itself is, not where it has become quiet: so each cell stays in its place. Cells of padding,
/// which all clips share, are left out. Sizes are compared: the sums over each cell's absolute values. All are compared over the
/// frames that another clip has too, so that what they have in common with it is of the same cells.
public struct StabilityExaminer {
  public let model: TrainedModel
  public let space: InputSpace
  public let seed: UInt64
  /// The methods to examine, then the controls.
  public private(set) var methods: [any AttributionMethod]

  /// The share of cells that counts as the most relevant.
  public static let top = 0.1

  /// - Parameters:
  ///   - model: With classes.
  ///   - seed: Of noise, rooms and the random control.
  public init(model: TrainedModel, methods: [any AttributionMethod], space: InputSpace, seed: UInt64 = 0) {
    demand(!model.classes.isEmpty, "\(model.name) predicts no class that could stay")
    (self.model, self.space, self.seed) = (model, space, seed)
    self.methods = methods.besideControls(seed: seed)
  }

  /// The number of methods that are no controls.
  public var examinedCount: Int { methods.count { type(of: $0).description.family != .control } }

  /// Removes the methods that cannot explain this model, and returns the reasons.
  public mutating func leaveOutInapplicable() -> [MethodError] {
    var generator = SeededGenerator(seed: seed)
    let second = generator.normals(model.configuration.frontEnd.sampleRate, deviation: 0.1)
    return methods.leaveOutInapplicable(to: Clip(second, model: model), at: space)
  }

  /// Examines one clip.
  /// - Parameters:
  ///   - sound: The whole sound at the model's rate, not trimmed. The seed of noise and rooms depends on it, so that
  ///     no two clips have the same.
  ///   - path: The file's path, for errors.
  ///   - another: Finds another clip that is predicted this class; nil where there is none.
  ///   - progress: Called before each method with the share of the clip done and the method's name.
  public func examine(
    _ sound: AudioClip, path: String, another: (_ predicted: Int) -> Clip?,
    progress: (Double, String) -> Void = { _, _ in }
  ) throws(ExplanationError) -> ClipStability {
    guard !isSilent(sound.samples) else { throw .silent(path: path) }
    var print = Fingerprint()
    print.add(seed)
    print.add(sound.samples)
    let disturbed = Disturbance.allCases.map { disturbance in
      var generator = SeededGenerator(seed: print.value)
      return disturbance.applied(to: sound, using: &generator)
    }
    return try examine(sound, disturbed: disturbed, path: path, another: another, progress: progress)
  }

  /// ``examine(_:path:another:progress:)`` with sounds that were made before, as long as the first.
  func examine(
    _ sound: AudioClip, disturbed: [AudioClip], path: String, another: (_ predicted: Int) -> Clip?,
    progress: (Double, String) -> Void = { _, _ in }
  ) throws(ExplanationError) -> ClipStability {
    let cut = model.configuration.trimming.range(of: sound.samples)
    let clip = Clip(sound.part(cut), model: model)
    let before = try clip.probabilities(path: path)
    let predicted = before.likeliestClass
    let clips = disturbed.map { Clip($0.part(cut), model: model) }
    let after = try clips.map { (clip) throws(ExplanationError) in try clip.probabilities(path: path) }
    let other = another(predicted)
    var similarities = clips.map { _ in [ClipStability.Similarity?]() }
    var another = other.map { _ in [ClipStability.Similarity?]() }
    for (index, method) in methods.enumerated() {
      progress(Double(index) / Double(methods.count), method.name)
      var own = try method.speechSizes(of: clip, at: space, target: Target(predicted), path: path)
      if let other {
        let others = try method.speechSizes(of: other, at: space, target: Target(predicted), path: path)
        own = own.first(others.frames)
        another?.append(own.similarity(to: others))
      }
      for (place, clip) in clips.enumerated() {
        let found = try method.speechSizes(of: clip, at: space, target: Target(predicted), path: path)
        similarities[place].append(own.similarity(to: found))
      }
    }
    return ClipStability(
      predicted: predicted, probability: before[predicted],
      disturbed: zip(after, similarities).map { after, methods in
        .init(predicted: after.likeliestClass, change: after[predicted] - before[predicted], methods: methods)
      }, another: another, resemblance: clip.resemblance)
  }
}

/// Finds to each of some clips another that a model predicts the same, or otherwise; each is predicted once, and read where it
/// is the one.
public final class AlikeClips {
  private let paths: [String]
  private let model: TrainedModel
  /// What is predicted of a clip; nil where it cannot be read.
  private var classes: [String: Int?] = [:]

  public init(_ paths: [String], model: TrainedModel) { (self.paths, self.model) = (paths, model) }

  /// The next clip after a path, from the last on to the first, that is predicted a class; nil where there is none.
  public func another(than path: String, predicted: Int) -> Clip? { another(than: path) { $0 == predicted } }

  /// The next clip after a path, from the last on to the first, whose predicted class is wanted; nil where there is none.
  public func another(than path: String, isWanted: (_ predicted: Int) -> Bool) -> Clip? {
    guard let place = paths.firstIndex(of: path) else { return nil }
    for other in paths[(place + 1)...] + paths[..<place] where other != path {
      let known = classes[other]
      if let known, known.map(isWanted) != true { continue }
      let clip = (try? model.configuration.speech(of: other)).map { Clip($0, model: model) }
      let found = known ?? clip.flatMap { try? $0.probabilities(path: other).likeliestClass }
      classes[other] = .some(found)
      if let found, isWanted(found), let clip { return clip }
    }
    return nil
  }
}
