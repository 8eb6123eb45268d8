import Foundation
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
    #expect(try folder.undertone("predict", ".").failed(65, naming: ".: is a directory"))
    #expect(try folder.undertone("explain", "a\nb.wav").failed(66, naming: "no such file"))
    #expect(try folder.undertone("explain", "").failed(66, naming: "no such file"))
  }

  @Test("A file that may not be read", .enabled(if: geteuid() != 0, "root reads everything"))
  func unreadable() throws {
    try folder.write(WAV().file(voice(seconds: 0.2)), to: "secret.wav")
    try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: folder.path("secret.wav"))
    #expect(try folder.undertone("explain", "secret.wav").failed(66, naming: "secret.wav", "Permission denied"))
  }

  @Test("Every depth, rate and number of channels gives the prediction of the same voice")
  func formats() throws {
    let files: [(String, WAV)] = [
      ("16-bit.wav", WAV()), ("24-bit.wav", WAV(format: .signed24)), ("float.wav", WAV(format: .float32)),
      ("8-bit.wav", WAV(format: .unsigned8)), ("48-kHz.wav", WAV(rate: 48_000)), ("192-kHz.wav", WAV(rate: 192_000)),
      ("8-kHz.wav", WAV(rate: 8000)),
    ]
    for (name, wav) in files { try folder.write(wav.file(voice(seconds: 1, rate: wav.rate)), to: name) }
    // The second channel is another sound, which is not to be heard.
    let stereo = voice(seconds: 1).enumerated().flatMap { [$1, Float($0 % 7) / 10] }
    try folder.write(WAV(channels: 2).file(stereo), to: "stereo.wav")

    let run = try folder.undertone(
      "predict", "--json", "16-bit.wav", "24-bit.wav", "float.wav", "stereo.wav", "192-kHz.wav", "48-kHz.wav",
      "8-bit.wav", "8-kHz.wav", fixture("tone.flac"), fixture("tone.ogg"), fixture("tone.aiff"))
    #expect(run.status == 0 && run.errors.isEmpty, "\(run)")
    let predictions: [Prediction] = try run.output.map(decoded)
    try #require(predictions.count == 11)
    // Depth and the second channel change nothing to speak of; resampling little.
    for (index, tolerance) in [(1, 0.01), (2, 0.01), (3, 1e-6), (4, 0.1), (5, 0.1)] {
      for (emotion, probability) in predictions[0].probabilities {
        let other = predictions[index].probabilities[emotion] ?? -1
        #expect(abs(other - probability) < tolerance, "\(predictions[index].file) \(emotion)")
      }
    }
  }

  @Test("The shortest clips: one sample, 5 ms, 50 ms; they are explained like others", arguments: [1, 80, 800])
  func shortest(samples: Int) throws {
    try folder.write(WAV().file(Array(repeating: 0.3, count: samples)), to: "short.wav")
    let run = try folder.undertone("explain", "short.wav")
    #expect(run.status == 0 && run.errors.isEmpty && run.output.count == 1, "\(run)")
    #expect(folder.files(in: "output/explain") == ["short.png"])
  }

  @Test("MP3, where libsndfile reads it")
  func mp3() throws {
    let run = try folder.undertone("predict", fixture("tone.mp3"))
    // Before version 1.1 libsndfile knows no MP3, and says so.
    #expect(run.status == 0 || run.failed(65, naming: "tone.mp3", "not audio"), "\(run)")
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
    #expect(folder.files(in: "output/explain") == ["one.png", "two.png"])
  }
}

/// A line of `predict --json`.
struct Prediction: Decodable {
  let file, model: String
  let start, end: Double?
  let predicted: String
  let probabilities: [String: Double]
}
