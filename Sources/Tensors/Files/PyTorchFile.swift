import Basics

/// The weights in a file of PyTorch's `torch.save`, version 1.6 or later: a zip archive of one pickle, `NAME/data.pkl`,
/// and of the arrays' memory, `NAME/data/KEY` (torch/serialization.py). Nothing in the file is run.
///
/// The pickle is a dictionary of arrays, or one that has it as "state_dict", as training programs save it. Other values
/// in it, such as a number of steps, are left out.
public enum PyTorchFile {
  /// The arrays of a file by name, which stay in the file until they are used.
  public static func read(_ path: String) throws(TensorFileError) -> [String: StoredTensor] {
    let file: FileBytes
    do {
      file = try FileBytes(mapping: path)
    } catch {
      throw .file(error)
    }
    return try naming(path) { () throws(Malformed) in try decode(file) }
  }

  static func decode(_ file: FileBytes) throws(Malformed) -> [String: StoredTensor] {
    try file.checkIsNoPointer()
    // The pickle of the number 0x1950a86a20f9469cfc6c.
    if file[0..<min(file.count, 14)].elementsEqual([
      0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19,
    ]) {
      throw Malformed("written by PyTorch before 1.6; load it with a newer PyTorch and save it again (torch.save)")
    }
    let entries = try ZipArchive(file).entries
    let pickles = entries.keys.filter { $0.hasSuffix("/data.pkl") && $0.split(separator: "/").count == 2 }
    guard let pickle = pickles.first, pickles.count == 1, let place = entries[pickle] else {
      throw Malformed("not written by torch.save: it has \(pickles.count) entries NAME/data.pkl")
    }
    let folder = String(pickle.dropLast("data.pkl".count))
    // Absent before PyTorch 2.1, which wrote in the machine's order.
    if let order = entries[folder + "byteorder"], !file[order].elementsEqual("little".utf8) {
      throw Malformed("its numbers are not little-endian")
    }
    var interpreter = Pickle(SavedTensors(file: file, entries: entries, folder: folder))
    guard case .dictionary(var table) = try interpreter.read(file[place]) else {
      throw Malformed("it holds no dictionary of tensors")
    }
    if case .dictionary(let inner)? = interpreter.dictionaries[table]["state_dict"] { table = inner }
    let tensors = interpreter.dictionaries[table].compactMapValues { value in
      if case .object(.tensor(let tensor)) = value { tensor } else { nil }
    }
    guard !tensors.isEmpty else {
      let names = interpreter.dictionaries[table].keys.sorted().prefix(5).map { short($0) }.joined(separator: ", ")
      throw Malformed("it holds no tensors by name or in a state_dict, but \(names.isEmpty ? "nothing" : names)")
    }
    return tensors
  }
}

/// What the names in a pickle of tensors mean: PyTorch's functions that put a tensor together, and types of its memory.
private struct SavedTensors: PickleWorld {
  let file: FileBytes
  let entries: [String: Range<Int>]
  /// The start of all entries' names: "archive/".
  let folder: String

  enum Object {
    case function(Function)
    case storageType(StoredTensor.Element)
    /// A tensor's memory: `count` elements from byte `start` of the file.
    case storage(StoredTensor.Element, start: Int, count: Int)
    case tensor(StoredTensor)
  }

  enum Function: String {
    case orderedDictionary = "collections.OrderedDict"
    case tensor = "torch._utils._rebuild_tensor_v2"
    case parameter = "torch._utils._rebuild_parameter"
  }

  private static let storageTypes: [String: StoredTensor.Element] = [
    "torch.FloatStorage": .float32, "torch.HalfStorage": .float16, "torch.BFloat16Storage": .bfloat16,
    "torch.DoubleStorage": .float64, "torch.LongStorage": .int64, "torch.IntStorage": .int32,
    "torch.ByteStorage": .uint8, "torch.BoolStorage": .bool,
  ]

  func object(named name: String) throws(Malformed) -> Object {
    if let function = Function(rawValue: name) { return .function(function) }
    if let element = Self.storageTypes[name] { return .storageType(element) }
    if name.hasPrefix("torch."), name.hasSuffix("Storage") {
      let known = Self.storageTypes.keys.sorted().joined(separator: ", ")
      throw Malformed("its tensors are in a \(short(name)); \(known) can be read")
    }
    throw Malformed("it asks to call \(short(name)); \(runsNothing)")
  }

  func call(_ function: Object, _ arguments: [Pickled<Object>]) throws(Malformed) -> Pickled<Object>? {
    guard case .function(let function) = function else {
      throw Malformed("it asks to call what is no function; \(runsNothing)")
    }
    switch function {
    case .orderedDictionary where arguments.isEmpty: return nil
    case .tensor where arguments.count >= 4:  // then whether gradients are wanted, and hooks
      guard case .object(.storage(let element, let start, let count)) = arguments[0],
        case .integer(let offset) = arguments[1], let shape = integers(arguments[2]),
        let strides = integers(arguments[3])
      else { break }
      return .object(.tensor(try tensor(element, start, count, offset: offset, shape, strides)))
    case .parameter:
      if case .object(.tensor)? = arguments.first { return arguments[0] }
    default: break
    }
    throw Malformed("it asks to call \(function.rawValue) with \(arguments.count) arguments that are not known of it")
  }

  /// A tensor whose first element is `offset` elements into memory of `count` elements from byte `start` of the file.
  private func tensor(
    _ element: StoredTensor.Element, _ start: Int, _ count: Int, offset: Int, _ shape: [Int], _ strides: [Int]
  ) throws(Malformed) -> StoredTensor {
    guard let elements = elementCount(shape), strides.count == shape.count, strides.allSatisfy({ $0 >= 0 }),
      0 <= offset, offset <= count
    else { throw Malformed("a tensor of impossible shape \(shape), strides \(strides) or offset \(offset)") }
    // A view of more elements than its memory has repeats them: of a few bytes it could make as many as it liked.
    guard elements <= count else {
      throw Malformed("a tensor of shape \(shape) in memory of \(count) elements")
    }
    let outside = Malformed("a tensor of shape \(shape), strides \(strides) and offset \(offset) in \(count) elements")
    var last = offset
    for (size, stride) in zip(shape, strides) where elements > 0 {
      let (step, isTooLarge) = (size - 1).multipliedReportingOverflow(by: stride)
      let (sum, isTooFar) = last.addingReportingOverflow(step)
      guard !isTooLarge, !isTooFar else { throw outside }
      last = sum
    }
    guard elements == 0 || last < count else { throw outside }
    return StoredTensor(
      element: element, shape: shape, strides: strides, file: file, start: start + offset * element.size)
  }

  /// The memory of a tensor: ("storage", type, key, the device that it was on, number of elements).
  func object(for reference: Pickled<Object>) throws(Malformed) -> Object {
    guard case .tuple(let parts, _) = reference, parts.count == 5, case .text("storage") = parts[0],
      case .object(.storageType(let element)) = parts[1], case .text(let key) = parts[2],
      case .integer(let count) = parts[4]
    else { throw Malformed("it refers to what is no memory of a tensor") }
    guard let range = entries["\(folder)data/\(key)"] else {
      throw Malformed("the entry \(short("\(folder)data/\(key)")) is missing")
    }
    let (bytes, overflow) = count.multipliedReportingOverflow(by: element.size)
    guard !overflow, bytes == range.count else {
      throw Malformed(
        "the entry data/\(short(key)) has \(range.count) bytes in place of \(count) elements \(element.rawValue)")
    }
    return .storage(element, start: range.lowerBound, count: count)
  }

  private func integers(_ value: Pickled<Object>) -> [Int]? {
    guard case .tuple(let values, _) = value else { return nil }
    let integers = values.compactMap { value in
      if case .integer(let integer) = value { integer } else { nil }
    }
    return integers.count == values.count ? integers : nil
  }
}
