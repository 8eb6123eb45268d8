import Basics
import Encoders
import Foundation
import Layers
import Tensors

/// A part of a network that is trained elsewhere before.
public enum PretrainedPart: String, CaseIterable, Sendable {
  /// An encoder of speech.
  case encoder
  /// A ConvNeXt, which reads images.
  case convnext

  /// The option of `train` that names its folder.
  public var option: String { "--\(rawValue)" }
}

/// The pretrained parts of a new network.
public struct Pretrained {
  /// A part from a folder, or one that is to be drawn.
  public struct Part<Configuration> {
    public let configuration: Configuration
    /// The arrays without a prefix; nil of one that is to be drawn.
    let tensors: [String: StoredTensor]?
    let path: String

    func arrays(prefix: String) -> ParameterSource.Pretrained? {
      tensors.map { ParameterSource.Pretrained(prefix: prefix, tensors: $0, path: path) }
    }
  }

  public let encoder: Part<SpeechEncoderConfiguration>?
  /// What happens to the waveform before the encoder.
  public let preprocessing: WaveformPreprocessing
  public let convnext: Part<ConvNeXtConfiguration>?

  /// The name of a part with tiny sizes and random weights, in place of a folder: for trying things.
  public static let tinyRandom = "tiny-random"

  /// - Parameter folders: The folder of each part, or ``tinyRandom``.
  /// - Throws: ``CheckpointError`` or `TensorFileError` where a folder does not hold that part.
  public init(_ folders: [PretrainedPart: String]) throws {
    switch folders[.encoder] {
    case nil: (encoder, preprocessing) = (nil, WaveformPreprocessing())
    case Self.tinyRandom:
      encoder = Part(configuration: .tiny, tensors: nil, path: Self.tinyRandom)
      preprocessing = WaveformPreprocessing(normalizes: true)
    case let folder?:
      let downloaded = try DownloadedModel(folder: folder)
      encoder = Part(configuration: downloaded.encoder, tensors: downloaded.encoderTensors, path: downloaded.path)
      preprocessing = downloaded.preprocessing
    }
    convnext = try folders[.convnext].map { folder in
      folder == Self.tinyRandom
        ? Part(configuration: .tinyRandom, tensors: nil, path: folder) : try Self.convNeXt(in: folder)
    }
  }

  /// A folder of Hugging Face's ConvNeXt, with or without its classifier of images.
  private static func convNeXt(in folder: String) throws -> Part<ConvNeXtConfiguration> {
    guard let object = try TrainedModel.object(in: folder, file: TrainedModel.configurationFile) else {
      throw CheckpointError.noConfiguration(path: folder)
    }
    func wrong(_ reason: String) -> CheckpointError { .configuration(path: "\(folder)/config.json", reason: reason) }
    guard object["model_type"] as? String == "convnext" else {
      throw wrong("a model of the type \"\(object["model_type"] as? String ?? "")\" is no ConvNeXt")
    }
    let data = try JSONSerialization.data(withJSONObject: object)
    guard let configuration = try? JSONDecoder().decode(ConvNeXtConfiguration.self, from: data) else {
      throw wrong("its sizes are malformed")
    }
    if let problem = configuration.problem { throw wrong(problem) }
    let weights = try WeightFiles.read(folder: folder)
    let prefix = "convnext."
    let own = weights.tensors.filter { $0.key.hasPrefix(prefix) }
    let tensors =
      own.isEmpty
      ? weights.tensors
      : Dictionary(uniqueKeysWithValues: own.map { (String($0.key.dropFirst(prefix.count)), $0.value) })
    return Part(configuration: configuration, tensors: tensors, path: weights.path)
  }
}

extension ConvNeXtConfiguration {
  /// Sizes with which everything can be tried in seconds.
  public static let tinyRandom = ConvNeXtConfiguration(widths: [16, 24, 32, 48], depths: [1, 1, 2, 1])
}

extension TrainedModel {
  /// A new network around pretrained parts, the rest of its weights drawn from `seed`.
  /// - Throws: `ParameterError` where a part's folder lacks arrays.
  public convenience init(untrained configuration: ModelConfiguration, around parts: Pretrained, seed: UInt64) throws {
    let source = ParameterSource.drawn(seed: seed, pretrained: configuration.model.arrays(of: parts))
    let network = try configuration.makeNetwork(from: source)
    try source.checkAllTaken()
    self.init(configuration: configuration, network: network, name: configuration.model.name)
  }
}

extension SpeechEncoderConfiguration {
  /// Sizes with which everything can be tried in seconds: two layers of 32, the published kernels and strides.
  public static var tiny: SpeechEncoderConfiguration {
    var sizes = SpeechEncoderConfiguration(.hubert)
    (sizes.hiddenSize, sizes.layerCount, sizes.headCount, sizes.intermediateSize) = (32, 2, 4, 64)
    (sizes.convolutionWidths, sizes.convolutionNorm, sizes.isPreNorm) = (Array(repeating: 32, count: 7), .layer, true)
    (sizes.convolutionsHaveBias, sizes.positions, sizes.positionGroups) = (true, 16, 4)
    return sizes
  }
}
