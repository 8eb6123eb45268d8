/// A place within a speech encoder up to which a training can leave it as it is, so that what comes before is computed
/// once a clip.
public enum EncoderStage: Hashable, Sendable {
  /// The projected features, [batch, steps, features].
  case projected
  /// The input of a layer, [batch, steps, features].
  case layer(Int)
  /// The mean over steps of each state, [batch, states, features]: all that heads on a frozen encoder read.
  case pooled

  /// The name in caches.
  public var name: String {
    switch self {
    case .projected: "projected"
    case .layer(let index): "layer \(index)"
    case .pooled: "pooled"
    }
  }
}
