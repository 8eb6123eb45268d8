import Basics
import Foundation

/// A voice put together anew from its periods, at another pitch, tempo or vocal tract (time-domain PSOLA: Moulines and
/// Charpentier 1990; formants by grains played faster: Lent 1989). Each change leaves the others, and the sound is as loud as
/// before; without a change it is the sound itself.
public struct Resynthesis {
  /// What is changed.
  public struct Change: Equatable, Sendable {
    /// Of the whole voice.
    public var semitones = 0.0
    /// The distance of each moment's pitch from the median, in semitones, times this.
    public var pitchRange = 1.0
    /// 1.1 is faster by a tenth.
    public var tempo = 1.0
    /// The formants' frequencies times this.
    public var formants = 1.0
    /// The standard deviation of periods, as a share of their length: each is drawn alone.
    public var roughness = 0.0

    public init() {}
  }

  private let samples: [Float]
  private let marks: PitchMarks

  public init(_ samples: [Float], sampleRate: Int) {
    self.samples = samples
    marks = PitchMarks(samples, sampleRate: sampleRate)
  }

  /// Whether there is a voice; pitch, its range, formants and roughness change nothing else.
  public var hasVoice: Bool { marks.medianPeriod != nil }

  /// - Returns: count / tempo samples.
  public func samples(_ change: Change, using generator: inout SeededGenerator) -> [Float] {
    guard change != Change(), samples.count > 1 else { return samples }
    let places = marks.places
    let count = max(1, Int((Double(samples.count) / change.tempo).rounded()))
    var result = [Float](repeating: 0, count: count)
    var (time, mark) = (0.0, 0)
    var (last, isMirrored) = (-1, false)
    while time < Double(count) {
      // The mark next to this moment of the sound.
      let moment = time * change.tempo
      while mark + 1 < places.count, abs(Double(places[mark + 1]) - moment) <= abs(Double(places[mark]) - moment) {
        mark += 1
      }
      // Noise that is repeated as it is would hum; backwards it is noise again.
      isMirrored = mark == last && !marks.isVoiced[mark] && !isMirrored
      last = mark
      add(mark, at: time, to: &result, formants: change.formants, isMirrored: isMirrored)
      guard mark + 1 < places.count else { break }
      var period = Double(places[mark + 1] - places[mark])
      if marks.isVoiced[mark], marks.isVoiced[mark + 1] {
        period /= factor(ofPeriod: period, change)
        period *= max(0.5, 1 + change.roughness * generator.normal())
      }
      time += max(1, period)
    }
    // The end is a mark too, which the last step need not meet.
    let level = Self.rootMeanSquare(samples) / max(Self.rootMeanSquare(result), 1e-12)
    return result.map { $0 * Float(level) }
  }

  /// How many times as high the voice is to be where it has this period, in samples.
  private func factor(ofPeriod period: Double, _ change: Change) -> Double {
    let distance = 12 * log2((marks.medianPeriod ?? period) / period)
    return exp2((change.semitones + (change.pitchRange - 1) * distance) / 12)
  }

  /// Adds the sound from the mark before to the mark after, under halves of Hann's window that sum to 1 where marks keep their
  /// distances.
  private func add(_ mark: Int, at time: Double, to result: inout [Float], formants: Double, isMirrored: Bool) {
    let places = marks.places
    let middle = places[mark]
    let (before, after) = (
      mark > 0 ? middle - places[mark - 1] : 0, mark + 1 < places.count ? places[mark + 1] - middle : 0
    )
    let speed = marks.isVoiced[mark] ? formants : 1
    let start = Int(time.rounded())
    for offset in -Int(Double(before) / speed)...Int(Double(after) / speed) {
      let place = start + offset
      guard result.indices.contains(place) else { continue }
      let own = Double(offset) * speed
      let length = Double(offset < 0 ? before : after)
      guard abs(own) < length else {
        if offset == 0, samples.indices.contains(middle) { result[place] += samples[middle] }
        continue
      }
      let weight = 0.5 + 0.5 * cos(.pi * own / length)
      result[place] += Float(weight) * value(at: Double(middle) + (isMirrored ? -own : own))
    }
  }

  /// Between samples by a straight line.
  private func value(at place: Double) -> Float {
    let index = Int(place)
    guard samples.indices.contains(index) else { return 0 }
    let share = Float(place - Double(index))
    guard share > 0, index + 1 < samples.count else { return samples[index] }
    return samples[index] + share * (samples[index + 1] - samples[index])
  }

  private static func rootMeanSquare(_ samples: [Float]) -> Double {
    (samples.reduce(0) { $0 + Double($1) * Double($1) } / Double(max(1, samples.count))).squareRoot()
  }
}
