import Models

extension Resemblance {
  /// The columns of a table of clips.
  public static let header = ["distance", "outside", "trained_on"]

  /// A clip's cells in those columns; empty where the model does not know its training.
  public static func cells(of clip: Resemblance?) -> [String] {
    guard let clip else { return header.map { _ in "" } }
    return [String(clip.distance), clip.isOutside ? "yes" : "no", clip.isTrainedOn ? "yes" : "no"]
  }
}
