import Foundation

/// A folder that did not exist before, gone with the last use of this value.
public final class FreshFolder: Sendable {
  public let url: URL

  public init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent("undertone-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  public var path: String { url.path }

  public func path(_ name: String) -> String { url.appendingPathComponent(name).path }

  public func contents(_ name: String) throws -> Data { try Data(contentsOf: url.appendingPathComponent(name)) }

  /// Writes a file, and makes the folders that it is in.
  public func write(_ bytes: some DataProtocol, to name: String) throws {
    let place = url.appendingPathComponent(name)
    try FileManager.default.createDirectory(
      at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: place)
  }

  public func write(_ text: String, to name: String) throws { try write(Array(text.utf8), to: name) }

  /// The names of all files in a folder of this one, hidden ones too; empty where the folder does not exist.
  public func files(in name: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path(name))) ?? []).sorted()
  }
}

/// Runs `body` with a new folder, which is gone afterwards.
public func inFreshFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
  let folder = try FreshFolder()
  return try withExtendedLifetime(folder) { try body(folder.url) }
}
