import Foundation
import Models
import Tensors
import TestSupport
import Testing

@Suite("Model folders that are damaged")
struct CheckpointTests {
  let folder: Folder

  init() throws {
    folder = try Folder()
    try folder.write(WAV().file(voice(seconds: 0.3)), to: "clip.wav")
    try TrainedModel(untrained: .init(architecture: .cnnatt), seed: 1).write(to: folder.path("model"))
  }

  func explain() throws -> Run { try folder.undertone("explain", "clip.wav", "--model", "model") }

  /// Changes the weights' file.
  func change(_ body: (inout [String: StoredTensor]) -> Void) throws {
    var tensors = try Safetensors.read(folder.path("model/model.safetensors"))
    body(&tensors)
    try Safetensors.write(tensors, to: folder.path("model/model.safetensors"))
  }

  @Test("The folder as it was written works")
  func whole() throws {
    let run = try explain()
    #expect(run.status == 0 && run.errors.isEmpty, "\(run)")
  }

  @Test("Weights cut short anywhere", arguments: [0, 1, 7, 8, 100, 5000, 100_000, -1])
  func cut(at length: Int) throws {
    let whole = try folder.contents("model/model.safetensors")
    try folder.write(whole.prefix(length < 0 ? whole.count + length : length), to: "model/model.safetensors")
    #expect(try explain().failed(65, naming: "model/model.safetensors"))
    #expect(folder.files(in: "output/explain").isEmpty)
  }

  @Test("Weights of another kind of file")
  func garbage() throws {
    try folder.write(WAV().file(voice(seconds: 0.1)), to: "model/model.safetensors")
    #expect(try explain().failed(65, naming: "model/model.safetensors", "not a safetensors file"))
  }

  @Test("Weights of another architecture")
  func architecture() throws {
    try folder.write("{\"architecture\": \"fcmfcc\"}", to: "model/config.json")
    #expect(try explain().failed(65, naming: "model/model.safetensors", "tensor"))
  }

  @Test("A tensor too few, one too many, of another shape, with NaN, so large that the outputs overflow")
  func tensors() throws {
    let name = "head.weight"
    let whole = try folder.contents("model/model.safetensors")
    func after(_ change: (inout [String: StoredTensor]) -> Void) throws -> Run {
      try folder.write(whole, to: "model/model.safetensors")
      try self.change(change)
      return try explain()
    }
    #expect(try after { $0[name] = nil }.failed(65, naming: "model.safetensors", name, "missing"))
    #expect(try after { $0["stranger"] = $0[name] }.failed(65, naming: "model.safetensors", "stranger"))
    let thin = try after { $0[name] = StoredTensor(Tensor(repeating: 0, shape: [7, 127])) }
    #expect(thin.failed(65, naming: "model.safetensors", name, "[7, 127]", "[7, 128]"))
    let sick = try after { $0[name] = StoredTensor(Tensor(repeating: .nan, shape: [7, 128])) }
    #expect(sick.failed(65, naming: "model.safetensors", name, "NaN"))
    let huge = try after { $0[name] = StoredTensor(Tensor(repeating: 3e38, shape: [7, 128])) }
    #expect(huge.failed(65, naming: "clip.wav", "model", "NaN or infinite"))
    #expect(try folder.undertone("predict", "clip.wav", "--model", "model").failed(65, naming: "NaN or infinite"))
    try folder.write("path,emotion\nclip.wav,fear\n", to: "clips.csv")
    let evaluation = try folder.undertone("evaluate", "--data", "clips.csv", "--model", "model")
    #expect(evaluation.failed(65, naming: "clips.csv", "NaN or infinite"))
  }

  @Test(
    "A configuration that is not one",
    arguments: [
      ("", "not a JSON object"), ("architecture: cnnatt", "not a JSON object"), ("[]", "not a JSON object"),
      ("{}", "architecture"), ("{\"architecture\": 3}", "architecture"),
      ("{\"architecture\": \"perceptron\"}", "\"perceptron\" is not known"),
      ("{\"architecture\": \"cnnatt\", \"classes\": [\"angry\"]}", "fewer than two classes"),
      ("{\"architecture\": \"cnnatt\", \"classes\": [\"a\", \"b\", \"c\", \"d\", \"e\", \"f\", \"a\"]}", "twice"),
      ("{\"architecture\": \"cnnatt\", \"classes\": 7}", "malformed"),
      ("{\"architecture\": \"cnnatt\", \"front_end\": {\"mels\": \"many\"}}", "malformed"),
    ])
  func configuration(text: String, reason: String) throws {
    try folder.write(text, to: "model/config.json")
    #expect(try explain().failed(65, naming: "model/config.json", reason))
  }

  @Test("As many names as are needed are asked of the weights")
  func classes() throws {
    try folder.write("{\"architecture\": \"cnnatt\", \"classes\": [\"good\", \"bad\"]}", to: "model/config.json")
    #expect(try explain().failed(65, naming: "model/model.safetensors", "[2"))
  }

  @Test("A folder that is not there, a file in its place, one without config.json, one without weights")
  func folders() throws {
    func explain(_ model: String) throws -> Run { try folder.undertone("explain", "clip.wav", "--model", model) }
    #expect(try explain("nowhere").failed(66, naming: "nowhere: no such model folder"))
    #expect(try explain("clip.wav").failed(65, naming: "clip.wav: not a model folder"))
    #expect(try explain(".").failed(65, naming: "not a model folder", "config.json"))
    try FileManager.default.removeItem(atPath: folder.path("model/model.safetensors"))
    #expect(try explain("model").failed(65, naming: "model", "no model.safetensors"))
  }

  @Test("A training that cannot be resumed")
  func resuming() throws {
    #expect(try folder.undertone("train", "--resume", "nowhere").failed(66, naming: "nowhere", "resume.json"))
    try folder.write("{}", to: "model/resume.json")
    #expect(try folder.undertone("train", "--resume", "model").failed(65, naming: "model/resume.json"))
  }
}
