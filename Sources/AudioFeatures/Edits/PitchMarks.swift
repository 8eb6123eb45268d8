import Foundation

/// The places from which a sound can be put together again: one in each period of a voice, at the same point of the period, and
/// every 5 ms where there is none. The first is the sound's start, the last its end.
struct PitchMarks: Sendable {
  /// In samples, rising.
  private(set) var places: [Int] = [0]
  /// Whether the sound is a voice at each.
  private(set) var isVoiced: [Bool] = [false]
  /// The median period of the voice in samples; nil where there is none.
  let medianPeriod: Double?
  /// Whether two marks are a period of a voice: a few voiced frames alone are not marked.
  var hasPeriod: Bool { zip(isVoiced, isVoiced.dropFirst()).contains { $0 && $1 } }

  /// Seconds between the frames of the pitch, and between marks without a voice.
  private static let hop = 0.01, unvoicedStep = 0.005
  /// The part of a period by which the next may be shorter or longer.
  private static let shortest = 0.8, longest = 1.25
  /// The correlation under which two neighbours are not one and the next period of a voice.
  private static let leastCorrelation = 0.3

  init(_ samples: [Float], sampleRate: Int) {
    let hop = Int(Self.hop * Double(sampleRate))
    let found = PitchTracker(sampleRate: sampleRate, hopSamples: hop, range: 60...600).track(samples)
    // A frame whose octave is wrong stands alone.
    let pitch = found.indices.map { index -> Double? in
      guard found[index] != nil else { return nil }
      let near = found[max(0, index - 3)...min(found.count - 1, index + 3)].compactMap(\.self).sorted()
      return near[near.count / 2]
    }
    let all = pitch.compactMap(\.self).sorted()
    medianPeriod = all.isEmpty ? nil : Double(sampleRate) / all[all.count / 2]
    var frame = 0
    while frame < pitch.count {
      guard pitch[frame] != nil else {
        frame += 1
        continue
      }
      let end = pitch[frame...].firstIndex { $0 == nil } ?? pitch.count
      // Shorter ones have no two periods of a low voice.
      if end - frame >= 4 {
        let range = max(1, frame * hop - hop / 2)..<min(samples.count - 1, end * hop - hop / 2)
        addVoice(in: range, of: samples) { place in
          let nearest = min(max((place + hop / 2) / hop, frame), end - 1)
          return Double(sampleRate) / pitch[nearest]!
        }
      }
      frame = end
    }
    places.append(samples.count)
    isVoiced.append(false)
    fill(step: Int(Self.unvoicedStep * Double(sampleRate)))
  }

  /// Marks a voiced stretch from the strongest peak at its middle on, to both sides, each mark where the sound around it is most
  /// like that around the one before.
  private mutating func addVoice(in range: Range<Int>, of samples: [Float], period: (Int) -> Double) {
    guard range.count > 2 else { return }
    let middle = (range.lowerBound + range.upperBound) / 2
    let first = Int(period(middle))
    let around = max(range.lowerBound, middle - first / 2)..<min(range.upperBound, middle + first / 2 + 1)
    guard let peak = around.max(by: { abs(samples[$0]) < abs(samples[$1]) }) else { return }
    func marks(_ direction: Int) -> [Int] {
      var marks: [Int] = []
      var place = peak
      while true {
        place = Self.next(to: place, direction, of: samples, period: period(place))
        guard range.contains(place) else { return marks }
        marks.append(place)
      }
    }
    for place in marks(-1).reversed() + [peak] + marks(1) where place > places.last! {
      places.append(place)
      isVoiced.append(true)
    }
  }

  /// The place about a period away around which the sound is most like that around `place`.
  private static func next(to place: Int, _ direction: Int, of samples: [Float], period: Double) -> Int {
    let reach = Int(period / 2)
    let expected = place + direction * max(1, Int(period))
    guard place - reach >= 0, place + reach <= samples.count else { return expected }
    func energy(_ middle: Int) -> Double {
      samples[(middle - reach)..<(middle + reach)].reduce(0) { $0 + Double($1) * Double($1) }
    }
    let own = energy(place)
    var best = (correlation: leastCorrelation, place: expected)
    for distance in Int(shortest * period)...max(Int(shortest * period), Int(longest * period)) where distance > 0 {
      let middle = place + direction * distance
      guard middle - reach >= 0, middle + reach <= samples.count else { continue }
      var product = 0.0
      for offset in -reach..<reach { product += Double(samples[place + offset]) * Double(samples[middle + offset]) }
      let correlation = product / max((own * energy(middle)).squareRoot(), 1e-12)
      if correlation > best.correlation { best = (correlation, middle) }
    }
    return best.place
  }

  /// Adds marks where two stand further apart than periods do.
  private mutating func fill(step: Int) {
    var (filled, voices) = ([places[0]], [isVoiced[0]])
    for index in places.indices.dropFirst() {
      let gap = places[index] - filled.last!
      guard gap > 0 else { continue }
      let isOneVoice = voices.last! && isVoiced[index] && gap < 6 * step
      let parts = isOneVoice ? 1 : max(1, Int((Double(gap) / Double(step)).rounded()))
      let start = filled.last!
      for part in 1..<parts {
        filled.append(start + part * gap / parts)
        voices.append(false)
      }
      filled.append(places[index])
      voices.append(isVoiced[index])
    }
    (places, isVoiced) = (filled, voices)
  }
}
