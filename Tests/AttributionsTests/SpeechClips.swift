import Basics
import Encoders
import Foundation
import Layers
import TestSupport
import Tensors

@testable import Attributions
@testable import Models

/// Tiny models of Tests/Fixtures/encoders, one of each kind of encoder: group norm with a weighted sum of states, layer
/// norms before the layers behind a normalised waveform, gated relative positions, stacked positions, a dense head; and the
/// report's own.
enum SpeechFixture: String, CaseIterable, Sendable {
  case hubertBase = "hubert-base-er"
  case hubertLarge = "hubert-large-er"
  case wavLM = "wavlm-base-er"
  case data2vec = "data2vec-er"
  case dense = "wav2vec2-dense-output"
  case report = "hubertft"

  func model() throws -> TrainedModel { try TrainedModel(folder: Checkout.fixture("encoders/\(rawValue)").path) }

  /// The model after forty steps of gradient descent on four clips, whose loss fell.
  func trainedModel() throws -> TrainedModel {
    let model = try model()
    let (count, network) = (4, model.network)
    let clips = Tensor((0..<count).flatMap { makeSpeech(samples, seed: UInt64(20 + $0)) }, shape: [count, samples])
    var losses: [Float] = []
    for _ in 0..<40 {
      let pass = ForwardPass(.inference, learning: network.weights)
      let loss = network(NetworkInput([.waveform: clips]), pass)
        .crossEntropy(labels: (0..<count).map { $0 % model.classes.count })
      losses.append(loss.scalar)
      for (parameter, slope) in zip(network.weights, pass.gradients(of: loss, at: network.weights)) {
        parameter.value = parameter.value - slope * 0.02
      }
    }
    demand(losses.last! < 0.7 * losses[0], "a loss of \(losses[0]) that becomes \(losses.last!)")
    return model
  }

  /// Samples that give some tens of frames: this WavLM has ten times as many frames a second as others.
  var samples: Int { self == .wavLM ? 2_000 : 12_000 }

  func clip() throws -> Clip { Clip(makeSpeech(samples), model: try model()) }
}

/// Random weights of a larger encoder: 256 features, six layers, 128 channels.
func makeLargerEncoder(_ family: SpeechEncoderConfiguration.Family, isLarge: Bool) -> TrainedModel {
  var sizes = SpeechEncoderConfiguration(family)
  (sizes.hiddenSize, sizes.layerCount, sizes.headCount, sizes.intermediateSize) = (256, 6, 4, 1024)
  sizes.convolutionWidths = [Int](repeating: 128, count: 7)
  if isLarge { (sizes.convolutionsHaveBias, sizes.convolutionNorm, sizes.isPreNorm) = (true, .layer, true) }
  return TrainedModel(
    untrained: ModelConfiguration(
      SpeechClassifier.self,
      network: SpeechClassifier.Configuration(sizes, preprocessing: WaveformPreprocessing(normalizes: isLarge)),
      classes: ["angry", "happy", "neutral", "sad"], trimming: .off), seed: 1)
}

/// Values of tokens laid on the places of a clip's input, the slow twin of LayerMap for tokens: each place has the mean of
/// the tokens around it, by how near their middles are.
func laid(_ tokens: [Double], hop: Double, start: Double, over clip: Clip, at space: InputSpace) -> [Double] {
  let shape = clip.shape(at: space)
  let frontEnd = clip.model.configuration.frontEnd
  let second = space == .waveform ? Double(frontEnd.sampleRate) : 1 / frontEnd.hopSeconds
  let course = (0..<shape[shape.count - 1]).map { column in
    let inside = min(max((Double(column) / second - start) / hop, 0), Double(tokens.count - 1))
    return tokens.enumerated().reduce(0) { $0 + max(0, 1 - abs(inside - Double($1.offset))) * $1.element }
  }
  return (0..<(shape.count == 2 ? 1 : shape[2])).flatMap { _ in course }
}

extension Tensor {
  /// The rows of a matrix in double.
  var rows: [[Double]] {
    let (values, columns) = (floats.map(Double.init), shape[rank - 1])
    return stride(from: 0, to: values.count, by: columns).map { Array(values[$0..<($0 + columns)]) }
  }
}

/// The product of two square matrices.
func product(_ a: [[Double]], _ b: [[Double]]) -> [[Double]] {
  a.map { row in b[0].indices.map { column in row.indices.reduce(0) { $0 + row[$1] * b[$1][column] } } }
}

/// The mean of each column.
func columnMeans(_ matrix: [[Double]]) -> [Double] {
  matrix[0].indices.map { column in matrix.reduce(0) { $0 + $1[column] } / Double(matrix.count) }
}
