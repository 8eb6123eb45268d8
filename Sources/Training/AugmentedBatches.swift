import AudioFeatures
import Basics
import Foundation
import Models
import Tensors

/// The batches of a training whose clips are changed anew in every epoch.
struct AugmentedBatches {
  private let augmentation: Augmentation
  private let model: TrainedModel
  private let extractor: FeatureExtractor
  private let set: FeatureSet

  private var configuration: ModelConfiguration { model.configuration }

  /// - Parameters:
  ///   - set: Clips with their sound, where the augmentation changes it.
  ///   - model: The one in training; adversarial changes are against the weights that it has at each batch.
  init(_ augmentation: Augmentation, of set: FeatureSet, for model: TrainedModel) {
    demand(
      !augmentation.changesClips || set.clips.allSatisfy { $0.sound != nil }, "clips without the sound to augment")
    (self.augmentation, self.set, self.model) = (augmentation, set, model)
    extractor = FeatureExtractor(model.configuration.frontEnd)
  }

  /// The clips `rows`, changed, as one batch.
  func batch(
    _ rows: [Int], using generator: inout SeededGenerator
  ) -> (input: NetworkInput, truth: FeatureSet.Truth) {
    var (input, truth) = set.batch(rows)
    if augmentation.changesClips { input = changed(rows, using: &generator) }
    if let share = augmentation[.mixstyle] { input = restyled(input, share: share, using: &generator) }
    return mixed(input, &truth, using: &generator)
  }

  // MARK: Clips

  /// A clip while it changes.
  private struct Changing {
    /// At the model's length, of which the first `own` are the clip's.
    var samples: [Float]
    let own: Int
    /// Nil of a clip that is not changed against the network.
    let adversarial: AdversarialChange?
    var generator: SeededGenerator
  }

  /// The clips `rows`, changed, as a network's input.
  private func changed(_ rows: [Int], using generator: inout SeededGenerator) -> NetworkInput {
    // Each clip has its own place in the generator's sequence, whichever thread changes it.
    let generators = rows.map { _ in SeededGenerator(seed: generator.next()) }
    nonisolated(unsafe) let own = self
    var clips = concurrentMap(count: rows.count) { index in
      own.changing(own.set.clips[rows[index]], using: generators[index])
    }
    // The network runs on all cores, and not inside of a map.
    let found = AdversarialChange.samples(
      clips.map { ($0.samples, $0.own, $0.adversarial) }, against: model, truth: { set.truth($0.map { rows[$0] }) })
    for (index, samples) in found.enumerated() { clips[index].samples = samples }
    let sounds = clips
    let changed = concurrentMap(count: rows.count) { index in
      var generator = sounds[index].generator
      return own.features(own.set.clips[rows[index]], of: sounds[index].samples, using: &generator)
    }
    return FeatureSet(changed).batch(changed.indices).input
  }

  private func changing(_ clip: ClipFeatures, using start: SeededGenerator) -> Changing {
    var generator = start
    let sound = sound(clip.sound!, using: &generator)
    let samples = configuration.fitted(sound)
    let own = min(sound.count, samples.count)
    var adversarial: AdversarialChange?
    if let ratio = augmentation[.adversarial], generator.uniform() < Augmentation.soundShare {
      adversarial = AdversarialChange(of: samples.prefix(own), ratio: ratio, using: &generator)
    }
    return Changing(samples: samples, own: own, adversarial: adversarial, generator: generator)
  }

  /// The features of a changed sound, changed themselves.
  private func features(
    _ clip: ClipFeatures, of samples: [Float], using generator: inout SeededGenerator
  ) -> ClipFeatures {
    var path = SignalPath(samples, features: extractor)
    let steps = augmentation.steps.filter(\.kind.changesMel)
    if !steps.isEmpty {
      let mel = steps.reduce(path[.mel]) { $1.changed($0, features: extractor, using: &generator).mel }
      path = path.with(mel, at: .mel)
    }
    return ClipFeatures(
      path: clip.path, origin: clip.origin, label: clip.label, dimensions: clip.dimensions,
      inputs: FeatureSet.inputs(on: path, configuration.model), samples: samples.count)
  }

  /// The sound, with each of the changes in a share of the clips.
  private func sound(_ samples: [Float], using generator: inout SeededGenerator) -> [Float] {
    augmentation.steps.filter(\.kind.changesSound).reduce(samples) { sound, step in
      guard generator.uniform() < Augmentation.soundShare else { return sound }
      return step.changed(sound, sampleRate: configuration.frontEnd.sampleRate, using: &generator).sound
    }
  }

  // MARK: Mixtures

  /// The batch with its rows' means and deviations over time mixed with those of other clips.
  private func restyled(
    _ input: NetworkInput, share: Double, using generator: inout SeededGenerator
  ) -> NetworkInput {
    let partners = generator.shuffled(0..<input.batch)
    let shares = partners.indices.map { _ in
      generator.uniform() < share ? Float(generator.beta(Self.styleShape)) : 1
    }
    let tensors = configuration.model.inputs.map { space in
      let x = input[space]
      let keep = Tensor(shares, shape: [input.batch, 1, 1, 1])
      func mixed(_ own: Tensor) -> Tensor { own.mixed(with: partners, keeping: keep) }
      let mean = x.mean(axes: [3])
      let deviation = ((x - mean).squared().mean(axes: [3]) + 1e-5).squareRoot()
      return (space, (x - mean) / deviation * mixed(deviation) + mixed(mean))
    }
    return NetworkInput(Dictionary(uniqueKeysWithValues: tensors), lengths: input.lengths)
  }

  /// The parameter of the beta distribution from which shares of styles are drawn, as in Schmid et al. 2022.
  private static let styleShape = 0.4

  private func mixed(
    _ input: NetworkInput, _ truth: inout FeatureSet.Truth, using generator: inout SeededGenerator
  ) -> (input: NetworkInput, truth: FeatureSet.Truth) {
    let (mixup, specmix) = (augmentation[.mixup], augmentation[.specmix])
    guard mixup != nil || specmix != nil else { return (input, truth) }
    let partners = generator.shuffled(0..<input.batch)
    // Where both are asked for, each has half of the batches.
    let mixes = specmix == nil || (mixup != nil && generator.uniform() < 0.5)
    var shares = [Float](repeating: 1, count: input.batch)  // what each clip keeps of itself
    var tensors: [InputSpace: Tensor] = [:]
    if mixes {
      shares = shares.map { _ in Float(generator.beta(mixup!)) }
      for space in configuration.model.inputs {
        let x = input[space]
        let keep = Tensor(shares, shape: [input.batch] + Array(repeating: 1, count: x.rank - 1))
        tensors[space] = x.mixed(with: partners, keeping: keep)
      }
    } else {
      let masks = partners.indices.map { _ in
        generator.uniform() < specmix! ? SpecMixMask(using: &generator) : nil
      }
      for space in configuration.model.inputs {
        let x = input[space]
        let (rows, columns) = (x.shape[2], x.shape[3])
        var values = x.floats
        let original = values
        for (clip, mask) in masks.enumerated() {
          guard let mask else { continue }
          let taken = mask.cells(rows: rows, columns: columns, hasFrequencies: space == .mel)
          let (to, from) = (clip * rows * columns, partners[clip] * rows * columns)
          for place in taken { values[to + place] = original[from + place] }
          shares[clip] = 1 - Float(taken.count) / Float(rows * columns)
        }
        tensors[space] = Tensor(values, shape: x.shape)
      }
    }
    func mix(_ values: [[Float]]) -> [[Float]] {
      values.indices.map { clip in
        zip(values[clip], values[partners[clip]]).map { shares[clip] * $0 + (1 - shares[clip]) * $1 }
      }
    }
    truth.targets = truth.targets(classes: configuration.classes.count).map(mix)
    truth.dimensions = mix(truth.dimensions)
    return (NetworkInput(tensors, lengths: input.lengths), truth)
  }
}

/// Up to two bands of frequencies and up to two of frames, at least one of the two kinds, each at most a quarter of its axis.
private struct SpecMixMask {
  /// Start and length of bands, as parts of the axis.
  private let rows, columns: [(start: Double, length: Double)]

  init(using generator: inout SeededGenerator) {
    func bands(_ count: Int) -> [(start: Double, length: Double)] {
      (0..<count).map { _ in
        let length = generator.uniform(in: 0..<0.25)
        return (generator.uniform(in: 0..<(1 - length)), length)
      }
    }
    let numbers = (generator.index(below: 3), generator.index(below: 3))
    (rows, columns) = (bands(numbers.0), bands(max(numbers.1, numbers.0 == 0 ? 1 : 0)))
  }

  /// The places in a picture, row-major.
  /// - Parameter hasFrequencies: Whether the rows are frequencies; bands of coefficients would mean nothing.
  func cells(rows height: Int, columns width: Int, hasFrequencies: Bool) -> [Int] {
    func covers(_ bands: [(start: Double, length: Double)], _ place: Int, of size: Int) -> Bool {
      bands.contains { ($0.start * Double(size)..<($0.start + $0.length) * Double(size)).contains(Double(place)) }
    }
    return (0..<height).flatMap { row in
      let whole = hasFrequencies && covers(rows, row, of: height)
      return (0..<width).filter { whole || covers(columns, $0, of: width) }.map { row * width + $0 }
    }
  }
}

extension Tensor {
  /// share · x + (1 − share) · x of another clip, for each clip of a batch [batch, …].
  /// - Parameters:
  ///   - partners: The other clip's place in the batch, of each.
  ///   - shares: [batch, 1, …].
  fileprivate func mixed(with partners: [Int], keeping shares: Tensor) -> Tensor {
    let other = reshaped([shape[0], -1]).rows(partners).reshaped(shape)
    return self * shares + other * shares.scaled(by: -1, plus: 1)
  }
}

extension SeededGenerator {
  /// A number of the beta distribution with both parameters `a`, above 0 and at most 1 (Jöhnk 1964).
  mutating func beta(_ a: Double) -> Double {
    while true {
      let (x, y) = (pow(uniform(), 1 / a), pow(uniform(), 1 / a))
      if x + y > 0, x + y <= 1 { return x / (x + y) }
    }
  }
}
