import Foundation
import Tensors

/// The checkout's places, found from this file's own.
public enum Checkout {
  public static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// The folder `shared/corpora` beside the checkout, which is not everywhere.
  public static let corpora = folder.deletingLastPathComponent().appendingPathComponent("shared/corpora")

  /// A file of Tests/Fixtures.
  public static func fixture(_ name: String) -> URL { folder.appendingPathComponent("Tests/Fixtures/\(name)") }
}

/// What another program computed and a script of Tests/Fixtures kept in a safetensors file.
public struct ReferenceNumbers {
  public enum Failure: Error {
    case absent(name: String, file: String)
    case count(name: String, expected: Int, found: Int)
  }

  private let file: String
  private let stored: Result<[String: StoredTensor], any Error>

  /// - Parameter file: In Tests/Fixtures. One that cannot be read fails the first test that asks for a number.
  public init(_ file: String) {
    self.file = file
    stored = Result { try Safetensors.read(Checkout.fixture(file).path) }
  }

  /// The array of a name as the file has it.
  public func array(_ name: String) throws -> Tensor {
    guard let found = try stored.get()[name] else { throw Failure.absent(name: name, file: file) }
    return found.tensor
  }

  public func contains(_ name: String) throws -> Bool { try stored.get()[name] != nil }

  /// The relative distance in the 2-norm of an array to what the file keeps of it: every n-th element, n the smallest odd
  /// number that leaves at most `limit`, and the norm of the whole after them. The larger of the two distances.
  public func distance(_ found: Tensor, _ name: String, limit: Int) throws -> Double {
    let expected = try array(name).floats.map(Double.init)
    let floats = found.floats.map(Double.init)
    let step = (floats.count + limit - 1) / limit / 2 * 2 + 1
    let kept = stride(from: 0, to: floats.count, by: step).map { floats[$0] }
    guard kept.count == expected.count - 1 else {
      throw Failure.count(name: name, expected: expected.count - 1, found: kept.count)
    }
    let whole = abs(norm(floats) / expected.last! - 1)
    return whole.isNaN ? .infinity : max(relativeDistance(kept, Array(expected.dropLast())), whole)
  }
}
