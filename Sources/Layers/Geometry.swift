/// The axes of an observed layer's output, by which explanations find the layers that they can use.
public enum Geometry: Sendable, Equatable {
  /// [batch, channels, rows, columns] over the network's input: rows evenly along its rows, columns evenly along time.
  case map
  /// [batch, steps, features], the steps evenly along time.
  case steps
  /// [batch, heads, outputs, channels]: each output's weight for each channel, rows summing to one.
  case channelAttention
  /// [batch, heads, channels, rows × columns]: the values of a channel attention, each channel a map of `rows` ×
  /// `columns`.
  case channelValues(rows: Int, columns: Int)
  /// [batch, tokens, features], one group of tokens after the other.
  case tokens([TokenGroup])
  /// [batch, heads, tokens, tokens]: the weight of each token (column) for each token (row); rows sum to one.
  case tokenAttention([TokenGroup])
}

/// Tokens one after the other that come from one view of the clip: `rows` times `columns`, row by row from the lowest
/// frequency, the columns along time.
public struct TokenGroup: Sendable, Equatable {
  public let name: String
  public let rows, columns: Int
  /// Seconds from one column's middle to the next, and the first column's middle.
  public let hop, start: Double

  public init(_ name: String, rows: Int = 1, columns: Int, hop: Double, start: Double) {
    (self.name, self.rows, self.columns, self.hop, self.start) = (name, rows, columns, hop, start)
  }

  public var count: Int { rows * columns }
}
