import Corpora
import Training

extension Evaluation {
  /// The places of the clips that are taken for another class, the most confident first.
  var errors: [Int] {
    func confidence(_ index: Int) -> Float { predictions[index].probabilities[predictions[index].predicted] }
    return predictions.indices
      .filter { predictions[$0].label != nil && predictions[$0].label != predictions[$0].predicted }
      .sorted { (confidence($1), $0) < (confidence($0), $1) }
  }

  /// `misclassified.csv`: a row for each clip that is taken for another class, the most confident first.
  /// - Parameter speakers: Clips' speakers by their paths, where they are known.
  public func misclassified(speakers: [String: String]) -> String {
    let header = ["path", "speaker", "emotion", "predicted", "emotion_probability", "predicted_probability"]
    let rows = errors.map { index in
      let (clip, label, predicted) = (predictions[index], predictions[index].label!, predictions[index].predicted)
      let words = [clip.path, speakers[clip.path] ?? "", classes[label], classes[predicted]]
      return words + [label, predicted].map { String(clip.probabilities[$0]) }
    }
    return CSV.text(of: [header] + rows)
  }
}
