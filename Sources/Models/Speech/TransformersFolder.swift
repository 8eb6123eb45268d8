import Encoders
import Foundation
import Tensors

/// The layout of Hugging Face's transformers: `config.json` that names a `model_type`, `preprocessor_config.json`, and
/// weights.
enum TransformersFolder {
  typealias Object = [String: Any]

  static func read(_ folder: String) throws -> DownloadedModel.Parts {
    guard let object = try TrainedModel.object(in: folder, file: TrainedModel.configurationFile) else {
      throw CheckpointError.noConfiguration(path: folder)
    }
    let path = URL(fileURLWithPath: folder).appendingPathComponent(TrainedModel.configurationFile).path
    func wrong(_ reason: String) -> CheckpointError { .configuration(path: path, reason: reason) }
    let encoder = try encoder(object, path: path)
    if object["problem_type"] as? String == "multi_label_classification" {
      throw wrong(
        "its labels do not exclude each other (multi_label_classification), which Undertone has no figures for")
    }
    let input = try WaveformPreprocessing.read(folder: folder)

    let weights = try WeightFiles.read(folder: folder)
    let renewed = WeightNormNames.renewed(weights.tensors)
    guard renewed.count == weights.tensors.count else {
      throw CheckpointError.configuration(
        path: weights.path,
        reason: "it has a normalised weight under old and new names at once (weight_g and \(WeightNormNames.scale))")
    }
    let prefix = encoder.family.prefix + "."
    let isBare = !renewed.keys.contains { $0.hasPrefix(prefix) }
    let named = Dictionary(
      uniqueKeysWithValues: renewed.map { (isBare && !isOfPretraining($0.key) ? prefix + $0.key : $0.key, $0.value) })
    var parts = DownloadedModel.Parts(
      encoder: encoder, preprocessing: input?.preprocessing ?? WaveformPreprocessing(),
      tensors: named.filter { !isOfPretraining($0.key) }, leftOut: named.keys.filter(isOfPretraining).sorted(),
      path: weights.path,
      files: [path] + (input.map { [$0.path] } ?? []) + ([weights.path] + weights.files.filter { $0 != weights.path }),
      architecture: (object["architectures"] as? [Any])?.first as? String)
    if input == nil { parts.notes.append("no preprocessor_config.json: samples as they are") }
    guard let head = try head(object, parts.tensors, encoder, wrong) else {
      let others = parts.tensors.keys.filter { !$0.hasPrefix(prefix) }.sorted()
      guard others.isEmpty else {
        throw CheckpointError.configuration(
          path: weights.path,
          reason: "\(others.count) of its arrays are of no head that Undertone has: "
            + others.prefix(6).joined(separator: ", ") + (others.count > 6 ? ", …" : ""))
      }
      return parts
    }
    parts.head = head
    let labels = try labels(object, wrong)
    if let rows = parts.tensors[head.output + ".weight"]?.shape.first, rows != labels.count {
      throw wrong("it has \(labels.count) labels, and \(head.output).weight in \(weights.path) has \(rows) rows")
    }
    if object["problem_type"] as? String == "regression" {
      parts.dimensions = labels
    } else {
      parts.classes = labels
    }
    parts.notes += notes(head, architecture: parts.architecture)
    return parts
  }

  /// The encoder that a `config.json` describes.
  static func encoder(_ object: Object, path: String) throws(CheckpointError) -> SpeechEncoderConfiguration {
    func wrong(_ reason: String) -> CheckpointError { .configuration(path: path, reason: reason) }
    if let code = object["auto_map"], !(code is NSNull) {
      let names = (code as? Object)?.values.compactMap { $0 as? String } ?? []
      throw wrong("it wants Python code of its own (\(names.min() ?? "auto_map")), which Undertone does not run")
    }
    guard let type = object["model_type"] as? String else { throw wrong("it names no model_type") }
    guard SpeechEncoderConfiguration.Family(rawValue: type) != nil else {
      let known = SpeechEncoderConfiguration.Family.allCases.map(\.rawValue).joined(separator: ", ")
      throw wrong(
        "a model of the type \"\(type.prefix(60))\" is no encoder of speech that Undertone has; it has \(known)")
    }
    for key in ["add_adapter", "adapter_attn_dim"] where isSet(object[key]) {
      throw wrong("it has adapters (\(key)), which Undertone does not have")
    }
    let encoder: SpeechEncoderConfiguration
    do {
      encoder = try JSONDecoder().decode(
        SpeechEncoderConfiguration.self, from: JSONSerialization.data(withJSONObject: object))
    } catch {
      throw wrong(reason(error, object))
    }
    if let problem = encoder.problem { throw wrong(problem) }
    return encoder
  }

  static func isSet(_ value: Any?) -> Bool {
    guard let value, !(value is NSNull) else { return false }
    return (value as? NSNumber).map { $0 != 0 } ?? true
  }

  /// What is wrong with a value of `config.json`, by its key.
  private static func reason(_ error: any Error, _ object: Object) -> String {
    guard let error = error as? DecodingError else { return "it is malformed" }
    switch error {
    case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
      // A number that is too large for an Int comes without its key.
      let key =
        context.codingPath.first?.stringValue
        ?? object.filter { ($0.value as? NSNumber).map { abs($0.doubleValue) > 1e15 } ?? false }.keys.min()
      guard let key, let found = object[key] else { return "it is malformed" }
      let words = "\(found)".split(whereSeparator: \.isWhitespace).joined(separator: " ")
      return "its \(key) is none that Undertone has: \(words.prefix(60))"
    case .keyNotFound(let key, _): return "it has no \(key.stringValue)"
    @unknown default: return "it is malformed"
    }
  }

  // MARK: Head and labels

  /// The most labels that are taken for any.
  private static let mostLabels = 10_000

  /// The labels in the order of their outputs; LABEL_0, LABEL_1 … where none are given.
  private static func labels(_ object: Object, _ wrong: (String) -> CheckpointError) throws(CheckpointError) -> [String]
  {
    let count = (object["num_labels"] as? NSNumber)?.doubleValue
    guard let given = object["id2label"], !(given is NSNull) else {
      let count = count ?? 2
      guard count >= 1, count <= Double(mostLabels), count == count.rounded() else {
        throw wrong("its num_labels is no number of labels: \(count)")
      }
      return (0..<Int(count)).map { "LABEL_\($0)" }
    }
    guard let map = given as? Object, !map.isEmpty, map.count <= mostLabels else {
      throw wrong("its id2label gives no names to outputs")
    }
    var labels: [String] = []
    for number in 0..<map.count {
      guard let value = map[String(number)] else {
        throw wrong("its id2label has \(map.count) labels, and none for output \(number)")
      }
      guard let name = (value as? String) ?? (value as? NSNumber).map({ "\($0)" }),
        !name.allSatisfy(\.isWhitespace)
      else { throw wrong("its id2label has no name for output \(number)") }
      guard !labels.contains(name) else { throw wrong("its id2label has \"\(name.prefix(60))\" twice") }
      labels.append(name)
    }
    if let count, count != Double(labels.count) {
      throw wrong("its num_labels is \(NSNumber(value: count)), and its id2label has \(labels.count) labels")
    }
    return labels
  }

  /// The head by the arrays that are there: the class that `architectures` names is not always the one that was trained.
  private static func head(
    _ object: Object, _ tensors: [String: StoredTensor], _ encoder: SpeechEncoderConfiguration,
    _ wrong: (String) -> CheckpointError
  ) throws(CheckpointError) -> SpeechHead? {
    func rows(_ name: String) -> Int? { tensors[name].flatMap(\.shape.first) }
    func columns(_ name: String) -> Int? { tensors[name].flatMap { $0.shape.count == 2 ? $0.shape[1] : nil } }
    let weighted = isSet(object["use_weighted_layer_sum"])
    let outputs = ["classifier.output", "classifier.out_proj"]
    let output = outputs.first { tensors["\($0).weight"] != nil }
    if output != nil || tensors["classifier.dense.weight"] != nil {
      if let pooling = object["pooling_mode"] as? String, pooling != "mean" {
        throw wrong("its pooling_mode is \"\(pooling.prefix(60))\"; Undertone has the mean over steps only")
      }
      let width = rows("classifier.dense.weight") ?? output.flatMap { columns("\($0).weight") } ?? encoder.hiddenSize
      return SpeechHead(
        .dense, width: width, usesAllStates: weighted && tensors["layer_weights"] != nil, output: output ?? outputs[0])
    }
    guard tensors["projector.weight"] != nil || tensors["classifier.weight"] != nil else { return nil }
    let width = rows("projector.weight") ?? columns("classifier.weight") ?? encoder.hiddenSize
    return SpeechHead(.projected, width: width, usesAllStates: weighted)
  }

  private static func notes(_ head: SpeechHead, architecture: String?) -> [String] {
    guard head.kind == .dense else { return [] }
    let arrays = "head read from the arrays: classifier.dense, \(head.output)"
    guard let architecture, architecture.hasSuffix("ForSequenceClassification") else {
      return ["\(arrays); transformers has no class with it"]
    }
    return ["\(arrays); transformers would draw a random head"]
  }

  /// Whether an array belongs to what the encoder was trained with, and explains nothing of emotions.
  private static func isOfPretraining(_ name: String) -> Bool {
    [
      "quantizer.", "project_hid.", "project_q.", "lm_head.", "speaker_proj.", "label_embeddings_concat",
      "layer_norm_for_extract.",
    ].contains(where: name.hasPrefix)
  }
}

extension WaveformPreprocessing {
  /// `preprocessor_config.json` of a folder, and its path; nil where there is none.
  static func read(folder: String) throws(CheckpointError) -> (preprocessing: WaveformPreprocessing, path: String)? {
    let file = "preprocessor_config.json"
    guard let object = try TrainedModel.object(in: folder, file: file) else { return nil }
    let path = URL(fileURLWithPath: folder).appendingPathComponent(file).path
    func wrong(_ reason: String) -> CheckpointError { .configuration(path: path, reason: reason) }
    func number(_ key: String, default value: Int) throws(CheckpointError) -> NSNumber {
      guard let found = object[key], !(found is NSNull) else { return NSNumber(value: value) }
      guard let number = found as? NSNumber else { throw wrong("its \(key) is no number") }
      return number
    }
    func truth(_ key: String, default value: Bool) throws(CheckpointError) -> Bool {
      guard let found = object[key], !(found is NSNull) else { return value }
      guard let truth = found as? Bool else { throw wrong("its \(key) is neither true nor false") }
      return truth
    }
    let needed = SpeechEncoderConfiguration.sampleRate
    let rate = try number("sampling_rate", default: needed)
    guard rate.doubleValue == Double(needed) else {
      throw wrong("a sampling rate of \(rate) Hz; encoders of speech take \(needed) Hz")
    }
    let size = try number("feature_size", default: 1)
    guard size.doubleValue == 1 else { throw wrong("it makes features of \(size) values, not a waveform") }
    // What transformers' feature extractor does where the file is silent.
    let normalizes = try truth("do_normalize", default: true)
    _ = try truth("return_attention_mask", default: false)
    return (WaveformPreprocessing(normalizes: normalizes), path)
  }
}
