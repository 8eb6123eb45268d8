import AudioFeatures
import Models
import Tensors

/// A value for each position of a layer's feature maps: rows follow the rows of the model's input, columns follow time.
struct LayerMap {
  let rows, columns: Int
  /// The values, row by row.
  var values: [Float]

  /// A tensor [1, channels, rows, columns] summed over channels.
  init(sumOverChannels map: Tensor) {
    (rows, columns) = (map.shape[2], map.shape[3])
    values = map.sum(axes: [1]).floats
  }

  /// A tensor [1, 1, rows, columns] or [rows, columns].
  init(_ map: Tensor) {
    (rows, columns) = (map.shape[map.rank - 2], map.shape[map.rank - 1])
    values = map.floats
  }

  private init(rows: Int, columns: Int, values: [Float]) {
    (self.rows, self.columns, self.values) = (rows, columns, values)
  }

  /// The map interpolated to the shape of the clip's input at `space`.
  ///
  /// On the model's own input the map is interpolated along both axes, linearly between the cells' centres (PyTorch's
  /// `interpolate` with `bilinear` and without `align_corners`). Elsewhere the rows mean something else, and only the
  /// map's mean over rows is used, along time; on the waveform a frame stands at its middle sample.
  func enlarged(over clip: Clip, at space: InputSpace) -> Tensor {
    let shape = clip.shape(at: space)
    if space == clip.model.kind.input {
      return Tensor(resized(rows: shape[2], columns: shape[3]).values, shape: shape)
    }
    let frames = clip.frames
    let course = meanOverRows.resized(rows: 1, columns: frames).values
    guard space == .waveform else {
      return Tensor((0..<shape[2]).flatMap { _ in course }, shape: shape)
    }
    let hop = clip.model.configuration.frontEnd.hopSamples
    let samples = (0..<shape[1]).map { sample in
      let place = min(Float(sample) / Float(hop), Float(frames - 1))
      let before = Int(place)
      return course[before] + (course[min(before + 1, frames - 1)] - course[before]) * (place - Float(before))
    }
    return Tensor(samples, shape: shape)
  }

  /// The map at the input's shape, each cell's value divided evenly among the elements that it covers, so that the sum
  /// stays; see ``enlarged(over:at:)``.
  func shared(over clip: Clip, at space: InputSpace) -> Tensor {
    let shape = clip.shape(at: space)
    let (height, width) = space == .waveform ? (1, shape[1]) : (shape[2], shape[3])
    // Elsewhere than on the model's own input the rows mean something else.
    let map = space == clip.model.kind.input ? self : sumOverRows
    /// The cell that covers each element.
    func cells(_ count: Int, of cells: Int) -> [Int] { (0..<count).map { $0 * cells / count } }
    let (rows, columns) = (cells(height, of: map.rows), cells(width, of: map.columns))
    func counts(_ cells: [Int], _ count: Int) -> [Float] {
      cells.reduce(into: [Float](repeating: 0, count: count)) { $0[$1] += 1 }
    }
    let (inRow, inColumn) = (counts(rows, map.rows), counts(columns, map.columns))
    let values = rows.flatMap { row in
      columns.map { map.values[row * map.columns + $0] / (inRow[row] * inColumn[$0]) }
    }
    return Tensor(values, shape: shape)
  }

  private var sumOverRows: LayerMap {
    let sums = (0..<columns).map { column in (0..<rows).reduce(0) { $0 + values[$1 * columns + column] } }
    return LayerMap(rows: 1, columns: columns, values: sums)
  }

  private var meanOverRows: LayerMap {
    let means = (0..<columns).map { column in
      (0..<rows).reduce(0) { $0 + values[$1 * columns + column] } / Float(rows)
    }
    return LayerMap(rows: 1, columns: columns, values: means)
  }

  private func resized(rows: Int, columns: Int) -> LayerMap {
    /// The two cells that a new position lies between, and the weight of the second.
    func neighbours(_ count: Int, of old: Int) -> [(first: Int, second: Int, part: Float)] {
      (0..<count).map { place in
        let at = max(0, (Float(place) + 0.5) * Float(old) / Float(count) - 0.5)
        let first = min(Int(at), old - 1)
        return (first, min(first + 1, old - 1), at - Float(first))
      }
    }
    let across = neighbours(columns, of: self.columns)
    let enlarged = neighbours(rows, of: self.rows).flatMap { row in
      across.map { column in
        func at(_ row: Int) -> Float {
          let (a, b) = (values[row * self.columns + column.first], values[row * self.columns + column.second])
          return a + (b - a) * column.part
        }
        return at(row.first) + (at(row.second) - at(row.first)) * row.part
      }
    }
    return LayerMap(rows: rows, columns: columns, values: enlarged)
  }
}
