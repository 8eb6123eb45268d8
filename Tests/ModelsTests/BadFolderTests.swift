import Basics
import Foundation
import TestSupport
import Testing

@testable import Encoders
@testable import Layers
@testable import Models
@testable import Tensors

/// A folder of Tests/Fixtures/encoders with something wrong, and words of the line that says so.
struct BadFolder: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let base: String
  let words: [String]
  let change: @Sendable (FreshFolder) throws -> Void

  init(
    _ description: String, of base: String = "hubert-base-er", naming words: String...,
    change: @escaping @Sendable (FreshFolder) throws -> Void
  ) {
    (testDescription, self.base, self.words, self.change) = (description, base, words, change)
  }

  /// A folder whose `config.json`, or another file, has these values; nil removes a key.
  init(
    _ key: String, _ value: @autoclosure @escaping @Sendable () -> Any?, of base: String = "hubert-base-er",
    in file: String = "config.json", naming words: String...
  ) {
    self.init(key, base, words) { try $0.edit(file) { $0[key] = value() } }
  }

  private init(
    _ description: String, _ base: String, _ words: [String], change: @escaping @Sendable (FreshFolder) throws -> Void
  ) {
    (testDescription, self.base, self.words, self.change) = (description, base, words, change)
  }

  func made() throws -> FreshFolder {
    let folder = try FreshFolder.copy(of: base)
    try change(folder)
    return folder
  }
}

extension FreshFolder {
  /// A copy of a folder of Tests/Fixtures/encoders.
  static func copy(of name: String) throws -> FreshFolder {
    let folder = try FreshFolder()
    for file in try FileManager.default.contentsOfDirectory(atPath: Checkout.fixture("encoders/\(name)").path)
    where file != "expected.safetensors" {
      try folder.write(try Data(contentsOf: Checkout.fixture("encoders/\(name)/\(file)")), to: file)
    }
    return folder
  }

  func edit(_ file: String, _ change: (inout [String: Any]) -> Void) throws {
    var object = try #require(try JSONSerialization.jsonObject(with: contents(file)) as? [String: Any])
    change(&object)
    try write(try JSONSerialization.data(withJSONObject: object), to: file)
  }

  func editWeights(_ change: (inout [String: StoredTensor]) -> Void) throws {
    var tensors = try WeightFiles.read(folder: path).tensors
    change(&tensors)
    try Safetensors.write(tensors, to: path("edited.safetensors"))
    for file in WeightFiles.sought where FileManager.default.fileExists(atPath: path(file)) {
      try FileManager.default.removeItem(atPath: path(file))
    }
    try FileManager.default.moveItem(atPath: path("edited.safetensors"), toPath: path("model.safetensors"))
  }

  func remove(_ file: String) throws { try FileManager.default.removeItem(atPath: path(file)) }
}

@Suite("Folders that are no whole models are refused in one clear line")
struct BadFolderTests {
  static let folders: [BadFolder] = [
    BadFolder("config.json without weights", naming: "no weights", "pytorch_model.bin") {
      try $0.remove("model.safetensors")
    },
    BadFolder("weights without config.json", naming: "no config.json") { try $0.remove("config.json") },
    BadFolder("model_type", "bert", naming: "\"bert\" is no encoder of speech", "wavlm"),
    BadFolder("model_type", 7, naming: "no model_type"),
    BadFolder("auto_map", ["AutoModel": "modeling_own.OwnModel"], naming: "Python code", "modeling_own.OwnModel"),
    BadFolder("auto_map", ["modeling_own.OwnModel"], naming: "Python code"),
    BadFolder("add_adapter", true, of: "wav2vec2-base-er", naming: "add_adapter"),
    BadFolder("adapter_attn_dim", 16, of: "hubert-large-er", naming: "adapter_attn_dim"),
    BadFolder("sampling_rate", 8000, in: "preprocessor_config.json", naming: "sampling rate of 8000 Hz", "16000 Hz"),
    BadFolder("sampling_rate", "16000", in: "preprocessor_config.json", naming: "sampling_rate is no number"),
    BadFolder("do_normalize", "yes", in: "preprocessor_config.json", naming: "do_normalize is neither"),
    BadFolder("feature_size", 80, in: "preprocessor_config.json", naming: "80 values"),
    BadFolder(
      "id2label", ["0": "neu", "1": "hap", "2": "ang", "4": "sad"], naming: "4 labels, and none for output 3"),
    BadFolder("id2label", ["0": "neu", "1": "hap", "2": "neu", "3": "sad"], naming: "\"neu\" twice"),
    BadFolder("id2label", ["0": "neu", "1": " ", "2": "ang", "3": "sad"], naming: "no name for output 1"),
    BadFolder("id2label", ["0": "neu", "1": [], "2": "ang", "3": "sad"], naming: "no name for output 1"),
    BadFolder("id2label", ["neu", "hap", "ang", "sad"], naming: "id2label gives no names"),
    BadFolder(
      "id2label", ["0": "neu", "1": "hap", "2": "ang"], naming: "3 labels", "classifier.weight", "4 rows"),
    BadFolder("num_labels", 3, naming: "num_labels is 3", "4 labels"),
    BadFolder("num_labels", 3, of: "wav2vec2-base-er", naming: "3 labels", "classifier.weight", "2 rows"),
    BadFolder("num_labels", -1, of: "wav2vec2-base-er", naming: "no number of labels"),
    BadFolder("hidden_act", "swish", naming: "hidden_act", "swish"),
    BadFolder("feat_extract_activation", "silu", naming: "feat_extract_activation", "silu"),
    BadFolder("feat_extract_norm", "batch", naming: "feat_extract_norm", "batch"),
    BadFolder("conv_kernel", [10, 3, 3], naming: "conv_dim, conv_kernel and conv_stride", "one length"),
    BadFolder("conv_dim", [], naming: "one length"),
    BadFolder("conv_dim", "512", naming: "conv_dim", "512"),
    BadFolder("conv_stride", [5, 2, 2, 2, 2, 300, 2], naming: "samples at once"),
    BadFolder("conv_stride", [5, 2, 2, 2, 2, 2, 0], naming: "between 1 and 65536"),
    BadFolder("hidden_size", 25, naming: "25 is no multiple", "num_attention_heads 4"),
    BadFolder("hidden_size", 60_000, naming: "million parameters"),
    BadFolder("hidden_size", 1e300, naming: "hidden_size"),
    BadFolder("hidden_size", -24, naming: "between 1 and 65536"),
    BadFolder("hidden_size", "24", naming: "hidden_size", "24"),
    BadFolder("num_hidden_layers", 0, naming: "1 to 256 layers"),
    BadFolder("num_hidden_layers", 4, naming: "tensors are missing", "encoder.layers.3"),
    BadFolder("num_hidden_layers", 2, naming: "do not belong", "encoder.layers.2"),
    BadFolder("layer_norm_eps", -1, naming: "layer_norm_eps"),
    BadFolder("hidden_dropout", 2, naming: "dropout"),
    BadFolder("problem_type", "multi_label_classification", naming: "multi_label_classification"),
    BadFolder("pooling_mode", "max", of: "wav2vec2-dense-output", naming: "pooling_mode", "max"),
    BadFolder("Arrays missing, too much and of other shapes", naming: "projector.bias", "stray", "[5, 12]", "[4]") {
      try $0.editWeights {
        $0["projector.bias"] = nil
        $0["classifier.stray"] = StoredTensor(.zeros([2]))
        $0["hubert.stray"] = StoredTensor(.zeros([2]))
        $0["classifier.bias"] = StoredTensor(.zeros([5, 12]))
      }
    },
    BadFolder("NaN", naming: "hubert.encoder.layer_norm.weight", "NaN") {
      try $0.editWeights {
        $0["hubert.encoder.layer_norm.weight"] = StoredTensor(Tensor([.nan], shape: [1]).expanded(24))
      }
    },
    BadFolder("A counter for weights", naming: "classifier.bias", "shape []") {
      try $0.editWeights { $0["classifier.bias"] = StoredTensor(7) }
    },
    BadFolder("An array of no head", naming: "no head that Undertone has", "regressor.weight") {
      try $0.editWeights {
        for name in ["projector.weight", "projector.bias", "classifier.weight", "classifier.bias", "layer_weights"] {
          $0[name] = nil
        }
        $0["regressor.weight"] = StoredTensor(.zeros([1, 24]))
      }
    },
    BadFolder("A bare encoder", of: "hubert-bare", naming: "without a head", "--encoder") { _ in },
    BadFolder("A whole model without its head's arrays", naming: "without a head") {
      try $0.editWeights {
        for name in ["projector.weight", "projector.bias", "classifier.weight", "classifier.bias", "layer_weights"] {
          $0[name] = nil
        }
      }
    },
    BadFolder("Old and new names of a normalised weight", naming: "old and new names") {
      try $0.editWeights {
        let conv = "hubert.encoder.pos_conv_embed.conv"
        let new = "\(conv).parametrizations.weight.original0"
        ($0["\(conv).weight_g"], $0[new]) = ($0[new] ?? $0["\(conv).weight_g"], $0["\(conv).weight_g"] ?? $0[new])
      }
    },
    BadFolder("config.json is a list", naming: "config.json", "not a JSON object") {
      try $0.write("[1, 2]", to: "config.json")
    },
    BadFolder("config.json is cut off", naming: "config.json", "not a JSON object") {
      try $0.write(try $0.contents("config.json").prefix(200), to: "config.json")
    },
    BadFolder("config.json is deeply nested", naming: "config.json", "not a JSON object") {
      try $0.write(String(repeating: "[", count: 100_000), to: "config.json")
    },
    BadFolder("preprocessor_config.json is text", naming: "preprocessor_config.json", "not a JSON object") {
      try $0.write("do_normalize", to: "preprocessor_config.json")
    },
    BadFolder("The weights are cut off", naming: "model.safetensors") {
      try $0.write(try $0.contents("model.safetensors").prefix(40_000), to: "model.safetensors")
    },
    BadFolder("The weights are a pointer of git lfs", naming: "model.safetensors", "git lfs pull") {
      try $0.write(
        "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1262000000\n", to: "model.safetensors")
    },
  ]

  @Test(arguments: folders)
  func refused(bad: BadFolder) throws {
    let folder = try bad.made()
    let error = try #require(throws: (any Error).self) { try TrainedModel(folder: folder.path) }
    let line = "\(error)"
    #expect(bad.words.allSatisfy(line.contains), "\(line)")
    #expect(line.hasPrefix(folder.path) && !line.contains(where: \.isNewline) && line.count < 1500, "\(line)")
  }

  @Test("A head of another class than config.json names is read from the arrays")
  func headOfArrays() throws {
    let model = try DownloadedModel(folder: Checkout.fixture("encoders/wav2vec2-dense-output").path)
    #expect(model.head == SpeechHead(.dense, width: 24, output: "classifier.output"))
    #expect(model.notes.contains { $0.contains("transformers would draw a random head") })
  }

  @Test("Parts of pretraining are left out", arguments: ["wav2vec2-base-er", "hubert-bare", "unispeech-sat-er"])
  func pretraining(name: String) throws {
    let folder = try FreshFolder.copy(of: name)
    let strangers = ["quantizer.codevectors", "project_hid.weight", "project_q.bias", "lm_head.weight"]
    try folder.editWeights { for stranger in strangers { $0[stranger] = StoredTensor(.zeros([3])) } }
    let model = try DownloadedModel(folder: folder.path)
    #expect(model.leftOut == strangers.sorted())
    #expect(throws: Never.self) { try model.bareEncoder() }
    if model.head != nil { #expect(throws: Never.self) { try model.network() } }
  }

  /// Values that sizes, switches and names never have.
  private static let oddValues = [
    "-1", "0", "1", "3", "7", "255", "65536", "65537", "2147483648", "9223372036854775807", "-9223372036854775808",
    "1e308", "-1e308", "1e999", "1.5", "0.1", "1e-300", "null", "true", "false", "\"\"", "\"24\"", "\"relu\"",
    "\"layer\"",
    "\"group\"", "\"wavlm\"", "\"wav2vec2\"", "\"data2vec-audio\"", "\"unispeech-sat\"", "\"hubert\"", "[]", "{}",
    "[[]]",
    "[1,2,3]", "[16,16,16,16,16,16,16]", "[-1,3,3,3,3,2,2]", "[1,1,1,1,1,1,1]", "{\"0\":\"a\",\"1\":\"b\"}",
    "[9223372036854775807]", "\"\\u0000\\n\"", "\"\\ud800\"", String(repeating: "[", count: 600),
    "\"" + String(repeating: "x", count: 5000) + "\"",
  ]

  /// A JSON text with one value replaced, or some of its bytes.
  static func mutated(_ text: [UInt8], using generator: inout SeededGenerator) -> [UInt8] {
    func below(_ count: Int) -> Int { Int(generator.uniform(in: 0..<1) * Double(count)) }
    var bytes = text
    if below(4) > 0 {
      // After one of the colons that begin a value.
      let colons = bytes.indices.filter { bytes[$0] == UInt8(ascii: ":") }
      guard !colons.isEmpty else { return bytes }
      let start = colons[below(colons.count)] + 1
      var (end, depth) = (start, 0)
      while end < bytes.count {
        if [UInt8(ascii: "["), UInt8(ascii: "{")].contains(bytes[end]) { depth += 1 }
        if [UInt8(ascii: "]"), UInt8(ascii: "}")].contains(bytes[end]) { depth -= 1 }
        if depth < 0 || depth == 0 && bytes[end] == UInt8(ascii: ",") { break }
        end += 1
      }
      bytes.replaceSubrange(start..<end, with: Array(Self.oddValues[below(Self.oddValues.count)].utf8))
      return bytes
    }
    for _ in 0...below(3) where !bytes.isEmpty {
      let place = below(bytes.count)
      switch below(4) {
      case 0: bytes[place] = UInt8(below(256))
      case 1: bytes.remove(at: place)
      case 2: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + below(40))], at: place)
      default: bytes.removeSubrange(place..<min(bytes.count, place + below(40)))
      }
    }
    return bytes
  }

  @Test("Damaged configurations: an error or a model that predicts", .timeLimit(.minutes(10)), arguments: 0..<10)
  func damaged(seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    let names = [
      "hubert-base-er", "hubert-variants", "wav2vec2-dense-output", "wavlm-large-er", "data2vec-er",
      "distilhubert-bare",
      "wav2vec2-dimensions",
    ]
    let name = names[seed % names.count]
    let folder = try FreshFolder.copy(of: name)
    let files = ["config.json", "config.json", "preprocessor_config.json"].filter {
      FileManager.default.fileExists(atPath: folder.path($0))
    }
    let texts = Dictionary(try files.map { ($0, Array(try folder.contents($0))) }, uniquingKeysWith: { $1 })
    let before = peakMemory()
    var whole = 0
    for number in 0..<50 {
      let file = files[number % files.count]
      var text = Self.mutated(texts[file]!, using: &generator)
      if number % 3 == 0 { text = Self.mutated(text, using: &generator) }
      try folder.write(text, to: file)
      do {
        let description = try ModelDescription(folder: folder.path)
        #expect(!description.facts.isEmpty)
        guard description.architecture != nil else { continue }
        let model = try TrainedModel(folder: folder.path)
        let samples = model.fitted(Array(sampled([1, 1000], 3).floats))
        let logits = model.network(NetworkInput([.waveform: Tensor(samples, shape: [1, samples.count])]), .inference)
        #expect(logits.shape == [1, model.outputs.count])
        whole += 1
      } catch {
        let line = "\(error)"
        #expect(!line.contains(where: \.isNewline) && line.count < 2000, "\(line)")
      }
      try folder.write(texts[file]!, to: file)
    }
    #expect(peakMemory() - before < 1 << 30)
    #expect(whole < 50)
  }

  /// The most memory that this process has had, in bytes.
  private func peakMemory() -> Int {
    var usage = rusage()
    getrusage(0, &usage)  // 0: of this process.
    #if canImport(Darwin)
      return usage.ru_maxrss
    #else
      return usage.ru_maxrss * 1024
    #endif
  }
}

extension Tensor {
  /// A vector of one value so many times.
  fileprivate func expanded(_ count: Int) -> Tensor {
    Tensor(Array(repeating: floats[0], count: count), shape: [count])
  }
}
