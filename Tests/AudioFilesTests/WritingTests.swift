import Foundation
import TestSupport
import Testing

@testable import AudioFiles

@Suite("Writing")
struct WritingTests {
  @Test("16-bit samples survive a round trip unchanged, and louder ones are clipped")
  func integer16() throws {
    try inFreshFolder { folder in
      let path = folder.appendingPathComponent("clip.wav").path
      let exact: [Float] = [0, 0.5, -0.5, 1 / 32_768, -1, 32_767 / 32_768]
      try AudioClip(samples: exact + [2, -3], sampleRate: 22_050).write(to: path)
      let read = try AudioClip.decode(path: path, resampledTo: nil)
      #expect(read.samples == exact + [32_767 / 32_768, -1])
      #expect(read.sampleRate == 22_050)
      // 44 bytes of header (RIFF, fmt, data) and two bytes a sample.
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)).count == 44 + 2 * 8)
    }
  }

  @Test("FLAC has the 16-bit samples and the comment, in fewer bytes than WAV")
  func flac() throws {
    try inFreshFolder { folder in
      let (flac, wav) = (
        folder.appendingPathComponent("clip.flac").path, folder.appendingPathComponent("clip.wav").path
      )
      // Longer than the encoder's block of 4,096 samples, and no multiple of it.
      let clip = AudioClip(samples: (0..<10_001).map { 0.7 * sin(0.05 * Float($0)) }, sampleRate: 16_000)
      try clip.write(to: flac, as: .flac, comment: "from a test, 音")
      try clip.write(to: wav)
      let (read, twin) = (try AudioClip.decode(path: flac), try AudioClip.decode(path: wav))
      #expect(read.samples == twin.samples && read.samples.count == 10_001 && read.sampleRate == 16_000)
      #expect(try AudioStream(path: flac).comment == "from a test, 音")
      #expect(try AudioStream(path: wav).comment == nil)
      #expect(try Data(contentsOf: URL(fileURLWithPath: flac)).count < 20_000)
    }
  }

  @Test("Float samples survive a round trip unchanged")
  func float32() throws {
    try inFreshFolder { folder in
      let path = folder.appendingPathComponent("clip.wav").path
      let samples: [Float] = [0.1, -1.7, 1e-20, 3]
      try AudioClip(samples: samples, sampleRate: 16_000).write(to: path, as: .float32)
      #expect(try AudioClip.decode(path: path).samples == samples)
    }
  }

  @Test("Writing over a file leaves that file and nothing beside it")
  func replaces() throws {
    try inFreshFolder { folder in
      let path = folder.appendingPathComponent("Ünï 音.wav").path
      for count in [100, 50] {
        try AudioClip(samples: [Float](repeating: 0.25, count: count), sampleRate: 16_000).write(to: path)
      }
      #expect(try AudioClip.decode(path: path).samples.count == 50)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["Ünï 音.wav"])
    }
  }

  @Test("A place that cannot be written is named with the reason, and nothing is left there")
  func unwritable() throws {
    try inFreshFolder { folder in
      let clip = AudioClip(samples: [0], sampleRate: 16_000)
      let absent = folder.appendingPathComponent("absent/clip.wav").path
      #expect(
        throws: AudioFileError.file(.noSuchFolder(path: absent, folder: folder.appendingPathComponent("absent").path))
      ) {
        try clip.write(to: absent)
      }
      let taken = folder.appendingPathComponent("taken").path
      try FileManager.default.createDirectory(atPath: taken, withIntermediateDirectories: true)
      #expect(throws: AudioFileError.file(.unwritable(path: taken, reason: "Is a directory"))) {
        try clip.write(to: taken)
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["taken"])
    }
  }
}
