import Testing

@testable import Corpora

@Suite("Splits")
struct SplitTests {
  /// Clips of each emotion, shared out among speakers.
  private func manifest(_ counts: [Int], speakers: Int) -> Manifest {
    let entries = zip(Emotion.known, counts).flatMap { emotion, count in
      (0..<count).map {
        Manifest.Entry(path: "\(emotion)-\($0).wav", emotion: emotion, speaker: "s\($0 % speakers)")
      }
    }
    return Manifest(folder: "/clips", entries: entries)
  }

  private func counts(_ manifest: Manifest) -> [Int] {
    Emotion.known.map { emotion in manifest.entries.count { $0.emotion == emotion } }
  }

  @Test("80/20 holds for every emotion, and every clip is in one part, in its order")
  func stratified() throws {
    let whole = manifest([1652, 1629, 1628, 1634, 1452, 1555, 560], speakers: 121)
    let split = try whole.split(seed: 7)
    for (part, share) in [(split.training, 0.8), (split.validation, 0.2)] {
      for (found, all) in zip(counts(part), counts(whole)) {
        #expect(abs(Double(found) - share * Double(all)) <= 1)
      }
    }
    let training = Set(split.training.entries.map(\.path))
    #expect(split.validation.entries.allSatisfy { !training.contains($0.path) })
    #expect(whole.entries.filter { training.contains($0.path) } == split.training.entries)
    #expect(split.training.entries.count + split.validation.entries.count == whole.entries.count)
  }

  @Test("One seed gives one split, for ever; another seed another")
  func seeded() throws {
    let whole = manifest([5, 5, 5, 5, 5, 5, 5], speakers: 5)
    let validation = try whole.split(seed: 1).validation.entries.map(\.path)
    #expect(try whole.split(seed: 1).validation.entries.map(\.path) == validation)
    #expect(try whole.split(seed: 2).validation.entries.map(\.path) != validation)
    #expect(
      validation == [
        "angry-3.wav", "disgust-2.wav", "fear-4.wav", "happy-4.wav", "neutral-2.wav", "sadness-0.wav",
        "surprise-2.wav",
      ])
  }

  @Test("No speaker is on both sides, and the emotions keep their shares as far as speakers allow")
  func speakers() throws {
    let whole = manifest([160, 160, 160, 160, 80, 160, 160], speakers: 20)
    for seed in 0..<10 {
      let split = try whole.split(by: .speaker, seed: UInt64(seed))
      let heard = Set(split.training.entries.map(\.speaker))
      #expect(heard.isDisjoint(with: Set(split.validation.entries.map(\.speaker))))
      #expect(counts(split.validation) == [32, 32, 32, 32, 16, 32, 32])
    }
  }

  @Test("Speakers who speak only some emotions are still shared out evenly")
  func unevenSpeakers() throws {
    // Ten speakers of the first three emotions, ten of the others.
    let entries = (0..<20).flatMap { speaker in
      Emotion.known.filter { (Emotion.known.firstIndex(of: $0)! < 3) == (speaker < 10) }.flatMap { emotion in
        (0..<4).map {
          Manifest.Entry(path: "\(speaker)\(emotion)\($0)", emotion: emotion, speaker: "\(speaker)")
        }
      }
    }
    let split = try Manifest(folder: "/", entries: entries).split(by: .speaker, seed: 0)
    #expect(counts(split.validation) == [8, 8, 8, 8, 8, 8, 8])
  }

  @Test("Folds: each clip is validated on once", arguments: [SplitUnit.clip, .speaker])
  func folds(unit: SplitUnit) throws {
    let whole = manifest([23, 21, 20, 22, 24, 20, 8], speakers: 11)
    let folds = try whole.folds(5, by: unit, seed: 3)
    #expect(folds.count == 5)
    #expect(
      folds.flatMap { $0.validation.entries.map(\.path) }.sorted() == whole.entries.map(\.path).sorted())
    for fold in folds {
      #expect(fold.training.entries.count + fold.validation.entries.count == whole.entries.count)
      if unit == .clip {
        for (found, all) in zip(counts(fold.validation), counts(whole)) {
          #expect(abs(Double(found) - Double(all) / 5) < 1)
        }
        #expect((27...28).contains(fold.validation.entries.count))
      } else {
        let heard = Set(fold.training.entries.map(\.speaker))
        #expect(heard.isDisjoint(with: Set(fold.validation.entries.map(\.speaker))))
      }
    }
  }

  @Test("No part stays empty, and too few clips or speakers are named")
  func few() throws {
    let two = manifest([20, 0, 0, 0, 0, 0, 0], speakers: 2)
    #expect(try two.split(by: .speaker, seed: 0).validation.entries.count == 10)
    #expect(throws: SplitError.tooFew(.speaker, found: 2, needed: 5, manifest: "/clips")) {
      try two.folds(5, by: .speaker, seed: 0)
    }
    let alone = Manifest(folder: "/", entries: [.init(path: "a.wav", emotion: .fear)])
    #expect(throws: SplitError.tooFew(.clip, found: 1, needed: 2, manifest: "/")) { try alone.split(seed: 0) }
    #expect(throws: SplitError.missing(column: "speaker", path: "a.wav", manifest: "/")) {
      try alone.split(by: .speaker, seed: 0)
    }
    #expect(
      SplitError.tooFew(.speaker, found: 2, needed: 5, manifest: "a.csv").description
        == "a.csv: 2 speakers cannot fill 5 parts")
  }
}
