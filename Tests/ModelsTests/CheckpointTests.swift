import Basics
import Foundation
import Layers
import Models
import Tensors
import TestSupport
import Testing

@Suite("Checkpoints")
struct CheckpointTests {

  /// A model folder of the sampled CNNATT, its tensors changed by `change`.
  private func folder(changing change: (inout [String: StoredTensor]) -> Void = { _ in }) throws
    -> FreshFolder
  {
    let folder = try FreshFolder()
    var tensors = Architecture.cnnatt.makeSampledNetwork().storedTensors
    change(&tensors)
    try folder.write(#"{"architecture": "cnnatt"}"#, to: "config.json")
    try Safetensors.write(tensors, to: "\(folder.path)/model.safetensors")
    return folder
  }

  /// What a folder is refused with.
  private func refusal(of folder: String) -> String? {
    do {
      _ = try TrainedModel(folder: folder)
      return nil
    } catch {
      return String(describing: error)
    }
  }

  @Test("What is written comes back to the bit, settings too", arguments: Architecture.allCases)
  func roundTrip(_ architecture: Architecture) throws {
    let folder = try FreshFolder()
    let configuration = ModelConfiguration(
      architecture: architecture, classes: ["calm", "angry"], training: ["recipe": "report", "seed": "7"])
    let model = TrainedModel(untrained: configuration, seed: 7)
    try model.write(to: "\(folder.path)/new/model")
    let read = try TrainedModel(folder: "\(folder.path)/new/model")
    #expect(read.configuration == configuration)
    #expect(read.name == "model")
    // A number is a number in the file, and its text again when read.
    #expect(try String(contentsOfFile: folder.path("new/model/config.json"), encoding: .utf8).contains("\"seed\" : 7"))
    try #require(model.network.namedParameters.count == read.network.namedParameters.count)
    for (own, other) in zip(model.network.namedParameters, read.network.namedParameters) {
      #expect(own.name == other.name)
      #expect(own.parameter.value.floats == other.parameter.value.floats, "\(own.name)")
    }
    let x = sampled("x", [2, 1, architecture.rows, 313])
    let (before, after) = (model.network(x, .inference), read.network(x, .inference))
    #expect(before.floats == after.floats)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/new/model").sorted()
        == ["config.json", "model.safetensors"])

    // Writing over a folder replaces it; the digest follows the weights.
    let other = TrainedModel(untrained: configuration, seed: 8)
    try other.write(to: "\(folder.path)/new/model")
    let second = try TrainedModel(folder: "\(folder.path)/new/model")
    #expect(second.digest != read.digest)
    try model.write(to: "\(folder.path)/new/model")
    #expect(try TrainedModel(folder: "\(folder.path)/new/model").digest == read.digest)
  }

  @Test("The architecture alone is configuration enough")
  func leastConfiguration() throws {
    let folder = try folder()
    let model = try TrainedModel(folder: folder.path)
    #expect(
      model.classes == ["angry", "disgust", "fear", "happy", "neutral", "sadness", "surprise"])
    let x = sampled("cnnatt 1 31", [1, 1, 40, 31])
    let (read, made) = (model.network, Architecture.cnnatt.makeSampledNetwork())
    let (found, expected) = (read(x, .inference), made(x, .inference))
    #expect(found.floats == expected.floats)
  }

  @Test("Counters are kept as PyTorch's int64")
  func counters() {
    let stored = Architecture.fcmfcc.makeSampledNetwork().storedTensors
    let counters = stored.filter { $0.key.hasSuffix("num_batches_tracked") }
    #expect(counters.count == 8)
    #expect(counters.values.allSatisfy { $0.element == .int64 && $0.shape == [] })
    #expect(stored.values.count { $0.element == .float32 } == stored.count - 8)
  }

  @Test("A folder that is not there, or a file in its place")
  func noFolder() throws {
    let folder = try FreshFolder()
    #expect(refusal(of: "\(folder.path)/gone") == "\(folder.path)/gone: no such model folder")
    try folder.write("x", to: "file")
    #expect(refusal(of: "\(folder.path)/file") == "\(folder.path)/file: not a model folder: it has no config.json")
  }

  @Test("A folder without configuration, or without weights")
  func noFiles() throws {
    let folder = try FreshFolder()
    #expect(refusal(of: folder.path) == "\(folder.path): not a model folder: it has no config.json")
    try folder.write(#"{"architecture": "cnnatt"}"#, to: "config.json")
    #expect(
      refusal(of: folder.path)
        == "\(folder.path): not a whole model folder: it has no model.safetensors")
  }

  @Test("A configuration that is there and cannot be read is not called missing")
  func unreadable() throws {
    let folder = try folder()
    // In place of a file without permission, which root may read.
    try FileManager.default.removeItem(atPath: "\(folder.path)/config.json")
    try FileManager.default.createDirectory(atPath: "\(folder.path)/config.json", withIntermediateDirectories: false)
    #expect(refusal(of: folder.path) == "\(folder.path)/config.json: cannot be read: Is a directory")
  }

  @Test(
    "A configuration that says nothing usable",
    arguments: [
      ("", "not a JSON object"),
      ("{\"architecture\": ", "not a JSON object"),
      ("[\"cnnatt\"]", "not a JSON object"),
      ("{}", "it names no architecture"),
      (#"{"architecture": 3}"#, "it names no architecture"),
      (
        #"{"architecture": "resnet"}"#,
        "the architecture \"resnet\" is not known; known are \(EmotionModels.names.joined(separator: ", "))"
      ),
      (#"{"architecture": "cnnatt", "classes": ["angry"]}"#, "it names fewer than two classes"),
      (
        #"{"architecture": "cnnatt", "classes": "angry"}"#,
        "network, classes, dimensions, front_end or training are malformed"
      ),
    ])
  func configuration(text: String, reason: String) throws {
    let folder = try FreshFolder()
    try folder.write(text, to: "config.json")
    #expect(refusal(of: folder.path) == "\(folder.path)/config.json: \(reason)")
  }

  @Test(
    "A front-end that cannot be computed, or that the network cannot read, is refused with the reason",
    arguments: [
      (#""cnnatt", "front_end": {"mels": 20}"#, "its front-end has mels 20, and takes 32 to 512"),
      (#""cnnatt", "front_end": {"coefficients": 3}"#, "its network halves the MFCC twice, and 3 rows are under 4"),
      (
        #""fcmfcc", "front_end": {"coefficients": 20}"#,
        "its network halves the MFCC 5 times, and 20 rows are under 32"
      ),
      (
        #""cnnlstm", "front_end": {"mels": 64}"#,
        "its network's pools leave none of 64 mel bands"
      ),
      (
        #""cnnlstm", "front_end": {"window_samples": 16384, "hop_samples": 4096}"#,
        "its network's pools leave none of 20 frames"
      ),
      (#""mmfusion", "front_end": {"hop_samples": 128}"#, "its network takes the standard front-end only"),
      (#""probe", "front_end": {"sample_rate": 8000}"#, "its network takes the standard front-end only"),
    ])
  func otherFrontEnd(text: String, reason: String) throws {
    let folder = try FreshFolder()
    try folder.write("{\"architecture\": \(text)}", to: "config.json")
    #expect(refusal(of: folder.path) == "\(folder.path)/config.json: \(reason)")
  }

  @Test("A model's folder keeps its front-end, and a clip has its lengths and shapes")
  func keptFrontEnd() throws {
    let folder = try FreshFolder()
    var configuration = ModelConfiguration(architecture: .cnnatt)
    configuration.frontEnd.sampleRate = 8_000
    (configuration.frontEnd.windowSamples, configuration.frontEnd.hopSamples) = (400, 160)
    (configuration.frontEnd.mels, configuration.frontEnd.coefficients, configuration.frontEnd.deltas) = (40, 13, 1)
    let made = TrainedModel(untrained: configuration, seed: 1)
    try made.write(to: folder.path)
    let model = try TrainedModel(folder: folder.path)
    #expect(model.configuration.frontEnd == configuration.frontEnd)
    let path = model.path(of: sampled(4_000, seed: 1))
    #expect(path[.mel].shape == [1, 1, 40, 26] && path[.mfcc].shape == [1, 1, 26, 26])
    #expect(path[.mfcc].shape == path.shape(at: .mfcc))
    let input = path.input([.mfcc])
    #expect(model.network(input, .inference).floats == made.network(input, .inference).floats)
    // Five seconds are as many samples as there are in them; deltas need nine frames.
    configuration = ModelConfiguration(FCMFCC.self, frontEnd: configuration.frontEnd)
    #expect(configuration.fitted([1]).count == 40_000)
    #expect(model.fitted([1]).count == 8 * 160)
  }

  @Test("A tensor that is missing, or of no use")
  func names() throws {
    let missing = try folder { $0["norm.bias"] = nil }
    #expect(
      refusal(of: missing.path)
        == "\(missing.path)/model.safetensors: the tensor norm.bias is missing")
    let unexpected = try folder { $0["norm.offset"] = StoredTensor(Tensor(1)) }
    #expect(
      refusal(of: unexpected.path)
        == "\(unexpected.path)/model.safetensors: the tensor norm.offset does not belong to this architecture"
    )
  }

  @Test("A tensor of the wrong shape, even of the right size")
  func shapes() throws {
    let folder = try folder { $0["attention.key"] = StoredTensor(.zeros([3, 80, 128])) }
    #expect(
      refusal(of: folder.path)
        == "\(folder.path)/model.safetensors: the tensor attention.key has shape [3, 80, 128], "
        + "and the architecture needs [3, 128, 80]")
    // Weights of seven classes for a configuration of two.
    let classes = try self.folder()
    try classes.write(#"{"architecture": "cnnatt", "classes": ["a", "b"]}"#, to: "config.json")
    #expect(
      refusal(of: classes.path)
        == "\(classes.path)/model.safetensors: 2 tensors have another shape than the architecture needs: "
        + "head.weight [7, 128], not [2, 128], head.bias [7], not [2]")
  }

  @Test("Values that are not finite", arguments: [Float.nan, .infinity, -.infinity])
  func notFinite(_ value: Float) throws {
    let folder = try folder {
      $0["head.bias"] = StoredTensor(Tensor([0, 0, 0, value, 0, 0, 0], shape: [7]))
    }
    #expect(
      refusal(of: folder.path)
        == "\(folder.path)/model.safetensors: the tensor head.bias holds NaN or infinite values")
  }

  @Test("A counter that is no int64, or none that can be counted on")
  func impossibleCounters() throws {
    let name = try #require(
      Architecture.cnnatt.makeSampledNetwork().storedTensors.keys.filter { $0.hasSuffix("num_batches_tracked") }.min())
    for (stored, reason) in [
      (StoredTensor(Tensor(1e30)), "is of type F32, and the architecture needs I64"),
      (StoredTensor(.max), "is no number of batches"), (StoredTensor(-1), "is no number of batches"),
    ] {
      let folder = try folder { $0[name] = stored }
      #expect(refusal(of: folder.path) == "\(folder.path)/model.safetensors: the tensor \(name) \(reason)")
    }
  }

  @Test("A weights' file cut short anywhere", arguments: [0, 5, 8, 2_000, 100_000, 700_000])
  func cutShort(_ length: Int) throws {
    let folder = try folder()
    let path = "\(folder.path)/model.safetensors"
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    #expect(data.count > 700_000)
    try data.prefix(length).write(to: URL(fileURLWithPath: path))
    let message = try #require(refusal(of: folder.path))
    #expect(message.hasPrefix("\(path): "))
    #expect(message.contains(length < 8 ? "not a safetensors file" : "cut short"))
  }

  @Test("A network is made of all arrays of a file and of no others")
  func wholeSource() throws {
    let configuration = ModelConfiguration(architecture: .cnnatt)
    let stored = configuration.network(seed: 3).storedTensors
    func make(_ change: (inout [String: StoredTensor]) -> Void) throws {
      var tensors = stored
      change(&tensors)
      let source = ParameterSource.stored(tensors, path: "x")
      let network = try configuration.makeNetwork(from: source)
      try source.checkAllTaken()
      #expect(network.storedTensors.mapValues(\.bytes) == stored.mapValues(\.bytes))
    }
    try make { _ in }
    // The last of all.
    #expect(throws: ParameterError.missing(path: "x", name: "head.bias")) { try make { $0["head.bias"] = nil } }
    #expect(throws: ParameterError.unexpected(path: "x", name: "z")) { try make { $0["z"] = StoredTensor(Tensor(1)) } }
  }

  @Test("A folder that cannot be made is named")
  func unwritable() throws {
    let folder = try FreshFolder()
    try folder.write("x", to: "file")
    let model = TrainedModel(untrained: .init(architecture: .cnnatt), seed: 0)
    do {
      try model.write(to: "\(folder.path)/file/model")
      Issue.record("it was written into a file")
    } catch {
      #expect("\(error)".hasPrefix("\(folder.path)/file/model: cannot be written: "))
    }
  }

  @Test("Where the weights cannot be written, the configuration stays what it was, and nothing is left beside")
  func allOrNothing() throws {
    let folder = try FreshFolder()
    try folder.write("old", to: "config.json")
    try FileManager.default.createDirectory(
      atPath: "\(folder.path)/model.safetensors", withIntermediateDirectories: true)
    #expect(
      throws: CheckpointError.file(
        .unwritable(path: "\(folder.path)/model.safetensors", reason: "Is a directory"))
    ) {
      try TrainedModel(untrained: .init(architecture: .cnnatt), seed: 0).write(to: folder.path)
    }
    #expect(try String(contentsOfFile: "\(folder.path)/config.json", encoding: .utf8) == "old")
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["config.json", "model.safetensors"])
  }

  @Test("A clip is fitted to the model", arguments: Architecture.allCases)
  func fitted(_ architecture: Architecture) {
    let model = TrainedModel(untrained: .init(architecture: architecture), seed: 0)
    let long = (0..<90_000).map { Float($0) }
    switch architecture {
    case .cnnlstm, .fcmfcc:
      #expect(model.fitted(long) == Array(long.prefix(80_000)))
      #expect(model.fitted([1]) == [1] + [Float](repeating: 0, count: 79_999))
    case .cnnatt:
      #expect(model.fitted(long) == long)
      #expect(model.fitted([1]) == [1] + [Float](repeating: 0, count: 767))
    }
  }
}

@Test("What a configuration leaves out of its front-end is as it is by default")
func partialFrontEnd() throws {
  let text = #"{"architecture": "fcmfcc", "front_end": {"mels": 64, "invented": 1}}"#
  let configuration = try JSONDecoder().decode(ModelConfiguration.self, from: Data(text.utf8))
  #expect(configuration.frontEnd.mels == 64 && configuration.frontEnd.coefficients == 40)
  #expect(configuration.classes == ModelConfiguration.emotions)
}
