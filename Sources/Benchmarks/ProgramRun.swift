import AudioFiles
import Basics
import Foundation
import Models

/// A run of the program that lies beside this one.
struct ProgramRun {
  private let program = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    .appendingPathComponent("undertone")
  private let arguments: [String]

  /// A run on a clip of five seconds.
  /// - Parameters:
  ///   - command: The command, and its options without files.
  ///   - model: The model that it uses; nil for the built-in one.
  init(_ command: [String], model: TrainedModel? = nil) throws {
    let folder = Self.folder
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

  /// A run on a corpus of so many clips of five seconds at 48 kHz, named as RAVDESS names its clips.
  /// - Parameter command: The command and its options, with CORPUS and RESULTS for folders.
  init(_ command: String, clips: Int) throws {
    let corpus = Self.folder.appendingPathComponent("corpus-\(clips)")
    for clip in 0..<clips {
      let actor = String(format: "%02d", clip / 7 % 20 + 1)
      let folder = corpus.appendingPathComponent("Actor_\(actor)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let emotion = String(format: "%02d", [1, 3, 4, 5, 6, 7, 8][clip % 7])
      let name = "03-01-\(emotion)-01-01-\(String(format: "%02d", clip / 140 + 1))-\(actor).wav"
      try AudioClip(samples: Self.tones(clip), sampleRate: 48_000)
        .write(to: folder.appendingPathComponent(name).path)
    }
    let results = Self.folder.appendingPathComponent("results")
    arguments = command.replacing("CORPUS", with: corpus.path).replacing("RESULTS", with: results.path)
      .components(separatedBy: " ")
  }

  private static let folder = FileManager.default.temporaryDirectory.appendingPathComponent("undertone-benchmark")

  /// Five seconds of three harmonics over a little noise, which a codec takes for speech.
  private static func tones(_ clip: Int) -> [Float] {
    let pitch = 100 + Double(clip % 50) * 3
    let noise = random([240_000]).floats
    return (0..<240_000).map { sample in
      let phase = 2 * Double.pi * pitch * Double(sample) / 48_000
      return Float(0.2 * sin(phase) + 0.1 * sin(2 * phase) + 0.05 * sin(3 * phase)) + 0.001 * noise[sample]
    }
  }

  /// Runs the program; what it writes goes first, so that every run does all the work.
  func run() throws {
    try? FileManager.default.removeItem(at: Self.folder.appendingPathComponent("results"))
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
