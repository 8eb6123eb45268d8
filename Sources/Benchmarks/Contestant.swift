import Foundation

/// A process that times one case on request: ``Worker``, or `peer.py`.
final class Contestant {
  /// "Undertone", or PyTorch's mode.
  let name: String
  private let process = Process()
  private let (input, output) = (Pipe(), Pipe())
  private var unread = Data()
  private(set) var times: [Double] = []
  private(set) var peakMemory: Int?

  /// Milliseconds a clip.
  var median: Double {
    let sorted = times.sorted()
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }

  init(_ name: String, program: String, arguments: [String]) throws {
    self.name = name
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    process.standardInput = input
    process.standardOutput = output
    // Warnings of libraries are not results.
    process.standardError = FileHandle.nullDevice
    try process.run()
  }

  /// Waits until it is warm; false where it cannot run the case.
  func isReady() -> Bool { line() == "ready" }

  /// Runs one turn; false where the process has ended.
  func run() -> Bool {
    try? input.fileHandleForWriting.write(contentsOf: Data("run\n".utf8))
    guard let time = line().flatMap(Double.init) else { return false }
    times.append(time)
    return true
  }

  func end() {
    try? input.fileHandleForWriting.close()
    peakMemory = line().flatMap(Int.init)
    process.terminate()
    process.waitUntilExit()
  }

  private func line() -> String? {
    while true {
      if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: unread[unread.startIndex..<end], as: UTF8.self)
        unread = Data(unread[(end + 1)...])
        return line
      }
      let more = output.fileHandleForReading.availableData
      if more.isEmpty { return nil }
      unread.append(more)
    }
  }
}
