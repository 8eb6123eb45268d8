import Models
import Tensors

/// A method that hides tiles at random.
protocol MaskingMethod: AttributionMethod {
  var masking: MaskingOptions { get }
}

extension MaskingMethod {
  public var parameters: [String: String] { masking.parameters }

  /// The clip as a game of its tiles.
  func game(_ clip: Clip, at space: InputSpace, target: Target) throws(MethodError) -> TileGame {
    TileGame(
      clip, at: space, target: target, tile: masking.tile, baseline: try masking.baseline(for: clip, at: space))
  }
}

/// The options of methods that hide tiles at random: the tiles' size, the baseline that replaces them, the number of
/// samples.
struct MaskingOptions: Sendable {
  let tile: TileSize
  let draws: Int
  let seed: UInt64
  private let baseline: Baseline

  static let defaultDraws = 1000
  private static let defaultTile = TileSize(seconds: 0.5, hertz: 2000)
  private static let defaultBaseline = Baseline.silence

  static let defaults: [MethodOptions.Name: String] = [
    .baseline: defaultBaseline.name, .tile: defaultTile.text, .draws: "\(defaultDraws)",
  ]

  init(_ options: MethodOptions) throws(MethodError) {
    tile = options[.tile] ?? Self.defaultTile
    draws = try options.draws(default: Self.defaultDraws)
    (baseline, seed) = (options[.baseline] ?? Self.defaultBaseline, options.seed)
  }

  var parameters: [String: String] {
    ["tile": tile.description, "baseline": baseline.name, "draws": String(draws), "seed": String(seed)]
  }

  /// The values that replace hidden tiles, of the shape of the clip's input.
  func baseline(for clip: Clip, at space: InputSpace) throws(MethodError) -> Tensor {
    try baseline.tensor(for: clip, at: space, seed: seed)
  }
}
