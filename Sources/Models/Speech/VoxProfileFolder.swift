import Encoders
import Foundation
import Tensors

/// The layout of Vox-Profile's emotions on WavLM: `config.json` with the arguments of its class, and all arrays in one file.
/// The encoder's sizes are those of the arrays, and of the published one that `pretrain_model` stands for.
enum VoxProfileFolder {
  /// The argument that such a `config.json` has.
  static let key = "pretrain_model"

  /// The order of nine outputs, by the published example.
  private static let emotions = [
    "Anger", "Contempt", "Disgust", "Fear", "Happiness", "Neutral", "Sadness", "Surprise", "Other",
  ]
  private static let dimensions = ["arousal", "valence", "dominance"]

  static func isOne(_ folder: String) throws -> Bool {
    let object = try TrainedModel.object(in: folder, file: TrainedModel.configurationFile)
    return object?[key] != nil && object?["model_type"] == nil
  }

  static func read(_ folder: String) throws -> DownloadedModel.Parts {
    let object = try TrainedModel.object(in: folder, file: TrainedModel.configurationFile) ?? [:]
    let path = URL(fileURLWithPath: folder).appendingPathComponent(TrainedModel.configurationFile).path
    func wrong(_ reason: String) -> CheckpointError { .configuration(path: path, reason: reason) }
    let name = object[key] as? String ?? "\(object[key] ?? "")"
    guard ["wavlm", "wavlm_large"].contains(name) else {
      throw wrong("a Vox-Profile model on \"\(name.prefix(60))\"; Undertone has those on wavlm and wavlm_large")
    }
    guard object["use_conv_output"].map({ $0 as? Bool == true }) ?? true else {
      throw wrong("its sum leaves out the first state (use_conv_output), which Undertone does not have")
    }
    let weights = try WeightFiles.read(folder: folder)
    let prefix = SpeechEncoderConfiguration.Family.wavLM.prefix + "."
    let renewed = try merged(WeightNormNames.renewed(weights.tensors), path: weights.path)
    var tensors = Dictionary(
      uniqueKeysWithValues: renewed.map { name, array in
        let start = "backbone_model."
        return (name.hasPrefix(start) ? prefix + name.dropFirst(start.count) : name, array)
      })
    // Convolutions over one step are linear maps.
    for number in [0, 3, 6] {
      let name = "model_seq.\(number).weight"
      guard let array = tensors[name], array.shape.count == 3, array.shape[2] == 1 else { continue }
      tensors[name] = StoredTensor(array.tensor.reshaped(Array(array.shape.dropLast())))
    }
    let own = tensors.filter { $0.key.hasPrefix(prefix) }
    let arrays = Dictionary(uniqueKeysWithValues: own.map { (String($0.key.dropFirst(prefix.count)), $0.value) })
    var encoder = try SpeechEncoderConfiguration(.wavLM, by: arrays, path: weights.path)
    encoder.isPreNorm = name == "wavlm_large"

    let classified = "emotion_layer"
    let outputs = tensors["\(classified).2.weight"]?.shape.first
    let branches = outputs == nil ? dimensions.map { "\($0)_layer" } : [classified]
    let others = ["detailed_out_layer", "gender_layer"] + dimensions.map { "\($0)_layer" }
    let leftOut = tensors.keys.filter { name in
      others.contains { !branches.contains($0) && name.hasPrefix("\($0).") }
    }.sorted()
    leftOut.forEach { tensors[$0] = nil }
    let width = tensors["model_seq.0.weight"]?.shape.first ?? 256
    return DownloadedModel.Parts(
      head: SpeechHead(.pointwise, width: width, usesAllStates: true, branches: branches), encoder: encoder,
      // Only the large one's code calls the feature extractor.
      preprocessing: WaveformPreprocessing(normalizes: name == "wavlm_large"), tensors: tensors, leftOut: leftOut,
      classes: outputs.map { count in
        count == emotions.count ? emotions : (0..<min(count, 10_000)).map { "LABEL_\($0)" }
      } ?? [],
      dimensions: outputs == nil ? dimensions : [], path: weights.path,
      files: [path] + ([weights.path] + weights.files.filter { $0 != weights.path }), architecture: "WavLMWrapper",
      notes: (outputs == emotions.count ? ["labels in the order of Vox-Profile's example, as the folder has none"] : [])
        + (renewed.count < weights.tensors.count
          ? ["LoRA's matrices are added to the weights, their product over the rank, as loralib does"] : []))
  }

  /// The arrays with LoRA's added to what they change: W + B A / r, with loralib's factor 1 (Hu et al. 2022).
  private static func merged(
    _ arrays: [String: StoredTensor], path: String
  ) throws(CheckpointError) -> [String: StoredTensor] {
    var merged = arrays.filter { !$0.key.hasSuffix(".lora_A") && !$0.key.hasSuffix(".lora_B") }
    for (name, down) in arrays where name.hasSuffix(".lora_A") {
      let start = String(name.dropLast("lora_A".count))
      guard let up = arrays["\(start)lora_B"], let weight = arrays["\(start)weight"], weight.shape.count == 2,
        let rank = down.shape.first, rank > 0, down.shape == [rank, weight.shape[1]],
        up.shape == [weight.shape[0], rank]
      else { throw .configuration(path: path, reason: "\(name) does not fit \(start)lora_B and \(start)weight") }
      merged["\(start)weight"] = StoredTensor(
        weight.tensor + up.tensor.matrixProduct(down.tensor).scaled(by: 1 / Float(rank)))
    }
    return merged
  }
}

extension SpeechEncoderConfiguration {
  /// The sizes that arrays have, with the strides, activation and switches of all published encoders; heads by the table of
  /// distances, or of 64 features each.
  /// - Parameters:
  ///   - arrays: The encoder's, without a prefix.
  ///   - path: The path of their file, for errors.
  init(_ family: Family, by arrays: [String: StoredTensor], path: String) throws(CheckpointError) {
    self.init(family)
    func shape(_ name: String, _ rank: Int) throws(CheckpointError) -> [Int] {
      guard let found = arrays[name]?.shape, found.count == rank, !found.contains(0) else {
        throw .configuration(path: path, reason: "no encoder of speech: it has no \(name) with \(rank) dimensions")
      }
      return found
    }
    func convolution(_ index: Int) -> String { "feature_extractor.conv_layers.\(index)" }
    for index in convolutionWidths.indices {
      let found = try shape("\(convolution(index)).conv.weight", 3)
      (convolutionWidths[index], convolutionKernels[index]) = (found[0], found[2])
    }
    convolutionsHaveBias = arrays["\(convolution(0)).conv.bias"] != nil
    convolutionNorm = arrays["\(convolution(1)).layer_norm.weight"] == nil ? .group : .layer
    // Of the published ones those with a norm in each convolution, and no others.
    isPreNorm = convolutionNorm == .layer
    hiddenSize = try shape("feature_projection.projection.weight", 2)[0]
    let taps = try shape("encoder.pos_conv_embed.conv.\(WeightNormNames.direction)", 3)
    (positions, positionGroups) = (taps[2], max(1, hiddenSize / taps[1]))
    layerCount = (0..<257).first { arrays["encoder.layers.\($0).layer_norm.weight"] == nil } ?? 257
    intermediateSize = try shape("encoder.layers.0.feed_forward.intermediate_dense.weight", 2)[0]
    headCount = max(1, hiddenSize / 64)
    if family == .wavLM {
      let table = try shape("encoder.layers.0.attention.rel_attn_embed.weight", 2)
      (bucketCount, headCount) = (table[0], table[1])
    }
    if let problem { throw .configuration(path: path, reason: problem) }
  }
}
