import Basics
import Foundation
import Tensors

/// A change of a region of a sound: edits of a stretch of it, and a band of the stretch louder, softer or silent. Every sample
/// outside of the stretch stays; a tone 60 Hz or more beside the band stays within about 1e-4 of it.
///
/// The changed passes over into the unchanged by raised cosines of 10 ms that lie within the stretch, less where it is shorter
/// than twice that; at the sound's own ends there is none. Only the tempo changes the stretch's length.
public struct RegionEdit: Sendable {
  /// The shortest stretch, in seconds, and the narrowest band, in Hz: one is as long as two fades, the other wider than the
  /// window's main lobe, so that a tone in its middle is changed in full.
  public static let leastSeconds = 0.02, leastHertz = 100.0
  /// In decibels.
  public static let gains = -60.0...24.0
  /// Seconds.
  private static let fade = 0.01

  /// How much of a sound is left.
  public enum Gain: Hashable, Sendable {
    case decibels(Double)
    case silence

    var factor: Float {
      switch self {
      case .decibels(let decibels): Float(pow(10, decibels / 20))
      case .silence: 0
      }
    }
  }

  /// Seconds of the sound; an end behind the sound's is the sound's.
  public let start, end: Double
  /// Hz; what the gain is of, nil for all of the stretch.
  public let band: (low: Double, high: Double)?
  /// Of the stretch.
  public let edits: SoundEdits
  /// Of the stretch after ``edits``; nil where it stays.
  public let gain: Gain?

  /// - Parameters:
  ///   - start: Seconds of the sound, from 0 on.
  ///   - end: At least 0.02 s later.
  ///   - low: The lower end of the band that the gain is of, in Hz; 0 where only the other end is given.
  ///   - high: The upper end, at least 100 Hz higher; half the sample rate where only the other end is given.
  ///   - gain: In decibels, −60 to 24.
  /// - Throws: ``RegionError/stretch(start:end:)``, ``RegionError/band(low:high:)``, ``RegionError/gain(_:)`` or
  ///   ``RegionError/bandWithoutGain``.
  public init(
    from start: Double = 0, to end: Double = .infinity, low: Double? = nil, high: Double? = nil,
    edits: SoundEdits = SoundEdits(), gain: Gain? = nil
  ) throws(RegionError) {
    // Seconds have no exact binary form: 0.12 − 0.1 is less than 0.02.
    guard start >= 0, start.isFinite, end - start > Self.leastSeconds - 1e-9 else {
      throw .stretch(start: start, end: end)
    }
    if case .decibels(let decibels) = gain, !Self.gains.contains(decibels) { throw .gain(decibels) }
    (self.start, self.end, self.edits, self.gain) = (start, end, edits, gain)
    guard low != nil || high != nil else {
      band = nil
      return
    }
    guard gain != nil else { throw .bandWithoutGain }
    let band = (low: low ?? 0, high: high ?? .infinity)
    guard band.low >= 0, band.high - band.low >= Self.leastHertz else { throw .band(low: band.low, high: band.high) }
    self.band = band
  }

  /// The sound with its region changed.
  /// - Throws: ``RegionError/behind(start:seconds:)``, ``RegionError/band(low:high:)`` where the band lies above half the sample
  ///   rate, or ``RegionError/noVoice(_:)``.
  public func applied(
    to samples: [Float], sampleRate: Int, using generator: inout SeededGenerator
  ) throws(RegionError) -> [Float] {
    var sound = samples
    var place = try place(in: samples.count, sampleRate: sampleRate)
    if !edits.isEmpty {
      let part = Array(samples[place])
      let voice = Resynthesis(part, sampleRate: sampleRate)
      if let missing = edits.missing(in: voice) { throw .noVoice(missing) }
      let edited = edits.applied(to: part, voice: voice, sampleRate: sampleRate, using: &generator)
      let weights = weights(of: edited.count, at: place, in: samples.count, sampleRate: sampleRate)
      let shift = place.upperBound - edited.count
      let mixed = edited.indices.map { index -> Float in
        guard weights[index] < 1 else { return edited[index] }
        // The first half passes over from the stretch's start, the second to its end, wherever that has gone.
        let own = samples[index < edited.count / 2 ? place.lowerBound + index : shift + index]
        return own + weights[index] * (edited[index] - own)
      }
      sound.replaceSubrange(place, with: mixed)
      place = place.lowerBound..<(place.lowerBound + edited.count)
    }
    guard let gain else { return sound }
    let weights = weights(of: place.count, at: place, in: sound.count, sampleRate: sampleRate)
    guard let band else {
      for (weight, index) in zip(weights, place) { sound[index] *= 1 + weight * (gain.factor - 1) }
      return sound
    }
    let change = try change(of: sound, in: band, by: gain.factor, sampleRate: sampleRate)
    for (weight, index) in zip(weights, place) { sound[index] += weight * change[index] }
    return sound
  }

  /// The stretch's samples.
  private func place(in count: Int, sampleRate: Int) throws(RegionError) -> Range<Int> {
    let ends = [start, end].map { Int(min($0 * Double(sampleRate), Double(count)).rounded()) }
    // Both ends are rounded.
    guard ends[1] - ends[0] >= Int(Self.leastSeconds * Double(sampleRate)) - 1 else {
      throw .behind(start: start, seconds: Double(count) / Double(sampleRate))
    }
    return ends[0]..<ends[1]
  }

  /// How much of the changed there is in a stretch: 1, and less where it passes over into what is beside it.
  private func weights(of count: Int, at place: Range<Int>, in whole: Int, sampleRate: Int) -> [Float] {
    let fade = min(Int(Self.fade * Double(sampleRate)), count / 2, place.count / 2)
    func rise(_ distance: Int) -> Float {
      distance < fade ? Float(0.5 - 0.5 * cos(.pi * (Double(distance) + 0.5) / Double(fade))) : 1
    }
    return (0..<count).map { index in
      min(place.lowerBound > 0 ? rise(index) : 1, place.upperBound < whole ? rise(count - 1 - index) : 1)
    }
  }

  /// What is to be added to a sound so that its band is `factor` times as large.
  private func change(
    of sound: [Float], in band: (low: Double, high: Double), by factor: Float, sampleRate: Int
  ) throws(RegionError) -> [Float] {
    let top = Double(sampleRate) / 2
    guard top - band.low >= Self.leastHertz else { throw .band(low: band.low, high: min(band.high, top)) }
    // 64 ms, eight over each sample: with half of either, ten times as much is changed beside the band.
    let frames = FilterFrames(sampleRate: sampleRate, overlap: 8)
    let gains = frames.hertz.map { $0 >= band.low && $0 <= band.high ? factor - 1 : 0 }
    return frames.samples(
      of: frames.spectrum(of: sound) * Tensor(gains, shape: [1, 1, gains.count, 1]), count: sound.count)
  }
}

/// Why a region of a sound cannot be changed.
public enum RegionError: Error, Equatable, CustomStringConvertible {
  /// Seconds.
  case stretch(start: Double, end: Double)
  /// Hz.
  case band(low: Double, high: Double)
  /// Decibels.
  case gain(Double)
  case bandWithoutGain
  /// The sound ends before, or too soon after, the stretch's start.
  case behind(start: Double, seconds: Double)
  case noVoice(SoundEdits)

  /// Whether the sound is the cause, and not what was asked of it.
  public var isOfTheSound: Bool {
    switch self {
    case .behind, .noVoice: true
    case .stretch, .band, .gain, .bandWithoutGain: false
    }
  }

  public var description: String {
    func words(_ value: Double) -> String {
      value.formatted(.number.grouping(.never).precision(.fractionLength(0...3)))
    }
    let (seconds, hertz) = (words(RegionEdit.leastSeconds), words(RegionEdit.leastHertz))
    switch self {
    case .stretch(let start, let end):
      return "\(words(start)) to \(words(end)) s is no stretch from 0 s on of \(seconds) s or more"
    case .band(let low, let high):
      return "\(words(low)) to \(words(high)) Hz is no band from 0 Hz on of \(hertz) Hz or more"
    case .gain(let decibels):
      return "\(words(decibels)) dB lies outside of \(words(RegionEdit.gains.lowerBound)) to "
        + "\(words(RegionEdit.gains.upperBound)) dB"
    case .bandWithoutGain: return "a band is made louder, softer or silent, and changed in no other way"
    case .behind(let start, let whole):
      return "the sound of \(words(whole)) s has no \(seconds) s from \(words(start)) s on"
    case .noVoice(let edits):
      return "no period of a voice is found in the stretch, so that \(edits.words) cannot be made"
    }
  }
}
