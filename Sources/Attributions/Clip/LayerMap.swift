import AudioFeatures
import Layers
import Models
import Tensors

/// A value for each position of a layer's feature maps, whose rows follow the rows of the model's input and whose columns
/// follow time; or for each token of a group, whose columns have times of their own.
struct LayerMap {
  let rows, columns: Int
  /// Seconds of the first column's middle, and from one to the next; nil where the columns lie evenly along the input.
  private let times: (start: Double, hop: Double)?
  /// The values, row by row.
  var values: [Float]

  /// A tensor [1, 1, rows, columns] or [rows, columns].
  init(_ map: Tensor) {
    self.init(rows: map.shape[map.rank - 2], columns: map.shape[map.rank - 1], values: map.floats)
  }

  /// A value for each token of a group.
  init(_ values: [Float], of group: TokenGroup) {
    self.init(rows: group.rows, columns: group.columns, values: values, times: (group.start, group.hop))
  }

  private init(rows: Int, columns: Int, values: [Float], times: (start: Double, hop: Double)? = nil) {
    (self.rows, self.columns, self.values, self.times) = (rows, columns, values, times)
  }

  /// The map interpolated to the shape of the clip's input at `space`.
  ///
  /// On the model's own input the map is interpolated along both axes, linearly between the cells' centres (PyTorch's
  /// `interpolate` with `bilinear` and without `align_corners`). Elsewhere the rows mean something else, and only the
  /// map's mean over rows is used, along time; on the waveform a frame stands at its middle sample. So do tokens at
  /// their own times, wherever they are laid.
  func enlarged(over clip: Clip, at space: InputSpace) -> Tensor {
    let shape = clip.shape(at: space)
    if let times {
      let row = meanOverRows.values
      let course = Self.seconds(of: clip, at: space).map { time in
        let place = min(max((time - times.start) / times.hop, 0), Double(columns - 1))
        let before = Int(place)
        return row[before] + (row[min(before + 1, columns - 1)] - row[before]) * Float(place - Double(before))
      }
      return Tensor(
        (0..<(shape.count == 4 ? shape[2] : 1)).flatMap { _ in course }, shape: shape)
    }
    if space == clip.model.kind.input, space != .waveform {
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
    let map = times == nil && space == clip.model.kind.input ? self : sumOverRows
    /// The cell that covers each element.
    func cells(_ count: Int, of cells: Int) -> [Int] { (0..<count).map { $0 * cells / count } }
    let rows = cells(height, of: map.rows)
    let columns =
      times.map { times in
        // The token whose middle is nearest.
        Self.seconds(of: clip, at: space).map {
          min(max(Int((($0 - times.start) / times.hop).rounded()), 0), map.columns - 1)
        }
      } ?? cells(width, of: map.columns)
    func counts(_ cells: [Int], _ count: Int) -> [Float] {
      cells.reduce(into: [Float](repeating: 0, count: count)) { $0[$1] += 1 }
    }
    let (inRow, inColumn) = (counts(rows, map.rows), counts(columns, map.columns))
    var values = rows.flatMap { row in
      columns.map { map.values[row * map.columns + $0] / (inRow[row] * inColumn[$0]) }
    }
    if let times {
      // Tokens closer to each other than an input's frames: one that is nearest to no frame goes to its nearest.
      let seconds = Self.seconds(of: clip, at: space)
      let hop = seconds.count > 1 ? seconds[1] : 1
      for column in 0..<map.columns where inColumn[column] == 0 {
        let nearest = ((times.start + Double(column) * times.hop) / hop).rounded()
        let place = min(max(Int(nearest), 0), width - 1)
        for row in 0..<height { values[row * width + place] += map.values[column] / Float(height) }
      }
    }
    return Tensor(values, shape: shape)
  }

  private var sumOverRows: LayerMap {
    let sums = (0..<columns).map { column in (0..<rows).reduce(0) { $0 + values[$1 * columns + column] } }
    return LayerMap(rows: 1, columns: columns, values: sums, times: times)
  }

  private var meanOverRows: LayerMap {
    let means = (0..<columns).map { column in
      (0..<rows).reduce(0) { $0 + values[$1 * columns + column] } / Float(rows)
    }
    return LayerMap(rows: 1, columns: columns, values: means, times: times)
  }

  /// The time of each column of an input, in seconds; frames stand at their middle.
  private static func seconds(of clip: Clip, at space: InputSpace) -> [Double] {
    let frontEnd = clip.model.configuration.frontEnd
    let hop = space == .waveform ? 1 / Double(frontEnd.sampleRate) : frontEnd.hopSeconds
    let shape = clip.shape(at: space)
    return (0..<shape[shape.count - 1]).map { Double($0) * hop }
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
