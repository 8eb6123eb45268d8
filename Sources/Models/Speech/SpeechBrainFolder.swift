import Basics
import Encoders
import Foundation
import Tensors

/// The layout of SpeechBrain's emotion recognition with wav2vec 2.0: `hyperparams.yaml`, the encoder in `wav2vec2.ckpt`, the
/// linear map in `model.ckpt`, and `label_encoder.txt`. Of the encoder's sizes the folder says nothing: they are those of
/// the arrays, and `config.json` of the encoder is read where it stands beside them.
///
/// SpeechBrain adds noise of at most 9e-5 to the mean over steps, which is left out here.
enum SpeechBrainFolder {
  private static let (settings, weights, head) = ("hyperparams.yaml", "wav2vec2.ckpt", "model.ckpt")
  private static let labels = "label_encoder.txt"

  static func isOne(_ folder: String) -> Bool {
    [settings, weights].allSatisfy { FileManager.default.fileExists(atPath: path(folder, $0)) }
  }

  private static func path(_ folder: String, _ file: String) -> String {
    URL(fileURLWithPath: folder).appendingPathComponent(file).path
  }

  static func read(_ folder: String) throws -> DownloadedModel.Parts {
    func wrong(_ file: String, _ reason: String) -> CheckpointError {
      .configuration(path: path(folder, file), reason: reason)
    }
    let given = try text(folder, settings)
    func setting(_ key: String) -> String? {
      given.split(whereSeparator: \.isNewline).lazy.compactMap { line -> String? in
        let parts = line.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, parts[0].trimmingCharacters(in: .whitespaces) == key else { return nil }
        return parts[1].split(separator: "#").first.map { $0.trimmingCharacters(in: .whitespaces) }
      }.first
    }
    guard setting("output_norm")?.lowercased() == "true" else {
      throw wrong(settings, "its encoder has no output_norm: True, which a folder of SpeechBrain's is read with")
    }
    guard setting("return_std")?.lowercased() == "false" else {
      throw wrong(settings, "its pooling has no return_std: False; Undertone has the mean over steps only")
    }
    guard setting("output_all_hiddens").map({ $0.lowercased() == "false" }) ?? true else {
      throw wrong(settings, "its head reads all states (output_all_hiddens), which Undertone does not have")
    }

    let stored = WeightNormNames.renewed(try PyTorchFile.read(path(folder, weights)))
    let start = "model."
    let strangers = stored.keys.filter { !$0.hasPrefix(start) }.sorted()
    guard strangers.isEmpty else {
      throw wrong(weights, "\(strangers.count) of its arrays are of no encoder, such as \(strangers[0])")
    }
    let arrays = Dictionary(uniqueKeysWithValues: stored.map { (String($0.key.dropFirst(start.count)), $0.value) })
    let object = try TrainedModel.object(in: folder, file: TrainedModel.configurationFile)
    let name = setting("wav2vec2_hub") ?? setting("source") ?? ""
    let isDescribed = object?["model_type"] != nil
    let encoder =
      isDescribed
      ? try TransformersFolder.encoder(object!, path: path(folder, TrainedModel.configurationFile))
      : try SpeechEncoderConfiguration(family(name), by: arrays, path: path(folder, weights))
    let input = try WaveformPreprocessing.read(folder: folder)
    var preprocessing = input?.preprocessing ?? WaveformPreprocessing(normalizes: true)
    // PyTorch's layer_norm, which SpeechBrain calls.
    preprocessing.epsilon = 1e-5

    let map = try PyTorchFile.read(path(folder, head))
    let names = try classes(folder)
    guard map.count == 1, let weight = map["0.w.weight"] else {
      throw wrong(head, "it holds \(map.keys.sorted().prefix(6).joined(separator: ", ")), and not 0.w.weight alone")
    }
    guard weight.shape.first == names.count else {
      throw wrong(
        labels, "\(names.count) labels, and 0.w.weight in \(path(folder, head)) has the shape \(weight.shape)")
    }
    var tensors = Dictionary(uniqueKeysWithValues: arrays.map { ("\(encoder.family.prefix).\($0.key)", $0.value) })
    tensors["classifier.weight"] = weight
    tensors["classifier.bias"] = StoredTensor(.zeros([names.count]))
    return DownloadedModel.Parts(
      head: SpeechHead(.standardized), encoder: encoder, preprocessing: preprocessing, tensors: tensors, classes: names,
      path: path(folder, weights),
      files: [settings, weights, head, labels].map { path(folder, $0) }
        + (isDescribed ? [path(folder, TrainedModel.configurationFile)] : []) + (input.map { [$0.path] } ?? []),
      architecture: name.isEmpty ? nil : name,
      notes: ["SpeechBrain's layout, without the noise of at most 9e-5 that it adds to the mean over steps"]
        + (isDescribed ? [] : ["sizes of the encoder by its arrays, heads of 64 features"])
        + (input == nil ? ["no preprocessor_config.json: each clip at mean 0 and variance 1"] : []))
  }

  private static func family(_ name: String) -> SpeechEncoderConfiguration.Family {
    name.lowercased().contains("hubert") ? .hubert : name.lowercased().contains("wavlm") ? .wavLM : .wav2vec2
  }

  private static func text(_ folder: String, _ file: String) throws -> String {
    let path = path(folder, file)
    do {
      guard let data = try contents(of: path, limit: SizeLimit.configuration) else {
        throw CheckpointError.configuration(path: path, reason: "no such file")
      }
      return String(decoding: data, as: UTF8.self)
    } catch let error as FileError {
      throw CheckpointError.file(error)
    }
  }

  /// The labels in lines such as 'neu' => 0, up to a line of equals signs.
  private static func classes(_ folder: String) throws -> [String] {
    var found: [Int: String] = [:]
    for line in try text(folder, labels).split(whereSeparator: \.isNewline) {
      if line.hasPrefix("===") { break }
      guard let match = line.wholeMatch(of: /\s*'(.+)' => (\d{1,5})\s*/), let number = Int(match.2) else { continue }
      guard found.updateValue(String(match.1), forKey: number) == nil else {
        throw CheckpointError.configuration(path: path(folder, labels), reason: "two labels of output \(number)")
      }
    }
    guard !found.isEmpty, found.keys.max() == found.count - 1 else {
      throw CheckpointError.configuration(path: path(folder, labels), reason: "no label for each output from 0 on")
    }
    return (0..<found.count).map { found[$0]! }
  }
}
