import Attributions
import Basics
import Encoders
import Layers
import Models
import Tensors
import Training

/// An encoder of a published size with random weights, on clips of five seconds.
enum BenchmarkedEncoder: String, CaseIterable {
  case hubertBase = "hubert-base"
  case hubertLarge = "hubert-large"
  case wavLMBase = "wavlm-base"
  case convNeXtBase = "convnext-base"

  private static let samples = 80_000
  /// The spectrogram of MMFUSION in place of an image.
  private static let (bands, frames) = (128, 313)

  /// The sizes of a speech encoder; nil for ConvNeXt.
  private var sizes: SpeechEncoderConfiguration? {
    switch self {
    case .hubertBase: SpeechEncoderConfiguration(.hubert)
    case .hubertLarge: .hubertLarge
    case .wavLMBase: SpeechEncoderConfiguration(.wavLM)
    case .convNeXtBase: nil
    }
  }

  var readsWaveform: Bool { sizes != nil }

  /// Of a clip. In training what is frozen runs forward only; the positions, which learn, are counted with it.
  func multiplyAdds(_ work: BenchmarkCase.Work) -> Double {
    switch work {
    case .train:
      guard var frozen = sizes else { return 3 * forward }
      frozen.layerCount = 0
      return 3 * forward - 2 * frozen.multiplyAdds(samples: Self.samples)
    case .infer: return forward
    case .saliency: return 2 * forward
    case .integratedGradients: return 2 * Double(Self.steps) * forward
    case .occlusion: return 50 * forward  // the clip, and 49 windows
    default: return 0
    }
  }

  private var forward: Double {
    sizes?.multiplyAdds(samples: Self.samples)
      ?? ConvNeXtConfiguration.base.multiplyAdds(rows: Self.bands, columns: Self.frames)
  }

  /// One run of the work on a batch.
  func step(_ work: BenchmarkCase.Work, batch: Int) throws -> () throws -> Void {
    let precision = work.precision
    func pass() -> ForwardPass { ForwardPass(.inference, precision: precision) }
    switch work.plain {
    case .train: return try Self.fineTuning(sizes!, batch: batch, precision)
    case .frames: return attributing(by: LayerGradientXActivation())
    case .integratedGradients:
      var options = MethodOptions()
      options[.steps] = Self.steps
      return attributing(by: try IntegratedGradients(options))
    case .occlusion: return attributing(by: Occlusion())
    case .probe: return Self.probe(sizes!, batch: batch)
    case .predict: return try ProgramRun(["predict"], model: classifier()).run
    case .figure: return try ProgramRun(["explain"], model: classifier()).run
    default: break
    }
    let source = ParameterSource.drawn(seed: 0)
    let input: Tensor
    let run: (Tensor) -> Tensor
    if let sizes {
      let encoder = try SpeechEncoder(sizes, from: source)
      input = random([batch, Self.samples])
      run = { encoder($0, pass()).last }
    } else {
      let encoder = try ConvNeXt(.base, from: source)
      input = random([batch, ConvNeXtConfiguration.base.channels, Self.bands, Self.frames])
      run = { encoder($0, pass()).last! }
    }
    guard work.plain == .saliency else { return { _ = run(input).floats } }
    return {
      let variable = input.variable()
      let output = run(variable)
      _ = gradients(of: output.mean(axes: Array(0..<output.rank)), at: [variable])[0].absolute()
    }
  }

  /// The points of integrated gradients.
  private static let steps = 20

  /// The encoder with a head, of random weights.
  func classifier() -> TrainedModel {
    let network = SpeechClassifier.Configuration(sizes!)
    return TrainedModel(untrained: ModelConfiguration(SpeechClassifier.self, network: network), seed: 0)
  }

  private func attributing(by method: any AttributionMethod) -> () throws -> Void {
    let clip = Clip(random([Self.samples]).floats.map { 0.1 * $0 }, model: classifier())
    return { _ = try method.attribute(clip, at: .waveform, target: Target(0)) }
  }

  /// A step of a probe's training on the means of all states.
  private static func probe(_ sizes: SpeechEncoderConfiguration, batch: Int) -> () -> Void {
    let network = SpeechClassifier.Configuration(sizes, head: SpeechHead(.linear, usesAllStates: true))
    let model = TrainedModel(untrained: ModelConfiguration(SpeechClassifier.self, network: network), seed: 0)
    let recipe = SpeechClassifier.recipes[.report]!.training(lastLayers: 0, of: model.network as! SpeechClassifier)
    let optimizer = Adam(recipe.optimizer, parts: recipe.parts, of: model.network)
    let states = random([batch, sizes.layerCount + 1, sizes.hiddenSize])
    let labels = (0..<batch).map { $0 % model.classes.count }
    return {
      let pass = ForwardPass(.training, learning: optimizer.parameters)
      let input = NetworkInput([:], encoded: NetworkInput.Encoded(.pooled, states))
      let loss = model.network(input, pass).crossEntropy(labels: labels)
      optimizer.step(pass.gradients(of: loss, at: optimizer.parameters), rate: recipe.rate)
    }
  }

  /// A step of HUBERTFT's training around the encoder, its convolutions and projection frozen.
  private static func fineTuning(
    _ sizes: SpeechEncoderConfiguration, batch: Int, _ precision: Precision
  ) throws -> () -> Void {
    var sizes = sizes
    // Every step does the same work.
    sizes.layerDrop = 0
    let recipe = HUBERTFT.recipes[.report]!
    let network = try HUBERTFT(HUBERTFT.Configuration(sizes), outputs: 7, from: .drawn(seed: 0))
    let optimizer = Adam(recipe.optimizer, parts: recipe.parts, of: network)
    let input = NetworkInput([.waveform: random([batch, samples])])
    let labels = (0..<batch).map { $0 % 7 }
    return {
      let pass = ForwardPass(.training, learning: optimizer.parameters, precision: precision)
      let loss = network(input, pass).crossEntropy(labels: labels)
      optimizer.step(pass.gradients(of: loss, at: optimizer.parameters), rate: recipe.rate)
    }
  }
}

/// Numbers of a normal distribution, the same in every run.
func random(_ shape: [Int]) -> Tensor {
  var generator = SeededGenerator(seed: 0)
  return Tensor((0..<shape.reduce(1, *)).map { _ in Float(generator.normal()) }, shape: shape)
}
