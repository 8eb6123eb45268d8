import Basics
import Foundation
import TestSupport
import Testing

@testable import Tensors

@Suite struct PyTorchFileTests {
  private func fixture(_ name: String) -> URL { Checkout.fixture("weights/\(name)") }

  private func read(_ name: String) throws -> [String: StoredTensor] { try PyTorchFile.read(fixture(name).path) }

  /// Why a file is refused; nil where it is read, and each of its tensors taken.
  private func refusal(_ data: Data) -> String? {
    do {
      for tensor in try PyTorchFile.decode(FileBytes(copying: data)).values { _ = (tensor.tensor, tensor.bytes) }
      return nil
    } catch {
      return error.reason
    }
  }

  /// 0.5, 1.5, 2.5 …, as weights.py fills its tensors.
  private func count(_ count: Int) -> [Float] { (0..<count).map { Float($0) + 0.5 } }

  @Test(
    "A module's state_dict is read from each form in which torch.save writes it",
    arguments: ["plain.bin", "protocol-4.bin", "protocol-5.bin", "nested.bin"])
  func stateDict(name: String) throws {
    let tensors = try read(name)
    #expect(
      tensors.keys.sorted() == [
        "norm.bias", "norm.num_batches_tracked", "norm.running_mean", "norm.running_var", "norm.weight", "scale",
      ])
    #expect(tensors["scale"]?.shape == [2, 3])
    #expect(tensors["scale"]?.tensor.floats == count(6))
    #expect(tensors["norm.running_var"]?.tensor.floats == [1, 1, 1])
    let counter = try #require(tensors["norm.num_batches_tracked"])
    #expect(counter.element == .int64 && counter.shape == [] && counter.tensor.scalar == 0)
  }

  @Test("Parameters are the tensors that they hold")
  func parameters() throws {
    let tensors = try read("parameters.bin")
    #expect(tensors.mapValues(\.shape) == ["weight": [2, 2], "frozen": [3]])
    #expect(tensors["weight"]?.tensor.floats == count(4))
    #expect(tensors["frozen"]?.tensor.floats == count(3))
  }

  @Test("Each type of element is read as floats")
  func types() throws {
    let tensors = try read("types.bin")
    let expected: [String: (StoredTensor.Element, [Float])] = [
      "half": (.float16, count(6)), "bfloat16": (.bfloat16, count(5)), "double": (.float64, count(2)),
      "long": (.int64, [-3, 0x1p40]), "int": (.int32, [-7]), "byte": (.uint8, [0, 255]), "bool": (.bool, [1, 0]),
    ]
    for (name, (element, floats)) in expected {
      #expect(tensors[name]?.element == element, "\(name)")
      #expect(tensors[name]?.tensor.floats == floats, "\(name)")
    }
    let bits = try #require(tensors["bits"]?.tensor.floats)
    #expect(bits.dropLast() == [-0.0, 0x1p-24, -0x1.FF8p-15, 0x1p-14, 65504, -.infinity])
    #expect(bits[0].sign == .minus && bits[6].isNaN)
  }

  @Test("Views of one memory are read in their own order", arguments: ["views.bin", "packed.bin"])
  func views(name: String) throws {
    let tensors = try read(name)
    let expected: [String: ([Int], [Float])] = [
      "whole": ([4, 3], count(12)),
      "transposed": ([3, 4], [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11].map { $0 + 0.5 }),
      "rows": ([2, 3], [3, 4, 5, 6, 7, 8].map { $0 + 0.5 }),
      "columns": ([4, 2], [1, 2, 4, 5, 7, 8, 10, 11].map { $0 + 0.5 }),
      "every other": ([6], [0, 2, 4, 6, 8, 10].map { $0 + 0.5 }),
      "permuted half": (
        [4, 2, 3], (0..<4).flatMap { k in (0..<6).map { Float(4 * $0 + k) + 0.5 } }
      ),
      "positions": ([1, 5], [0, 1, 2, 3, 4]), "none": ([0, 3], []), "scalar": ([], [2.5]),
    ]
    #expect(Set(tensors.keys) == Set(expected.keys))
    for (name, (shape, floats)) in expected {
      #expect(tensors[name]?.shape == shape, "\(name)")
      #expect(tensors[name]?.tensor.floats == floats, "\(name)")
      #expect(tensors[name]?.bytes.count == floats.count * (tensors[name]?.element.size ?? 0), "\(name)")
    }
  }

  @Test("Floats stay in the mapped file: tensors on one memory have one address")
  func mapped() throws {
    let tensors = try read("views.bin")
    let whole = try #require(tensors["whole"]?.tensor.storage.pointer)
    #expect(tensors["whole"]?.tensor.storage.pointer == whole)
    #expect(tensors["rows"]?.tensor.storage.pointer == whole + 3)
  }

  @Test(
    "What is no table of tensors is refused with what it is",
    arguments: [
      ("calls-os.bin", "it asks to call posix.system; Undertone reads tensors only and runs nothing"),
      ("calls-eval.bin", "it asks to call __builtin__.eval; Undertone reads tensors only and runs nothing"),
      (
        "calls-dictionary.bin",
        "it asks to call collections.OrderedDict with 1 arguments that are not known of it"
      ),
      ("legacy.bin", "written by PyTorch before 1.6; load it with a newer PyTorch and save it again (torch.save)"),
      ("compressed.bin", "its entry plain/data.pkl is compressed (method 8)"),
      ("big-endian.bin", "its numbers are not little-endian"),
      ("repeated.bin", "a tensor of shape [1000] in memory of 1 elements"),
      (
        "short.bin",
        """
        its tensors are in a torch.ShortStorage; torch.BFloat16Storage, torch.BoolStorage, torch.ByteStorage, \
        torch.DoubleStorage, torch.FloatStorage, torch.HalfStorage, torch.IntStorage, torch.LongStorage can be read
        """
      ),
      ("numbers.bin", "it holds no tensors by name or in a state_dict, but epoch, model"),
    ])
  func refused(name: String, reason: String) {
    let path = fixture(name).path
    #expect(throws: TensorFileError.malformed(path: path, reason: reason)) { try PyTorchFile.read(path) }
  }

  @Test("A whole module is refused by the name of its class")
  func module() throws {
    let reason = try #require(refusal(Data(contentsOf: fixture("module.bin"))))
    #expect(reason == "it asks to call __main__.Module; \(runsNothing)")
  }

  @Test("A table by hand is read")
  func byHand() throws {
    let pickle = PickleMaker.table { $0.tensor([2, 3], [3, 1]) }
    let tensors = try PyTorchFile.decode(FileBytes(copying: pickle.file))
    #expect(tensors["a"]?.shape == [2, 3])
    #expect(tensors["a"]?.tensor.floats == [0, 1, 2, 3, 4, 5])
    // Steps along sizes of one say nothing, and an empty tensor can begin at the end.
    #expect(refusal(PickleMaker.table { $0.tensor([1, 6], [1 << 40, 1]) }.file) == nil)
    #expect(refusal(PickleMaker.table { $0.tensor([0, 6], [6, 1], offset: 6) }.file) == nil)
    #expect(refusal(PickleMaker.table { $0.tensor([2, 3], [0, 0], offset: 5) }.file) == nil)
  }

  @Test(
    "Tensors that leave their memory are refused",
    arguments: [
      ([7], [1], 0), ([6], [1], 1), ([6], [2], 0), ([2, 3], [4, 1], 0), ([], [], 6), ([1], [1], 6), ([0], [1], 7),
      ([6], [1], -1), ([6], [-1], 5), ([-6], [1], 0), ([-1, -6], [1, 1], 0), ([6], [1, 1], 0), ([2, 3], [1], 0),
      ([6], [.max], 0), ([3, 2], [.max / 2, .max / 2], 5), ([1 << 32, 1 << 32], [0, 0], 0), ([.max], [0], 0),
      ([0, .max, .max], [1, 1, 1], 0), ([6], [1], .max), ([6], [1], .min), ([2], [.max], .max),
    ] as [([Int], [Int], Int)])
  func outside(shape: [Int], strides: [Int], offset: Int) throws {
    let reason = try #require(refusal(PickleMaker.table { $0.tensor(shape, strides, offset: offset) }.file))
    #expect(reason.hasPrefix("a tensor "))
  }

  @Test(
    "Memory of another size than its entry's is refused",
    arguments: [0, 5, 7, -6, .max, .min, 1 << 62, Int.max / 4 + 1])
  func memory(count: Int) throws {
    let reason = try #require(refusal(PickleMaker.table { $0.tensor([], [], count: count) }.file))
    #expect(reason == "the entry data/0 has 24 bytes in place of \(count) elements F32")
  }

  @Test("References to anything but an entry of memory are refused")
  func references() {
    func table(_ reference: (PickleMaker) -> PickleMaker) -> Data {
      PickleMaker.table { (reference($0.name("torch._utils", "_rebuild_tensor_v2") + "(") + "K\0))tR") }.file
    }
    #expect(refusal(table { $0.storage() }) == nil)
    for key in ["1", "", "..", "../data.pkl", "../../etc/passwd", "/etc/passwd", "0\0"] {
      #expect(refusal(table { $0.storage(key: key) }) == "the entry archive/data/\(key) is missing")
    }
    #expect(refusal(table { $0.text("0") + "Q" }) == "it refers to what is no memory of a tensor")
    #expect(refusal(table { $0 + "(tQ" }) == "it refers to what is no memory of a tensor")
    #expect(refusal(table { $0.storage("ComplexFloatStorage") })?.contains("torch.ComplexFloatStorage") == true)
  }

  @Test(
    "Names other than those that put tensors together are refused before anything is made of them",
    arguments: [
      "os.system", "posix.system", "builtins.eval", "builtins.exec", "builtins.getattr", "subprocess.Popen",
      "torch.load", "torch.hub.load", "torch.storage._load_from_bytes", "torch._utils._rebuild_tensor",
      "torch.FloatTensor",
      "runpy._run_code", "collections.defaultdict", "numpy.core.multiarray._reconstruct", ".", "torch.Storage.x",
    ])
  func names(name: String) throws {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    let (module, own) = (parts.dropLast().joined(separator: "."), parts.last ?? "")
    let expected = "it asks to call \(name); \(runsNothing)"
    #expect(refusal(PickleMaker.table { $0.name(module, own) + "(tR" }.file) == expected)
    #expect(refusal(PickleMaker.table { $0.text(module).text(own) + [0x93] + ")R" }.file) == expected)
    // Also where nothing calls it.
    #expect(refusal(PickleMaker.table { $0.name(module, own) }.file) == expected)
  }

  @Test("A name without end is shown in part, on one line")
  func longName() throws {
    let name = "a\nb" + String(repeating: "x", count: 1_000_000)
    let reason = try #require(refusal(PickleMaker.table { $0.text("os").text(name) + [0x93] }.file))
    #expect(reason.hasPrefix("it asks to call os.a bxxx") && reason.utf8.count < 200)
  }

  @Test("All other operations of pickle are refused by their number")
  func operations() throws {
    // INST, OBJ, PERSID, POP and DUP; NEWOBJ, NEWOBJ_EX, EXT1, EXT2, EXT4, BINBYTES, BYTEARRAY8, NEXT_BUFFER,
    // READONLY_BUFFER, EMPTY_SET, FROZENSET and LONG4; and two that are none.
    for code in Array("ioP02".utf8)
      + [0x81, 0x92, 0x82, 0x83, 0x84, 0x42, 0x96, 0x97, 0x98, 0x8F, 0x91, 0x8B, 0x00, 0xFF]
    {
      let reason = try #require(refusal((PickleMaker() + "N" + [code] + "os\nsystem\n.").file))
      #expect(reason == "it asks for operation 0x\(String(code, radix: 16)) of pickle (byte 3); \(runsNothing)")
    }
  }

  @Test(
    "Damaged pickles are refused",
    arguments: [
      "", ".", "N", "N.", "NN.", "N.N", "(", "(.", "t.", "u.", "e.", "s.", "(u.", "}(NN", "}NNu.", "}(NNN u.", "}(Nu.",
      "Na.", "]a.",
      "(]Na.", "Nb.", "}b.", "(}Nb.", "h\0.", "j\0\0\0\0.", "q\0.", "(q\0.", "R.", ")R.", "N)R.", "}}R.", "Q.", "cos",
      "cos\nsystem",
      "X\u{4}\0\0\0abc", "X\u{4}\0\0\u{7f}abcd.", "\u{7f}", "J\0\0", "M\0", "K", "G\0\0\0", "NNNt.", "}N)s.",
      "(K\u{1}.", "}.", ").", "].",
    ])
  func damaged(operations: String) {
    #expect(refusal((PickleMaker() + operations).file) != nil)
  }

  @Test("Integers of any length are read as Python writes them, or refused")
  func integers() throws {
    func offset(_ bytes: [UInt8]) -> String? {
      refusal(
        PickleMaker.table {
          ($0.name("torch._utils", "_rebuild_tensor_v2") + "(").storage() + [0x8A, UInt8(bytes.count)] + bytes + "))tR"
        }.file)
    }
    #expect(offset([]) == nil && offset([5]) == nil && offset([5, 0, 0]) == nil)
    #expect(offset([0xFF])?.contains("offset -1") == true)
    #expect(offset([0, 0xFF])?.contains("offset -256") == true)
    #expect(offset([0xFF, 0]) == "a tensor of impossible shape [], strides [] or offset 255")
    #expect(offset([UInt8](repeating: 0, count: 9)) == "its pickle has an integer of 9 bytes")
  }

  @Test("Pickles that grow, nest or run without end are refused, and a long list of values is not")
  func bounds() throws {
    func pickle(_ operations: [UInt8], times: Int, after start: String = "") -> String? {
      let repeated = [UInt8](unsafeUninitializedCapacity: operations.count * times) { bytes, written in
        for place in bytes.indices { bytes[place] = operations[place % operations.count] }
        written = bytes.count
      }
      return refusal((PickleMaker() + start + repeated + ".").file)
    }
    #expect(pickle([0x4E], times: 200_000) == "its pickle has too many values")
    #expect(pickle([0x85], times: 1_000_000, after: "N") == "its pickle has tuples 17 deep in each other")
    // A dictionary in itself, and dictionaries in each other without end: neither is followed.
    #expect(
      pickle([], times: 0, after: "}q\0X\u{1}\0\0\0ah\0s") == "it holds no tensors by name or in a state_dict, but a")
    #expect(pickle(Array("}X\u{1}\0\0\0a".utf8), times: 40_000) != nil)
    #expect(pickle(Array("]a".utf8), times: 500_000, after: "]") == "it holds no dictionary of tensors")
    #expect(pickle(Array("Na".utf8), times: 4_500_000, after: "]") == "its pickle has more than 8000000 operations")
    #expect(pickle([0x4E], times: 64 << 20)?.hasSuffix("is too long") == true)
    // Every mark but the last is below what may be taken.
    #expect(pickle(Array("(".utf8), times: 1_000_000) != nil)
  }

  @Test("An archive without exactly one pickle NAME/data.pkl is not of torch.save")
  func archives() {
    let pickle = PickleMaker.table { $0.tensor([6], [1]) }
    func refusal(naming names: [String]) -> String? {
      self.refusal(ZipMaker(names.map { ($0, pickle.data) }).data)
    }
    for names in [[], ["data.pkl"], ["/data.pkl"], ["a/b/data.pkl"], ["a/data.pkl", "b/data.pkl"], ["a/data.pkl.txt"]] {
      #expect(refusal(naming: names)?.hasPrefix("not written by torch.save") == true, "\(names)")
    }
    #expect(refusal(naming: ["a/data.pkl"]) == "the entry a/data/0 is missing")
  }

  @Test("A pointer of Git LFS is named as such, and other files as none of PyTorch")
  func others() throws {
    let pointer = Data("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n".utf8)
    #expect(refusal(pointer)?.contains("git lfs pull") == true)
    #expect(throws: TensorFileError.self) { try Safetensors.decode(pointer, path: "a file") }
    for other in [Data(), Data("PK".utf8), Data(count: 100_000), Data("<html>not found</html>".utf8)] {
      #expect(refusal(other) == "no zip archive, or cut short: it does not end as one")
    }
  }

  @Test("A file cut anywhere is refused", arguments: ["plain.bin", "types.bin", "packed.bin"])
  func cut(name: String) throws {
    let whole = try Data(contentsOf: fixture(name))
    #expect(refusal(whole) == nil)
    for count in 0..<whole.count { #expect(refusal(Data(whole.prefix(count))) != nil, "cut to \(count)") }
  }

  @Test(
    "Changed files are read or refused, never a crash",
    arguments: ["plain.bin", "protocol-4.bin", "types.bin", "views.bin"])
  func changedFiles(name: String) throws {
    var generator = SeededGenerator(seed: 7)
    let whole = try Data(contentsOf: fixture(name))
    let archive = try ZipArchive(FileBytes(copying: whole))
    let entries = archive.entries.mapValues { whole[$0] }.sorted { $0.key < $1.key }
    let pickle = try #require(entries.firstIndex { $0.key.hasSuffix("/data.pkl") })
    var readable = 0
    for number in 0..<changedFileCount / 4 {
      var file: Data
      if number % 4 == 0 {
        file = changed(whole, using: &generator)
      } else {
        // Most changes of a whole file end in the archive's own records.
        var zip = ZipMaker(entries.map { ($0.key, Data($0.value)) })
        zip.entries[pickle].content = changed(zip.entries[pickle].content, using: &generator)
        file = zip.data
      }
      readable += refusal(file) == nil ? 1 : 0
    }
    #expect(0 < readable && readable < changedFileCount / 4)
  }
}
