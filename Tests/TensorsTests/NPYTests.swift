import Foundation
import TestSupport
import Testing

@testable import Tensors

@Suite struct NPYTests {
  /// A version 1 file.
  private func file(_ header: String, body: Data = Data(), length: Int? = nil) -> Data {
    let length = UInt16(length ?? header.utf8.count)
    return Data([0x93]) + Data("NUMPY".utf8) + Data([1, 0])
      + withUnsafeBytes(of: length.littleEndian) { Data($0) }
      + Data(header.utf8) + body
  }

  /// What the bytes say; nil where they are malformed.
  private func read(_ data: Data) throws -> Tensor? {
    do { return try NPY.decode(data, path: "a file") } catch .malformed("a file", _) { return nil }
  }

  @Test("What is written is read again", arguments: [[], [3], [2, 5], [0], [1, 0, 2], [2, 3, 4, 5]])
  func roundTrip(shape: [Int]) throws {
    try inFreshFolder { folder in
      let path = folder.appending(path: "some.npy").path
      let x = sampled(shape, 1)
      try NPY.write(shape.count == 4 ? x.blocked : x, to: path)
      let y = try NPY.read(path)
      #expect(y.shape == shape)
      #expect(y.floats == x.floats)
      // The floats start on a multiple of 64.
      #expect((try Data(contentsOf: URL(fileURLWithPath: path)).count - 4 * x.count) % 64 == 0)
    }
  }

  @Test("A file by hand: NumPy's header, in doubles and floats")
  func byHand() throws {
    let doubles = withUnsafeBytes(of: (1.5, -2.0)) { Data($0) }
    let y = try read(file("{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }\n", body: doubles))
    #expect(y?.shape == [2])
    #expect(y?.floats == [1.5, -2])
    let floats = withUnsafeBytes(of: Float(3)) { Data($0) }
    #expect(
      try read(file("{'descr': '<f4', 'fortran_order': False, 'shape': (), }\n", body: floats))?.scalar == 3)
  }

  @Test(
    "Malformed files are named as such",
    arguments: [
      "", "{}", "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }",
      "{'descr': '<f4', 'fortran_order': True, 'shape': (), }",
      "{'descr': '<i4', 'fortran_order': False, 'shape': (), }",
      "{'descr': '>f4', 'fortran_order': False, 'shape': (), }",
      "{'descr': '<f4', 'fortran_order': False, }",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807,), }",
      "{'descr': '<f8', 'fortran_order': False, 'shape': (2305843009213693952,), }",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 9223372036854775807, 9223372036854775807), }",
      "{'descr': '<f8', 'fortran_order': False, 'shape': (), }", "\u{ff}\u{fe}",
    ])
  func malformed(header: String) throws {
    #expect(try read(file(header, body: Data(count: 4))) == nil)
  }

  @Test("A file cut anywhere is malformed, and one with any byte changed is read or malformed, never a crash")
  func cutAndChanged() throws {
    let whole = file("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }\n", body: Data(count: 8))
    #expect(try read(whole)?.shape == [2, 1])
    for count in 0..<whole.count { #expect(try read(whole.prefix(count)) == nil, "cut to \(count)") }
    for place in whole.indices {
      for replacement in [0, 0x20, 0x27, 0x2c, 0x2d, 0x30, 0x39, 0x80, 0xff] as [UInt8] {
        var changed = whole
        changed[place] = replacement
        _ = try read(changed)
      }
    }
    #expect(try read(file("{}", length: 60_000)) == nil)
  }

  @Test("NumPy reads what is written here")
  func numpy() throws {
    try inFreshFolder { folder in
      let path = folder.appending(path: "ours.npy").path
      for (tensor, expected) in [
        (Tensor([1, -2, 0.5], shape: [3, 1]), "float32 (3, 1) [1.0, -2.0, 0.5]\n"),
        (Tensor(9), "float32 () [9.0]\n"),
        (Tensor.zeros([0]), "float32 (0,) []\n"),
      ] {
        try NPY.write(tensor, to: path)
        let printed = try printedByPython(
          "import numpy; x = numpy.load(\"\(path)\"); print(x.dtype, x.shape, x.reshape(-1).tolist())")
        guard let printed else { return }
        #expect(printed == expected)
      }
    }
  }
}
