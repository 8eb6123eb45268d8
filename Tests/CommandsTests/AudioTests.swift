import AudioFiles
import CSndFile
import Foundation
import TestSupport
import Testing

@Suite("Audio files of every sort")
struct AudioTests {
  let folder: Folder

  init() throws { folder = try Folder() }

  @Test(
    "A file that is no clip: one line that names it and the reason, exit 65, nothing written",
    arguments: [
      ("text.wav", "not audio"), ("empty.wav", "empty"), ("no-samples.wav", "no samples"), ("nan.wav", "nan"),
      ("infinite.wav", "inf"), ("huge.wav", "1e+30"), ("damaged.flac", "damaged"), ("20-Hz.wav", "20 Hz"),
    ])
  func badFixture(name: String, reason: String) throws {
    for command in ["explain", "predict"] {
      let run = try folder.undertone(command, fixture(name))
      #expect(run.failed(65, naming: name, reason), "\(command): \(run)")
    }
    #expect(folder.files(in: "output/explain").isEmpty)
  }

  @Test("What the decoder of MP3 prints does not reach the terminal; a line of ours names the damaged file")
  func damagedMP3() throws {
    var bytes = try Data(contentsOf: URL(fileURLWithPath: fixture("tone.mp3")))
    // No frame in the middle: libmpg123 has to look for the next frame.
    let third = bytes.count / 3
    for index in third..<(third + 400) { bytes[index] = UInt8(truncatingIfNeeded: 37 * index) }
    try folder.write(bytes, to: "damaged.mp3")
    let run = try folder.undertone("predict", "damaged.mp3", fixture("tone.mp3"))
    #expect(run.status == 0 && run.output.count == 2, "\(run)")
    #expect(
      run.errors == [
        "undertone: damaged.mp3: its decoder found faults in it, and went on: parts may be missing or noise"
      ], "\(run)")
  }

  @Test("Silence, a lone header, a cut header, samples of NaN only")
  func madeBadFiles() throws {
    let wav = WAV(format: .float32)
    try folder.write(wav.file([Float](repeating: 0, count: 16_000)), to: "silence.wav")
    try folder.write(wav.header(samples: 0), to: "header.wav")
    try folder.write(wav.header(samples: 100).prefix(30), to: "cut.wav")
    try folder.write(wav.file([Float](repeating: .nan, count: 1600)), to: "nan-only.wav")
    #expect(try folder.undertone("explain", "silence.wav").failed(65, naming: "silence.wav", "silent"))
    #expect(try folder.undertone("predict", "silence.wav").failed(65, naming: "silence.wav", "silent"))
    // Speech on the second channel is not heard, and the error says where it looked.
    try folder.write(WAV(channels: 2).file(voice(seconds: 1).flatMap { [0, $0] }), to: "second.wav")
    #expect(try folder.undertone("explain", "second.wav").failed(65, naming: "the first of its 2 channels is silent"))
    #expect(try folder.undertone("explain", "header.wav").failed(65, naming: "header.wav", "no samples"))
    #expect(try folder.undertone("explain", "cut.wav").failed(65, naming: "cut.wav"))
    #expect(try folder.undertone("explain", "nan-only.wav").failed(65, naming: "nan-only.wav", "sample 0"))
    #expect(folder.files(in: "output/explain").isEmpty)
  }

  @Test("What is not there, a folder in a file's place, a name of two lines")
  func places() throws {
    #expect(try folder.undertone("explain", "no.wav").failed(66, naming: "no.wav: no such file"))
    #expect(try folder.undertone("explain", "a\nb.wav").failed(66, naming: "no such file"))
    #expect(try folder.undertone("explain", "").failed(66, naming: "no such file"))
  }

  @Test("A file that may not be read", .enabled(if: geteuid() != 0, "root reads everything"))
  func unreadable() throws {
    try folder.write(WAV().file(voice(seconds: 0.2)), to: "secret.wav")
    try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: folder.path("secret.wav"))
    #expect(try folder.undertone("explain", "secret.wav").failed(66, naming: "secret.wav", "Permission denied"))
  }

  /// The largest difference of a probability that files' predictions have from those of another file.
  private func distances(_ names: [String], from reference: String) throws -> [Double] {
    let run = try folder.undertone(["predict", "--json", reference] + names)
    try #require(run.status == 0 && run.errors.isEmpty, "\(run)")
    let predictions: [Prediction] = try run.output.map(decoded)
    try #require(predictions.map(\.file) == [reference] + names)
    try #require(predictions.allSatisfy { $0.probabilities.count == 7 })
    return predictions.dropFirst().map { prediction in
      predictions[0].probabilities.map { abs((prediction.probabilities[$0] ?? .infinity) - $1) }.max()!
    }
  }

  /// The samples in the steps of a depth, which every larger depth holds exactly.
  private func rounded(_ samples: [Float], bits: Int) -> [Float] {
    let full = Float(1 << (bits - 1))
    return samples.map { ($0 * full).rounded() / full }
  }

  @Test("A depth that holds the samples exactly, and a second channel, change no digit of a prediction")
  func depths() throws {
    let (samples, coarse) = (rounded(voice(seconds: 1), bits: 16), rounded(voice(seconds: 1), bits: 8))
    try folder.write(WAV().file(samples), to: "16-bit.wav")
    try folder.write(WAV(format: .signed24).file(samples), to: "24-bit.wav")
    try folder.write(WAV(format: .float32).file(samples), to: "float.wav")
    // The second channel is another sound, which is not to be heard.
    let stereo = samples.enumerated().flatMap { [$1, Float($0 % 7) / 10] }
    try folder.write(WAV(channels: 2).file(stereo), to: "stereo.wav")
    #expect(try distances(["24-bit.wav", "float.wav", "stereo.wav"], from: "16-bit.wav") == [0, 0, 0])
    try folder.write(WAV().file(coarse), to: "8-in-16-bit.wav")
    try folder.write(WAV(format: .unsigned8).file(coarse), to: "8-bit.wav")
    #expect(try distances(["8-bit.wav"], from: "8-in-16-bit.wav") == [0])
  }

  @Test("A rate above that of the voice's overtones changes a probability by less than 0.002, 8 kHz by less than 0.01")
  func rates() throws {
    try folder.write(WAV().file(voice(seconds: 1)), to: "16-kHz.wav")
    let rates = [8000, 48_000, 192_000]
    for rate in rates { try folder.write(WAV(rate: rate).file(voice(seconds: 1, rate: rate)), to: "\(rate).wav") }
    // Resampling rings where the voice begins and ends, and 8 kHz leave nothing above 4; measured: 0.005, and 0.0001.
    let found = try distances(rates.map { "\($0).wav" }, from: "16-kHz.wav")
    #expect(found[0] < 0.01 && found.dropFirst().allSatisfy { $0 < 0.002 }, "\(found)")
  }

  @Test("FLAC and AIFF give the prediction of the same samples in WAV to the digit")
  func lossless() throws {
    #expect(try distances([fixture("tone.aiff")], from: fixture("tone-16-bit.wav")) == [0])
    // The encoder of the FLAC rounded otherwise, by one step of 16 bits.
    try folder.write(WAV().file(AudioClip.decode(path: fixture("tone.flac")).samples), to: "flac.wav")
    #expect(try distances([fixture("tone.flac")], from: "flac.wav") == [0])
  }

  /// The largest difference of a probability between the fixtures' tone of a quarter of a second and a lossy copy of it.
  private func loss(_ name: String) throws -> Double {
    try folder.write(
      WAV().file((0..<4000).map { Float(0.5 * sin(2 * .pi * 440 * Double($0) / 16_000)) }), to: "tone.wav")
    return try distances([fixture(name)], from: "tone.wav")[0]
  }

  @Test("Vorbis gives nearly the prediction of the same tone in WAV")
  func vorbis() throws {
    // The encoder's noise fills what is silent beside a bare tone; measured: 0.034.
    #expect(try loss("tone.ogg") < 0.05)
  }

  @Test("The shortest clips: one sample, 5 ms, 50 ms; they are explained like others", arguments: [1, 80, 800])
  func shortest(samples: Int) throws {
    try folder.write(WAV().file(Array(repeating: 0.3, count: samples)), to: "short.wav")
    let run = try folder.undertone("explain", "short.wav")
    #expect(run.status == 0 && run.errors.isEmpty && run.output.count == 1, "\(run)")
    #expect(folder.files(in: "output/explain") == ["short.saliency.png"])
  }

  /// Whether the libsndfile that is here lists MPEG among its formats; before version 1.1 it had none.
  private static let knowsMP3: Bool = {
    var count: Int32 = 0
    let size = Int32(MemoryLayout<Int32>.size)
    sf_command(nil, Int32(SFC_GET_FORMAT_MAJOR_COUNT), &count, size)
    return (0..<count).contains { number in
      var format = SF_FORMAT_INFO()
      format.format = number
      sf_command(nil, Int32(SFC_GET_FORMAT_MAJOR), &format, Int32(MemoryLayout<SF_FORMAT_INFO>.size))
      return format.format == 0x23_0000  // SF_FORMAT_MPEG, which older headers lack
    }
  }()

  @Test("MP3 gives nearly the prediction of the same tone in WAV", .enabled(if: knowsMP3, "libsndfile without MPEG"))
  func mp3() throws {
    // As Vorbis, with more noise; measured: 0.126.
    #expect(try loss("tone.mp3") < 0.2)
  }

  @Test("MP3 is refused where libsndfile does not know it", .enabled(if: !knowsMP3, "libsndfile with MPEG"))
  func noMP3() throws {
    #expect(try folder.undertone("predict", fixture("tone.mp3")).failed(65, naming: "tone.mp3", "not audio"))
  }

  @Test("An hour is cut to a minute, which is said, in bounded memory")
  func anHour() throws {
    // A second repeated, so that making it is cheap.
    let second = WAV(rate: 8000, format: .unsigned8).file(voice(seconds: 1, rate: 8000)).dropFirst(44)
    var bytes = Data(WAV(rate: 8000, format: .unsigned8).header(samples: 3600 * 8000))
    for _ in 0..<3600 { bytes.append(contentsOf: second) }
    try folder.write(bytes, to: "hour.wav")
    try folder.write("path,emotion\nhour.wav,happy\n", to: "hour.csv")
    // 1.5 GB: an hour's complex spectrogram and its power alone would be 1.4 GB.
    let limit = "ulimit -d 1500000; export OMP_NUM_THREADS=2"
    let run = try folder.undertone(after: limit, "predict", "hour.wav")
    #expect(run.status == 0 && run.output.count == 1 && run.errors.count == 1, "\(run)")
    #expect(run.errors.first?.contains("hour.wav: 3600 s long; only its first 60 s are used") == true)
    let evaluation = try folder.undertone(after: limit, "evaluate", "--data", "hour.csv")
    #expect(evaluation.status == 0, "\(evaluation)")
    #expect(evaluation.errors == ["undertone: hour.wav: 3600 s long; only its first 60 s are used"])
  }

  @Test("In a batch the others go on; the exit status is the first failure's")
  func batch() throws {
    try folder.write(WAV().file(voice(seconds: 0.3)), to: "one.wav")
    try folder.write(WAV().file(voice(seconds: 0.4)), to: "two.wav")
    for command in ["explain", "predict"] {
      let run = try folder.undertone(command, "one.wav", "gone.wav", fixture("text.wav"), "two.wav")
      #expect(run.status == 66)
      #expect(run.output.map { $0.prefix(7) } == ["one.wav", "two.wav"])
      #expect(run.errors.count == 3)
      #expect(run.errors.last == "undertone: 2 of 4 files failed")
      let other = try folder.undertone(command, "one.wav", fixture("text.wav"), "gone.wav")
      #expect(other.status == 65)
    }
    #expect(folder.files(in: "output/explain") == ["one.saliency.png", "two.saliency.png"])
  }
}

/// A line of `predict --json`.
struct Prediction: Decodable {
  let file, model: String
  let start, end: Double?
  let predicted: String
  let probabilities: [String: Double]
}
