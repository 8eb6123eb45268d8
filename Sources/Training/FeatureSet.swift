import AudioFeatures
import AudioFiles
import Basics
import Corpora
import Foundation
import Layers
import Models
import Synchronization
import Tensors

/// A clip as a model's network sees it, with its label.
public struct ClipFeatures: Sendable, Equatable {
  /// As in the manifest.
  public let path: String
  public let origin: String
  /// The place of its emotion among the model's classes.
  public let label: Int
  public let frames: Int
  /// [rows, frames].
  public let values: [Float]
  /// [rows]: the frame that zero samples after the clip give. The log-mel's floor follows the clip's loudest cell, so
  /// each clip has a silence of its own.
  public let silence: [Float]
  /// Seconds of its file where only the beginning is used, else nil.
  public let cutFrom: Double?

  public init(
    path: String, origin: String, label: Int, frames: Int, values: [Float], silence: [Float], cutFrom: Double? = nil
  ) {
    demand(values.count == silence.count * frames, "\(values.count) values for \(frames) frames")
    (self.path, self.origin, self.label) = (path, origin, label)
    (self.frames, self.values, self.silence, self.cutFrom) = (frames, values, silence, cutFrom)
  }
}

/// The features of many clips, computed once and kept for all epochs.
public struct FeatureSet: Sendable, Equatable {
  public var clips: [ClipFeatures]

  public init(_ clips: [ClipFeatures]) {
    demand(
      clips.allSatisfy { $0.silence.count == clips[0].silence.count },
      "clips with features of different heights")
    self.clips = clips
  }

  /// Clips `rows` as one tensor [batch, 1, rows, frames] with their labels. Clips shorter than the longest go on in
  /// their own silence.
  ///
  /// The features are filled up, not the samples before the STFT, which would change the clip's last frames: alone, a
  /// clip ends in its reflection. So a clip has the same frames in a batch as alone. The two ways differ where a window
  /// reaches over the clip's end, in at most two frames before it and two after.
  public func batch(_ rows: some Collection<Int>) -> (features: Tensor, labels: [Int]) {
    let chosen = rows.map { clips[$0] }
    let height = chosen[0].silence.count
    let frames = chosen.map(\.frames).max()!
    var values: [Float] = []
    values.reserveCapacity(chosen.count * height * frames)
    for clip in chosen {
      for row in 0..<height {
        values += clip.values[(row * clip.frames)..<((row + 1) * clip.frames)]
        values += repeatElement(clip.silence[row], count: frames - clip.frames)
      }
    }
    return (Tensor(values, shape: [chosen.count, 1, height, frames]), chosen.map(\.label))
  }

  /// The clips in random batches of `size`, for one epoch of training.
  ///
  /// Clips of their own length are drawn eight batches at a time and sorted by length within those: a batch is filled up
  /// to its longest, and a norm that saw much filling expects it, where a clip alone has none. The batches come in random
  /// order. A last one of a single clip is left out: batch norm needs two.
  func shuffledBatches(of size: Int, using generator: inout SeededGenerator) -> [[Int]] {
    func cut(_ rows: [Int], into size: Int) -> [[Int]] {
      stride(from: 0, to: rows.count, by: size).map { Array(rows[$0..<min(rows.count, $0 + size)]) }
    }
    let order = generator.shuffled(clips.indices)
    guard Set(clips.map(\.frames)).count > 1 else { return cut(order, into: size).filter { $0.count >= 2 } }
    let batches = cut(order, into: 8 * size).flatMap { rows in
      cut(rows.sorted { (clips[$0].frames, $0) < (clips[$1].frames, $1) }, into: size)
    }
    return generator.shuffled(batches.filter { $0.count >= 2 })
  }

  /// All clips in groups of at most `size` that have the same number of frames.
  func batchesOfOneLength(_ size: Int) -> [[Int]] {
    let byLength = Dictionary(grouping: clips.indices) { clips[$0].frames }
    return byLength.sorted { $0.key < $1.key }.flatMap { _, rows in
      stride(from: 0, to: rows.count, by: size).map { Array(rows[$0..<min(rows.count, $0 + size)]) }
    }
  }

  /// What tells clips apart: by values, whatever their names.
  var clipFingerprints: Set<UInt64> {
    Set(
      clips.map { clip in
        var print = Fingerprint()
        print.add(clip.values)
        return print.value
      })
  }

  /// Tells sets apart: by names, labels and values.
  var fingerprint: String {
    var print = Fingerprint()
    for clip in clips {
      print.add(clip.path)
      print.add(UInt64(clip.label))
      print.add(clip.values)
    }
    return print.hexadecimal
  }
}

extension TrainedModel {
  /// The places of the clips' emotions among the classes, [entries].
  public func labels(of manifest: Manifest) throws(TrainingError) -> [Int] {
    var labels: [Int] = []
    for entry in manifest.entries {
      guard let label = classes.firstIndex(of: entry.emotion.rawValue) else {
        throw .unknownClass(path: entry.path, emotion: entry.emotion.rawValue, classes: classes)
      }
      labels.append(label)
    }
    return labels
  }
}

extension FeatureSet {
  /// The features that `model` reads, of every clip of a manifest, on all cores. A clip that cannot be decoded, or
  /// that is silent, is a failure, and the others go on.
  /// - Parameters:
  ///   - cache: Where features are kept from one run to the next; nil keeps none.
  ///   - progress: Called after each clip with the number done; one call at a time, from any thread.
  ///   - shouldStop: Asked before each clip, likewise; once true, the rest is left out.
  public static func compute(
    _ manifest: Manifest, for model: TrainedModel, cache: FeatureCache? = nil,
    progress: (Int) -> Void = { _ in }, shouldStop: () -> Bool = { false }
  ) throws(TrainingError) -> (features: FeatureSet, failures: [AudioFileError]) {
    let labels = try model.labels(of: manifest)
    var results = [Result<ClipFeatures, AudioFileError>?](repeating: nil, count: labels.count)
    let lock = NSLock()
    var (done, isStopped) = (0, false)
    results.withUnsafeMutableBufferPointer { results in
      // Every index writes its own slot.
      parallel(labels.count) { range in
        for index in range {
          let ends = lock.withLock {
            isStopped = isStopped || shouldStop()
            return isStopped
          }
          if ends { return }
          results[index] = Result { () throws(AudioFileError) in
            try clip(manifest, manifest.entries[index], label: labels[index], model, cache)
          }
          lock.withLock {
            done += 1
            progress(done)
          }
        }
      }
    }
    return (
      FeatureSet(results.compactMap { try? $0?.get() }),
      results.compactMap { if case .failure(let error) = $0 { error } else { nil } }
    )
  }

  private static func clip(
    _ manifest: Manifest, _ entry: Manifest.Entry, label: Int, _ model: TrainedModel, _ cache: FeatureCache?
  ) throws(AudioFileError) -> ClipFeatures {
    let path = manifest.fullPath(of: entry)
    let key = cache?.key(path: path, model.configuration)
    let found = key.flatMap { cache?.read($0) }
    let kept = if let found { found } else { try computed(path, model) }
    if let key, found == nil { cache?.write(kept, key) }
    return ClipFeatures(
      path: entry.path, origin: entry.origin, label: label, frames: kept.values.count / kept.silence.count,
      values: kept.values, silence: kept.silence, cutFrom: kept.cutFrom)
  }

  private static func computed(
    _ path: String, _ model: TrainedModel
  ) throws(AudioFileError) -> FeatureCache.Kept {
    let clip = try AudioClip.trimmedSpeech(path: path, sampleRate: model.configuration.frontEnd.sampleRate)
    let (values, silence) = features(of: clip.samples, model)
    return (values, silence, clip.isCut ? clip.sourceDuration : nil)
  }

  /// Features [rows, frames] of trimmed samples, and the silence that follows.
  static func features(of samples: [Float], _ model: TrainedModel) -> (values: [Float], silence: [Float]) {
    let fitted = model.fitted(samples)
    let logMel = model.features.logMel(Tensor(fitted, shape: [1, fitted.count]))
    let silence = model.features.silence(after: logMel)
    return switch model.architecture.inputSpace {
    case .mel: (logMel.floats, silence.floats)
    case .mfcc: (model.features.mfcc(logMel: logMel).floats, model.features.mfcc(logMel: silence).floats)
    case .waveform, .spectrogram: fault("\(model.architecture.title) reads the waveform itself")
    }
  }
}
