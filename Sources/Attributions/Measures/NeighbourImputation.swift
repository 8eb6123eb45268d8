import Basics
import Foundation

/// Removed cells from what is left of the picture (noisy linear imputation, Rong et al. 2022, ROAD, arXiv:2202.00449): each is the
/// weighted mean of its neighbours, 1/6 of those beside, above and below it and 1/12 of those at its corners, removed ones
/// among them; so all of them solve one linear system. Then noise is added, so that they are not known by their
/// smoothness.
struct NeighbourImputation {
  private let rows, columns: Int
  private let input: [Float]
  private let deviation: Float
  /// What is added to each cell where it is removed; a tenth of the input's standard deviation.
  private let noise: [Float]
  /// Where the system is started from, and what it is where nothing is left: the mean of each row.
  private let rowMeans: [Float]

  private static let relaxation: Float = 1.7  // between 1 and 2, where successive over-relaxation converges
  private static let sweeps = 400
  private static let tolerance: Float = 1e-4  // of the input's standard deviation
  private static let noiseShare: Float = 0.1  // the paper's σ, of inputs whose deviation is 1

  /// - Parameter input: [rows, columns].
  init(_ input: [Float], rows: Int, columns: Int, seed: UInt64) {
    (self.input, self.rows, self.columns) = (input, rows, columns)
    let count = Float(input.count)
    let mean = input.reduce(0, +) / count
    deviation = (input.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count).squareRoot()
    var generator = SeededGenerator(seed: seed)
    noise = generator.normals(input.count, deviation: Double(Self.noiseShare * deviation))
    rowMeans = (0..<rows).map { row in
      input[(row * columns)..<((row + 1) * columns)].reduce(0, +) / Float(columns)
    }
  }

  /// The input with the removed cells imputed.
  func filled(_ isRemoved: [Bool]) -> [Float] {
    var values = solution(isRemoved)
    for cell in values.indices where isRemoved[cell] { values[cell] += noise[cell] }
    return values
  }

  /// The same without noise.
  func solution(_ isRemoved: [Bool]) -> [Float] {
    var values = input
    let removed = isRemoved.indices.filter { isRemoved[$0] }
    for cell in removed { values[cell] = rowMeans[cell / columns] }
    guard removed.count < input.count else { return values }
    for _ in 0..<Self.sweeps {
      var largest: Float = 0
      for cell in removed {
        let (row, column) = (cell / columns, cell % columns)
        var (sum, weight): (Float, Float) = (0, 0)
        for other in max(0, row - 1)...min(rows - 1, row + 1) {
          for place in max(0, column - 1)...min(columns - 1, column + 1) where other != row || place != column {
            let own: Float = other == row || place == column ? 2 : 1
            sum += own * values[other * columns + place]
            weight += own
          }
        }
        let step = Self.relaxation * (sum / weight - values[cell])
        values[cell] += step
        largest = max(largest, abs(step))
      }
      if largest < Self.tolerance * deviation { break }
    }
    return values
  }
}
