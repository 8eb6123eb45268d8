import Basics
import Foundation

extension Estimate {
  /// "0.31±.04", seven to nine characters; "0.31" where there is no interval.
  var cell: String {
    let digits = abs(mean) < 10 ? 2 : 1
    let number = String(format: "%.\(digits)f", mean)
    return (Double(number) == 0 ? number.replacing("-", with: "") : number)
      + (halfWidth.map { "±" + String(format: "%.\(digits)f", $0).trimmingPrefix("0") } ?? "")
  }
}
