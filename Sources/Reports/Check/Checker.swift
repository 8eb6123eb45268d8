import Attributions
import AudioFiles
import Models

/// Tests clips with a model, and with another one beside it.
public struct Checker {
  /// What the other model makes of a tested clip.
  public struct Against {
    public let checked: CheckedClip
    /// Both models' attributions on one grid.
    public let compared: ComparedClip
    /// What compared them.
    public let comparer: ModelComparer

    /// The rank correlation of both attributions on what both models use; nil where it is not defined.
    public var correlation: Double? { compared.agreement(0, 1).values[.spearman] }
  }

  public let model: TrainedModel
  public let other: TrainedModel?
  private let updatesGoldens: Bool

  /// - Parameters:
  ///   - other: A model that clips are tested on too, to see what moved.
  ///   - updatesGoldens: Whether the goldens are written anew, from `model`.
  /// - Throws: Where the models have different front-ends.
  public init(_ model: TrainedModel, against other: TrainedModel? = nil, updatesGoldens: Bool = false)
    throws(ComparisonError)
  {
    if let other, other.configuration.frontEnd != model.configuration.frontEnd {
      throw .frontEnds(model.name, other.name)
    }
    (self.model, self.other, self.updatesGoldens) = (model, other, updatesGoldens)
  }

  /// - Parameter sound: The test's clip at the model's sample rate, untrimmed and not silent.
  public func check(_ test: ClipTest, on sound: AudioClip) throws(CheckError) -> CheckedClip {
    let speech = speech(sound, model)
    let clip = Clip(speech, model: model)
    let explanation: Explanation
    do {
      explanation = try Explainer(model: model, method: test.method, spaces: [test.space])
        .explain(clip, path: test.clip) { Target(test.targetIndex(in: model) ?? $0) }
    } catch {
      throw test.because("clip", error)
    }
    return try CheckedClip(test, explanation, of: clip, speech, updatesGolden: updatesGoldens)
  }

  /// What the other model makes of the test's clip; nil where there is none.
  /// - Throws: Where the other model cannot be judged, which says nothing of ``model``.
  public func checkOther(_ test: ClipTest, on sound: AudioClip) throws(CheckError) -> Against? {
    guard let other else { return nil }
    do {
      let comparer = try ModelComparer([model, other], method: test.method, space: test.space)
      let clips = comparer.clips(of: sound)
      let compared = try comparer.compare(clips, path: test.clip) { test.targetIndex(in: $0) }
      let checked = try CheckedClip(test, compared.explanations[1], of: clips[1], speech(sound, other))
      return Against(checked: checked, compared: compared, comparer: comparer)
    } catch let error as CheckError {
      throw error
    } catch {
      throw test.because("clip", error)
    }
  }

  /// The sound without its quiet ends, as the model was trained.
  private func speech(_ sound: AudioClip, _ model: TrainedModel) -> AudioClip {
    sound.trimmed(model.configuration.trimming) ?? sound
  }
}
