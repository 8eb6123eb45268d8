import Models
import Tensors

/// The fall of the score when a window of seconds × Hz is replaced by the baseline (Zeiler and Fergus 2014). Windows
/// move by half their size; where several cover an element, it has their mean.
public struct Occlusion: AttributionMethod {
  public static let description = MethodDescription(
    "occlusion", .perturbation, source: "Zeiler and Fergus 2014, arXiv:1311.2901",
    summary: "how much the score falls when a window of the clip is hidden",
    cost: "a prediction a window", isSigned: true, defaults: [.baseline: defaultBaseline.name, .tile: defaultTile.text])

  private static let defaultBaseline = Baseline.silence
  private static let defaultTile = TileSize(seconds: 0.2, hertz: 1000)

  private let baseline: Baseline
  private let tile: TileSize
  private let seed: UInt64

  public init(_ options: MethodOptions = MethodOptions()) {
    baseline = options[.baseline] ?? Self.defaultBaseline
    tile = options[.tile] ?? Self.defaultTile
    seed = options.seed
  }

  public var parameters: [String: String] { ["tile": tile.description, "baseline": baseline.name] }

  public func attribute(
    _ clip: Clip, at space: InputSpace, target: Target
  ) throws(MethodError) -> AttributionResult {
    let shifts = space == .waveform ? [(0, 0), (0.5, 0)] : [(0, 0), (0.5, 0), (0, 0.5), (0.5, 0.5)]
    let grids = shifts.map { Tiles(tile, of: clip, at: space, shift: $0) }
    let hidden = try baseline.tensor(for: clip, at: space, seed: seed)
    return AttributionResult(try Self.attribute(clip, at: space, target: target, baseline: hidden, grids: grids))
  }

  /// The mean over grids of the score's fall when a tile of the grid is hidden.
  static func attribute(
    _ clip: Clip, at space: InputSpace, target: Target, baseline: Tensor, grids: [Tiles]
  ) throws(MethodError) -> Tensor {
    let input = clip[space]
    let (values, hidden) = (input.floats, baseline.floats)
    let score = try clip.scores(1, at: space, target: target) { _ in input }[0]
    var sum = [Float](repeating: 0, count: values.count)
    for grid in grids {
      let tiles = grid.differing(values, from: hidden)
      let scores = try clip.scores(tiles.count, at: space, target: target) { numbers in
        let inputs = numbers.flatMap { number in
          values.indices.map { grid.numbers[$0] == tiles[number] ? hidden[$0] : values[$0] }
        }
        return Tensor(inputs, shape: [numbers.count] + input.shape.dropFirst())
      }
      var falls = [Float](repeating: 0, count: grid.count)
      for (tile, hiddenScore) in zip(tiles, scores) { falls[tile] = score - hiddenScore }
      for place in sum.indices { sum[place] += falls[grid.numbers[place]] / Float(grids.count) }
    }
    return Tensor(sum, shape: input.shape)
  }
}
