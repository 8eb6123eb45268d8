import Foundation
import TestSupport
import Testing

@testable import AudioFiles

private func fixture(_ name: String) -> String { Checkout.fixture("audio/\(name)").path }

/// 0.5 sin(2π f t), what the fixtures' script wrote.
private func tone(_ frequency: Double = 440, rate: Int, count: Int) -> [Float] {
  (0..<count).map { Float(0.5 * sin(2 * .pi * frequency * Double($0) / Double(rate))) }
}

@Suite("Decoding")
struct DecodingTests {
  /// File, samples, largest difference from the tone.
  static let formats: [(String, Int, Float)] = [
    ("tone-8-bit.wav", 800, 1 / 128), ("tone-16-bit.wav", 800, 1 / 32_768),
    ("tone-24-bit.wav", 800, 1 / 8_388_608), ("tone-32-bit.wav", 800, 1e-7),
    ("tone-float.wav", 800, 1e-7), ("tone.flac", 800, 1 / 32_768), ("tone.aiff", 800, 1 / 32_768),
    ("tone.ogg", 4_000, 0.02), ("tone.mp3", 4_000, 0.02),
    // A-law and µ-law have steps of 1/32 at half of full scale.
    ("sox-a-law.wav", 800, 1 / 63), ("sox-mu-law.wav", 800, 1 / 63), ("sox-8-bit.wav", 800, 1 / 128),
    ("sox-24-bit.flac", 800, 1 / 8_388_608), ("sox.w64", 800, 1 / 32_768), ("sox.aifc", 800, 1 / 32_768),
    ("sox.caf", 800, 1 / 32_768), ("sox.au", 800, 1 / 32_768), ("ffmpeg-24-bit.wav", 4_000, 1 / 8_388_608),
    ("ffmpeg-rf64.wav", 4_000, 1 / 32_768), ("ffmpeg-opus.ogg", 4_000, 0.03), ("ffmpeg-vorbis.ogg", 4_000, 0.03),
    ("ffmpeg.mp3", 4_000, 0.03),
  ]

  @Test(
    "A tone written by soundfile, sox or ffmpeg is read within its format's step",
    arguments: Self.formats)
  func format(name: String, count: Int, tolerance: Float) throws {
    let clip = try AudioClip.decode(path: fixture(name))
    #expect(clip.sampleRate == 16_000 && clip.sourceSampleRate == 16_000 && clip.sourceChannels == 1)
    #expect(clip.samples.count == count)
    // A lossy codec may ring at the ends.
    let inside = count < 4_000 ? 0..<count : 1_000..<3_000
    let expected = tone(rate: 16_000, count: count)
    #expect(largestDifference(clip.samples[inside], expected[inside]) <= tolerance)
  }

  @Test("Of two channels the first is taken")
  func firstChannel() throws {
    let clip = try AudioClip.decode(path: fixture("stereo.wav"))
    #expect(clip.sourceChannels == 2)
    #expect(largestDifference(clip.samples, tone(rate: 16_000, count: 800)) <= 1.0 / 32_768)
  }

  @Test(
    "Any rate becomes 16 kHz, ⌈n · 16000 / rate⌉ samples of the same tone",
    arguments: [
      ("tone-8-kHz.wav", 8_000, 1_600), ("tone-192-kHz.flac", 192_000, 320),
      ("tone-24414-Hz.wav", 24_414, 800),
    ])
  func rates(name: String, rate: Int, count: Int) throws {
    let clip = try AudioClip.decode(path: fixture(name))
    #expect(clip.sourceSampleRate == rate && clip.sampleRate == 16_000)
    #expect(clip.samples.count == count)
    // The ends ring, because the tone starts and stops at once.
    let inside = count / 4..<count * 3 / 4
    #expect(largestDifference(clip.samples[inside], tone(rate: 16_000, count: count)[inside]) < 2e-3)
  }

  @Test("A rate of nil keeps the file's own")
  func ownRate() throws {
    let clip = try AudioClip.decode(path: fixture("tone-8-kHz.wav"), resampledTo: nil)
    #expect(clip.sampleRate == 8_000 && clip.samples.count == 800)
    #expect(largestDifference(clip.samples, tone(rate: 8_000, count: 800)) <= 1.0 / 32_768)
  }

  @Test("A glide from 100 Hz to 6.5 kHz is resampled as librosa's soxr_hq does")
  func librosa() throws {
    let expected = try Data(contentsOf: Checkout.fixture("audio/glide-16-kHz-librosa.f32"))
      .withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    let clip = try AudioClip.decode(path: fixture("glide-48-kHz.flac"))
    #expect(clip.samples.count == expected.count)
    #expect(relativeDistance(clip.samples, expected) < 1e-4)
  }

  @Test("A last sample that falls before the end is interpolated, not zero")
  func lastSample() throws {
    let resampler = resampler(from: 48_000, to: 16_000)
    var samples: [Float] = []
    // Of 48,001 samples, the result's last is at 48,000: a constant is about half way down there.
    let ones = [Float](repeating: 1, count: 48_001)
    resampler.feed(ones[...], into: &samples)
    resampler.finish(into: &samples)
    #expect(samples.count == 16_001)
    #expect(abs(samples[8_000] - 1) < 1e-4)
    #expect(samples[16_000] > 0.5)
  }

  @Test("Blocks of any size give the same samples")
  func blocks() throws {
    let signal = tone(1_234, rate: 44_100, count: 10_000)
    func resampled(by size: Int) -> [Float] {
      let resampler = AudioFiles.resampler(from: 44_100, to: 16_000)
      var samples: [Float] = []
      for start in stride(from: 0, to: signal.count, by: size) {
        resampler.feed(signal[start..<min(signal.count, start + size)], into: &samples)
      }
      resampler.finish(into: &samples)
      return samples
    }
    #expect(resampled(by: 10_000).count == 3_629)
    #expect(largestDifference(resampled(by: 10_000), resampled(by: 77)) < 1e-6)
  }

  @Test("A limit reads the beginning, and the clip says so")
  func limit() throws {
    let cut = try AudioClip.decode(path: fixture("tone-16-bit.wav"), limit: 0.01)
    #expect(cut.samples.count == 160 && cut.isCut && cut.sourceDuration == 0.05)
    let whole = try AudioClip.decode(path: fixture("tone-16-bit.wav"), limit: 10)
    #expect(whole.samples.count == 800 && !whole.isCut && whole.sourceDuration == 0.05)
    let exact = try AudioClip.decode(path: fixture("tone-16-bit.wav"), limit: 0.05)
    #expect(exact.samples.count == 800 && !exact.isCut)
    let mp3 = try AudioClip.decode(path: fixture("tone.mp3"), limit: 0.1)
    #expect(mp3.samples.count == 1_600 && mp3.isCut && abs(mp3.sourceDuration - 0.25) < 0.1)
    let endless = try AudioClip.decode(path: fixture("tone-16-bit.wav"), limit: .infinity)
    #expect(endless.samples.count == 800 && !endless.isCut)
  }

  @Test("Silence is not an error")
  func silence() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).wav").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try AudioClip(samples: [Float](repeating: 0, count: 100), sampleRate: 16_000).write(to: path)
    #expect(try AudioClip.decode(path: path).samples == [Float](repeating: 0, count: 100))
  }

  @Test("Each bad file has its own error, on one line that begins with the file")
  func errors() {
    func error(_ name: String) -> AudioFileError? {
      #expect(throws: AudioFileError.self) { try AudioClip.decode(path: fixture(name)) }
    }
    let path = fixture
    #expect(error("absent.wav") == .noSuchFile(path: path("absent.wav")))
    #expect(error("text.wav/below") == .noSuchFile(path: path("text.wav/below")))
    #expect(error(".") == .directory(path: path(".")))
    #expect(error("empty.wav") == .emptyFile(path: path("empty.wav")))
    #expect(error("no-samples.wav") == .noSamples(path: path("no-samples.wav")))
    #expect(error("20-Hz.wav") == .sampleRate(path: path("20-Hz.wav"), found: 20, wanted: 16_000))
    #expect(
      error("infinite.wav") == .impossibleSample(path: path("infinite.wav"), index: 37, value: .infinity))
    #expect(error("huge.wav") == .impossibleSample(path: path("huge.wav"), index: 37, value: 1e30))
    guard case .impossibleSample(_, index: 37, let value)? = error("nan.wav"), value.isNaN else {
      Issue.record("nan.wav")
      return
    }
    guard case .notAudio(_, let reason)? = error("text.wav"), reason.contains("ormat") else {
      Issue.record("text.wav")
      return
    }
    for name in ["absent.wav", ".", "empty.wav", "no-samples.wav", "20-Hz.wav", "nan.wav", "text.wav"] {
      let found = error(name)
      let line = found?.description ?? ""
      #expect(line.hasPrefix("\(path(name)): ") && !line.contains("\n"))
    }
  }

  @Test("A FLAC file that breaks off is damaged, not short")
  func damaged() throws {
    let error = #expect(throws: AudioFileError.self) { try AudioClip.decode(path: fixture("damaged.flac")) }
    guard case .damaged(fixture("damaged.flac"), _, _) = try #require(error) else {
      Issue.record("\(error!)")
      return
    }
  }

  /// WAV files of the folder, relative to it.
  private static let originals =
    (FileManager.default.enumerator(
      atPath: Checkout.corpora.appendingPathComponent("ravdess-original").path)?.allObjects as? [String] ?? [])
    .filter { $0.hasSuffix(".wav") }

  @Test(
    "The published 48 kHz clips of RAVDESS agree with their 16 kHz copies",
    .enabled(if: !originals.isEmpty, "no shared/corpora/ravdess-original beside the checkout"))
  func speech() throws {
    for name in Self.originals {
      let ours = try AudioClip.decode(path: Checkout.corpora.appendingPathComponent("ravdess-original/\(name)").path)
      let copy = Checkout.corpora.appendingPathComponent("ravdess/\(name.dropLast(4)).flac").path
      let theirs = try AudioClip.decode(path: copy)
      #expect(abs(ours.samples.count - theirs.samples.count) <= 1)
      // The copies are 16-bit, and quiet clips have few bits.
      let count = min(ours.samples.count, theirs.samples.count)
      let distance = relativeDistance(Array(ours.samples.prefix(count)), Array(theirs.samples.prefix(count)))
      #expect(distance < 0.02, "\(name)")
    }
  }
}
