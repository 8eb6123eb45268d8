import Basics
import Encoders
import Foundation
import Layers
import Tensors

/// What a model is, as `undertone models FOLDER` says it. There is one only of a model that is whole: all of its arrays are
/// there, of their shapes and finite.
public struct ModelDescription: Encodable, Equatable, Sendable {
  /// An encoder of speech, by itself or as a part of a network.
  public struct Encoder: Encodable, Equatable, Sendable {
    public let family: String
    public let layers, width, heads: Int
    /// Whether each clip is brought to mean 0 and variance 1 (`do_normalize`).
    public let normalizes: Bool
    /// What becomes of the padding of a batch: it is "masked", or each clip runs "alone".
    public let padding: String
  }

  public let folder: String
  /// The model's name for `train`; nil of an encoder without a head.
  public let architecture: String?
  public let title: String
  public let encoder: Encoder?
  /// How the head works, in words; nil of Undertone's own networks, and of an encoder without one.
  public let head: String?
  /// The outputs in their order: classes, then dimensions.
  public let classes, dimensions: [String]
  /// In Hz; nil of an encoder of images.
  public let samplingRate: Int?
  public let parameters: Int
  /// Of the arrays in the files, in bytes.
  public let size: Int
  /// The types of the arrays' elements, as safetensors calls them.
  public let types: [String]
  /// Names of the files that are read.
  public let files: [String]
  /// Names of the arrays that are not used.
  public let leftOut: [String]
  /// The licence that the folder names.
  public let licence: String?
  /// Which behaviour is followed where there is more than one, and what an encoder is for.
  public let notes: [String]
  /// Facts about the training.
  public let training: [String: String]

  /// - Throws: As `TrainedModel.init(folder:)`, but for an encoder without a head.
  public init(folder: String) throws {
    let object = try TrainedModel.object(in: folder, file: TrainedModel.configurationFile)
    if object?["model_type"] as? String == "convnext" {
      try self.init(convNeXt: folder)
    } else if try TrainedModel.isDownloaded(folder) {
      try self.init(DownloadedModel(folder: folder), folder: folder)
    } else {
      try self.init(TrainedModel(folder: folder), folder: folder)
    }
  }

  private init(_ downloaded: DownloadedModel, folder: String) throws {
    let parameters: [Parameter]
    if downloaded.head == nil {
      parameters = try downloaded.bareEncoder().weights
    } else {
      parameters = try downloaded.network().weights
    }
    let stored = downloaded.tensors.values
    (self.folder, title) = (folder, downloaded.encoder.family.title)
    architecture = downloaded.head == nil ? nil : SpeechClassifier.name
    encoder = Encoder(downloaded.encoder, downloaded.preprocessing)
    head = downloaded.head?.summary
    (classes, dimensions) = (downloaded.configuration.classes, downloaded.configuration.dimensions)
    samplingRate = SpeechEncoderConfiguration.sampleRate
    self.parameters = parameters.reduce(0) { $0 + $1.value.count }
    size = stored.reduce(0) { $0 + $1.byteCount }
    types = Set(stored.map(\.element.rawValue)).sorted()
    files = downloaded.files.map { URL(fileURLWithPath: $0).lastPathComponent }
    leftOut = downloaded.leftOut
    licence = Self.licence(of: folder)
    notes = downloaded.notes + (downloaded.head == nil ? [Self.useOfEncoder] : [])
    training = [:]
  }

  private init(convNeXt folder: String) throws {
    guard let part = try Pretrained([.convnext: folder]).convnext, let tensors = part.tensors else {
      fault("a folder of a ConvNeXt without one")
    }
    let source = ParameterSource.stored(tensors, path: part.path)
    let network = try ConvNeXt(part.configuration, from: source)
    try source.checkAllTaken()
    (self.folder, title, architecture) = (folder, "ConvNeXt", nil)
    (encoder, head, samplingRate) = (nil, nil, nil)
    (classes, dimensions, leftOut, training) = ([], [], [], [:])
    parameters = network.weights.reduce(0) { $0 + $1.value.count }
    size = tensors.values.reduce(0) { $0 + $1.byteCount }
    types = Set(tensors.values.map(\.element.rawValue)).sorted()
    files = [TrainedModel.configurationFile, URL(fileURLWithPath: part.path).lastPathComponent]
    licence = Self.licence(of: folder)
    notes = ["an encoder of images: undertone train mmfusion reads spectrograms with it (--convnext)"]
  }

  /// A model of Undertone's own.
  /// - Parameter folder: Where it is from: a folder, or "built-in".
  public init(_ model: TrainedModel, folder: String) {
    let stored = model.network.storedTensors.values
    let network = model.configuration.network
    let own: (encoder: SpeechEncoderConfiguration, preprocessing: WaveformPreprocessing)? =
      (network as? SpeechClassifier.Configuration).map { ($0.encoder, $0.preprocessing) }
      ?? (network as? HUBERTFT.Configuration).map { ($0.encoder, $0.preprocessing) }
      ?? (network as? MMFUSION.Configuration).map { ($0.encoder, $0.preprocessing) }
    self.folder = folder
    (architecture, title) = (model.kind.name, model.network.title)
    encoder = own.map { Encoder($0.encoder, $0.preprocessing) }
    head = (network as? SpeechClassifier.Configuration)?.head.summary
    (classes, dimensions) = (model.classes, model.dimensions)
    samplingRate = model.configuration.frontEnd.sampleRate
    parameters = model.network.weights.reduce(0) { $0 + $1.value.count }
    size = stored.reduce(0) { $0 + $1.byteCount }
    types = Set(stored.map(\.element.rawValue)).sorted()
    files =
      [TrainedModel.configurationFile, TrainedModel.weightsFile] + (model.domain == nil ? [] : [TrainingDomain.file])
    leftOut = []
    licence = Self.licence(of: folder)
    notes = own?.encoder.notes ?? []
    training = model.configuration.training
  }

  static let useOfEncoder =
    "an encoder without a head predicts nothing: undertone train probe, hubertft and mmfusion train one on it (--encoder)"

  // MARK: Words

  /// The facts, each with its name: "labels", "neu, hap, ang, sad".
  public var facts: [(name: String, words: String)] {
    func some(_ names: [String]) -> String {
      names.prefix(4).joined(separator: ", ") + (names.count > 4 ? " and \(names.count - 4) more" : "")
    }
    var facts: [(String, String)] = []
    if let encoder {
      facts.append(
        ("encoder", "\(encoder.family), \(encoder.layers) layers × \(encoder.width) × \(encoder.heads) heads"))
    }
    if let head { facts.append(("head", head)) }
    if !classes.isEmpty { facts.append(("labels", classes.joined(separator: ", "))) }
    if !dimensions.isEmpty { facts.append(("dimensions", dimensions.joined(separator: ", "))) }
    var input = samplingRate.map { "\($0) Hz" } ?? "images"
    if let encoder {
      input += encoder.normalizes ? ", each clip at mean 0 and variance 1" : ", samples as they are"
      input += encoder.padding == "masked" ? ", padding masked" : ", one clip at a time"
    }
    let megabytes = String(format: "%.1f", Double(size) / 1e6)
    facts += [
      ("input", input), ("parameters", "\(parameters) (\(megabytes) MB, \(types.joined(separator: ", ")))"),
      ("files", some(files)),
    ]
    if !leftOut.isEmpty { facts.append(("left out", "\(leftOut.count) arrays: \(some(leftOut))")) }
    if let licence { facts.append(("licence", licence)) }
    facts += notes.map { ("note", $0) }
    return facts + training.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  // MARK: Licence

  /// The licence in the front matter of the folder's README.md, or in its configuration.
  private static func licence(of folder: String) -> String? {
    let url = URL(fileURLWithPath: folder)
    let page = (try? contents(of: url.appendingPathComponent("README.md").path, limit: SizeLimit.configuration)) ?? nil
    if let page, let found = licence(inFrontMatter: String(decoding: page, as: UTF8.self)) { return found }
    let object = (try? TrainedModel.object(in: folder, file: TrainedModel.configurationFile)) ?? nil
    return (object?["license"] ?? object?["licence"]) as? String
  }

  /// The value of `license` between the lines "---" at a text's start; of a list the first item.
  static func licence(inFrontMatter text: String) -> String? {
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    guard lines.first?.trimmingCharacters(in: .whitespaces) == "---" else { return nil }
    let front = lines.dropFirst().prefix { $0.trimmingCharacters(in: .whitespaces) != "---" }
    let quotes = CharacterSet(charactersIn: "\"' \t")
    guard let place = front.firstIndex(where: { $0.hasPrefix("license:") }) else { return nil }
    let value = front[place].dropFirst("license:".count).trimmingCharacters(in: quotes)
    guard value.isEmpty else { return String(value.prefix(100)) }
    guard let item = front[(place + 1)...].first?.trimmingCharacters(in: .whitespaces), item.hasPrefix("-") else {
      return nil
    }
    let first = item.dropFirst().trimmingCharacters(in: quotes)
    return first.isEmpty ? nil : String(first.prefix(100))
  }
}

extension ModelDescription.Encoder {
  init(_ sizes: SpeechEncoderConfiguration, _ preprocessing: WaveformPreprocessing) {
    family = sizes.family.title
    (layers, width, heads) = (sizes.layerCount, sizes.hiddenSize, sizes.headCount)
    normalizes = preprocessing.normalizes
    padding = sizes.paddingChangesSteps ? "alone" : "masked"
  }
}
