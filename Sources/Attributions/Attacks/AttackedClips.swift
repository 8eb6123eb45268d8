import Basics
import Models

/// Clips of one model and one length, attacked at once at one place on the path: waveform, mel or MFCC.
public struct AttackedClips {
  public let clips: [Clip]
  public let space: InputSpace
  /// The class that is predicted of each clip; empty for a model without classes.
  public let predicted: [Int]
  /// The class that each clip is to be called; nil for any but the one predicted.
  public let targets: [Int]?

  /// - Parameters:
  ///   - clips: At least one, all of one model and one length.
  ///   - targets: One a clip, each a class of the model.
  public init(_ clips: [Clip], at space: InputSpace, targets: [Int]? = nil) {
    demand(!clips.isEmpty, "an attack on no clips")
    let model = clips[0].model
    demand(clips.allSatisfy { $0.model === model }, "an attack on clips of several models")
    demand(
      clips.allSatisfy { $0.waveform.shape == clips[0].waveform.shape }, "an attack at once on clips of several lengths"
    )
    if let targets {
      demand(
        targets.count == clips.count && targets.allSatisfy(model.classes.indices.contains),
        "targets \(targets) for \(clips.count) clips of \(model.classes.count) classes")
    }
    (self.clips, self.space, self.targets) = (clips, space, targets)
    let classes = model.classes.count
    predicted = classes == 0 ? [] : clips.map { Array($0.logits.floats.prefix(classes)).likeliestClass }
  }

  var model: TrainedModel { clips[0].model }
  /// The shape of each clip's values, without the batch.
  var shape: [Int] { Array(clips[0].shape(at: space).dropFirst()) }
}
