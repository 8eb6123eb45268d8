import Basics
import Foundation

/// The cues of a clip, every 10 ms, as openSMILE's eGeMAPS v02 has them: each the mean of a frame and of its two
/// neighbours, of those that have it.
///
/// At 8, 16, 22.05, 44.1 and 48 kHz the same frames are voiced, and all cues but the formants' agree with openSMILE in
/// five digits, of samples of 16 bits, to which openSMILE rounds. Where 10, 20 or 60 ms are no whole number of samples,
/// they are the nearest. Below 16 kHz the auditory bands end at half the sample rate, below 11 kHz the formants do, and
/// below 10 kHz the alpha ratio and the Hammarberg index.
public struct VoiceCues: Sendable {
  /// The lowest sample rate, in Hz.
  public static let lowestSampleRate = 8000

  /// Seconds from one frame's start to the next.
  public let hopSeconds: Double
  /// As many frames of 60 ms as the clip has room for, and at least one of a clip that has a sample.
  public let frameCount: Int
  public let summary: VoiceCueSummary
  private let values: [VoiceCue: [Double?]]

  /// The values of a cue, one for each frame; nil where the frame has none: a voice's without a voice, or a formant's
  /// where there is none. No value is infinite or not a number.
  public subscript(cue: VoiceCue) -> [Double?] { values[cue]! }

  /// The middle of the sound that a frame of a cue covers, in seconds from the clip's start. Frames of one index start
  /// together and are 20 or 60 ms long, as openSMILE has them.
  public func time(of cue: VoiceCue, frame: Int) -> Double { Double(frame) * hopSeconds + cue.windowSeconds / 2 }

  /// - Parameter samples: From −1 to 1.
  public init(_ samples: [Float], sampleRate: Int) {
    demand(sampleRate >= Self.lowestSampleRate, "cues of sound of \(sampleRate) Hz")
    let rate = Double(sampleRate)
    let hop = Int((0.01 * rate).rounded())
    let (short, long) = (Int((0.02 * rate).rounded()), Int((0.06 * rate).rounded()))
    func frames(of window: Int) -> Int { samples.isEmpty ? 0 : max(1, 1 + (samples.count - window) / hop) }
    hopSeconds = Double(hop) / rate
    frameCount = frames(of: long)
    guard !samples.isEmpty else {
      values = Dictionary(uniqueKeysWithValues: VoiceCue.allCases.map { ($0, []) })
      summary = VoiceCueSummary(cues: values, isVoiced: [], loudness: [], hopSeconds: hopSeconds)
      return
    }
    let sound = samples.map { $0.isFinite ? $0 : 0 }
    let hamming = (0..<short).map { 0.54 - 0.46 * cos(2 * .pi * Double($0) / Double(short - 1)) }
    let middle = Double(long - 1) / 2
    let gauss = (0..<long).map { index in
      let place = (Double(index) - middle) / (0.4 * middle)
      return exp(-0.5 * place * place)
    }
    let spectra = CueSpectra(
      sound, sampleRate: sampleRate, window: hamming, hop: hop, frames: max(frameCount, frames(of: short)))
    let voices = CueSpectra(sound, sampleRate: sampleRate, window: gauss, hop: hop, frames: frameCount)
    var raw = Self.spectralCues(spectra)
    let fundamentals = Self.fundamentals(voices, window: long)
    raw.merge(Self.voiceCues(voices, fundamentals: fundamentals, sampleRate: sampleRate)) { $1 }
    let periods = PeriodPerturbation(
      sound, sampleRate: sampleRate, fundamentals: fundamentals, hop: hop, window: long)
    (raw[.jitter], raw[.shimmer]) = (periods.jitter, periods.shimmer)
    let smooth = raw.mapValues(Self.smoothed)
    let count = frameCount
    values = smooth.mapValues { Array($0.prefix(count)) }
    summary = VoiceCueSummary(
      cues: smooth, isVoiced: fundamentals.map { $0 != nil }, loudness: smooth[.loudness]!.compactMap(\.self),
      hopSeconds: hopSeconds)
  }

  /// The cues that every frame of 20 ms has.
  private static func spectralCues(_ spectra: CueSpectra) -> [VoiceCue: [Double?]] {
    let bands = AuditoryBands(bins: spectra.bins, hertzPerBin: spectra.hertzPerBin)
    let balance = SpectralBalance(bins: spectra.bins, hertzPerBin: spectra.hertzPerBin)
    let cues: [VoiceCue] = [
      .loudness, .mfcc1, .mfcc2, .mfcc3, .mfcc4, .alphaRatio, .hammarbergIndex, .slopeTo500, .slopeTo1500,
      .spectralFlux,
    ]
    return measured(cues, frames: spectra.frames) { frame in
      spectra.withPower(ofFrame: frame) { power in
        let energies = bands.energies(power)
        let slopes = balance.slopes(power)
        // Before the first frame there is nothing to change from.
        let flux =
          frame == 0
          ? 0 : spectra.withPower(ofFrame: frame - 1) { balance.flux(power, after: $0) }
        return [bands.loudness(energies)] + bands.coefficients(energies)
          + [balance.alphaRatio(power), balance.hammarbergIndex(power), slopes.low, slopes.high, flux]
      }
    }
  }

  /// The fundamental of each frame of 60 ms, in Hz.
  private static func fundamentals(_ spectra: CueSpectra, window: Int) -> [Double?] {
    // The root mean square, under the window, below which there is no voice.
    let leastLevel = 0.001
    let summation = SubharmonicSummation(bins: spectra.bins, hertzPerBin: spectra.hertzPerBin)
    var candidates = [[SubharmonicSummation.Candidate]](repeating: [], count: spectra.frames)
    candidates.withUnsafeMutableBufferPointer { candidates in
      nonisolated(unsafe) let candidates = candidates
      parallel(spectra.frames, grain: 8) { range in
        for frame in range { candidates[frame] = summation.candidates(spectra.magnitudes(ofFrame: frame)) }
      }
    }
    return PitchPath.fundamentals(candidates).enumerated().map { frame, fundamental in
      spectra.level(ofFrame: frame, samples: window) < leastLevel ? nil : fundamental
    }
  }

  /// The cues of frames of 60 ms: the formants of every one, the others where there is a voice.
  private static func voiceCues(
    _ spectra: CueSpectra, fundamentals: [Double?], sampleRate: Int
  ) -> [VoiceCue: [Double?]] {
    let formants = Formants(bins: spectra.bins, hertzPerBin: spectra.hertzPerBin)
    let voiced = fundamentals.indices.filter { fundamentals[$0] != nil }
    let autocorrelations = spectra.autocorrelations(ofFrames: voiced)
    var rows = [Int?](repeating: nil, count: spectra.frames)
    for (row, frame) in voiced.enumerated() { rows[frame] = row }
    let cues: [VoiceCue] = [
      .firstFormant, .secondFormant, .thirdFormant, .firstBandwidth, .secondBandwidth, .thirdBandwidth, .fundamental,
      .harmonicsToNoise, .harmonicDifference, .harmonicToThirdFormant, .firstAmplitude, .secondAmplitude,
      .thirdAmplitude,
    ]
    return measured(cues, frames: spectra.frames) { frame in
      let found = spectra.withPower(ofFrame: frame) { formants.resonances($0) }
      let resonances = (0..<3).map { $0 < found.count ? found[$0] : nil }
      let tract = resonances.map { $0?.frequency } + resonances.map { $0?.bandwidth }
      guard let row = rows[frame], let fundamental = fundamentals[frame] else { return tract }
      let harmonics = Harmonics(
        spectra.magnitudes(ofFrame: frame), hertzPerBin: spectra.hertzPerBin, fundamental: fundamental)
      let toNoise = Harmonics.toNoise(
        autocorrelations[(row * spectra.bins)..<((row + 1) * spectra.bins)], period: Double(sampleRate) / fundamental)
      let levels = resonances.map { resonance in resonance.flatMap { harmonics.level(nearFormant: $0.frequency) } }
      return tract + [
        12 * log2(fundamental / 27.5), toNoise, harmonics.difference, harmonics.difference(to: levels[2]),
      ]
        + levels
    }
  }

  /// The values of cues, each frame's measured at once; cues that it does not give are nil.
  private static func measured(
    _ cues: [VoiceCue], frames: Int, _ measure: (Int) -> [Double?]
  ) -> [VoiceCue: [Double?]] {
    var found = [Double?](repeating: nil, count: frames * cues.count)
    found.withUnsafeMutableBufferPointer { found in
      nonisolated(unsafe) let found = found
      parallel(frames, grain: 8) { range in
        for frame in range {
          for (index, value) in measure(frame).enumerated() {
            found[index * frames + frame] = value.flatMap { $0.isFinite ? $0 : nil }
          }
        }
      }
    }
    let rows = cues.indices.map { Array(found[($0 * frames)..<(($0 + 1) * frames)]) }
    return Dictionary(uniqueKeysWithValues: zip(cues, rows))
  }

  /// The mean of each value with the values next to it that there are. The first and the last are their own neighbours.
  private static func smoothed(_ values: [Double?]) -> [Double?] {
    values.indices.map { index in
      guard let here = values[index] else { return nil }
      let near = [values[max(0, index - 1)], here, values[min(values.count - 1, index + 1)]].compactMap(\.self)
      return near.reduce(0, +) / Double(near.count)
    }
  }
}
