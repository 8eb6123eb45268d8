import Basics
import Foundation

/// The contribution of each number of an input, in the input's own shape.
public struct Attribution: Sendable {
  public var values: [Float]
  /// True where the sign means for or against; otherwise only magnitudes are shown.
  public var isSigned: Bool
  /// The name on the colour bar: “saliency”, “integrated gradients”.
  public var name: String
  /// The unit of the values: “logit/dB”.
  public var unit: String
  /// The magnitude that gets the strongest colour, so that pictures can share a scale; where nil, the 99.5th percentile of the values.
  public var limit: Double?

  public init(
    values: [Float], isSigned: Bool, name: String = "attribution", unit: String, limit: Double? = nil
  ) {
    self.limit = limit
    self.values = values
    self.isSigned = isSigned
    self.name = name
    self.unit = unit
  }
}
