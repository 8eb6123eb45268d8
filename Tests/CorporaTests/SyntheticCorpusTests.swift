import AudioFeatures
import AudioFiles
import Foundation
import TestSupport
import Testing

@testable import Corpora

@Suite("Synthetic corpus")
struct SyntheticCorpusTests {
  private static let corpus = SyntheticCorpus(clipsPerEmotion: 4, speakers: 2, seed: 5)

  private func rootMeanSquare(_ samples: some Collection<Float>) -> Double {
    (samples.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(samples.count)).squareRoot()
  }

  /// Power of a signal near a frequency, by the definition of the Fourier transform, under a Hann window.
  private func power(_ signal: [Double], hertz: Double) -> Double {
    var real = 0.0
    var imaginary = 0.0
    for (index, value) in signal.enumerated() {
      let window = 0.5 - 0.5 * cos(2 * .pi * Double(index) / Double(signal.count))
      let angle = 2 * .pi * hertz * Double(index) / 16_000
      real += window * value * cos(angle)
      imaginary += window * value * sin(angle)
    }
    return real * real + imaginary * imaginary
  }

  /// Mean pitch by autocorrelation of 40 ms frames that are clearly periodic.
  private func meanPitch(_ samples: [Float]) -> Double {
    let frame = 640
    var pitches: [Double] = []
    for start in stride(from: 0, to: samples.count - 2 * frame, by: 160) {
      let energy = (0..<frame).reduce(Float(0)) { $0 + samples[start + $1] * samples[start + $1] }
      guard energy > 0.05 else { continue }
      let correlations = (32...220).map { lag in
        let products = (0..<frame).reduce(Float(0)) { $0 + samples[start + $1] * samples[start + $1 + lag] }
        let lagged = (0..<frame).reduce(Float(0)) {
          $0 + samples[start + $1 + lag] * samples[start + $1 + lag]
        }
        return products / (energy * lagged).squareRoot()
      }
      // The first peak almost as high as the highest: the period, not a multiple of it.
      guard let highest = correlations.max(), highest > 0.8 else { continue }
      let peak = (1..<188).first {
        correlations[$0] > 0.9 * highest && correlations[$0] >= correlations[$0 - 1]
          && correlations[$0] >= correlations[$0 + 1]
      }
      if let peak { pitches.append(16_000 / Double(peak + 32)) }
    }
    return pitches.reduce(0, +) / Double(pitches.count)
  }

  @Test("One seed gives the same bits, another seed others, and no clip depends on how many there are")
  func deterministic() {
    #expect(Self.corpus.clip(3).samples == Self.corpus.clip(3).samples)
    #expect(Self.corpus.clip(3).samples != Self.corpus.clip(1).samples)
    let other = SyntheticCorpus(clipsPerEmotion: 4, speakers: 2, seed: 6)
    #expect(Self.corpus.clip(3).samples != other.clip(3).samples)
    let more = SyntheticCorpus(clipsPerEmotion: 9, speakers: 2, seed: 5)
    #expect(Self.corpus.clip(3).samples == more.clip(3).samples)
  }

  @Test("What is written is what the manifest says: files, speakers, cues as numbers")
  func writing() throws {
    try inFreshFolder { folder in
      let manifest = try Self.corpus.write(to: folder.path)
      #expect(try Manifest.read(folder.appendingPathComponent("manifest.csv").path) == manifest)
      #expect(manifest.entries.count == 28 && manifest.absentClips.isEmpty)
      #expect(manifest.entries[0].path == "speaker-01/angry-001.wav")
      #expect(Set(manifest.entries.map(\.speaker)) == ["speaker-01", "speaker-02"])
      for entry in manifest.entries {
        #expect(entry.extra.count == 11 && entry.extra.values.allSatisfy { Double($0) != nil })
        let clip = try AudioClip.decode(path: manifest.fullPath(of: entry))
        #expect((1.5...3).contains(clip.duration) && clip.sourceSampleRate == 16_000)
        #expect(clip.samples.allSatisfy { abs($0) < 0.99 })
        let number = try #require(entry.path.dropLast(4).suffix(3).wholeMatch(of: /\d+/).flatMap { Int($0.0) })
        let made = Self.corpus.clip(of: entry.emotion, number: number)
        #expect(made.sampleRate == 16_000 && largestDifference(made.samples, clip.samples) < 1e-4, "\(entry.path)")
      }
    }
  }

  @Test("Every clip is as loud, and on average as high, as its manifest says")
  func cues() throws {
    var pitchDifferences: [Double] = []
    for number in 0..<28 {
      let (entry, samples) = Self.corpus.clip(number)
      // The quiet ends are at −78 dB; the pauses within count.
      let first = try #require(samples.firstIndex { abs($0) > 1e-3 })
      let last = try #require(samples.lastIndex { abs($0) > 1e-3 })
      let loudness = try #require(entry.extra["loudness_db"].flatMap(Double.init))
      #expect(abs(20 * log10(rootMeanSquare(samples[first...last])) - loudness) < 0.6, "\(entry.path)")
      let peak = samples.map(abs).max()!
      let pitch = try #require(entry.extra["f0_mean_hz"].flatMap(Double.init))
      // The edges of syllables, low in pitch, are too quiet to be measured.
      pitchDifferences.append(abs(12 * log2(meanPitch(samples.map { $0 / peak }) / pitch)))
    }
    // In semitones; single frames of some clips are measured an octave off.
    pitchDifferences.sort()
    #expect(pitchDifferences[14] < 0.4 && pitchDifferences[27] < 2)
  }

  @Test("A train of pulses has its harmonics on a line of the tilt", arguments: [-4.0, -8.0, -12.0])
  func tilt(decibelsPerOctave: Double) {
    let pulse = GlottalPulse(tiltDecibelsPerOctave: decibelsPerOctave)
    var train = [Double](repeating: 0, count: 16_000)
    // 112.7 Hz: pulses fall between samples.
    for number in 0..<112 { pulse.add(to: &train, at: Double(number) * 16_000 / 112.7, height: 1) }
    let first = power(Array(train[2_000..<14_000]), hertz: 112.7)
    for harmonic in [2.0, 4, 8, 16, 32] {
      let level = 10 * log10(power(Array(train[2_000..<14_000]), hertz: 112.7 * harmonic) / first)
      #expect(abs(level - decibelsPerOctave * log2(harmonic)) < 0.6)
    }
  }

  @Test("A planted burst sounds where its columns say, only in its emotion, and changes nothing else")
  func planted() throws {
    var planting = Self.corpus
    planting.plantedCue = PlantedCue(in: .fear)
    for number in 0..<28 {
      let (entry, samples) = planting.clip(number)
      let without = Self.corpus.clip(number)
      let difference = zip(samples, without.samples).map { Double($0 - $1) }
      guard entry.emotion == .fear else {
        #expect(difference.allSatisfy { $0 == 0 } && entry.extra["cue_start_s"] == nil)
        continue
      }
      func value(_ name: String) throws -> Double { try #require(entry.extra[name].flatMap(Double.init)) }
      let start = Int(try value("cue_start_s") * 16_000)
      let end = Int(try value("cue_end_s") * 16_000)
      #expect(difference[..<(start - 1)].allSatisfy { $0 == 0 })
      #expect(difference[(end + 1)...].allSatisfy { $0 == 0 })
      let burst = Array(difference[start..<end])
      let loudness = 10 * log10(burst.reduce(0) { $0 + $1 * $1 } / Double(burst.count))
      #expect(abs(loudness - (try value("loudness_db")) + 6) < 1)
      let middle = power(burst, hertz: 3_000)
      #expect(try value("cue_low_hz") == 2_900 && value("cue_high_hz") == 3_100)
      #expect(power(burst, hertz: 2_700) < middle / 100 && power(burst, hertz: 3_300) < middle / 100)
    }
  }

  @Test("A burst at a time and in a band: there in every clip, read back from the manifest, within the speech")
  func plantedAt() throws {
    var planting = Self.corpus
    planting.plantedCue = PlantedCue(in: .happy, frequencies: 2_000...2_500, duration: 0.2, at: 1)
    for number in 0..<28 {
      let (entry, samples) = planting.clip(number)
      guard entry.emotion == .happy else { continue }
      let region = try #require(CueRegion(entry))
      #expect(abs(region.seconds.lowerBound - 1) < 1e-3 && abs(region.seconds.upperBound - 1.2) < 1e-3)
      #expect(region.hertz == 2_000...2_500)
      #expect(Double(samples.count) / 16_000 > 1.2)
    }
    // Beyond the speech: as late as it can be.
    planting.plantedCue?.time = 60
    let (entry, samples) = planting.clip(3 * planting.clipsPerEmotion)
    let region = try #require(CueRegion(entry))
    let end = Double(samples.count) / 16_000
    #expect(region.seconds.upperBound < end - 0.099 && region.seconds.upperBound > end - 0.251)
  }

  @Test("Where the cue is all, there are two emotions, spoken alike")
  func onlyCue() {
    var planting = Self.corpus
    planting.plantedCue = PlantedCue(in: .angry, isOnlyCue: true)
    #expect(planting.emotions == [.angry, .neutral])
    var neutral = Self.corpus
    neutral.plantedCue = PlantedCue(in: .neutral, isOnlyCue: true)
    #expect(neutral.emotions == [.neutral, .angry])
    // The same clips but for the burst, so nothing else can tell them apart.
    let (entry, samples) = planting.clip(0)
    let (other, without) = neutral.clip(planting.clipsPerEmotion)
    #expect(entry.emotion == .angry && other.emotion == .angry)
    #expect(CueRegion(entry) != nil && CueRegion(other) == nil)
    #expect(samples.count > 16_000 && without.count > 16_000)
    let spoken = SyntheticCues.columns.map(\.name)
    #expect(spoken.allSatisfy { entry.extra[$0] != nil })
  }

  @Test("A cue of the voice is all that sets its emotion apart", arguments: SingleCue.Kind.allCases)
  func singleCue(kind: SingleCue.Kind) throws {
    var (own, other) = (Self.corpus, Self.corpus)
    own.singleCue = SingleCue(kind, in: .angry)
    // In the other corpus anger is neutral, and neutral has the cue.
    other.singleCue = SingleCue(kind, in: .neutral)
    #expect(own.emotions == [.angry, .neutral] && other.emotions == [.neutral, .angry])
    for number in 0..<4 {
      let (with, _) = own.clip(number)
      // The same numbers drawn, without the cue: of a corpus in which this is the other emotion.
      var plain = Self.corpus
      plain.singleCue = SingleCue(kind, in: .angry, amount: kind == .tempo ? 1 : 0)
      let without = plain.clip(number).entry
      func change(_ column: String) throws -> Double {
        let values = try [with, without].map { try #require($0.extra[column].flatMap(Double.init)) }
        return kind == .tempo ? values[0] / values[1] : values[0] - values[1]
      }
      switch kind {
      case .pitch:
        let ratio =
          try #require(with.extra["f0_mean_hz"].flatMap(Double.init))
          / #require(without.extra["f0_mean_hz"].flatMap(Double.init))
        #expect(abs(12 * log2(ratio) - 6) < 1e-2)
      case .tempo: #expect(try abs(change("syllable_rate_hz") - 1.5) < 1e-3)
      case .tilt: #expect(try abs(change("tilt_db_per_octave") - 5) < 1e-3)
      }
      for column in ["harmonics_to_noise_db", "jitter_percent", "shimmer_db", "f0_range_semitones"] {
        #expect(with.extra[column] == without.extra[column])
      }
    }
  }

  @Test("Columns that say no region are none")
  func regions() {
    func region(_ values: String...) -> CueRegion? {
      CueRegion(
        Manifest.Entry(
          path: "a.wav", emotion: .angry,
          extra: Dictionary(
            uniqueKeysWithValues: zip(["cue_start_s", "cue_end_s", "cue_low_hz", "cue_high_hz"], values))))
    }
    #expect(region("1", "2", "300", "400") == CueRegion(seconds: 1...2, hertz: 300...400))
    #expect(region("2", "1", "300", "400") == nil && region("1", "2", "400", "300") == nil)
    #expect(region("1", "2", "300") == nil && region("1", "nan", "300", "400") == nil)
    #expect(region("1", "x", "300", "400") == nil && region() == nil)
  }
}
