/// Contour lines of a matrix at a level, by marching squares (Lorensen and Cline 1987, in two dimensions): within each
/// square of four neighbouring cells the line runs between the points at which its sides pass the level.
///
/// - Parameter values: Row-major [rows, columns].
/// - Returns: Lines through points in cells, x the column and y the row; a closed line ends where it began.
func contours(of values: [Float], rows: Int, columns: Int, at level: Float) -> [[Point]] {
  guard rows > 1, columns > 1 else { return [] }
  // A side of a square has the number 2 · cell where it leads to the next column, and one more where to the next row.
  // Each is passed by at most two pieces of lines.
  var neighbours = [(Int32, Int32)](repeating: (-1, -1), count: 2 * rows * columns)
  func join(_ first: Int, _ second: Int) {
    for (from, to) in [(first, Int32(second)), (second, Int32(first))] {
      if neighbours[from].0 < 0 { neighbours[from].0 = to } else { neighbours[from].1 = to }
    }
  }
  for row in 0..<rows - 1 {
    for column in 0..<columns - 1 {
      let cell = row * columns + column
      let corners = (values[cell], values[cell + 1], values[cell + columns + 1], values[cell + columns])
      let pattern =
        (corners.0 > level ? 1 : 0) | (corners.1 > level ? 2 : 0) | (corners.2 > level ? 4 : 0)
        | (corners.3 > level ? 8 : 0)
      let (lower, right, upper, left) = (2 * cell, 2 * cell + 3, 2 * (cell + columns), 2 * cell + 1)
      switch pattern {
      case 1, 14: join(left, lower)
      case 2, 13: join(lower, right)
      case 4, 11: join(right, upper)
      case 8, 7: join(upper, left)
      case 3, 12: join(left, right)
      case 6, 9: join(lower, upper)
      case 5, 10:
        // Two corners across are above the level: joined where the middle is above it too.
        let isJoined = (corners.0 + corners.1 + corners.2 + corners.3) / 4 > level
        if isJoined == (pattern == 5) {
          join(left, upper)
          join(lower, right)
        } else {
          join(left, lower)
          join(right, upper)
        }
      default: break
      }
    }
  }

  /// Where the level lies between both ends of a side.
  func point(_ side: Int) -> Point {
    let first = side / 2
    let second = side % 2 == 0 ? first + 1 : first + columns
    let share = Double((level - values[first]) / (values[second] - values[first]))
    let (x, y) = (Double(first % columns), Double(first / columns))
    return side % 2 == 0 ? Point(x: x + share, y: y) : Point(x: x, y: y + share)
  }

  var isDone = [Bool](repeating: false, count: neighbours.count)
  var lines: [[Point]] = []
  func follow(from start: Int) {
    var line: [Point] = []
    var side = start
    while true {
      isDone[side] = true
      line.append(point(side))
      let next = [neighbours[side].0, neighbours[side].1].first { $0 >= 0 && !isDone[Int($0)] }
      guard let next else { break }
      side = Int(next)
    }
    let isClosed = line.count > 2 && (neighbours[side].0 == start || neighbours[side].1 == start)
    lines.append(isClosed ? line + [line[0]] : line)
  }
  // Lines that begin at an edge of the matrix first, from their ends.
  for side in neighbours.indices where !isDone[side] && neighbours[side].0 >= 0 && neighbours[side].1 < 0 {
    follow(from: side)
  }
  for side in neighbours.indices where !isDone[side] && neighbours[side].0 >= 0 { follow(from: side) }
  return lines
}

/// Each value averaged with its neighbours by the weights 1 4 6 4 1, along rows and columns; at an edge the outermost
/// cell counts for what is missing.
func smoothed(_ values: [Float], rows: Int, columns: Int) -> [Float] {
  let weights: [(offset: Int, weight: Float)] = [(-2, 1 / 16), (-1, 4 / 16), (0, 6 / 16), (1, 4 / 16), (2, 1 / 16)]
  var across = values
  for row in 0..<rows {
    for column in 0..<columns {
      across[row * columns + column] = weights.reduce(0) { sum, tap in
        sum + tap.weight * values[row * columns + min(columns - 1, max(0, column + tap.offset))]
      }
    }
  }
  var result = across
  for row in 0..<rows {
    for column in 0..<columns {
      result[row * columns + column] = weights.reduce(0) { sum, tap in
        sum + tap.weight * across[min(rows - 1, max(0, row + tap.offset)) * columns + column]
      }
    }
  }
  return result
}
