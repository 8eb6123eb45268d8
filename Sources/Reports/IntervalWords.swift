import Basics

extension Estimate {
  /// The mean and its interval as figures draw them; without an interval the mean alone.
  var drawn: (mean: Double, low: Double, high: Double) { (mean, low ?? mean, high ?? mean) }

  /// The cells of a table for the mean and the ends of its interval, empty where there is none.
  var cells: [String] { [mean, low, high].map { $0.map { String($0) } ?? "" } }
}
