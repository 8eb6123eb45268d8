import Models

@testable import Attributions

/// The slow twin of LayerMap: a layer's map [rows, columns] laid on the places of a clip's input, cell by cell.
///
/// On the model's own input each place has the mean of the cells around it, each by how near its middle is along both axes.
/// Elsewhere the map's mean over its rows lies along time, and between two frames a sample has a mean of the two.
func laid(_ map: [[Double]], over clip: Clip, at space: InputSpace) -> [Double] {
  /// The mean of `cells`, by how near their middles are to the middle of this place of `count`.
  func mean(_ cells: [Double], at place: Int, of count: Int) -> Double {
    let middle = (Double(place) + 0.5) * Double(cells.count) / Double(count) - 0.5
    let inside = min(max(middle, 0), Double(cells.count - 1))
    return cells.enumerated().reduce(0) { $0 + max(0, 1 - abs(inside - Double($1.offset))) * $1.element }
  }
  let shape = clip[space].shape
  if space == clip.model.kind.input {
    return (0..<shape[2]).flatMap { row in
      (0..<shape[3]).map { column in
        mean(map.map { mean($0, at: column, of: shape[3]) }, at: row, of: shape[2])
      }
    }
  }
  let means = map[0].indices.map { column in map.reduce(0) { $0 + $1[column] } / Double(map.count) }
  let frames = clip.mel.shape[3]
  let course = (0..<frames).map { mean(means, at: $0, of: frames) }
  guard space == .waveform else { return (0..<shape[2]).flatMap { _ in course } }
  let hop = Double(clip.model.configuration.frontEnd.hopSamples)
  return (0..<shape[1]).map { sample in
    let place = min(Double(sample) / hop, Double(frames - 1))
    let (before, after) = (Int(place), min(Int(place) + 1, frames - 1))
    return (1 - place + Double(before)) * course[before] + (place - Double(before)) * course[after]
  }
}
