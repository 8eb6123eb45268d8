import Basics
import Foundation

/// A voice put together anew from its periods, at another pitch, tempo or vocal tract (time-domain PSOLA: Moulines and
/// Charpentier 1990; formants by grains played faster: Lent 1989). Each change leaves the others, and the sound is as loud as
/// before; without a change it is the sound itself.
public struct Resynthesis: Sendable {
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
  /// The powers of what the voiced marks give and of what the others do, as the sound is.
  private let ownPowers: [Double]

  public init(_ samples: [Float], sampleRate: Int) {
    self.samples = samples
    let marks = PitchMarks(samples, sampleRate: sampleRate)
    self.marks = marks
    let own = Self.sums(
      marks.places.indices.map { Step(mark: $0, time: Double(marks.places[$0])) }, of: samples, marks,
      count: samples.count, formants: 1)
    ownPowers = [own.voice.power, own.rest.power]
  }

  /// Whether there is a voice; pitch, its range, formants and roughness change nothing else.
  public var hasVoice: Bool { marks.hasPeriod }

  /// - Returns: count / tempo samples.
  public func samples(_ change: Change, using generator: inout SeededGenerator) -> [Float] {
    guard change != Change(), samples.count > 1 else { return samples }
    let places = marks.places
    let count = max(1, Int((Double(samples.count) / change.tempo).rounded()))
    var steps: [Step] = []
    var (time, mark) = (0.0, 0)
    while time < Double(count) {
      // The mark next to this moment of the sound.
      let moment = time * change.tempo
      while mark + 1 < places.count, abs(Double(places[mark + 1]) - moment) <= abs(Double(places[mark]) - moment) {
        mark += 1
      }
      steps.append(Step(mark: mark, time: time))
      guard mark + 1 < places.count else { break }
      var period = Double(places[mark + 1] - places[mark])
      if marks.isVoiced[mark], marks.isVoiced[mark + 1] {
        period /= factor(ofPeriod: period, change)
        period *= max(0.5, 1 + change.roughness * generator.normal())
      }
      time += max(1, period)
    }
    // Grains that come more often make a louder voice beside what has none: each keeps its power.
    let made = Self.sums(steps, of: samples, marks, count: count, formants: change.formants)
    let gains = zip(ownPowers, [made.voice, made.rest]).map { own, made in
      Float((own / max(made.power, 1e-24)).squareRoot())
    }
    let result = zip(made.voice, made.rest).map { gains[0] * $0 + gains[1] * $1 }
    return result.asLoud(as: samples)
  }

  /// What the voiced marks give, and the others.
  private static func sums(
    _ steps: [Step], of samples: [Float], _ marks: PitchMarks, count: Int, formants: Double
  ) -> (voice: [Float], rest: [Float]) {
    var sums = [[Float]](repeating: [Float](repeating: 0, count: count), count: 2)
    for index in steps.indices {
      add(
        steps[index], after: index > 0 ? steps[index - 1] : nil,
        before: index + 1 < steps.count ? steps[index + 1] : nil, of: samples, marks,
        to: &sums[marks.isVoiced[steps[index].mark] ? 0 : 1], formants: formants)
    }
    return (sums[0], sums[1])
  }

  /// A mark's sound at a place of the result, in samples.
  private struct Step {
    var mark: Int
    var time: Double
  }

  /// How many times as high the voice is to be where it has this period, in samples.
  private func factor(ofPeriod period: Double, _ change: Change) -> Double {
    let distance = 12 * log2((marks.medianPeriod ?? period) / period)
    return exp2((change.semitones + (change.pitchRange - 1) * distance) / 12)
  }

  /// Adds the sound from the mark before to the mark after, under halves of Hann's window, which sum to 1 where marks are
  /// neighbours as they were. Noise beside other noise has their roots, whose squares do; played twice, it is played backwards,
  /// as it would hum.
  private static func add(
    _ step: Step, after last: Step?, before next: Step?, of samples: [Float], _ marks: PitchMarks,
    to result: inout [Float], formants: Double
  ) {
    let places = marks.places
    let (mark, middle) = (step.mark, places[step.mark])
    let (before, after) = (
      mark > 0 ? middle - places[mark - 1] : 0, mark + 1 < places.count ? places[mark + 1] - middle : 0
    )
    let isVoiced = marks.isVoiced[mark]
    let isMirrored = !isVoiced && last?.mark == mark
    let isMoved = (
      before: !isVoiced && last.map { $0.mark + 1 != mark } ?? false,
      after: !isVoiced && next.map { $0.mark != mark + 1 } ?? false
    )
    let speed = isVoiced ? formants : 1
    let start = Int(step.time.rounded())
    for offset in -Int(Double(before) / speed)...Int(Double(after) / speed) {
      let place = start + offset
      guard result.indices.contains(place) else { continue }
      let own = Double(offset) * speed
      let length = Double(offset < 0 ? before : after)
      guard abs(own) < length else {
        if offset == 0, samples.indices.contains(middle) { result[place] += samples[middle] }
        continue
      }
      var weight = 0.5 + 0.5 * cos(.pi * own / length)
      if offset < 0 ? isMoved.before : isMoved.after { weight = weight.squareRoot() }
      result[place] += Float(weight) * value(of: samples, at: Double(middle) + (isMirrored ? -own : own))
    }
  }

  /// Between samples by a straight line.
  private static func value(of samples: [Float], at place: Double) -> Float {
    let index = Int(place)
    guard samples.indices.contains(index) else { return 0 }
    let share = Float(place - Double(index))
    guard share > 0, index + 1 < samples.count else { return samples[index] }
    return samples[index] + share * (samples[index + 1] - samples[index])
  }
}
