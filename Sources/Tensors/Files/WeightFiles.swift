import Basics
import Foundation

/// The weights in the folder of a downloaded model, in whichever of the usual files they are.
public struct WeightFiles {
  /// The arrays by name, which stay in the files until they are used.
  public let tensors: [String: StoredTensor]
  /// The file by which the weights were found: the only one, or the index of several.
  public let path: String
  /// The files that hold the arrays, sorted.
  public let files: [String]

  /// The files that are looked for, in this order: one file before several, and safetensors before PyTorch's own.
  public static let sought = [
    "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json",
  ]

  /// The weights of a folder, from the first of the files ``sought`` that is there.
  public static func read(folder: String) throws(TensorFileError) -> WeightFiles {
    let place = NSString(string: folder)
    for name in sought {
      let path = place.appendingPathComponent(name)
      guard FileManager.default.fileExists(atPath: path) else { continue }
      let isSafetensors = name.hasPrefix("model.safetensors")
      let read = isSafetensors ? Safetensors.read : PyTorchFile.read
      guard name.hasSuffix(".index.json") else {
        return WeightFiles(tensors: try read(path), path: path, files: [path])
      }
      return try weights(index: path, in: place, by: read)
    }
    throw .malformed(path: folder, reason: "no weights: looked for \(sought.joined(separator: ", "))")
  }

  /// The arrays of the files that an index names, {"weight_map": {array: file}}.
  private static func weights(
    index path: String, in folder: NSString, by read: (String) throws(TensorFileError) -> [String: StoredTensor]
  ) throws(TensorFileError) -> WeightFiles {
    var (tensors, files): ([String: StoredTensor], [String]) = ([:], [])
    var (absentFiles, absentArrays, strangers): ([String], [String], [String]) = ([], [], [])
    for (name, expected) in try filesAndNames(ofIndex: path).sorted(by: { $0.key < $1.key }) {
      let file = folder.appendingPathComponent(name)
      guard FileManager.default.fileExists(atPath: file) else {
        absentFiles.append(name)
        continue
      }
      files.append(file)
      let found = try read(file)
      absentArrays += expected.subtracting(found.keys)
      strangers += Set(found.keys).subtracting(expected)
      // An array is expected in one file only.
      tensors.merge(found) { first, _ in first }
    }
    let faults = [
      listed("missing files", absentFiles),
      listed("arrays missing in the files that it names for them", absentArrays),
      listed("arrays in files that it does not name for them", strangers),
    ].compactMap(\.self)
    guard faults.isEmpty else { throw .malformed(path: path, reason: faults.joined(separator: "; ")) }
    return WeightFiles(tensors: tensors, path: path, files: files)
  }

  /// The names of the arrays in each file, by the file's name.
  private static func filesAndNames(ofIndex path: String) throws(TensorFileError) -> [String: Set<String>] {
    let bytes = try readFile(path, limit: SizeLimit.configuration)
    return try naming(path) { () throws(Malformed) in
      guard let map = try jsonObject(bytes)?["weight_map"] as? [String: String], !map.isEmpty else {
        throw Malformed("no index of weights: it has no weight_map of names to files")
      }
      var names: [String: Set<String>] = [:]
      for (name, file) in map {
        guard !["", ".", ".."].contains(file), !file.contains(where: { "/\\\0".contains($0) }) else {
          throw Malformed("it names a file that is not in its folder: \(short(file))")
        }
        names[file, default: []].insert(name)
      }
      return names
    }
  }

  /// What is wrong, the first three names that it is true of and the number of others; nil where there are none.
  private static func listed(_ fault: String, _ names: [String]) -> String? {
    guard !names.isEmpty else { return nil }
    let first = names.sorted().prefix(3).map { short($0) }.joined(separator: ", ")
    return "\(fault): \(first)\(names.count > 3 ? " and \(names.count - 3) more" : "")"
  }
}
