import Layers
import Models
import Tensors

/// A layer with a value for each part of the clip in each of several channels: feature maps over time and the rows of the
/// input, or the features of tokens, which are taken for channels with one row of columns along time.
struct MapLayer {
  let name: String
  /// [1, channels, rows, columns]; of tokens [1, features, 1, tokens].
  let shape: [Int]
  /// The tokens' views of the clip; nil for feature maps.
  let groups: [TokenGroup]?

  /// Nil where the output is no map.
  init?(_ name: String, _ geometry: Geometry, _ shape: [Int]) {
    switch geometry {
    case .map: (self.shape, groups) = (shape, nil)
    case .tokens(let found): (self.shape, groups) = ([shape[0], shape[2], 1, shape[1]], found)
    case .steps, .channelAttention, .channelValues, .tokenAttention: return nil
    }
    self.name = name
  }

  /// The layer's outputs, or gradients of their shape, as maps [batch, channels, rows, columns].
  func maps(_ outputs: Tensor) -> Tensor {
    guard groups != nil else { return outputs }
    let turned = outputs.permuted([0, 2, 1])
    return turned.reshaped([turned.shape[0], turned.shape[1], 1, turned.shape[2]])
  }

  /// Maps [batch, channels, rows, columns] in the form of the layer's outputs.
  func outputs(_ maps: Tensor) -> Tensor {
    guard groups != nil else { return maps }
    return maps.reshaped([maps.shape[0], maps.shape[1], maps.shape[3]]).permuted([0, 2, 1])
  }

  /// A value for each place, [1, 1, rows, columns], to be laid on an input.
  func map(_ values: Tensor) -> PlacedMap {
    groups.map { PlacedMap(tokens: values.floats, $0) } ?? PlacedMap(parts: [LayerMap(values)])
  }

  /// Maps [1, channels, rows, columns] summed over channels, to be laid on an input.
  func map(sumOverChannels maps: Tensor) -> PlacedMap { map(maps.sum(axes: [1])) }
}

/// A value for each place of a layer, to be laid on an input: one map, or one for each group of its tokens.
struct PlacedMap {
  let parts: [LayerMap]

  init(parts: [LayerMap]) { self.parts = parts }

  /// A value for each token, one group after the other.
  init(tokens values: [Float], _ groups: [TokenGroup]) {
    var start = 0
    parts = groups.map { group in
      defer { start += group.count }
      return LayerMap(Array(values[start..<(start + group.count)]), of: group)
    }
  }

  /// ``LayerMap/enlarged(over:at:)``, the groups added up.
  func enlarged(over clip: Clip, at space: InputSpace) -> Tensor {
    parts.dropFirst().reduce(parts[0].enlarged(over: clip, at: space)) { $0 + $1.enlarged(over: clip, at: space) }
  }

  /// ``LayerMap/shared(over:at:)``, the groups added up.
  func shared(over clip: Clip, at space: InputSpace) -> Tensor {
    parts.dropFirst().reduce(parts[0].shared(over: clip, at: space)) { $0 + $1.shared(over: clip, at: space) }
  }
}
