import Models
import Tensors

/// A clip as a cooperative game of its tiles: a coalition's score is that of the clip with only its tiles, the others
/// replaced by a baseline.
struct TileGame {
  let clip: Clip
  let space: InputSpace
  let target: Target
  let tiles: Tiles
  /// The tiles that differ from the baseline; hiding one of the others changes nothing.
  let players: [Int]
  private let values, hidden: [Float]

  init(_ clip: Clip, at space: InputSpace, target: Target, tile: TileSize, baseline: Tensor) {
    (self.clip, self.space, self.target) = (clip, space, target)
    tiles = Tiles(tile, of: clip, at: space)
    (values, hidden) = (clip[space].floats, baseline.floats)
    players = tiles.differing(values, from: hidden)
  }

  /// The score of each coalition; a coalition holds for each player whether it is kept.
  func scores(_ coalitions: [[Bool]]) throws(MethodError) -> [Float] {
    try clip.scores(coalitions.count, at: space, target: target) { numbers in
      let inputs = numbers.flatMap { number in
        var hides = [Bool](repeating: true, count: tiles.count)
        for (player, isHeard) in zip(players, coalitions[number]) { hides[player] = !isHeard }
        return tiles.hidden(values, behind: hidden, where: hides)
      }
      return Tensor(inputs, shape: [numbers.count] + clip.shape(at: space).dropFirst())
    }
  }

  /// The attributions: each player's worth spread evenly over its tile, so that the sum stays.
  func attribution(_ worth: [Double]) -> Tensor {
    var sizes = [Int](repeating: 0, count: tiles.count)
    for number in tiles.numbers { sizes[number] += 1 }
    var shares = [Float](repeating: 0, count: tiles.count)
    for (player, worth) in zip(players, worth) { shares[player] = Float(worth / Double(sizes[player])) }
    return Tensor(tiles.numbers.map { shares[$0] }, shape: clip.shape(at: space))
  }
}
