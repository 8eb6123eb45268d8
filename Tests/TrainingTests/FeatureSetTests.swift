import AudioFeatures
import AudioFiles
import Basics
import Corpora
import Foundation
import Layers
import Models
import Tensors
import TestSupport
import Testing

@testable import Training

struct FeatureSetTests {
  /// A folder with two clips of noise and a manifest that lists them, a text file and a file that is not there.
  private func corpus() throws -> (folder: URL, manifest: Manifest) {
    let folder = FileManager.default.temporaryDirectory.appending(path: "undertone-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for (name, count) in [("a", 20_000), ("b", 30_001)] {
      let clip = AudioClip(samples: sampled(count, seed: count).map { 0.1 * $0 }, sampleRate: 16_000)
      try clip.write(to: folder.appending(path: "\(name).wav").path)
    }
    try Data("no sound".utf8).write(to: folder.appending(path: "c.wav"))
    let entries = zip(["a", "c", "d", "b"], [Emotion.happy, .fear, .fear, .angry]).map {
      Manifest.Entry(path: "\($0).wav", emotion: $1, origin: "noise")
    }
    return (folder, Manifest(folder: folder.path, entries: entries))
  }

  private func model(_ architecture: Architecture) -> TrainedModel {
    TrainedModel(untrained: ModelConfiguration(architecture: architecture), seed: 1)
  }

  @Test("A bad file is a failure with its path, and the others are computed")
  func failures() throws {
    let (folder, manifest) = try corpus()
    defer { try? FileManager.default.removeItem(at: folder) }
    var calls: [Int] = []
    let (features, failures) = try FeatureSet.compute(
      manifest, for: model(.cnnatt).configuration, progress: { calls.append($0) })
    #expect(features.clips.map(\.path) == ["a.wav", "b.wav"])
    #expect(
      features.clips.map(\.label) == [Emotion.known.firstIndex(of: .happy)!, Emotion.known.firstIndex(of: .angry)!])
    #expect(failures.count == 2)
    #expect(failures[1] == .noSuchFile(path: folder.appending(path: "d.wav").path))
    #expect(calls == [1, 2, 3, 4])
  }

  @Test("Votes are shares of those for the model's classes; a clip without, or with what is no number, is named")
  func votes() throws {
    let configuration = ModelConfiguration(architecture: .cnnatt, classes: ["angry", "sad", "calm"])
    func votes(_ columns: [String: String]) throws -> [Float] {
      try configuration.votes(of: Manifest.Entry(path: "a.wav", emotion: Emotion(rawValue: "sad"), extra: columns))
    }
    #expect(
      try votes(["votes:angry": "3", "votes:Sad": " 1 ", "votes:calm": "", "votes:bored": "9"]) == [0.75, 0.25, 0])
    #expect(try votes(["votes:calm": "0.5"]) == [0, 0, 1])
    for (columns, words) in [
      (["votes:angry": "0"], "a.wav: no votes in columns such as votes:angry"), (["angry": "1"], "no votes in columns"),
      (["votes:sad": "two"], "a.wav: \"two\" in the column votes:sad is no number of votes"),
      (["votes:sad": "-1"], "\"-1\""), (["votes:sad": "inf"], "\"inf\""),
    ] {
      let error = #expect(throws: TrainingError.self) { try votes(columns) }
      #expect(error.map { "\($0)".contains(words) } == true, "\(columns)")
    }
  }

  @Test("A silent clip is a failure; a minute is the most of a clip that is used, which the cache remembers too")
  func silentAndLong() throws {
    let (folder, _) = try corpus()
    defer { try? FileManager.default.removeItem(at: folder) }
    func write(_ name: String, seconds: Int, amplitude: Float) throws {
      let samples = sampled(seconds * 16_000, seed: 4).map { amplitude * $0 }
      try AudioClip(samples: samples, sampleRate: 16_000).write(to: folder.appending(path: name).path, as: .float32)
    }
    try write("zero.wav", seconds: 1, amplitude: 0)
    try write("inaudible.wav", seconds: 1, amplitude: 5e-7)
    try write("long.wav", seconds: 61, amplitude: 0.1)
    let manifest = Manifest(
      folder: folder.path,
      entries: ["a.wav", "zero.wav", "inaudible.wav", "long.wav"].map { .init(path: $0, emotion: .fear) })
    let cache = try FeatureCache(folder: folder.appending(path: "cache").path)
    for _ in 0..<2 {
      let (features, failures) = try FeatureSet.compute(manifest, for: model(.cnnatt).configuration, cache: cache)
      #expect(
        failures
          == ["zero.wav", "inaudible.wav"].map {
            .silent(path: folder.appending(path: $0).path, channels: 1, isCut: false)
          })
      #expect(features.clips.map(\.path) == ["a.wav", "long.wav"])
      #expect(features.clips.map(\.cutFrom) == [nil, 61])
      #expect(features.clips.map(\.frames) == [79, 1 + 60 * 16_000 / 256])
    }
  }

  @Test("Lengths are the model's: 313 frames for 5 s, else 1 + samples / hop")
  func lengths() throws {
    let (folder, manifest) = try corpus()
    defer { try? FileManager.default.removeItem(at: folder) }
    for (architecture, rows, frames) in [
      (Architecture.cnnlstm, 128, [313, 313]), (.fcmfcc, 40, [313, 313]), (.cnnatt, 40, [79, 118]),
    ] {
      let (features, _) = try FeatureSet.compute(manifest, for: model(architecture).configuration)
      #expect(features.clips.map(\.frames) == frames)
      #expect(features.clips.allSatisfy { $0.silence.count == rows })
    }
  }

  @Test(
    "The frames of a batch are those that zeros after the clip give, but for the four whose windows reach over its end",
    arguments: [(0.1, Set(77...80)), (1e-6, Set(77...79))] as [(Float, Set<Int>)])
  func silence(_ amplitude: Float, differing: Set<Int>) {
    let model = model(.cnnatt)
    let samples = sampled(20_000, seed: 3).map { amplitude * $0 }
    func features(_ samples: [Float]) -> ClipFeatures.Input {
      FeatureSet.inputs(on: SignalPath(samples, features: model.features), model.kind)[.mfcc]!
    }
    let own = features(samples)
    let zeros = features(samples + [Float](repeating: 0, count: 20_000))
    let frames = zeros.values.count / 40
    let clip = ClipFeatures(
      path: "", origin: "", label: 0, frames: own.values.count / 40, values: own.values, silence: own.silence)
    let long = ClipFeatures(
      path: "", origin: "", label: 1, frames: frames, values: zeros.values, silence: zeros.silence)
    let batch = FeatureSet([clip, long]).batch([0, 1]).input[.mfcc].floats
    // Frame f reads 512 samples to either side of sample 256 f: of 20,000, frames 77 to 80 read the end and what follows.
    // Of a clip that hardly rises above −100 dB, frame 80 hears too little.
    let found = (0..<frames).filter { frame in
      (0..<40).contains { abs(batch[$0 * frames + frame] - batch[(40 + $0) * frames + frame]) > 2e-3 }
    }
    #expect(Set(found) == differing)
  }

  @Test("Features come back from the cache; damaged ones and those of a changed clip are computed again")
  func cache() throws {
    let (folder, manifest) = try corpus()
    defer { try? FileManager.default.removeItem(at: folder) }
    let cacheFolder = folder.appending(path: "cache")
    let cache = try FeatureCache(folder: cacheFolder.path)
    func compute() throws -> FeatureSet {
      try FeatureSet.compute(manifest, for: model(.cnnatt).configuration, cache: cache).features
    }
    func files() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: cacheFolder.path) }
    let first = try compute()
    #expect(try files().count == 2)
    #expect(try compute() == first)

    // A flipped bit far inside, and a file cut short.
    let paths = try files().map { cacheFolder.appending(path: $0) }
    var data = try Data(contentsOf: paths[0])
    data[data.count - 100] ^= 4
    try data.write(to: paths[0])
    try Data(contentsOf: paths[1]).prefix(500).write(to: paths[1])
    #expect(try compute() == first)

    // The kept file is read: with other values and their checksum it would be believed.
    let key = try #require(
      cache.key(path: folder.appending(path: "a.wav").path, model(.cnnatt).configuration))
    cache.write(
      .init(
        inputs: [.mfcc: .init(values: [Float](repeating: 7, count: 400), silence: [Float](repeating: 7, count: 40))],
        samples: 2560, statistics: SoundStatistics(values: .init(repeating: 0, count: SoundStatistics.count)),
        cutFrom: nil), key)
    #expect(try compute().clips[0].values == [Float](repeating: 7, count: 400))
    try AudioClip(samples: sampled(9_000, seed: 5), sampleRate: 16_000)
      .write(to: folder.appending(path: "a.wav").path)
    #expect(try compute().clips[0].frames == 36)
  }

  @Test("A clip whose emotion the model does not name is refused")
  func unknownClass() throws {
    let (folder, manifest) = try corpus()
    defer { try? FileManager.default.removeItem(at: folder) }
    let configuration = ModelConfiguration(architecture: .cnnatt, classes: ["angry", "fear"])
    let two = TrainedModel(untrained: configuration, seed: 1)
    #expect(
      throws: TrainingError.unknownClass(path: "a.wav", emotion: "happy", classes: ["angry", "fear"])
    ) { try FeatureSet.compute(manifest, for: two.configuration) }
  }

  @Test("An epoch meets every clip once, in batches of about one length; one length is not sorted at all")
  func batches() {
    func set(_ frames: (Int) -> Int) -> FeatureSet {
      FeatureSet(
        (0..<130).map { index in
          ClipFeatures(
            path: "\(index)", origin: "", label: 0, frames: frames(index),
            values: [Float](repeating: 0, count: frames(index)), silence: [0])
        })
    }
    var generator = SeededGenerator(seed: 1)
    let lengths = set { 10 + $0 * 37 % 130 }
    let batches = lengths.shuffledBatches(of: 16, using: &generator)
    #expect(batches.joined().sorted() == Array(0..<130))
    // Of 128 clips drawn, 16 neighbours of one length are about an eighth of the 130 frames that lengths span.
    let spans = batches.map { rows in rows.map { lengths.clips[$0].frames } }.map { $0.max()! - $0.min()! }
    #expect(spans.sorted()[4] < 20)
    #expect(batches.count == 9 && lengths.shuffledBatches(of: 16, using: &generator) != batches)

    // 130 clips in batches of 43 leave one over, which is left out.
    let equal = set { _ in 10 }.shuffledBatches(of: 43, using: &generator)
    #expect(equal.map(\.count) == [43, 43, 43])
    #expect(Set(equal.joined()).count == 129)
  }

  @Test("What a model says of a clip does not depend on the clips beside it")
  func independence() {
    let model = model(.cnnatt)
    let clips = [90, 60, 90, 71].enumerated().map { index, frames in
      ClipFeatures(
        path: "\(index)", origin: "", label: index, frames: frames,
        values: sampled(40 * frames, seed: index), silence: [Float](repeating: -5, count: 40))
    }
    let together = model.evaluate(FeatureSet(clips)).predictions
    for (index, clip) in clips.enumerated() {
      let alone = model.evaluate(FeatureSet([clip])).predictions[0]
      #expect(alone.path == together[index].path)
      #expect(relativeDistance(alone.probabilities, together[index].probabilities) < 1e-5)
    }
  }
}
