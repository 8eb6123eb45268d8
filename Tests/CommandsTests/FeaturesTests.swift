import AudioFeatures
import AudioFiles
import Foundation
import Models
import Tensors
import TestSupport
import Testing

@Suite("features, and models of other front-ends")
struct FeaturesTests {
  let folder: Folder

  init() throws {
    folder = try Folder()
    try folder.write(WAV().file(voice(seconds: 0.8)), to: "clip.wav")
  }

  private func features(_ arguments: String...) throws -> Run { try folder.undertone(["features"] + arguments) }

  @Test("Each kind as an array has the values of the front-end, and its table the same with seconds and names")
  func arrays() throws {
    let kinds = ["waveform", "spectrogram", "mel", "mfcc", "delta", "delta-delta", "pitch"]
    let run = try features("clip.wav", "--kind", kinds.joined(separator: ","), "--format", "npy,csv")
    #expect(run.status == 0 && run.errors.isEmpty && run.output.count == 7, "\(run)")
    #expect(
      folder.files(in: "output/features") == kinds.flatMap { ["clip.\($0).csv", "clip.\($0).npy"] }.sorted())
    let samples = try AudioClip.decode(path: folder.path("clip.wav")).samples
    let extractor = FeatureExtractor()
    let waveform = Tensor(samples, shape: [1, samples.count])
    let mel = extractor.logMel(waveform)
    let mfcc = extractor.mfcc(logMel: mel)
    let frames = 1 + samples.count / 256
    let expected: [String: (Tensor, [Int])] = [
      "waveform": (waveform, [samples.count]),
      "spectrogram": (extractor.spectrogram(waveform).magnitude, [513, frames]),
      "mel": (mel, [128, frames]), "mfcc": (mfcc, [40, frames]), "delta": (mfcc.delta(), [40, frames]),
      "delta-delta": (mfcc.deltaDelta(), [40, frames]),
    ]
    for (kind, (tensor, shape)) in expected {
      let found = try NPY.read(folder.path("output/features/clip.\(kind).npy"))
      #expect(found.shape == shape && found.floats == tensor.floats, "\(kind)")
      let lines = try folder.lines("output/features/clip.\(kind).csv").map { $0.split(separator: ",") }
      let rows = shape.count == 1 ? 1 : shape[0]
      #expect(lines.count == 1 + shape.last! && lines.allSatisfy { $0.count == 1 + rows }, "\(kind)")
      #expect(lines[2].dropFirst().map { Float($0)! } == (0..<rows).map { tensor.floats[$0 * shape.last! + 1] })
      #expect(try abs(#require(Double(lines[2][0])) - (kind == "waveform" ? 1 / 16_000.0 : 0.016)) < 1e-6)
    }
    let header = try folder.lines("output/features/clip.spectrogram.csv")[0]
    #expect(header.hasPrefix("seconds,0.0 Hz,15.6 Hz,31.2 Hz,") && header.hasSuffix(",8000.0 Hz"))
    // The voice has 140 Hz.
    let pitch = try NPY.read(folder.path("output/features/clip.pitch.npy"))
    let voiced = pitch.floats.filter { !$0.isNaN }
    #expect(pitch.shape == [frames] && voiced.count > frames / 2 && voiced.allSatisfy { abs($0 - 140) < 3 })
  }

  @Test("By default a figure, in any format and size")
  func figure() throws {
    let run = try features("clip.wav", "--format", "svg,png", "--width", "84mm", "--font-size", "7")
    #expect(run.status == 0 && run.output.suffix(2) == ["png", "svg"].map { "output/features/clip.features.\($0)" })
    #expect(run.output.prefix(4).map { $0.split(separator: ":")[1] } == [" waveform", " mel", " mfcc", " pitch"])
    let text = String(decoding: try folder.contents("output/features/clip.features.svg"), as: UTF8.self)
    for words in ["clip.wav", "Coefficient", "F0 (Hz)", "Amplitude"] { #expect(text.contains(words), "\(words)") }
    let all = try features("clip.wav", "--kind", "spectrogram,delta,delta-delta", "--output", "all")
    #expect(all.status == 0 && folder.files(in: "all") == ["clip.features.png"])
  }

  @Test("--augment: the clip beside its changes, drawn by the seed, and the changed sounds")
  func augment() throws {
    let changes = "stretch,pitch:3,gain,noise,band,codec,masks"
    let run = try features("clip.wav", "--augment", changes, "--seed", "3")
    #expect(run.status == 0 && run.errors.isEmpty && run.output.count == 8, "\(run)")
    let sounds = ["band", "codec", "gain", "noise", "pitch", "stretch"].map { "clip.\($0).wav" }
    #expect(folder.files(in: "output/features") == ["clip.augmented.png"] + sounds)
    let clip = try AudioClip.decode(path: folder.path("clip.wav"))
    func changed(_ kind: String, in place: String = "output/features") throws -> AudioClip {
      try AudioClip.decode(path: folder.path("\(place)/clip.\(kind).wav"))
    }
    // "stretch: 1.07 times as fast": the length says so too; the others keep it.
    let tempo = try #require(
      run.output[0].firstMatch(of: /stretch: ([0-9.]+) times as fast/).flatMap { Double($0.1) })
    #expect(try abs(clip.duration / changed("stretch").duration - tempo) < 0.006 && (0.9...1.11).contains(tempo))
    #expect(try changed("pitch").samples.count == clip.samples.count)
    let decibels = try #require(
      run.output[2].firstMatch(of: /gain: ([+−][0-9.]+) dB/).flatMap {
        Double($0.1.replacing("−", with: "-").replacing("+", with: ""))
      })
    let ratio = try norm(changed("gain").samples.map(Double.init)) / norm(clip.samples.map(Double.init))
    #expect(abs(20 * log10(ratio) - decibels) < 0.1)
    // The seed decides.
    _ = try features("clip.wav", "--augment", changes, "--seed", "3", "--output", "same")
    _ = try features("clip.wav", "--augment", changes, "--seed", "4", "--output", "other")
    #expect(try changed("stretch", in: "same").samples == changed("stretch").samples)
    #expect(try changed("stretch", in: "other").samples != changed("stretch").samples)
    let figure = try folder.contents("output/features/clip.augmented.png")
    #expect(try figure != folder.contents("other/clip.augmented.png"))
  }

  @Test("Bad input: exit status, one line with the name and the reason")
  func failures() throws {
    try folder.write(WAV().file(Array(voice(seconds: 0.5).prefix(700))), to: "short.wav")
    try folder.write(WAV().file([Float](repeating: 0, count: 16_000)), to: "silent.wav")
    #expect(
      try features("short.wav", "--kind", "delta").failed(
        65, naming: "short.wav: has 3 frames, and deltas need at least 9"))
    #expect(try features("short.wav", "--kind", "mfcc").status == 0)
    #expect(try features("silent.wav").failed(65, naming: "silent.wav", "silent"))
    #expect(try features("clip.wav", "--kind", "chroma").failed(64, naming: "chroma", "delta-delta"))
    #expect(try features("clip.wav", "--format", "jpg").failed(64, naming: "jpg", "npy"))
    #expect(try features("clip.wav", "--augment", "mixup").failed(64, naming: "mixup", "two clips"))
    #expect(try features("clip.wav", "--augment", "adversarial").failed(64, naming: "adversarial", "in training"))
    #expect(try features("clip.wav", "--augment", "pitch:90").failed(64, naming: "pitch:90"))
    #expect(try features("clip.wav", "--augment", "pitch", "--kind", "mel").failed(64, naming: "--kind"))
    #expect(try features("clip.wav", "--augment", "pitch", "--format", "npy").failed(64, naming: "npy"))
    #expect(try features("clip.wav", "--seed", "1").failed(64, naming: "--augment"))
    #expect(try features("clip.wav", "--format", "npy", "--width", "4in").failed(64, naming: "--width"))
  }

  @Test(
    "A model of another front-end trains, and is used with it: prediction, all four places, features, cache, resuming")
  func otherFrontEnd() throws {
    let synthesized = try folder.undertone(
      "corpus", "synthesize", "--clips", "2", "--speakers", "2", "--output", ".")
    #expect(synthesized.status == 0)
    let clip = String(try #require(folder.lines("manifest.csv")[1].split(separator: ",").first))
    let settings = [
      "--window", "400", "--hop", "160", "--mels", "64", "--coefficients", "20", "--deltas", "1", "--sample-rate",
      "8000",
    ]
    let training = ["train", "cnnatt", "--data", "manifest.csv", "--by", "clip", "--epochs", "2", "--cache", "kept"]
    let standard = try folder.undertone(training + ["--output", "standard"])
    #expect(standard.status == 0, "\(standard)")
    let run = try folder.undertone(training + settings + ["--output", "small"])
    #expect(run.status == 0, "\(run)")
    let text = String(decoding: try folder.contents("small/config.json"), as: UTF8.self)
    for setting in [#""mels" : 64"#, #""hop_samples" : 160"#, #""deltas" : 1"#] { #expect(text.contains(setting)) }
    // From the features that were kept: the same weights; those of the other front-end are not taken for them.
    let again = try folder.undertone(training + settings + ["--output", "again"])
    #expect(again.status == 0)
    #expect(try folder.contents("again/model.safetensors") == folder.contents("small/model.safetensors"))
    let resumed = try folder.undertone("train", "--resume", "small", "--epochs", "3")
    #expect(resumed.status == 0, "\(resumed)")

    #expect(try folder.undertone("predict", clip, "--model", "small").status == 0)
    let explained = try folder.undertone(
      "explain", clip, "--model", "small", "--input", "all", "--arrays", "--json")
    #expect(explained.status == 0, "\(explained)")
    let stem = URL(fileURLWithPath: clip).deletingPathExtension().lastPathComponent
    func array(_ name: String) throws -> Tensor {
      try NPY.read(folder.path("output/explain/\(stem).saliency.\(name).npy"))
    }
    let frames = try 1 + array("waveform").shape[0] / 160
    #expect(try array("spectrogram").shape == [201, frames] && array("mel").shape == [64, frames])
    #expect(try array("mfcc").shape == [40, frames])
    #expect(try array("mel.seconds").floats[1] - array("mel.seconds").floats[0] - 0.02 < 1e-5)
    #expect(try array("spectrogram.hertz").floats.last == 4000)

    let written = try features(clip, "--model", "small", "--kind", "mfcc", "--format", "npy")
    #expect(written.status == 0 && written.output[0].contains("a frame each 0.02 s"), "\(written)")
    let own = try NPY.read(folder.path("output/features/\(stem).mfcc.npy"))
    #expect(try own.floats == array("mfcc.feature").floats)
    let decomposed = try folder.undertone(
      "decompose", clip, "--model", "small", "--iterations", "3", "--components", "2", "--format", "svg")
    #expect(decomposed.status == 0, "\(decomposed)")
  }

  @Test("A front-end that the network cannot read, or nothing can compute, is one line before the work")
  func refusedFrontEnds() throws {
    try folder.write("path,emotion\nclip.wav,happy\nclip.wav,fear\n", to: "clips.csv")
    func train(_ model: String, _ arguments: String...) throws -> Run {
      try folder.undertone(["train", model, "--data", "clips.csv", "--epochs", "1"] + arguments)
    }
    #expect(try train("cnnlstm", "--mels", "64").failed(64, naming: "64 mel bands", "pools"))
    #expect(try train("fcmfcc", "--coefficients", "20").failed(64, naming: "20 rows", "32"))
    #expect(try train("cnnatt", "--mels", "20").failed(64, naming: "mels 20", "32 to 512"))
    #expect(try train("cnnatt", "--window", "400").failed(64, naming: "hop_samples 256", "half"))
    #expect(try train("cnnatt", "--window", "400", "--hop", "160").failed(64, naming: "128 mels", "band 1"))
    #expect(
      try train("hubertft", "--encoder", "tiny-random", "--mels", "64").failed(64, naming: "standard front-end"))
    #expect(try folder.undertone("train", "--resume", "x", "--mels", "64").failed(64, naming: "--mels", "--resume"))
  }
}
