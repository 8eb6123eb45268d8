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

  private static let iterations = 2000
  private static let tolerance = 1e-3  // of the residual, relative to the right side's deviation
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

  /// The same without noise, by conjugate gradients (Hestenes and Stiefel 1952), each equation divided by its weights.
  func solution(_ isRemoved: [Bool]) -> [Float] {
    let removed = isRemoved.indices.filter { isRemoved[$0] }
    guard removed.count < input.count else { return input.indices.map { rowMeans[$0 / columns] } }
    var values = input
    for cell in removed { values[cell] = rowMeans[cell / columns] }
    // With the solution's error e on removed cells and 0 elsewhere, A e = residual.
    var residual = removed.map { cell in Double(lack(at: cell) { values[$0] }) }
    var direction = [Double](repeating: 0, count: input.count)
    for (place, cell) in removed.enumerated() { direction[cell] = residual[place] / weight(at: cell) }
    func energy() -> Double {
      zip(removed, residual).reduce(0) { $0 + $1.1 * $1.1 / weight(at: $1.0) }
    }
    var size = energy()
    let end = Double(removed.count) * Double(deviation * deviation) * Self.tolerance * Self.tolerance
    for _ in 0..<Self.iterations where size > end {
      let pushed = removed.map { cell in -lack(at: cell) { direction[$0] } }
      let step = size / zip(removed, pushed).reduce(0) { $0 + direction[$1.0] * $1.1 }
      for (place, cell) in removed.enumerated() {
        values[cell] += Float(step * direction[cell])
        residual[place] -= step * pushed[place]
      }
      let next = energy()
      for (place, cell) in removed.enumerated() {
        direction[cell] = residual[place] / weight(at: cell) + next / size * direction[cell]
      }
      size = next
    }
    return values
  }

  private func neighbours(of cell: Int, _ visit: (_ other: Int, _ weight: Double) -> Void) {
    let (row, column) = (cell / columns, cell % columns)
    for down in max(0, row - 1)...min(rows - 1, row + 1) {
      for place in max(0, column - 1)...min(columns - 1, column + 1) where down != row || place != column {
        visit(down * columns + place, down == row || place == column ? 2 : 1)
      }
    }
  }

  /// The sum of a cell's weights: 12 within the picture.
  private func weight(at cell: Int) -> Double {
    let (row, column) = (cell / columns, cell % columns)
    let (down, across) = (
      (row > 0 ? 1.0 : 0) + (row < rows - 1 ? 1 : 0), (column > 0 ? 1.0 : 0) + (column < columns - 1 ? 1 : 0)
    )
    return 2 * (down + across) + down * across
  }

  /// Σ weight · (neighbour − cell): 0 where the cell is the mean of its neighbours.
  private func lack<Value: BinaryFloatingPoint>(at cell: Int, _ value: (Int) -> Value) -> Double {
    var sum = 0.0
    let own = Double(value(cell))
    neighbours(of: cell) { other, weight in sum += weight * (Double(value(other)) - own) }
    return sum
  }
}
