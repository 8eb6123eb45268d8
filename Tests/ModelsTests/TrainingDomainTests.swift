import AudioFeatures
import Basics
import Foundation
@testable import Models
import TestSupport
import Testing

@Suite("What a model was trained on")
struct TrainingDomainTests {
  /// A clip whose statistics scatter about a place by a deviation of 2.
  private func clip(
    _ generator: inout SeededGenerator, level: Float = -30, highestBand: Float = 31, shift: Float = 0
  ) -> SoundStatistics {
    var values = (0..<SoundStatistics.count).map { _ in shift + 2 * Float(generator.normal()) }
    values[SoundStatistics.level] = level + Float(generator.normal())
    values[SoundStatistics.highestBand] = highestBand
    return SoundStatistics(values: values)
  }

  private func clips(_ count: Int, seed: UInt64) -> [SoundStatistics] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in clip(&generator) }
  }

  @Test("The distance is that to the fifth nearest clip in deviations; the limit leaves 2 % of unseen clips outside")
  func distance() {
    let (training, unseen) = (clips(200, seed: 1), clips(300, seed: 2))
    let domain = TrainingDomain(clips: training, unseen: unseen)
    // The same by sorting, one statistic after the other.
    let deviations = (0..<SoundStatistics.count).map { index -> Double in
      let values = training.map { Double($0.values[index]) }
      let mean = values.reduce(0, +) / 200
      return max(0.5, (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 200).squareRoot())
    }
    func slow(_ clip: SoundStatistics) -> Double {
      training.map { other in
        let squares = deviations.indices.map { index in
          let difference = Double(clip.values[index] - other.values[index]) / deviations[index]
          return difference * difference
        }
        return (squares.reduce(0, +) / Double(squares.count)).squareRoot()
      }.sorted()[4]
    }
    let distances = unseen.map(slow)
    // Of 301 places the 295th holds 98 %.
    #expect(abs(domain.limit - distances.sorted()[294]) < 1e-4)
    for (clip, distance) in zip(unseen, distances) {
      #expect(abs(domain.resemblance(of: clip).distance - distance / domain.limit) < 1e-4)
    }
    #expect(unseen.count { domain.resemblance(of: $0).isOutside } == 5)
    var fresh = DomainCensus()
    for clip in clips(1000, seed: 3) { fresh.add(domain.resemblance(of: clip)) }
    #expect((5...45).contains(fresh.outside) && fresh.trainedOn == 0)
  }

  @Test("Without unseen clips the limit is that of each training clip's distance to the others")
  func leftOut() {
    let training = clips(120, seed: 1)
    let domain = TrainingDomain(clips: training, unseen: nil)
    #expect(domain.limit != TrainingDomain(clips: training, unseen: training).limit)
    // Each clip beside a domain of the others has nearly the deviations of all 120; of 121 places the 119th holds 98 %.
    let distances = training.indices.map { index in
      var others = training
      let own = others.remove(at: index)
      let without = TrainingDomain(clips: others, unseen: [own])
      return without.limit
    }
    #expect(abs(domain.limit / distances.sorted()[118] - 1) < 0.02)
    #expect(training.count { domain.resemblance(of: $0).isOutside } <= 2)
  }

  @Test("A clip of the training is known again; a level, a bandwidth and a background of its own are named")
  func reasons() {
    let training = clips(100, seed: 4)
    let domain = TrainingDomain(clips: training, unseen: clips(60, seed: 5))
    for clip in training.prefix(5) {
      let found = domain.resemblance(of: clip)
      #expect(found.isTrainedOn && !found.isOutside && found.warning == "the model was trained on this clip")
    }
    var generator = SeededGenerator(seed: 6)
    let loud = domain.resemblance(of: clip(&generator, level: -5))
    #expect(loud.isOutside && loud.reasons.count == 2 && loud.reasons[0].hasPrefix("level −"), "\(loud)")
    let telephone = domain.resemblance(of: clip(&generator, highestBand: 23, shift: 9))
    #expect(telephone.reasons.first == "hardly anything above 3.9 kHz (training to 7.8 kHz at least)", "\(telephone)")
    let shifted = clip(&generator).values.enumerated().map { SoundStatistics.background.contains($0) ? $1 + 20 : $1 }
    let noisy = domain.resemblance(of: SoundStatistics(values: shifted))
    #expect(noisy.isOutside && noisy.reasons[0].hasPrefix("the background louder by "), "\(noisy)")
    #expect(noisy.warning!.hasPrefix("unlike the training data (distance "))
  }

  @Test("A census warns of training clips, and of more clips outside than chance has")
  func census() {
    func census(_ outside: Int, _ trainedOn: Int, of count: Int) -> DomainCensus {
      (0..<count).reduce(into: DomainCensus()) { census, index in
        census.add(
          Resemblance(distance: 1, isOutside: index < outside, isTrainedOn: index >= count - trainedOn, reasons: []))
      }
    }
    #expect(census(0, 0, of: 100).warnings("m") == [] && census(6, 0, of: 100).warnings("m") == [])
    #expect(census(7, 0, of: 100).warnings("m").count == 1 && census(1, 0, of: 1).warnings("m").count == 1)
    #expect(census(0, 1, of: 100).warnings("m")[0].hasPrefix("m was trained on 1 of 100 clips:"))
    #expect(census(2, 3, of: 9).isPossible(of: 9) && !census(2, 3, of: 9).isPossible(of: 8))
  }

  @Test("Written with the model and read again; a damaged one is refused by name")
  func folder() throws {
    let folder = try FreshFolder()
    let domain = TrainingDomain(clips: clips(20, seed: 7), unseen: clips(9, seed: 8))
    let configuration = ModelConfiguration(architecture: .cnnatt)
    let path = folder.url.appendingPathComponent("model").path
    try TrainedModel(
      configuration: configuration, network: configuration.network(seed: 1), name: "model", domain: domain
    ).write(to: path)
    #expect(try TrainedModel(folder: path).domain == domain)
    let clip = clips(1, seed: 9)[0]
    #expect(try TrainedModel(folder: path).domain?.resemblance(of: clip) == domain.resemblance(of: clip))
    try FileManager.default.removeItem(atPath: "\(path)/domain.safetensors")
    #expect(try TrainedModel(folder: path).domain == nil)
    try FileManager.default.copyItem(atPath: "\(path)/model.safetensors", toPath: "\(path)/domain.safetensors")
    #expect {
      try TrainedModel(folder: path)
    } throws: {
      "\($0)".contains("domain.safetensors")
    }
  }

  @Test("The built-in model knows its training clips")
  func builtIn() throws {
    #expect(try TrainedModel.builtIn().domain != nil)
  }
}
