/// Numbers over time: row-major [rows, columns], a column each `hop` seconds, the first one around time 0,
/// as a centred STFT gives them.
public struct FrameMatrix: Sendable {
  public var values: [Float]
  public var rows, columns: Int
  /// Seconds from one column to the next.
  public var hop: Double

  public init(values: [Float], rows: Int, columns: Int, hop: Double) {
    self.values = values
    self.rows = rows
    self.columns = columns
    self.hop = hop
  }

  func check(name: String) throws(FigureError) {
    guard rows > 0, columns > 0 else { throw .empty(name: name) }
    guard values.count == rows * columns else {
      throw .shape(name: name, expected: [rows, columns], found: [values.count])
    }
    guard hop.isFinite, hop > 0 else {
      throw .outOfRange(name: "hop of \(name)", value: hop, expected: "a positive number of seconds")
    }
    try checkFinite(values, name: name)
  }

  func check(_ attribution: Attribution, name: String) throws(FigureError) {
    guard attribution.values.count == rows * columns else {
      throw .shape(
        name: "attribution on \(name)", expected: [rows, columns], found: [attribution.values.count])
    }
    try checkFinite(attribution.values, name: "attribution on \(name)")
  }

  /// The number of columns that speech of `duration` seconds reaches.
  func columns(within duration: Double) -> Int {
    max(1, min(columns, Int((duration / hop + 0.5).rounded(.up))))
  }

  /// The first `count` columns of `values` or of numbers of the same shape.
  func cropped(_ values: [Float], to count: Int) -> [Float] {
    if count == columns { return values }
    var result: [Float] = []
    result.reserveCapacity(rows * count)
    for row in 0..<rows { result.append(contentsOf: values[row * columns..<row * columns + count]) }
    return result
  }
}

func checkFinite(_ values: [Float], name: String) throws(FigureError) {
  // A sum is finite only if all its terms are; it is much faster than asking each of them.
  guard !values.reduce(0, { $0 + $1 * 0 }).isFinite else { return }
  throw .notFinite(name: name, index: values.firstIndex { !$0.isFinite } ?? 0)
}
