import Corpora

extension ModelConfiguration {
  /// The place of a label among the classes: the class of this very name, else the only one that is a word for the same
  /// emotion, as "hap" of a published model is for "happy". Nil where there is none.
  public func classIndex(of emotion: Emotion) -> Int? {
    if let index = classes.firstIndex(of: emotion.rawValue) { return index }
    let same = classes.indices.filter { Emotion(rawValue: classes[$0]).means(emotion) }
    return same.count == 1 ? same[0] : nil
  }
}
