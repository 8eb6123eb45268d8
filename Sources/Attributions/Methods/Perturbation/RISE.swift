import Basics
import Models
import Tensors

/// The mean of random masks weighted by the score of the masked clip (Petsiuk, Das and Saenko 2018): each tile is kept
/// with probability 1/2, and the mask is interpolated linearly and moved by a random part of a tile. The mean is
/// divided by the masks' mean at each element, and the mean score is subtracted, so that an element without influence
/// has 0.
public struct RISE: MaskingMethod {
  public static let description = MethodDescription(
    "rise", .perturbation, source: "Petsiuk, Das and Saenko 2018, arXiv:1806.07421",
    summary: "the mean of random masks, weighted by the scores of the masked clips",
    cost: "\(MaskingOptions.defaultDraws) predictions", isSigned: true, defaults: MaskingOptions.defaults)

  let masking: MaskingOptions

  public init(_ options: MethodOptions = MethodOptions()) throws(MethodError) { masking = try MaskingOptions(options) }

  public func attribute(
    _ clip: Clip, at space: InputSpace, target: Target
  ) throws(MethodError) -> AttributionResult {
    let input = clip[space]
    let (values, hidden) = (input.floats, try masking.baseline(for: clip, at: space).floats)
    var generator = SeededGenerator(seed: masking.seed)
    var (weighted, masks) = ([Double](repeating: 0, count: values.count), [Double](repeating: 0, count: values.count))
    var total = 0.0
    try clip.inBatches(masking.draws) { numbers in
      let batch = numbers.map { _ in
        SmoothMask(masking.tile, of: clip, at: space, using: &generator).values
      }
      let inputs = batch.flatMap { mask in values.indices.map { hidden[$0] + mask[$0] * (values[$0] - hidden[$0]) } }
      let scores = target.score(
        clip.logits(Tensor(inputs, shape: [batch.count] + input.shape.dropFirst()), at: space)
      ).floats
      for (mask, score) in zip(batch, scores) {
        total += Double(score)
        for place in values.indices {
          weighted[place] += Double(score) * Double(mask[place])
          masks[place] += Double(mask[place])
        }
      }
    }
    let mean = total / Double(masking.draws)
    return AttributionResult(
      Tensor(
        values.indices.map { masks[$0] > 0 ? Float(weighted[$0] / masks[$0] - mean) : 0 }, shape: input.shape))
  }
}

/// A random grid of 0 and 1, interpolated linearly over an input and moved by a random part of a tile.
private struct SmoothMask {
  /// The mask at each of the input's elements, 0 to 1.
  let values: [Float]

  init(_ size: TileSize, of clip: Clip, at space: InputSpace, using generator: inout SeededGenerator) {
    let (rows, columns) = Tiles.places(size, of: clip, at: space)
    let (down, across) = (generator.uniform(in: 0..<1), generator.uniform(in: 0..<1))
    let (height, width) = (Int(rows.last!) + 3, Int(columns.last!) + 3)
    let tosses = (0..<height * width).map { _ in generator.uniform(in: 0..<1) < 0.5 ? 1 : 0 as Float }
    values = rows.flatMap { row in
      let (top, vertical) = (Int(row + down), Float(row + down) - Float(Int(row + down)))
      return columns.map { column in
        let (left, horizontal) = (Int(column + across), Float(column + across) - Float(Int(column + across)))
        func line(_ row: Int) -> Float {
          let (a, b) = (tosses[row * width + left], tosses[row * width + left + 1])
          return a + (b - a) * horizontal
        }
        return line(top) + (line(top + 1) - line(top)) * vertical
      }
    }
  }
}
