import Basics
import Foundation
import TestSupport
import Testing

@testable import Tensors

@Suite struct WeightFilesTests {
  private let tensors = [
    "a": StoredTensor(sampled([2, 3], 1)), "b": StoredTensor(sampled([5], 2)), "c": StoredTensor(7),
  ]

  /// A folder with "a" in one file, "b" and "c" in another, and the index given.
  private func sharded(_ index: String) throws -> FreshFolder {
    let folder = try FreshFolder()
    try Safetensors.write(tensors.filter { $0.key == "a" }, to: folder.path("model-1.safetensors"))
    try Safetensors.write(tensors.filter { $0.key != "a" }, to: folder.path("model-2.safetensors"))
    try folder.write(index, to: "model.safetensors.index.json")
    return folder
  }

  private func index(_ files: [String: String]) throws -> String {
    let map = try JSONEncoder().encode(files)
    return #"{"metadata":{"total_size":52},"weight_map":"# + String(decoding: map, as: UTF8.self) + "}"
  }

  private var whole: [String: String] {
    ["a": "model-1.safetensors", "b": "model-2.safetensors", "c": "model-2.safetensors"]
  }

  /// The error of a folder, with the folder's path left out; nil where it is read.
  private func refusal(_ folder: FreshFolder) -> String? {
    do {
      for tensor in try WeightFiles.read(folder: folder.path).tensors.values { _ = tensor.tensor }
      return nil
    } catch {
      return "\(error)".replacingOccurrences(of: folder.path, with: "folder")
    }
  }

  @Test("The first of the usual files is read, one file before several and safetensors before PyTorch's")
  func order() throws {
    let folder = try sharded(index(whole))
    let plain = try Data(contentsOf: Checkout.fixture("weights/plain.bin"))
    try folder.write(plain, to: "pytorch_model.bin")
    var read = try WeightFiles.read(folder: folder.path)
    #expect(read.tensors.mapValues(\.bytes) == tensors.mapValues(\.bytes))
    #expect(read.path == folder.path("model.safetensors.index.json"))
    #expect(read.files == [folder.path("model-1.safetensors"), folder.path("model-2.safetensors")])

    try Safetensors.write(["only": StoredTensor(1)], to: folder.path("model.safetensors"))
    read = try WeightFiles.read(folder: folder.path)
    #expect(read.tensors.keys.sorted() == ["only"])
    #expect(read.path == folder.path("model.safetensors") && read.files == [read.path])

    let other = try FreshFolder()
    try other.write(plain, to: "pytorch_model-1.bin")
    let names = try PyTorchFile.read(other.path("pytorch_model-1.bin")).keys
    try other.write(
      index(Dictionary(uniqueKeysWithValues: names.map { ($0, "pytorch_model-1.bin") })),
      to: "pytorch_model.bin.index.json")
    read = try WeightFiles.read(folder: other.path)
    #expect(read.tensors["scale"]?.shape == [2, 3])
    #expect(read.files == [other.path("pytorch_model-1.bin")])
    try other.write(plain, to: "pytorch_model.bin")
    #expect(try WeightFiles.read(folder: other.path).path == other.path("pytorch_model.bin"))
  }

  @Test("Files that are links, as in the cache of a download, are followed")
  func links() throws {
    let folder = try FreshFolder()
    try Safetensors.write(tensors, to: folder.path("blob"))
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("model.safetensors"), withDestinationPath: folder.path("blob"))
    #expect(try WeightFiles.read(folder: folder.path).tensors.count == 3)
  }

  @Test("A folder without weights is an error that names what was looked for")
  func none() throws {
    let folder = try FreshFolder()
    #expect(
      refusal(folder) == """
        folder: no weights: looked for model.safetensors, model.safetensors.index.json, pytorch_model.bin, \
        pytorch_model.bin.index.json
        """)
    #expect(throws: TensorFileError.self) { try WeightFiles.read(folder: "/nowhere") }
    // A folder of the file's name is not passed over.
    try FileManager.default.createDirectory(atPath: folder.path("model.safetensors"), withIntermediateDirectories: true)
    #expect(refusal(folder) == "folder/model.safetensors: cannot be read: Is a directory")
  }

  @Test("Missing files and arrays, and arrays in other files than the index says, are all in one error")
  func incomplete() throws {
    var files = whole
    (files["b"], files["d"], files["e"]) = ("model-1.safetensors", "model-3.safetensors", "model-4.safetensors")
    for number in 1...5 { files["f\(number)"] = "model-1.safetensors" }
    #expect(
      refusal(try sharded(index(files))) == """
        folder/model.safetensors.index.json: missing files: model-3.safetensors, model-4.safetensors; \
        arrays missing in the files that it names for them: b, f1, f2 and 3 more; arrays in files that it does not name \
        for them: b
        """)
    #expect(refusal(try sharded(index(whole))) == nil)
  }

  @Test(
    "An index that leads out of its folder is refused",
    arguments: [
      "", ".", "..", "/etc/passwd", "../model.safetensors", "sub/model.safetensors", "./model-1.safetensors",
      "model-1.safetensors/", "model-1.safetensors\0", "..\\model.safetensors",
    ])
  func outside(name: String) throws {
    var files = whole
    files["a"] = name
    let expected = "folder/model.safetensors.index.json: it names a file that is not in its folder: \(name)"
    #expect(refusal(try sharded(index(files))) == expected)
  }

  @Test(
    "What is no index is named as such",
    arguments: [
      "", "{}", "[]", "null", "{", #"{"weight_map":[]}"#, #"{"weight_map":{}}"#, #"{"weight_map":{"a":1}}"#,
      #"{"weight_map":{"a":null}}"#, #"{"weight_map":{"a":["model-1.safetensors"]}}"#, "\u{0}",
      #"{"weight_map":{"a":"model-1.safetensors","a":"model-2.safetensors"}}"#,
      #"{"weight_map":{"a":"model-1.safetensors"},"weight_map":{}}"#,
    ])
  func malformed(index: String) throws {
    let reason = try #require(refusal(try sharded(index)))
    #expect(reason.hasPrefix("folder/model.safetensors.index.json: "))
    #expect(
      reason.hasSuffix("no index of weights: it has no weight_map of names to files")
        || reason.hasSuffix("a name twice"))
  }

  @Test("An index without end is refused before it is read")
  func huge() throws {
    let folder = try sharded("{}")
    #expect(truncate(folder.path("model.safetensors.index.json"), 1 << 40) == 0)
    #expect(refusal(folder)?.contains("are too many for a file of this kind") == true)
  }

  @Test("Changed files of a sharded model are read or refused, never a crash")
  func changedFiles() throws {
    var generator = SeededGenerator(seed: 11)
    let folder = try sharded(index(whole))
    let names = ["model-1.safetensors", "model-2.safetensors", "model.safetensors.index.json"]
    let contents = try names.map { try folder.contents($0) }
    var readable = 0
    for number in 0..<changedFileCount {
      let name = names[number % 3]
      try folder.write(changed(contents[number % 3], using: &generator), to: name)
      readable += refusal(folder) == nil ? 1 : 0
      try folder.write(contents[number % 3], to: name)
    }
    #expect(0 < readable && readable < changedFileCount)
  }
}
