import Foundation
import TestSupport
import Testing

@testable import Tensors

@Suite struct SafetensorsTests {
  /// A file's bytes: the length, the header as given, the body.
  private func file(_ header: String, body: Data = Data(), length: UInt64? = nil) -> Data {
    withUnsafeBytes(of: (length ?? UInt64(header.utf8.count)).littleEndian) { Data($0) } + Data(header.utf8)
      + body
  }

  private func reason(_ data: Data) -> String? {
    do {
      for tensor in try Safetensors.decode(data, path: "a file").values { _ = tensor.tensor }
      return nil
    } catch .malformed("a file", let reason) {
      return reason
    } catch {
      return "not malformed: \(error)"
    }
  }

  @Test("What is written is read again, names of any kind, shapes of any rank")
  func roundTrip() throws {
    let tensors: [String: StoredTensor] = [
      "blocks.0.conv/weight": StoredTensor(sampled([3, 1, 2], 1)),
      "µ \"quoted\" \\ \n": StoredTensor(sampled([7], 2)),
      "scalar": StoredTensor(Tensor(5)), "none": StoredTensor(.zeros([0, 3])),
      "steps": StoredTensor(-123_456_789_012),
      "blocked": StoredTensor(sampled([1, 3, 2, 2], 3).blocked),
    ]
    try inFreshFolder { folder in
      let path = folder.appending(path: "some.safetensors").path
      try Safetensors.write(tensors, to: path)
      let read = try Safetensors.read(path)
      #expect(Set(read.keys) == Set(tensors.keys))
      for (name, tensor) in tensors {
        #expect(read[name]?.shape == tensor.shape)
        #expect(read[name]?.element == tensor.element)
        #expect(read[name]?.bytes == tensor.bytes)
      }
      #expect(read["steps"]?.tensor.scalar == -123_456_789_012)
      #expect(read["blocked"]?.tensor.floats == sampled([1, 3, 2, 2], 3).floats)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["some.safetensors"])
      // Over an old file.
      try Safetensors.write(["a": StoredTensor(1)], to: path)
      #expect(try Safetensors.read(path).keys.sorted() == ["a"])
    }
  }

  @Test("A file by hand: metadata, both types, spaces at the end")
  func byHand() throws {
    let header = #"""
      {"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},
       "b":{"dtype":"I64","shape":[],"data_offsets":[8,16]}}
      """# + "   "
    let body = Data([0, 0, 0x80, 0x3f, 0, 0, 0x20, 0xc1, 0xfe] + [UInt8](repeating: 0xff, count: 7))
    let read = try Safetensors.decode(file(header, body: body), path: "a file")
    #expect(read.keys.sorted() == ["a", "b"])
    #expect(read["a"]?.tensor.floats == [1, -10])
    #expect(read["b"]?.tensor.floats == [-2])
    // A slice of a larger buffer, whose indices do not start at zero.
    let slice = (Data([1, 2, 3]) + file(header, body: body))[3...]
    #expect(try Safetensors.decode(slice, path: "a file")["a"]?.tensor.floats == [1, -10])
    #expect(try Safetensors.decode(file("{}"), path: "a file").isEmpty)
  }

  @Test(
    "Malformed headers are named as such",
    arguments: [
      #"{"a":5}"#, #"{"a":"text"}"#, #"{"a":null}"#, #"{"a":[]}"#, #"{"a":{}}"#, #"[]"#, #"5"#, #""text""#,
      "", "{", "nonsense",
      #"{"a":{"dtype":"F32","shape":[1]}}"#, #"{"a":{"dtype":"F32","data_offsets":[0,4]}}"#,
      #"{"a":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]}}"#,
      #"{"a":{"dtype":"F16","shape":[1],"data_offsets":[0,4]}}"#,
      #" {"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
      #"{"a":{"dtype":7,"shape":[1],"data_offsets":[0,4]}}"#,
      #"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#,
      #"{"a":{"dtype":"F32","shape":[-1,-1],"data_offsets":[0,4]}}"#,
      #"{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}"#,
      #"{"a":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}}"#,
      #"{"a":{"dtype":"F32","shape":[1e300],"data_offsets":[0,4]}}"#,
      #"{"a":{"dtype":"F32","shape":[9223372036854775807,9223372036854775807],"data_offsets":[0,4]}}"#,
      #"{"a":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,4]}}"#,
      #"{"a":{"dtype":"F32","shape":[0,9223372036854775807,9223372036854775807],"data_offsets":[0,0]}}"#,
      #"{"a":{"dtype":"F32","shape":[99999999999999999999999],"data_offsets":[0,4]}}"#,
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"#,
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}"#,
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#,
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}"#,
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,3]}}"#,
      #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#,
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[9223372036854775800,9223372036854775804]}}"#,
      #"{"a":{"dtype":"I64","shape":[1],"data_offsets":[0,4]}}"#,
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,true]}}"#,
    ])
  func malformed(header: String) {
    #expect(reason(file(header, body: Data(count: 4))) != nil)
    #expect(reason(file(header, body: Data(count: 4)))?.hasPrefix("not malformed") == false)
  }

  @Test("An unknown type of element is named, and those that can be read")
  func types() {
    let header = #"{"a":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]}}"#
    #expect(
      reason(file(header, body: Data(count: 4)))
        == "a is of type F8_E4M3; F32, F16, BF16, F64, I64, I32, U8, BOOL can be read")
  }

  @Test("Arrays of the smaller types are read, each byte of the file belonging to one")
  func smaller() throws {
    let header = #"""
      {"half":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},"flags":{"dtype":"BOOL","shape":[1],
       "data_offsets":[4,5]},"brain":{"dtype":"BF16","shape":[1,1],"data_offsets":[5,7]},
       "none":{"dtype":"F32","shape":[0],"data_offsets":[7,7]}}
      """#
    let read = try Safetensors.decode(file(header, body: Data([0, 0x3C, 1, 0, 1, 0xC0, 0x3F])), path: "a file")
    #expect(read["half"]?.tensor.floats == [1, 0x1p-24])
    #expect(read["flags"]?.tensor.floats == [1])
    #expect(read["brain"]?.tensor.floats == [1.5])
    #expect(read["none"]?.tensor.floats == [])
  }

  @Test("Arrays that overlap or leave bytes out are malformed")
  func places() {
    func reason(_ places: [(Int, Int)], bytes: Int) -> String? {
      let entries = places.enumerated().map { number, place in
        #""\#(number)":{"dtype":"U8","shape":[\#(place.1 - place.0)],"data_offsets":[\#(place.0),\#(place.1)]}"#
      }
      return self.reason(file("{" + entries.joined(separator: ",") + "}", body: Data(count: bytes)))
    }
    #expect(reason([(0, 3), (3, 3), (3, 8)], bytes: 8) == nil)
    #expect(reason([(0, 4), (3, 8)], bytes: 8) == "1 overlaps another array before byte 4")
    #expect(reason([(0, 8), (0, 8)], bytes: 8)?.contains("overlaps") == true)
    #expect(reason([(0, 8), (4, 4)], bytes: 8)?.contains("overlaps") == true)
    #expect(reason([(0, 3), (4, 8)], bytes: 8) == "bytes 3 to 4 belong to no array")
    #expect(reason([(1, 8)], bytes: 8) == "bytes 0 to 1 belong to no array")
    #expect(reason([(0, 7)], bytes: 8) == "bytes 7 to 8 belong to no array")
    #expect(reason([], bytes: 1) == "bytes 0 to 1 belong to no array")
  }

  @Test("A name that stands twice in a header is malformed, also as other characters for the same text")
  func twice() {
    for (one, other) in [("a", "a"), ("a", #"\u0061"#), ("é", "e\u{301}")] {
      let entry = #":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}"#
      #expect(
        reason(file("{\"\(one)\"\(entry),\"\(other)\"\(entry)}", body: Data(count: 1))) == "its JSON has a name twice")
    }
    let shapes = #"{"a":{"dtype":"U8","shape":[1],"shape":[1,1],"data_offsets":[0,1]}}"#
    #expect(reason(file(shapes, body: Data(count: 1))) == "its JSON has a name twice")
    // Colons, quotes and braces in names are only text.
    let name = #"{"a:\"\\":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"__metadata__":{"a":":\\\":"}}"#
    #expect(reason(file(name, body: Data(count: 1))) == nil)
  }

  @Test("A header nested without end is malformed")
  func nested() {
    for start in ["", #"{"a":"#, #"{"a":{"shape":"#] {
      #expect(reason(file(start + String(repeating: "[", count: 100_000))) != nil)
    }
  }

  @Test("A header's length that is wrong, huge or past the end")
  func lengths() {
    for length in [3, 1 << 20, 1 << 30, 100_000_000, 100_000_001, UInt64(Int.max), .max] {
      #expect(reason(file("{}", length: length)) != nil)
    }
    #expect(reason(Data()) != nil && reason(Data(count: 7)) != nil)
    #expect(reason(Data([0xff, 0xfe, 0, 0, 0, 0, 0, 0] + [UInt8](repeating: 0xff, count: 70_000))) != nil)
  }

  @Test("A file cut anywhere is malformed, and one with any byte changed is read or malformed, never a crash")
  func cutAndChanged() throws {
    try inFreshFolder { folder in
      let path = folder.appending(path: "whole.safetensors").path
      try Safetensors.write(
        ["a": StoredTensor(sampled([2, 3], 1)), "b": StoredTensor(7), "c": StoredTensor(sampled([5], 2))],
        to: path)
      let whole = try Data(contentsOf: URL(fileURLWithPath: path))
      #expect(reason(whole) == nil)
      for count in 0..<whole.count { #expect(reason(whole.prefix(count)) != nil, "cut to \(count)") }
      let replacements: [UInt8] = [
        0, 1, 0x20, 0x22, 0x2c, 0x2d, 0x2e, 0x30, 0x39, 0x5b, 0x5d, 0x65, 0x7b, 0x7d, 0x80, 0xff,
      ]
      for place in whole.indices {
        for replacement in replacements {
          var changed = whole
          changed[place] = replacement
          #expect(reason(changed)?.hasPrefix("not malformed") != true)
        }
      }
    }
  }

  @Test("What cannot be read or written is an error that names the file and the reason")
  func unreadable() throws {
    try inFreshFolder { folder in
      let missing = folder.appending(path: "missing").path
      #expect(throws: TensorFileError.file(.unreadable(path: missing, reason: "No such file or directory"))) {
        try Safetensors.read(missing)
      }
      #expect(throws: TensorFileError.self) { try Safetensors.read(folder.path) }
      let nowhere = folder.appending(path: "no/such/folder").path
      #expect(
        throws: TensorFileError.file(.noSuchFolder(path: nowhere, folder: folder.appending(path: "no/such").path))
      ) {
        try Safetensors.write([:], to: nowhere)
      }
      #expect(throws: TensorFileError.self) { try NPY.write(Tensor(1), to: nowhere) }
    }
  }

  @Test("Python's library reads what is written here, integers beside an odd number of floats included")
  func python() throws {
    try inFreshFolder { folder in
      let path = folder.appending(path: "ours.safetensors").path
      try Safetensors.write(
        [
          "weight": StoredTensor(Tensor([1, -2, 0.5], shape: [3, 1])), "z.steps": StoredTensor(41),
          "a": StoredTensor(Tensor(9)),
          "none": StoredTensor(.zeros([0, 2])),
        ], to: path)
      let printed = try printedByPython(
        """
        import numpy; from safetensors.numpy import load_file
        tensors = load_file(\"\(path)\")
        for name in sorted(tensors): print(name, tensors[name].dtype, tensors[name].shape, tensors[name].reshape(-1).tolist())
        """)
      guard let printed else { return }
      #expect(
        printed == """
          a float32 () [9.0]
          none float32 (0, 2) []
          weight float32 (3, 1) [1.0, -2.0, 0.5]
          z.steps int64 () [41]

          """)
    }
  }
}
