/// The values of a list by their rank, without sorting all of it (Hoare 1961, "Find").
public struct OrderStatistics {
  /// Partly sorted: the values before a place that was read are not larger than it, those after it not smaller.
  private var values: [Float]

  /// - Parameter values: Numbers, none of them NaN.
  public init(_ values: [Float]) { self.values = values }

  /// The value that would stand at `place` if all were sorted.
  public subscript(place: Int) -> Float {
    mutating get {
      values.withUnsafeMutableBufferPointer { values in
        var (first, last) = (0, values.count - 1)
        while first < last {
          let pivot = values[(first + last) / 2]
          var (low, high) = (first, last)
          while low <= high {
            while values[low] < pivot { low += 1 }
            while values[high] > pivot { high -= 1 }
            if low <= high {
              values.swapAt(low, high)
              (low, high) = (low + 1, high - 1)
            }
          }
          if place <= high { last = high } else if place >= low { first = low } else { break }
        }
        return values[place]
      }
    }
  }

  /// The value below which `share` of all lies, interpolated linearly like NumPy's `percentile`; 0 for an empty list.
  public mutating func percentile(_ share: Double) -> Double {
    guard !values.isEmpty else { return 0 }
    let place = share * Double(values.count - 1)
    let below = Int(place)
    let lower = Double(self[below])
    guard below + 1 < values.count else { return lower }
    // All values after this place are not smaller.
    let next = Double(values[(below + 1)...].min()!)
    return lower + (next - lower) * (place - Double(below))
  }
}
