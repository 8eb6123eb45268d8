import Figures
import Foundation
import TestSupport

func fixture(_ name: String) -> URL { Checkout.fixture("Figures/\(name)") }

extension Figure {
  func rendered(scale: Double = 2) throws -> PNGImage {
    try PNGImage(decoding: encoded(scale: scale))
  }
}

extension PNGImage {
  /// The longest run of pixels along a row, or down a column, that satisfy `test`.
  func longestRun(row y: Int, _ test: (Color) -> Bool) -> Range<Int> {
    Self.longestRun(count: width) { test(color(x: $0, y: y)) }
  }

  func longestRun(column x: Int, _ test: (Color) -> Bool) -> Range<Int> {
    Self.longestRun(count: height) { test(color(x: x, y: $0)) }
  }

  /// The row with the longest run of pixels that satisfy `test`.
  func longestRow(_ test: (Color) -> Bool) -> Int {
    (0..<height).max { longestRun(row: $0, test).count < longestRun(row: $1, test).count }!
  }

  private static func longestRun(count: Int, _ test: (Int) -> Bool) -> Range<Int> {
    var best = 0..<0
    var start = 0
    for index in 0...count where index == count || !test(index) {
      if index - start > best.count { best = start..<index }
      start = index + 1
    }
    return best
  }

  func count(rows: Range<Int>? = nil, where test: (Color) -> Bool) -> Int {
    (rows ?? 0..<height).reduce(0) { sum, y in
      sum + (0..<width).reduce(0) { $0 + (test(color(x: $1, y: y)) ? 1 : 0) }
    }
  }

  /// The connected patches of at least so many pixels that satisfy `test`, left of a column.
  func patches(of least: Int, leftOf end: Int, where test: (Color) -> Bool) -> Int {
    var isOpen = (0..<width * height).map { $0 % width < end && test(color(x: $0 % width, y: $0 / width)) }
    var count = 0
    for start in isOpen.indices where isOpen[start] {
      var size = 0
      var front = [start]
      isOpen[start] = false
      while let pixel = front.popLast() {
        size += 1
        let (x, y) = (pixel % width, pixel / width)
        for (x, y) in [(x - 1, y), (x + 1, y), (x, y - 1), (x, y + 1)] {
          guard (0..<width).contains(x), (0..<height).contains(y), isOpen[y * width + x] else { continue }
          isOpen[y * width + x] = false
          front.append(y * width + x)
        }
      }
      if size >= least { count += 1 }
    }
    return count
  }

  /// Whether nothing reaches the outermost `margin` pixels.
  func hasWhiteBorder(of margin: Int) -> Bool {
    (0..<height).allSatisfy { y in
      (0..<width).allSatisfy { x in
        let isInside = x >= margin && x < width - margin && y >= margin && y < height - margin
        return isInside || color(x: x, y: y) == Color(0xFFFFFF)
      }
    }
  }
}

extension Color {
  /// How far the components are from each other: 0 for greys.
  var chroma: Int { Int(max(red, green, blue)) - Int(min(red, green, blue)) }
}

/// 128 bands at −60 dB with a block at 0 dB.
func plantedBlock(columns: Int, rows rowRange: Range<Int>, columns columnRange: Range<Int>) -> FrameMatrix {
  var values = [Float](repeating: -60, count: 128 * columns)
  for row in rowRange { for column in columnRange { values[row * columns + column] = 0 } }
  return FrameMatrix(values: values, rows: 128, columns: columns, hop: 0.016)
}

let evenProbabilities = [Double](repeating: 1 / 7.0, count: 7)
