import AudioFeatures
import AudioFiles
import Basics
import Corpora
import Foundation
import Models
import Synchronization
import Tensors

/// The features of many clips, computed once and kept for all epochs.
public struct FeatureSet: Sendable, Equatable {
  public var clips: [ClipFeatures]

  public init(_ clips: [ClipFeatures]) {
    demand(
      clips.allSatisfy { $0.inputs.mapValues(\.silence.count) == clips[0].inputs.mapValues(\.silence.count) },
      "clips with features of different heights")
    self.clips = clips
  }

  /// The classes and true values of a batch of clips.
  public struct Truth: Sendable {
    /// The index of each clip's class; nil for a model without classes.
    public let labels: [Int]?
    /// [batch][dimensions].
    public internal(set) var dimensions: [[Float]]
    /// What the classes' probabilities are to be, [batch][classes], where it is not 1 for the label and 0 for the others.
    public internal(set) var targets: [[Float]]?
  }

  /// The clips `rows` as one batch, with their truth. Shorter clips are filled up with their own silence.
  ///
  /// The features are filled up, not the samples before the STFT, which would change the clip's last frames: alone, a
  /// clip ends in its reflection. So a clip has the same frames in a batch as alone. The two ways differ where a window
  /// reaches over the clip's end, in at most two frames before it and two after.
  public func batch(_ rows: some Collection<Int>) -> (input: NetworkInput, truth: Truth) {
    let chosen = rows.map { clips[$0] }
    let encoded = EncodedClip.batch(chosen.map(\.encoded))
    let spaces = chosen[0].inputs.keys.filter { encoded == nil || $0 != .waveform }
    let tensors = spaces.map { space in
      let inputs = chosen.map { $0.inputs[space]! }
      let (height, columns) = (inputs[0].silence.count, inputs.map(\.columns).max()!)
      var values: [Float] = []
      values.reserveCapacity(inputs.count * height * columns)
      for input in inputs {
        for row in 0..<height {
          values += input.values[(row * input.columns)..<((row + 1) * input.columns)]
          values += repeatElement(input.silence[row], count: columns - input.columns)
        }
      }
      return (space, Tensor(values, shape: [inputs.count] + (space == .waveform ? [columns] : [1, height, columns])))
    }
    let lengths = chosen.map(\.samples)
    return (
      NetworkInput(
        Dictionary(uniqueKeysWithValues: tensors),
        lengths: Set(lengths).count > 1 && encoded?.stage != .pooled ? lengths : nil, encoded: encoded),
      truth(rows)
    )
  }

  /// The truth of the clips `rows`.
  func truth(_ rows: some Collection<Int>) -> Truth {
    let chosen = rows.map { clips[$0] }
    let labels = chosen.compactMap(\.label)
    let votes = chosen.compactMap(\.votes)
    return Truth(
      labels: labels.count == chosen.count ? labels : nil, dimensions: chosen.map(\.dimensions),
      targets: votes.count == chosen.count ? votes : nil)
  }

  /// The clips in random batches of `size`, for one epoch of training.
  ///
  /// Clips of different lengths are drawn eight batches at a time and sorted by length within those: a batch is filled
  /// up to its longest, and a norm trained on much filling expects it, but a clip alone has none. The batches come in
  /// random order. A last one of a single clip is left out: batch norm needs two.
  func shuffledBatches(of size: Int, using generator: inout SeededGenerator) -> [[Int]] {
    func cut(_ rows: [Int], into size: Int) -> [[Int]] {
      stride(from: 0, to: rows.count, by: size).map { Array(rows[$0..<min(rows.count, $0 + size)]) }
    }
    let order = generator.shuffled(clips.indices)
    guard Set(clips.map(\.samples)).count > 1 else { return cut(order, into: size).filter { $0.count >= 2 } }
    let batches = cut(order, into: 8 * size).flatMap { rows in
      cut(rows.sorted { (clips[$0].columns, $0) < (clips[$1].columns, $1) }, into: size)
    }
    return generator.shuffled(batches.filter { $0.count >= 2 })
  }

  /// All clips in groups of at most `size` that have the same number of samples.
  func batchesOfOneLength(_ size: Int) -> [[Int]] {
    let byLength = Dictionary(grouping: clips.indices) { clips[$0].samples }
    return byLength.sorted { $0.key < $1.key }.flatMap { _, rows in
      stride(from: 0, to: rows.count, by: size).map { Array(rows[$0..<min(rows.count, $0 + size)]) }
    }
  }

  /// The fingerprints of the clips by their values, without their names.
  var clipFingerprints: Set<UInt64> {
    Set(
      clips.map { clip in
        var print = Fingerprint()
        clip.add(to: &print)
        return print.value
      })
  }

  /// The fingerprint of the set by names, labels and values.
  var fingerprint: String {
    var print = Fingerprint()
    for clip in clips {
      print.add(clip.path)
      if let label = clip.label { print.add(UInt64(label)) }
      if let votes = clip.votes { print.add(votes) }
      print.add(clip.dimensions)
      clip.add(to: &print)
    }
    return print.hexadecimal
  }
}

extension ModelConfiguration {
  /// The index of a clip's emotion among the classes, nil without classes, and the values of the dimensions.
  func truth(of entry: Manifest.Entry) throws(TrainingError) -> (label: Int?, dimensions: [Float]) {
    var label: Int?
    if !classes.isEmpty {
      label = classIndex(of: entry.emotion)
      guard label != nil else {
        throw .unknownClass(path: entry.path, emotion: entry.emotion.rawValue, classes: classes)
      }
    }
    var values: [Float] = []
    for dimension in dimensions {
      guard let value = entry.extra[dimension].flatMap(Float.init), value.isFinite else {
        throw .noValue(path: entry.path, dimension: dimension, found: entry.extra[dimension])
      }
      values.append(value)
    }
    return (label, values)
  }

  /// Throws where a clip of a manifest has no class of the model, or no value for one of its dimensions.
  public func check(_ manifest: Manifest) throws(TrainingError) {
    for entry in manifest.entries { _ = try truth(of: entry) }
  }
}

extension FeatureSet {
  /// Where the clips lie by what a model was trained on.
  /// - Returns: A clip's place each; nil where it is not known.
  public func resemblances(for model: TrainedModel) -> [Resemblance?] {
    guard let domain = model.domain else { return clips.map { _ in nil } }
    return concurrentMap(count: clips.count) { clips[$0].statistics.map(domain.resemblance) }
  }

  /// A network's inputs for every clip of a manifest, computed on all cores. A clip that cannot be decoded, or that is
  /// silent, is a failure, and the others are computed.
  /// - Parameters:
  ///   - cache: The folder where features are kept from one run to the next; nil keeps none.
  ///   - progress: Called after each clip with the number done; one call at a time, from any thread.
  ///   - shouldStop: Called before each clip, one call at a time, from any thread; once true, the rest is left out.
  ///   - keepsSound: Whether the clips keep their sound, for augmentation.
  ///   - readsVotes: Whether the clips have the votes of raters, which the manifest must have for each.
  public static func compute(
    _ manifest: Manifest, for configuration: ModelConfiguration, cache: FeatureCache? = nil, keepsSound: Bool = false,
    readsVotes: Bool = false,
    progress: (Int) -> Void = { _ in }, shouldStop: () -> Bool = { false }
  ) throws(TrainingError) -> (features: FeatureSet, failures: [AudioFileError]) {
    try configuration.check(manifest)
    let votes = try readsVotes ? manifest.entries.map(configuration.votes) : nil
    let extractor = FeatureExtractor(configuration.frontEnd)
    let lock = NSLock()
    // Both are called under the lock only; the extractor's tables do not change.
    nonisolated(unsafe) var (done, isStopped) = (0, false)
    nonisolated(unsafe) let (unsafeProgress, unsafeStop, features) = (progress, shouldStop, extractor)
    let results = withoutActuallyEscaping(unsafeProgress) { progress in
      withoutActuallyEscaping(unsafeStop) { shouldStop in
        nonisolated(unsafe) let (progress, shouldStop) = (progress, shouldStop)
        return concurrentMap(count: manifest.entries.count) { index -> Result<ClipFeatures, AudioFileError>? in
          let ends = lock.withLock {
            isStopped = isStopped || shouldStop()
            return isStopped
          }
          if ends { return nil }
          let result = Result { () throws(AudioFileError) in
            var found = try clip(manifest, manifest.entries[index], configuration, features, cache)
            found.votes = votes?[index]
            if keepsSound {
              found.sound = try configuration.speech(of: manifest.fullPath(of: manifest.entries[index])).samples
            }
            return found
          }
          lock.withLock {
            done += 1
            progress(done)
          }
          return result
        }
      }
    }
    return (
      FeatureSet(results.compactMap { try? $0?.get() }),
      results.compactMap { if case .failure(let error) = $0 { error } else { nil } }
    )
  }

  private static func clip(
    _ manifest: Manifest, _ entry: Manifest.Entry, _ configuration: ModelConfiguration, _ extractor: FeatureExtractor,
    _ cache: FeatureCache?
  ) throws(AudioFileError) -> ClipFeatures {
    let path = manifest.fullPath(of: entry)
    let key = cache?.key(path: path, configuration)
    let found = key.flatMap { cache?.read($0, configuration.model.inputs) }
    let kept = if let found { found } else { try computed(path, configuration, extractor) }
    if let key, found == nil { cache?.write(kept, key) }
    guard let truth = try? configuration.truth(of: entry) else { fault("a clip without a class, after the check") }
    return ClipFeatures(
      path: entry.path, origin: entry.origin, label: truth.label, dimensions: truth.dimensions, inputs: kept.inputs,
      samples: kept.samples, statistics: kept.statistics, cutFrom: kept.cutFrom)
  }

  private static func computed(
    _ path: String, _ configuration: ModelConfiguration, _ extractor: FeatureExtractor
  ) throws(AudioFileError) -> FeatureCache.Kept {
    let clip = try configuration.speech(of: path)
    let samples = configuration.fitted(clip.samples)
    let path = SignalPath(samples, features: extractor)
    return FeatureCache.Kept(
      inputs: inputs(on: path, configuration.model), samples: samples.count,
      statistics: path.statistics(samples: clip.samples.count), cutFrom: clip.isCut ? clip.sourceDuration : nil)
  }

  /// A network's inputs from a clip of the length that its model takes.
  static func inputs(
    on path: SignalPath, _ model: any EmotionModel.Type
  ) -> [InputSpace: ClipFeatures.Input] {
    let input = path.input(model.inputs)
    return Dictionary(
      uniqueKeysWithValues: model.inputs.map { space in
        (space, .init(values: input[space].floats, silence: path.silentFrame(at: space).floats))
      })
  }
}
