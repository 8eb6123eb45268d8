import AudioFiles
import Basics
import Foundation
import Models

/// A run of the program that lies beside this one, on a clip of five seconds.
struct ProgramRun {
  private let program: URL
  private let arguments: [String]

  /// - Parameters:
  ///   - command: The command, and its options without files.
  ///   - model: The model that it uses; nil for the built-in one.
  init(_ command: [String], model: TrainedModel? = nil) throws {
    program = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
      .appendingPathComponent("undertone")
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("undertone-benchmark")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let clip = folder.appendingPathComponent("clip.wav").path
    let noise = random([80_000]).floats.map { 0.1 * $0 }
    try AudioClip(samples: noise.map { max(-1, min(1, $0)) }, sampleRate: 16_000).write(to: clip)
    var arguments = command + [clip]
    if let model {
      let path = folder.appendingPathComponent(model.name).path
      try model.write(to: path)
      arguments += ["--model", path]
    }
    self.arguments = arguments + (command[0] == "explain" ? ["--output", folder.path] : [])
  }

  func run() throws {
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.standardOutput = FileHandle.nullDevice
    // `waitUntilExit` checks every 50 ms only.
    let ended = DispatchSemaphore(value: 0)
    process.terminationHandler = { _ in ended.signal() }
    try process.run()
    ended.wait()
    demand(process.terminationStatus == 0, "\(program.path) \(arguments.joined(separator: " ")) failed")
  }
}
