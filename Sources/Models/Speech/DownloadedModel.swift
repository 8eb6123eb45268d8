import AudioFeatures
import Encoders
import Foundation
import Layers
import Tensors

/// A folder as it is downloaded: the configuration of a ``SpeechClassifier``, and arrays under that network's names. What
/// files a folder has and what they mean is its layout's: ``TransformersFolder``, and its neighbours.
public struct DownloadedModel {
  public let configuration: ModelConfiguration
  /// Nil of a folder with an encoder only.
  public let head: SpeechHead?
  public let encoder: SpeechEncoderConfiguration
  public let preprocessing: WaveformPreprocessing
  /// The arrays, the encoder's under its family's prefix.
  public let tensors: [String: StoredTensor]
  /// Arrays that are not used: parts of pretraining, of recognising words, or of other outputs.
  public let leftOut: [String]
  /// The path of the weights, for errors.
  public let path: String
  /// The paths of the files that are read.
  public let files: [String]
  /// The class that `architectures` names.
  public let architecture: String?
  /// Which behaviour is followed where there is more than one, in words.
  public let notes: [String]

  /// What a layout finds in a folder.
  struct Parts {
    var head: SpeechHead?
    var encoder: SpeechEncoderConfiguration
    var preprocessing = WaveformPreprocessing()
    var tensors: [String: StoredTensor]
    var leftOut: [String] = []
    var classes: [String] = []
    var dimensions: [String] = []
    var path: String
    var files: [String]
    var architecture: String?
    var notes: [String] = []
  }

  /// Reads a folder.
  /// - Throws: ``CheckpointError`` where this is no model that can be run exactly, or `TensorFileError` where its weights
  ///   cannot be read.
  public init(folder: String) throws {
    let parts =
      if SpeechBrainFolder.isOne(folder) {
        try SpeechBrainFolder.read(folder)
      } else if try VoxProfileFolder.isOne(folder) {
        try VoxProfileFolder.read(folder)
      } else {
        try TransformersFolder.read(folder)
      }
    (head, encoder, preprocessing) = (parts.head, parts.encoder, parts.preprocessing)
    (tensors, leftOut, path, files) = (parts.tensors, parts.leftOut, parts.path, parts.files)
    architecture = parts.architecture
    notes = parts.encoder.notes + parts.notes
    configuration = ModelConfiguration(
      SpeechClassifier.self,
      network: SpeechClassifier.Configuration(
        encoder, head: head ?? SpeechHead(.linear), preprocessing: preprocessing),
      classes: parts.classes, dimensions: parts.dimensions, trimming: .off)
    let described = URL(fileURLWithPath: folder).appendingPathComponent(TrainedModel.configurationFile).path
    try Self.check(encoder, against: tensors, path: described)
    if head != nil { try configuration.check(path: described) }
  }

  /// Whether a `config.json` is a downloaded one.
  static func describes(_ object: [String: Any]) -> Bool {
    ["model_type", "auto_map", VoxProfileFolder.key].contains { object[$0] != nil }
  }

  /// The whole model.
  /// - Throws: `ParameterError` that lists what is missing, too much or of another shape.
  func network() throws -> any EmotionModel {
    guard head != nil else { throw CheckpointError.noHead(path: path) }
    let source = ParameterSource.stored(tensors, path: path)
    let network = try configuration.makeNetwork(from: source)
    try source.checkAllTaken()
    return network
  }

  /// The encoder without a head.
  /// - Throws: `ParameterError` that lists what is missing, too much or of another shape.
  public func bareEncoder() throws -> SpeechEncoder {
    let source = ParameterSource.stored(encoderTensors, path: path)
    let network = try SpeechEncoder(encoder, from: source)
    try source.checkAllTaken()
    return network
  }

  /// The encoder's arrays, named as its family names them without the prefix.
  public var encoderTensors: [String: StoredTensor] {
    let prefix = encoder.family.prefix + "."
    return Dictionary(
      uniqueKeysWithValues: tensors.filter { $0.key.hasPrefix(prefix) }
        .map { (String($0.key.dropFirst(prefix.count)), $0.value) })
  }

  /// What the shortest clip is filled up to, by ``SpeechClassifier/clipLength``.
  private static let leastSamples = 3 * FrontEnd().hopSamples

  /// Throws where the shortest clip has no step, or the sizes need far more numbers than the weights have, before memory is taken for them.
  private static func check(
    _ sizes: SpeechEncoderConfiguration, against tensors: [String: StoredTensor], path: String
  ) throws(CheckpointError) {
    guard sizes.windowSamples <= leastSamples else {
      throw .configuration(
        path: path,
        reason: "its convolutions read \(sizes.windowSamples) samples at once, and clips can have \(leastSamples)")
    }
    let found = tensors.values.reduce(0.0) { $0 + $1.shape.reduce(1.0) { $0 * Double($1) } }
    guard sizes.leastParameterCount > 4 * found + 1e6 else { return }
    func millions(_ count: Double) -> String { String(format: "%.1f", count / 1e6) }
    throw .configuration(
      path: path,
      reason:
        "its sizes need more than \(millions(sizes.leastParameterCount)) million parameters, and the weights hold \(millions(found)) million"
    )
  }
}

extension SpeechEncoderConfiguration {
  /// Parameters of the projection and of the layers' matrices, which are nearly all.
  fileprivate var leastParameterCount: Double {
    let (width, inner) = (Double(hiddenSize), Double(intermediateSize))
    var total = width * Double(convolutionWidths.last ?? 0)
    var channels = 1.0
    for (filters, kernel) in zip(convolutionWidths, convolutionKernels) {
      total += channels * Double(filters) * Double(kernel)
      channels = Double(filters)
    }
    let taps = Double(positions) * (family == .data2vec ? Double(positionKernel) : 1)
    total += width * width / Double(positionGroups) * taps
    total += Double(layerCount) * (4 * width * width + 2 * width * inner)
    return total + (family == .wavLM ? Double(bucketCount) * Double(headCount) : 0)
  }

  /// Which behaviour is followed where there is more than one, in words.
  var notes: [String] {
    (isPreNorm ? ["hidden states as in transformers up to 5.15.0 (the last one after the final norm)"] : [])
      + (family == .wavLM ? ["attention heads of its own (transformers shows their mean)"] : [])
      + (paddingChangesSteps ? ["the clips of a batch run one by one, as padding would change their steps"] : [])
  }
}
