import Foundation
import TestSupport
import Testing

@Suite("Threads")
struct ThreadTests {
  /// The CPU time in seconds of the program, run `copies` times at once from one shell.
  private func cpuSeconds(
    of arguments: [String], copies: Int, in folder: Folder
  ) throws -> Double {
    let run = try folder.start(
      [
        "-c", "for i in $(seq \(copies)); do \"$0\" \"$@\" > /dev/null & done; wait; times", program.path,
      ] + arguments, executable: URL(fileURLWithPath: "/bin/bash")
    ).finish()
    // The second line is that of the children: "0m0.312s 0m0.015s".
    let times = try #require(run.output.last).split(separator: " ").map { time in
      let parts = time.dropLast().split(separator: "m").map { Double($0) ?? .nan }
      return parts[0] * 60 + parts[1]
    }
    return times.reduce(0, +)
  }

  @Test("Two runs at once take little more CPU time than one thread needs for both")
  func twoAtOnce() throws {
    let folder = try Folder()
    try folder.write(WAV().file(voice(seconds: 60)), to: "long.wav")
    let predict = ["predict", "long.wav", "--window", "5", "--hop", "0.5"]
    let alone = try cpuSeconds(of: predict + ["--threads", "1"], copies: 1, in: folder)
    let both = try cpuSeconds(of: predict, copies: 2, in: folder)
    // Threads that wait awake take fifty times as much.
    #expect(both < 2 * 4 * alone, "\(both) s beside \(alone) s")
  }

  @Test("--threads: the same prediction but for its last digits; a number that makes no sense is refused")
  func count() throws {
    let folder = try Folder()
    try folder.write(WAV().file(voice(seconds: 3)), to: "clip.wav")
    func prediction(_ threads: String) throws -> Prediction {
      try decoded(#require(folder.undertone("predict", "clip.wav", "--json", "--threads", threads).output.first))
    }
    let one = try prediction("1")
    for other in try [prediction("2"), prediction("5")] {
      for (emotion, probability) in one.probabilities {
        #expect(abs(probability - other.probabilities[emotion]!) < 1e-5)
      }
    }
    for number in ["0", "-1", "1025"] {
      #expect(try folder.undertone("predict", "clip.wav", "--threads", number).failed(64, naming: "--threads"))
    }
  }
}
